// SPDX-License-Identifier: MIT
#pragma once

// From FastCGI parameters to a request the container understands, or to the problem that says what is wrong with it. All
// text from outside becomes a type here. docs/http.md is the contract. Thread: pure functions.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "backend/core/types.h"

namespace roost::front {

enum class Door : std::uint8_t { Public, Operator };   // the socket that a request came by

// The parameters that nginx passes, as they came; absent ones are empty.
struct Parameters {
  std::string_view method, uri, content_type, content_length, accept, prefer, request_id;
};

struct EvalTarget { PublicKey node; wire::Format format; bool wants_debug; std::optional<core::Duration> wait; };
struct DescribeTarget { PublicKey node; };
struct HealthTarget {};
struct ReadyTarget {};
struct ListTarget { std::string query; };
struct CreateTarget {};
struct DestroyTarget { PublicKey node; };
struct SleepTarget { PublicKey node; };
struct DrainTarget {};
using Target = std::variant<EvalTarget, DescribeTarget, HealthTarget, ReadyTarget, ListTarget, CreateTarget, DestroyTarget,
                            SleepTarget, DrainTarget>;

struct Refusal {
  core::Problem problem;
  std::string allow;   // for MethodNotAllowed: the Allow header
};

[[nodiscard]] std::variant<Target, Refusal> route(Door door, const Parameters& parameters);

// The body's length as announced, if it is a number no larger than `most`.
[[nodiscard]] std::variant<std::uint64_t, Refusal> body_length(const Parameters& parameters, std::uint64_t most);

// A place in a text: 1-based, columns count characters.
struct TextPlace {
  std::uint64_t line = 1, column = 1;
};
// Where `bytes` stops being UTF-8 (no surrogates, no overlong forms); nullopt: it is UTF-8 throughout.
[[nodiscard]] std::optional<TextPlace> not_utf8_at(std::string_view bytes);

// All of the above for a request that was read to its end. `body`: nullopt if it had more than `body_bytes_max` bytes.
[[nodiscard]] std::variant<Target, Refusal> understand(Door door, const Parameters& parameters, const std::optional<std::string>& body,
                                                       std::uint64_t body_bytes_max);

}  // namespace roost::front
