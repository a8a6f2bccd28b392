// SPDX-License-Identifier: MIT
// Attaches to the zygote, which is process 1 here.
// Must happen: it dies of SIGSYS ("forbidden system call"); its callers are told; no other worker notices.

#include <sys/ptrace.h>

#include "tests/worker/hostile/hostile.h"

namespace {

class Ptrace final : public roost::hostile::HostileWorker {
  void act(const roost::wire::Eval&) override {
    (void)ptrace(PTRACE_ATTACH, 1, nullptr, nullptr);
  }
};

}  // namespace

int main(int argc, char** argv) {
  Ptrace worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
