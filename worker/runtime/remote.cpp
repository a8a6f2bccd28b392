// SPDX-License-Identifier: MIT
// The steps of Remote values (8.2, 8.3).
#include <sodium.h>
#include <time.h>

#include <algorithm>
#include <cmath>

#include "worker/runtime/machine_builtin.h"
#include "worker/runtime/machine_node.h"
#include "worker/runtime/render.h"

namespace roost::runtime {
namespace {

constexpr double kSecondsMax = 10.0 * 365 * 24 * 3600;             // a sleep longer than the machine lasts
constexpr std::size_t kNameBytesShown = 100;
constexpr int kContinuationsMax = 16;   // to look through for a name
constexpr std::size_t kComputationBytesMax = wire::kFrameBytesMax - 1024;

constexpr std::size_t kReasonBytesMax = 64u << 10;
constexpr std::string_view kTooLate =
    "too late for this future (of Remote.receive-async, Remote.start, or what is made of them): its time limit passed before it was waited "
    "for, or it was forgotten, to make room or when the node fell asleep";

MonotonicTime duration_of(double seconds) {
  if (!(seconds > 0)) return MonotonicTime(0);
  return MonotonicTime(static_cast<std::int64_t>(std::min(seconds, kSecondsMax) * 1e9));
}

double random_number() {
  std::uint64_t bits;
  randombytes_buf(&bits, sizeof bits);
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

double wall_clock_seconds() {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// The definition or binding that a continuation is part of, if that is known.
std::string name_around(const Value& continuation) {
  const Value* function = &continuation;
  const Value* inner = first_called(*function);
  for (int i = 0; inner != nullptr && i < kContinuationsMax; ++i) inner = first_called(*(function = inner));
  const bool has_parts = function->is(Kind::Closure) || function->is(Kind::Member);
  const std::string_view name = has_parts ? parts_of(*function).code->name : std::string_view();
  return name.empty() || name.size() > kNameBytesShown ? "Remote.receive-async" : std::string(name);
}

// What a program gives as a reason is copied on its way, and may be as long as memory is.
std::string reason_of(const Text& text) {
  if (text.size <= kReasonBytesMax) return std::string(text.view());
  std::size_t end = kReasonBytesMax;
  while ((text.data()[end] & 0xc0) == 0x80) --end;   // not within a character
  return std::string(text.view().substr(0, end)) + "…";
}

std::string seconds_text(double seconds) { return render_number(seconds) + " s"; }

}  // namespace

void Machine::Node::perform_step(Computation& computation) {
  const ComputationId id = computation.id;
  const Value held = std::move(computation.value);
  const Remote& remote = *held.as_remote();
  computation.next = remote.next;
  Value result = step_result(computation, remote);
  if (!find(id) || computation.phase == Computation::Phase::Waiting) return;
  computation.value = std::move(result);
  computation.phase = Computation::Phase::Deliver;
}

Value Machine::Node::step_result(Computation& computation, const Remote& remote) {
  switch (remote.step()) {
    case Step::At: return at(computation, remote);
    case Step::Pure: return remote.first;
    case Step::Here: return here_;
    case Step::Spawn: return spawn(computation);
    case Step::Sleep: return sleep(computation, remote.first.as_number());
    case Step::Fork: return fork(computation, remote);
    case Step::Attempt: return attempt(computation, remote);
    case Step::CreateChannel: return make_channel(new_channel_id(start_.node, start_.host, false));
    case Step::Send: return send(computation, remote);
    case Step::Receive: return receive(computation, *remote.first.as_channel());
    case Step::ReceiveAsync: return receive_async(*remote.first.as_channel(), remote.second.as_number(), remote.next);
    case Step::Fail: context_.crash(reason_of(*remote.first.as_text()));
    case Step::ClockNow: require(wire::Capability::Clock, "Clock.now"); return Value::number(wall_clock_seconds());
    case Step::RandomNumber: require(wire::Capability::Random, "Random.number"); return Value::number(random_number());
  }
  return {};
}

// ---- moving --------------------------------------------------------------------------------------------------

Value Machine::Node::at(Computation& computation, const Remote& remote) {
  const runtime::Node& node = *remote.first.as_node();
  if (node.key == start_.node && node.host() == start_.host) return remote.second;
  if (computation.attempt != 0) return ask_to_leave(computation, remote);
  send_computation(computation.origin, node.key, node.host(), make_bind(Step::Pure, remote.second, {}, remote.next));
  end(computation);
  return {};
}

void Machine::Node::send_computation(const wire::Origin& origin, const PublicKey& destination, std::string_view host,
                                     const Value& remote) {
  if (host != start_.host) {
    context_.crash(wire::FailureKind::Unreachable, "the node " + fingerprint_of(destination) + " is of the container " +
                                                       std::string(host) + "; this one is " + start_.host +
                                                       ", and sends to no other");
  }
  require(wire::Capability::ContactAll, "going to another node");
  Bytes bytes = encode_value(remote, universe_);
  context_.charge(bytes.size() * kWorkPerCodedByte);
  if (bytes.size() > kComputationBytesMax) {
    context_.crash(wire::FailureKind::MemoryLimit, "a computation of " + std::to_string(bytes.size()) +
                                                       " bytes cannot move; the most is " + std::to_string(kComputationBytesMax));
  }
  outbox_.send(wire::Send{origin, std::string(host), destination, std::move(bytes)});
}

// ---- time and threads ----------------------------------------------------------------------------------------

Value Machine::Node::sleep(Computation& computation, double seconds) {
  wait(computation, {});
  set_timer(computation, now_ + duration_of(seconds));
  return {};
}

Value Machine::Node::fork(Computation& computation, const Remote& remote) {
  begin({0, computation.origin.trace, computation.origin.format}, computation.allowance, remote.first);
  return Value::unit();
}

// Runs the operand as a computation of its own, which spends the same allowance.
Value Machine::Node::attempt(Computation& computation, const Remote& remote) {
  const std::uint64_t number = next_attempt_++;
  Attempts made{{number, {computation.id, 0}}};   // first: once the operand is begun, nothing may fail
  Computation& begun = begin({0, computation.origin.trace, wire::Format::Value}, computation.allowance, remote.first);
  begun.attempt = number;
  made.begin()->second.computation = begun.id;
  attempts_.merge(made);
  wait(computation, {});
  return {};
}

// Before the computation of an attempt leaves it needs a request, by which what it comes to finds back. The step is performed again then.
Value Machine::Node::ask_to_leave(Computation& computation, const Remote& remote) {
  outbox_.send(wire::Attempt{computation.attempt, origin_of_waiting(attempts_.at(computation.attempt))});
  computation.value = Value::share(const_cast<Remote*>(&remote));
  wait(computation, {});
  return {};
}

// Of the computation that waits; if nobody but this node knows of that one either, of the one that waits for it, and so on.
wire::Origin Machine::Node::origin_of_waiting(const Attempt& attempt) {
  const Computation* waiting = find(attempt.waiting);
  while (waiting != nullptr && waiting->attempt != 0) waiting = find(attempts_.at(waiting->attempt).waiting);
  return waiting != nullptr ? waiting->origin : wire::Origin{};
}

Value Machine::Node::spawn(Computation& computation) {
  require(wire::Capability::Spawn, "Remote.spawn");
  if (!children_->can_spawn()) context_.crash("Remote.spawn needs the node's own key, which the container did not give");
  Value child = make_node(start_.host, {});   // first: once it is announced, nothing may fail
  if (spawning_.empty() && children_->spawn(child.as_node()->key)) return child;
  wait(computation, "leave to spawn a node did not come");
  spawning_.push_back(computation.id);
  return {};
}

// Leave has come: for as many as there is leave for, and a question for more if some are left.
void Machine::Node::spawn_waiting() {
  while (!spawning_.empty()) {
    Computation* computation = find(spawning_.front());
    bool there_was_leave = true;
    if (computation) {
      work_for(*computation, "a node", [&] {
        Value child = make_node(start_.host, {});
        make_ready(*computation);   // first, as in spawn()
        there_was_leave = children_->spawn(child.as_node()->key);
        if (there_was_leave) hand_over(*computation, std::move(child));
        else ready_.pop_back();
      });
    }
    if (!there_was_leave) return;
    spawning_.pop_front();
  }
}

// ---- channels ------------------------------------------------------------------------------------------------

Value Machine::Node::send(Computation& computation, const Remote& remote) {
  const Channel& channel = *remote.first.as_channel();
  const bool is_home = channel.home() == start_.node && channel.host() == start_.host;
  const Channels::Delivery delivery = channels_->deliver(channel.id(), remote.second, is_home);
  for (const auto& [place, id] : delivery.receivers) wake_or_fail(id, remote.second);
  if (delivery.what == Channels::Delivered::NobodyHere) {
    send_computation({0, computation.origin.trace, computation.origin.format}, channel.home(), channel.host(),
                     make_step(Step::Send, remote.first, remote.second));
  }
  return Value::unit();
}

Value Machine::Node::receive(Computation& computation, const Channel& channel) {
  if (is_future(channel)) return await(computation, channel);
  if (Value message = channels_->take_message(channel.id()); !message.is_unset()) return message;
  computation.listens = Bytes(channel.id());   // first, so that its end takes it out of the row whatever fails
  computation.place = channels_->listen(channel.id(), computation.id);
  wait(computation, {});
  if (start_.receive_ms == 0) return {};
  computation.waits_for =
      "nothing came on the channel within " + seconds_text(static_cast<double>(start_.receive_ms) / 1000) + " (receive_timeout_ms)";
  set_timer(computation, now_ + std::chrono::milliseconds(start_.receive_ms));
  return {};
}

Value Machine::Node::await(Computation& computation, const Channel& future) {
  switch (channels_->state_of(future.id())) {
    case Channels::FutureState::Fulfilled: return channels_->value_of(future.id());
    case Channels::FutureState::Pending:
      computation.listens = Bytes(future.id());   // first, as in receive()
      computation.place = channels_->wait_for(future.id(), computation.id);
      wait(computation, std::string(channels_->in_vain(future.id())));
      return {};
    case Channels::FutureState::Unknown: break;
  }
  if (future.home() != start_.node)
    context_.crash("a future can be waited for only on the node that made it, " + fingerprint_of(future.home()));
  context_.crash(wire::FailureKind::TimeLimit, std::string(kTooLate));
}

// `next`: the function that the future is given to. What that is part of is what waits, as far as a program's author knows.
Value Machine::Node::receive_async(const Channel& channel, double seconds, const Value& next) {
  const Bytes id = new_channel_id(start_.node, start_.host, true);
  Value future = make_step(Step::Receive, make_channel(id));
  channels_->receive_async(channel.id(), id, now_ + duration_of(seconds),
                           "`" + name_around(next) + "` waited " + seconds_text(seconds) + ", its time limit, and nothing came");
  return future;
}

}  // namespace roost::runtime
