// SPDX-License-Identifier: MIT
// Announces a frame of 4 GiB.
// Must happen: it is killed at once and reported as broken, before a byte of it is stored.

#include "tests/worker/hostile/hostile.h"

namespace {

class OversizeFrame final : public roost::hostile::HostileWorker {
  void act(const roost::wire::Eval&) override {
    send_bytes("\xff\xff\xff\xff");
    (void)receive();
  }
};

}  // namespace

int main(int argc, char** argv) {
  OversizeFrame worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
