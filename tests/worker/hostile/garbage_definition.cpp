// SPDX-License-Identifier: MIT
// Defines bytes that are no code at all.
// Must happen: it is killed; nothing is stored.

#include "tests/worker/hostile/hostile.h"

namespace {

class GarbageDefinition final : public roost::hostile::HostileWorker {
  void act(const roost::wire::Eval& eval) override {
    send(roost::wire::Define{{}, roost::Bytes(100'000, '\x07')});
    answer(eval, "it was taken");
  }
};

}  // namespace

int main(int argc, char** argv) {
  GarbageDefinition worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
