// SPDX-License-Identifier: MIT
// What simulated workers do: they read frames one at a time, and each computation takes one random step after another until
// it ends here or leaves for another node. A dishonest one also breaks the protocol; any may die at any point.

#include "tests/simulation/world.h"

namespace roost::simulation {

using namespace std::chrono_literals;

namespace {
constexpr std::uint64_t kChildrenMax = 6;   // of one process, so that trees stay small
}

Process* World::live(core::WorkerId id) const {
  const auto found = processes_.find(static_cast<std::uint64_t>(id));
  return found == processes_.end() || found->second->reaped ? nullptr : found->second.get();
}

void World::process_reads(Process& process) {
  if (!process.running || process.hangs || process.inbox.empty()) return;
  wire::ToWorker frame = std::move(process.inbox.front());
  process.inbox.pop_front();
  if (process.inbox.empty()) container_->worker_took(now_, process.id);
  process_takes(process, std::move(frame));
}

void World::process_takes(Process& process, wire::ToWorker frame) {
  const core::WorkerId id = process.id;
  const auto act_soon = [this, id] { if (Process* p = live(id)) process_acts(*p); };
  const wire::Eval* eval = std::get_if<wire::Eval>(&frame);
  const wire::Run* run = std::get_if<wire::Run>(&frame);
  if (eval || run) {
    ++process.received;
    process.said_idle = false;
    process.computations.push_back(eval ? eval->origin : run->origin);
    return at(some_delay(), act_soon);
  }
  if (const auto* result = std::get_if<wire::ReadResult>(&frame)) {
    process.reads.erase(result->read);
  } else if (const auto* fetched = std::get_if<wire::Fetched>(&frame)) {
    process.reads.erase(fetched->read);
  } else if (const auto* reserved = std::get_if<wire::Reserved>(&frame)) {
    if (process.void_reserves > 0) {
      --process.void_reserves;
    } else {
      process.reserve_open = false;
      process.leave += reserved->granted;
    }
  } else if (const auto* begun = std::get_if<wire::Attempting>(&frame)) {
    attempt_begins(process, *begun);
  } else if (const auto* ended = std::get_if<wire::Attempted>(&frame)) {
    attempt_ends(process, *ended);
  } else if (std::holds_alternative<wire::Stop>(frame)) {
    process.stop_seen = true;
    if (process.honest || random_.percent(50)) at(some_delay(), [this, id] { if (Process* p = live(id)) die(*p, {core::ExitKind::Clean, 0, ""}); });
    return;
  } else if (const auto* ping = std::get_if<wire::Ping>(&frame)) {
    say(process, wire::Pong{ping->nonce});
  }
  at(some_delay(), act_soon);
}

// One step. Each message and each answer brings one; a computation that goes on brings its next.
void World::process_acts(Process& process) {
  if (!process.running || process.hangs) return;
  if (!process.said_ready) {
    if (!calm_ && random_.percent(3)) return die(process, {core::ExitKind::Signal, 11, "it was ended by SIGSEGV"});
    process.said_ready = true;
    return say(process, wire::Ready{});
  }
  if (!process.honest && random_.percent(10)) misbehave(process);
  if (process.computations.empty()) {
    if (process.said_idle || !process.reads.empty() || !process.attempting.empty()) return;
    process.said_idle = true;
    process.leave = 0;
    if (std::exchange(process.reserve_open, false)) ++process.void_reserves;
    return say(process, wire::Idle{process.received, 100000});
  }
  act_on(process, random_.below(process.computations.size()));
  const core::WorkerId id = process.id;
  at(some_delay(), [this, id] { if (Process* p = live(id)) process_acts(*p); });
}

void World::act_on(Process& process, std::size_t computation) {
  if (calm_) return finish(process, computation);
  const std::uint64_t chance = random_.below(100);
  if (chance < 26) finish(process, computation);
  else if (chance < 42) write(process);
  else if (chance < 54) hop(process, computation);
  else if (chance < 59) fork_to(process, process.computations[computation]);
  else if (chance < 67) read_state(process);
  else if (chance < 84) spawn(process);
  else if (chance < 88) say(process, wire::Log{process.computations[computation].trace, wire::LogLevel::Debug, "a line"});
  else if (chance < 89) die(process, {core::ExitKind::Signal, 11, "it was ended by SIGSEGV"});
  else if (chance < 94) define(process);
  else attempt(process, computation);
}

// The computation waits; the one that it waits for begins when it has a request, and does what computations do.
void World::attempt(Process& process, std::size_t computation) {
  ++tally_.attempts;
  const wire::Origin waits = process.computations[computation];
  process.computations.erase(process.computations.begin() + static_cast<std::ptrdiff_t>(computation));
  const std::uint64_t number = process.next_attempt++;
  process.attempting.emplace(number, waits);
  say(process, wire::Attempt{number, waits});
}

void World::attempt_begins(Process& process, const wire::Attempting& frame) {
  const auto waiting = process.attempting.find(frame.attempt);
  if (waiting == process.attempting.end()) return;
  if (frame.request == 0) {
    process.computations.push_back(waiting->second);
    process.attempting.erase(waiting);
    return;
  }
  process.elsewhere.insert(frame.attempt);
  process.given.insert(frame.request);
  process.computations.push_back({frame.request, waiting->second.trace, wire::Format::Value});
}

void World::attempt_ends(Process& process, const wire::Attempted& frame) {
  const auto waiting = process.attempting.find(frame.attempt);
  if (waiting == process.attempting.end()) return;
  process.computations.push_back(waiting->second);
  process.attempting.erase(waiting);
  process.elsewhere.erase(frame.attempt);
}

void World::finish(Process& process, std::size_t computation) {
  const wire::Origin origin = process.computations[computation];
  process.computations.erase(process.computations.begin() + static_cast<std::ptrdiff_t>(computation));
  if (origin.request == 0) return;
  const std::uint64_t tag = new_tag({&process, process.before(), {}, true, false, origin.request});
  if (!calm_ && random_.percent(10))
    return say(process, wire::Answer{origin, wire::Failure{wire::FailureKind::ProgramFailed, "it failed", "", 0, 0, {}}});
  if (origin.format == wire::Format::Value) return say(process, wire::Return{origin, std::to_string(tag)});
  say(process, wire::Answer{origin, std::to_string(tag)});
}

PublicKey World::some_destination(const Process& process) {
  if (!process.children.empty() && random_.percent(50)) return process.children[random_.below(process.children.size())];
  return random_.percent(10) ? process.node : some_node();
}

void World::hop(Process& process, std::size_t computation) {
  const wire::Origin origin = process.computations[computation];
  process.computations.erase(process.computations.begin() + static_cast<std::ptrdiff_t>(computation));
  fork_to(process, origin);
}

void World::fork_to(Process& process, const wire::Origin& origin) {
  ++tally_.hops;
  wire::Send frame;
  frame.origin = origin;
  // A fork's origin is nobody; a hop keeps the origin, and the computation is no longer here.
  for (const wire::Origin& still_here : process.computations)
    if (still_here == origin) frame.origin.request = 0;
  frame.destination = some_destination(process);
  frame.host = random_.percent(4) ? "elsewhere:1" : settings_.host;
  const bool may_contact = wire::allows(process.capabilities, wire::Capability::ContactAll) || frame.destination == process.node;
  if (process.honest && !may_contact) frame.destination = process.node;
  const bool allowed = frame.host == settings_.host && (may_contact || process.honest) && may_talk(process.node, frame.destination);
  const std::uint64_t tag = new_tag({&process, process.before(), frame.destination, allowed, false, frame.origin.request});
  frame.computation = std::to_string(tag);
  say(process, std::move(frame));
}

void World::write(Process& process) {
  if (process.honest && !wire::allows(process.capabilities, wire::Capability::State)) return;
  wire::Write frame;
  frame.token = Bytes(wire::kTokenBytes, 't');
  frame.key_hash = Bytes(8, static_cast<char>(random_.below(256)));
  frame.value = "write " + std::to_string(next_tag_++);
  if (wire::allows(process.capabilities, wire::Capability::State)) durable_.will_write(frame.value, process.log, process.code);
  say(process, std::move(frame));
}

void World::read_state(Process& process) {
  if (process.honest && !wire::allows(process.capabilities, wire::Capability::State)) return;
  if (wire::allows(process.capabilities, wire::Capability::Http) && random_.percent(30)) {
    const std::uint64_t read = process.next_read++;
    process.reads.emplace(read, process.before());
    return say(process, wire::Fetch{read, std::to_string(read)});
  }
  wire::Read frame;
  frame.read = process.next_read++;
  frame.token = Bytes(wire::kTokenBytes, 't');
  frame.key_hash = "k";
  process.reads.emplace(frame.read, process.before());
  say(process, std::move(frame));
}

void World::spawn(Process& process) {
  if (!wire::allows(process.capabilities, wire::Capability::Spawn)) return;
  if (process.leave == 0 || random_.percent(20)) {   // also ahead, while there is some
    if (process.reserve_open || process.children.size() >= kChildrenMax) return;
    process.reserve_open = true;
    return say(process, wire::Reserve{random_.between(1, 4)});
  }
  --process.leave;
  ++tally_.spawns;
  wire::Spawn frame;
  frame.child = some_key();
  frame.seed = Bytes(32, 's');
  durable_.will_write(std::string(frame.child.view()), process.log, process.code);
  core::NodeRecord record = known_.at(process.node);   // a child has its parent's access and capabilities, no budget
  record.key = frame.child;
  record.parent = process.node;
  record.budget = {};
  known_.emplace(frame.child, std::move(record));
  process.children.push_back(frame.child);
  say(process, std::move(frame));
}

// As a worker does, it looks for the definition and for room first; but both may have changed when the container hears of it.
void World::define(Process& process) {
  const std::uint64_t definition = random_.between(1, kDefinitions);
  const bool there = code_->holds(hash_of(definition));
  if (!there && random_.percent(70) && code_->bytes_with(bytes_of(definition).size()) > code_->bytes_max()) return;
  process.code.insert(definition);
  if (there && random_.percent(90)) return;
  ++tally_.definitions;
  say(process, wire::Define{hash_of(definition), bytes_of(definition)});
}

// One that this process was never given, so that it must not speak for it.
std::uint64_t World::foreign_request(const Process& process) {
  const std::uint64_t id = random_.between(1, next_request_);
  return process.given.contains(id) ? next_request_ + 1000 : id;
}

// Each of these must end the process and nothing else.
void World::misbehave(Process& process) {
  switch (random_.below(11)) {
    case 0: return say(process, wire::Ready{});
    case 1: {
      const std::uint64_t request = foreign_request(process);
      const std::uint64_t tag = new_tag({&process, process.before(), {}, true, false, request});
      return say(process, wire::Answer{{request, 1, wire::Format::Text}, std::to_string(tag)});
    }
    case 2:
      if (process.leave > 0 || process.reserve_open) return;   // it might be allowed
      return say(process, wire::Spawn{some_key(), Bytes(32, 's'), {}, {}});
    case 3: return say(process, wire::Write{wire::WriteKind::Insert, "short", "k", "", "unpromised"});
    case 4: return say(process, wire::Idle{process.received + 1000, 0});
    case 5: return say(process, wire::Reserve{0});
    case 6: {
      const std::uint64_t request = foreign_request(process);
      const std::uint64_t tag = new_tag({&process, process.before(), process.node, true, false, request});
      return say(process, wire::Send{{request, 1, wire::Format::Text}, settings_.host, process.node, std::to_string(tag)});
    }
    case 7: process.said_idle = true; return say(process, wire::Idle{process.received, 0});   // while it works
    case 8: process.hangs = true; return;
    case 9: return say(process, wire::Attempt{process.next_attempt++, {foreign_request(process), 1, wire::Format::Text}});
    case 10: return say(process, wire::Return{{foreign_request(process), 1, wire::Format::Value}, "0"});
  }
}

void World::say(Process& process, wire::FromWorker frame) {
  process.outbox.push_back(std::move(frame));
  const core::WorkerId id = process.id;
  at(some_delay(), [this, id] { hear(id); });
}

void World::hear(core::WorkerId id) {
  Process* process = live(id);
  if (!process || process->outbox.empty()) return;
  wire::FromWorker frame = std::move(process->outbox.front());
  process->outbox.pop_front();
  if (const auto* answered = std::get_if<wire::Answer>(&frame)) process->holds.erase(answered->origin.request);
  if (const auto* sent = std::get_if<wire::Send>(&frame)) process->holds.erase(sent->origin.request);
  if (const auto* returned = std::get_if<wire::Return>(&frame)) process->holds.erase(returned->origin.request);
  container_->worker_frame(now_, id, std::move(frame));
}

void World::die(Process& process, core::WorkerExit exit) {
  if (!process.running) return;
  process.running = false;
  ++tally_.deaths;
  process.computations.clear();
  process.attempting.clear();
  if (random_.percent(50)) process.outbox.resize(random_.below(process.outbox.size() + 1));   // the rest never got out
  const core::WorkerId id = process.id;
  at(some_delay(), [this, id, exit] { reap(id, exit); });
}

void World::reap(core::WorkerId id, core::WorkerExit exit) {
  while (Process* process = live(id)) {   // what is in the pipe is read before the exit is told
    if (process->outbox.empty()) break;
    hear(id);
  }
  Process* process = live(id);
  if (!process) return;
  process->reaped = true;
  trace("worker " + std::to_string(static_cast<std::uint64_t>(id)) + " of " + short_name(process->node) + " is reaped: " + exit.detail);
  past_.push_back(std::move(processes_.at(static_cast<std::uint64_t>(id))));
  processes_.erase(static_cast<std::uint64_t>(id));
  container_->worker_exited(now_, id, exit);
  for (const std::uint64_t request : process->holds)
    if (asked_.contains(request)) broken("request " + std::to_string(request) + " was not told that its process had died");
}

}  // namespace roost::simulation
