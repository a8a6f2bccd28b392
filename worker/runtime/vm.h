// SPDX-License-Identifier: MIT
#pragma once

// The evaluator: runs one fiber's code for a while. An evaluation starts with a function and its arguments on an empty
// stack and ends with one value. It can stop in between, when its fuel is used up or when it asked the node for something,
// and go on later. What a program cannot do is a Crash.
// Thread: one per Heap.

#include <cstdint>
#include <string>

#include "worker/runtime/builtin.h"
#include "worker/runtime/fiber.h"

namespace roost::runtime {

// What evaluation needs of the node: the builtins with effects.
class Host {
 public:
  virtual ~Host() = default;
  // Performs a host builtin. Unset: the fiber has to wait; whoever wakes it pushes the value. Throws Crash.
  [[nodiscard]] virtual Value perform(lang::Builtin builtin, Value* arguments) = 0;
};

enum class Op : std::uint8_t;

class Vm {
 public:
  Vm(Host& host, BuiltinContext& context) : host_(host), context_(context) {}

  static constexpr std::uint64_t kWorkPerSlice = 1'000'000;

  enum class Outcome { Finished, OutOfFuel, Waiting };

  // Puts a call on an empty fiber. Without arguments: of a whole program's code.
  static void start(Fiber& fiber, const Code& program);
  void start(Fiber& fiber, Value function, Value argument);

  // Runs until the value is there (take it with fiber.pop()), or the fuel is used up, or the fiber waits. A unit of fuel is a call; what
  // builtins charge (about a nanosecond a unit) uses up all of it once it is more than kWorkPerSlice.
  // Throws Crash; the fiber then still has its frames, for the message, and is to be cleared.
  [[nodiscard]] Outcome run(Fiber& fiber, std::int64_t& fuel);

 private:
  enum class Applied { Entered, Value, Waiting };

  // Calls the function below n arguments on the stack: either a frame is pushed, or the value is there.
  Applied apply(Fiber& fiber, std::size_t n);
  Applied apply_builtin(Fiber& fiber, std::size_t n);
  Applied apply_if(Fiber& fiber, std::size_t n);
  Applied enter(Fiber& fiber, const Code& code, std::size_t n);
  Applied with_rest(Fiber& fiber, std::size_t n, std::size_t arity);
  Applied perform_host(Fiber& fiber, lang::Builtin builtin, std::size_t n);
  void spread_partial(Fiber& fiber, std::size_t& n);
  [[noreturn]] void not_a_function(Fiber& fiber, std::size_t n);
  void leave_for_tail_call(Fiber& fiber, std::size_t values);
  void keep_lazy(Fiber& fiber, std::uint32_t cell);
  [[noreturn]] void arithmetic_failed(lang::Builtin builtin, Value* arguments);
  bool map_next(Fiber& fiber);
  bool fold_next(Fiber& fiber);
  bool fold_data(Fiber& fiber, Op op);

  Host& host_;
  BuiltinContext& context_;
};

}  // namespace roost::runtime
