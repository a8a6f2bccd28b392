// SPDX-License-Identifier: MIT
#pragma once

// The checkers are checked: tests/simulation is also run against variants of the rules that are broken on purpose, one
// Mutation each, and must find every one. Only the library built with ROOST_MUTANTS has them; elsewhere mutated() is a
// constant false and costs nothing.

#include <cstdint>

namespace roost::core {

enum class Mutation : std::uint8_t {
  None,
  OpenGate,           // answers and computations do not wait for commits
  OpenReadGate,       // reads do not wait for commits
  SecondProcess,      // a message wakes a node whose process has not been reaped
  ForgetCallers,      // the death of a process is not told to its callers
  SleepWhileBusy,     // an Idle counts although it was said before the newest message
  KeepLaterWrites,    // a failed batch does not take its authors' later entries with it
  OneTooMany,         // awake budgets are checked off by one
  SkipAccess,         // nobody is refused
  ForgetDestruction,  // a node that is being destroyed takes messages
  EarlyDone,          // a destruction is acknowledged before it is committed
  AnswerLate,         // a time limit does not close its request
  LeakPlace,          // a reaped process keeps its place in its budgets
  PublishBeforeCommit,   // code is published when it is defined
  ReleaseBeforePublish,  // what waits for code is let out before the code is published
  KeepRoom,              // code that was not committed keeps its room in the code store
  ForgetAsker,           // an attempt that came to a problem is not told to the node that waits
};
inline constexpr int kMutations = static_cast<int>(Mutation::ForgetAsker) + 1;

#ifdef ROOST_MUTANTS
[[nodiscard]] Mutation& active_mutation();
[[nodiscard]] inline bool mutated(Mutation one) { return active_mutation() == one; }
#else
[[nodiscard]] constexpr bool mutated(Mutation) { return false; }
#endif

}  // namespace roost::core
