// SPDX-License-Identifier: MIT
// Does nothing wrong: it answers every program with the program's own text. The others are compared with it.
// Must happen: it lives, is answered, and ends with status 0 when it is told to stop.

#include "tests/worker/hostile/hostile.h"

namespace {

class Obedient final : public roost::hostile::HostileWorker {
  void act(const roost::wire::Eval& eval) override { answer(eval, eval.program); }
};

}  // namespace

int main(int argc, char** argv) {
  Obedient worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
