// SPDX-License-Identifier: MIT
#pragma once

// A container behind doors that only remember. Its tests speak in the verbs of the domain: request, ready, says, dies, commits.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "backend/core/container.h"

namespace roost::core {

using namespace std::chrono_literals;

struct Sent {
  std::uint64_t worker = 0;
  wire::ToWorker frame;
};

class CoreTest : public ::testing::Test,
                 Launcher, Journal, StateReader, Fetcher, Replies, StatusBoard, KeyVault, LogSink, CodeStore {
 protected:
  static PublicKey key(std::uint8_t number) {
    PublicKey made;
    made.bytes.fill(number);
    return made;
  }
  static NodeRecord record(std::uint8_t number, AccessKind access = AccessKind::Anyone) {
    NodeRecord made;
    made.key = key(number);
    made.access.kind = access;
    made.capabilities = 63;
    made.sealed_key = "sealed";
    return made;
  }
  static NodeRecord child(std::uint8_t number, std::uint8_t parent) {
    NodeRecord made = record(number);
    made.parent = key(parent);
    made.lifetime = Lifetime::Linked;
    return made;
  }

  Container& container() {
    if (!container_) container_ = std::make_unique<Container>(settings, Doors{*this, *this, *this, *this, *this, *this, *this, *this, *this}, BatchId{7});
    return *container_;
  }
  void have(NodeRecord node) { ASSERT_TRUE(container().load(std::move(node))); }

  // Asks node `number`; gives the request's number.
  std::uint64_t request(std::uint8_t number, Sender sender = Anonymous{}, bool debug = false, std::optional<Duration> wait = {}) {
    const std::uint64_t id = next_request_++;
    container().evaluate(now, {RequestId{id}, key(number), sender, "1 + 1", wire::Format::Text, debug, wait, now});
    return id;
  }
  std::uint64_t destroy(std::uint8_t number) {
    container().destroy(now, RequestId{next_request_}, key(number));
    return next_request_++;
  }
  void says(std::uint64_t worker, wire::FromWorker frame) { container().worker_frame(now, WorkerId{worker}, std::move(frame)); }
  void ready(std::uint64_t worker) {
    container().worker_started(now, WorkerId{worker}, static_cast<std::int32_t>(worker) + 1000);
    says(worker, wire::Ready{});
  }
  void answers(std::uint64_t worker, std::uint64_t request_id, std::string value = "2") {
    says(worker, wire::Answer{origin(request_id), std::move(value)});
  }
  void idle(std::uint64_t worker, std::uint64_t received) { says(worker, wire::Idle{received, 1000}); }
  void writes(std::uint64_t worker, std::string value = "v") {
    says(worker, wire::Write{wire::WriteKind::Insert, Bytes(wire::kTokenBytes, 't'), "k", "key", std::move(value)});
  }
  static wire::DefinitionHash hash(std::uint8_t number) {
    wire::DefinitionHash made;
    made.fill(number);
    return made;
  }
  void defines(std::uint64_t worker, std::uint8_t number, std::size_t size = 10) {
    says(worker, wire::Define{hash(number), Bytes(size, static_cast<char>(number))});
  }
  void sends(std::uint64_t worker, std::uint64_t request_id, std::uint8_t to) {
    says(worker, wire::Send{origin(request_id), settings.host, key(to), "computation"});
  }
  void spawns(std::uint64_t worker, std::uint8_t number) { says(worker, wire::Spawn{key(number), Bytes(32, 's'), {}, {}}); }
  void dies(std::uint64_t worker, WorkerExit exit = {ExitKind::Signal, 11, "it was ended by SIGSEGV"}) {
    container().worker_exited(now, WorkerId{worker}, exit);
  }
  void stops(std::uint64_t worker) { dies(worker, {ExitKind::Clean, 0, ""}); }
  void commits(bool ok = true) {
    ASSERT_FALSE(batches.empty());
    const BatchId id = batches.back().id;
    container().committed(now, id, ok ? CommitOutcome{} : CommitOutcome{false, "no space", "the table's name"});
  }
  void passes(Duration time) {
    const Instant end = now + time;
    while (container().next_deadline() && *container().next_deadline() <= end) {
      now = std::max(now, *container().next_deadline());
      container().tick(now);
    }
    now = end;
  }
  // A node that is awake and idle; gives its worker.
  std::uint64_t awake(std::uint8_t number) {
    const std::uint64_t id = request(number, Operator{});
    const std::uint64_t worker = launches.size();
    ready(worker);
    answers(worker, id);
    idle(worker, 1);
    return worker;
  }

  static wire::Origin origin(std::uint64_t request_id) { return {request_id, request_id, wire::Format::Text}; }
  [[nodiscard]] bool is_answered(std::uint64_t id) const { return replies.contains(id); }
  [[nodiscard]] std::string value_of(std::uint64_t id) const {
    const auto* value = is_answered(id) ? std::get_if<Value>(&replies.at(id).content) : nullptr;
    return value ? value->content : "(no value)";
  }
  [[nodiscard]] const Problem* problem_of(std::uint64_t id) const {
    return is_answered(id) ? std::get_if<Problem>(&replies.at(id).content) : nullptr;
  }
  [[nodiscard]] std::string kind_of(std::uint64_t id) const {
    const Problem* problem = problem_of(id);
    return problem ? traits_of(problem->kind).name : is_answered(id) ? "(answered)" : "(open)";
  }
  [[nodiscard]] bool is_done(std::uint64_t id) const { return is_answered(id) && std::holds_alternative<Done>(replies.at(id).content); }
  NodeState state_of(std::uint8_t number) {
    container().describe(now, RequestId{next_request_}, key(number));
    const auto* description = std::get_if<NodeDescription>(&replies.at(next_request_++).content);
    return description ? description->state : NodeState::Destroyed;
  }
  template <typename Frame>
  [[nodiscard]] std::size_t sent_to(std::uint64_t worker) const {
    std::size_t count = 0;
    for (const Sent& one : sent) count += one.worker == worker && std::holds_alternative<Frame>(one.frame);
    return count;
  }
  [[nodiscard]] bool is_killed(std::uint64_t worker) const { return std::find(kills.begin(), kills.end(), worker) != kills.end(); }

  Settings settings;
  Instant now{std::chrono::seconds(1700000000)};
  std::vector<LaunchOrder> launches;
  std::vector<Sent> sent;
  std::vector<std::uint64_t> kills;
  std::vector<Batch> batches;
  std::vector<StateRead> state_reads;
  std::vector<FetchOrder> fetches;
  std::vector<PublicKey> forgotten;   // whose fetches are
  std::map<std::uint64_t, Answer> replies;
  std::map<std::uint32_t, NodeStatus> board;
  std::vector<std::string> events;
  std::uint64_t unsent = 0;
  bool held_up = false;
  std::map<wire::DefinitionHash, Bytes> code;   // published
  std::uint64_t code_bytes = 0, code_reserved = 0;
  bool shared_memory_full = false;

 private:
  void launch(const LaunchOrder& order) override { launches.push_back(order); }
  void send(WorkerId worker, const wire::ToWorker& frame) override { sent.push_back({static_cast<std::uint64_t>(worker), frame}); }
  std::uint64_t unsent_bytes(WorkerId) const override { return unsent; }
  bool is_held_up(WorkerId) const override { return held_up; }
  void kill(WorkerId worker) override { kills.push_back(static_cast<std::uint64_t>(worker)); }
  void commit(Batch batch) override { batches.push_back(std::move(batch)); }
  void read(StateRead read) override { state_reads.push_back(std::move(read)); }
  void fetch(FetchOrder order) override { fetches.push_back(std::move(order)); }
  void forget_fetches(const PublicKey& node) override { forgotten.push_back(node); }
  void answer(RequestId id, Answer answer) override {
    EXPECT_TRUE(replies.emplace(static_cast<std::uint64_t>(id), std::move(answer)).second) << "answered twice";
  }
  void publish(const NodeStatus& status) override { board[status.slot] = status; }
  void clear(std::uint32_t slot) override { board.erase(slot); }
  Bytes seal(const PublicKey&, BytesView seed) override { return "sealed:" + Bytes(seed); }
  bool holds(const wire::DefinitionHash& definition) const override { return code.contains(definition); }
  bool reserve(std::uint64_t bytes) override {
    if (shared_memory_full || bytes_with(bytes) > settings.code_bytes_max) return false;
    code_reserved += bytes;
    return true;
  }
  void publish(const wire::DefinitionHash& definition, BytesView bytes) override {
    give_up(bytes.size());
    if (code.emplace(definition, Bytes(bytes)).second) code_bytes += bytes.size();
  }
  void give_up(std::uint64_t bytes) override {
    ASSERT_GE(code_reserved, bytes);
    code_reserved -= bytes;
  }
  std::uint64_t bytes_with(std::uint64_t bytes) const override { return code_bytes + code_reserved + bytes; }
  void log(const LogEvent& event) override { events.push_back(std::string(event.event) + ": " + event.message); }

  std::unique_ptr<Container> container_;
  std::uint64_t next_request_ = 1;
};

}  // namespace roost::core
