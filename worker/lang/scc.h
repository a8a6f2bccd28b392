// SPDX-License-Identifier: MIT
#pragma once

// Who uses whom in a group of bindings. Works on terms with names, before resolution, where not said otherwise.
// Thread: pure functions, callable from any.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "worker/lang/syntax.h"

namespace roost::lang {

struct Component {
  std::vector<std::uint32_t> members;   // places in the group, ascending: source order
  bool recursive = false;               // several members, or one that uses itself
};

// The strongly connected components of a group, each behind those it uses. Independent components keep the source order of
// their first need. Requires: names are distinct; names[i] is bound to terms[i].
[[nodiscard]] std::vector<Component> components_of(std::span<const std::string_view> names,
                                                   std::span<const Term* const> terms);

// The same for the bindings of a `let rec`. Requires: it is resolved.
[[nodiscard]] std::vector<Component> components_of(const Term& let_rec);

// If the whole program is a `let rec` of several components, splits it into nested `let`s and smaller `let rec`s. Inner
// `let rec`s are left as written. It changes hashes, so it is done to a program's outermost expression and nowhere else.
[[nodiscard]] const Term* minimise(Arena& arena, const Term* program);

}  // namespace roost::lang
