// SPDX-License-Identifier: MIT
// Writes log lines as fast as it can, for ever.
// Must happen: others are served meanwhile; as it answers no ping, the container kills it.

#include "tests/worker/hostile/hostile.h"

namespace {

class Flood final : public roost::hostile::HostileWorker {
  void act(const roost::wire::Eval& eval) override {
    for (;;) send(roost::wire::Log{eval.origin.trace, roost::wire::LogLevel::Debug, std::string(1000, 'x')});
  }
};

}  // namespace

int main(int argc, char** argv) {
  Flood worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
