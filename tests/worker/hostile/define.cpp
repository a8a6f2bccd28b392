// SPDX-License-Identifier: MIT
// Defines what it is told to: a program of 128 hexadecimal digits, the hash, and more, the definition's bytes. Then it answers with the
// program's own text. `quit`, behind the digits, makes it end before it answers; `store` is answered with the first bytes of the code store; every other
// program with itself.
// Must happen: what is true is told, with all that follows it in order; what is false ends this process and nothing else.

#include <unistd.h>

#include "tests/worker/hostile/hostile.h"

namespace {

using roost::Bytes;
namespace wire = roost::wire;

constexpr std::size_t kHashDigits = 2 * sizeof(wire::DefinitionHash);

int value_of(char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; }

Bytes bytes_from(std::string_view digits) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) bytes += static_cast<char>(value_of(digits[i]) << 4 | value_of(digits[i + 1]));
  return bytes;
}

class Defines final : public roost::hostile::HostileWorker {
  void load(const std::vector<std::string>&, int code_store) override {
    char bytes[8];
    const ssize_t count = code_store < 0 ? 0 : pread(code_store, bytes, sizeof bytes, 0);
    store_ = count < 0 ? "unreadable" : count == 0 ? "none" : std::string(bytes, static_cast<std::size_t>(count));
  }

  void act(const wire::Eval& eval) override {
    if (eval.program == "store") return answer(eval, store_);
    const std::string_view digits = std::string_view(eval.program).substr(0, eval.program.find(' '));
    if (digits.size() > kHashDigits) define(digits);
    if (eval.program.ends_with(" quit")) _exit(7);
    answer(eval, eval.program);
  }

  void define(std::string_view digits) {
    wire::Define frame;
    const Bytes hash = bytes_from(digits.substr(0, kHashDigits));
    std::copy(hash.begin(), hash.end(), frame.hash.begin());
    frame.definition = bytes_from(digits.substr(kHashDigits));
    send(frame);
  }

  std::string store_;
};

}  // namespace

int main(int argc, char** argv) {
  Defines worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
