// SPDX-License-Identifier: MIT
// A worker with the true zygote and node loop, and a machine that does what a program orders in so many words:
//   spin MS    runs for so long, then answers "spun"          sleep MS   waits for so long, then answers "slept"
//   size N     answers with N bytes                           write N    sends a Write with a value of N bytes
//   log N      logs a line of N bytes, then answers "logged"  allocate   allocates until it is refused
//   squeeze N  sends an answer of N bytes while there is no memory to encode it, then answers "squeezed" if it was refused
//   crush N    the same with a Write of N bytes                random     answers with 16 random bytes in hexadecimal
//   busy MS    takes so long to be handled, then answers "done"
//   labour MS  the same, and says meanwhile that it works
// Everything else is answered with itself. It stands in for worker/runtime/machine.cpp, so that the loop is tested alone.

#include <sodium.h>
#include <unistd.h>

#include <charconv>
#include <deque>
#include <stdexcept>

#include "worker/sandbox/node_loop.h"
#include "worker/sandbox/zygote.h"

namespace roost::runtime {

class Library {};

class Machine::Node {
 public:
  explicit Node(Outbox& outbox) : outbox_(outbox) {}

  void handle(MonotonicTime now, const wire::ToWorker& frame) {
    if (std::holds_alternative<wire::Start>(frame)) outbox_.send(wire::Ready{});
    if (const auto* ping = std::get_if<wire::Ping>(&frame)) outbox_.send(wire::Pong{ping->nonce});
    if (const auto* eval = std::get_if<wire::Eval>(&frame)) begin(now, *eval);
  }

  Next run(MonotonicTime now) {
    if (now < spin_until_) {
      while (std::chrono::steady_clock::now().time_since_epoch() < now + std::chrono::milliseconds(1)) {
      }
      return {Next::Do::RunAgain, {}};
    }
    if (now < sleep_until_) return {Next::Do::Wait, sleep_until_};
    for (const wire::Answer& answer : std::exchange(due_, {})) outbox_.send(answer);
    return {Next::Do::Idle, {}};
  }

 private:
  void begin(MonotonicTime now, const wire::Eval& eval) {
    const std::string& program = eval.program;
    const std::size_t space = program.find(' ');
    const std::string order = program.substr(0, space);
    std::uint64_t number = 0;
    if (space != std::string::npos) std::from_chars(program.data() + space + 1, program.data() + program.size(), number);

    std::string answer = program;
    if (order == "spin") {
      spin_until_ = now + std::chrono::milliseconds(number);
      answer = "spun";
    } else if (order == "sleep") {
      sleep_until_ = now + std::chrono::milliseconds(number);
      answer = "slept";
    } else if (order == "busy" || order == "labour") {
      while (std::chrono::steady_clock::now().time_since_epoch() < now + std::chrono::milliseconds(number))
        if (order == "labour") outbox_.still_working();
      answer = "done";
    } else if (order == "size") {
      answer.assign(number, 'x');
    } else if (order == "log") {
      outbox_.send(wire::Log{eval.origin.trace, wire::LogLevel::Debug, std::string(number, 'x')});
      answer = "logged";
    } else if (order == "write") {
      outbox_.send(wire::Write{wire::WriteKind::Insert, Bytes(wire::kTokenBytes, 't'), "h", "k", Bytes(number, 'v')});
    } else if (order == "random") {
      answer = random_text();
    } else if (order == "squeeze") {
      answer = squeezed(wire::Answer{eval.origin, std::string(number, 'x')});
    } else if (order == "crush") {
      answer = squeezed(wire::Write{wire::WriteKind::Insert, Bytes(wire::kTokenBytes, 't'), "h", "k", Bytes(number, 'v')});
    } else if (order == "allocate") {
      for (std::vector<std::string> all;;) all.emplace_back(std::size_t{1} << 20, 'x');
    }
    due_.push_back({eval.origin, answer});
  }

  std::string squeezed(const wire::FromWorker& frame) {
    std::vector<std::unique_ptr<char[]>> all;
    all.reserve(1u << 16);
    try {
      for (;;) all.push_back(std::make_unique<char[]>(std::size_t{1} << 20));
    } catch (const std::bad_alloc&) {
    }
    try {
      outbox_.send(frame);
    } catch (const std::bad_alloc&) {
      return "squeezed";
    }
    return "there was memory";
  }

  static std::string random_text() {
    unsigned char bytes[16];
    char text[2 * sizeof bytes + 1];
    randombytes_buf(bytes, sizeof bytes);
    return sodium_bin2hex(text, sizeof text, bytes, sizeof bytes);
  }

  Outbox& outbox_;
  MonotonicTime spin_until_{}, sleep_until_{};
  std::deque<wire::Answer> due_;
};

Machine::Machine(const Library&, const code::StoreView&, Outbox& outbox) : node_(std::make_unique<Node>(outbox)) {}
Machine::~Machine() = default;
void Machine::handle(MonotonicTime now, const wire::ToWorker& frame) { node_->handle(now, frame); }
Machine::Next Machine::run(MonotonicTime now) { return node_->run(now); }

}  // namespace roost::runtime

namespace {

class ScriptedProgram final : public roost::sandbox::ChildProgram {
  void load(const std::vector<std::string>&, int) override {
    if (sodium_init() < 0) throw std::runtime_error("libsodium");
    char used[1];
    randombytes_buf(used, sizeof used);   // a generator with a state would now have one, and every child the same
  }
  int run() override { roost::sandbox::run_node(library_, store_); }
  roost::runtime::Library library_;
  roost::code::StoreView store_;
};

}  // namespace

int main(int argc, char** argv) {
  ScriptedProgram program;
  return roost::sandbox::zygote_main(argc, argv, program);
}
