// SPDX-License-Identifier: MIT
// Makes a system call by its x32 number (bit 30 set).
// Must happen: it dies of SIGSYS ("forbidden system call"); its callers are told; no other worker notices.

#include <unistd.h>

#include "tests/worker/hostile/hostile.h"

namespace {

class X32Call final : public roost::hostile::HostileWorker {
  void act(const roost::wire::Eval&) override {
    (void)syscall(0x40000000L + 39);
  }
};

}  // namespace

int main(int argc, char** argv) {
  X32Call worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
