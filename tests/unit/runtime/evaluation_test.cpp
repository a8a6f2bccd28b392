// SPDX-License-Identifier: MIT
// The rules of evaluation, one by one.
#include "tests/unit/runtime/fake_container.h"

namespace roost::runtime {
namespace {

using Lines = std::vector<std::string>;

class Evaluation : public ::testing::Test {
 protected:
  std::string value(const std::string& program) {
    const auto outcome = container_.run(program);
    debug_ = outcome.debug;
    return outcome.failure ? "✗ " + outcome.failure->reason : outcome.value;
  }
  Lines debug(const std::string& program) { return container_.run(program).debug; }

  FakeContainer container_;
  Lines debug_;
};

TEST_F(Evaluation, ArgumentsAreEvaluatedLeftToRightBeforeTheCall) {
  EXPECT_EQ(debug("let f a b = Debug.watch \"body\" (a + b); f (Debug.watch \"x\" 1) (Debug.watch \"y\" 2);;"),
            (Lines{"x: 1", "y: 2", "body: 3"}));
}

TEST_F(Evaluation, ADebugLineIsCutWhateverOfItIsLong) {
  const std::string large = "let rec large n t = if n ==_Number 0 then t else large (n - 1) (Text.concatenate t t); ";
  for (const char* watch : {"Debug.watch (large 20 \"ż\") 1;;", "Debug.watch \"x\" (large 20 \"ż\");;", "Debug.watch (large 16 \"ż\") (large 17 \"ż\");;"}) {
    const Lines lines = debug(large + watch);
    ASSERT_EQ(lines.size(), 1u) << watch;
    EXPECT_LE(lines[0].size(), wire::kLogLineBytesMax) << watch;
    EXPECT_GT(lines[0].size(), wire::kLogLineBytesMax - 10) << watch;
    EXPECT_EQ(lines[0].substr(lines[0].size() - 3), "…") << watch;
  }
}

TEST_F(Evaluation, PartialApplicationsEvaluateTheirArgumentsOnce) {
  EXPECT_EQ(debug("let pick a b = b; f = pick (Debug.watch \"k\" 1); f 2 + f 3;;"), (Lines{"k: 1"}));
}

TEST_F(Evaluation, ALiteralIsEnteredWhenAllItsArgumentsAreThere) {
  EXPECT_EQ(debug("let f a b = Debug.watch \"in\" a; g = f 1; Debug.watch \"between\" 0 + g 2;;"), (Lines{"between: 0", "in: 1"}));
}

TEST_F(Evaluation, ExtraArgumentsGoToTheResult) {
  EXPECT_EQ(value("(a -> (b -> a + b)) 5 6"), "11");
  EXPECT_EQ(value("(a b -> c d -> a + b + c + d) 1 2 3 4"), "10");
  EXPECT_EQ(value("let f = a -> if a ==_Number 1 then (b -> b * 2) else (b -> b); f 1 21;;"), "42");
  EXPECT_EQ(value("Optional.fold (x -> x) (v -> (x -> x + v)) (Some 1) 2"), "3");
  EXPECT_EQ(value("Pair.fold (a b -> (c -> a + b + c)) (pair 1 2) 3"), "6");
}

TEST_F(Evaluation, PartialApplicationsOfPartialApplicationsGather) {
  EXPECT_EQ(value("let f a b c d = [a, b, c, d]; g = f 1; h = g 2 3; h 4;;"), "[1,2,3,4]");
  EXPECT_EQ(value("let f a b = [a, b]; map2 = Vector.map (f 0); map2 [1, 2];;"), "[[0,1],[0,2]]");
}

TEST_F(Evaluation, IfEvaluatesOneBranch) {
  EXPECT_EQ(debug("if True then Debug.watch \"then\" 1 else Debug.watch \"else\" 2"), (Lines{"then: 1"}));
  EXPECT_EQ(debug("if False then Debug.watch \"then\" 1 else Debug.watch \"else\" 2"), (Lines{"else: 2"}));
}

TEST_F(Evaluation, IfAppliesItsResultToMoreArguments) { EXPECT_EQ(value("(if True then (u -> u * 10) else (u -> u)) 4"), "40"); }

TEST_F(Evaluation, IfIsAlsoAFunction) {
  EXPECT_EQ(value("let choose = if; choose True 1 2;;"), "1");
  EXPECT_EQ(value("Vector.map (b -> (if b) 1 2) [True, False]"), "[1,2]");
}

TEST_F(Evaluation, IfNeedsABoolean) { EXPECT_EQ(value("if _ then 1 else 2"), "✗ if needs True or False, not _"); }

TEST_F(Evaluation, LetEvaluatesWhatIsNotUsed) {
  EXPECT_EQ(debug("let a = Debug.watch \"a\" 1; b = Debug.watch \"b\" 2; b;;"), (Lines{"a: 1", "b: 2"}));
}

TEST_F(Evaluation, LetSeesOnlyWhatIsBefore) { EXPECT_EQ(value("let a = 1; a = a + 1; a * 10;;"), "20"); }

TEST_F(Evaluation, RecursiveFunctionsSeeEachOther) {
  EXPECT_EQ(value("let rec even? n = if n ==_Number 0 then True else odd? (n - 1); odd? n = if n ==_Number 0 then False else even? "
                  "(n - 1); even? 7;;"),
            "False");
}

TEST_F(Evaluation, RecursiveFunctionsCapture) {
  EXPECT_EQ(value("let step = 3; (let rec up n = if n >_Number 10 then [] else Vector.prepend n (up (n + step)); up 1;;);;"),
            "[1,4,7,10]");
  EXPECT_EQ(value("(a -> let rec f n = if n ==_Number 0 then a else g (n - 1); g n = f n; [f 3, g 4];;) 9"), "[9,9]");
}

TEST_F(Evaluation, SiblingsAreValuesToo) {
  EXPECT_EQ(value("let rec double n = n * 2; all v = Vector.map double v; all [1, 2];;"), "[2,4]");
  EXPECT_EQ(value("let rec f n = if n ==_Number 0 then [] else Vector.bind (k -> f (k - 1)) [n] ; f 5;;"), "[]");
}

TEST_F(Evaluation, ValuesInLetRecAreEvaluatedOnDemand) {
  EXPECT_EQ(value("let rec lo = hi - 1; hi = 10; lo;;"), "9");
  // Not the outermost expression: that one would be split into plain `let`s.
  EXPECT_EQ(debug("[(let rec a = Debug.watch \"a\" 1; b = Debug.watch \"b\" 2; b;;)]"), (Lines{"b: 2"}));
}

TEST_F(Evaluation, ValuesInLetRecAreEvaluatedOnce) {
  EXPECT_EQ(value("let rec a = Debug.watch \"a\" [1, 2]; f n = Vector.size a + n; f 1 + f 2 + f 3;;"), "12");
  EXPECT_EQ(debug_, (Lines{"a: [1,2]"}));
}

TEST_F(Evaluation, FunctionsMadeInLetRecWork) {
  EXPECT_EQ(value("let rec table = [f, g]; f n = n + 1; g n = n * k; k = 10; Vector.map (h -> h 4) table;;"), "[5,40]");
}

TEST_F(Evaluation, ValuesThatReachTheirGroupAreEvaluatedOnce) {
  EXPECT_EQ(value("let rec table = Debug.watch \"made\" [f, f]; f n = if n ==_Number 0 then 0 else Vector.fold-left (a h -> a + h (n - 1) + "
                  "1) 0 table; f 3;;"),
            "14");
  EXPECT_EQ(debug_.size(), 1u);
  EXPECT_EQ(value("[(let rec g = Debug.watch \"g\" f; f n = if n ==_Number 0 then 0 else g (n - 1) + 1; k = (pair g 1, [[g], []]); "
                  "Pair.fold (p r -> Pair.fold (h n -> h 5) p) k;;)]"),
            "[5]");
  EXPECT_EQ(debug_.size(), 1u);
}

TEST_F(Evaluation, VectorsAndTuplesEvaluateLeftToRight) {
  EXPECT_EQ(debug("([Debug.watch \"a\" 1, Debug.watch \"b\" 2], Debug.watch \"c\" 3)"), (Lines{"a: 1", "b: 2", "c: 3"}));
}

TEST_F(Evaluation, AndEvaluatesBothSides) {
  EXPECT_EQ(debug("and (Debug.watch \"l\" False) (Debug.watch \"r\" True)"), (Lines{"l: False", "r: True"}));
}

TEST_F(Evaluation, FoldsEvaluateAllTheirArguments) {
  EXPECT_EQ(debug("Optional.fold (Debug.watch \"none\" 0) (v -> v) (Some 1)"), (Lines{"none: 0"}));
}

TEST_F(Evaluation, NothingUnderALiteralIsEvaluatedBeforeTheCall) { EXPECT_EQ(debug("let f u = Debug.watch \"in\" 1; 2;;"), Lines{}); }

TEST_F(Evaluation, ConstructorsTakeAnyNumberOfArguments) {
  EXPECT_EQ(value("Vector.map Some [1]"), "[Optional.Some 1]");
  EXPECT_EQ(value("let p = Pair 1; p 2;;"), "Pair 1 2");
  EXPECT_EQ(value("Pair.fold (a b -> b) ((Pair 1) 2)"), "2");
}

TEST_F(Evaluation, BuiltinsAreFunctions) {
  EXPECT_EQ(value("Vector.fold-left (+) 0 [1, 2, 3]"), "6");
  EXPECT_EQ(value("Vector.map ((-) 10) [1, 2]"), "[9,8]");
  EXPECT_EQ(value("Vector.map (Vector.map ((+) 1)) [[1], [2, 3]]"), "[[2],[3,4]]");
}

TEST_F(Evaluation, TheBlankIsAValueThatNothingCanUse) {
  EXPECT_EQ(value("Vector.size [_, 1]"), "2");
  EXPECT_EQ(value("1 + _"), "✗ Number.+ needs a number, not _");
}

TEST_F(Evaluation, WhatIsNotAFunctionCannotBeCalled) {
  EXPECT_EQ(value("_ 4"), "✗ _ is not a function, and was applied to 4");
  EXPECT_EQ(value("(x -> x \"b\") _"), "✗ _ is not a function, and was applied to \"b\"");
}

TEST_F(Evaluation, AFailureNamesTheDefinition) {
  const auto outcome = container_.run("let broken n = 1 + (Vector.size n + 1); 1 + broken _;;");
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->definition, "broken");
  EXPECT_EQ(outcome.failure->kind, wire::FailureKind::ProgramFailed);
}

TEST_F(Evaluation, AFailureNamesTheLibraryDefinition) {
  const auto outcome = container_.run("Vector.sum [1, _]");
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->definition, "Vector.fold-left");
}

TEST_F(Evaluation, AnnotationsDoNotMatter) { EXPECT_EQ(value("((x -> (y -> x - y : Number)) : Number -> Number -> Number) 5 3"), "2"); }

TEST_F(Evaluation, UnsharedVectorsGrowInPlace) {
  EXPECT_EQ(value("Vector.size (Vector.fold-left (v n -> Vector.append n v) [] (Vector.range 0 200000))"), "200000");
}

TEST_F(Evaluation, ASharedValueIsNotChangedThroughAnother) {
  EXPECT_EQ(value("let v = [1]; w = Vector.append 2 v; x = Vector.append 3 v; (v, w, x);;"), "Pair [1] (Pair [1,2] (Pair [1,3] ()))");
  EXPECT_EQ(value("let t = Text.concatenate \"a\" \"b\"; u = Text.concatenate t \"c\"; [t, u, Text.concatenate t \"d\"];;"),
            "[\"ab\",\"abc\",\"abd\"]");
}

TEST_F(Evaluation, SyntaxErrorsSayWhere) {
  const auto outcome = container_.run("1 +\n  )");
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->kind, wire::FailureKind::SyntaxError);
  EXPECT_EQ(outcome.failure->line, 2u);
  EXPECT_EQ(outcome.failure->column, 3u);
  EXPECT_FALSE(outcome.failure->names.empty());
}

TEST_F(Evaluation, AllUnboundNamesAreListed) {
  const auto outcome = container_.run("nowhere 1 + elsewhere");
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->kind, wire::FailureKind::UnboundNames);
  EXPECT_EQ(outcome.failure->names, (Lines{"nowhere", "elsewhere"}));
}

TEST_F(Evaluation, AMissingSemicolonIsSuspectedBehindUnboundNamesAndTypes) {
  const std::string suspicion = "perhaps a `;` is missing at the end of line 2";
  const auto unbound = container_.run("do Remote\n  away := Remote.spawn\n  Remote.transfer away;\n  pure 1;;");
  ASSERT_TRUE(unbound.failure);
  EXPECT_TRUE(unbound.failure->reason.ends_with("; " + suspicion)) << unbound.failure->reason;
  const auto type = container_.run("do Remote\n  Remote.here\n  pure 1;;");
  ASSERT_TRUE(type.failure);
  EXPECT_EQ(type.failure->names.back(), suspicion);
}

TEST_F(Evaluation, NoMissingSemicolonIsSuspectedWhereItWouldNotHelp) {
  const auto unbound = container_.run("do Remote\n  x = nowhere\n  1;\n  pure x;;");
  ASSERT_TRUE(unbound.failure);
  EXPECT_TRUE(unbound.failure->reason.ends_with("`nowhere` (line 2, column 7)")) << unbound.failure->reason;
  const auto type = container_.run("do Remote\n  x = Vector.map (n -> n + \"a\")\n  [1];\n  pure x;;");
  ASSERT_TRUE(type.failure);
  EXPECT_EQ(type.failure->names.back(), "`+` has type Number -> Number -> Number");
}

TEST_F(Evaluation, AnswersComeInTheFormatAskedFor) {
  EXPECT_EQ(container_.run("[Some 1, None]", wire::Format::Json).value, "[1,null]");
  const auto outcome = container_.run("x -> x", wire::Format::Json);
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->kind, wire::FailureKind::NotRepresentable);
}

// Each of its calls is a builtin's, and the whole is a vector literal: nothing in it is a call of a function.
TEST_F(Evaluation, WhatBuiltinsDoInARowIsDoneInSlices) {
  std::string items;
  for (int i = 0; i < 100; ++i) items += (i > 0 ? ", " : "") + std::string("Vector.size (Vector.reverse v)");
  const std::uint64_t request = container_.send("let v = Vector.range 0 200000; Vector.size [" + items + "];;");
  int slices = 0;
  for (; !container_.outcome(request).answered && slices < 100; ++slices) container_.step();
  EXPECT_GT(slices, 10);
  EXPECT_EQ(container_.outcome(request).value, "100");
}

}  // namespace
}  // namespace roost::runtime
