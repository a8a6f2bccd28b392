// SPDX-License-Identifier: MIT
// Checks the checkers: the simulation is run against each deliberately broken variant of the rules (backend/core/mutation.h),
// in a process of its own, since a broken rule may also meet a CHECK. Every variant must be caught within kSeedsMax seeds,
// and the unbroken rules must pass them all.

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "backend/core/mutation.h"
#include "tests/simulation/world.h"

namespace roost::core {

Mutation& active_mutation() {
  static Mutation active = Mutation::None;
  return active;
}

}  // namespace roost::core

namespace {

using roost::core::Mutation;

constexpr std::uint64_t kSeedsMax = 2000;

// Exits with 1 if an invariant was broken; a CHECK aborts.
int play(Mutation mutation) {
  roost::core::active_mutation() = mutation;
  for (std::uint64_t seed = 1; seed <= kSeedsMax; ++seed) {
    try {
      roost::simulation::World world(seed, {});
      static_cast<void>(world.run());
    } catch (const std::exception& caught) {
      std::printf("mutation %2d: caught with seed %llu: %s\n", static_cast<int>(mutation), static_cast<unsigned long long>(seed), caught.what());
      return 1;
    }
  }
  return 0;
}

bool is_caught(Mutation mutation) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    const int status = play(mutation);
    std::fflush(stdout);
    _exit(status);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) {
    std::perror("fork");
    std::exit(2);
  }
  if (WIFSIGNALED(status)) std::printf("mutation %2d: caught by a CHECK\n", static_cast<int>(mutation));
  return WIFSIGNALED(status) || WEXITSTATUS(status) != 0;
}

}  // namespace

int main() {
  int wrong = 0;
  for (int number = 0; number < roost::core::kMutations; ++number) {
    const auto mutation = static_cast<Mutation>(number);
    const bool expected = mutation != Mutation::None;
    if (is_caught(mutation) == expected) continue;
    std::printf("mutation %2d: %s\n", number, expected ? "NOT caught" : "nothing was broken, and yet something was found");
    ++wrong;
  }
  return wrong == 0 ? 0 : 1;
}
