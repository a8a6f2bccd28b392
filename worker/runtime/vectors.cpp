// SPDX-License-Identifier: MIT
// Vectors, and the small constructors. A vector that nobody else holds is changed in place, so that gathering a result by
// appending costs constant time an element.
#include <algorithm>

#include "worker/runtime/builtin_table.h"

namespace roost::runtime {
namespace {

using lang::Builtin;

// An empty vector with room for that many.
Value vector_with_room(BuiltinContext& context, Builtin builtin, double items) {
  require_items(context, builtin, items, sizeof(Value));
  context.charge(static_cast<std::uint64_t>(items));
  return make_vector(static_cast<std::size_t>(items));
}

void push_all(const Value& vector, std::span<const Value> items) {
  for (const Value& item : items) vector_push(vector, item);
}

Value slice(BuiltinContext& context, Builtin builtin, const Vector& vector, std::size_t from, std::size_t to) {
  Value result = vector_with_room(context, builtin, static_cast<double>(to - from));
  push_all(result, vector.view().subspan(from, to - from));
  return result;
}

Value empty(BuiltinContext&, Value*) { return make_vector(0); }

Value force(BuiltinContext& context, Value* arguments) {
  (void)vector_of(context, Builtin::VectorForce, arguments[0]);
  return std::move(arguments[0]);
}

Value single(BuiltinContext&, Value* arguments) {
  Value result = make_vector(1);
  vector_push(result, std::move(arguments[0]));
  return result;
}

Value is_empty(BuiltinContext& context, Value* arguments) {
  return Value::boolean(vector_of(context, Builtin::VectorIsEmpty, arguments[0])->size == 0);
}

Value size(BuiltinContext& context, Value* arguments) {
  return Value::number(vector_of(context, Builtin::VectorSize, arguments[0])->size);
}

Value append(BuiltinContext& context, Value* arguments) {
  const Vector* vector = vector_of(context, Builtin::VectorAppend, arguments[1]);
  require_items(context, Builtin::VectorAppend, vector->size + 1.0, 0);
  if (!arguments[1].is_unshared()) context.charge(vector->size);
  return vector_appended(std::move(arguments[1]), std::move(arguments[0]));
}

Value prepend(BuiltinContext& context, Value* arguments) {
  const Vector* vector = vector_of(context, Builtin::VectorPrepend, arguments[1]);
  Value result = vector_with_room(context, Builtin::VectorPrepend, vector->size + 1.0);
  vector_push(result, std::move(arguments[0]));
  push_all(result, vector->view());
  return result;
}

Value concatenate(BuiltinContext& context, Value* arguments) {
  const Vector* left = vector_of(context, Builtin::VectorConcatenate, arguments[0]);
  const Vector* right = vector_of(context, Builtin::VectorConcatenate, arguments[1]);
  if (right->size == 0) return std::move(arguments[0]);
  if (left->size == 0) return std::move(arguments[1]);
  const double total = 0.0 + left->size + right->size;
  if (!arguments[0].is_unshared()) {
    Value result = vector_with_room(context, Builtin::VectorConcatenate, total);
    push_all(result, left->view());
    push_all(result, right->view());
    return result;
  }
  require_items(context, Builtin::VectorConcatenate, total, 0);
  context.charge(right->size);
  Value result = std::move(arguments[0]);
  for (const Value& item : right->view()) result = vector_appended(std::move(result), item);
  return result;
}

Value reverse(BuiltinContext& context, Value* arguments) {
  Vector* vector = vector_of(context, Builtin::VectorReverse, arguments[0]);
  context.charge(vector->size);
  if (arguments[0].is_unshared()) {
    std::reverse(vector->items(), vector->items() + vector->size);
    return std::move(arguments[0]);
  }
  Value result = vector_with_room(context, Builtin::VectorReverse, vector->size);
  for (std::size_t i = vector->size; i > 0; --i) vector_push(result, vector->items()[i - 1]);
  return result;
}

Value halve(BuiltinContext& context, Value* arguments) {
  const Vector* vector = vector_of(context, Builtin::VectorHalve, arguments[0]);
  const std::size_t middle = vector->size / 2;
  return make_tuple(slice(context, Builtin::VectorHalve, *vector, 0, middle),
                    slice(context, Builtin::VectorHalve, *vector, middle, vector->size));
}

// An infinite bound asks for infinitely many numbers, which is refused like any size that is too large; NaN gives none.
Value range(BuiltinContext& context, Value* arguments) {
  const double from = std::floor(number_of(context, Builtin::VectorRange, arguments[0]));
  const double to = std::floor(number_of(context, Builtin::VectorRange, arguments[1]));
  if (!(from < to)) return make_vector(0);
  Value result = vector_with_room(context, Builtin::VectorRange, to - from);
  const std::size_t count = static_cast<std::size_t>(to - from);
  for (std::size_t i = 0; i < count; ++i) vector_push(result, Value::number(from + static_cast<double>(i)));
  return result;
}

Value at(BuiltinContext& context, Value* arguments) {
  const double index = std::floor(number_of(context, Builtin::VectorAt, arguments[0]));
  const Vector* vector = vector_of(context, Builtin::VectorAt, arguments[1]);
  if (!(index >= 0 && index < vector->size)) return none();
  return make_some(vector->items()[static_cast<std::size_t>(index)]);
}

Value take(BuiltinContext& context, Value* arguments) {
  const double number = number_of(context, Builtin::VectorTake, arguments[0]);
  const Vector* vector = vector_of(context, Builtin::VectorTake, arguments[1]);
  const std::size_t count = count_from(number, vector->size);
  if (count == vector->size) return std::move(arguments[1]);
  return slice(context, Builtin::VectorTake, *vector, 0, count);
}

Value drop(BuiltinContext& context, Value* arguments) {
  const double number = number_of(context, Builtin::VectorDrop, arguments[0]);
  const Vector* vector = vector_of(context, Builtin::VectorDrop, arguments[1]);
  const std::size_t count = count_from(number, vector->size);
  if (count == 0) return std::move(arguments[1]);
  return slice(context, Builtin::VectorDrop, *vector, count, vector->size);
}

Value zip(BuiltinContext& context, Value* arguments) {
  const Vector* left = vector_of(context, Builtin::VectorZip, arguments[0]);
  const Vector* right = vector_of(context, Builtin::VectorZip, arguments[1]);
  const std::size_t count = std::min(left->size, right->size);
  context.charge(count * 40);
  Value result = vector_with_room(context, Builtin::VectorZip, static_cast<double>(count));
  for (std::size_t i = 0; i < count; ++i) vector_push(result, make_tuple(left->items()[i], right->items()[i]));
  return result;
}

// ---- pairs and comparisons -----------------------------------------------------------------------------------

Value pair(BuiltinContext&, Value* arguments) { return make_pair(std::move(arguments[0]), std::move(arguments[1])); }

Value comparison_fold(BuiltinContext& context, Value* arguments) {
  const Value& comparison = arguments[3];
  if (comparison.is(Builtin::Less)) return std::move(arguments[0]);
  if (comparison.is(Builtin::Equal)) return std::move(arguments[1]);
  if (comparison.is(Builtin::Greater)) return std::move(arguments[2]);
  context.wrong(Builtin::ComparisonFold, "a Comparison", comparison);
}

}  // namespace

void add_vectors(BuiltinTable& table) {
  table.set(Builtin::VectorForce, force);
  table.set(Builtin::VectorEmpty, empty);
  table.set(Builtin::VectorSingle, single);
  table.set(Builtin::VectorIsEmpty, is_empty);
  table.set(Builtin::VectorSize, size);
  table.set(Builtin::VectorAppend, append);
  table.set(Builtin::VectorPrepend, prepend);
  table.set(Builtin::VectorConcatenate, concatenate);
  table.set(Builtin::VectorReverse, reverse);
  table.set(Builtin::VectorHalve, halve);
  table.set(Builtin::VectorRange, range);
  table.set(Builtin::VectorAt, at);
  table.set(Builtin::VectorTake, take);
  table.set(Builtin::VectorDrop, drop);
  table.set(Builtin::VectorZip, zip);
  table.set(Builtin::Pair, pair);
  table.set(Builtin::ComparisonFold, comparison_fold);
}

}  // namespace roost::runtime
