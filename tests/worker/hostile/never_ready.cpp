// SPDX-License-Identifier: MIT
// Never finishes loading its libraries.
// Must happen: its zygote is killed when its time is over, and another is started.

#include <unistd.h>

#include "tests/worker/hostile/hostile.h"

namespace {

class NeverReady final : public roost::hostile::HostileWorker {
  void load(const std::vector<std::string>&, int) override {
    for (;;) pause();
  }
  void act(const roost::wire::Eval&) override {}
};

}  // namespace

int main(int argc, char** argv) {
  NeverReady worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
