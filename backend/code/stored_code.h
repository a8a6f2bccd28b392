// SPDX-License-Identifier: MIT
#pragma once

// Puts what the database holds into the code store when roostd starts. Each definition is checked against its hash again, on all
// processors: one of 300 bytes takes some tens of microseconds. A damaged one is left out, so that what does not refer to it runs,
// and a node that needs it defines it again.
// Thread: the one that starts roostd.

#include <functional>
#include <string>
#include <vector>

#include "backend/code/code_store.h"

namespace roost::code {

class StoredCode {
 public:
  using Complain = std::function<void(const std::string&)>;
  // `complain` is told of each that is damaged, by its hash. Requires: `store` outlives it.
  StoredCode(CodeStore& store, Complain complain) : store_(store), complain_(std::move(complain)) {}

  // If the store has no room, what is missing is only counted from there on. Throws std::bad_alloc.
  void add(const std::vector<wire::Define>& definitions);
  // Requires: all was added. Throws std::runtime_error if it had no room, which says what to make larger, and how large.
  void require_room() const;

 private:
  CodeStore& store_;
  const Complain complain_;
  std::uint64_t missing_ = 0;   // bytes
};

}  // namespace roost::code
