// SPDX-License-Identifier: MIT
#include "worker/runtime/object.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdlib>
#include <fstream>

#include "worker/runtime/code.h"
#include "worker/runtime/value.h"

namespace roost::runtime {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

class Objects : public ::testing::Test {
 protected:
  Heap heap_{64u << 20};
  HeapScope scope_{heap_};
};

TEST_F(Objects, TheLastValueFreesTheObject) {
  Value text = make_text("plum");
  Value other = text;
  EXPECT_EQ(heap_.objects(), 1u);
  text = Value();
  EXPECT_EQ(heap_.objects(), 1u);
  EXPECT_EQ(other.as_text()->view(), "plum");
  other = Value();
  EXPECT_EQ(heap_.objects(), 0u);
  EXPECT_EQ(heap_.bytes(), 0u);
}

// 0: what could be done without was given back first, and then the reason was the process, which had no more.
int exit_code_at_the_limit_of_the_process() {
  Heap heap(std::uint64_t{1} << 40);
  const HeapScope scope(heap);
  std::ifstream sizes("/proc/self/statm");
  std::uint64_t pages = 0;
  sizes >> pages;
  const rlimit limits{pages * 4096 + (70u << 20), pages * 4096 + (70u << 20)};
  setrlimit(RLIMIT_AS, &limits);
  Value kept = make_text(std::string(20u << 20, 'a')), given_up = make_text(std::string(20u << 20, 'b'));
  heap.set_relief([&given_up] { return given_up.is_unset() ? false : (given_up = Value(), true); });
  const std::string text(20u << 20, 'c');
  const Value wanted = make_text(text);
  if (!given_up.is_unset()) return 1;
  try {
    (void)make_text(text);
  } catch (const Crash& crash) {
    return crash.kind == wire::FailureKind::MemoryLimit && crash.reason.starts_with("the process has no memory for ") ? 0 : 2;
  }
  return 3;
}

TEST_F(Objects, AtTheLimitOfTheProcessWhatCanBeDoneWithoutGoesFirst) {
  if (kSanitized) GTEST_SKIP() << "needs an address space of its own";
  EXPECT_EXIT(std::exit(exit_code_at_the_limit_of_the_process()), ::testing::ExitedWithCode(0), "");
}

TEST_F(Objects, AMillionNestedPairsAreFreed) {
  Value left, right;
  for (int i = 0; i < 500'000; ++i) left = make_pair(std::move(left), Value::number(i));
  for (int i = 0; i < 500'000; ++i) right = make_pair(Value::number(i), std::move(right));
  EXPECT_EQ(heap_.objects(), 1'000'000u);
  left = Value();
  right = Value();
  EXPECT_EQ(heap_.objects(), 0u);
}

TEST_F(Objects, SharedPartsOutliveTheWhole) {
  const Value shared = make_vector(std::vector<Value>{make_text("a"), make_text("b")});
  {
    const Value parts[] = {shared, make_some(shared), Value::number(1)};
    const Value whole = make_vector(parts);
    const Value remote = make_bind(Step::Pure, whole, {}, make_partial(Value::builtin(lang::Builtin::RemoteAt), {&shared, 1}));
    EXPECT_EQ(heap_.objects(), 7u);
  }
  EXPECT_EQ(heap_.objects(), 3u);
  EXPECT_EQ(shared.as_vector()->items()[1].as_text()->view(), "b");
}

TEST_F(Objects, AppendingToAnUnsharedVectorDoesNotCopyIt) {
  Value vector = make_vector(0);
  const Object* place = nullptr;
  int moves = 0;
  for (int i = 0; i < 10'000; ++i) {
    vector = vector_appended(std::move(vector), Value::number(i));
    if (vector.object() != place) ++moves;
    place = vector.object();
  }
  EXPECT_EQ(vector.as_vector()->size, 10'000u);
  EXPECT_LT(moves, 30);
}

TEST_F(Objects, AppendingToASharedVectorLeavesItAsItWas) {
  const Value old = make_vector(std::vector<Value>{Value::number(1)});
  const Value longer = vector_appended(old, Value::number(2));
  EXPECT_EQ(old.as_vector()->size, 1u);
  EXPECT_EQ(longer.as_vector()->size, 2u);
}

TEST_F(Objects, JoiningTextsCountsCodePoints) {
  Value text = text_joined(make_text("é"), "plüm", 4);
  text = text_joined(std::move(text), "!", 1);
  EXPECT_EQ(text.as_text()->view(), "éplüm!");
  EXPECT_EQ(text.as_text()->points, 6u);
  EXPECT_FALSE(text.as_text()->ascii());
}

TEST_F(Objects, OverTheLimitAllocationIsACrash) {
  heap_.set_limit(heap_.bytes() + 1000);
  try {
    (void)make_text(std::string(2000, 'x'));
    FAIL() << "more than the limit was given";
  } catch (const Crash& crash) {
    EXPECT_EQ(crash.kind, wire::FailureKind::MemoryLimit);
  }
  EXPECT_EQ(heap_.objects(), 0u);
}

TEST_F(Objects, ImmortalObjectsAreNotCounted) {
  std::vector<Object*> made;
  {
    const Value pair = make_pair(make_text("shared"), Value::number(1));
    make_immortal(pair.object(), made);
  }
  ASSERT_EQ(made.size(), 2u);
  EXPECT_EQ(made[0]->count, kImmortal);
  for (Object* object : made) std::free(object);
}

TEST_F(Objects, NumbersAreThemselves) {
  for (const double number : {0.0, -0.0, 1.5, -1e308, 5e-324}) {
    EXPECT_TRUE(Value::number(number).is_number());
    EXPECT_EQ(Value::number(number).as_number(), number);
  }
  EXPECT_TRUE(Value::number(0.0 / Value::number(0.0).as_number()).is_number());   // the processor's own NaN
  EXPECT_TRUE(Value::canonical_number(std::bit_cast<double>(Value::kPointer)).is_number());
}

// As definitions refer to others: the function that one stands for is a constant of the next one's program.
TEST_F(Objects, ALongChainOfProgramsTakesNoStack) {
  heap_.set_limit(1u << 30);
  Value last = Value::unit();
  for (int i = 0; i < 300'000; ++i) {
    const ProgramHandle program(Program::make());
    Code& code = program->new_code();
    code.constants.push_back(std::move(last));
    last = make_closure(code, {});
  }
  last = Value();
  EXPECT_EQ(heap_.objects(), 0u);
}

}  // namespace
}  // namespace roost::runtime
