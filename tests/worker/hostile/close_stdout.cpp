// SPDX-License-Identifier: MIT
// Closes its stdout and lives on.
// Must happen: close() is a forbidden call, so it dies of SIGSYS before the pipe is closed.

#include <unistd.h>

#include "tests/worker/hostile/hostile.h"

namespace {

class CloseStdout final : public roost::hostile::HostileWorker {
  void act(const roost::wire::Eval&) override {
    (void)close(STDOUT_FILENO);
    while (receive()) {
    }
  }
};

}  // namespace

int main(int argc, char** argv) {
  CloseStdout worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
