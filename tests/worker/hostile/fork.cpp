// SPDX-License-Identifier: MIT
// Makes a process of its own.
// Must happen: it dies of SIGSYS ("forbidden system call"); its callers are told; no other worker notices.

#include <unistd.h>

#include "tests/worker/hostile/hostile.h"

namespace {

class Fork final : public roost::hostile::HostileWorker {
  void act(const roost::wire::Eval&) override {
    (void)fork();
  }
};

}  // namespace

int main(int argc, char** argv) {
  Fork worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
