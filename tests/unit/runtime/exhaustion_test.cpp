// SPDX-License-Identifier: MIT
// The process has no memory for once, at each place where it asks for some: whoever asked is answered, and the node goes on.
#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <map>
#include <new>

#include "worker/code/private_store.h"
#include "worker/runtime/channels.h"
#include "worker/runtime/children.h"
#include "worker/runtime/library.h"
#include "worker/runtime/machine.h"

namespace {

std::uint64_t allocations_left = 0;   // until the one that fails; 0: none does
std::int64_t allocated = 0;           // and not freed yet

void* allocate(std::size_t bytes) {
  if (allocations_left != 0 && --allocations_left == 0) throw std::bad_alloc();
  void* place = std::malloc(bytes == 0 ? 1 : bytes);
  if (!place) throw std::bad_alloc();
  ++allocated;
  return place;
}

void release(void* place) {
  allocated -= place != nullptr;
  std::free(place);
}

}  // namespace

void* operator new(std::size_t bytes) { return allocate(bytes); }
void* operator new[](std::size_t bytes) { return allocate(bytes); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return ++allocated, std::malloc(bytes); }   // of sorts, which can do without
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return ++allocated, std::malloc(bytes); }
void operator delete(void* place) noexcept { release(place); }
void operator delete[](void* place) noexcept { release(place); }
void operator delete(void* place, std::size_t) noexcept { release(place); }
void operator delete[](void* place, std::size_t) noexcept { release(place); }

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

// What the container does with a frame is not the node's to bear.
class Unlimited {
 public:
  ~Unlimited() { allocations_left = left_; }

 private:
  const std::uint64_t left_ = std::exchange(allocations_left, 0);
};

bool is_well_formed(const wire::FromWorker& frame) { return wire::decode_from_worker(BytesView(wire::encode(frame)).substr(4)).ok(); }

// One node, whose container gives leave and says where what left came to; there is no other node.
class LoneNode : private Outbox {
 public:
  LoneNode() {
    wire::Start start;
    start.host = "localhost";
    start.seed = Bytes(32, '\7');
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
      if (take_replies() || next.what == Machine::Next::Do::RunAgain) continue;
      is_idle = next.what == Machine::Next::Do::Idle;
      if (is_idle || !next.deadline) return;
      now_ = *next.deadline;
    }
  }
  void step() { (void)machine_.run(now_); }
  bool take_replies() {
    const bool any = !replies_.empty();
    for (; !replies_.empty(); replies_.pop_front()) machine_.handle(now_, replies_.front());
    return any;
  }
  std::string refusal;                            // of leave to spawn and of attempts that leave
  std::map<std::uint64_t, std::string> answers;   // by request; a failure is its reason
  int spawns = 0, errors = 0;
  bool is_idle = false;
  int lines_after_an_answer = 0;   // of Debug.watch

 private:
  void send(const wire::FromWorker& frame) override {
    const Unlimited unlimited;
    EXPECT_TRUE(is_well_formed(frame));
    if (const auto* answer = std::get_if<wire::Answer>(&frame)) {
      const auto* text = std::get_if<std::string>(&answer->outcome);
      came_to(answer->origin.request, text ? *text : "✗ " + std::get<wire::Failure>(answer->outcome).reason);
    }
    if (const auto* gone = std::get_if<wire::Send>(&frame); gone && gone->origin.request != 0) came_to(gone->origin.request, "nobody there");
    if (const auto* attempt = std::get_if<wire::Attempt>(&frame)) {
      if (refusal.empty()) attempts_[++attempt_requests_] = attempt->attempt;
      replies_.push_back(wire::Attempting{attempt->attempt, refusal.empty() ? attempt_requests_ : 0, refusal});
    }
    if (const auto* reserve = std::get_if<wire::Reserve>(&frame)) replies_.push_back(wire::Reserved{refusal.empty() ? reserve->count : 0, refusal});
    if (const auto* fetch = std::get_if<wire::Fetch>(&frame)) replies_.push_back(wire::Fetched{fetch->read, true, "page"});
    if (const auto* read = std::get_if<wire::Read>(&frame)) replies_.push_back(wire::ReadResult{read->read, true, {}});
    spawns += std::holds_alternative<wire::Spawn>(frame);
    if (const auto* log = std::get_if<wire::Log>(&frame)) {
      errors += log->level == wire::LogLevel::Error;
      lines_after_an_answer += log->level == wire::LogLevel::Debug && !answers.empty();
    }
  }
  void came_to(std::uint64_t request, const std::string& what) {
    const auto attempt = attempts_.extract(request);
    if (attempt.empty()) EXPECT_TRUE(answers.emplace(request, what).second);
    else replies_.push_back(wire::Attempted{attempt.mapped(), false, {}, what});
  }

  std::deque<wire::ToWorker> replies_;
  std::map<std::uint64_t, std::uint64_t> attempts_;   // by the request that each got
  std::uint64_t attempt_requests_ = 1'000'000;
  MonotonicTime now_{std::chrono::seconds(1)};
  std::uint64_t requests_ = 0;
  Machine machine_{library(), store(), *this};
};

class Exhausted : public ::testing::TestWithParam<const char*> {};

void sweep(const char* program, const char* refusal) {
  bool is_over = true;
  for (std::uint64_t number = 1; is_over; ++number) {
    SCOPED_TRACE(number);
    LoneNode node;
    node.refusal = refusal;
    const auto first = node.send(program);
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
    node.refusal.clear();
    const auto third = node.send("Remote.map (n -> 3) Remote.spawn");
    ASSERT_NO_THROW(node.settle());
    ASSERT_EQ(node.answers[third], "3");
    ASSERT_TRUE(node.is_idle);
    ASSERT_FALSE(::testing::Test::HasFailure());
  }
}

TEST_P(Exhausted, ANodeAnswersAndGoesOn) { sweep(GetParam(), ""); }
TEST_P(Exhausted, ANodeThatIsRefusedAnswersAndGoesOn) { sweep(GetParam(), "a reason that is longer than a string without memory"); }

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

constexpr char kManySpawn[] = "Remote.replicate! 80 (fork (Remote.map (n -> 1) Remote.spawn))";

INSTANTIATE_TEST_SUITE_P(
    Frames, Exhausted,
    ::testing::Values(
        "do Remote a := Remote.spawn; b := Remote.spawn; pure 1;;",
        "do Remote n := Remote.attempt Remote.spawn; m := Remote.attempt (bind Remote.transfer Remote.spawn); pure 1;;",
        "do Remote a := Remote.attempt (Remote.attempt (bind Remote.transfer Remote.spawn)); pure 1;;",
        "let rec go n m = if n ==_Number 0 then Remote.sleep (Duration.seconds 1) else do Remote fork (Remote.attempt (Remote.transfer m)); go (n - 1) m;;; "
        "do Remote m := Remote.attempt Remote.spawn; Either.fold (t -> Remote.map (u -> Unit) (Remote.fail t)) (go 80) m;;;;",
        kManySpawn));

// A child that was announced and that nobody knows of would be in the budget for ever.
TEST(ExhaustedSpawn, NobodyIsAnnouncedWhomNobodyKnows) {
  bool is_over = true;
  for (std::uint64_t number = 1; is_over; ++number) {
    LoneNode node;
    (void)node.send(kManySpawn);
    for (int slices = 0; slices < 50; ++slices) node.step();
    {
      const Exhaustion exhaustion(number);
      ASSERT_NO_THROW(node.take_replies());
      is_over = Exhaustion::is_over();
    }
    node.settle();
    ASSERT_EQ(node.spawns + node.errors, 80) << number;
  }
}

TEST(ExhaustedSpawn, LeaveThatCouldNotBeUsedIsLeft) {
  std::vector<wire::Spawn> spawns;
  Children children(PublicKey{}, Bytes(32, '\7'), [&](const wire::FromWorker& frame) {
    (void)wire::encode(frame);
    const Unlimited unlimited;
    EXPECT_TRUE(is_well_formed(frame));
    if (const auto* spawn = std::get_if<wire::Spawn>(&frame)) spawns.push_back(*spawn);
  });
  EXPECT_FALSE(children.reserved(wire::Reserved{2, {}}));
  PublicKey child;
  for (std::uint64_t number = 1; spawns.empty(); ++number) {
    try {
      const Exhaustion exhaustion(number);
      EXPECT_TRUE(children.spawn(child));
    } catch (const std::bad_alloc&) {
      EXPECT_TRUE(spawns.empty()) << number;
    }
  }
  EXPECT_TRUE(children.spawn(child));
  EXPECT_FALSE(children.spawn(child));
  ASSERT_EQ(spawns.size(), 2u);
  EXPECT_EQ(spawns[0].envelope, spawns[1].envelope);
}

// Round after round fails at the same place, once the first has gone well.
class ExhaustedQuestion : public ::testing::TestWithParam<const char*> {};

TEST_P(ExhaustedQuestion, NothingIsLeftOfOneThatCouldNotBeAsked) {
  constexpr int kRounds = 12;   // a table that fills up would grow behind that, and fail there instead
  bool is_over = true;
  for (std::uint64_t number = 1; is_over; ++number) {
    LoneNode node;
    std::int64_t before = 0;
    for (int round = 0; round < kRounds; ++round) {
      (void)node.send(GetParam());
      {
        const Exhaustion exhaustion(round == 0 ? 0 : number);
        node.step();
        is_over = Exhaustion::is_over();
      }
      node.settle();
      node.answers.clear();
      if (round == 2) before = allocated;
    }
    ASSERT_LT(allocated, before + kRounds / 2) << number;
  }
}

INSTANTIATE_TEST_SUITE_P(Questions, ExhaustedQuestion,
                         ::testing::Values("Http.get-url \"http://localhost/a/long/way/to/go\"", "Remote.bind Index.keys Index.empty"));

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
