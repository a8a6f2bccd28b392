// SPDX-License-Identifier: MIT
// Opens a file that every machine has.
// Must happen: it dies of SIGSYS ("forbidden system call"); its callers are told; no other worker notices.

#include <fcntl.h>

#include "tests/worker/hostile/hostile.h"

namespace {

class OpenFile final : public roost::hostile::HostileWorker {
  void act(const roost::wire::Eval&) override {
    (void)open("/etc/passwd", O_RDONLY);
  }
};

}  // namespace

int main(int argc, char** argv) {
  OpenFile worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
