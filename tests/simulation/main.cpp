// SPDX-License-Identifier: MIT
// simulation [--seeds N] [--first S]   plays N runs, from seed S on
// simulation --seed S                  plays one run and shows everything that happens in it
//
// Exit status: 0 all held; 1 an invariant was broken (its seed and the command that replays it are shown); 2 wrong usage.

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/simulation/world.h"

namespace {

using namespace roost::simulation;

struct Arguments {
  std::uint64_t seeds = 2000, first = 1;
  bool trace = false;
};

// For a failed CHECK, which ends the process: its seed is not lost. (A signal handler has no other way to know it.)
volatile std::sig_atomic_t g_seed = 0;
void say_seed(int) {
  std::printf("BROKEN with seed %ld: a CHECK failed\n", static_cast<long>(g_seed));
  std::fflush(stdout);
}

bool parse(int count, char** words, Arguments& arguments) {
  for (int i = 1; i < count; i += 2) {
    if (i + 1 >= count) return false;
    char* end = nullptr;
    const std::uint64_t number = std::strtoull(words[i + 1], &end, 10);
    if (*end != '\0') return false;
    if (std::strcmp(words[i], "--seeds") == 0) arguments.seeds = number;
    else if (std::strcmp(words[i], "--first") == 0) arguments.first = number;
    else if (std::strcmp(words[i], "--seed") == 0) arguments = {1, number, true};
    else return false;
  }
  return true;
}

void show(const Tally& t, std::uint64_t seeds) {
  const auto n = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf("%llu seeds, %llu steps: %llu requests (%llu values, %llu problems), %llu hops, %llu launches, %llu stops, %llu kills,\n"
              "%llu deaths, %llu batches (%llu failed), %llu reads, %llu spawns, %llu definitions, %llu destroys, %llu attempts (%llu circles), %llu drains, %llu crashes of the container\n",
              n(seeds), n(t.steps), n(t.requests), n(t.values), n(t.problems), n(t.hops), n(t.launches), n(t.stops), n(t.kills),
              n(t.deaths), n(t.commits), n(t.failed_commits), n(t.reads), n(t.spawns), n(t.definitions), n(t.destroys), n(t.attempts), n(t.circles), n(t.drains), n(t.crashes));
  std::printf("problems:");
  for (std::size_t kind = 0; kind < t.kinds.size(); ++kind)
    if (t.kinds[kind]) std::printf(" %s %llu", roost::core::traits_of(static_cast<roost::core::ProblemKind>(kind)).name, n(t.kinds[kind]));
  std::printf("\n");
}

}  // namespace

int main(int count, char** words) {
  Arguments arguments;
  if (!parse(count, words, arguments)) {
    std::fprintf(stderr, "usage: simulation [--seeds N] [--first S] | --seed S\n");
    return 2;
  }
  std::signal(SIGABRT, say_seed);
  Tally all;
  for (std::uint64_t seed = arguments.first; seed < arguments.first + arguments.seeds; ++seed) {
    g_seed = static_cast<std::sig_atomic_t>(seed);
    try {
      World world(seed, Options{arguments.trace});
      all.add(world.run());
    } catch (const Violation& violation) {
      std::printf("BROKEN with seed %llu: %s\nreplay: %s --seed %llu\n", static_cast<unsigned long long>(seed), violation.what(),
                  words[0], static_cast<unsigned long long>(seed));
      return 1;
    }
  }
  show(all, arguments.seeds);
  return 0;
}
