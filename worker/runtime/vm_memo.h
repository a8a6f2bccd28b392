// SPDX-License-Identifier: MIT
#pragma once

// Memo cells of lazy members. A group keeps the values of its members that are not functions; such a value may hold members of
// the same group (`let rec table = [f]; f n = … table …`), and a group that held itself would never be freed. So what the cell keeps
// has each sibling replaced by a mark: the objects on the way to it are kept as copies, all others as they are. Reading the
// cell copies them once more, with the siblings put back. A value without siblings is kept and given as it is.
//
// Neither recurses; both charge their work. Thread: one per Heap.

#include "worker/runtime/builtin.h"
#include "worker/runtime/value.h"

namespace roost::runtime {

// What to keep for the value. Throws Crash.
[[nodiscard]] Value memo_of(BuiltinContext& context, const Value& value, const Function* group);
// The value of a memo. Throws Crash.
[[nodiscard]] Value value_of_memo(BuiltinContext& context, const Value& memo, const Value& group);
[[nodiscard]] inline bool is_plain_memo(const Value& memo) {
  if (memo.is_object()) return memo.object()->kind != Kind::Vector || memo.object()->flags == 0;
  return memo.bits() < Value::kSpecial || memo.is_blank() || memo.is_if();
}

}  // namespace roost::runtime
