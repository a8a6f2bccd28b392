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

// `complain` is told of each that is damaged, by its hash. Throws std::runtime_error, which says what to make larger, if
// the store has no room, and std::bad_alloc.
void add_stored(CodeStore& store, const std::vector<wire::Define>& definitions, const std::function<void(const std::string&)>& complain);

}  // namespace roost::code
