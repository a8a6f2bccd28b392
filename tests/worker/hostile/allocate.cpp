// SPDX-License-Identifier: MIT
// Allocates until it is refused, writing to all of it.
// Must happen: the address space limit ends it (exit status 71, "memory") before the machine notices; nothing else does.

#include <cstring>
#include <new>

#include "tests/worker/hostile/hostile.h"

namespace {

class Allocate final : public roost::hostile::HostileWorker {
  void act(const roost::wire::Eval&) override {
    constexpr std::size_t kStep = std::size_t{1} << 20;
    for (;;) std::memset(new char[kStep], 1, kStep);
  }
};

}  // namespace

int main(int argc, char** argv) {
  Allocate worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
