// SPDX-License-Identifier: MIT
// The grammar's rules, as pairs of texts that must have one tree, and texts that must be refused.

#include <gtest/gtest.h>

#include "tests/unit/lang/same_tree.h"

namespace roost::lang {
namespace {

void expect_same(std::initializer_list<std::pair<const char*, const char*>> pairs) {
  for (const auto& [left, right] : pairs) EXPECT_TRUE(same_text(left, right)) << left << "  against  " << right;
}
void expect_different(std::initializer_list<std::pair<const char*, const char*>> pairs) {
  for (const auto& [left, right] : pairs) EXPECT_FALSE(same_text(left, right)) << left << "  against  " << right;
}
void expect_accepted(std::initializer_list<const char*> texts) {
  for (const char* text : texts) EXPECT_TRUE(Parsed(text).ok()) << text << "\n" << Parsed(text).message();
}
void expect_refused(std::initializer_list<const char*> texts) {
  for (const char* text : texts) EXPECT_FALSE(Parsed(text).ok()) << text;
}

TEST(Grammar, OperatorsAssociateToTheLeftWithOnePrecedence) {
  expect_same({{"a + b * c - d", "((a + b) * c) - d"}, {"a + b", "(+) a b"}, {"f x + g y z", "(f x) + (g y z)"},
               {"a `f` b + c", "(a `f` b) + c"}, {"a ==_Number b", "(==_Number) a b"}, {"a `f` b", "f a b"}});
  expect_different({{"a - b - c", "a - (b - c)"}, {"f a b", "f (a b)"}});
}

TEST(Grammar, FunctionLiteralsReachAsFarAsPossible) {
  expect_same({{"x y -> x", "x -> (y -> x)"}, {"f 1 x -> x + 1", "f 1 (x -> (x + 1))"}, {"a + x -> x", "a + (x -> x)"},
               {"x -> x : Number", "x -> (x : Number)"}, {"x -> y -> x", "x y -> x"}, {"x -> let k = x; k;; : Text", "x -> ((let k = x; k;;) : Text)"},
               {"(+) -> 1 + 2", "plus -> plus 1 2"}, {"x -> if x then 1 else 2 + 3", "x -> (if x then 1 else (2 + 3))"}});
  expect_different({{"f x -> x", "f (x -> x)"}});
  expect_refused({"-> x", "1 -> x", "f _ -> 1", "(x) -> x", "(x : Number) -> x", "x ->"});
}

TEST(Grammar, ConditionalsNestWithoutParentheses) {
  expect_same({{"if a then b else if c then d else e", "if a then b else (if c then d else e)"},
               {"if if a then b else c then d else e", "if (if a then b else c) then d else e"},
               {"if a then if b then c else d else e", "if a then (if b then c else d) else e"},
               {"if x -> x then 1 else 2", "if (x -> x) then 1 else 2"},
               {"if a : Boolean then b else c", "if (a : Boolean) then b else c"},
               {"if let k = a; k;; then b else c", "if (let k = a; k;;) then b else c"},
               {"if a + b then c else d + e", "if (a + b) then c else (d + e)"}});
  expect_refused({"if then a else b", "if a then else b", "if a else b", "if let k = a; k;; b c", "if a then b else",
                  "if if a then b else c d", "if if a b c then d else e", "f (if a then b)"});
}

TEST(Grammar, IfIsAlsoAFunction) {
  expect_same({{"if a b c", "if a then b else c"}, {"if (a b) (c d) (e f)", "if a b then c d else e f"},
               {"if a b c + 1", "(if a then b else c) + 1"}, {"if a b c d", "(if a then b else c) d"},
               {"if a b c : Number", "(if a then b else c) : Number"}, {"if a + b", "(if a) + b"}, {"if a : Text", "(if a) : Text"},
               {"if if a : Text", "((if (if)) a) : Text"},
               {"if if a b c", "((((if) (if)) a) b) c"}, {"if if if a", "((if (if)) (if)) a"}, {"(if) a", "if a"},
               {"if (a + b) c d * e", "(if (a + b) c d) * e"}, {"if + 1", "(if) + 1"}, {"f if a", "f (if) a"},
               {"if x -> x", "if (x -> x)"}, {"[if a b c, if]", "[(if a b c), (if)]"}, {"if (p) (if q 1 2) 3", "if p then (if q then 1 else 2) else 3"}});
}

TEST(Grammar, LetBindsInSequence) {
  expect_same({{"let a = 1; b = a; b;;", "let a = 1; (let b = a; b;;);;"}, {"let f x y = x; f;;", "let f = x y -> x; f;;"},
               {"let a <+> b = a; 1 <+> 2;;", "let (<+>) a b = a; (<+>) 1 2;;"}, {"let a `mix` b = a; mix;;", "let mix a b = a; mix;;"}});
  expect_different({{"let a = 1; b = a; b;;", "let b = a; a = 1; b;;"}, {"let a = 1; a;;", "let rec a = 1; a;;"}});
  expect_accepted({"let a = a; a;;", "let a = 1; a = a; a;;", "let a = 1; a; ;", "let (+) = 1; 2 + 3;;", "let x = 1; f x y;;"});
  expect_refused({"let", "let a", "let a = 1", "let a = 1; a", "let a = 1 a;;", "let in = 1; 2;;", "let a = b = c; a;;",
                  "let _ = 1; 2;;", "let a `b` = 1; 2;;", "let a + b c = 1; 2;;", "let a = 1; b + c = 2;", "let `a` = 1; 2;;"});
}

TEST(Grammar, LetRecRefusesTwoOfAName) {
  expect_accepted({"let rec a = b; b = a; a;;", "let rec f x = f x; f;;", "let rec x = 1; y x = x; y;;"});
  expect_refused({"let rec a = 1; a = 2; a;;", "let rec a = 1; b = 2; a x = 3; a;;", "let rec a + b = 1; (+) = 2; 3;;"});
}

TEST(Grammar, SignaturesStandBeforeTheirBinding) {
  expect_same({{"let f : Number -> Number; f x = x; f;;", "let f = (x -> x) : Number -> Number; f;;"},
               {"let a : Number; a = 1; b : Text; b = \"\"; a;;", "let a = 1 : Number; b = \"\" : Text; a;;"},
               {"let (+) : Number; x + y = x; 1;;", "let (+) = (x y -> x) : Number; 1;;"},
               {"let m : Number; a `m` b = a; 1;;", "let m = (a b -> a) : Number; 1;;"}});
  // A `name : type ;` that no binding follows is the annotated body.
  expect_same({{"let a = 1; a : Number;;", "let a = 1; (a : Number);;"},
               {"let a = 1; a : ∀ b . Pair b (Number, Text) -> Text;;", "let a = 1; (a : ∀ b . Pair b (Number, Text) -> Text);;"}});
  expect_refused({"let a : Number; b = 1; a;;", "let a : Number; a;;", "let a : Number; a : Number; a = 1; a;;",
                  "let a : Number = 1; a;;"});
}

TEST(Grammar, TuplesArePairsThatEndInUnit) {
  Parsed shadowed("let pair = 1; Unit = 2; (3, 4);;");
  ASSERT_TRUE(shadowed.ok());
  const Term& tuple = *shadowed.term().right->right;
  EXPECT_EQ(tuple.left->left->kind, TermKind::Builtin);
  EXPECT_EQ(tuple.left->left->builtin, Builtin::Pair);
  EXPECT_EQ(tuple.right->right->kind, TermKind::Builtin);
  EXPECT_EQ(tuple.right->right->builtin, Builtin::Unit);
  expect_same({{"(a)", "a"}, {"((a, b))", "(a, b)"}, {"(a : Text, b)", "((a : Text), b)"}, {"(let k = 1; k;;, if a then b else c)", "((let k = 1; k;;), (if a then b else c))"}});
  expect_different({{"(a, b, c)", "(a, (b, c))"}, {"((a, b), c)", "(a, b, c)"}});
  expect_refused({"()", "(,)", "(a,)", "(a b", "a)", "(a; b)"});
}

TEST(Grammar, VectorsAreForcedRawVectors) {
  Parsed parsed("[1, [2], []]");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed.term().left->builtin, Builtin::VectorForce);
  EXPECT_EQ(parsed.term().right->items.size(), 3u);
  expect_refused({"[", "[1", "[,]", "[1,]", "[1;2]", "[1 2", "]"});
}

TEST(Grammar, BlankIsATermButNoName) {
  expect_accepted({"_", "f _ 1", "_ + _", "x -> _"});
  expect_refused({"_ -> 1", "let _ = 1; 2;;", "let f _ = 1; 2;;", "do M _ := 1; 2;;"});
}

TEST(Grammar, AnnotationsBindLoosest) {
  expect_same({{"a + b : Text", "(a + b) : Text"}, {"f x : Number -> Text", "(f x) : (Number -> Text)"}, {"do M x;; : Text", "(do M x;;) : Text"}});
  expect_refused({"a : Text : Text", "a : Text + b", "f a : Text b", "a :", "if a then b else c : Text : Text"});
}

TEST(Types, ApplyToTheLeftAndPointToTheRight) {
  expect_same({{"_ : Vector Number -> Text -> Unit", "_ : (Vector Number) -> (Text -> Unit)"},
               {"_ : Either Text Number", "_ : (Either Text) Number"}, {"_ : (Text)", "_ : Text"},
               {"_ : (Text, Number)", "_ : Pair Text (Pair Number Unit)"}, {"_ : (Text, Number, Unit)", "_ : Pair Text (Pair Number (Pair Unit Unit))"},
               {"_ : forall a b . a -> b", "_ : ∀a b. a -> b"}, {"_ : ∀ x y . y -> x", "_ : ∀ a b . b -> a"},
               {"_ : (∀ a . a) -> Text", "_ : (forall q . q) -> Text"}, {"_ : ∀ f a . f a", "_ : ∀ g b . g b"},
               {"_ : ∀ a. a", "_ : ∀ a . a"}});
}

TEST(Types, QuantifiersStandInFrontOrInParentheses) {
  expect_accepted({"_ : ∀ a . a", "_ : (∀ a . a)", "_ : Text -> (∀ a . a)", "_ : (Text, ∀ a . a)", "_ : Order.Key Text", "_ : Html.Link"});
  expect_refused({"_ : Text -> ∀ a . a", "_ : Vector ∀ a . a", "_ : ∀ . Text", "_ : ∀ a Text", "_ : ∀ A . A", "_ : ∀ then . then", "_ : ()",
                  "_ : (Text,)", "_ : Text ->", "_ : -> Text", "_ : 3", "_ : _", "_ : ∀ forall . forall", "_ : a", "_ : Numbers", "_ : then"});
}

TEST(Aliases, AreReplacedWhereverTheyStand) {
  expect_same({{"let alias T = Text; a : T; a = 1; a;;", "let a : Text; a = 1; a;;"},
               {"let alias P a b = Pair b a; x : P Text Number; x = 1; x;;", "let x : Pair Number Text; x = 1; x;;"},
               {"let alias T = Vector; x : T Number; x = 1; x;;", "let x : Vector Number; x = 1; x;;"},
               {"let alias I a = a; x : I Vector Text; x = 1; x;;", "let x : Vector Text; x = 1; x;;"},
               {"let alias A = Text; alias B = Vector A; x : Optional B -> (B); x = 1; x;;", "let x : Optional (Vector Text) -> Vector Text; x = 1; x;;"},
               {"let alias T = Text; k = 1; (k : T);;", "let k = 1; (k : Text);;"},
               {"let alias T = Text; k = (let m = 1; (m : T);;); k;;", "let k = (let m = 1; (m : Text);;); k;;"},
               {"let alias F a = ∀ b . b -> a; x : ∀ c . (F c) -> c; x = 1; x;;", "let x : ∀ c . (∀ b . b -> c) -> c; x = 1; x;;"},
               {"let alias F a = ∀ b . b -> a; x : ∀ c . F (∀ d . d -> c); x = 1; x;;",
                "let x : ∀ c . (∀ b . b -> (∀ d . d -> c)); x = 1; x;;"},
               {"let alias T = Text; alias T = Number; k = 1; (k : T);;", "let k = 1; (k : Number);;"},
               {"let alias t = Text; k = 1; (k : t);;", "let k = 1; (k : Text);;"}});
}

TEST(Aliases, EndWithTheirGroup) {
  expect_refused({"let a = (let alias T = Text; k = 1; k;;); (a : T);;", "let alias T = T; k = 1; (k : T);;", "let alias T = Text; k;;",
                  "let alias A = B; alias B = Text; k = 1; k;;", "let alias P a = (a, a); k = 1; (k : P);;",
                  "let alias P a b = (a, b); k = 1; (k : P Text);;", "let alias P a = (a, a); k = 1; (k : Vector P Text);;",
                  "let alias T = a; k = 1; k;;", "let alias T Text; k = 1; k;;", "let alias = Text; k = 1; k;;"});
}

TEST(Programs, EndInAtMostOneSemicolon) {
  expect_accepted({"1;", "1 ;  -- end", "-- a\n-- b\n1"});
  expect_refused({"1;;", ";", "", "-- nothing", "1; 2"});
}

}  // namespace
}  // namespace roost::lang
