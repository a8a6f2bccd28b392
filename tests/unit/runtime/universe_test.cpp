// SPDX-License-Identifier: MIT
// Code between nodes of one container: what leaves a node names functions by hash, and the store has each of them once.
#include "worker/runtime/universe.h"

#include <cstdio>

#include "tests/unit/runtime/fake_container.h"
#include "worker/lang/hash.h"
#include "worker/lang/parser.h"
#include "worker/lang/resolve.h"
#include "worker/lang/scc.h"
#include "worker/runtime/compile.h"
#include "worker/runtime/object.h"

namespace roost::runtime {
namespace {

class UniverseTest : public ::testing::Test {
 protected:
  std::string value(const std::string& program) {
    const auto outcome = container_.run(program);
    return outcome.failure ? "✗ " + outcome.failure->reason : outcome.value;
  }
  wire::Failure failure(const std::string& program) {
    const auto outcome = container_.run(program);
    EXPECT_TRUE(outcome.failure) << outcome.value;
    return outcome.failure.value_or(wire::Failure{});
  }
  // A closed program's hash.
  static lang::Hash hash(std::string_view source) {
    lang::Arena arena;
    const auto parsed = lang::parse_program(arena, source);
    const auto resolved = lang::resolve(arena, parsed.value(), standard_library().names());
    return lang::hash_term(*resolved.value());
  }
  static std::string reference(std::string_view source) { return "#" + lang::base64url(view_of(hash(source))); }
  bool stored(std::string_view source) { return container_.code.view().holds(hash(source)); }

  FakeContainer container_;
};

// `x` goes to a new node and comes back as what `f` makes of it there.
std::string there(const std::string& f, const std::string& x) {
  return "do Remote n := Remote.spawn; f = " + f + "; x := Remote.at n " + x + "; pure (f x);;";
}

TEST_F(UniverseTest, AMessageNamesItsFunctionsAndCarriesNoCode) {
  EXPECT_EQ(value(there("(x -> Text.concatenate \"a text that stands out\" x)", "\"!\"")), "\"a text that stands out!\"");
  ASSERT_EQ(container_.sent.size(), 1u);
  EXPECT_EQ(container_.sent[0].find("stands out"), std::string::npos);
  EXPECT_TRUE(stored("x -> Text.concatenate \"a text that stands out\" x"));
}

TEST_F(UniverseTest, WhatIsDefinedGoesThereOnce) {
  const std::string program = there("(x -> x * 3)", "14");
  EXPECT_EQ(value(program), "42");
  const std::size_t before = container_.definitions;
  EXPECT_GT(before, 0u);
  EXPECT_EQ(value(program), "42");
  EXPECT_EQ(value(there("(number -> number * 3)", "5")), "15");   // other names, the same function
  EXPECT_EQ(container_.definitions, before);
}

TEST_F(UniverseTest, ClosuresTakeTheirCapturedValuesAlong) {
  EXPECT_EQ(value("let a = 10; b = [1, 2]; f = (x -> [x + a, Vector.sum b]); do Remote n := Remote.spawn; g := Remote.at n f; pure (g 1);;;;"), "[11,3]");
}

TEST_F(UniverseTest, FunctionsInFunctionsComeBackWhole) {
  EXPECT_EQ(value("do Remote n := Remote.spawn; f := Remote.at n (a -> (b -> (c -> [a, b, c]))); pure (f 1 2 3);;"), "[1,2,3]");
  EXPECT_EQ(value("do Remote n := Remote.spawn; f := Remote.at n ((a -> (b -> (c -> [a, b, c]))) 1); g := Remote.at n (f 2); pure (g 3);;"), "[1,2,3]");
}

TEST_F(UniverseTest, RecursiveFunctionsComeBackWhole) {
  EXPECT_EQ(value("let rec even? n = if n ==_Number 0 then True else odd? (n - 1); odd? n = if n ==_Number 0 then False else even? (n - 1);"
                  "do Remote n := Remote.spawn; f := Remote.at n [even?, odd?]; pure (Vector.map (g -> g 7) f);;;;"), "[False,True]");
  EXPECT_EQ(value("k -> 1") .substr(0, 3), "(\xce\xbb");
  EXPECT_EQ(value("(k -> (let rec up n = if n >_Number k then n else up (n + n); do Remote m := Remote.spawn; g := Remote.at m up; pure (g 1);;;;)) 100"), "128");
}

TEST_F(UniverseTest, LazyMembersComeBackToo) {
  EXPECT_EQ(value("let rec table = [1, 2, 3]; at n = Vector.at n table; do Remote m := Remote.spawn; f := Remote.at m at; pure (f 1);;;;"), "Optional.Some 2");
}

// Each group captures both members of the one before it: by members it is met 2^levels times, by groups once.
std::string groups_in_groups(int levels) {
  std::string program = "(let rec build n f g = if n ==_Number 0 then f else (let rec a x = if x ==_Number 0 then 7 else f (g x); "
                        "b x = if x ==_Number 0 then 8 else g (f x); build (n - 1) a b;;); build ";
  return program.append(std::to_string(levels)).append(" (x -> x) (x -> x);;)");
}

TEST_F(UniverseTest, GroupsThatShareGroupsAreWrittenOnce) {
  EXPECT_EQ(value("do Remote n := Remote.spawn; f := Remote.at n " + groups_in_groups(24) + "; pure (f 0);;"), "7");
  ASSERT_EQ(container_.sent.size(), 1u);
  EXPECT_LT(container_.sent[0].size(), 4'000u);
}

TEST_F(UniverseTest, GroupsThatShareGroupsAreHashedOnce) {
  container_.defaults().compute_ms = 2'000;
  EXPECT_EQ(value("hash# " + groups_in_groups(24) + " ==_Hash hash# " + groups_in_groups(24)), "True");
  EXPECT_EQ(value("hash# " + groups_in_groups(3) + " ==_Hash hash# " + groups_in_groups(4)), "False");
}

// What one member of a group captured the other did too, though nothing else holds it.
TEST_F(UniverseTest, WhatAGroupCapturesIsWrittenOnce) {
  const std::string members = "(k -> (let v = Vector.map (i -> i + k) (Vector.range 0 1000); let rec a x = if x ==_Number 0 then v else b 0; "
                              "b x = if x ==_Number 0 then v else a 0; [a, b];;;;))";
  EXPECT_EQ(value("do Remote n := Remote.spawn; fs := Remote.at n (" + members + " 1); pure (Vector.map (f -> Vector.sum (f 0)) fs);;"), "[500500,500500]");
  ASSERT_EQ(container_.sent.size(), 1u);
  EXPECT_LT(container_.sent[0].size(), 12'000u);
}

TEST_F(UniverseTest, AFunctionThatTravelsFurtherIsDefinedNoMore) {
  EXPECT_EQ(value("do Remote a := Remote.spawn; b := Remote.spawn; f := Remote.at a (x -> x + 1); g := Remote.at b f; h := Remote.at a g; pure (h 1);;"), "2");
  const std::size_t before = container_.definitions;
  EXPECT_EQ(value("do Remote a := Remote.spawn; b := Remote.spawn; f := Remote.at a (x -> x + 1); g := Remote.at b f; h := Remote.at a g; pure (h 2);;"), "3");
  EXPECT_LE(container_.definitions, before + 4);   // the program's own continuations differ by the last number
}

TEST_F(UniverseTest, HashesOfFunctionsAreTheSameEverywhere) {
  EXPECT_EQ(value("let a = 3; do Remote n := Remote.spawn; h := Remote.at n (x -> x + a); pure (hash# h ==_Hash hash# (y -> y + 3));;;;"),
            value("let a = 3; hash# (x -> x + a) ==_Hash hash# (y -> y + 3);;"));
  EXPECT_EQ(value("do Remote n := Remote.spawn; f := Remote.at n (x -> x + 3); pure (hash# f ==_Hash hash# (y -> y + 3));;"), "True");
}

TEST_F(UniverseTest, WhatADefinitionRefersToIsDefinedBeforeIt) {
  EXPECT_EQ(value(there("(v -> Vector.sum (Vector.dedup Number.Order v))", "[3, 1, 3]")), "4");
  EXPECT_TRUE(stored("Vector.dedup")) << "the library's definitions are stored with what refers to them";
  EXPECT_TRUE(stored("Vector.dedup-adjacent"));
  EXPECT_FALSE(stored("DIndex.leave"));
}

TEST_F(UniverseTest, AnIndexKeepsFunctionsByTheirNames) {
  EXPECT_EQ(value("do Remote i := Index.empty; Index.insert \"f\" (x -> x * 7) i; f := Index.lookup \"f\" i; pure (Optional.map (g -> g 6) f);;"),
            "Optional.Some 42");
  EXPECT_TRUE(stored("x -> x * 7"));
}

// What a program stored can be read after its own process is gone, and by a process that never saw the program.
TEST_F(UniverseTest, AFunctionOutlivesTheProcessThatDefinedIt) {
  const std::string index = value("do Remote i := Index.empty; a = 5; Index.insert \"f\" (x -> x + a) i; pure (2nd (Index.representation# i));;");
  container_.restart();
  EXPECT_EQ(value("Optional.map (g -> g 37) (Index.lookup# \"f\" " + index + ")"), "Optional.Some 42");
}

// A library that has become another one: what refers to a definition that it no longer has finds it in the store.
TEST_F(UniverseTest, ADefinitionOutlivesTheLibraryThatItCameFrom) {
  EXPECT_EQ(value(there("(v -> Vector.sum (Vector.dedup Number.Order v))", "[3, 1, 3]")), "4");
  const auto bare = Library::load(std::vector<SourceFile>{{"bare.u", "own = 1;"}});
  ASSERT_TRUE(bare.ok());
  container_.restart(*bare.value());
  EXPECT_EQ(value("Vector.sum [1]").substr(0, 3), "✗") << "the name is gone";
  EXPECT_EQ(value(reference("v -> Vector.sum (Vector.dedup Number.Order v)") + " [3, 1, 3]"), "4");
  EXPECT_EQ(value(reference("Vector.sum") + " [1, 2]"), "3");
  container_.restart(standard_library());
}

TEST_F(UniverseTest, WhatALibraryPutOffIsPutOffWithoutItToo) {
  const auto loud = Library::load(std::vector<SourceFile>{{"loud.u", "loud = Debug.log \"loud\" 1 2;"}});
  ASSERT_TRUE(loud.ok());
  container_.restart(*loud.value());
  EXPECT_EQ(value("let f = (n -> if 5 <_Number n then loud else n); Remote.bind (far -> Remote.map f (Remote.at far 3)) Remote.spawn;;"), "3");
  container_.restart(standard_library());
  const std::string f = reference("n -> if 5 <_Number n then " + reference("Debug.log \"loud\" 1 2") + " else n");
  EXPECT_EQ(value(f + " 4"), "4");
  const auto outcome = container_.run(f + " 6");
  EXPECT_EQ(outcome.value, "2");
  EXPECT_EQ(outcome.debug, std::vector<std::string>{"loud: 1"});
}

// ---- programs that name definitions

TEST_F(UniverseTest, AProgramMayNameADefinitionOfTheStore) {
  EXPECT_EQ(value(there("(x -> x * 3)", "1")), "3");
  EXPECT_EQ(value(reference("x -> x * 3") + " 14"), "42");
  EXPECT_NE(failure(reference("x -> x * 3") + " \"k\"").reason.find("Text"), std::string::npos) << "its type is known";
  EXPECT_EQ(value(there("(y -> " + reference("x -> x * 3") + " y)", "5")), "15");
}

TEST_F(UniverseTest, AProgramMayNameADefinitionOfTheLibrary) { EXPECT_EQ(value(reference("Vector.sum") + " [1, 2]"), "3"); }

TEST_F(UniverseTest, AHashThatNamesNothingIsRefused) {
  const auto unknown = failure(reference("x -> x * 12345") + " 1");
  EXPECT_EQ(unknown.kind, wire::FailureKind::TypeError);
  EXPECT_NE(unknown.reason.find("no definition"), std::string::npos) << unknown.reason;
}

// ---- limits

TEST_F(UniverseTest, EvaluatingADefinitionIsPaidForByTheMessage) {
  container_.defaults().compute_ms = 100;
  const std::string slow = "let rec loop n = if n ==_Number 0 then 0 else loop (n - 1); loop 40000000;;";
  lang::Arena arena;
  const auto parsed = lang::parse_program(arena, slow);
  const auto resolved = lang::resolve(arena, parsed.value(), standard_library().names());
  ASSERT_TRUE(container_.code.publish({hash(slow), lang::encode_definition(*resolved.value())}));
  const auto refused = failure(reference(slow));
  EXPECT_EQ(refused.kind, wire::FailureKind::ComputeLimit);
  EXPECT_NE(refused.reason.find("compute_timeout_ms"), std::string::npos) << refused.reason;
}


// Takes some 10 ms to check, and is one of many.
std::string slow_to_check(int number) {
  const std::string zeros = [] {
    std::string all;
    for (int i = 0; i < 200; ++i) all += ", 0";
    return all;
  }();
  std::string program = "x -> let b = (" + std::to_string(number) + zeros + "); c = (1" + zeros + "); Vector.size [b";
  for (int i = 0; i < 3'000; ++i) program += ", c";
  return program + "];;";
}

TEST_F(UniverseTest, CheckingDefinitionsIsPaidForByTheMessage) {
  container_.defaults().compute_ms = 50;
  std::string program = "Vector.size [";
  for (int i = 0; i < 40; ++i) {
    const std::string source = slow_to_check(i);
    lang::Arena arena;
    const auto parsed = lang::parse_program(arena, source);
    const auto resolved = lang::resolve(arena, lang::minimise(arena, parsed.value()), standard_library().names());
    const lang::Hash name = lang::hash_term(*resolved.value());
    ASSERT_TRUE(container_.code.publish({name, lang::encode_definition(*resolved.value())}));
    program += (i == 0 ? "#" : ", #") + lang::base64url(view_of(name));
  }
  const auto refused = failure(program + "]");
  EXPECT_EQ(refused.kind, wire::FailureKind::ComputeLimit) << refused.reason;
  double ms = 1e9;
  EXPECT_EQ(std::sscanf(refused.reason.c_str(), "the message used %lf ms", &ms), 1);
  EXPECT_LT(ms, 150) << "it ends soon after its limit";
  EXPECT_GT(container_.signs_of_life, 0u);
}

TEST_F(UniverseTest, AFullStoreIsTheContainersFault) {
  while (container_.code.publish({hash("x -> " + std::to_string(container_.code.view().definitions())), Bytes(60'000, 'x')})) {
  }
  while (container_.code.publish({hash("x y -> " + std::to_string(container_.code.view().definitions())), Bytes(60, 'x')})) {
  }
  const auto full = failure(there("(x -> x * 77)", "1"));
  EXPECT_EQ(full.kind, wire::FailureKind::ContainerFull);
  EXPECT_NE(full.reason.find("code_bytes_max"), std::string::npos) << full.reason;
}

TEST_F(UniverseTest, AFunctionThatCapturesTooMuchIsToldSo) {
  std::string binds, uses = "[";
  for (int i = 0; i < 1100; ++i) {
    binds += "a" + std::to_string(i) + " = " + std::to_string(i) + "; ";
    uses += (i == 0 ? "a" : ", a") + std::to_string(i);
  }
  // 1,100 bindings of a `let rec` are one level of nesting, and its members are captured one by one.
  const auto refused = failure("let rec " + binds + " f x = " + uses + "]; g y = f y; do Remote n := Remote.spawn; h := Remote.at n (z -> " + uses + "]); pure (Vector.size (h 1));;;;");
  EXPECT_NE(refused.reason.find("captures"), std::string::npos) << refused.reason;
}

TEST_F(UniverseTest, ADefinitionThatIsNoFunctionOfThatKindIsRefused) {
  EXPECT_EQ(value(there("(x -> x * 3)", "1")), "3");
  Bytes computation("\x01\x06\x12\x00", 4);   // blank; the function with one captured value, and it has but one parameter
  computation += view_of(hash("x -> x * 3"));
  computation += "\x01";
  container_.give(container_.root(), wire::Run{{99, 99, wire::Format::Text}, container_.root(), computation});
  container_.settle();
  ASSERT_TRUE(container_.outcome(99).failure);
  EXPECT_NE(container_.outcome(99).failure->reason.find("is no function that captures 1 values"), std::string::npos)
      << container_.outcome(99).failure->reason;
}

TEST_F(UniverseTest, WhatIsKeptForTheNextTimeIsBounded) {
  for (int i = 0; i < 600; ++i) {
    const std::string number = std::to_string(i);
    ASSERT_EQ(value("do Remote h := Remote.here; f = (x -> x + " + number + "); n := Remote.spawn; y := Remote.at n 1; z := Remote.at h y; pure (f z);;"), std::to_string(i + 1));
  }
}

// A function of some 50 KB when it is compiled.
std::string large_function(int number) {
  std::string source = "x -> [x";
  for (int i = 0; i < 1'500; ++i) source += ", " + std::to_string(number + i);
  return source + "]";
}

TEST_F(UniverseTest, WhatIsInUseIsNeitherCompiledAnewNorKeptBehindThat) {
  Heap heap(64u << 20);
  HeapScope scope(heap);
  std::uint64_t work = 0;
  BuiltinContext context(work);
  Universe universe(standard_library(), container_.code.view(), context, [](const wire::Define&) {});
  std::vector<lang::Hash> hashes;
  for (int i = 0; i < 20; ++i) {
    lang::Arena arena;
    const auto parsed = lang::parse_program(arena, large_function(i));
    const auto resolved = lang::resolve(arena, parsed.value(), standard_library().names());
    hashes.push_back(lang::hash_term(*resolved.value()));
    ASSERT_TRUE(container_.code.publish({hashes.back(), lang::encode_definition(*resolved.value())}));
  }
  std::vector<Value> in_use;
  const auto make_all = [&] {
    for (const lang::Hash& hash : hashes) {
      universe.trim();
      auto made = universe.make_function(hash, {});
      ASSERT_TRUE(made.ok());
      in_use.push_back(std::move(made).value());
    }
  };
  make_all();
  const std::uint64_t once = heap.bytes();
  EXPECT_GT(once, 2 * Universe::kKeptBytesMax);
  for (int i = 0; i < 5; ++i) make_all();
  EXPECT_LT(heap.bytes(), once + (64u << 10));
  in_use.clear();
  universe.trim();
  EXPECT_LT(heap.bytes(), Universe::kKeptBytesMax);
  universe.clear();
  EXPECT_EQ(heap.bytes(), 0u);
}

// A value of its own, which only a function that is given up holds, goes with that.
TEST_F(UniverseTest, ValuesAreGivenUpWithWhatReferredToThem) {
  Heap heap(64u << 20);
  HeapScope scope(heap);
  std::uint64_t work = 0;
  BuiltinContext context(work);
  Universe universe(standard_library(), container_.code.view(), context, [](const wire::Define&) {});
  lang::Arena arena;
  const auto publish = [&](const std::string& source) {
    const auto parsed = lang::parse_program(arena, source);
    const auto resolved = lang::resolve(arena, parsed.value(), standard_library().names());
    const lang::Hash name = lang::hash_term(*resolved.value());
    EXPECT_TRUE(container_.code.publish({name, lang::encode_definition(*resolved.value())}));
    return name;
  };
  publish("Vector.range 0 100000");
  const lang::Hash function = publish("i -> Vector.at i " + reference("Vector.range 0 100000"));
  ASSERT_TRUE(universe.make_function(function, {}).ok());
  EXPECT_GT(heap.bytes(), 2 * Universe::kKeptBytesMax);
  universe.trim();
  EXPECT_LT(heap.bytes(), Universe::kKeptBytesMax);
  universe.clear();
}

// The store takes them later.
TEST_F(UniverseTest, WhatIsDefinedAndNotYetStoredTakesRoomToo) {
  code::PrivateStore small(code::kStoreBytesMin);
  Heap heap(64u << 20);
  HeapScope scope(heap);
  std::uint64_t work = 0;
  BuiltinContext context(work);
  std::vector<wire::Define> defined;
  Universe universe(standard_library(), small.view(), context, [&](wire::Define one) { defined.push_back(std::move(one)); });
  lang::Arena arena;
  const auto leaves = [&](char letter) {
    const auto parsed = lang::parse_program(arena, "x -> \"" + std::string(1u << 20, letter) + "\"");
    const auto resolved = lang::resolve(arena, parsed.value(), standard_library().names());
    ProgramHandle program(Program::make());
    const auto code = compile_function(*program, resolved.value(), {}, universe);
    (void)universe.name_of(parts_of(make_closure(*code.value(), {})));
  };
  for (const char letter : {'a', 'b', 'c'}) leaves(letter);
  EXPECT_THROW(leaves('d'), Crash);
  EXPECT_EQ(defined.size(), 3u);
  for (const wire::Define& one : defined) EXPECT_TRUE(small.publish(one));
  EXPECT_THROW(leaves('d'), Crash) << "what is there now is not counted twice, and the store is full";
}

// Programs that name a definition and are not well typed keep nothing but its type.
TEST_F(UniverseTest, TypesThatAreKeptCountAndAreGivenUp) {
  Heap heap(64u << 20);
  HeapScope scope(heap);
  std::uint64_t work = 0;
  BuiltinContext context(work);
  Universe universe(standard_library(), container_.code.view(), context, [](const wire::Define&) {});
  std::vector<lang::Hash> hashes;
  for (int i = 0; i < 2'000; ++i) {
    lang::Arena arena;
    const auto parsed = lang::parse_program(arena, "x -> (x, " + std::to_string(i) + ", \"a\", [x])");
    const auto resolved = lang::resolve(arena, parsed.value(), standard_library().names());
    hashes.push_back(lang::hash_term(*resolved.value()));
    ASSERT_TRUE(container_.code.publish({hashes.back(), lang::encode_definition(*resolved.value())}));
  }
  for (const lang::Hash& hash : hashes) {
    const std::uint64_t before = heap.bytes();
    EXPECT_NE(universe.type_of(hash), nullptr);
    EXPECT_GT(heap.bytes(), before);
    universe.trim();
    ASSERT_LT(heap.bytes(), Universe::kKeptBytesMax + (64u << 10));
  }
  EXPECT_EQ(universe.type_of(hash("x -> x * 12345")), nullptr);
  universe.clear();
  EXPECT_EQ(heap.bytes(), 0u);
}

}  // namespace
}  // namespace roost::runtime
