// SPDX-License-Identifier: MIT
#include "backend/core/lifecycle.h"

#include <optional>

#include "worker/wire/check.h"

namespace roost::core {
namespace {

// One row of the table; a cell that is nullopt cannot happen.
struct Row {
  using Cell = std::optional<NodeState>;
  Cell launch, deliver, rest, end, reap, destroy, restore, restore_ending;
};

constexpr auto kAsleep = NodeState::Asleep;
constexpr auto kWaking = NodeState::Waking;
constexpr auto kIdle = NodeState::Idle;
constexpr auto kActive = NodeState::Active;
constexpr auto kDraining = NodeState::Draining;
constexpr auto kDestroyed = NodeState::Destroyed;
constexpr Row::Cell kNever = std::nullopt;

//                         launch   deliver  rest    end         reap        destroy     restore  restore_ending
constexpr Row kFromAsleep{kWaking, kNever, kNever, kNever, kNever, kDestroyed, kNever, kNever};
constexpr Row kFromWaking{kNever, kActive, kIdle, kDraining, kAsleep, kDestroyed, kNever, kNever};
constexpr Row kFromIdle{kNever, kActive, kIdle, kDraining, kAsleep, kDestroyed, kNever, kNever};
constexpr Row kFromActive{kNever, kActive, kIdle, kDraining, kAsleep, kDestroyed, kNever, kNever};
constexpr Row kFromDraining{kNever, kNever, kNever, kDraining, kAsleep, kDestroyed, kNever, kNever};
constexpr Row kFromDestroyed{kNever, kNever, kNever, kDestroyed, kDestroyed, kDestroyed, kAsleep, kDraining};

const Row& row_of(NodeState state) {
  switch (state) {
    case NodeState::Asleep: return kFromAsleep;
    case NodeState::Waking: return kFromWaking;
    case NodeState::Idle: return kFromIdle;
    case NodeState::Active: return kFromActive;
    case NodeState::Draining: return kFromDraining;
    case NodeState::Destroyed: return kFromDestroyed;
  }
  check_failed("a state that is none", __FILE__, __LINE__);
}

Row::Cell cell_of(const Row& row, LifeEvent event) {
  switch (event) {
    case LifeEvent::Launch: return row.launch;
    case LifeEvent::Deliver: return row.deliver;
    case LifeEvent::Rest: return row.rest;
    case LifeEvent::End: return row.end;
    case LifeEvent::Reap: return row.reap;
    case LifeEvent::Destroy: return row.destroy;
    case LifeEvent::Restore: return row.restore;
    case LifeEvent::RestoreEnding: return row.restore_ending;
  }
  check_failed("an event that is none", __FILE__, __LINE__);
}

}  // namespace

NodeState next_state(NodeState state, LifeEvent event) {
  const Row::Cell next = cell_of(row_of(state), event);
  CHECK(next.has_value());
  return *next;
}

}  // namespace roost::core
