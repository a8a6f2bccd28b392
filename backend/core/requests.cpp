// SPDX-License-Identifier: MIT
// Requests: they come in, wait while their computation goes from node to node, and are answered exactly once. A request
// is open while it is in requests_; answering removes it, and whatever a worker says about it later is dropped.

#include "backend/core/mutation.h"
#include "backend/core/rules.h"

namespace roost::core {

namespace {

constexpr std::uint32_t kRetryAfterS = 1;

std::string in_ms(Duration duration) { return std::to_string(duration / std::chrono::milliseconds(1)) + " ms"; }

Duration& time_spent(Timings& timings, Phase phase) {
  switch (phase) {
    case Phase::Queued: return timings.queue;
    case Phase::Waking: return timings.wake;
    case Phase::Running: return timings.eval;
    case Phase::Held: return timings.commit;
  }
  check_failed("a phase that is none", __FILE__, __LINE__);
}

const char* words_for(Phase phase) {
  switch (phase) {
    case Phase::Queued: return "queued for";
    case Phase::Waking: return "waiting for a process of";
    case Phase::Running: return "running on";
    case Phase::Held: return "waiting for a commit of what it wrote on";
  }
  check_failed("a phase that is none", __FILE__, __LINE__);
}

}  // namespace

Problem Container::Rules::problem(ProblemKind kind, std::string detail, const Node* node) const {
  Problem problem;
  problem.kind = kind;
  problem.detail = std::move(detail);
  if (node) problem.node = node->record.key;
  if (traits_of(kind).retryable) problem.retry_after_s = kRetryAfterS;
  return problem;
}

Problem Container::Rules::limit_problem(ProblemKind kind, std::string detail, const Node* node, std::uint64_t value,
                                        std::uint64_t limit, const char* setting) const {
  Problem result = problem(kind, std::move(detail), node);
  result.value = std::to_string(value);
  result.limit = std::to_string(limit);
  result.setting = setting;
  result.detail += " (" + result.value + " of " + result.limit + ", " + setting + ")";
  return result;
}

Request* Container::Rules::open_request(std::uint64_t id) {
  if (id == 0) return nullptr;
  const auto found = requests_.find(id);
  return found == requests_.end() ? nullptr : &found->second;
}

// Where the request is now; the time since the last change counts for the phase that ends.
void Container::Rules::enter_phase(std::uint64_t id, Phase phase, NodeIndex node) {
  Request* request = open_request(id);
  if (!request) return;
  time_spent(request->timings, request->phase) += now_ - request->phase_since;
  request->phase = phase;
  request->phase_since = now_;
  request->node = node;
}

// What the container is to blame for is in its log under the request. That it is full is nothing new after the first time.
void Container::Rules::log_problem(RequestId id, const Problem& problem) const {
  const ProblemTraits& traits = traits_of(problem.kind);
  if (traits.fault != Fault::Container) return;
  const bool failed = problem.kind == ProblemKind::WorkerDied || problem.kind == ProblemKind::WorkerUnresponsive ||
                      problem.kind == ProblemKind::StorageFailed || problem.kind == ProblemKind::Internal;
  LogEvent line{failed ? LogLevel::Info : LogLevel::Debug, "request-failed", problem.node, static_cast<std::uint64_t>(id), {}};
  line.message = std::string(traits.name) + ": " + problem.detail;
  doors_.log.log(line);
}

void Container::Rules::refuse(RequestId id, Problem problem) {
  log_problem(id, problem);
  doors_.replies.answer(id, {std::move(problem), {}});
}

void Container::Rules::answer(std::uint64_t id, Content content) {
  Request* request = open_request(id);
  if (!request) return;   // nobody waits, or it met its time limit
  enter_phase(id, request->phase, request->node);
  if (request->asker) {
    const auto ended = requests_.extract(id);
    --attempts_open_;
    return tell_asker(ended.mapped(), std::move(content));
  }
  if (auto* refused = std::get_if<Problem>(&content)) {
    log_problem(RequestId{id}, *refused);
    refused->debug = std::move(request->debug);
  }
  if (auto* value = std::get_if<Value>(&content)) {
    value->format = request->format;
    value->debug = std::move(request->debug);
  }
  Answer answer{std::move(content), request->timings};
  requests_.erase(id);
  doors_.replies.answer(RequestId{id}, std::move(answer));
}

void Container::Rules::evaluate(EvalRequest asked) {
  Node* node = nullptr;
  if (auto refusal = address(asked.node, asked.sender, node)) return refuse(asked.id, std::move(*refusal));
  if (draining_) return refuse(asked.id, problem(ProblemKind::Draining, "The container is shutting down and takes no new work.", node));
  if (requests_.size() - attempts_open_ >= settings_.requests_max)
    return refuse(asked.id, limit_problem(ProblemKind::ContainerFull, "Too many requests wait in the container for their answers.", node,
                                          requests_.size() - attempts_open_, settings_.requests_max, "requests_max"));
  const auto id = static_cast<std::uint64_t>(asked.id);
  CHECK(id != 0);
  const auto [place, fresh] = requests_.try_emplace(id);
  CHECK(fresh);
  Request& request = place->second;
  request.id = asked.id;
  request.node = node->index;
  request.wants_debug = asked.wants_debug;
  request.format = asked.format;
  request.received = request.phase_since = asked.received;
  request.deadline = asked.received + std::min(asked.wait.value_or(settings_.request_timeout), settings_.request_timeout);
  expect_by(request);
  if (auto refusal = accept(*node, {{id, id, asked.format}, {}, true, asked.wants_debug, std::move(asked.program)}))
    answer(id, std::move(*refusal));
}

// Almost all requests have the common time limit, and come in the order of their deadlines: those are a list.
void Container::Rules::expect_by(Request& request) {
  const Request* last = requests_by_deadline_.back();
  const bool common = request.deadline == request.received + settings_.request_timeout;
  if (common && (!last || last->deadline <= request.deadline)) requests_by_deadline_.push_back(request.by_deadline);
  else own_deadlines_.push({request.deadline, static_cast<std::uint64_t>(request.id)});
}

void Container::Rules::request_timed_out(Request& request) {
  const Node& node = nodes_[request.node];
  const Duration limit = request.deadline - request.received;
  std::string detail = "No answer within " + in_ms(limit) + ": " + words_for(request.phase) + " node " + name(node) + " for " +
                       in_ms(now_ - request.phase_since) + ". The computation may go on; its answer will be dropped.";
  Problem late = problem(ProblemKind::TimeLimit, std::move(detail), &node);
  late.limit = in_ms(limit);
  late.value = in_ms(now_ - request.received);
  late.setting = limit < settings_.request_timeout ? "Prefer: wait" : "request_timeout_ms";
  const std::uint64_t id = static_cast<std::uint64_t>(request.id);
  if (mutated(Mutation::AnswerLate)) {
    request.by_deadline.leave();
    return doors_.replies.answer(request.id, {std::move(late), {}});
  }
  answer(id, std::move(late));
}

// Every line is logged; lines of a request that asked for them come back with its answer, as long as there is room.
// Only a process that was given the request, or what came of it, may add to them.
void Container::Rules::keep_debug_line(Worker& worker, const wire::Log& line) {
  Request* request = open_request(line.trace);
  if (!request || !request->wants_debug || request->debug_full || !worker.traces.contains(line.trace)) return;
  request->debug_bytes += line.line.size();
  request->debug_full = request->debug.size() >= kDebugLinesMax || request->debug_bytes > kDebugBytesMax;
  request->debug.push_back(request->debug_full ? "(more debug lines were left out; they are in the container's log)" : line.line);
}

}  // namespace roost::core
