// SPDX-License-Identifier: MIT
#pragma once

// What the three `node` commands share: opening the map, finding a node by the beginning of its fingerprint, and
// writing one node as a row or as JSON.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "backend/core/types.h"
#include "backend/status/map_reader.h"
#include "ops/cli/home.h"
#include "ops/cli/terminal.h"

namespace roost::cli {

struct NodeRow {
  std::string fingerprint;
  core::NodeStatus status;
};

struct Picture {   // the map as it was a moment ago
  status::MapFacts facts;
  bool writer_alive = false;
  std::vector<NodeRow> rows;   // by fingerprint
};

// Throws Ended(CannotReach).
[[nodiscard]] std::unique_ptr<status::MapReader> open_map(const Home& home);
[[nodiscard]] Picture take_picture(const status::MapReader& reader);

// Says on stderr that roostd is gone, and since when, if it is.
void warn_if_gone(const Picture& picture, const Terminal& stderr_terminal);

// The one node whose fingerprint begins so. Throws Ended(Refused): none, or several (and names a few).
[[nodiscard]] const NodeRow& find_node(const Picture& picture, std::string_view beginning);

[[nodiscard]] nlohmann::json json_of(const NodeRow& row, const std::string& host);
[[nodiscard]] nlohmann::json json_of(const status::MapFacts& facts, bool writer_alive);

[[nodiscard]] Color color_of(core::NodeState state);
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);                            // "1.5M"
[[nodiscard]] std::string age_text(std::int64_t then_ms, std::int64_t now_ms);        // "12s", "-" for never
[[nodiscard]] std::string time_text(std::int64_t unix_ms);                            // RFC 3339, UTC
[[nodiscard]] std::int64_t now_ms();
// Padded with spaces to `columns`, then coloured, so that colour does not disturb the table.
[[nodiscard]] std::string cell(std::string_view text, std::size_t columns);
[[nodiscard]] std::string cell_right(std::string_view text, std::size_t columns);

}  // namespace roost::cli
