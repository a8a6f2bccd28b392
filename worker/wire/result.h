// SPDX-License-Identifier: MIT
#pragma once

// Result<T, E>: a value or a refusal, for outcomes that are expected (bad input, a spent budget). Broken
// surroundings (a lost database, a closed pipe) are exceptions instead, and bugs are CHECKs.

#include <utility>
#include <variant>

#include "worker/wire/check.h"

namespace roost {

template <typename E>
struct Refused {
  E error;
};
template <typename E>
Refused(E) -> Refused<E>;

template <typename T, typename E>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit on purpose
  Result(Refused<E> refused) : state_(std::in_place_index<1>, std::move(refused.error)) {}  // NOLINT

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // Requires: ok().
  [[nodiscard]] T& value() & { CHECK(ok()); return *std::get_if<0>(&state_); }
  [[nodiscard]] const T& value() const& { CHECK(ok()); return *std::get_if<0>(&state_); }
  [[nodiscard]] T&& value() && { CHECK(ok()); return std::move(*std::get_if<0>(&state_)); }
  // Requires: !ok().
  [[nodiscard]] const E& error() const& { CHECK(!ok()); return *std::get_if<1>(&state_); }
  [[nodiscard]] E&& error() && { CHECK(!ok()); return std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, E> state_;
};

}  // namespace roost
