// SPDX-License-Identifier: MIT
// Answers a request that it was never given, before its own.
// Must happen: the false answer reaches nobody; the container kills it or ignores the frame.

#include "tests/worker/hostile/hostile.h"

namespace {

class FalseAnswer final : public roost::hostile::HostileWorker {
  void act(const roost::wire::Eval& eval) override {
    auto other = eval;
    other.origin.request += 1'000'000;
    answer(other, "not mine");
    answer(eval, "mine");
  }
};

}  // namespace

int main(int argc, char** argv) {
  FalseAnswer worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
