// SPDX-License-Identifier: MIT
// Writes to an address that is not there.
// Must happen: it dies of SIGSEGV; its callers are told so.

#include <cstdint>

#include "tests/worker/hostile/hostile.h"

namespace {

class Crash final : public roost::hostile::HostileWorker {
  void act(const roost::wire::Eval&) override {
    volatile std::uintptr_t nowhere = 8;   // volatile: the compiler must not see that it is wrong
    *reinterpret_cast<volatile int*>(nowhere) = 1;
  }
};

}  // namespace

int main(int argc, char** argv) {
  Crash worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
