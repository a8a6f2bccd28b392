// SPDX-License-Identifier: MIT
#pragma once

// Hash values: the constructor Hash applied to the base64url text of a byte string (value_hash.h). They are ordered by those bytes,
// which is not the order of the texts: `-` and `_` stand for the last two digits but come before and between the letters.
// Thread: pure functions.

#include <string_view>

#include "worker/runtime/builtin.h"
#include "worker/runtime/value.h"

namespace roost::runtime {

// The text inside a hash value; null if the value is none.
[[nodiscard]] const Text* hash_text_of(const Value& value);
// Negative, zero or positive, as the bytes compare that the texts stand for. Bytes that came from elsewhere may make them of any length.
[[nodiscard]] int compare_hash_texts(BuiltinContext& context, std::string_view left, std::string_view right);

}  // namespace roost::runtime
