// SPDX-License-Identifier: MIT
#pragma once

// A container for one program, in this process: as many nodes as the program makes, each a Machine of its own (worker/runtime/machine.h), what
// they send one another, and their state in memory. Nothing outlives it. There is no sandbox: what runs here has the rights of
// the process, which for programs of this language means memory and processor time. Thread: one.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "worker/runtime/library.h"
#include "worker/runtime/machine.h"

namespace roost::terminal {

struct Settings {
  std::uint64_t memory_bytes = 1u << 30;        // of one node
  std::uint64_t compute_ms = 24 * 3'600'000;    // CPU time of one message
};

class LocalContainer {
 public:
  using Outcome = std::variant<std::string, wire::Failure>;
  // Lines of Debug.watch and Debug.log, and failures of forked computations.
  using Say = std::function<void(wire::LogLevel level, const std::string& line)>;

  // Requires: the library outlives the container.
  LocalContainer(const runtime::Library& library, const Settings& settings, Say say);
  ~LocalContainer();

  // Runs the program on the first node. `answered` is called as soon as it has its value or failed; computations that it forked
  // go on behind that, and run() returns when all nodes are at rest. Never called: all wait for what cannot come.
  void run(const std::string& program, wire::Format format, const std::function<void(const Outcome&)>& answered);

  [[nodiscard]] std::size_t nodes() const { return nodes_.size(); }

 private:
  struct Node;
  struct Deliver;

  Node& awake(const PublicKey& key);
  void give(const PublicKey& key, const wire::ToWorker& frame);
  bool deliver();
  void take(const PublicKey& from, const wire::Write& write);
  void take(const PublicKey& from, const wire::Read& read);

  const runtime::Library& library_;
  const Settings settings_;
  const Say say_;
  PublicKey first_;
  std::map<PublicKey, Bytes> seeds_;
  std::map<PublicKey, std::unique_ptr<Node>> nodes_;
  std::deque<std::pair<PublicKey, wire::FromWorker>> frames_;
  std::map<Bytes, std::map<Bytes, wire::Entry>> state_;   // node | token → entries by hash of their key
  std::function<void(const Outcome&)> answered_;
  std::uint64_t requests_ = 0;
};

}  // namespace roost::terminal
