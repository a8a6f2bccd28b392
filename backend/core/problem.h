// SPDX-License-Identifier: MIT
#pragma once

// Everything that can be answered instead of a value. One enumeration, one table: each kind has one name (the end of
// its RFC 9457 `type`), one HTTP status, one title, and says whether the same request may be sent again as it is, and
// whose fault it was. The names are stable: clients compare them.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "worker/wire/fingerprint.h"
#include "worker/wire/frames.h"

namespace roost::core {

enum class ProblemKind : std::uint8_t {
  // the caller's
  BadRequest, MalformedFingerprint, UnknownNode, DestroyedNode, AccessDenied, NotFound, MethodNotAllowed,
  NotAcceptable, UnsupportedMediaType, BodyTooLarge, SyntaxError, UnboundNames, NotRepresentable, Conflict,
  // the program's
  ProgramFailed, TypeError, ComputeLimit, MemoryLimit, CapabilityDenied, BudgetExhausted, Unreachable,
  // the container's
  TimeLimit, MailboxFull, ContainerFull, WorkerDied, WorkerUnresponsive, StorageFailed, Draining, Unavailable,
  Internal,
};
inline constexpr std::size_t kProblemKinds = static_cast<std::size_t>(ProblemKind::Internal) + 1;

enum class Fault : std::uint8_t { Caller, Program, Container };

struct ProblemTraits {
  const char* name;    // "worker-died"
  int status;          // HTTP
  const char* title;   // one short sentence
  bool retryable;      // the same request may succeed later, and sending it again is safe to try
  Fault fault;
};
[[nodiscard]] const ProblemTraits& traits_of(ProblemKind kind);

struct Problem {
  ProblemKind kind = ProblemKind::Internal;
  std::string detail;                 // what was attempted, on what, the value and the limit, and what to do
  std::optional<PublicKey> node;      // where it happened
  std::string definition;             // the definition it happened in
  std::uint64_t line = 0, column = 0; // a place in the program; 0: none
  std::vector<std::string> chain;     // what called the definition, and so on
  std::vector<std::string> debug;     // lines of the request, if it asked for them
  std::string source;                 // the line of the program with a caret below the place; empty: there is none
  std::vector<std::string> names;     // unbound names, or what was expected at the place
  std::string limit, value, setting;  // the limit that was met, by how much, and the setting that changes it
  std::uint32_t retry_after_s = 0;    // 0: none
};

[[nodiscard]] Problem problem_from(const wire::Failure& failure, const PublicKey& node);

}  // namespace roost::core
