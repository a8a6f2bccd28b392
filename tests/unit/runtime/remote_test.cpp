// SPDX-License-Identifier: MIT
// Computations: moving, forking, sleeping, failing, limits and capabilities.
#include "tests/unit/runtime/fake_container.h"
#include "worker/runtime/codec.h"
#include "worker/runtime/object.h"

namespace roost::runtime {
namespace {

using Lines = std::vector<std::string>;
using wire::FailureKind;

class RemoteTest : public ::testing::Test {
 protected:
  std::string value(const std::string& program) {
    const auto outcome = container_.run(program);
    if (!outcome.answered) return "no answer";
    return outcome.failure ? "✗ " + outcome.failure->reason : outcome.value;
  }
  wire::Failure failure(const std::string& program) {
    const auto outcome = container_.run(program);
    EXPECT_TRUE(outcome.failure) << outcome.value;
    return outcome.failure.value_or(wire::Failure{});
  }

  FakeContainer container_;
};

TEST_F(RemoteTest, AComputationIsAnsweredWithItsValue) {
  EXPECT_EQ(value("Remote.pure 3"), "3");
  EXPECT_EQ(value("do Remote a := Remote.pure 1; b = a + 1; pure (a, b);;"), "Pair 1 (Pair 2 ())");
}

TEST_F(RemoteTest, AProgramThatIsNoRemoteIsAnsweredWithItsValue) { EXPECT_EQ(value("1 + 1"), "2"); }

TEST_F(RemoteTest, TheAnswerComesFromWhereverItEnds) {
  EXPECT_EQ(value("do Remote n := Remote.spawn; Remote.transfer n; m := Remote.here; pure (hash# m ==_Hash hash# n);;"), "True");
  EXPECT_EQ(container_.nodes(), 2u);
}

TEST_F(RemoteTest, FunctionsAndTheirCapturesTravel) {
  EXPECT_EQ(value("do Remote n := Remote.spawn; let k = 10; (let rec f v = if v >_Number 3 then v * k else f (v + 1); "
                  "do Remote Remote.transfer n; pure (Vector.map f [1, 9]);;;;);;;;;"),
            "[40,90]");
}

TEST_F(RemoteTest, LibraryFunctionsTravelByHash) {
  EXPECT_EQ(value("do Remote n := Remote.spawn; f = Vector.sum; Remote.transfer n; pure (f [1, 2], hash# f ==_Hash hash# Vector.sum);;"),
            "Pair 3 (Pair True ())");
}

TEST_F(RemoteTest, MapLeavesTheFunctionForLater) {
  const auto outcome = container_.run("let r = Remote.map (n -> Debug.watch \"run\" n) (Remote.pure 1); Debug.log \"built\" 0 r;;");
  EXPECT_EQ(outcome.debug, (Lines{"built: 0", "run: 1"}));
}

TEST_F(RemoteTest, BindIsAssociative) {
  EXPECT_EQ(value("bind (a -> pure (a * 2)) (bind (a -> pure (a + 1)) (bind (a -> pure (a + 10)) (pure 1)))"), "24");
}

TEST_F(RemoteTest, LongChainsOfBindsNeedNoSpace) {
  container_.defaults().memory_bytes = 1u << 20;
  EXPECT_EQ(value("let rec loop n = if n ==_Number 0 then pure \"done\" else bind (u -> loop (n - 1)) (pure n); loop 300000;;"), "\"done\"");
}

TEST_F(RemoteTest, SleepsTakeTheirTime) {
  const auto before = container_.now();
  EXPECT_EQ(value("Remote.map (u -> 1) (Remote.sleep (Duration.seconds 3600))"), "1");
  EXPECT_GE(container_.now() - before, std::chrono::hours(1));
}

TEST_F(RemoteTest, OddSleepsDoNotHang) {
  EXPECT_EQ(value("do Remote Remote.sleep (Duration.seconds (0 - 5)); Remote.sleep (Duration.seconds (0 / 0)); pure 1;;"), "1");
}

TEST_F(RemoteTest, ForksGoOnAfterTheAnswer) {
  const auto outcome = container_.run(
      "do Remote fork (Remote.map (u -> Debug.watch \"late\" u) (Remote.sleep (Duration.seconds 2))); pure (Debug.watch \"early\" 1);;");
  EXPECT_EQ(outcome.value, "1");
  EXPECT_EQ(outcome.debug, (Lines{"early: 1", "late: ()"}));
}

TEST_F(RemoteTest, RecursiveFunctionsWithSignaturesHop) {
  const std::string program = "do Remote home := Remote.here; away := Remote.spawn; let rec go : Number -> Remote Number; "
                              "go n = if n ==_Number 0 then pure 7 else do Remote Remote.transfer away; Remote.transfer home; go (n - 1);;; go 3;;;;";
  EXPECT_EQ(container_.run(program).value, "7");
}

TEST_F(RemoteTest, AForksFailureIsLogged) {
  const auto outcome = container_.run("do Remote fork (Remote.map (u -> 1 + u) (pure _)); Remote.sleep (Duration.seconds 1); pure 2;;");
  EXPECT_EQ(outcome.value, "2");
  ASSERT_EQ(outcome.errors.size(), 1u);
  EXPECT_EQ(outcome.errors[0], "a computation failed: Number.+ needs a number, not _");
}

TEST_F(RemoteTest, FailIsAFailure) {
  const auto failed = failure("do Remote Remote.fail \"out of plums\"; pure 1;;");
  EXPECT_EQ(failed.kind, FailureKind::ProgramFailed);
  EXPECT_EQ(failed.reason, "out of plums");
}

TEST_F(RemoteTest, AFunctionThatGivesNoRemoteIsAFailure) {
  EXPECT_EQ(failure("bind (a -> _) (pure 1)").reason, "the function after a step gave _, which is not a Remote");
}

TEST_F(RemoteTest, OtherContainersAreUnreachable) {
  Bytes computation;
  {
    Heap heap(1u << 20);
    HeapScope scope(heap);
    struct : FunctionNamer {
      const lang::Hash& name_of(const FunctionParts& function) override { return *function.definition; }
      void will_need(const lang::Hash&) override {}
      void charge(std::uint64_t) override {}
    } nothing;
    computation = encode_value(make_step(Step::At, make_node("elsewhere:1", container_.root()), Value::number(1)), nothing);
  }
  container_.give(container_.root(), wire::Run{{7, 7, wire::Format::Text}, container_.root(), computation});
  container_.settle();
  ASSERT_TRUE(container_.outcome(7).failure);
  EXPECT_EQ(container_.outcome(7).failure->kind, FailureKind::Unreachable);
}

TEST_F(RemoteTest, FramesBeforeTheStartAreIgnored) {
  struct Nobody : Outbox {
    int frames = 0;
    void send(const wire::FromWorker&) override { ++frames; }
  } outbox;
  const code::StoreView store;
  Machine machine(standard_library(), store, outbox);
  machine.handle({}, wire::Eval{{1, 1, wire::Format::Text}, "1"});
  machine.handle({}, wire::Reserved{1, {}});
  machine.handle({}, wire::ReadResult{1, true, {}});
  EXPECT_EQ(machine.run({}).what, Machine::Next::Do::Idle);
  EXPECT_EQ(outbox.frames, 0);
  machine.handle({}, wire::Ping{3});
  EXPECT_EQ(outbox.frames, 1);
}

TEST_F(RemoteTest, ANodeWithoutMemorySaysSo) {
  container_.defaults().memory_bytes = 0;
  EXPECT_EQ(failure("Vector.range 0 1000").kind, FailureKind::MemoryLimit);
}

TEST_F(RemoteTest, EveryEffectNeedsItsCapability) {
  container_.defaults().capabilities = 0;
  for (const auto& [program, capability] : std::vector<std::pair<std::string, std::string>>{
           {"Remote.spawn", "Capability.spawn"},
           {"Index.empty", "Capability.state"},
           {"Clock.now", "Capability.clock"},
           {"Random.number", "Capability.random"}}) {
    const auto failed = failure(program);
    EXPECT_EQ(failed.kind, FailureKind::CapabilityDenied) << program;
    EXPECT_EQ(failed.names, Lines{capability});
  }
}

TEST_F(RemoteTest, GoingElsewhereNeedsACapability) {
  container_.defaults().capabilities &= ~(1u << static_cast<unsigned>(wire::Capability::ContactAll));
  const auto failed = failure("do Remote n := Remote.spawn; Remote.transfer n; pure 1;;");
  EXPECT_EQ(failed.kind, FailureKind::CapabilityDenied);
  EXPECT_EQ(failed.names, Lines{"Capability.contact-all"});
}

TEST_F(RemoteTest, ClockAndRandomGiveNumbers) {
  EXPECT_EQ(value("Remote.map (t -> t >_Number 1500000000) Clock.now"), "True");
  EXPECT_EQ(value("Remote.map2 (a b -> [a <_Number 1, a >=_Number 0, a ==_Number b]) Random.number Random.number"), "[True,True,False]");
}

TEST_F(RemoteTest, IdleIsSaidOnceAfterEachMessage) {
  container_.run("1");
  EXPECT_EQ(container_.idles, 1u);
  container_.settle();
  EXPECT_EQ(container_.idles, 1u);
  container_.run("Remote.sleep (Duration.seconds 1)");
  EXPECT_EQ(container_.idles, 2u);
}

}  // namespace
}  // namespace roost::runtime
