// SPDX-License-Identifier: MIT
// Ends without answering.
// Must happen: its callers are told that it ended with status 3, and the node wakes for the next message.

#include <unistd.h>

#include "tests/worker/hostile/hostile.h"

namespace {

class ExitAtOnce final : public roost::hostile::HostileWorker {
  void act(const roost::wire::Eval&) override {
    _exit(3);
  }
};

}  // namespace

int main(int argc, char** argv) {
  ExitAtOnce worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
