// SPDX-License-Identifier: MIT
#pragma once

// Knots. A group keeps the values of its lazy members in cells, and such a value may hold members of the same group
// (`let rec table = [f]; f n = … table …`), so that objects lead back to themselves. Counts of each of them by itself would never come
// to zero. So the objects on all such ways are *tied* into one knot, which has one count, of the Values that point into it from outside;
// those inside are not counted. The last one from outside that lets go frees the knot, all at once. A knot is always everything
// that leads to one another and nothing else, so what is in no knot forms no cycles, and counts stay exact.
//
// Only filling a cell can close a way round: all other objects are complete when they are made. Which knot an object is in, its count says (value.h).
// Nothing here recurses. Thread: a knot belongs to one, as its objects do.

#include <vector>

#include "worker/runtime/builtin.h"
#include "worker/runtime/value.h"

namespace roost::runtime {

// Puts the value of a lazy member into its cell, and ties what leads to one another then. Charges its work, which grows with
// all that the value holds. Throws Crash; then nothing has changed. Requires: the cell is unset; the group is not immortal.
void fill_cell(BuiltinContext& context, Function& group, Value& cell, const Value& value);

// Lets go of one Value from outside. True if it was the last: then the objects are to be taken with untie_dead.
[[nodiscard]] bool let_go_of_knot(const Object& object) noexcept;
// The objects of a knot that nobody points to; none of them points to another one any more. Empty: there is no such knot.
[[nodiscard]] std::vector<Object*> untie_dead() noexcept;
// The objects of an object's knot, which is no more. Their counts are to be set.
[[nodiscard]] std::vector<Object*> untie(const Object& object);

}  // namespace roost::runtime
