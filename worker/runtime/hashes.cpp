// SPDX-License-Identifier: MIT
#include "worker/runtime/hashes.h"

#include <algorithm>
#include <array>
#include <functional>

#include "worker/runtime/builtin_table.h"
#include "worker/runtime/value_hash.h"

namespace roost::runtime {
namespace {

using lang::Builtin;

// What each character is worth in base64url. Padding comes before every digit: a text that ends is less than one that goes on.
constexpr std::array<std::uint8_t, 256> make_worth() {
  std::array<std::uint8_t, 256> worth{};
  for (std::size_t i = 0; i < worth.size(); ++i) worth[i] = static_cast<std::uint8_t>(i | 0x80);
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (std::size_t i = 0; i < digits.size(); ++i) worth[static_cast<std::uint8_t>(digits[i])] = static_cast<std::uint8_t>(i + 1);
  worth['='] = 0;
  return worth;
}
constexpr auto kWorth = make_worth();

const Text* checked(BuiltinContext& context, Builtin builtin, const Value& value) {
  const Text* text = hash_text_of(value);
  if (text == nullptr) context.wrong(builtin, "a hash", value);
  return text;
}

template <Builtin builtin, typename Relation>
Value comparison(BuiltinContext& context, Value* arguments) {
  const Text* left = checked(context, builtin, arguments[0]);
  const Text* right = checked(context, builtin, arguments[1]);
  return Value::boolean(Relation{}(compare_hash_texts(context, left->view(), right->view()), 0));
}

Value hash_of(BuiltinContext& context, Value* arguments) { return make_hash(context, arguments[0]); }

Value base64(BuiltinContext& context, Value* arguments) {
  (void)checked(context, Builtin::HashBase64, arguments[0]);
  return arguments[0].as_data()->items()[0];
}

// Only the type is forgotten.
Value erase(BuiltinContext& context, Value* arguments) {
  (void)checked(context, Builtin::HashErase, arguments[0]);
  return std::move(arguments[0]);
}

}  // namespace

const Text* hash_text_of(const Value& value) {
  const Data* data = data_of(value, Builtin::HashConstructor, 1);
  return data != nullptr && data->items()[0].is(Kind::Text) ? data->items()[0].as_text() : nullptr;
}

int compare_hash_texts(BuiltinContext& context, std::string_view left, std::string_view right) {
  const std::size_t shared = std::min(left.size(), right.size());
  context.charge(shared);
  for (std::size_t i = 0; i < shared; ++i) {
    const int l = kWorth[static_cast<std::uint8_t>(left[i])], r = kWorth[static_cast<std::uint8_t>(right[i])];
    if (l != r) return l - r;
  }
  return left.size() < right.size() ? -1 : left.size() > right.size() ? 1 : 0;
}

void add_hashes(BuiltinTable& table) {
  table.set(Builtin::HashOf, hash_of);
  table.set(Builtin::HashBase64, base64);
  table.set(Builtin::HashErase, erase);
  table.set(Builtin::HashEqual, comparison<Builtin::HashEqual, std::equal_to<int>>);
  table.set(Builtin::HashLess, comparison<Builtin::HashLess, std::less<int>>);
  table.set(Builtin::HashLessEqual, comparison<Builtin::HashLessEqual, std::less_equal<int>>);
  table.set(Builtin::HashGreater, comparison<Builtin::HashGreater, std::greater<int>>);
  table.set(Builtin::HashGreaterEqual, comparison<Builtin::HashGreaterEqual, std::greater_equal<int>>);
}

}  // namespace roost::runtime
