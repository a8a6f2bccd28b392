// SPDX-License-Identifier: MIT
#pragma once

// What types terms have: bidirectional, higher rank, `let` and the components of `let rec` polymorphic. What is accepted here needs no
// look at types while it runs. Annotations are believed only once they have been checked; they never bind type variables in what
// they stand on.
//
// A refusal names the place, what was found there, what was wanted, and where that wish came from. Checking is safe on hostile
// terms: its work and its stack are bounded (type_store.h), and a term that exceeds them is refused.
// Thread: pure functions, callable from any, as far as the TypeTable is. They need kCheckStackMax bytes of stack.

#include <string>
#include <unordered_map>
#include <vector>

#include "worker/lang/syntax.h"
#include "worker/wire/result.h"

namespace roost::lang {

struct TypeError {
  Place place;
  std::string reason;                 // one sentence, without the place
  std::string expected;               // the types as text; both may be empty
  std::string found;
  std::vector<std::string> because;   // where the expectation came from: a sentence each

  [[nodiscard]] std::string message() const;   // "line 2, column 5: `"k"` is a Text, …"
};

// The types of definitions. They are closed, and outlive whoever asks.
class TypeTable {
 public:
  virtual ~TypeTable() = default;
  // Null: there is no such definition.
  [[nodiscard]] virtual const Type* type_of(const Hash& hash) const = 0;
};

// A TypeTable that is a table.
class DefinitionTypes final : public TypeTable {
 public:
  [[nodiscard]] const Type* type_of(const Hash& hash) const override;
  // Keeps what is there if the hash is known. Requires: the type outlives the table.
  void add(const Hash& hash, const Type* type) { types_.emplace(hash, type); }

 private:
  std::unordered_map<Hash, const Type*, HashOfHash> types_;
};

// The type of a closed term, generalised, in `arena`. `name`: what it is bound to, for messages. Requires: the term is resolved.
[[nodiscard]] Result<const Type*, TypeError> infer_type(Arena& arena, const Term& term, const TypeTable& types, std::string_view name = {});

// The types of a group's bindings, in order; its body is not looked at. Requires: a closed, resolved LetRec.
[[nodiscard]] Result<std::vector<const Type*>, TypeError> infer_group(Arena& arena, const Term& let_rec, const TypeTable& types);

// Whether two closed types are one but for the names of variables.
[[nodiscard]] bool same_type(const Type& left, const Type& right);

}  // namespace roost::lang
