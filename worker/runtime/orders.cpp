// SPDX-License-Identifier: MIT
// Orders, keys, and the sort by keys.
//
// An order is data: an atom (Number.Order, …) or a constructor around others. A key is a vector of the atoms that the order selects
// from a value, left to right: numbers, texts, hashes and unit as they are, and wrapped in Order.invert where the order is inverted.
// Order.ignore selects nothing.
//
// Keys of one order hold atoms of one kind at each place. Keys of different orders can meet only in programs that no type
// checker has seen; they too must compare consistently, or sorting would be undefined: kinds come in a fixed sequence. Likewise
// NaN: it equals itself and comes after every number.
#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "worker/runtime/builtin_table.h"
#include "worker/runtime/hashes.h"

namespace roost::runtime {
namespace {

using lang::Builtin;

// ---- keys ----------------------------------------------------------------------------------------------------

struct Pending {   // an order that is still to be applied, to what, and whether around it stands an odd number of inversions
  const Value* order;
  const Value* value;
  bool inverted;
};

enum class Atom { None, Number, Text, Hash, Unit };

Atom atom_of(const Value& order) {
  if (order.is(Builtin::NumberOrder)) return Atom::Number;
  if (order.is(Builtin::TextOrder)) return Atom::Text;
  if (order.is(Builtin::HashOrder)) return Atom::Hash;
  if (order.is(Builtin::UnitOrder)) return Atom::Unit;
  return Atom::None;
}

bool is_atom(const Value& value, Atom atom) {
  switch (atom) {
    case Atom::Number: return value.is_number();
    case Atom::Text: return value.is(Kind::Text);
    case Atom::Hash: return hash_text_of(value) != nullptr;
    case Atom::Unit: return value.is(Builtin::Unit);
    case Atom::None: return false;
  }
  return false;
}

const char* words_for(Atom atom) {
  switch (atom) {
    case Atom::Number: return "a number for Number.Order";
    case Atom::Text: return "a text for Text.Order";
    case Atom::Hash: return "a hash for Hash.Order";
    case Atom::Unit: return "() for Unit.Order";
    case Atom::None: break;
  }
  return "an order";
}

// Takes one order apart: its atom goes to the key, its parts to the stack (the last one first).
void apply_order(BuiltinContext& context, Pending pending, std::vector<Pending>& stack, Value& key) {
  const auto [order, value, inverted] = pending;
  const Atom atom = atom_of(*order);
  if (atom != Atom::None) {
    if (!is_atom(*value, atom)) context.wrong(Builtin::OrderKey, words_for(atom), *value);
    key = vector_appended(std::move(key), inverted && atom != Atom::Unit ? make_data(Builtin::OrderInvert, *value) : *value);
  } else if (const Data* pair = data_of(*order, Builtin::PairOrder, 2)) {
    const Data* parts = data_of(*value, Builtin::PairConstructor, 2);
    if (parts == nullptr) context.wrong(Builtin::OrderKey, "a Pair for Pair.Order", *value);
    stack.push_back({&pair->items()[1], &parts->items()[1], inverted});
    stack.push_back({&pair->items()[0], &parts->items()[0], inverted});
  } else if (const Data* invert = data_of(*order, Builtin::OrderInvert, 1)) {
    stack.push_back({&invert->items()[0], value, !inverted});
  } else if (!order->is(Builtin::OrderIgnore)) {
    context.wrong(Builtin::OrderKey, "an order", *order);
  }
}

Value order_key(BuiltinContext& context, Value* arguments) {
  Value key = make_vector(1);
  std::vector<Pending> stack;
  stack.push_back({&arguments[0], &arguments[1], false});
  while (!stack.empty()) {
    const Pending next = stack.back();
    stack.pop_back();
    context.charge(20);
    apply_order(context, next, stack, key);
  }
  return key;
}

// ---- comparing -----------------------------------------------------------------------------------------------

int compare_numbers(double left, double right) {
  if (left < right) return -1;
  if (left > right) return 1;
  if (left == right) return 0;
  return static_cast<int>(left != left) - static_cast<int>(right != right);
}

enum class Rank { Number, Text, Hash, Inverted, Other };   // Other: unit

Rank rank_of(const Value& atom) {
  if (atom.is_number()) return Rank::Number;
  if (atom.is(Kind::Text)) return Rank::Text;
  if (hash_text_of(atom) != nullptr) return Rank::Hash;
  if (data_of(atom, Builtin::OrderInvert, 1) != nullptr) return Rank::Inverted;
  return Rank::Other;
}

int compare_atoms(BuiltinContext& context, const Value& left, const Value& right) {
  const Rank rank = rank_of(left);
  if (const Rank other = rank_of(right); rank != other) return rank < other ? -1 : 1;
  switch (rank) {
    case Rank::Number:
      return compare_numbers(left.as_number(), right.as_number());
    case Rank::Text:
      context.charge(std::min(left.as_text()->size, right.as_text()->size) / 8);
      return left.as_text()->view().compare(right.as_text()->view());
    case Rank::Hash:
      return compare_hash_texts(context, hash_text_of(left)->view(), hash_text_of(right)->view());
    case Rank::Inverted: {
      // Keys are made with one inversion at most; what is inside a made-up second one does not count.
      const Value& l = left.as_data()->items()[0];
      const Value& r = right.as_data()->items()[0];
      return rank_of(l) == Rank::Inverted || rank_of(r) == Rank::Inverted ? 0 : compare_atoms(context, r, l);
    }
    case Rank::Other:
      return 0;
  }
  return 0;
}

int compare_keys(BuiltinContext& context, const Vector& left, const Vector& right) {
  const std::size_t shared = std::min(left.size, right.size);
  for (std::size_t i = 0; i < shared; ++i) {
    context.charge(5);
    const int sign = compare_atoms(context, left.items()[i], right.items()[i]);
    if (sign != 0) return sign;
  }
  return left.size < right.size ? -1 : left.size > right.size ? 1 : 0;
}

Value key_compare(BuiltinContext& context, Value* arguments) {
  const Vector* left = vector_of(context, Builtin::OrderKeyCompare, arguments[0]);
  const Vector* right = vector_of(context, Builtin::OrderKeyCompare, arguments[1]);
  const int sign = compare_keys(context, *left, *right);
  return Value::builtin(sign < 0 ? Builtin::Less : sign > 0 ? Builtin::Greater : Builtin::Equal);
}

// ---- sorting -------------------------------------------------------------------------------------------------

struct Keyed {
  const Vector* key;
  const Value* item;
};

// (key, item)
Keyed keyed_of(BuiltinContext& context, const Value& value) {
  const Data* outer = data_of(value, Builtin::PairConstructor, 2);
  const Data* inner = outer == nullptr ? nullptr : data_of(outer->items()[1], Builtin::PairConstructor, 2);
  if (inner == nullptr || !outer->items()[0].is(Kind::Vector))
    context.wrong(Builtin::VectorSortKeyed, "a vector of tuples (key, element)", value);
  return {outer->items()[0].as_vector(), &inner->items()[0]};
}

bool is_one_number(const Keyed& keyed) { return keyed.key->size == 1 && keyed.key->items()[0].is_number(); }

// The commonest keys by far are single numbers: those are compared without a look at their kind.
void sort(BuiltinContext& context, std::vector<Keyed>& entries) {
  if (std::all_of(entries.begin(), entries.end(), is_one_number)) {
    std::stable_sort(entries.begin(), entries.end(), [&](const Keyed& left, const Keyed& right) {
      context.charge(2);
      return compare_numbers(left.key->items()[0].as_number(), right.key->items()[0].as_number()) < 0;
    });
    return;
  }
  std::stable_sort(entries.begin(), entries.end(), [&](const Keyed& left, const Keyed& right) {
    return compare_keys(context, *left.key, *right.key) < 0;
  });
}

Value sort_keyed(BuiltinContext& context, Value* arguments) {
  const Vector* vector = vector_of(context, Builtin::VectorSortKeyed, arguments[0]);
  // The result, the entries, and the half of them that a stable sort sets aside.
  require_items(context, Builtin::VectorSortKeyed, vector->size, sizeof(Value) + sizeof(Keyed) * 3 / 2);
  std::vector<Keyed> entries;
  entries.reserve(vector->size);
  for (const Value& value : vector->view()) entries.push_back(keyed_of(context, value));
  sort(context, entries);
  Value result = make_vector(entries.size());
  for (const Keyed& entry : entries) vector_push(result, *entry.item);
  return result;
}

}  // namespace

void add_orders(BuiltinTable& table) {
  table.set(Builtin::OrderKey, order_key);
  table.set(Builtin::OrderKeyCompare, key_compare);
  table.set(Builtin::VectorSortKeyed, sort_keyed);
}

}  // namespace roost::runtime
