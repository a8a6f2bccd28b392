// SPDX-License-Identifier: MIT
#pragma once

// A node's channels (8.5). A message goes to who listens on this node: the longest waiting `receive`, else the newest
// `receive-async`. With no listener it is kept if the channel was created here, else it is the sender's to route. Once a
// `receive-async` has got its message, later ones are dropped until somebody listens again: a race has one winner.
//
// A *future* is what receive-async gives: a Receive on a channel id of its own (is_future()). It remembers its message, so it
// can be run again; its limit counts from when it was made. Whoever waits for one beyond its limit fails.
// What is kept counts as the node's memory. Thread: one per Heap.

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "worker/runtime/object.h"
#include "worker/runtime/value.h"

namespace roost::runtime {

using ComputationId = std::uint64_t;

// A fresh id: the home's key | random | host (value.h).
[[nodiscard]] Bytes new_channel_id(const PublicKey& home, std::string_view host, bool future);
[[nodiscard]] bool is_future(const Channel& channel);

class Channels {
 public:
  // Channels whose receive-async got its message; beyond this many the oldest take messages again.
  static constexpr std::size_t kSettledMax = 4'096;
  // Futures that have their message, and may be run (again) at any time. Beyond this many the oldest are forgotten.
  static constexpr std::size_t kFulfilledMax = 8'192;

  ~Channels();

  enum class Delivered { Kept, Dropped, NobodyHere, ToReceivers };
  struct Delivery {
    Delivered what = Delivered::Dropped;
    std::vector<ComputationId> receivers;   // to be woken with the message
    Bytes fulfilled;                        // the future that got it, if one did
  };
  // `is_home`: the channel was created on this node. Throws Crash (MemoryLimit).
  [[nodiscard]] Delivery deliver(BytesView channel, const Value& message, bool is_home);

  // A message that waits already (taken), or unset: then the computation listens.
  [[nodiscard]] Value receive(BytesView channel, ComputationId computation);
  // Makes a future, which may be fulfilled at once.
  void receive_async(BytesView channel, const Bytes& future);

  enum class FutureState { Unknown, Pending, Fulfilled };
  [[nodiscard]] FutureState state_of(BytesView future) const;
  [[nodiscard]] Value value_of(BytesView future) const;      // Requires: Fulfilled
  void wait_for(BytesView future, ComputationId computation);   // Requires: Pending
  // The limit of a pending future passed: who waited for it in vain.
  [[nodiscard]] std::vector<ComputationId> limit_passed(const Bytes& future);
  // The computation does not listen any more.
  void stop_listening(BytesView channel, ComputationId computation);
  [[nodiscard]] std::size_t pending_futures() const { return pending_; }

 private:
  struct Listening {
    std::deque<Value> messages;
    std::deque<ComputationId> receivers;
    Bytes future;   // empty: none
    bool settled = false;
    [[nodiscard]] bool is_idle() const { return messages.empty() && receivers.empty() && future.empty() && !settled; }
  };
  struct Future {
    Value value;
    std::vector<ComputationId> waiting;
    Bytes channel;
  };
  Listening& listening(BytesView channel);
  void forget_if_idle(const Bytes& channel);
  void settle(const Bytes& channel);
  void fulfil(const Bytes& id, Future& future, Value value);
  void drop_future(const Bytes& future);

  std::unordered_map<Bytes, Listening> channels_;
  std::unordered_map<Bytes, Future> futures_;
  std::deque<Bytes> settled_;
  std::deque<Bytes> fulfilled_;
  std::size_t pending_ = 0;
};

}  // namespace roost::runtime
