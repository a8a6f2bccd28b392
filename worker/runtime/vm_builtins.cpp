// SPDX-License-Identifier: MIT
// Builtins that call functions, as code with frames like any other: so they can be suspended in the middle, and nest as deep as memory
// allows. Arguments are locals 0, 1, …
#include <memory>

#include "worker/runtime/code_ops.h"
#include "worker/runtime/machine_builtin.h"
#include "worker/runtime/object.h"
#include "worker/runtime/vm.h"

namespace roost::runtime {
namespace {

using lang::Builtin;

// A program that nothing counts: it is there before the first fork and as long as the process.
struct BuiltinCode {
  Program* program = Program::make();
  const Code* map = nullptr;
  const Code* fold = nullptr;
  const Code* optional = nullptr;
  const Code* either = nullptr;
  const Code* pair = nullptr;
  const Code* rest = nullptr;

  BuiltinCode() {
    program->make_immortal();
    map = code("Vector.map", 2, 4, {word_of(Op::MapNext), word_of(Op::Call, 1), word_of(Op::MapStore, 0)});
    fold = code("Vector.fold-left", 3, 4, {word_of(Op::FoldNext), word_of(Op::Call, 2), word_of(Op::FoldStore, 0)});
    optional = code("Optional.fold", 3, 3, {word_of(Op::OptionalFold), word_of(Op::TailCall, 1)});
    either = code("Either.fold", 3, 3, {word_of(Op::EitherFold), word_of(Op::TailCall, 1)});
    pair = code("Pair.fold", 2, 2, {word_of(Op::PairFold), word_of(Op::TailCall, 2)});
    rest = code("", 0, 0, {word_of(Op::ApplyRest)});
  }

 private:
  const Code* code(std::string_view name, std::uint16_t arity, std::uint32_t locals, std::vector<std::uint32_t> words) {
    Code& made = program->new_code();
    made.name = name;
    made.arity = arity;
    made.locals = locals;
    made.temporaries = 4;
    made.words = std::move(words);
    return &made;
  }
};

const BuiltinCode& builtin_code() {
  static const BuiltinCode code;
  return code;
}

// The argument of a value of that constructor; null if it is another value.
const Value* argument_of(const Value& value, Builtin constructor) {
  if (!value.is(Kind::Data)) return nullptr;
  const Data* data = value.as_data();
  return data->constructor() == constructor && data->size() == 1 ? data->items() : nullptr;
}

void push_call(Fiber& fiber, const Value& function, const Value& argument) {
  fiber.push(function);
  fiber.push(argument);
}

}  // namespace

const Code* code_of_builtin(Builtin builtin) {
  const BuiltinCode& code = builtin_code();
  switch (builtin) {
    case Builtin::VectorMap: return code.map;
    case Builtin::VectorFoldLeft: return code.fold;
    case Builtin::OptionalFold: return code.optional;
    case Builtin::EitherFold: return code.either;
    case Builtin::PairFold: return code.pair;
    default: return nullptr;
  }
}

const Code& apply_rest_code() { return *builtin_code().rest; }

// Locals: function, vector, result, next index. False: the result is on top.
bool Vm::map_next(Fiber& fiber) {
  Value* locals = fiber.bottom() + fiber.frames.back().base;
  if (locals[2].is_unset()) {
    if (!locals[1].is(Kind::Vector)) context_.wrong(Builtin::VectorMap, "a vector", locals[1]);
    locals[2] = make_vector(locals[1].as_vector()->size);
    locals[3] = Value::number(0);
  }
  Vector* vector = locals[1].as_vector();
  const auto index = static_cast<std::uint32_t>(locals[3].as_number());
  if (index == vector->size) {
    fiber.push(std::move(locals[2]));
    return false;
  }
  locals[3] = Value::number(index + 1.0);
  fiber.push(locals[0]);
  fiber.push(locals[1].is_unshared() ? std::move(vector->items()[index]) : vector->items()[index]);
  return true;
}

// Locals: function, accumulator, vector, next index.
bool Vm::fold_next(Fiber& fiber) {
  Value* locals = fiber.bottom() + fiber.frames.back().base;
  if (locals[3].is_unset()) {
    if (!locals[2].is(Kind::Vector)) context_.wrong(Builtin::VectorFoldLeft, "a vector", locals[2]);
    locals[3] = Value::number(0);
  }
  Vector* vector = locals[2].as_vector();
  const auto index = static_cast<std::uint32_t>(locals[3].as_number());
  if (index == vector->size) {
    fiber.push(std::move(locals[1]));
    return false;
  }
  locals[3] = Value::number(index + 1.0);
  fiber.push(locals[0]);
  fiber.push(std::move(locals[1]));   // so that the function can change in place what only the fold holds
  fiber.push(locals[2].is_unshared() ? std::move(vector->items()[index]) : vector->items()[index]);
  return true;
}

// True: the call to make is on the stack; false: the value to return is.
bool Vm::fold_data(Fiber& fiber, Op op) {
  Value* locals = fiber.bottom() + fiber.frames.back().base;
  if (op == Op::PairFold) {
    const Value pair = locals[1];
    if (!pair.is(Kind::Data) || pair.as_data()->constructor() != Builtin::PairConstructor || pair.as_data()->size() != 2)
      context_.wrong(Builtin::PairFold, "a Pair", pair);
    push_call(fiber, locals[0], pair.as_data()->items()[0]);
    fiber.push(pair.as_data()->items()[1]);
    locals[1] = Value();
    return true;
  }
  if (op == Op::OptionalFold) {
    if (locals[2].is(Builtin::OptionalNone)) {
      fiber.push(locals[0]);
      return false;
    }
    const Value* some = argument_of(locals[2], Builtin::OptionalSome);
    if (!some) context_.wrong(Builtin::OptionalFold, "an Optional", locals[2]);
    push_call(fiber, locals[1], *some);
    return true;
  }
  const Value* left = argument_of(locals[2], Builtin::EitherLeft);
  const Value* right = left ? nullptr : argument_of(locals[2], Builtin::EitherRight);
  if (!left && !right) context_.wrong(Builtin::EitherFold, "an Either", locals[2]);
  push_call(fiber, locals[left ? 0 : 1], left ? *left : *right);
  return true;
}

}  // namespace roost::runtime
