// SPDX-License-Identifier: MIT
#pragma once

// Values as JSON, for answers in that format. The value alone decides: tuples are arrays, other pairs are objects with
// `first` and `second`; `Optional.None` is null and `Optional.Some x` is x, unless x is itself an Optional: that inner one is `[]` or
// `[x]`; Either is an object with `left` or `right`; nodes are URLs, hashes their base64 text. Functions, Remote values, orders,
// channels, indexes, the blank, NaN and infinities have no JSON: the failure says which, and where.
// Thread: any that may read the value.

#include <string>

#include "worker/runtime/value.h"
#include "worker/wire/frames.h"
#include "worker/wire/result.h"

namespace roost::runtime {

inline constexpr std::size_t kJsonBytesMax = wire::kFrameBytesMax - (64u << 10);
// Arrays and objects inside each other. Parsers of the world give up at about this depth.
inline constexpr std::size_t kJsonDepthMax = 500;

// The failure is NotRepresentable; its reason gives the place as a path from the value: "at [2].second: …".
[[nodiscard]] Result<std::string, wire::Failure> to_json(const Value& value, std::size_t bytes_max = kJsonBytesMax);

}  // namespace roost::runtime
