// SPDX-License-Identifier: MIT
// Writes bytes that are a frame in length but not in content.
// Must happen: it is killed and reported as broken ("malformed frame"); its callers are told.

#include "tests/worker/hostile/hostile.h"

namespace {

class Garbage final : public roost::hostile::HostileWorker {
  void act(const roost::wire::Eval&) override {
    send_bytes(std::string("\x05\x00\x00\x00garbg", 9));
    (void)receive();   // it does not end by itself
  }
};

}  // namespace

int main(int argc, char** argv) {
  Garbage worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
