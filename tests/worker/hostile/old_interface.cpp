// SPDX-License-Identifier: MIT
// Makes a system call by the 32-bit interface (int 0x80), where the same numbers mean other calls: 20 is getpid there and
// writev here. A filter that looks at numbers alone is got round like this.
// Must happen: it dies of SIGSYS ("forbidden system call"); its callers are told; no other worker notices.

#include "tests/worker/hostile/hostile.h"

namespace {

class OldInterface final : public roost::hostile::HostileWorker {
  void act(const roost::wire::Eval&) override {
    #if defined(__x86_64__)
    long result;
    asm volatile("int $0x80" : "=a"(result) : "a"(20) : "memory");
    #else
    __builtin_trap();
    #endif
  }
};

}  // namespace

int main(int argc, char** argv) {
  OldInterface worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
