// SPDX-License-Identifier: MIT
// The process has no memory for once, at each place where it asks for some: whoever asked is answered, and the node goes on.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <new>

#include "worker/code/private_store.h"
#include "worker/runtime/channels.h"
#include "worker/runtime/library.h"
#include "worker/runtime/machine.h"

namespace {

std::uint64_t allocations_left = 0;   // until the one that fails; 0: none does

void* allocate(std::size_t bytes) {
  if (allocations_left != 0 && --allocations_left == 0) throw std::bad_alloc();
  if (void* place = std::malloc(bytes == 0 ? 1 : bytes)) return place;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t bytes) { return allocate(bytes); }
void* operator new[](std::size_t bytes) { return allocate(bytes); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return std::malloc(bytes); }   // of sorts, which can do without
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return std::malloc(bytes); }
void operator delete(void* place) noexcept { std::free(place); }
void operator delete[](void* place) noexcept { std::free(place); }
void operator delete(void* place, std::size_t) noexcept { std::free(place); }
void operator delete[](void* place, std::size_t) noexcept { std::free(place); }

namespace roost::runtime {
namespace {

// Lets the `number`th allocation of its life fail.
class Exhaustion {
 public:
  explicit Exhaustion(std::uint64_t number) { allocations_left = number; }
  ~Exhaustion() { allocations_left = 0; }
  Exhaustion(const Exhaustion&) = delete;
  Exhaustion& operator=(const Exhaustion&) = delete;
  [[nodiscard]] static bool is_over() { return allocations_left == 0; }
};

const Library& library() {
  static const std::unique_ptr<const Library> loaded = Library::load(std::vector<std::string>{});
  return *loaded;
}

const code::StoreView& store() {
  static code::PrivateStore private_store(16u << 20);
  static const code::StoreView view = private_store.view();
  return view;
}

// One node without a container.
class LoneNode : private Outbox {
 public:
  LoneNode() {
    wire::Start start;
    start.host = "localhost";
    start.memory_bytes = 64u << 20;
    start.compute_ms = 10'000;
    start.receive_ms = 5'000;
    start.capabilities = (1u << wire::kCapabilitiesCount) - 1;
    machine_.handle(now_, start);
  }
  std::uint64_t send(const std::string& program) {
    machine_.handle(now_, wire::Eval{{++requests_, requests_, wire::Format::Text}, program});
    return requests_;
  }
  // Until nothing happens any more.
  void settle() {
    for (;;) {
      const Machine::Next next = machine_.run(now_);
      if (next.what == Machine::Next::Do::RunAgain) continue;
      is_idle = next.what == Machine::Next::Do::Idle;
      if (is_idle || !next.deadline) return;
      now_ = *next.deadline;
    }
  }
  std::map<std::uint64_t, std::string> answers;   // by request; a failure is its reason
  bool is_idle = false;
  int lines_after_an_answer = 0;   // of Debug.watch

 private:
  // What the container does with a frame is not the machine's to bear.
  void send(const wire::FromWorker& frame) override {
    const std::uint64_t left = std::exchange(allocations_left, 0);
    if (const auto* answer = std::get_if<wire::Answer>(&frame)) {
      const auto* text = std::get_if<std::string>(&answer->outcome);
      EXPECT_TRUE(answers.emplace(answer->origin.request, text ? *text : "✗ " + std::get<wire::Failure>(answer->outcome).reason).second);
    }
    if (const auto* log = std::get_if<wire::Log>(&frame)) lines_after_an_answer += log->level == wire::LogLevel::Debug && !answers.empty();
    allocations_left = left;
  }

  MonotonicTime now_{std::chrono::seconds(1)};
  std::uint64_t requests_ = 0;
  Machine machine_{library(), store(), *this};
};

class Exhausted : public ::testing::TestWithParam<const char*> {};

TEST_P(Exhausted, ANodeAnswersAndGoesOn) {
  bool is_over = true;
  for (std::uint64_t number = 1; is_over; ++number) {
    SCOPED_TRACE(number);
    LoneNode node;
    const auto first = node.send(GetParam());
    {
      const Exhaustion exhaustion(number);
      ASSERT_NO_THROW(node.settle());
      is_over = Exhaustion::is_over();
    }
    ASSERT_TRUE(node.answers.contains(first));
    ASSERT_TRUE(node.is_idle);
    const auto second = node.send("do Remote c := Remote.channel; f := Remote.receive-async c (Duration.seconds 1); fork (Remote.send c 7); a := f; b := f; pure (a + b);;");
    ASSERT_NO_THROW(node.settle());
    ASSERT_EQ(node.answers[second], "14");
    ASSERT_TRUE(node.is_idle);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Programs, Exhausted,
    ::testing::Values(
        // A message for a future that is waited for.
        "do Remote c := Remote.channel; f := Remote.receive-async c (Duration.seconds 1); fork (do Remote Remote.sleep (Duration.seconds 0.5); "
        "Remote.send c 7;;); f;;",
        // Fulfilled futures that are never run, whose limits pass while the node is awake.
        "let rec go n = if n ==_Number 0 then Remote.sleep (Duration.seconds 3) else do Remote c := Remote.channel; "
        "Remote.receive-async c (Duration.seconds 1); Remote.send c n; go (n - 1);;; go 150;;",
        // Futures in vain.
        "let rec go n = if n ==_Number 0 then pure 0 else do Remote c := Remote.channel; Remote.receive-async c (Duration.seconds 1); go (n - 1);;; go 20;;",
        // Messages that wait, and receivers that do.
        "let rec go n c d = if n ==_Number 0 then pure 0 else do Remote fork (do Remote m := Remote.timeout (Duration.seconds 2) (Remote.receive c); "
        "Remote.send d m;;); Remote.send c n; Remote.timeout (Duration.seconds 3) (Remote.receive d); go (n - 1) c d;;; "
        "do Remote c := Remote.channel; d := Remote.channel; go 5 c d;;;;",
        "do Remote c := Remote.channel; Remote.send c 1; Remote.send c 2; f := Remote.receive-async c (Duration.seconds 1); a := f; "
        "g := Remote.receive-async c (Duration.seconds 1); b := g; pure (a + b);;",
        "do Remote a := Remote.attempt (Remote.fail \"no\"); b := Remote.attempt (do Remote Remote.sleep (Duration.seconds 1); pure 2;;); pure b;;"));

TEST(ExhaustedAttempt, NothingRunsOfOneThatCannotBegin) {
  bool is_over = true;
  for (std::uint64_t number = 1; is_over; ++number) {
    LoneNode node;
    (void)node.send("Remote.attempt (do Remote Remote.sleep (Duration.seconds 1); n = Debug.watch \"runs\" 1; pure n;;)");
    const Exhaustion exhaustion(number);
    node.settle();
    is_over = Exhaustion::is_over();
    ASSERT_EQ(node.lines_after_an_answer, 0) << number;
  }
}

class ExhaustedTable : public ::testing::Test {
 protected:
  ~ExhaustedTable() override {
    channels_.reset();
    EXPECT_EQ(heap_.bytes(), 0u);
  }
  static Bytes id(bool future) { return new_channel_id(PublicKey{}, std::string(100, 'h'), future); }
  // Whatever of it fails leaves what was; at last it succeeds.
  template <typename Work>
  void sweep(Work&& work) {
    for (std::uint64_t number = 1;; ++number) {
      const std::uint64_t bytes = heap_.bytes();
      const std::size_t timers = timers_.size(), pending = channels_->pending_futures();
      try {
        const Exhaustion exhaustion(number);
        return work();
      } catch (const std::bad_alloc&) {
        ASSERT_EQ(heap_.bytes(), bytes) << number;
        ASSERT_EQ(timers_.size(), timers) << number;
        ASSERT_EQ(channels_->pending_futures(), pending) << number;
      }
    }
  }
  void make(const Bytes& channel, const Bytes& future) {
    sweep([&] { channels_->receive_async(channel, future, std::chrono::seconds(1), "a reason that is longer than a string without memory"); });
  }
  Channels::Delivered deliver(const Bytes& channel) {
    Channels::Delivered what{};
    sweep([&] { what = channels_->deliver(channel, Value::number(7), true).what; });
    return what;
  }
  Heap heap_{1u << 30};
  HeapScope scope_{heap_};
  Timers timers_;
  std::unique_ptr<Channels> channels_ = std::make_unique<Channels>(timers_);
};

TEST_F(ExhaustedTable, WhatThrowsHasChangedNothing) {
  const Bytes channel = id(false), future = id(true), another = id(true);
  EXPECT_EQ(deliver(channel), Channels::Delivered::Kept);
  make(channel, future);
  EXPECT_EQ(deliver(channel), Channels::Delivered::Dropped);
  make(channel, another);
  Channels::Place place{};
  sweep([&] { place = channels_->wait_for(another, 5); });
  EXPECT_EQ(deliver(channel), Channels::Delivered::ToReceivers);
  sweep([&] { EXPECT_EQ(channels_->value_of(another).as_number(), 7); });
  sweep([&] { EXPECT_EQ(channels_->value_of(future).as_number(), 7); });
  sweep([&] { place = channels_->listen(channel, 6); });
  channels_->stop_waiting(channel, place);
  EXPECT_EQ(deliver(channel), Channels::Delivered::Kept);
}

TEST_F(ExhaustedTable, ALimitNeedsNoMemoryToPass) {
  const Bytes channel = id(false), future = id(true), fulfilled = id(true);
  make(channel, fulfilled);
  EXPECT_EQ(deliver(channel), Channels::Delivered::ToReceivers);
  make(channel, future);
  (void)channels_->wait_for(future, 5);
  const Exhaustion exhaustion(1);
  EXPECT_TRUE(channels_->pass_limit(std::chrono::seconds(1)));
  EXPECT_FALSE(channels_->pass_limit(std::chrono::seconds(1)));
  EXPECT_EQ(channels_->limit_passed(*timers_.begin()->second.future).size(), 1u);
}

}  // namespace
}  // namespace roost::runtime
