// SPDX-License-Identifier: MIT
#pragma once

// Content addresses: SHA3-512 over tagged tokens. Two terms have one hash if and only if they differ only in the names of
// bound variables, in places, and in the order of a `let rec`'s bindings (bindings that look alike as long as the group's names
// do keep their order, and it counts). The scheme is fixed for ever: keys of stored
// indexes are filed under it. Values are hashed with the same writer (worker/runtime/value_hash.h), as the closed terms that
// they stand for.
//
// The work is exponential in the depth of nested `let rec`s of several bindings, by the scheme: what is in them is hashed in two
// environments at each level. So it is counted, in *visits*: one for each term or node of a type each time that it is met, and more for
// long texts. Thread: pure functions, callable from any.

#include <nettle/sha3.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "worker/lang/syntax.h"

namespace roost::lang {

// H(token, token, …): HashWriter().tag(1).tag(0).hash(…).finish(). One hash for one writer.
class HashWriter {
 public:
  HashWriter() { sha3_512_init(&state_); }
  HashWriter& tag(std::uint8_t number);           // one byte
  HashWriter& text(std::string_view text);        // 32-bit length, then the UTF-8
  HashWriter& number(double number);              // 8 bytes, big-endian IEEE
  HashWriter& varint(std::uint64_t number);       // base 128, least significant group first
  HashWriter& bytes(BytesView bytes);             // no length
  HashWriter& hash(const Hash& hash);
  [[nodiscard]] Hash finish();

 private:
  sha3_512_ctx state_;
};

// One visit takes about half a microsecond, and at most two. So do 64 bytes of a text.
[[nodiscard]] constexpr std::uint64_t visits_of_text(std::size_t bytes) { return bytes / 64; }
// Is told of visits, some thousand at once, while they are made. It may throw: then there is no hash.
class HashMeter {
 public:
  virtual ~HashMeter() = default;
  virtual void spend(std::uint64_t visits) = 0;
};

// Requires: the term is resolved and closed.
[[nodiscard]] Hash hash_term(const Term& term, HashMeter* meter = nullptr);
// A variable that points outside the term contributes captured[i] as it is; i = how far outside, 0 = innermost. So a closure
// hashes as the closed term that it is once the captured values are substituted. Requires: captured covers all of them.
[[nodiscard]] Hash hash_term(const Term& term, std::span<const Hash> captured, HashMeter* meter = nullptr);
[[nodiscard]] Hash hash_type(const Type& type);

// A function as it stands in a term: a Lambda, or a LetRec whose body is one of its items by pointer. `outside`: how far its variables
// point outside it, ascending, 0 = the innermost binder around it.
struct LiftedFunction {
  const Term* term = nullptr;
  std::span<const std::uint32_t> outside;
};
// ⟦the lifted function⟧: those variables are parameters in front of it, the one that is bound outermost first. So what is left is closed,
// and one hash stands for the function wherever it is made.
[[nodiscard]] Hash hash_lifted(const LiftedFunction& function, HashMeter* meter = nullptr);

// The pieces that values are hashed with.
[[nodiscard]] Hash hash_number(double number);            // ⟦3⟧
[[nodiscard]] Hash hash_text(std::string_view text);      // ⟦"plum"⟧
[[nodiscard]] const Hash& hash_builtin(Builtin builtin);  // ⟦True⟧
[[nodiscard]] const Hash& hash_if();                      // ⟦if⟧
[[nodiscard]] const Hash& hash_blank();                   // ⟦_⟧
[[nodiscard]] Hash hash_apply(const Hash& function, const Hash& argument);
[[nodiscard]] Hash hash_vector(std::span<const Hash> elements);

// What `hash#` gives and index entries are filed under.
[[nodiscard]] Bytes hash_key(Builtin builtin);   // a bare builtin: the byte 0, its name as text
[[nodiscard]] Bytes hash_key(const Hash& hash);  // anything else: the byte 1, the length 64, the hash

// base64url, padded. Decoding is strict: alphabet, padding and unused bits must be right.
[[nodiscard]] std::string base64url(BytesView bytes);
[[nodiscard]] std::optional<Bytes> from_base64url(std::string_view text);

}  // namespace roost::lang
