// SPDX-License-Identifier: MIT
#include "worker/runtime/machine_node.h"

#include <algorithm>
#include <new>

#include "worker/runtime/json.h"
#include "worker/runtime/machine_builtin.h"
#include "worker/runtime/render.h"
#include "worker/wire/check.h"
#include "worker/wire/cut_text.h"
#include "worker/wire/failure_text.h"

namespace roost::runtime {
namespace {

constexpr std::uint64_t kComputationBytes = 700;       // a Computation with its places in the tables
constexpr std::size_t kUrlBytesMax = 8192;
constexpr std::int64_t kFuelPerTimer = 50;
constexpr std::uint64_t kNanosecondsPerCall = 30;      // an estimate

}  // namespace

// ---- computations --------------------------------------------------------------------------------------------

// Nothing fails once it is in the tables.
Machine::Node::Computation& Machine::Node::begin(const wire::Origin& origin, std::shared_ptr<Allowance> allowance, Value remote) {
  heap_.require(kComputationBytes);
  auto computation = std::make_unique<Computation>();
  computation->id = next_id_++;
  computation->origin = origin;
  computation->allowance = std::move(allowance);
  computation->value = std::move(remote);
  Computation& begun = *computation;
  make_ready(begun);
  computations_.emplace(begun.id, std::move(computation));
  heap_.note(kComputationBytes);
  return begun;
}

Machine::Node::Computation* Machine::Node::find(ComputationId id) {
  const auto at = computations_.find(id);
  return at == computations_.end() ? nullptr : at->second.get();
}

void Machine::Node::make_ready(Computation& computation) { ready_.push_back(computation.id); }

void Machine::Node::end(Computation& computation) {
  clear_timer(computation);
  if (!computation.listens.empty()) channels_->stop_waiting(computation.listens, computation.place);
  computations_.erase(computation.id);
  heap_.remove(kComputationBytes);
}

// Until the fuel is used up, or the computation waits, or is gone.
void Machine::Node::go_on(Computation& computation) {
  const ComputationId id = computation.id;
  using Phase = Computation::Phase;
  for (;;) {
    switch (computation.phase) {
      case Phase::Evaluate: {
        const Vm::Outcome outcome = vm_.run(computation.fiber, fuel_);
        count_work();
        if (outcome == Vm::Outcome::Waiting) return;
        if (outcome == Vm::Outcome::OutOfFuel) return make_ready(computation);
        evaluated(computation);
        break;
      }
      case Phase::Perform: perform_step(computation); break;
      case Phase::Deliver: deliver_result(computation); break;
      case Phase::Waiting: return;
    }
    count_work();
    if (!find(id)) return;
    if (--fuel_ < 0 && computation.phase != Phase::Waiting) return make_ready(computation);
  }
}

void Machine::Node::evaluated(Computation& computation) {
  Value value = computation.fiber.pop();
  computation.fiber.shrink();
  const bool is_program = std::exchange(computation.is_program, false);
  computation.program.reset();
  if (value.is(Kind::Remote)) {
    computation.value = std::move(value);
    computation.phase = Computation::Phase::Perform;
    return;
  }
  if (!is_program) context_.crash("the function after a step gave " + brief(value) + ", which is not a Remote");
  finish(computation, value);
}

void Machine::Node::deliver_result(Computation& computation) {
  Value result = std::move(computation.value);
  if (computation.next.is_unset()) return finish(computation, result);
  computation.phase = Computation::Phase::Evaluate;
  vm_.start(computation.fiber, first_on_the_outside(context_, std::move(computation.next)), std::move(result));
}

void Machine::Node::finish(Computation& computation, const Value& value) {
  const wire::Origin origin = computation.origin;
  if (computation.attempt != 0) {
    attempt_came_to(computation.attempt, make_data(lang::Builtin::EitherRight, value));
  } else if (origin.request != 0 && origin.format == wire::Format::Value) {
    Bytes bytes = encode_value(value, universe_);
    context_.charge(bytes.size() * kWorkPerCodedByte);
    outbox_.send(wire::Return{origin, std::move(bytes)});
  } else if (origin.request != 0) {
    auto written = origin.format == wire::Format::Json ? to_json(value) : render(value);
    if (written.ok()) context_.charge(written.value().size() * kWorkPerCodedByte);
    if (written.ok()) outbox_.send(wire::Answer{origin, std::move(written).value()});
    else outbox_.send(wire::Answer{origin, written.error()});
  }
  end(computation);
}

void Machine::Node::fail(Computation& computation, Crash crash) {
  for (Computation* failing = &computation; failing != nullptr;) failing = give_up(*failing, crash);
}

// Ends the computation, which gives its memory back, and tells whoever waits for it. If a computation of this node does, and there is no
// memory to tell it, that one is given back with the reason: it fails next.
Machine::Node::Computation* Machine::Node::give_up(Computation& computation, Crash& crash) {
  wire::Failure failure{crash.kind, std::move(crash.reason), {}, 0, 0, std::move(crash.names), {}, {}};
  try {
    failure.definition = computation.fiber.definition();
    failure.chain = computation.fiber.chain();
  } catch (const std::bad_alloc&) {   // then it is told without
  }
  const wire::Origin origin = computation.origin;
  const auto attempt = attempts_.find(computation.attempt);
  const ComputationId waiting = attempt == attempts_.end() ? 0 : attempt->second.waiting;
  const std::uint64_t number = computation.attempt;
  computation.fiber.clear();
  end(computation);
  if (waiting == 0) {
    report(origin, std::move(failure));
    return nullptr;
  }
  try {
    const std::string text = wire::failure_text(failure.reason, failure.definition, failure.chain, fingerprint_of(start_.node));
    attempt_came_to(number, make_data(lang::Builtin::EitherLeft, make_text(text)));
    return nullptr;
  } catch (Crash& another) {
    crash = std::move(another);
  } catch (const std::bad_alloc&) {
    crash = {wire::FailureKind::MemoryLimit, no_memory_for("what an attempt came to"), {}};
  }
  attempts_.erase(number);
  return find(waiting);
}

void Machine::Node::attempt_came_to(std::uint64_t attempt, Value either) {
  const auto ended = attempts_.find(attempt);
  if (ended == attempts_.end()) return;
  wake(ended->second.waiting, std::move(either));
  attempts_.erase(ended);
}

// A failure that there is no memory to tell is told without what it was: with more than that, only the process can end.
void Machine::Node::report(const wire::Origin& origin, wire::Failure failure) {
  try {
    if (origin.request != 0) return outbox_.send(wire::Answer{origin, std::move(failure)});
    std::string line = "a computation failed: " + wire::failure_text(failure.reason, failure.definition, failure.chain, {});
    outbox_.send(wire::Log{origin.trace, wire::LogLevel::Error, std::move(line)});
  } catch (const std::bad_alloc&) {
    const std::string reason = no_memory_for("this failure");
    if (origin.request != 0) return outbox_.send(wire::Answer{origin, wire::Failure{wire::FailureKind::MemoryLimit, reason, {}, 0, 0, {}}});
    outbox_.send(wire::Log{origin.trace, wire::LogLevel::Error, reason});
  }
}

// ---- waiting -------------------------------------------------------------------------------------------------

void Machine::Node::wait(Computation& computation, std::string what) {
  computation.phase = Computation::Phase::Waiting;
  computation.waits_for = std::move(what);
}

void Machine::Node::wake(ComputationId id, Value value) {
  Computation* computation = find(id);
  if (!computation) return;
  make_ready(*computation);   // which may fail, and then nothing has changed
  hand_over(*computation, std::move(value));
}

void Machine::Node::hand_over(Computation& computation, Value value) {
  clear_timer(computation);
  computation.listens.clear();
  if (computation.phase == Computation::Phase::Waiting) {
    computation.value = std::move(value);
    computation.phase = Computation::Phase::Deliver;
  } else {
    computation.fiber.push(std::move(value));
  }
}

void Machine::Node::wake_or_fail(ComputationId id, Value value) {
  try {
    wake(id, std::move(value));
  } catch (const std::bad_alloc&) {
    fail(*find(id), {wire::FailureKind::MemoryLimit, no_memory_for("what it waited for"), {}});
  }
}

void Machine::Node::set_timer(Computation& computation, MonotonicTime due) {
  clear_timer(computation);
  computation.timer = timers_.emplace(due, Timer{computation.id, nullptr});
}

void Machine::Node::clear_timer(Computation& computation) {
  if (computation.timer) timers_.erase(*computation.timer);
  computation.timer.reset();
}

// Those that are left when the slice is used up are due in the next one.
void Machine::Node::fire_timers() {
  while (fuel_ > 0 && is_due()) {
    const Timer timer = timers_.begin()->second;
    if (timer.future) {
      fuel_ -= kFuelPerTimer;
      for (const auto& [place, id] : channels_->limit_passed(*timer.future)) limit_passed(id);
    } else {
      clear_timer(*find(timer.computation));
      limit_passed(timer.computation);
    }
  }
  while (fuel_ > 0 && channels_ && channels_->pass_limit(now_)) fuel_ -= kFuelPerTimer;
}

void Machine::Node::limit_passed(ComputationId id) {
  fuel_ -= kFuelPerTimer;
  Computation* computation = find(id);
  if (!computation) return;
  if (computation->waits_for.empty()) return wake_or_fail(id, Value::unit());   // a sleep
  fail(*computation, {wire::FailureKind::TimeLimit, std::move(computation->waits_for), {}});
}

// ---- compute -------------------------------------------------------------------------------------------------

void Machine::Node::require_compute(const Computation& computation) {
  const std::uint64_t spent_ms = computation.allowance->spent_ns / 1'000'000;
  if (spent_ms < start_.compute_ms) return;
  context_.crash(wire::FailureKind::ComputeLimit, "the message used " + std::to_string(spent_ms) + " ms of CPU time; it may use " +
                                                      std::to_string(start_.compute_ms) + " ms (compute_timeout_ms)");
}

// Inside long work.
void Machine::Node::check() {
  outbox_.still_working();
  if (!current_) return;
  bill_.bill();
  require_compute(*current_);
}

void Machine::Node::count_work() { fuel_ -= static_cast<std::int64_t>((work_ - std::exchange(counted_work_, work_)) / kNanosecondsPerCall); }

// ---- host builtins -------------------------------------------------------------------------------------------

void Machine::Node::require(wire::Capability capability, std::string_view what) {
  if (wire::allows(start_.capabilities, capability)) return;
  static constexpr std::string_view kNames[] = {"spawn", "state", "clock", "random", "contact-all", "http"};
  const std::string name = "Capability." + std::string(kNames[static_cast<std::size_t>(capability)]);
  throw Crash{wire::FailureKind::CapabilityDenied, std::string(what) + " needs " + name + ", which this node does not have", {name}};
}

void Machine::Node::debug_line(const Value& label, const Value& value) {
  std::string line = label.is(Kind::Text) ? wire::cut_text(label.as_text()->view(), wire::kLogLineBytesMax) : brief(label);
  line += ": ";
  line += render_cut(value, wire::kLogLineBytesMax - std::min(line.size(), wire::kLogLineBytesMax));
  line = wire::cut_text(line, wire::kLogLineBytesMax);
  context_.charge(line.size() * kWorkPerCodedByte);
  outbox_.send(wire::Log{current_->origin.trace, wire::LogLevel::Debug, std::move(line)});
}

Value Machine::Node::perform(lang::Builtin builtin, Value* arguments) {
  Value value = perform_host(builtin, arguments);
  count_work();
  return value;
}

Value Machine::Node::perform_host(lang::Builtin builtin, Value* arguments) {
  if (builtin == lang::Builtin::DebugWatch || builtin == lang::Builtin::DebugLog) {
    debug_line(arguments[0], arguments[1]);
    return std::move(arguments[builtin == lang::Builtin::DebugWatch ? 1 : 2]);
  }
  if (builtin == lang::Builtin::HttpGetUrl) return fetch(arguments[0]);
  return perform_index(builtin, arguments);
}

Value Machine::Node::perform_index(lang::Builtin builtin, Value* arguments) {
  require(wire::Capability::State, lang::name_of(builtin));
  switch (builtin) {
    case lang::Builtin::IndexEmpty: {
      if (!arguments[0].is(Kind::Node)) context_.wrong(builtin, "a Node", arguments[0]);
      const Value parts[] = {arguments[0], IndexState::new_token()};
      return make_data(lang::Builtin::IndexConstructor, parts);
    }
    case lang::Builtin::IndexInsert:
      outbox_.send(index_->insert(context_, arguments[0], arguments[1], arguments[2], universe_));
      return Value::unit();
    case lang::Builtin::IndexDelete:
      outbox_.send(index_->remove(context_, arguments[0], arguments[1]));
      return Value::unit();
    case lang::Builtin::IndexKeys: return ask(index_->keys(context_, arguments[0]));
    case lang::Builtin::IndexFirstKey: return ask(index_->first(context_, arguments[0]));
    case lang::Builtin::IndexIncrement: return ask(index_->after(context_, arguments[0], arguments[1]));
    case lang::Builtin::IndexLookup: return ask(index_->lookup(context_, arguments[0], arguments[1], universe_));
    default: break;
  }
  CHECK(false);
  return {};
}

Value Machine::Node::fetch(const Value& url) {
  require(wire::Capability::Http, lang::name_of(lang::Builtin::HttpGetUrl));
  if (!url.is(Kind::Text)) context_.wrong(lang::Builtin::HttpGetUrl, "a Text", url);
  if (url.as_text()->size > kUrlBytesMax)
    context_.crash("the URL has " + std::to_string(url.as_text()->size) + " bytes; one of at most " + std::to_string(kUrlBytesMax) + " can be fetched");
  const std::uint64_t read = index_->next_read();
  outbox_.send(wire::Fetch{read, std::string(url.as_text()->view())});
  reading_.emplace(read, current_->id);   // an answer that nobody waits for does no harm
  return {};
}

Value Machine::Node::ask(IndexState::Question question) {
  if (question.answer) return std::move(*question.answer);
  outbox_.send(question.frame);
  reading_.emplace(question.frame.read, current_->id);
  current_->reads = std::move(question);
  return {};
}

}  // namespace roost::runtime
