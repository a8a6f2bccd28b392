// SPDX-License-Identifier: MIT
// Output gates and the journal. Entries are gathered while one batch is under way; what a node says after an entry of its own
// is held until that entry is committed. A gate belongs to the node, not to the process: what a process said before it died is
// still let out, in order. If a batch fails, its authors are killed, their later entries and what they held are dropped: nobody
// ever saw what was lost.
//
// Code is published, for every worker to read, when it is committed and before anything is let out. Its room in the code store is
// reserved from its frame on, and given up if it is not committed.

#include "backend/core/mutation.h"
#include "backend/core/rules.h"

namespace roost::core {

void Container::Rules::append(Node* author, JournalEntry entry, std::uint64_t bytes) {
  const JournalSequence sequence = next_sequence_++;
  gathering_.push_back({sequence, author ? author->index : kNoNode, bytes, std::move(entry)});
  gathering_bytes_ += bytes;
  if (!author) return;
  author->gate = sequence;
  author->journal_bytes += bytes;
}

bool Container::Rules::journal_is_full(Worker& worker, std::uint64_t bytes) {
  const std::uint64_t waiting = gathering_bytes_ + in_flight_bytes_ + bytes, max = settings_.journal_bytes_max;
  const Node& node = nodes_[worker.node];
  const bool holds_much = node.journal_bytes + bytes > max / kJournalShares;
  if (waiting <= (holds_much ? max - max / kJournalShares : max)) return false;
  kill_worker(worker, limit_problem(ProblemKind::StorageFailed, "Node " + name(node) + " wrote when too many bytes waited to be committed" +
                                                               (holds_much ? ", and its own were many of them." : "."),
                                    &node, waiting, max, "journal_bytes_max"), "journal-full");
  return true;
}

// Takes the room, if there is enough. Workers look first, so that a program meets the limit and not its process: this is for those that
// do not, and for many that define at once.
bool Container::Rules::code_store_is_full(Worker& worker, std::uint64_t size) {
  if (doors_.code_store.reserve(size)) return false;
  const Node& node = nodes_[worker.node];
  const std::uint64_t needed = doors_.code_store.bytes_with(size);
  const std::string what = "Node " + name(node) + " defined code for which ";
  kill_worker(worker, needed > settings_.code_bytes_max
                          ? limit_problem(ProblemKind::ContainerFull, what + "the code store has no room.", &node, needed, settings_.code_bytes_max, "code_bytes_max")
                          : problem(ProblemKind::ContainerFull, what + "the container's machine has no memory: /dev/shm is full.", &node),
              "code-full");
  return true;
}

// Starts the next batch, if there is one and none is under way.
void Container::Rules::commit_next() {
  while (!committing_ && !gathering_.empty()) {
    Batch batch{BatchId{static_cast<std::uint64_t>(position_) + 1}, take_gathered()};
    if (batch.entries.empty()) {   // all of it is durable already
      batch_succeeded(take_in_flight());
      continue;
    }
    position_ = batch.id;
    committing_ = true;
    doors_.journal.commit(std::move(batch));
  }
}

// As many entries as one batch may have. A definition that was published since it was gathered need not go over: its bytes may be others
// (names of variables), and the database is to have no more than the store has counted.
std::vector<JournalEntry> Container::Rules::take_gathered() {
  std::vector<JournalEntry> entries;
  while (!gathering_.empty() && in_flight_.size() < settings_.journal_batch_max) {
    GatheredEntry& next = gathering_.front();
    if (!in_flight_.empty() && in_flight_bytes_ + next.bytes > kBatchBytesMax) break;
    CommittedEntry& note = in_flight_.emplace_back(CommittedEntry{next.sequence, next.author, kNoNode, next.bytes});
    if (const auto* creation = std::get_if<NodeCreation>(&next.entry)) note.created = by_key_.at(creation->record.key);
    const auto* definition = std::get_if<Definition>(&next.entry);
    const bool is_known = definition && doors_.code_store.holds(definition->hash) && !mutated(Mutation::PublishBeforeCommit);
    if (is_known) give_up(*definition);
    else if (definition) in_flight_definitions_.push_back(*definition);
    gathering_bytes_ -= next.bytes;
    in_flight_bytes_ += next.bytes;
    if (!is_known) entries.push_back(std::move(next.entry));
    gathering_.pop_front();
  }
  return entries;
}

// ---- the gate

// Everything visible that a node says passes here.
void Container::Rules::say(Node& node, HeldOutput output, std::uint64_t bytes) {
  output.gate = node.gate;
  const bool read = output.is_question();
  const bool open = mutated(read ? Mutation::OpenReadGate : Mutation::OpenGate);
  if (open || (output.gate <= committed_ && node.held.empty())) return release(node, std::move(output));
  node.held_bytes += bytes;
  node.held.push_back(std::move(output));
  if (node.held_bytes > kHeldBytesMax && node.worker)
    kill_worker(*node.worker, limit_problem(ProblemKind::StorageFailed, "Node " + name(node) + " said too much while its writes waited to be committed.",
                                            &node, node.held_bytes, kHeldBytesMax, "a fixed limit"), "gate-full");
}

void Container::Rules::release(Node& node, HeldOutput held) {
  if (auto* answered = std::get_if<wire::Answer>(&held.output)) {
    if (const auto* failure = std::get_if<wire::Failure>(&answered->outcome))
      return answer(answered->origin.request, problem_from(*failure, node.record.key));
    return answer(answered->origin.request, Value{std::move(std::get<std::string>(answered->outcome)), {}, {}});
  }
  if (auto* returned = std::get_if<wire::Return>(&held.output))
    return answer(returned->origin.request, Value{std::move(returned->value), {}, {}});
  if (auto* send = std::get_if<wire::Send>(&held.output)) return route(node, std::move(*send), held.wants_debug);
  CHECK(node.worker);   // held questions go with the process that asked
  ask(*node.worker, held);
}

void Container::Rules::release_held(Node& node) {
  while (!node.held.empty() && node.held.front().gate <= committed_) release(node, node.held.pop_front());
  if (!node.held.empty()) return;
  node.held_bytes = 0;
  settle(node);
}

// ---- outcomes

void Container::Rules::committed(BatchId batch, const CommitOutcome& outcome) {
  CHECK(committing_ && batch == position_);
  committing_ = false;
  const std::vector<CommittedEntry> entries = take_in_flight();
  if (outcome.ok) batch_succeeded(entries);
  else batch_failed(entries, outcome);
}

// The journal has them no more.
std::vector<CommittedEntry> Container::Rules::take_in_flight() {
  for (const CommittedEntry& entry : in_flight_)
    if (entry.author != kNoNode) nodes_[entry.author].journal_bytes -= entry.bytes;
  in_flight_bytes_ = 0;
  return std::exchange(in_flight_, {});
}

void Container::Rules::batch_succeeded(const std::vector<CommittedEntry>& batch) {
  committed_ = batch.back().sequence;
  if (!mutated(Mutation::ReleaseBeforePublish)) publish_definitions();   // before anything that may refer to them is let out
  while (!creations_.empty() && creations_.begin()->first <= committed_) {
    const Creation creation = creations_.extract(creations_.begin()).mapped();
    doors_.replies.answer(creation.request, {Done{creation.node}, {}});
  }
  while (!destructions_.empty() && destructions_.begin()->first <= committed_)
    destruction_committed(destructions_.extract(destructions_.begin()).mapped());
  for (const CommittedEntry& entry : batch)
    if (entry.author != kNoNode) release_held(nodes_[entry.author]);
  if (mutated(Mutation::ReleaseBeforePublish)) publish_definitions();
}

void Container::Rules::publish_definitions() {
  for (const Definition& definition : std::exchange(in_flight_definitions_, {}))
    if (!mutated(Mutation::PublishBeforeCommit)) doors_.code_store.publish(definition.hash, *definition.bytes);
}

void Container::Rules::give_up(const Definition& definition) {
  if (!mutated(Mutation::KeepRoom)) doors_.code_store.give_up(definition.bytes->size());
}

void Container::Rules::batch_failed(const std::vector<CommittedEntry>& batch, const CommitOutcome& outcome) {
  const std::string& error = outcome.error;
  log(LogLevel::Error, "commit-failed", nullptr,
      std::to_string(batch.size()) + " entries: " + error + (outcome.detail.empty() ? "" : ": " + outcome.detail));
  position_ = BatchId{static_cast<std::uint64_t>(position_) - 1};   // it was not reached: the next batch takes it
  committed_ = batch.back().sequence;                               // nothing waits for these entries any more
  for (const Definition& definition : std::exchange(in_flight_definitions_, {})) give_up(definition);
  std::unordered_set<NodeIndex> authors;
  std::vector<NodeIndex> unborn;
  for (const CommittedEntry& entry : batch) {
    if (entry.author != kNoNode) authors.insert(entry.author);
    if (entry.created != kNoNode) unborn.push_back(entry.created);
  }
  if (!mutated(Mutation::KeepLaterWrites)) drop_later_entries(authors, unborn);
  for (const NodeIndex author : authors) fail_writer(nodes_[author], error);
  for (const NodeIndex child : unborn) never_came_to_be(child);
  while (!creations_.empty() && creations_.begin()->first <= committed_)
    refuse(creations_.extract(creations_.begin()).mapped().request, problem(ProblemKind::StorageFailed, "The new node could not be stored: " + error + "."));
  while (!destructions_.empty() && destructions_.begin()->first <= committed_)
    destruction_failed(destructions_.extract(destructions_.begin()).mapped(), error);
}

// What the authors of a failed batch wrote after it rests on what was lost.
void Container::Rules::drop_later_entries(const std::unordered_set<NodeIndex>& authors, std::vector<NodeIndex>& unborn) {
  std::erase_if(gathering_, [&](const GatheredEntry& entry) {
    if (!authors.contains(entry.author)) return false;
    if (const auto* creation = std::get_if<NodeCreation>(&entry.entry)) unborn.push_back(by_key_.at(creation->record.key));
    if (const auto* definition = std::get_if<Definition>(&entry.entry)) give_up(*definition);
    gathering_bytes_ -= entry.bytes;
    nodes_[entry.author].journal_bytes -= entry.bytes;
    return true;
  });
}

void Container::Rules::fail_writer(Node& node, const std::string& error) {
  node.gate = 0;
  const Problem why = problem(ProblemKind::StorageFailed, "What node " + name(node) + " wrote could not be committed: " + error + ".", &node);
  fail_held(node, why);
  if (node.worker) kill_worker(*node.worker, why, "storage-failed");
}

void Container::Rules::fail_held(Node& node, const Problem& why) {
  node.held_bytes = 0;
  for (const HeldOutput& held : node.held.take_all()) {
    if (const auto* answered = std::get_if<wire::Answer>(&held.output)) answer(answered->origin.request, why);
    if (const auto* send = std::get_if<wire::Send>(&held.output)) answer(send->origin.request, why);
    if (const auto* returned = std::get_if<wire::Return>(&held.output)) answer(returned->origin.request, why);
  }
}

}  // namespace roost::core
