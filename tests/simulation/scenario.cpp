// SPDX-License-Identifier: MIT
// The course of one run: a directory, clients and an operator for some simulated seconds, crashes of the container among
// it, then rest, and at last a message to every node that is left, which must be answered with a value.

#include "tests/simulation/world.h"

namespace roost::simulation {

using namespace std::chrono_literals;

namespace {
constexpr std::uint64_t kStepsMax = 200000;   // a run that takes more does not come to rest
constexpr core::Duration kForever = std::chrono::hours(24);
}

World::World(std::uint64_t seed, Options options)
    : seed_(seed), options_(options), random_(seed), now_(core::Instant{1700000000s}) {}

Tally World::run() {
  make_settings();
  make_directory();
  code_ = std::make_unique<CodeShelf>(
      settings_.code_bytes_max, [this](std::uint64_t definition) { return durable_.code().contains(definition); },
      [this](const std::string& what) { broken(what); });
  start_container();
  plan_work();
  run_until_quiet();
  if (random_.percent(25)) drain_and_check();
  judge_rest();
  probe_everything();
  judge_rest();
  return tally_;
}

void World::make_settings() {
  settings_.awake_max = random_.one_of<std::uint64_t>({2, 3, 6, 100, 100});
  settings_.nodes_max = random_.one_of<std::uint64_t>({14, 20, 200});
  settings_.requests_max = random_.one_of<std::uint64_t>({4, 1000});
  settings_.mailbox_max = random_.one_of<std::uint64_t>({2, 5, 1000});
  settings_.mailbox_bytes_max = random_.one_of<std::uint64_t>({400, 1u << 20});
  settings_.journal_batch_max = random_.one_of<std::uint64_t>({1, 2, 100});
  settings_.journal_bytes_max = random_.one_of<std::uint64_t>({3000, 64u << 20});
  settings_.code_bytes_max = random_.one_of<std::uint64_t>({600, 1u << 20});
  settings_.worker_memory_bytes = 100;
  settings_.idle_timeout = random_.one_of<core::Duration>({50ms, 500ms, 3s});
  settings_.request_timeout = random_.one_of<core::Duration>({500ms, 5s});
  settings_.wake_timeout = random_.one_of<core::Duration>({300ms, 2s});
  settings_.unresponsive_timeout = 2s;
  settings_.drain_timeout = 3s;
}

PublicKey World::some_key() {
  PublicKey key;
  for (auto& byte : key.bytes) byte = static_cast<std::uint8_t>(random_.next());
  ++keys_made_;
  return key;
}

core::NodeRecord World::some_record(std::optional<PublicKey> parent) {
  core::NodeRecord record;
  record.key = some_key();
  record.parent = parent;
  record.lifetime = parent ? core::Lifetime::Linked : core::Lifetime::Root;
  record.access.kind = random_.one_of({core::AccessKind::Anyone, core::AccessKind::Anyone, core::AccessKind::Container, core::AccessKind::Only});
  record.capabilities = random_.percent(80) ? 63 : static_cast<wire::Capabilities>(random_.below(64));
  record.sealed_key = "sealed";
  if (random_.percent(40)) record.budget.awake = random_.between(1, 3);
  if (random_.percent(30)) record.budget.memory_bytes = random_.between(1, 3) * settings_.worker_memory_bytes + random_.below(50);
  if (random_.percent(40)) record.budget.nodes = random_.between(3, 12);
  return record;
}

void World::make_directory() {
  std::vector<PublicKey> keys;
  const std::uint64_t count = random_.between(2, 8);
  for (std::uint64_t i = 0; i < count; ++i) {
    std::optional<PublicKey> parent;
    if (i > 0 && random_.percent(60)) parent = keys[random_.below(keys.size())];
    core::NodeRecord record = some_record(parent);
    if (record.budget.nodes) *record.budget.nodes += count;   // room for what is there already
    keys.push_back(record.key);
    durable_.put(std::move(record));
  }
}

void World::start_container() {
  ++epoch_;
  commit_under_way_ = false;
  known_ = durable_.nodes();
  code_->fill(durable_.code());
  const core::Doors doors{*this, *this, *this, *this, *this, *this, *this, *this, *code_};
  container_ = std::make_unique<core::Container>(settings_, doors, durable_.position());
  for (core::NodeRecord& record : durable_.parents_first())
    if (!container_->load(std::move(record))) broken("a directory of nodes_max nodes could not be loaded");
  for (const PublicKey& key : durable_.tombstones()) container_->load_tombstone(key);
}

// ---- what happens

void World::plan_work() {
  const std::uint64_t orders = random_.between(5, 150);
  const core::Duration pace = random_.one_of<core::Duration>({1ms, 5ms, 20ms, 200ms});
  core::Duration when{};
  for (std::uint64_t i = 0; i < orders; ++i) {
    when += pace * random_.below(4);
    plan(when, [this] { random_.percent(93) ? client_request() : operator_order(); });
  }
  if (random_.percent(30)) plan(when * random_.between(1, 100) / 100, [this] { crash(); });
}

PublicKey World::some_node() {
  if (known_.empty() || random_.percent(2)) return some_key();
  if (!durable_.tombstones().empty() && random_.percent(3)) return *durable_.tombstones().begin();
  auto place = known_.begin();
  std::advance(place, random_.below(known_.size()));
  return place->first;
}

bool World::may_talk(const core::Sender& sender, const PublicKey& node) const {
  const auto found = known_.find(node);
  if (found == known_.end()) return false;
  if (std::holds_alternative<core::Operator>(sender)) return true;
  const auto* key = std::get_if<PublicKey>(&sender);
  const core::NodeRecord& record = found->second;
  if (key && (*key == record.key || record.parent == *key)) return true;
  if (record.access.kind == core::AccessKind::Container) return key && known_.contains(*key);
  return record.access.kind == core::AccessKind::Anyone;
}

void World::client_request() {
  core::Sender sender = core::Anonymous{};
  if (random_.percent(20)) sender = core::Operator{};
  else if (random_.percent(30)) sender = random_.percent(50) ? some_node() : some_key();
  evaluate(some_node(), sender, false);
}

void World::evaluate(const PublicKey& node, core::Sender sender, bool probe) {
  ++tally_.requests;
  const std::uint64_t id = next_request_++;
  core::EvalRequest request;
  request.id = core::RequestId{id};
  request.node = node;
  request.sender = sender;
  request.received = now_ - (probe ? core::Duration{} : core::Duration{random_.below(1000000)});
  request.wants_debug = random_.percent(20);
  if (!probe && random_.percent(20)) request.wait = core::Duration{random_.below(300000000) + 2000000};
  const core::Duration wait = request.wait ? std::min(*request.wait, settings_.request_timeout) : settings_.request_timeout;
  const bool allowed = may_talk(sender, node);
  const std::uint64_t tag = new_tag({nullptr, {}, node, allowed, false, id});
  request.program = std::to_string(tag);
  asked_[id] = {node, request.received + wait, allowed, false, false, probe};
  trace("request " + std::to_string(id) + " for " + short_name(node) + (allowed ? "" : ", not allowed"));
  container_->evaluate(now_, std::move(request));
}

void World::operator_order() {
  const std::uint64_t id = next_request_++;
  const PublicKey node = some_node();
  Asked asked{node, now_ + kForever, true, false, false, false};
  const std::uint64_t choice = random_.below(10);
  trace("order " + std::to_string(id) + " (" + std::to_string(choice) + ") for " + short_name(node));
  if (choice < 2) {
    ++tally_.destroys;
    asked.is_destroy = true;
    // A node that is being destroyed already is refused at once, and says nothing about the order under way.
    for (const auto& [other, pending] : asked_)
      if (pending.is_destroy && pending.node == node) asked.is_destroy = false;
    asked_[id] = asked;
    container_->destroy(now_, core::RequestId{id}, node);
  } else if (choice < 6) {
    core::NodeRecord record = some_record(std::nullopt);
    asked.node = record.key;
    asked.is_create = true;
    asked_[id] = asked;
    known_.emplace(record.key, record);
    container_->create(now_, core::RequestId{id}, std::move(record));
  } else if (choice < 8) {
    asked_[id] = asked;
    container_->put_to_sleep(now_, core::RequestId{id}, node);
  } else {
    asked_[id] = asked;
    container_->describe(now_, core::RequestId{id}, node);
  }
}

// SIGKILL: the container and all its workers are gone, a batch under way has taken effect or not; then it starts again.
void World::crash() {
  ++tally_.crashes;
  trace("CRASH");
  container_.reset();
  for (auto& [id, process] : processes_) {
    process->running = false;
    process->reaped = true;
    past_.push_back(std::move(process));
  }
  processes_.clear();
  asked_.clear();   // their connections broke
  undelivered_.clear();
  slots_.clear();
  start_container();
}

void World::drain_and_check() {
  ++tally_.drains;
  for (int i = 0; i < 5; ++i) client_request();
  at(some_delay() * 3, [this] {
    trace("drain");
    container_->drain(now_);
    client_request();
  });
  run_until_quiet();
  if (!container_->drained()) broken("the container did not come to an end after it was told to drain");
  crash();
}

void World::probe_everything() {
  calm_ = true;
  for (const auto& [key, record] : std::map<PublicKey, core::NodeRecord>(durable_.nodes())) {
    saw_value_ = false;
    evaluate(key, core::Operator{}, true);
    while (!asked_.empty() || !events_.empty()) step();   // until it has also said that it is idle
    if (!saw_value_) broken("node " + short_name(key) + " does not answer when all is calm");
  }
  run_until_quiet();
}

// ---- time

core::Duration World::some_delay() {
  if (calm_) return core::Duration{random_.between(1000, 1000000)};
  const std::uint64_t kind = random_.below(100);
  if (kind < 20) return core::Duration{1};
  if (kind < 85) return core::Duration{random_.between(1000, 2000000)};       // to 2 ms
  if (kind < 98) return core::Duration{random_.between(1000000, 30000000)};   // to 30 ms
  return core::Duration{random_.between(10000000, 400000000)};                // to 400 ms
}

void World::at(core::Duration delay, std::function<void()> act) { events_.push({now_ + delay, order_++, epoch_, std::move(act)}); }
void World::plan(core::Duration delay, std::function<void()> act) { events_.push({now_ + delay, order_++, 0, std::move(act)}); }

// Lets the next thing happen: an event, or the container's deadline if that comes first.
void World::step() {
  if (++tally_.steps > kStepsMax) broken("the run does not come to rest");
  const auto deadline = container_->next_deadline();
  if (deadline && (events_.empty() || *deadline <= events_.top().at)) {
    if (*deadline > now_) now_ = *deadline;
    return container_->tick(now_);
  }
  if (events_.empty()) broken("something is awaited, and nothing will happen any more");
  Event event = events_.top();
  events_.pop();
  now_ = event.at;
  if (event.epoch == 0 || event.epoch == epoch_) event.act();
}

void World::run_until_quiet() {
  while (!events_.empty() || container_->next_deadline()) step();
}

std::uint64_t World::new_tag(Tag tag) {
  const std::uint64_t id = next_tag_++;
  if (tag.allowed && tag.destination != PublicKey{}) undelivered_[tag.destination].insert(id);
  tags_.emplace(id, tag);
  return id;
}

}  // namespace roost::simulation
