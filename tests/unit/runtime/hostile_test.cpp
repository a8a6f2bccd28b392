// SPDX-License-Identifier: MIT
// Programs that ask for too much. Each ends with a failure that says so, and the node goes on.
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>

#include "tests/unit/runtime/fake_container.h"

namespace roost::runtime {
namespace {

using wire::FailureKind;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

class Hostile : public ::testing::Test {
 protected:
  void SetUp() override {
    container_.defaults().memory_bytes = 16u << 20;
    container_.defaults().compute_ms = kSanitized ? 2'000 : 200;   // memory is to run out first where it is short
  }
  void expect(const std::string& program, FailureKind kind) {
    const auto outcome = container_.run(program);
    ASSERT_TRUE(outcome.answered) << program;
    ASSERT_TRUE(outcome.failure) << program << "\n" << outcome.value.substr(0, 100);
    EXPECT_EQ(static_cast<int>(outcome.failure->kind), static_cast<int>(kind)) << program << "\n" << outcome.failure->reason;
    EXPECT_EQ(container_.run("1 + 1").value, "2") << "after " << program;
  }
  // Of a program that uses more than it may: what it had used when it was ended.
  double cpu_ms_used_by(const std::string& program) {
    container_.defaults().compute_ms = 200;
    const auto outcome = container_.run(program);
    const std::string reason = outcome.failure ? outcome.failure->reason : "no failure: " + outcome.value.substr(0, 100);
    double ms = 1e9;
    EXPECT_EQ(std::sscanf(reason.c_str(), "the message used %lf ms of CPU time", &ms), 1) << program.substr(0, 100) << "\n" << reason;
    return ms;
  }
  FakeContainer container_;
};

TEST_F(Hostile, InfiniteLoops) {
  expect("let rec loop n = loop (n + 1); loop 0;;", FailureKind::ComputeLimit);
  expect("let rec loop n = bind (u -> loop (n + 1)) (pure n); loop 0;;", FailureKind::ComputeLimit);
  expect("let rec loop u = do Remote fork (pure u); loop u;;; loop 0;;", FailureKind::ComputeLimit);
}

TEST_F(Hostile, InfiniteRecursion) { expect("let rec f n = 1 + f (n + 1); f 0;;", FailureKind::MemoryLimit); }

TEST_F(Hostile, InfiniteData) {
  expect("let rec f : ∀ a . a -> Number; f v = f (pair v v); f 0;;", FailureKind::MemoryLimit);
  expect("let rec f : ∀ a . a -> Number; f v = f (pair 1 v); f 0;;", FailureKind::MemoryLimit);
  expect("let rec f t = f (Text.concatenate t t); f \"plum\";;", FailureKind::MemoryLimit);
  expect("let rec f v = f (Vector.concatenate v v); f [1];;", FailureKind::MemoryLimit);
}

std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

// As a worker runs it (worker/sandbox/zygote.cpp): the process has its node's memory, room for two frames, and some more.
int exit_code_of(const std::string& program, std::uint64_t memory_bytes) {
  FakeContainer container;
  container.defaults().memory_bytes = memory_bytes;
  EXPECT_EQ(container.run("1").value, "1");
  std::ifstream sizes("/proc/self/statm");
  std::uint64_t pages = 0;
  sizes >> pages;
  const rlim_t limit = pages * 4096 + memory_bytes + (48u << 20);
  const rlimit limits{limit, limit};
  setrlimit(RLIMIT_AS, &limits);
  const auto outcome = container.run(program);
  return outcome.failure && container.run("1").value == "1" ? 0 : 1;
}

TEST_F(Hostile, AFailureIsToldWithTheMemoryThatIsLeft) {
  if (kSanitized) GTEST_SKIP() << "needs an address space of its own";
  for (const std::uint64_t mib : {64, 256}) {
    EXPECT_EXIT(std::exit(exit_code_of("let rec f n = 1 + (g n); g n = 1 + (f n); f 0;;", mib << 20)), ::testing::ExitedWithCode(0), "") << mib;
  }
  const std::string text = "let rec f n t = if n ==_Number 0 then t else f (n - 1) (Text.concatenate t t); Remote.fail (f 22 \"plums and figs..\");;";
  EXPECT_EXIT(std::exit(exit_code_of(text, 129u << 20)), ::testing::ExitedWithCode(0), "");
}

TEST_F(Hostile, ALongChainKeepsItsEnds) {
  std::string program = "let rec ";
  for (int i = 0; i < 40; ++i) program += "f" + std::to_string(i) + " n = 1 + (f" + std::to_string(i + 1) + " n); ";
  const auto outcome = container_.run(program + "f40 n = Vector.size n + (Vector.sum _); f0 [];;");
  ASSERT_TRUE(outcome.failure);
  const auto& chain = outcome.failure->chain;
  ASSERT_EQ(chain.size(), wire::kFailureChainMax);
  EXPECT_EQ((std::vector<std::string>{chain[0], chain[15], chain[16], chain[17], chain[31]}), (std::vector<std::string>{"f40", "f25", "…", "f14", "f0"}));
}

TEST_F(Hostile, ALongReasonIsCutBetweenCharacters) {
  const std::string all = repeated("é", 100'000);
  const auto outcome = container_.run("Remote.fail \"x" + all + "\"");
  ASSERT_TRUE(outcome.failure);
  EXPECT_TRUE(outcome.failure->reason == "x" + all.substr(0, 65'534) + "…") << outcome.failure->reason.size();
}

// Its code fits into the node's memory, but not with the stack that it starts with.
TEST_F(Hostile, AProgramThatCannotStartLeavesNothingBehind) {
  expect(repeated("(_ " + repeated("1 ", 198), 379) + "1" + repeated(")", 379), FailureKind::MemoryLimit);
  EXPECT_EQ(container_.idles, 2u);
}

// Each of its computations ends within its turn.
TEST_F(Hostile, WorkInManySmallAttemptsIsPaidFor) {
  expect("let rec work n = if n ==_Number 0 then pure 1 else work (n - 1); "
         "go n = if n ==_Number 0 then pure 1 else Remote.bind (u -> go (n - 1)) (Remote.attempt (Remote.bind (u -> work 900) (pure 1))); "
         "go 50000;;",
         FailureKind::ComputeLimit);
}

TEST_F(Hostile, AbsurdSizes) {
  expect("Vector.range 0 1000000000000000", FailureKind::MemoryLimit);
  expect("Vector.size (Vector.replicate 100000000 0)", FailureKind::MemoryLimit);
}

TEST_F(Hostile, ForkBombs) {
  expect("let rec bomb n = do Remote fork (bomb n); fork (bomb n); Remote.sleep (Duration.seconds 1); pure 1;;; bomb 0;;",
         FailureKind::MemoryLimit);
}

TEST_F(Hostile, MessagesThatNobodyTakes) {
  expect("do Remote c := Remote.channel; (let rec fill n = bind (u -> fill (n + 1)) (Remote.send c (Vector.range 0 1000)); fill 0;;);;",
         FailureKind::MemoryLimit);
}

TEST_F(Hostile, SelfReferringValues) { expect("let rec xs = Vector.prepend 1 xs; xs;;", FailureKind::MemoryLimit); }

TEST_F(Hostile, AMillionNestedCallsWorkWithEnoughMemory) {
  container_.defaults().memory_bytes = 256u << 20;
  container_.defaults().compute_ms = 10'000;
  EXPECT_EQ(container_.run("let rec f n = if n ==_Number 0 then 0 else 1 + f (n - 1); f 1000000;;").value, "1000000");
}

TEST_F(Hostile, ALoopDoesNotStarveOthers) {
  container_.defaults().compute_ms = 2000;
  const auto outcome = container_.run(
      "do Remote fork (let rec loop n = loop (n + 1); loop 0;;); Remote.sleep (Duration.seconds 0); Remote.pure 1;;");
  (void)outcome;
  const std::uint64_t slow = container_.send("let rec loop n = loop (n + 1); loop 0;;");
  const std::uint64_t quick = container_.send("Vector.sum (Vector.range 0 1000)");
  for (int i = 0; i < 50 && !container_.outcome(quick).answered; ++i) container_.step();
  EXPECT_EQ(container_.outcome(quick).value, "499500");
  EXPECT_FALSE(container_.outcome(slow).answered);
  container_.settle();
  EXPECT_TRUE(container_.outcome(slow).failure);
}

// How many times at most something is done in one slice.
std::size_t most_in_a_slice(FakeContainer& container, const std::string& program, const std::function<std::size_t(std::uint64_t)>& done) {
  std::size_t most = 0;
  const std::uint64_t request = container.send(program);
  for (int slice = 0; slice < 2'000 && !container.outcome(request).answered; ++slice) {
    const std::size_t before = done(request);
    container.step();
    most = std::max(most, done(request) - before);
  }
  return most;
}

TEST_F(Hostile, SendingShortensTheSlice) {
  container_.defaults().compute_ms = 10'000;
  const std::string program = "do Remote n := Remote.spawn; v = Vector.range 0 20000; "
                              "Remote.replicate! 500 (fork (Remote.map (u -> Vector.size v) (Remote.transfer n)));;";
  const std::size_t most = most_in_a_slice(container_, program, [&](std::uint64_t) { return container_.sent.size(); });
  EXPECT_GT(container_.sent.size(), 0u);
  EXPECT_LE(most, 3u);
}

TEST_F(Hostile, WhatAnIndexHoldsIsPaidForByItsSize) {
  container_.defaults().compute_ms = 10'000;
  const auto lines = [&](std::uint64_t request) { return container_.outcome(request).debug.size(); };
  const std::string index = "do Remote i := Index.empty; v = Vector.range 0 20000; Index.insert 1 v i; t = 2nd (Index.representation# i); ";
  const std::string lookups = index + "pure (let rec go n = if n ==_Number 0 then n else go (Debug.watch \"n\" (Optional.fold n (v -> n - 1) (Index.lookup# 1 t))); go 200;;);;";
  EXPECT_LE(most_in_a_slice(container_, lookups, lines), 3u);
  const std::string inserts = index + "pure (let rec go n = if n ==_Number 0 then n else go (Debug.watch \"n\" ((u -> n - 1) (Index.insert# 1 v t))); go 200;;);;";
  const std::uint64_t request = container_.send(inserts);
  container_.settle();
  EXPECT_EQ(container_.outcome(request).debug.size(), 200u);
  EXPECT_LE(most_in_a_slice(container_, inserts, lines), 3u);
}

TEST_F(Hostile, HugeUrlsAreNotAskedFor) {
  const std::string doubled = "let rec f n t = if n ==_Number 0 then t else f (n - 1) (Text.concatenate t t); Http.get-url (f ";
  expect(doubled + "11 \"plum\" |> Text.concatenate \"x\");;", FailureKind::ProgramFailed);
  EXPECT_EQ(container_.run(doubled + "11 \"plum\");;").value, "Either.Left \"no such page\"");
}

TEST_F(Hostile, HugeValuesAreNotAnswered) {
  container_.defaults().memory_bytes = 256u << 20;
  container_.defaults().compute_ms = 10'000;
  expect("let rec f n t = if n ==_Number 0 then t else f (n - 1) (Text.concatenate t t); f 23 \"plum\";;", FailureKind::NotRepresentable);
}

// `let rec`s of two, each in the other: hashing visits the innermost 2^levels times.
std::string in_groups(int levels, std::string term) {
  for (int i = 0; i < levels; ++i) term = "let rec a = " + term + "; b = 1; a;;";
  return term;
}

TEST_F(Hostile, FunctionsWhoseHashTakesLong) {
  const std::string f = "(k -> (x -> (let v = k + x; " + in_groups(17, "x") + ";;))) 1";
  EXPECT_LT(cpu_ms_used_by("hash# (" + f + ")"), 400);
  EXPECT_LT(cpu_ms_used_by("do Remote n := Remote.spawn; f := Remote.at n (" + f + "); pure (f 1);;"), 400);
}

TEST_F(Hostile, ManyHashesOfALargeFunction) {
  std::string vector = "[k, 1";
  for (int i = 0; i < 10'000; ++i) vector += ", 1";
  EXPECT_LT(cpu_ms_used_by("(k -> Vector.map (i -> hash# (x -> " + vector + "])) (Vector.range 0 1000)) 1"), 400);
}

TEST_F(Hostile, GarbageComputationsAreRefused) {
  const std::uint64_t request = 77;
  container_.give(container_.root(), wire::Run{{request, request, wire::Format::Text}, container_.root(), "garbage"});
  container_.settle();
  ASSERT_TRUE(container_.outcome(request).failure);
  EXPECT_EQ(container_.run("1 + 1").value, "2");
}

}  // namespace
}  // namespace roost::runtime
