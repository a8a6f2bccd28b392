// SPDX-License-Identifier: MIT
#include "backend/core/container.h"

#include "backend/core/rules.h"

namespace roost::core {

namespace {

// One event: everything that follows from it happens at one time.
template <typename Rules, typename Handle>
void handle_at(Rules& rules, Instant now, Handle handle) {
  rules.begin(now);
  handle();
  rules.end();
}

}  // namespace

Container::Container(Settings settings, Doors doors, BatchId position)
    : rules_(std::make_unique<Rules>(std::move(settings), doors, position)) {}
Container::~Container() = default;

bool Container::load(NodeRecord record) { return rules_->load(std::move(record)); }
void Container::load_tombstone(const PublicKey& destroyed) { rules_->load_tombstone(destroyed); }

void Container::evaluate(Instant now, EvalRequest request) {
  handle_at(*rules_, now, [&] { rules_->evaluate(std::move(request)); });
}
void Container::describe(Instant now, RequestId id, const PublicKey& node) {
  handle_at(*rules_, now, [&] { rules_->describe(id, node); });
}
void Container::create(Instant now, RequestId id, NodeRecord record) {
  handle_at(*rules_, now, [&] { rules_->create(id, std::move(record)); });
}
void Container::destroy(Instant now, RequestId id, const PublicKey& node) {
  handle_at(*rules_, now, [&] { rules_->destroy(id, node); });
}
void Container::put_to_sleep(Instant now, RequestId id, const PublicKey& node) {
  handle_at(*rules_, now, [&] { rules_->put_to_sleep(id, node); });
}
void Container::drain(Instant now) {
  handle_at(*rules_, now, [&] { rules_->drain(); });
}
bool Container::drained() const { return rules_->drained(); }
void Container::change_settings(Instant now, Settings settings) {
  handle_at(*rules_, now, [&] { rules_->change_settings(std::move(settings)); });
}
void Container::worker_started(Instant now, WorkerId worker, std::int32_t pid) {
  handle_at(*rules_, now, [&] { rules_->worker_started(worker, pid); });
}
void Container::worker_frame(Instant now, WorkerId worker, wire::FromWorker frame) {
  handle_at(*rules_, now, [&] { rules_->worker_frame(worker, std::move(frame)); });
}
void Container::worker_took(Instant now, WorkerId worker) {
  handle_at(*rules_, now, [&] { rules_->worker_took(worker); });
}
void Container::worker_exited(Instant now, WorkerId worker, const WorkerExit& exit) {
  handle_at(*rules_, now, [&] { rules_->worker_exited(worker, exit); });
}
void Container::committed(Instant now, BatchId batch, const CommitOutcome& outcome) {
  handle_at(*rules_, now, [&] { rules_->committed(batch, outcome); });
}
void Container::read_done(Instant now, ReadId read, Result<std::vector<wire::Entry>, std::string> result) {
  handle_at(*rules_, now, [&] { rules_->read_done(read, std::move(result)); });
}
void Container::fetch_done(Instant now, ReadId read, Result<std::string, std::string> result) {
  handle_at(*rules_, now, [&] { rules_->fetch_done(read, std::move(result)); });
}
void Container::tick(Instant now) {
  handle_at(*rules_, now, [&] { rules_->tick(); });
}
std::optional<Instant> Container::next_deadline() const { return rules_->next_deadline(); }
Container::Counts Container::counts() const { return rules_->counts(); }

}  // namespace roost::core
