// SPDX-License-Identifier: MIT
// Makes a socket, to connect to a server of the machine.
// Must happen: it dies of SIGSYS ("forbidden system call"); its callers are told; no other worker notices.

#include <sys/socket.h>

#include "tests/worker/hostile/hostile.h"

namespace {

class Connect final : public roost::hostile::HostileWorker {
  void act(const roost::wire::Eval&) override {
    (void)socket(AF_INET, SOCK_STREAM, 0);
  }
};

}  // namespace

int main(int argc, char** argv) {
  Connect worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
