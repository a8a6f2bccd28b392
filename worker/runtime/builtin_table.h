// SPDX-License-Identifier: MIT
#pragma once

// How the first-order builtins come together: each group fills its own rows. And what they all need of their arguments: the right
// kind of value or a crash that names the builtin and what it got, and counts (2.7 means 2, below zero means 0, NaN means 0).
// Thread: as builtin.h.

#include <array>
#include <cmath>

#include "worker/runtime/builtin.h"

namespace roost::runtime {

class BuiltinTable {
 public:
  void set(lang::Builtin builtin, FirstOrder function) { functions_[static_cast<std::size_t>(builtin)] = function; }
  [[nodiscard]] FirstOrder get(lang::Builtin builtin) const { return functions_[static_cast<std::size_t>(builtin)]; }

 private:
  std::array<FirstOrder, lang::kBuiltins> functions_{};
};

void add_numbers(BuiltinTable& table);    // numbers.cpp: numbers, Booleans, durations
void add_texts(BuiltinTable& table);      // texts.cpp
void add_vectors(BuiltinTable& table);    // vectors.cpp: vectors, pairs, Comparison.fold
void add_orders(BuiltinTable& table);     // orders.cpp: keys, and the sort by them
void add_hashes(BuiltinTable& table);     // hashes.cpp
void add_web(BuiltinTable& table);        // web.cpp: Html, Uri

// ---- arguments -----------------------------------------------------------------------------------------------

[[nodiscard]] inline double number_of(BuiltinContext& context, lang::Builtin builtin, const Value& value) {
  if (!value.is_number()) [[unlikely]] context.wrong(builtin, "a number", value);
  return value.as_number();
}
[[nodiscard]] inline Text* text_of(BuiltinContext& context, lang::Builtin builtin, const Value& value) {
  if (!value.is(Kind::Text)) [[unlikely]] context.wrong(builtin, "a text", value);
  return value.as_text();
}
[[nodiscard]] inline Vector* vector_of(BuiltinContext& context, lang::Builtin builtin, const Value& value) {
  if (!value.is(Kind::Vector)) [[unlikely]] context.wrong(builtin, "a vector", value);
  return value.as_vector();
}
// Null if the value is anything but this constructor with that many arguments.
[[nodiscard]] inline Data* data_of(const Value& value, lang::Builtin constructor, std::size_t arguments) {
  if (!value.is(Kind::Data)) return nullptr;
  Data* data = value.as_data();
  return data->constructor() == constructor && data->size() == arguments ? data : nullptr;
}
// The floor of the number, between 0 and `most`.
[[nodiscard]] inline std::size_t count_from(double number, std::size_t most) {
  if (!(number >= 1)) return 0;
  return number >= static_cast<double>(most) ? most : static_cast<std::size_t>(number);
}

// Texts and vectors know their size in 32 bits; beyond that memory is out whatever the node's allowance.
inline constexpr std::uint64_t kItemsMax = 0xffff'fff0u;
// Asks for room for so many items of so many bytes. Throws Crash (MemoryLimit).
void require_items(BuiltinContext& context, lang::Builtin builtin, double items, std::size_t bytes_each);

}  // namespace roost::runtime
