// SPDX-License-Identifier: MIT
// Becomes another program.
// Must happen: it dies of SIGSYS ("forbidden system call"); its callers are told; no other worker notices.

#include <unistd.h>

#include "tests/worker/hostile/hostile.h"

namespace {

class Exec final : public roost::hostile::HostileWorker {
  void act(const roost::wire::Eval&) override {
    char shell[] = "/bin/sh";
    char* const arguments[] = {shell, nullptr};
    char* const environment[] = {nullptr};
    (void)execve(shell, arguments, environment);
  }
};

}  // namespace

int main(int argc, char** argv) {
  Exec worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
