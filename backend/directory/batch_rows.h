// SPDX-License-Identifier: MIT
#pragma once

// A batch of the journal as the parameters of a few statements with arrays, and new nodes as the rows of one COPY: what one
// transaction makes durable, with as many round trips for four thousand entries as for one.
//
// The order of a batch matters only for writes to one key, of which the last counts: so each key goes over once. New
// nodes come first (state refers to them), destroyed ones last (their state goes with them). Of the definitions of one hash, which mean the
// same, the first goes over, as the code store keeps the first (the core leaves out those that the store held before the batch).
// Thread: pure function.

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "backend/core/doors.h"
#include "backend/directory/text_form.h"

namespace roost::directory {

// The columns of roost.nodes that a new node has, in the order of a NodeRow's fields.
inline constexpr std::array kNodeColumns{
    "public_key", "parent", "lifetime", "access", "access_only", "budget_nodes", "budget_awake",
    "budget_memory_bytes", "capabilities", "sealed_key", "envelope_sealed", "envelope_signature", "enclosed_key"};
// Each in PostgreSQL's text form; none: null.
using NodeRow = std::array<std::optional<std::string>, kNodeColumns.size()>;

struct BatchRows {
  std::vector<NodeRow> nodes;
  struct Inserts {
    ArrayText node, token, key_hash, key, value;
  } inserts;
  struct Deletes {
    ArrayText node, token, key_hash;
  } deletes;
  struct Definitions {
    ArrayText hash, definition;
  } definitions;
  ArrayText destroyed;

  [[nodiscard]] bool only_inserts() const {
    return nodes.empty() && deletes.node.empty() && definitions.hash.empty() && destroyed.empty();
  }
};

[[nodiscard]] BatchRows rows_of(const std::vector<core::JournalEntry>& entries);

}  // namespace roost::directory
