// SPDX-License-Identifier: MIT
// The process has no memory for once, at each place where it asks for some: whoever asked is answered, and the node goes on.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <new>

#include "worker/code/private_store.h"
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

}  // namespace
}  // namespace roost::runtime
