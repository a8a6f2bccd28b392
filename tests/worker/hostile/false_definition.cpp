// SPDX-License-Identifier: MIT
// Defines code under another's name: a blank as the definition whose hash is all zeros.
// Must happen: it is killed before anybody can read that; nothing is stored.

#include "tests/worker/hostile/hostile.h"

namespace {

class FalseDefinition final : public roost::hostile::HostileWorker {
  void act(const roost::wire::Eval& eval) override {
    send(roost::wire::Define{{}, roost::Bytes("\x01\x00\x04", 3)});
    answer(eval, "it was taken");
  }
};

}  // namespace

int main(int argc, char** argv) {
  FalseDefinition worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
