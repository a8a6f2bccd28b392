// SPDX-License-Identifier: MIT
// What workers say. Each frame is checked against what this very process was given: a worker that answers for a request it
// does not have, spawns without leave, or uses what its sandbox does not allow has broken the protocol and is killed.

#include "backend/core/mutation.h"
#include "backend/core/rules.h"
#include "worker/wire/cut_text.h"

namespace roost::core {

namespace {

// What a node at rest may still say.
bool is_harmless(const wire::FromWorker& frame) {
  return std::holds_alternative<wire::Idle>(frame) || std::holds_alternative<wire::Log>(frame) || std::holds_alternative<wire::Pong>(frame);
}

std::uint64_t bytes_of(const wire::Failure& failure) {
  std::uint64_t bytes = failure.reason.size() + failure.definition.size() + failure.source.size();
  for (const std::string& name : failure.names) bytes += sizeof name + name.size();
  for (const std::string& name : failure.chain) bytes += sizeof name + name.size();
  return bytes;
}

}  // namespace

void Container::Rules::worker_frame(WorkerId id, wire::FromWorker frame) {
  Worker* worker = worker_of(id);
  if (!worker || worker->why_killed) return;   // said before it was killed: no longer of use
  // Only a Pong, asked for or not, shows that it still takes its messages: one that floods us says much and hears nothing.
  if (std::holds_alternative<wire::Pong>(frame)) heard_from(*worker);
  if (worker->ready == std::holds_alternative<wire::Ready>(frame)) return violation(*worker, worker->ready ? "a second Ready" : "a frame before Ready");
  if ((worker->claims_idle || worker->ending) && !is_harmless(frame)) return violation(*worker, "it worked after it had said that it is idle");
  std::visit([&](auto& content) { on(*worker, content); }, frame);
}

void Container::Rules::violation(Worker& worker, const std::string& what) {
  Node& node = nodes_[worker.node];
  kill_worker(worker, problem(ProblemKind::WorkerDied, "The process of node " + name(node) + " broke the protocol: " + what + ".", &node), "protocol-violation");
}

// One that asks again and again for what is answered at once, and never reads the answers. Those that read get nowhere near.
bool Container::Rules::takes_nothing(Worker& worker) {
  const std::uint64_t waiting = doors_.launcher.unsent_bytes(worker.id), limit = settings_.mailbox_bytes_max + kAnswersBytesMax;
  if (waiting <= limit) return false;
  const Node& node = nodes_[worker.node];
  kill_worker(worker, limit_problem(ProblemKind::WorkerUnresponsive, "The process of node " + name(node) + " does not take what it asks for.", &node,
                                    waiting, limit, "mailbox_bytes_max, and a fixed number for answers"), "worker-unresponsive");
  return true;
}

bool Container::Rules::lacks(Worker& worker, wire::Capability capability, const char* what) {
  if (wire::allows(nodes_[worker.node].record.capabilities, capability)) return false;
  violation(worker, std::string(what) + ", which its sandbox does not allow");
  return true;
}

void Container::Rules::on(Worker& worker, wire::Ready& frame) {
  if (frame.version != wire::kProtocolVersion)
    return violation(worker, "it speaks version " + std::to_string(frame.version) + " of the frames, not " + std::to_string(wire::kProtocolVersion));
  worker.ready = true;
  worker.timed.leave();
  Node& node = nodes_[worker.node];
  node.launch_failures = 0;
  drop_stale_programs(node);
  node.mailbox_bytes = 0;
  for (Message& message : node.mailbox.take_all()) deliver(node, std::move(message));
  worker.claims_idle = worker.sent == 0;   // what it was woken for is over
  settle(node);
}

void Container::Rules::on(Worker& worker, wire::Idle& frame) {
  Node& node = nodes_[worker.node];
  worker.memory_in_use = frame.memory_bytes;
  changed(node);
  give_back_leave(worker);   // leave that was not used ends here
  if (frame.received > worker.sent) return violation(worker, "it counts more messages than it was sent");
  if (worker.ending || (frame.received < worker.sent && !mutated(Mutation::SleepWhileBusy))) return;   // said before it saw its newest message
  // Whatever it still had was given up without an answer, e.g. a fiber that was dropped while it waited.
  fail_callers(worker, problem(ProblemKind::ProgramFailed, "The computation ended at node " + name(node) + " without a value.", &node));
  forget_attempts(worker);
  worker.traces.clear();
  worker.claims_idle = true;
  settle(node);
}

// The node rests if its process says so, and nothing that it said or asked for is under way.
void Container::Rules::settle(Node& node) {
  Worker* worker = node.worker;
  if (!worker || !worker->claims_idle || worker->ending || node.state == NodeState::Idle) return;
  if (!node.held.empty() || !worker->reads.empty()) return;
  happen(node, LifeEvent::Rest);
  worker->timed.leave();
  worker->idle_since = now_;
  node.last_activity = now_;
  join_idle(*worker);
  if (draining_ || is_awaited(*worker)) stop_worker(node);
}

void Container::Rules::give_back_leave(Worker& worker) {
  count_nodes(*nodes_[worker.node].account, -static_cast<std::int64_t>(worker.leave));
  worker.leave = 0;
}

// True if the process had this computation, which it now gives away. Nobody's (request 0) is always its own.
bool Container::Rules::takes_away(Worker& worker, const wire::Origin& origin) {
  if (origin.request == 0 || worker.requests.erase(origin.request) == 1) {
    enter_phase(origin.request, Phase::Held, worker.node);
    changed(nodes_[worker.node]);
    return true;
  }
  violation(worker, "it gave away request " + std::to_string(origin.request) + ", which it does not have");
  return false;
}

void Container::Rules::on(Worker& worker, wire::Answer& frame) {
  if (frame.origin.request == 0) return violation(worker, "an answer for nobody");
  const auto* value = std::get_if<std::string>(&frame.outcome);
  if (const Request* request = open_request(frame.origin.request); request && request->asker && value)
    return violation(worker, "a text for a computation that wants a value");
  if (!takes_away(worker, frame.origin)) return;
  const std::uint64_t bytes = kMessageBytes + (value ? value->size() : bytes_of(std::get<wire::Failure>(frame.outcome)));
  say(nodes_[worker.node], {0, false, std::move(frame)}, bytes);
}

void Container::Rules::on(Worker& worker, wire::Send& frame) {
  Node& node = nodes_[worker.node];
  if (frame.destination != node.record.key && lacks(worker, wire::Capability::ContactAll, "a message to another node")) return;
  if (!takes_away(worker, frame.origin)) return;
  if (const Request* request = open_request(frame.origin.request)) frame.origin.format = request->format;   // not for it to choose
  const bool wants_debug = worker.traces.contains(frame.origin.trace);
  const std::uint64_t bytes = kMessageBytes + frame.host.size() + frame.computation.size();
  say(node, {0, wants_debug, std::move(frame)}, bytes);
}

void Container::Rules::on(Worker& worker, wire::Log& frame) {
  const Node& node = nodes_[worker.node];
  if (frame.line.size() > wire::kLogLineBytesMax) frame.line = wire::cut_text(frame.line, wire::kLogLineBytesMax);
  switch (frame.level) {
    case wire::LogLevel::Debug: log_of_program(LogLevel::Info, "debug", node, frame.line, frame.trace); break;
    case wire::LogLevel::Info: log_of_program(LogLevel::Info, "program", node, frame.line, frame.trace); break;
    case wire::LogLevel::Warning: case wire::LogLevel::Error: log_of_program(LogLevel::Warning, "program", node, frame.line, frame.trace); break;
  }
  if (frame.level == wire::LogLevel::Debug) keep_debug_line(worker, frame);
}

void Container::Rules::on(Worker& worker, wire::Write& frame) {
  if (lacks(worker, wire::Capability::State, "a write")) return;
  if (frame.token.size() != wire::kTokenBytes) return violation(worker, "a write whose token has " + std::to_string(frame.token.size()) + " bytes");
  if (frame.key_hash.empty() || frame.key_hash.size() > kKeyHashBytesMax) return violation(worker, "a write with a malformed key hash");
  const std::uint64_t bytes = frame.key.size() + frame.value.size() + kEntryBytes;
  if (journal_is_full(worker, bytes)) return;
  Node& node = nodes_[worker.node];
  append(&node, StateWrite{node.record.key, std::move(frame)}, bytes);
}

void Container::Rules::on(Worker& worker, wire::Read& frame) {
  if (lacks(worker, wire::Capability::State, "a read")) return;
  if (frame.token.size() != wire::kTokenBytes) return violation(worker, "a read whose token has " + std::to_string(frame.token.size()) + " bytes");
  if (!opens_read(worker, frame.read)) return;
  say(nodes_[worker.node], {0, false, std::move(frame)}, kMessageBytes);
}

void Container::Rules::on(Worker& worker, wire::Fetch& frame) {
  if (lacks(worker, wire::Capability::Http, "a fetch")) return;
  if (!opens_read(worker, frame.read)) return;
  const std::uint64_t bytes = kMessageBytes + frame.url.size();
  say(nodes_[worker.node], {0, false, std::move(frame)}, bytes);
}

// Its bytes were checked before they came here (backend/code/definition_checker.h). It needs no capability: it changes nothing, and is
// of use only to what refers to it.
void Container::Rules::on(Worker& worker, wire::Define& frame) {
  if (doors_.code_store.holds(frame.hash)) return;
  const std::uint64_t size = frame.definition.size();
  if (journal_is_full(worker, size + kEntryBytes) || code_store_is_full(worker, size)) return;
  Definition definition{frame.hash, std::make_shared<const Bytes>(std::move(frame.definition))};
  if (mutated(Mutation::PublishBeforeCommit)) doors_.code_store.publish(definition.hash, *definition.bytes);
  append(&nodes_[worker.node], std::move(definition), size + kEntryBytes);
}

bool Container::Rules::opens_read(Worker& worker, std::uint64_t read) {
  if (worker.reads.size() >= kReadsOpenMax) return violation(worker, "more than " + std::to_string(kReadsOpenMax) + " open reads"), false;
  if (!worker.reads.insert(read).second) return violation(worker, "a read id that is in use"), false;
  return true;
}

void Container::Rules::on(Worker& worker, wire::Reserve& frame) {
  if (lacks(worker, wire::Capability::Spawn, "a reservation of nodes")) return;
  if (frame.count == 0 || frame.count > kReserveMax) return violation(worker, "a reservation of " + std::to_string(frame.count) + " nodes");
  if (takes_nothing(worker)) return;
  const Node& node = nodes_[worker.node];
  wire::Reserved reserved;
  if (worker.leave > 0) {   // nobody waits for it yet: most of what is left is for those who do
    reserved.granted = nodes_left(*node.account, kAheadShare * frame.count, reserved.reason) / kAheadShare;
  } else {
    reserved.granted = nodes_left(*node.account, frame.count, reserved.reason);
    if (reserved.granted == 0) log(LogLevel::Info, "spawn-refused", &node, reserved.reason);
  }
  count_nodes(*node.account, static_cast<std::int64_t>(reserved.granted));
  worker.leave += reserved.granted;
  doors_.launcher.send(worker.id, reserved);
}

void Container::Rules::on(Worker& worker, wire::Spawn& frame) {
  if (lacks(worker, wire::Capability::Spawn, "a spawn")) return;
  if (worker.leave == 0) return violation(worker, "a spawn without leave");
  if (frame.seed.size() != kSeedBytes) return violation(worker, "a spawn with a malformed key");
  if (find(frame.child) || tombstones_.contains(frame.child)) return violation(worker, "a spawn of a node that exists, or existed");
  const std::uint64_t bytes = 4 * kEntryBytes;   // keys, envelope, access
  if (journal_is_full(worker, bytes)) return;
  Node& parent = nodes_[worker.node];
  NodeRecord record;
  record.key = frame.child;
  record.parent = parent.record.key;
  record.lifetime = Lifetime::Linked;
  record.access = parent.record.access;
  record.capabilities = parent.record.capabilities;
  record.sealed_key = doors_.key_vault.seal(frame.child, frame.seed);
  record.envelope = std::move(frame.envelope);
  record.enclosed_key = std::move(frame.enclosed_key);
  --worker.leave;   // its place in the budgets is the child's now
  Node& child = insert(record);
  append(&parent, NodeCreation{std::move(record)}, bytes);
  child.created = parent.gate;
}

void Container::Rules::on(Worker&, wire::Pong&) {}   // that it spoke is what counts

}  // namespace roost::core
