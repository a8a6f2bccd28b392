// SPDX-License-Identifier: MIT
// Makes memory that it has written executable.
// Must happen: it dies of SIGSYS ("forbidden system call"); its callers are told; no other worker notices.

#include <sys/mman.h>

#include "tests/worker/hostile/hostile.h"

namespace {

class MakeExecutable final : public roost::hostile::HostileWorker {
  void act(const roost::wire::Eval&) override {
    void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    (void)mprotect(page, 4096, PROT_READ | PROT_EXEC);
  }
};

}  // namespace

int main(int argc, char** argv) {
  MakeExecutable worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
