// SPDX-License-Identifier: MIT
// Computes for ever and answers nothing, pings included.
// Must happen: nothing by itself; the container kills it when a ping has stayed unanswered too long ("unresponsive").

#include "tests/worker/hostile/hostile.h"

namespace {

class Loop final : public roost::hostile::HostileWorker {
  void act(const roost::wire::Eval&) override {
    for (volatile bool forever = true; forever;) {
    }
  }
};

}  // namespace

int main(int argc, char** argv) {
  Loop worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
