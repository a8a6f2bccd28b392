// SPDX-License-Identifier: MIT
#pragma once

// A node's channels (8.5). A message goes to who listens on this node: the longest waiting `receive`, else the newest
// `receive-async`. With no listener it is kept if the channel was created here, else it is the sender's to route. Once a
// `receive-async` has got its message, later ones are dropped until somebody listens again: a race has one winner. Once its limit has
// passed in vain, later ones are kept, but only for as long as there is room, until somebody listens again: most of them are results of
// a race that is over, and nobody can name its channel; but whoever polls a channel with limits loses nothing in between.
//
// A *future* is what receive-async gives: a Receive on a channel id of its own (is_future()). Its limit counts from when it was made;
// whoever waits for one beyond its limit fails. It can be run again and again, and nobody can say when for the last time: it keeps its
// message for certain until it has been run once or its limit has passed, and from then on for as long as there is room. The
// oldest of those give way when there are too many, or when the node needs the memory for something else. The order in which things
// give way: late messages, futures, and last the channels that drop messages, which from then on keep for certain what comes.
//
// What is kept counts as the node's memory. What throws (Crash, std::bad_alloc) has changed nothing: a message that has come, a limit
// that has passed and what is forgotten need no memory. Thread: one per Heap.

#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>

#include "worker/runtime/object.h"
#include "worker/runtime/value.h"

namespace roost::runtime {

using ComputationId = std::uint64_t;

// What is due at a time: either of them.
struct Timer {
  ComputationId computation = 0;
  const Bytes* future = nullptr;   // whose limit passes
};
using Timers = std::multimap<std::chrono::nanoseconds, Timer>;

// A fresh id: the home's key | random | host (value.h).
[[nodiscard]] Bytes new_channel_id(const PublicKey& home, std::string_view host, bool future);
[[nodiscard]] bool is_future(const Channel& channel);

class Channels {
 public:
  // One channel that drops messages for each so many bytes of the node's limit; with more, the oldest take messages again, and keep them
  // until the process ends. A computation that can still send one takes about as much, so the node is full of those first.
  static constexpr std::uint64_t kBytesPerSettled = 1'024;
  static constexpr std::size_t kSettledMin = 4'096;
  // Channels that keep late messages; beyond this many the oldest drop theirs, and what comes later.
  static constexpr std::size_t kLapsedMax = 8'192;
  // Futures that are kept only for as long as there is room.
  static constexpr std::size_t kForgettableMax = 8'192;

  // The limits of futures that have no message yet stand in `timers`, which outlives this. Requires: the node's heap is entered.
  explicit Channels(Timers& timers);
  ~Channels();
  Channels(const Channels&) = delete;
  Channels& operator=(const Channels&) = delete;

  using Place = std::uint64_t;   // in a row of computations that wait; later ones have greater numbers
  using Row = std::map<Place, ComputationId>;

  enum class Delivered { Kept, Dropped, NobodyHere, ToReceivers };
  struct Delivery {
    Delivered what = Delivered::Dropped;
    Row receivers;   // to be woken with the message
  };
  // `is_home`: the channel was created on this node. Throws Crash (MemoryLimit).
  [[nodiscard]] Delivery deliver(BytesView channel, const Value& message, bool is_home);

  // A message that waits, or unset.
  [[nodiscard]] Value take_message(BytesView channel);
  [[nodiscard]] Place listen(BytesView channel, ComputationId computation);
  // Makes a future, which may be fulfilled at once. `in_vain`: what is said to those who wait for it until its limit.
  void receive_async(BytesView channel, const Bytes& future, std::chrono::nanoseconds limit, std::string in_vain);

  enum class FutureState { Unknown, Pending, Fulfilled };
  [[nodiscard]] FutureState state_of(BytesView future) const;
  [[nodiscard]] std::string_view in_vain(BytesView future) const;          // Requires: not Unknown
  [[nodiscard]] Value value_of(BytesView future);                          // Requires: Fulfilled
  [[nodiscard]] Place wait_for(BytesView future, ComputationId computation);   // Requires: Pending
  // The limit of that future has passed, and no message has come. Those who waited in vain.
  [[nodiscard]] Row limit_passed(const Bytes& future) noexcept;
  // The next one that has its message, and whose limit has passed, may be forgotten from now on; false: there is none.
  bool pass_limit(std::chrono::nanoseconds now) noexcept;
  // The computation that waits for this channel or future there does not wait any more.
  void stop_waiting(const Bytes& channel, Place place);
  [[nodiscard]] std::size_t pending_futures() const { return pending_; }

 private:
  struct Future;
  struct Listening;
  using Entry = std::pair<const Bytes, Listening>;
  using Settled = std::list<Entry*>;
  struct Listening {
    std::list<Value> messages;
    Row receivers;
    std::pair<const Bytes, Future>* future = nullptr;   // the newest
    Settled* stands_in = nullptr;       // settled_ or lapsed_, if nobody has listened since its last receive-async was over
    Settled::iterator place;            // there
    [[nodiscard]] bool is_idle() const { return messages.empty() && receivers.empty() && future == nullptr && stands_in == nullptr; }
  };
  struct Future {
    Value value;
    Row waiting;
    std::string in_vain;
    Entry* channel = nullptr;      // on which it listens
    Settled settles;               // the place that its channel will have among the settled or lapsed
    Timers* stands_in = nullptr;   // timers_, fulfilled_ or forgettable_
    Timers::iterator limit;        // there
  };
  using FutureEntry = std::pair<const Bytes, Future>;
  struct ForgetIfIdle {
    Channels& channels;
    void operator()(const Entry* entry) const { channels.forget_if_idle(*entry); }
  };
  using ListeningHere = std::unique_ptr<Entry, ForgetIfIdle>;

  ListeningHere listening(BytesView channel, std::uint64_t bytes_more);
  void forget_if_idle(const Entry& entry) noexcept;
  void settle(Entry& entry, Settled& place) noexcept;
  void lapse(Entry& entry, Settled& place) noexcept;
  void unsettle(Listening& listening) noexcept;
  bool close_oldest_lapsed() noexcept;
  bool reopen_oldest_settled() noexcept;
  void drop_messages(Listening& listening) noexcept;
  Place take_place(Row& row, BytesView channel, ComputationId computation);
  Row::node_type leave_row(Row& row, BytesView channel, Row::iterator at);
  Value first_message(Listening& listening);
  Row everybody(FutureEntry& future) noexcept;
  void move_limit(FutureEntry& future, Timers::node_type limit, Timers& to) noexcept;
  void make_forgettable(FutureEntry& future) noexcept;
  bool forget_oldest() noexcept;
  void drop(const Bytes& future) noexcept;
  static std::uint64_t bytes_of(const FutureEntry& future);
  void note(std::uint64_t bytes);
  void remove(std::uint64_t bytes);

  Timers& timers_;
  std::unordered_map<Bytes, Listening> channels_;
  std::unordered_map<Bytes, Future> futures_;
  Settled settled_;      // drop messages; oldest first
  Settled lapsed_;       // keep them for as long as there is room; oldest first
  Timers fulfilled_;     // the limits of futures that have their message, and were not run yet
  Timers forgettable_;   // of those that may be forgotten, oldest first: instead of a time each has a number
  Timers::key_type next_forgettable_{1};
  Place next_place_ = 1;
  std::size_t pending_ = 0;
  std::uint64_t bytes_ = 0;   // counted
};

}  // namespace roost::runtime
