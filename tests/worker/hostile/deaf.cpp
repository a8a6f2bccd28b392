// SPDX-License-Identifier: MIT
// Writes an entry of 8 MiB, asks for it thousands of times and reads none of the answers, but shows that it lives. It gives up after a
// while.
// Must happen: the container keeps few of the answers, and not one for each question; others are served meanwhile.

#include <poll.h>
#include <unistd.h>

#include "tests/worker/hostile/hostile.h"

namespace {

class Deaf final : public roost::hostile::HostileWorker {
  void act(const roost::wire::Eval&) override {
    const roost::Bytes token(roost::wire::kTokenBytes, 't'), hash(16, 'h');
    send(roost::wire::Write{roost::wire::WriteKind::Insert, token, hash, "k", roost::Bytes(8u << 20, 'v')});
    for (std::uint64_t read = 1; read <= 4000; ++read) send(roost::wire::Read{read, roost::wire::ReadKind::Lookup, token, hash});
    for (int halves = 0; halves < 16; ++halves) {
      pollfd none{-1, 0, 0};
      (void)poll(&none, 1, 500);
      send(roost::wire::Pong{0});
    }
    _exit(3);
  }
};

}  // namespace

int main(int argc, char** argv) {
  Deaf worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
