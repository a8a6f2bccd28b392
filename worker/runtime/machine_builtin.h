// SPDX-License-Identifier: MIT
#pragma once

// The builtins that are not in the first-order table. Those of Remote and durations only build values. Those of Debug, Index and Http reach
// the node: *host builtins*, which the machine performs and which may suspend the fiber. Those that call functions are
// pieces of code of their own (vm_builtins.cpp).
// Thread: one per Heap.

#include "worker/runtime/builtin.h"
#include "worker/runtime/value.h"

namespace roost::runtime {

class Code;

// Makes what is made once (tables, pieces of code): in the zygote, so that all forks share it.
void prepare_builtins();

[[nodiscard]] bool is_host_builtin(lang::Builtin builtin);
// Any builtin that is performed by one call: first_order(), or one that builds a Remote value. Null: none of these.
[[nodiscard]] FirstOrder direct_builtin(lang::Builtin builtin);
// What a builtin of arity 0 is. Requires: arity 0.
[[nodiscard]] Value constant_builtin(lang::Builtin builtin);
// The code of a builtin that calls functions; null if it is not one.
[[nodiscard]] const Code* code_of_builtin(lang::Builtin builtin);
// The code that applies a value to the arguments of its frame.
[[nodiscard]] const Code& apply_rest_code();

// The functions that Remote.map and Remote.bind put into what they build (8.1): x -> Remote.pure (f x), and
// x -> Remote.bind g (f x), as closures over f, or g and f.
[[nodiscard]] Value mapped_continuation(Value function);
[[nodiscard]] Value bound_continuation(Value after, Value function);
// The f of such a closure; null if it is none.
[[nodiscard]] const Value* first_called(const Value& continuation);
// The same continuation, with what comes first on the outside: of x -> bind g (bind f (k x)), which a chain of binds that nests to the left
// makes, x -> bind (y -> bind g (f y)) (k x). Else each step of n would go through all that follow it. Charges each turn.
[[nodiscard]] Value first_on_the_outside(BuiltinContext& context, Value continuation);

}  // namespace roost::runtime
