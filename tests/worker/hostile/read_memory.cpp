// SPDX-License-Identifier: MIT
// Reads the memory of the zygote, where other nodes' keys would be if there were any.
// Must happen: it dies of SIGSYS ("forbidden system call"); its callers are told; no other worker notices.

#include <sys/uio.h>

#include "tests/worker/hostile/hostile.h"

namespace {

class ReadMemory final : public roost::hostile::HostileWorker {
  void act(const roost::wire::Eval&) override {
    char stolen[64];
    const iovec here{stolen, sizeof stolen};
    const iovec there{reinterpret_cast<void*>(&stolen), sizeof stolen};   // the addresses are the same after a fork
    (void)process_vm_readv(1, &here, 1, &there, 1, 0);
  }
};

}  // namespace

int main(int argc, char** argv) {
  ReadMemory worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
