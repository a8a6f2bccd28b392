// SPDX-License-Identifier: MIT
// Announces a frame, sends a part of it, and never the rest.
// Must happen: it holds up nobody; as it answers no ping, the container kills it.

#include "tests/worker/hostile/hostile.h"

namespace {

class EndlessFrame final : public roost::hostile::HostileWorker {
  void act(const roost::wire::Eval&) override {
    send_bytes(std::string("\x00\x00\x10\x00", 4) + std::string(1000, 'x'));
    for (volatile bool forever = true; forever;) {
    }
  }
};

}  // namespace

int main(int argc, char** argv) {
  EndlessFrame worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
