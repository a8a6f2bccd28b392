// SPDX-License-Identifier: MIT
#include "tests/simulation/world.h"

#include <algorithm>
#include <cstdio>

namespace roost::simulation {

using namespace std::chrono_literals;

void Tally::add(const Tally& o) {
  steps += o.steps; requests += o.requests; values += o.values; problems += o.problems; launches += o.launches;
  kills += o.kills; deaths += o.deaths; commits += o.commits; failed_commits += o.failed_commits; crashes += o.crashes;
  for (std::size_t i = 0; i < kinds.size(); ++i) kinds[i] += o.kinds[i];
  spawns += o.spawns; destroys += o.destroys; hops += o.hops; reads += o.reads; stops += o.stops; drains += o.drains;
  attempts += o.attempts; circles += o.circles;
  definitions += o.definitions;
}

void World::broken(const std::string& what) const { throw Violation(what); }

std::string World::short_name(const PublicKey& key) const { return fingerprint_of(key).substr(0, 6); }

void World::trace(const std::string& line) const {
  if (!options_.trace) return;
  const auto ms = (now_.time_since_epoch() % 1000000s) / 1us;
  std::printf("%12.3f  %s\n", static_cast<double>(ms) / 1000, line.c_str());
}

// ---- the launcher

void World::launch(const core::LaunchOrder& order) {
  judge_launch(order);
  ++tally_.launches;
  auto process = std::make_unique<Process>();
  Process& made = *process;
  made.id = order.worker;
  made.node = order.node;
  made.capabilities = order.capabilities;
  made.honest = calm_ || random_.percent(85);
  made.hangs = !calm_ && random_.percent(2);
  made.log = &logs_.emplace_back();
  processes_.emplace(static_cast<std::uint64_t>(order.worker), std::move(process));
  judge_awake_budgets(order.node);
  trace("launch worker " + std::to_string(static_cast<std::uint64_t>(order.worker)) + " of " + short_name(order.node));
  const core::WorkerId id = order.worker;
  if (!calm_ && random_.percent(3))
    return at(some_delay(), [this, id] { if (Process* p = live(id)) die(*p, {core::ExitKind::LaunchFailed, 0, "the zygote could not fork"}); });
  at(some_delay(), [this, id] {
    Process* p = live(id);
    if (!p || !p->running) return;
    container_->worker_started(now_, id, static_cast<std::int32_t>(static_cast<std::uint64_t>(id) + 100));
    at(some_delay(), [this, id] { if (Process* again = live(id)) process_acts(*again); });
  });
}

void World::send(core::WorkerId worker, const wire::ToWorker& frame) {
  Process* process = live(worker);
  if (!process) return;
  if (const auto* run = std::get_if<wire::Run>(&frame)) judge_delivery(*process, run->computation);
  if (const auto* eval = std::get_if<wire::Eval>(&frame)) judge_delivery(*process, eval->program);
  if (std::holds_alternative<wire::Stop>(frame)) judge_stop(*process);
  if (const auto* attempted = std::get_if<wire::Attempted>(&frame)) judge_attempted(*process, *attempted);
  process->inbox.push_back(frame);
  at(some_delay(), [this, worker] { if (Process* p = live(worker)) process_reads(*p); });
}

std::uint64_t World::unsent_bytes(core::WorkerId worker) const {
  const Process* process = live(worker);
  return process ? process->inbox.size() * 64 : 0;
}

void World::kill(core::WorkerId worker) {
  Process* process = live(worker);
  if (!process) return;
  ++tally_.kills;
  trace("kill worker " + std::to_string(static_cast<std::uint64_t>(worker)));
  at(some_delay(), [this, worker] { if (Process* p = live(worker)) die(*p, {core::ExitKind::Signal, 9, "killed by the container"}); });
}

// ---- the journal and the reader

void World::commit(core::Batch batch) {
  if (commit_under_way_) broken("two batches were under way at once");
  commit_under_way_ = true;
  ++tally_.commits;
  const bool fails = !calm_ && random_.percent(12);
  auto shared = std::make_shared<core::Batch>(std::move(batch));
  // In doubt: the transaction takes effect some time before its outcome is known, and a crash may fall between.
  at(random_.percent(70) ? some_delay() : some_delay() * 20, [this, shared, fails] {
    if (!fails)
      if (const std::string wrong = durable_.apply(*shared); !wrong.empty()) broken(wrong);
    at(some_delay(), [this, shared, fails] {
      commit_under_way_ = false;
      if (fails) ++tally_.failed_commits;
      trace("batch " + std::to_string(static_cast<std::uint64_t>(shared->id)) + (fails ? " failed" : " committed"));
      container_->committed(now_, shared->id, {!fails, fails ? "the database said no" : "", {}});
    });
  });
}

void World::judge_question(const PublicKey& node, std::uint64_t number) {
  for (const auto& [id, process] : processes_) {
    if (process->node != node || process->reaped) continue;
    if (const auto found = process->reads.find(number); found != process->reads.end() && !is_there(*process, found->second))
      broken("a read or a fetch was let through before the writes and the code of its own process were committed");
  }
}

// The simulated processes put the number of the question into the URL.
void World::fetch(core::FetchOrder order) {
  ++tally_.reads;
  judge_question(order.node, std::stoull(order.url));
  const core::ReadId id = order.id;
  const bool fails = random_.percent(30);
  at(some_delay(), [this, id, fails] {
    if (fails) container_->fetch_done(now_, id, Refused{std::string("no such host")});
    else container_->fetch_done(now_, id, std::string("a page"));
  });
}

void World::read(core::StateRead read) {
  ++tally_.reads;
  judge_question(read.node, read.read.read);
  const core::ReadId id = read.id;
  const bool fails = !calm_ && random_.percent(3);
  at(some_delay(), [this, id, fails] {
    if (fails) container_->read_done(now_, id, Refused{std::string("the database is gone")});
    else container_->read_done(now_, id, std::vector<wire::Entry>{});
  });
}

// ---- replies and observers

void World::answer(core::RequestId request, core::Answer answer) {
  const auto id = static_cast<std::uint64_t>(request);
  const auto found = asked_.find(id);
  if (found == asked_.end()) broken("request " + std::to_string(id) + " was answered twice, or was never asked");
  const Asked asked = found->second;
  asked_.erase(found);
  if (options_.trace) {
    const auto* problem = std::get_if<core::Problem>(&answer.content);
    trace("answer " + std::to_string(id) + ": " + (problem ? std::string(core::traits_of(problem->kind).name) + ": " + problem->detail : "ok"));
  }
  judge_answer(asked, id, answer);
}

void World::publish(const core::NodeStatus& status) {
  if (status.slot >= settings_.nodes_max) broken("a slot beyond nodes_max was published");
  const auto [place, fresh] = slots_.emplace(status.slot, status.key);
  if (!fresh && place->second != status.key) broken("one slot holds two nodes");
}
void World::clear(std::uint32_t slot) { slots_.erase(slot); }
Bytes World::seal(const PublicKey&, BytesView seed) { return "sealed:" + Bytes(seed); }
void World::log(const core::LogEvent& event) {
  if (options_.trace) trace("log " + std::string(event.event) + (event.node ? " " + short_name(*event.node) : "") + ": " + event.message);
}

// ---- what must hold

void World::judge_launch(const core::LaunchOrder& order) {
  for (const auto& [id, process] : processes_)
    if (process->node == order.node && !process->reaped) broken("a second process of one node was started");
  if (durable_.destroyed(order.node)) broken("a destroyed node was started");
  if (!durable_.lives(order.node)) broken("a node was started before it was durable");
  for (auto above = std::optional{order.node}; above; above = durable_.nodes().at(*above).parent)
    for (const auto& [id, asked] : asked_)
      if (asked.is_destroy && asked.node == *above) broken("a node was started while it, or one above it, was being destroyed");
  const auto waiting = undelivered_.find(order.node);
  if (waiting == undelivered_.end() || waiting->second.empty())
    broken("a node was started though no message that it accepts was for it");
}

void World::judge_awake_budgets(const PublicKey& woken) {
  std::map<PublicKey, std::pair<std::uint64_t, std::uint64_t>> used;   // awake, bytes
  std::uint64_t all = 0;
  for (const auto& [id, process] : processes_) {
    if (process->reaped) continue;
    ++all;
    for (auto above = std::optional{process->node}; above;) {
      auto& [awake, bytes] = used[*above];
      ++awake;
      bytes += settings_.worker_memory_bytes;
      const auto record = known_.find(*above);
      above = record == known_.end() ? std::nullopt : record->second.parent;
    }
  }
  if (all > settings_.awake_max) broken("more processes than awake_max");
  for (auto above = std::optional{woken}; above; above = known_.at(*above).parent) {
    const core::Budget& budget = known_.at(*above).budget;
    const auto& [awake, bytes] = used[*above];
    if (budget.awake && awake > *budget.awake) broken("a budget of awake nodes was exceeded");
    if (budget.memory_bytes && bytes > *budget.memory_bytes) broken("a budget of memory was exceeded");
  }
}

void World::judge_visible(const Tag& tag, const char* what) const {
  if (tag.said_by && !is_there(*tag.said_by, tag.before))
    broken(std::string(what) + " left its node before the writes and the code that it depends on were committed");
}

// The writes are durable; the code is durable, and any process can read it.
bool World::is_there(const Process& process, const Process::Before& before) const {
  const auto all_of = [&before](const Code& code) { return std::includes(code.begin(), code.end(), before.code.begin(), before.code.end()); };
  return process.log->durable >= before.writes && all_of(durable_.code()) && all_of(code_->published());
}

void World::judge_delivery(Process& process, BytesView content) {
  ++process.sent_to_it;
  const auto found = tags_.find(std::stoull(std::string(content)));
  if (found == tags_.end()) broken("a computation that nobody sent was delivered");
  Tag& tag = found->second;
  if (tag.delivered) broken("a computation was delivered twice");
  if (tag.destination != process.node) broken("a computation was delivered to another node");
  if (tag.said_by && tag.request != 0 && !tag.said_by->given.contains(tag.request))
    broken("a process passed on a request that was never given to it");
  if (!tag.allowed) broken("a computation was delivered whose sender the node does not accept");
  if (durable_.destroyed(process.node)) broken("a computation was delivered to a destroyed node");
  judge_visible(tag, "a computation");
  tag.delivered = true;
  process.given.insert(tag.request);
  process.holds.insert(tag.request);
  undelivered_[process.node].erase(found->first);
}

void World::judge_attempted(const Process& process, const wire::Attempted& what) {
  if (!process.elsewhere.contains(what.attempt)) {
    for (const wire::ToWorker& frame : process.inbox)   // it may not have read yet that it has begun
      if (const auto* begun = std::get_if<wire::Attempting>(&frame); begun && begun->attempt == what.attempt) return;
    if (process.honest) broken("an attempt came to something twice, or was never made");
  }
  if (what.failure.find("in a circle") != std::string::npos) ++tally_.circles;
  if (!what.ok) return;
  const auto found = tags_.find(std::stoull(what.value));
  if (found == tags_.end()) broken("an attempt came to a value that nobody said");
  judge_visible(found->second, "what an attempt came to");
}

void World::judge_stop(const Process& process) {
  ++tally_.stops;
  if (!process.honest) return;
  if (!process.computations.empty() || !process.attempting.empty() || !process.reads.empty())
    broken("a node was put to sleep while it worked");
  for (const wire::ToWorker& frame : process.inbox)
    if (std::holds_alternative<wire::Eval>(frame) || std::holds_alternative<wire::Run>(frame))
      broken("a node was put to sleep with a message on its way to it");
}

void World::judge_answer(const Asked& asked, std::uint64_t id, const core::Answer& answer) {
  if (now_ > asked.deadline + 1ms) broken("request " + std::to_string(id) + " was answered after its time limit");
  if (const auto* problem = std::get_if<core::Problem>(&answer.content)) {
    ++tally_.problems;
    ++tally_.kinds[static_cast<std::size_t>(problem->kind)];
    if (problem->detail.empty()) broken("a problem says nothing");
    if (core::traits_of(problem->kind).retryable && problem->retry_after_s == 0) broken("a retryable problem has no Retry-After");
    if (asked.is_destroy && problem->kind == core::ProblemKind::StorageFailed && durable_.destroyed(asked.node))
      broken("a node whose destruction failed is destroyed");
    if (asked.is_create && known_.contains(asked.node) && !durable_.lives(asked.node)) known_.erase(asked.node);
    return;
  }
  if (!asked.allowed) broken("a sender that the node does not accept got an answer");
  if (asked.is_destroy && !durable_.destroyed(asked.node)) broken("a destruction was acknowledged before it was durable");
  if (asked.is_create && !durable_.lives(asked.node)) broken("a creation was acknowledged before it was durable");
  const auto* value = std::get_if<core::Value>(&answer.content);
  if (!value) return;
  ++tally_.values;
  saw_value_ = true;
  const auto found = tags_.find(std::stoull(value->content));
  if (found == tags_.end()) broken("a value that nobody said was answered");
  if (found->second.request != id) broken("a request was answered with the value of another");
  if (!found->second.said_by->given.contains(id)) broken("a process answered a request that was never given to it");
  judge_visible(found->second, "an answer");
}

void World::judge_rest() {
  if (!asked_.empty())
    broken("request " + std::to_string(asked_.begin()->first) + " was never answered (" + std::to_string(asked_.size()) + " such)");
  const core::Container::Counts counts = container_->counts();
  if (counts.requests != 0) broken("the container remembers requests that were answered");
  for (const auto& [id, process] : processes_)
    if (process->running && process->honest && !process->attempting.empty()) broken("an attempt never came to anything");
  if (counts.awake != 0) broken("processes are left when nothing happens any more");
  if (counts.nodes != durable_.nodes().size())
    broken("the container counts " + std::to_string(counts.nodes) + " nodes, the directory has " + std::to_string(durable_.nodes().size()));
  if (code_->reserved() != 0) broken("room in the code store is reserved when nothing happens any more");
  if (code_->published() != durable_.code()) broken("what is published is not the code that is durable");
  if (slots_.size() != counts.nodes) broken("the status map shows " + std::to_string(slots_.size()) + " nodes of " + std::to_string(counts.nodes));
}

}  // namespace roost::simulation
