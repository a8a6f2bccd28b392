// SPDX-License-Identifier: MIT
// Sends SIGKILL to every process that it can reach.
// Must happen: it dies of SIGSYS ("forbidden system call"); its callers are told; no other worker notices.

#include <signal.h>

#include "tests/worker/hostile/hostile.h"

namespace {

class KillSibling final : public roost::hostile::HostileWorker {
  void act(const roost::wire::Eval&) override {
    (void)kill(-1, SIGKILL);
  }
};

}  // namespace

int main(int argc, char** argv) {
  KillSibling worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
