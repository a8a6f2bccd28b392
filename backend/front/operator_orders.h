// SPDX-License-Identifier: MIT
#pragma once

// What an operator may ask by the operator's socket, as JSON: to make a node, and to list nodes from the status map (which wakes
// none). Thread: pure functions but for list_nodes, which reads the map.

#include <string>
#include <string_view>
#include <variant>

#include "backend/core/types.h"
#include "backend/front/response.h"
#include "backend/status/map_reader.h"

namespace roost::front {

struct NewNode {
  core::NodeRecord record;   // without key and sealed key
};
// The problem says which member is wrong and what it may be.
[[nodiscard]] std::variant<NewNode, core::Problem> parse_new_node(std::string_view body);

// One page of nodes by fingerprint, as the query asks (state=, parent=, after=, limit=).
[[nodiscard]] Response list_nodes(const status::MapReader& map, std::string_view query, const RequestFacts& facts);

}  // namespace roost::front
