// SPDX-License-Identifier: MIT
#pragma once

// The life of a node as one table: rows are its states, columns what can happen to it. Every cell says the next state, or
// that this cannot happen (a bug: CHECK). What is done on the way is the rules'. A state without a row, or a row without
// all its cells, does not compile.
// Thread: pure functions.

#include <cstdint>

#include "backend/core/types.h"

namespace roost::core {

enum class LifeEvent : std::uint8_t {
  Launch,            // a process was asked for; its place is taken
  Deliver,           // a message was given to the process
  Rest,              // the node has nothing to do, and nothing is on its way to it
  End,               // the process was told to end, or killed
  Reap,              // nothing is left of the process
  Destroy,           // the node is to be destroyed
  Restore,           // its destruction failed; it has no process
  RestoreEnding,     // its destruction failed; its process has not been reaped
};

[[nodiscard]] NodeState next_state(NodeState state, LifeEvent event);

}  // namespace roost::core
