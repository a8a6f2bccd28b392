// SPDX-License-Identifier: MIT
#pragma once

// The syntax tree. One kind of tree serves from the parser to the hash: the parser leaves names, the resolver
// (resolve.h) turns every name into a de Bruijn index, a builtin or a reference to a definition's hash. Sugar is gone after
// parsing: tuples are `pair` chains, `do` blocks are binds, infix is application, signatures are annotations.
//
// Terms and types are immutable and live in an Arena that their owner (a Program, a Library) keeps; they borrow from each
// other freely inside it. Nothing in an arena needs a destructor.

#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "worker/lang/builtins.h"
#include "worker/wire/bytes.h"

namespace roost::lang {

using Hash = FixedBytes<64>;   // SHA3-512

// For tables: any eight bytes of a hash are one.
struct HashOfHash {
  std::size_t operator()(const Hash& hash) const {
    std::size_t word;
    std::memcpy(&word, hash.data(), sizeof word);
    return word;
  }
};

// Bump allocation; everything goes at once. Requires: trivially destructible types.
class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena();

  template <typename T, typename... Args>
  T* make(Args&&... args) {
    static_assert(std::is_trivially_destructible_v<T>);
    return new (allocate(sizeof(T), alignof(T))) T{std::forward<Args>(args)...};
  }
  std::string_view copy(std::string_view text);
  template <typename T>
  std::span<const T> copy(const std::vector<T>& items) {
    static_assert(std::is_trivially_copyable_v<T>);
    T* place = static_cast<T*>(allocate(sizeof(T) * items.size() + 1, alignof(T)));
    for (std::size_t i = 0; i < items.size(); ++i) new (place + i) T(items[i]);
    return {place, items.size()};
  }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  void* allocate(std::size_t bytes, std::size_t alignment);
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
  std::size_t bytes_ = 0;
};

struct Place {          // 1-based; columns count code points. {0, 0}: made up by desugaring
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

enum class TypeKind : std::uint8_t { Variable, Constructor, Arrow, Apply, Forall };

struct Type {
  TypeKind kind;
  std::uint32_t index = 0;         // Variable, resolved: de Bruijn, 0 = innermost Forall
  std::string_view name{};         // Variable, Constructor, Forall (its variable)
  const Type* left = nullptr;      // Arrow: from. Apply: head. Forall: body
  const Type* right = nullptr;     // Arrow: to. Apply: argument
};

enum class TermKind : std::uint8_t {
  Name,        // text: not yet resolved. left: the word of the `do` that made it (a Name), or null. index: kWrittenPure, or 0
  Local,       // index: de Bruijn; text: its name, for display
  Number, Text, If, Blank,
  Builtin,     // builtin
  Reference,   // hash: a definition
  Apply,       // left applied to right
  Lambda,      // text: the one parameter; left: body
  Annotate,    // left : type
  Vector,      // items. The parser wraps it: Apply(Builtin VectorForce, Vector)
  Let,         // text: the name; left: bound (does not see the name); right: body
  LetRec,      // names, items: the right-hand sides (see all names); right: body.
               // de Bruijn: names are pushed in order, so names.back() has index 0 in items and body
};

inline constexpr std::uint32_t kWrittenPure = 1;   // the `M.pure` of a `do` that was written `pure`

struct Term {
  TermKind kind;
  lang::Builtin builtin{};
  std::uint32_t index = 0;
  Place place;
  double number = 0;
  std::string_view text;
  const Term* left = nullptr;
  const Term* right = nullptr;
  std::span<const Term* const> items;
  std::span<const std::string_view> names;
  const lang::Type* type = nullptr;
  const lang::Hash* hash = nullptr;
};

}  // namespace roost::lang
