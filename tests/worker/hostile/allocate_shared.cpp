// SPDX-License-Identifier: MIT
// Allocates shared memory, which limits on private memory do not count.
// Must happen: the address space limit ends it (exit status 71, "memory").

#include <sys/mman.h>
#include <cstring>
#include <new>

#include "tests/worker/hostile/hostile.h"

namespace {

class AllocateShared final : public roost::hostile::HostileWorker {
  void act(const roost::wire::Eval&) override {
    constexpr std::size_t kStep = std::size_t{1} << 20;
    for (;;) {
      void* memory = mmap(nullptr, kStep, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
      if (memory == MAP_FAILED) throw std::bad_alloc();
      std::memset(memory, 1, kStep);
    }
  }
};

}  // namespace

int main(int argc, char** argv) {
  AllocateShared worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
