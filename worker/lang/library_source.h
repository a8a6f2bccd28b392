// SPDX-License-Identifier: MIT
#pragma once

// Library texts to definitions. A text is a set of bindings: their order means nothing, each may use any other, every
// library loaded before, and every builtin. They are split into components by who uses whom; a component that is recursive is
// stored as one `let rec` for each member, with the member's right-hand side as its body. Loading is all or nothing.
// Evaluating the definitions is the runtime's work. Thread: one per Names.

#include <string>
#include <string_view>
#include <vector>

#include "worker/lang/parser.h"
#include "worker/lang/resolve.h"
#include "worker/lang/typecheck.h"

namespace roost::lang {

struct Definition {
  std::string_view name;        // in the arena
  const Term* term = nullptr;   // resolved and closed; refers to earlier definitions by hash
  const Type* type = nullptr;   // in the arena
  Hash hash{};
  bool is_new = true;           // false: just another name, the hash was known before (`peel = skin`)
  Place place;
};

struct LibraryError {
  Place place;
  std::string message;   // one line with the place: what is wrong, with which name
  std::string reason;    // the same without the place
  std::vector<UnboundName> unbound;   // all of them, if that is what is wrong
  std::vector<std::string> because;   // of a type error: where the expectation came from
};

// Adds the text's names to `names`, their types to `types`, and returns its definitions, each behind those that it refers to. On an
// error `names` is as before. The outermost annotation of a binding is dropped if the binding has that type without it, so that a
// redundant signature changes no hash. Requires: the arena outlives `names` and `types`.
[[nodiscard]] Result<std::vector<Definition>, LibraryError> load_library(Arena& arena, std::string_view source, Names& names,
                                                                         DefinitionTypes& types);

}  // namespace roost::lang
