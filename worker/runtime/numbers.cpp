// SPDX-License-Identifier: MIT
// Numbers, Booleans and durations. All arithmetic is that of IEEE doubles: nothing here fails but a wrong argument.
#include <cmath>
#include <functional>

#include "worker/runtime/builtin_table.h"
#include "worker/runtime/render.h"

namespace roost::runtime {
namespace {

using lang::Builtin;

template <Builtin builtin, typename Operation>
Value arithmetic(BuiltinContext& context, Value* arguments) {
  const double left = number_of(context, builtin, arguments[0]);
  const double right = number_of(context, builtin, arguments[1]);
  return Value::canonical_number(Operation{}(left, right));
}

template <Builtin builtin, typename Relation>
Value comparison(BuiltinContext& context, Value* arguments) {
  const double left = number_of(context, builtin, arguments[0]);
  const double right = number_of(context, builtin, arguments[1]);
  return Value::boolean(Relation{}(left, right));
}

// What is left of a when the divisor is taken out a whole number of times, rounded down: it has the divisor's sign, so that
// counting backwards wraps around (Number.mod (0 - 1) 5 is 4).
struct Modulo {
  double operator()(double a, double divisor) const {
    const double remainder = std::fmod(a, divisor);
    if (remainder != 0 && std::signbit(remainder) != std::signbit(divisor)) return remainder + divisor;
    return remainder;
  }
};

Value number_floor(BuiltinContext& context, Value* arguments) {
  return Value::canonical_number(std::floor(number_of(context, Builtin::NumberFloor, arguments[0])));
}

Value number_to_text(BuiltinContext& context, Value* arguments) {
  return make_text(render_number(number_of(context, Builtin::NumberToText, arguments[0])));
}

bool boolean_of(BuiltinContext& context, Builtin builtin, const Value& value) {
  if (value.is(Builtin::True)) return true;
  if (!value.is(Builtin::False)) context.wrong(builtin, "a Boolean", value);
  return false;
}

template <Builtin builtin, typename Operation>
Value logic(BuiltinContext& context, Value* arguments) {
  const bool left = boolean_of(context, builtin, arguments[0]);
  const bool right = boolean_of(context, builtin, arguments[1]);
  return Value::boolean(Operation{}(left, right));
}

Value boolean_not(BuiltinContext& context, Value* arguments) {
  return Value::boolean(!boolean_of(context, Builtin::BooleanNot, arguments[0]));
}

// A duration is its number of seconds.
Value duration_seconds(BuiltinContext& context, Value* arguments) {
  return Value::canonical_number(number_of(context, Builtin::DurationSeconds, arguments[0]));
}

}  // namespace

void add_numbers(BuiltinTable& table) {
  table.set(Builtin::NumberAdd, arithmetic<Builtin::NumberAdd, std::plus<double>>);
  table.set(Builtin::NumberSubtract, arithmetic<Builtin::NumberSubtract, std::minus<double>>);
  table.set(Builtin::NumberMultiply, arithmetic<Builtin::NumberMultiply, std::multiplies<double>>);
  table.set(Builtin::NumberDivide, arithmetic<Builtin::NumberDivide, std::divides<double>>);
  table.set(Builtin::NumberMod, arithmetic<Builtin::NumberMod, Modulo>);
  table.set(Builtin::NumberLess, comparison<Builtin::NumberLess, std::less<double>>);
  table.set(Builtin::NumberLessEqual, comparison<Builtin::NumberLessEqual, std::less_equal<double>>);
  table.set(Builtin::NumberGreater, comparison<Builtin::NumberGreater, std::greater<double>>);
  table.set(Builtin::NumberGreaterEqual, comparison<Builtin::NumberGreaterEqual, std::greater_equal<double>>);
  table.set(Builtin::NumberEqual, comparison<Builtin::NumberEqual, std::equal_to<double>>);
  table.set(Builtin::NumberFloor, number_floor);
  table.set(Builtin::NumberToText, number_to_text);
  table.set(Builtin::BooleanAnd, logic<Builtin::BooleanAnd, std::logical_and<bool>>);
  table.set(Builtin::BooleanOr, logic<Builtin::BooleanOr, std::logical_or<bool>>);
  table.set(Builtin::BooleanNot, boolean_not);
  table.set(Builtin::DurationSeconds, duration_seconds);
}

}  // namespace roost::runtime
