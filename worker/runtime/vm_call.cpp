// SPDX-License-Identifier: MIT
// Calls of values that only the moment of the call knows: too few arguments make a partial application, too many are passed on
// to the result.
#include <algorithm>

#include "worker/runtime/code_ops.h"
#include "worker/runtime/knot.h"
#include "worker/runtime/machine_builtin.h"
#include "worker/runtime/object.h"
#include "worker/runtime/vm.h"

namespace roost::runtime {
namespace {

constexpr std::size_t kIfArity = 3;

Value& callee_of(Fiber& fiber, std::size_t n) { return fiber.top[-static_cast<std::ptrdiff_t>(n) - 1]; }

// The arguments and what was called become one value.
void replace_call(Fiber& fiber, std::size_t n, Value value) {
  for (std::size_t i = 0; i < n; ++i) (void)fiber.pop();
  fiber.top[-1] = std::move(value);
}

}  // namespace

Vm::Applied Vm::apply(Fiber& fiber, std::size_t n) {
  for (;;) {
    Value& callee = callee_of(fiber, n);
    if (callee.is_builtin()) return apply_builtin(fiber, n);
    if (callee.is_if()) return apply_if(fiber, n);
    if (!callee.is_object()) not_a_function(fiber, n);
    const Code* code = nullptr;
    switch (callee.object()->kind) {
      case Kind::Closure: code = callee.as_function()->code; break;
      case Kind::Member: code = callee.as_member()->group.as_function()->code->functions[callee.object()->tag]; break;
      case Kind::Partial: spread_partial(fiber, n); continue;
      case Kind::Data: {
        const Data* data = callee.as_data();
        if (data->size() + n > kArgumentsMax) not_a_function(fiber, n);
        std::vector<Value> arguments(data->items(), data->items() + data->size());
        arguments.insert(arguments.end(), fiber.top - n, fiber.top);
        replace_call(fiber, n, make_data(data->constructor(), arguments));
        return Applied::Value;
      }
      default: not_a_function(fiber, n);
    }
    if (n == code->arity) return enter(fiber, *code, n);
    if (n > code->arity) return with_rest(fiber, n, code->arity);
    replace_call(fiber, n, make_partial(callee, {fiber.top - n, n}));
    return Applied::Value;
  }
}

Vm::Applied Vm::enter(Fiber& fiber, const Code& code, std::size_t n) {
  fiber.reserve(code.locals - n + code.temporaries + 1);
  fiber.push_frame(&code, code.words.data(), static_cast<std::uint32_t>(fiber.top - fiber.bottom() - n));
  for (std::size_t i = n; i < code.locals; ++i) new (fiber.top++) Value();
  return Applied::Entered;
}

// Puts the arguments that a partial application has below the others.
void Vm::spread_partial(Fiber& fiber, std::size_t& n) {
  const Value held = callee_of(fiber, n);
  const Partial* partial = held.as_partial();
  const std::size_t more = partial->size();
  fiber.reserve(more);
  Value* arguments = fiber.top - n;
  std::memmove(static_cast<void*>(arguments + more), static_cast<void*>(arguments), n * sizeof(Value));
  for (std::size_t i = 0; i < more; ++i) new (arguments + i) Value(partial->items()[i]);
  fiber.top += more;
  n += more;
  callee_of(fiber, n) = partial->function;
}

// Calls with the first `arity` arguments; a frame below keeps the others for what that gives.
Vm::Applied Vm::with_rest(Fiber& fiber, std::size_t n, std::size_t arity) {
  fiber.reserve(2);
  new (fiber.top++) Value();
  Value* from = fiber.top - n - 2;   // [f a… r… unset] → [unset r… f a…]
  std::rotate(from, from + arity + 1, fiber.top);
  const std::size_t rest = n - arity;
  std::rotate(from, from + rest, from + rest + 1);
  fiber.push_frame(&apply_rest_code(), apply_rest_code().words.data(), static_cast<std::uint32_t>(from + 1 - fiber.bottom()));
  return apply(fiber, arity);
}

Vm::Applied Vm::apply_builtin(Fiber& fiber, std::size_t n) {
  const Value callee = callee_of(fiber, n);
  const lang::Builtin builtin = callee.as_builtin();
  const int arity = lang::arity_of(builtin);
  if (arity == lang::kConstructor) {
    if (n > kArgumentsMax) not_a_function(fiber, n);
    replace_call(fiber, n, make_data(builtin, {fiber.top - n, n}));
    return Applied::Value;
  }
  if (arity == 0) not_a_function(fiber, n);
  const auto needed = static_cast<std::size_t>(arity);
  if (n > needed) return with_rest(fiber, n, needed);
  if (n < needed) {
    replace_call(fiber, n, make_partial(callee, {fiber.top - n, n}));
    return Applied::Value;
  }
  if (const FirstOrder function = direct_builtin(builtin)) {
    replace_call(fiber, n, function(context_, fiber.top - n));
    return Applied::Value;
  }
  if (const Code* code = code_of_builtin(builtin)) return enter(fiber, *code, n);
  const Applied applied = perform_host(fiber, builtin, n);
  if (applied == Applied::Value) {   // the function that was called is still below the value
    Value value = fiber.pop();
    fiber.top[-1] = std::move(value);
  } else {
    (void)fiber.pop();
  }
  return applied;
}

Vm::Applied Vm::apply_if(Fiber& fiber, std::size_t n) {
  if (n > kIfArity) return with_rest(fiber, n, kIfArity);
  const Value callee = callee_of(fiber, n);
  if (n < kIfArity) {
    replace_call(fiber, n, make_partial(callee, {fiber.top - n, n}));
    return Applied::Value;
  }
  const Value& condition = fiber.top[-3];
  const bool yes = condition.is(lang::Builtin::True);
  if (!yes && !condition.is(lang::Builtin::False)) context_.crash("if needs True or False, not " + brief(condition));
  replace_call(fiber, n, Value(fiber.top[yes ? -2 : -1]));
  return Applied::Value;
}

// The arguments go; the value comes in their place, now or when the fiber is woken.
Vm::Applied Vm::perform_host(Fiber& fiber, lang::Builtin builtin, std::size_t n) {
  Value value = host_.perform(builtin, fiber.top - n);
  for (std::size_t i = 0; i < n; ++i) (void)fiber.pop();
  if (value.is_unset()) return Applied::Waiting;
  fiber.push(std::move(value));
  return Applied::Value;
}

void Vm::not_a_function(Fiber& fiber, std::size_t n) {
  context_.crash(brief(callee_of(fiber, n)) + " is not a function, and was applied to " + brief(*(fiber.top - n)));
}

void Vm::arithmetic_failed(lang::Builtin builtin, Value* arguments) {
  context_.wrong(builtin, "a number", arguments[0].is_number() ? arguments[1] : arguments[0]);
}

// The cells of immortal groups stay empty: nodes do not write to the library's memory. Where two fibers were at it, the first one's value stays.
void Vm::keep_lazy(Fiber& fiber, std::uint32_t cell) {
  const Frame& frame = fiber.frames.back();
  Function* group = (fiber.bottom() + frame.base)[-1].as_function();
  Value& kept = group->slots()[frame.code->outside.size() + cell];
  if (group->count != kImmortal && kept.is_unset()) fill_cell(context_, *group, kept, fiber.top[-1]);
}

}  // namespace roost::runtime
