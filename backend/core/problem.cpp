// SPDX-License-Identifier: MIT
#include "backend/core/problem.h"

#include <array>

#include "backend/core/types.h"
#include "worker/wire/check.h"

namespace roost::core {
namespace {

constexpr auto kCaller = Fault::Caller;
constexpr auto kProgram = Fault::Program;
constexpr auto kContainer = Fault::Container;

// In the order of ProblemKind. A flat table: one row a kind.
constexpr std::array<ProblemTraits, kProblemKinds> kTraits{{
    {"bad-request", 400, "The request cannot be understood.", false, kCaller},
    {"malformed-fingerprint", 400, "This is not a node's fingerprint.", false, kCaller},
    {"unknown-node", 404, "This container has no such node.", false, kCaller},
    {"destroyed-node", 410, "The node was destroyed.", false, kCaller},
    {"access-denied", 403, "The node does not accept computations from this sender.", false, kCaller},
    {"not-found", 404, "There is nothing at this address.", false, kCaller},
    {"method-not-allowed", 405, "This address does not take this method.", false, kCaller},
    {"not-acceptable", 406, "None of the accepted types can be answered.", false, kCaller},
    {"unsupported-media-type", 415, "A program cannot be sent in this type.", false, kCaller},
    {"body-too-large", 413, "The program is too large.", false, kCaller},
    {"syntax-error", 422, "The program has a syntax error.", false, kCaller},
    {"unbound-names", 422, "The program uses names that are not defined.", false, kCaller},
    {"not-representable", 422, "The value has no form in the type that was asked for.", false, kCaller},
    {"conflict", 409, "The node is not in a state that allows this.", false, kCaller},
    {"program-failed", 422, "The program failed.", false, kProgram},
    {"type-error", 422, "The program has a type error.", false, kCaller},
    {"compute-limit", 422, "The program used up its compute allowance.", false, kProgram},
    {"memory-limit", 422, "The node used up its memory allowance.", false, kProgram},
    {"capability-denied", 403, "The node's sandbox does not allow this.", false, kProgram},
    {"budget-exhausted", 503, "A budget above the node is used up.", true, kProgram},
    {"unreachable", 422, "The computation went to a node that cannot be reached.", false, kProgram},
    {"time-limit", 504, "The computation did not end in time.", false, kContainer},
    {"mailbox-full", 429, "The node's mailbox is full.", true, kContainer},
    {"container-full", 503, "The container is full.", true, kContainer},
    {"worker-died", 503, "The node's process ended before it answered.", true, kContainer},
    {"worker-unresponsive", 503, "The node's process stopped responding.", true, kContainer},
    {"storage-failed", 503, "The node's state could not be stored.", true, kContainer},
    {"draining", 503, "The container is shutting down.", true, kContainer},
    {"unavailable", 503, "A part of the container is not available.", true, kContainer},
    {"internal", 500, "The container failed.", false, kContainer},
}};

ProblemKind kind_from(wire::FailureKind kind) {
  switch (kind) {
    case wire::FailureKind::SyntaxError: return ProblemKind::SyntaxError;
    case wire::FailureKind::UnboundNames: return ProblemKind::UnboundNames;
    case wire::FailureKind::TypeError: return ProblemKind::TypeError;
    case wire::FailureKind::ProgramFailed: return ProblemKind::ProgramFailed;
    case wire::FailureKind::ComputeLimit: return ProblemKind::ComputeLimit;
    case wire::FailureKind::MemoryLimit: return ProblemKind::MemoryLimit;
    case wire::FailureKind::TimeLimit: return ProblemKind::TimeLimit;
    case wire::FailureKind::NotRepresentable: return ProblemKind::NotRepresentable;
    case wire::FailureKind::CapabilityDenied: return ProblemKind::CapabilityDenied;
    case wire::FailureKind::BudgetExhausted: return ProblemKind::BudgetExhausted;
    case wire::FailureKind::Unreachable: return ProblemKind::Unreachable;
    case wire::FailureKind::ContainerFull: return ProblemKind::ContainerFull;
  }
  return ProblemKind::Internal;
}

}  // namespace

const ProblemTraits& traits_of(ProblemKind kind) {
  const auto place = static_cast<std::size_t>(kind);
  CHECK(place < kTraits.size());
  return kTraits[place];
}

Problem problem_from(const wire::Failure& failure, const PublicKey& node) {
  Problem problem;
  problem.kind = kind_from(failure.kind);
  problem.detail = failure.reason;
  problem.node = node;
  problem.definition = failure.definition;
  problem.line = failure.line;
  problem.column = failure.column;
  problem.names = failure.names;
  problem.chain = failure.chain;
  problem.source = failure.source;
  if (failure.kind == wire::FailureKind::ComputeLimit) problem.setting = "compute_timeout_ms";
  if (failure.kind == wire::FailureKind::MemoryLimit) problem.setting = "worker_memory_bytes";
  if (traits_of(problem.kind).retryable) problem.retry_after_s = 1;
  return problem;
}

const char* name_of(NodeState state) {
  switch (state) {
    case NodeState::Asleep: return "asleep";
    case NodeState::Waking: return "waking";
    case NodeState::Idle: return "idle";
    case NodeState::Active: return "active";
    case NodeState::Draining: return "draining";
    case NodeState::Destroyed: return "destroyed";
  }
  return "unknown";
}

const char* name_of(Lifetime lifetime) {
  switch (lifetime) {
    case Lifetime::Root: return "root";
    case Lifetime::Linked: return "linked";
    case Lifetime::Ephemeral: return "ephemeral";
    case Lifetime::Resetting: return "resetting";
    case Lifetime::Leased: return "leased";
  }
  return "unknown";
}

const char* name_of(AccessKind kind) {
  switch (kind) {
    case AccessKind::Anyone: return "anyone";
    case AccessKind::Container: return "container";
    case AccessKind::Only: return "only";
  }
  return "unknown";
}

}  // namespace roost::core
