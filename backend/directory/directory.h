// SPDX-License-Identifier: MIT
#pragma once

// What the database knows when roostd starts: all nodes, all tombstones, all code, and how far the journal got. Read once, page by
// page, and handed on with parents before their children. What is read is checked again: a row that is not a node ends the
// start with a message that names it. Whether a definition is what its hash says is for the reader to check.
// Thread: one.

#include <functional>
#include <string>
#include <vector>

#include "backend/core/types.h"
#include "backend/directory/connection.h"

namespace roost::directory {

inline constexpr std::uint64_t kDefinitionsPageBytes = 8u << 20;

class Directory {
 public:
  // Throws std::exception if the database cannot be reached, or its schema is not known.
  explicit Directory(const std::string& connection_string);

  [[nodiscard]] core::BatchId journal_position();
  // The parents' copies of keys (envelope, enclosed_key) stay in the database: nothing that runs needs them.
  // Throws std::runtime_error for a row that is no node.
  void for_each_node(const std::function<void(core::NodeRecord)>& sink);
  void for_each_tombstone(const std::function<void(const PublicKey&)>& sink);
  // A page at a time, of kDefinitionsPageBytes and one definition at most.
  void for_each_definition_page(const std::function<void(std::vector<wire::Define>)>& sink);

 private:
  Session session_;
};

}  // namespace roost::directory
