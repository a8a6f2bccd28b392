// SPDX-License-Identifier: MIT
#pragma once

// What the database knows when roostd starts: all nodes, all tombstones, and how far the journal got. Read once, page by
// page, and handed on with parents before their children. What is read is checked again: a row that is not a node ends the
// start with a message that names it.
// Thread: one.

#include <functional>
#include <string>

#include "backend/core/types.h"
#include "backend/directory/connection.h"

namespace roost::directory {

class Directory {
 public:
  // Throws std::exception if the database cannot be reached, or its schema is not known.
  explicit Directory(const std::string& connection_string);

  [[nodiscard]] core::BatchId journal_position();
  // The parents' copies of keys (envelope, enclosed_key) stay in the database: nothing that runs needs them.
  // Throws std::runtime_error for a row that is no node.
  void for_each_node(const std::function<void(core::NodeRecord)>& sink);
  void for_each_tombstone(const std::function<void(const PublicKey&)>& sink);

 private:
  Session session_;
};

}  // namespace roost::directory
