// SPDX-License-Identifier: MIT
#include "worker/runtime/vm.h"

#include "worker/runtime/code_ops.h"
#include "worker/runtime/machine_builtin.h"
#include "worker/runtime/object.h"

namespace roost::runtime {
namespace {

Function* environment_of(const Value& callee) {
  if (!callee.is_object()) return nullptr;
  switch (callee.object()->kind) {
    case Kind::Closure:
    case Kind::Group: return callee.as_function();
    case Kind::Member: return callee.as_member()->group.as_function();
    default: return nullptr;
  }
}

// The registers of the running frame. They are written back before anything that can push a frame, move the stack or throw.
struct Registers {
  const std::uint32_t* next;
  Value* top;
  Value* base;
  Function* environment;
  const Code* code;

  void load(Fiber& fiber) {
    const Frame& frame = fiber.frames.back();
    code = frame.code;
    next = frame.next;
    top = fiber.top;
    base = fiber.bottom() + frame.base;
    environment = environment_of(base[-1]);
  }
  void save(Fiber& fiber) const {
    fiber.frames.back().next = next;
    fiber.top = top;
  }
  void push(Value value) { new (top++) Value(std::move(value)); }
  Value pop() {
    --top;
    return std::move(*top);
  }
};

// The values above `from` go down to it; what was between is let go of.
void slide(Value*& top, Value* from, std::size_t values) {
  Value* source = top - values;
  for (Value* gone = from; gone < source; ++gone) gone->~Value();
  std::memmove(static_cast<void*>(from), static_cast<void*>(source), values * sizeof(Value));
  top = from + values;
}

// Of an instruction that asks for the value of a lazy member: which one it is, and its group.
std::uint32_t lazy_member(Registers& r, std::uint32_t word) {
  switch (op_of(word)) {
    case Op::CaptureLazy: return r.environment->slots()[operand_of(word)].object()->tag;
    case Op::LazySibling: return operand_of(word);
    default: return *r.next++;
  }
}
Value lazy_group(Registers& r, std::uint32_t word) {
  switch (op_of(word)) {
    case Op::CaptureLazy: return r.environment->slots()[operand_of(word)].as_member()->group;
    case Op::LazySibling: return Value::share(r.environment);
    case Op::LazyTake: return std::move(r.base[operand_of(word)]);
    default: return r.base[operand_of(word)];
  }
}

// Ends the frame with the value on top as its result.
void leave(Fiber& fiber, Registers& r) {
  slide(r.top, r.base - 1, 1);
  fiber.frames.pop_back();
  fiber.top = r.top;
}

}  // namespace

void Vm::start(Fiber& fiber, const Code& program) {
  fiber.push(Value());
  fiber.reserve(program.locals + program.temporaries);
  fiber.push_frame(&program, program.words.data(), 1);
  for (std::uint32_t i = 0; i < program.locals; ++i) new (fiber.top++) Value();
}

void Vm::start(Fiber& fiber, Value function, Value argument) {
  fiber.reserve(4);
  fiber.push(std::move(function));
  fiber.push(std::move(argument));
  (void)apply(fiber, 1);
}

void Vm::leave_for_tail_call(Fiber& fiber, std::size_t values) {
  Value* base = fiber.bottom() + fiber.frames.back().base;
  slide(fiber.top, base - 1, values);
  fiber.frames.pop_back();
}

#define ROOST_ARITHMETIC(op, builtin_name, result)                                       \
  case Op::op: {                                                                         \
    Value& left = r.top[-2];                                                             \
    Value& right = r.top[-1];                                                            \
    if (!left.is_number() || !right.is_number()) [[unlikely]] {                          \
      r.save(fiber);                                                                     \
      arithmetic_failed(lang::Builtin::builtin_name, r.top - 2);                         \
    }                                                                                    \
    const double a = left.as_number(), b = right.as_number();                            \
    --r.top;                                                                             \
    new (r.top - 1) Value(result);                                                       \
    break;                                                                               \
  }

// The dispatch loop: longer than functions should be, because every instruction is here, and short in each of them.
Vm::Outcome Vm::run(Fiber& fiber, std::int64_t& fuel) {
  const std::uint64_t work_at_start = context_.work();
  const auto ended = [&] { return fiber.top == fiber.bottom() + 1 ? Outcome::Finished : Outcome::Waiting; };
  if (fiber.frames.empty()) return ended();
  Registers r;
  r.load(fiber);
  for (;;) {
    const std::uint32_t word = *r.next++;
    const std::uint32_t operand = operand_of(word);
    switch (op_of(word)) {
      case Op::Local: r.push(r.base[operand]); break;
      case Op::Take: r.push(std::move(r.base[operand])); break;
      case Op::Capture: r.push(r.environment->slots()[operand]); break;
      case Op::Constant: r.push(r.code->constants[operand]); break;
      case Op::Integer: r.push(Value::number(operand)); break;
      case Op::Immediate: r.push(Value::builtin(static_cast<lang::Builtin>(operand))); break;
      case Op::Environment: r.push(Value::share(r.environment)); break;
      case Op::Store: r.base[operand] = r.pop(); break;
      case Op::Drop: (void)r.pop(); break;
      case Op::Closure: {
        r.save(fiber);
        const Code& code = *r.code->functions[operand];
        const std::size_t captures = code.outside.size();
        Value closure = make_closure(code, {r.top - captures, captures});
        for (std::size_t i = 0; i < captures; ++i) (void)r.pop();
        r.push(std::move(closure));
        break;
      }
      case Op::Group: {
        r.save(fiber);
        const Code& code = *r.code->functions[operand];
        const std::size_t captures = code.outside.size();
        Value group = make_group(code, {r.top - captures, captures});
        for (std::size_t i = 0; i < captures; ++i) (void)r.pop();
        r.push(std::move(group));
        break;
      }
      case Op::MemberOf:
      case Op::MemberTake: {
        r.save(fiber);
        Value& group = r.base[operand];
        const std::uint32_t member = *r.next++;
        r.push(make_member(op_of(word) == Op::MemberTake ? std::move(group) : group, static_cast<std::uint16_t>(member)));
        break;
      }
      case Op::Sibling:
        r.save(fiber);
        r.push(make_member(Value::share(r.environment), static_cast<std::uint16_t>(operand)));
        break;
      case Op::CaptureLazy:
        if (const Value& captured = r.environment->slots()[operand]; !is_lazy_member(captured)) {
          r.push(captured);
          break;
        }
        [[fallthrough]];
      case Op::LazyOf:
      case Op::LazyTake:
      case Op::LazySibling: {
        const std::uint32_t member = lazy_member(r, word);
        Value group = lazy_group(r, word);
        const Code& code = *group.as_function()->code->functions[member];
        const Value& kept = group.as_function()->slots()[code.outside.size() + code.lazy];
        if (!kept.is_unset()) {
          r.push(kept);
          break;
        }
        r.push(std::move(group));
        r.save(fiber);
        --fuel;
        (void)enter(fiber, code, 0);
        r.load(fiber);
        break;
      }
      case Op::CallMember:
      case Op::TailCallMember: {
        if (--fuel < 0) {
          --r.next;
          r.save(fiber);
          return Outcome::OutOfFuel;
        }
        const std::uint32_t member = *r.next++;
        r.save(fiber);
        if (op_of(word) == Op::TailCallMember) leave_for_tail_call(fiber, operand + 1);
        const Code& code = *fiber.top[-static_cast<std::ptrdiff_t>(operand) - 1].as_function()->code->functions[member];
        (void)enter(fiber, code, operand);
        r.load(fiber);
        break;
      }
      case Op::Call:
      case Op::TailCall: {
        if (--fuel < 0) {
          --r.next;
          r.save(fiber);
          return Outcome::OutOfFuel;
        }
        r.save(fiber);
        if (op_of(word) == Op::TailCall) leave_for_tail_call(fiber, operand + 1);
        const Applied applied = apply(fiber, operand);
        if (context_.work() - work_at_start > kWorkPerSlice) fuel = 0;
        if (fiber.frames.empty()) return ended();
        if (applied == Applied::Waiting) return Outcome::Waiting;
        r.load(fiber);
        break;
      }
      case Op::Builtin: {
        r.save(fiber);
        const auto builtin = static_cast<lang::Builtin>(operand);
        const int arity = lang::arity_of(builtin);
        Value value = direct_builtin(builtin)(context_, r.top - arity);
        for (int i = 0; i < arity; ++i) (void)r.pop();
        r.push(std::move(value));
        if (context_.work() - work_at_start > kWorkPerSlice) {
          r.save(fiber);
          fuel = 0;
          return Outcome::OutOfFuel;
        }
        break;
      }
      case Op::Host: {
        r.save(fiber);
        const auto builtin = static_cast<lang::Builtin>(operand);
        if (perform_host(fiber, builtin, static_cast<std::size_t>(lang::arity_of(builtin))) == Applied::Waiting)
          return Outcome::Waiting;
        if (context_.work() - work_at_start > kWorkPerSlice) {
          fuel = 0;
          return Outcome::OutOfFuel;
        }
        r.load(fiber);
        break;
      }
      ROOST_ARITHMETIC(Add, NumberAdd, Value::number(a + b))
      ROOST_ARITHMETIC(Subtract, NumberSubtract, Value::number(a - b))
      ROOST_ARITHMETIC(Multiply, NumberMultiply, Value::number(a * b))
      ROOST_ARITHMETIC(Divide, NumberDivide, Value::number(a / b))
      ROOST_ARITHMETIC(Less, NumberLess, Value::boolean(a < b))
      ROOST_ARITHMETIC(LessEqual, NumberLessEqual, Value::boolean(a <= b))
      ROOST_ARITHMETIC(Greater, NumberGreater, Value::boolean(a > b))
      ROOST_ARITHMETIC(GreaterEqual, NumberGreaterEqual, Value::boolean(a >= b))
      ROOST_ARITHMETIC(Equal, NumberEqual, Value::boolean(a == b))
      case Op::Data: {
        const std::uint32_t constructor = *r.next++;
        r.save(fiber);
        Value data = make_data(static_cast<lang::Builtin>(constructor), {r.top - operand, operand});
        for (std::uint32_t i = 0; i < operand; ++i) (void)r.pop();
        r.push(std::move(data));
        break;
      }
      case Op::NewVector:
        r.save(fiber);
        r.push(make_vector(operand));
        break;
      case Op::PushItem: {
        r.save(fiber);
        Value longer = vector_appended(std::move(r.top[-2]), std::move(r.top[-1]));
        (void)r.pop();
        r.top[-1] = std::move(longer);
        break;
      }
      case Op::Jump: r.next = r.code->words.data() + operand; break;
      case Op::JumpIfFalse: {
        const Value& condition = r.top[-1];
        if (condition.is(lang::Builtin::False)) {
          r.next = r.code->words.data() + operand;
        } else if (!condition.is(lang::Builtin::True)) {
          r.save(fiber);
          context_.crash("if needs True or False, not " + brief(condition));
        }
        --r.top;   // an immediate: nothing to let go of
        break;
      }
      case Op::ReturnLazy:
        r.save(fiber);
        keep_lazy(fiber, operand);
        if (context_.work() - work_at_start > kWorkPerSlice) {   // comes back here, and finds the cell filled
          --r.next;
          r.save(fiber);
          fuel = 0;
          return Outcome::OutOfFuel;
        }
        [[fallthrough]];
      case Op::Return:
        leave(fiber, r);
        if (fiber.frames.empty()) return ended();
        r.load(fiber);
        break;
      case Op::MapNext:
      case Op::FoldNext: {
        r.save(fiber);
        const bool more = op_of(word) == Op::MapNext ? map_next(fiber) : fold_next(fiber);
        r.top = fiber.top;
        if (more) break;
        leave(fiber, r);
        if (fiber.frames.empty()) return ended();
        r.load(fiber);
        break;
      }
      case Op::MapStore: {   // local 2 has room for it
        vector_push(r.base[2], std::move(r.top[-1]));
        --r.top;
        r.next = r.code->words.data() + operand;
        break;
      }
      case Op::FoldStore:
        r.base[1] = r.pop();
        r.next = r.code->words.data() + operand;
        break;
      case Op::OptionalFold:
      case Op::EitherFold:
      case Op::PairFold: {   // leaves a call to make, or a value to return
        r.save(fiber);
        const bool calls = fold_data(fiber, op_of(word));
        r.top = fiber.top;
        if (calls) break;
        leave(fiber, r);
        if (fiber.frames.empty()) return ended();
        r.load(fiber);
        break;
      }
      case Op::ApplyRest: {   // the value on top is called with all that lies below it in the frame
        const auto rest = static_cast<std::size_t>(r.top - r.base) - 1;
        r.base[-1] = r.pop();
        r.save(fiber);
        fiber.frames.pop_back();
        const Applied applied = apply(fiber, rest);
        if (fiber.frames.empty()) return ended();
        if (applied == Applied::Waiting) return Outcome::Waiting;
        r.load(fiber);
        break;
      }
    }
  }
}

}  // namespace roost::runtime
