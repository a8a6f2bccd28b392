// SPDX-License-Identifier: MIT
#include "worker/runtime/machine.h"

#include <malloc.h>

#include <algorithm>
#include <new>

#include "worker/lang/diagnosis.h"
#include "worker/lang/parser.h"
#include "worker/lang/resolve.h"
#include "worker/lang/scc.h"
#include "worker/lang/typecheck.h"
#include "worker/runtime/compile.h"
#include "worker/runtime/machine_node.h"
#include "worker/wire/check.h"

namespace roost::runtime {
namespace {

constexpr std::int64_t kFuelPerSlice = 25'000;                 // calls; about a millisecond
constexpr std::uint64_t kMemoryMin = 4096;                     // of a node, for what is always there
constexpr std::uint64_t kTrimAbove = 1u << 20;                 // memory worth the walk over the C library's heap
constexpr std::uint64_t kProcessBytesMin = 140u << 10;         // pages that every forked child writes to (measured)

std::uint64_t process_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;   // free pages in between were given back (give_memory_back)
}

wire::Failure syntax_failure(const lang::SyntaxError& error) {
  wire::Failure failure{wire::FailureKind::SyntaxError, error.message(), {}, error.place.line, error.place.column, {}};
  failure.names = error.expected;
  return failure;
}

wire::Failure unbound_failure(const lang::UnboundNames& unbound, const std::string& advice) {
  wire::Failure failure{wire::FailureKind::UnboundNames, unbound.message(), {}, 0, 0, {}};
  for (const lang::UnboundName& name : unbound.names) failure.names.push_back(name.name);
  if (!unbound.names.empty()) {
    failure.line = unbound.names[0].place.line;
    failure.column = unbound.names[0].place.column;
    if (!advice.empty()) failure.reason += "; " + advice;
  }
  return failure;
}

// names: the type that was wanted, the one that was found, and where the wish came from.
wire::Failure type_failure(const lang::TypeError& error, std::vector<std::string> notes) {
  wire::Failure failure{wire::FailureKind::TypeError, error.message(), {}, error.place.line, error.place.column, {error.expected, error.found}};
  for (std::string& note : notes) failure.names.push_back(std::move(note));
  return failure;
}

// With the line of the place.
wire::Failure placed(wire::Failure failure, std::string_view program) {
  failure.source = lang::excerpt(program, {static_cast<std::uint32_t>(failure.line), static_cast<std::uint32_t>(failure.column)});
  return failure;
}

}  // namespace

Machine::Machine(const Library& library, const code::StoreView& store, Outbox& outbox)
    : node_(std::make_unique<Node>(library, store, outbox)) {}
Machine::~Machine() = default;
void Machine::handle(MonotonicTime now, const wire::ToWorker& frame) { node_->handle(now, frame); }
Machine::Next Machine::run(MonotonicTime now) { return node_->run(now); }

Machine::Node::Node(const Library& library, const code::StoreView& store, Outbox& outbox)
    : library_(library), outbox_(outbox), heap_(0),
      universe_(library, store, context_, [this](wire::Define definition) { outbox_.send(std::move(definition)); }),
      baseline_bytes_(process_bytes()) {
  context_.set_meter(this);
}

Machine::Node::~Node() {
  HeapScope scope(heap_);
  computations_.clear();
  channels_.reset();
  index_.reset();
  universe_.clear();
  here_ = Value();
  CHECK(heap_.objects() == 0);   // counting is exact: nothing is left when nobody is
}

void Machine::Node::handle(MonotonicTime now, const wire::ToWorker& frame) {
  HeapScope scope(heap_);
  now_ = now;
  // Start comes first; before it there is no node that anything could be for.
  if (!children_ && !std::holds_alternative<wire::Start>(frame) && !std::holds_alternative<wire::Ping>(frame)) return;
  std::visit([this](const auto& one) { take(one); }, frame);
  bill_.turn_to(nullptr);
}

void Machine::Node::take(const wire::Start& frame) {
  if (children_) return;   // there is one Start
  start_ = frame;
  heap_.set_limit(std::max(frame.memory_bytes, kMemoryMin));
  channels_ = std::make_unique<Channels>(timers_);
  index_ = std::make_unique<IndexState>();
  children_ = std::make_unique<Children>(frame.node, frame.seed, [this](const wire::FromWorker& spawn) { outbox_.send(spawn); });
  here_ = make_node(frame.host, frame.node);
  outbox_.send(wire::Ready{});
}

Machine::Node::Computation* Machine::Node::begin_message(const wire::Origin& origin) {
  ++received_;
  said_idle_ = false;
  try {
    universe_.trim();
    return &begin(origin, std::make_shared<Allowance>(), {});
  } catch (const Crash& crash) {
    report(origin, {crash.kind, crash.reason, {}, 0, 0, crash.names});
  } catch (const std::bad_alloc&) {
    report(origin, {wire::FailureKind::MemoryLimit, no_memory_for("this message"), {}, 0, 0, {}});
  }
  return nullptr;
}

void Machine::Node::take(const wire::Eval& frame) {
  Computation* computation = begin_message(frame.origin);
  if (!computation) return;
  work_for(*computation, "this program", [&] { evaluate_program(*computation, frame.program); });
}

void Machine::Node::refuse(Computation& computation, wire::Failure failure) {
  report(computation.origin, std::move(failure));
  end(computation);
}

void Machine::Node::evaluate_program(Computation& computation, const std::string& text) {
  auto arena = std::make_shared<lang::Arena>();
  const auto parsed = lang::parse_program(*arena, text);
  if (!parsed.ok()) return refuse(computation, placed(syntax_failure(parsed.error()), text));
  const lang::Term* minimal = lang::minimise(*arena, parsed.value());
  const auto resolved = lang::resolve(*arena, minimal, library_.names());
  if (!resolved.ok()) {
    const std::string advice = lang::advice_on(resolved.error(), text, library_.names(), universe_);
    return refuse(computation, placed(unbound_failure(resolved.error(), advice), text));
  }
  const auto type = lang::infer_type(*arena, *resolved.value(), universe_);
  if (!type.ok()) {
    std::vector<std::string> notes = lang::notes_on(type.error(), text, library_.names(), universe_);
    return refuse(computation, placed(type_failure(type.error(), std::move(notes)), text));
  }
  ProgramHandle program(Program::make(arena));
  const auto code = compile(*program, resolved.value(), universe_, {});
  if (!code.ok()) context_.crash(code.error().reason);
  program->settle();
  computation.is_program = true;
  computation.program.emplace(std::move(program));
  computation.phase = Computation::Phase::Evaluate;
  Vm::start(computation.fiber, *code.value());
}

void Machine::Node::take(const wire::Run& frame) {
  Computation* computation = begin_message(frame.origin);
  if (!computation) return;
  work_for(*computation, "this computation", [&] {
    auto value = decode_value(frame.computation, universe_);
    if (!value.ok()) context_.crash("the computation cannot be read: " + value.error().what);
    if (!value.value().is(Kind::Remote)) context_.crash("what arrived is not a Remote");
    computation->value = std::move(value).value();
  });
}

void Machine::Node::take(const wire::ReadResult& frame) {
  Computation* computation = asked(frame.read);
  if (!computation) return;
  work_for(*computation, "what was read", [&] {
    const IndexState::Question question = std::move(*computation->reads);
    computation->reads.reset();
    wake(computation->id, index_->answered(context_, frame, question, universe_));
  });
}

void Machine::Node::take(const wire::Fetched& frame) {
  Computation* computation = asked(frame.read);
  if (!computation) return;
  work_for(*computation, "what was fetched", [&] {
    const auto side = frame.ok ? lang::Builtin::EitherRight : lang::Builtin::EitherLeft;
    wake(computation->id, make_data(side, make_text(frame.text)));
  });
}

// The computation that waits for the answer to this question.
Machine::Node::Computation* Machine::Node::asked(std::uint64_t read) {
  const auto reading = reading_.extract(read);
  return reading.empty() ? nullptr : find(reading.mapped());
}

void Machine::Node::take(const wire::Reserved& frame) {
  if (!children_->reserved(frame)) return spawn_waiting();
  while (!spawning_.empty()) {
    Computation* computation = find(spawning_.front());
    spawning_.pop_front();
    if (computation) work_for(*computation, "the reason why it may not spawn", [&] { context_.crash(wire::FailureKind::BudgetExhausted, frame.reason); });
  }
}

// The computation of an attempt may leave.
void Machine::Node::take(const wire::Attempting& frame) {
  const auto attempt = attempts_.find(frame.attempt);
  Computation* leaving = attempt == attempts_.end() ? nullptr : find(attempt->second.computation);
  if (!leaving) return;
  if (frame.request != 0) {   // which is answered from now on, whatever happens
    leaving->attempt = 0;
    leaving->origin.request = frame.request;
    leaving->phase = Computation::Phase::Perform;
  }
  work_for(*leaving, "an attempt that leaves", [&] {
    if (frame.request == 0) context_.crash(wire::FailureKind::ContainerFull, frame.reason);
    make_ready(*leaving);
  });
}

void Machine::Node::take(const wire::Attempted& frame) {
  const auto attempt = attempts_.extract(frame.attempt);
  Computation* waiting = attempt.empty() ? nullptr : find(attempt.mapped().waiting);
  if (!waiting) return;
  work_for(*waiting, "what an attempt came to", [&] {
    if (!frame.ok) return wake(waiting->id, make_data(lang::Builtin::EitherLeft, make_text(frame.failure)));
    auto value = decode_value(frame.value, universe_);
    if (!value.ok()) context_.crash("what an attempt came to cannot be read: " + value.error().what);
    wake(waiting->id, make_data(lang::Builtin::EitherRight, std::move(value).value()));
  });
}

Machine::Next Machine::Node::run(MonotonicTime now) {
  HeapScope scope(heap_);
  now_ = now;
  fuel_ = kFuelPerSlice;
  fire_timers();
  if (!ready_.empty()) bill_.mark();
  for (counted_work_ = work_; fuel_ > 0 && !ready_.empty();) {
    Computation* computation = find(ready_.front());
    ready_.pop_front();
    if (computation) work_for(*computation, "what it computes", [&] { go_on(*computation); });
  }
  bill_.turn_to(nullptr);
  if (!ready_.empty() || is_due()) return {Next::Do::RunAgain, {}};
  const bool waits = !computations_.empty() || (channels_ && channels_->pending_futures() > 0);
  if (!waits) say_idle();
  Next next{waits ? Next::Do::Wait : Next::Do::Idle, {}};
  if (waits && !timers_.empty()) next.deadline = timers_.begin()->first;
  return next;
}

void Machine::Node::say_idle() {
  if (said_idle_ || received_ == 0) return;
  said_idle_ = true;
  children_->forget_leave();
  give_memory_back();
  const std::uint64_t bytes = process_bytes();
  outbox_.send(wire::Idle{received_, kProcessBytesMin + (bytes > baseline_bytes_ ? bytes - baseline_bytes_ : 0)});
}

void Machine::Node::give_memory_back() {
  if (heap_.peak() > kTrimAbove) malloc_trim(0);
  heap_.forget_peak();
}

}  // namespace roost::runtime
