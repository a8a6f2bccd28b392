// SPDX-License-Identifier: MIT
#pragma once

// Names to meanings. Resolution replaces every name of a term: by a de Bruijn index if it is bound around it, else by a
// builtin (internal names, default imports and source-only spellings: builtins.h), else by a reference to the definition of
// that name. `peel#1YX1hv` means the definition of `peel` whose hash begins with 1YX1hv in base64url. After it a term holds
// no names but for display. Thread: pure functions, callable from any, as far as the NameTable is.

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "worker/lang/syntax.h"
#include "worker/wire/result.h"

namespace roost::lang {

// What definitions are called.
class NameTable {
 public:
  virtual ~NameTable() = default;
  // The definition of that name, or null. The pointer need only live until the next call.
  [[nodiscard]] virtual const Hash* find(std::string_view name) const = 0;
  // All names, for suggestions.
  [[nodiscard]] virtual std::vector<std::string_view> all() const { return {}; }
  // All definitions that go or went by that name, for `name#prefix`.
  [[nodiscard]] virtual std::vector<Hash> candidates(std::string_view name) const;
};

// A NameTable that is a table: one definition for each name. A name that was released still means what it did, until it is added anew.
class Names final : public NameTable {
 public:
  [[nodiscard]] const Hash* find(std::string_view name) const override;
  // False, and nothing is changed, if the name is taken. Requires: `name` outlives the table.
  [[nodiscard]] bool add(std::string_view name, const Hash& hash);
  [[nodiscard]] bool is_taken(std::string_view name) const { return hashes_.contains(name) && !released_.contains(name); }
  // Lets the name be added once more, for another definition. What referred to the old one still does.
  void release(std::string_view name);
  [[nodiscard]] std::vector<std::string_view> all() const override;
  [[nodiscard]] std::size_t size() const { return hashes_.size(); }

 private:
  std::unordered_map<std::string_view, Hash> hashes_;
  std::unordered_set<std::string_view> released_;   // of those in hashes_
};

struct UnboundName {
  std::string name;   // as a text writes it
  Place place;        // of its first occurrence
  std::vector<std::string> nearest;   // what it may have meant: itself with blanks (`n - 1` for `n-1`), `let rec`, known names
  std::string do_word;   // `Maybe`, if it is the `Maybe.bind` or `Maybe.pure` of a `do Maybe`: place and nearest are of that
};
struct UnboundNames {
  std::vector<UnboundName> names;   // each once, in order of appearance

  [[nodiscard]] std::string message() const;   // "unresolved names: `send` (line 1, column 5; perhaps `Remote.send`), …"
};

// The resolved tree shares with the given one what did not change; both live in the arena.
[[nodiscard]] Result<const Term*, UnboundNames> resolve(Arena& arena, const Term* term, const NameTable& names);

}  // namespace roost::lang
