// SPDX-License-Identifier: MIT
// Maps memory that it could write code into and run.
// Must happen: it dies of SIGSYS ("forbidden system call"); its callers are told; no other worker notices.

#include <sys/mman.h>

#include "tests/worker/hostile/hostile.h"

namespace {

class MapExecutable final : public roost::hostile::HostileWorker {
  void act(const roost::wire::Eval&) override {
    (void)mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  }
};

}  // namespace

int main(int argc, char** argv) {
  MapExecutable worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
