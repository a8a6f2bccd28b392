// SPDX-License-Identifier: MIT
#pragma once

// The instructions. A word is an opcode (low byte) and an operand (24 bits); those marked * have a second word for a second operand.
// "push" and "pop" are on the frame's temporaries; n and i are operands.
//
// Local variables are read by Local; where the compiler sees that it is the last time (code_moves.cpp), by Take, which leaves
// nothing behind: so what nobody else holds can be changed in place.

#include <cstdint>

namespace roost::runtime {

enum class Op : std::uint8_t {
  Local, Take,          // push local i
  Capture,              // push slot i of the environment
  CaptureLazy,          // the same; if it is a lazy member (value.h), push its value
  Constant,             // push constant i
  Integer,              // push the operand, a signed number
  Immediate,            // push builtin i
  Environment,          // push the environment itself: a group, to call a sibling
  Store,                // pop into local i
  Drop,                 // pop and let go
  Closure,              // pop the captures of functions[i], push the closure
  Group,                // pop the captures of group functions[i], push the group
  MemberOf, MemberTake, // * push member (second operand) of the group in local i
  Sibling,              // push member i of the environment
  LazyOf, LazyTake,     // * push the value of lazy member (second operand) of the group in local i
  LazySibling,          // push the value of lazy member i of the environment
  CallMember,           // * operands n, member: pop n arguments and the group below them, call
  TailCallMember,
  Call, TailCall,       // pop n arguments and the function below them, call
  Builtin,              // call first-order builtin i on the arguments on top; push its value
  Host,                 // the same for a builtin of the machine, which may suspend the fiber
  Add, Subtract, Multiply, Divide, Less, LessEqual, Greater, GreaterEqual, Equal,
  Data,                 // * operands n, constructor: pop n arguments, push the data
  NewVector, PushItem,  // push an empty vector with room for n; pop an item into the vector below
  Jump, JumpIfFalse,    // to word i
  Return,
  ReturnLazy,           // keeps the value in memo cell i of the environment, then returns it
  // Pieces of builtins that call functions (vm_builtins.cpp). Their frames are like any other.
  MapNext, MapStore, FoldNext, FoldStore, OptionalFold, EitherFold, PairFold,
  ApplyRest,            // calls the value on top with the frame's locals
};

inline constexpr std::uint32_t kOperandMax = 0xff'ffffu;

[[nodiscard]] constexpr std::uint32_t word_of(Op op, std::uint32_t operand = 0) {
  return static_cast<std::uint32_t>(op) | operand << 8;
}
[[nodiscard]] constexpr Op op_of(std::uint32_t word) { return static_cast<Op>(word & 0xff); }
[[nodiscard]] constexpr std::uint32_t operand_of(std::uint32_t word) { return word >> 8; }
[[nodiscard]] constexpr bool has_second_word(Op op) {
  switch (op) {
    case Op::MemberOf: case Op::MemberTake: case Op::LazyOf: case Op::LazyTake:
    case Op::CallMember: case Op::TailCallMember: case Op::Data: return true;
    default: return false;
  }
}

class Code;
// Turns the last reading of each local on every path into a taking one. Requires: jumps only go forward.
void take_at_last_use(Code& code);

}  // namespace roost::runtime
