// SPDX-License-Identifier: MIT
// `do` blocks: what they stand for, and what the name `pure` means inside them.

#include <gtest/gtest.h>

#include "tests/unit/lang/same_tree.h"

namespace roost::lang {
namespace {

struct Case {
  const char* block;
  const char* meaning;
};
void expect_meaning(std::initializer_list<Case> cases) {
  for (const auto& [block, meaning] : cases) EXPECT_TRUE(same_text(block, meaning)) << block;
}

TEST(DoBlock, BindsAndIgnores) {
  expect_meaning({{"do M a;;", "a"},
                  {"do M x := a; b x;;", "M.bind (x -> b x) a"},
                  {"do M x = a; b x;;", "M.bind (x -> b x) (M.pure a)"},
                  {"do M a; b;;", "M.bind (z -> b) a"},
                  {"do A.B x := a; pure x;;", "A.B.bind (x -> A.B.pure x) a"},
                  {"do M x := a; x := f x; x;;", "M.bind (x -> M.bind (x -> x) (f x)) a"},
                  {"do M bind a;;", "bind a"}});
}

TEST(DoBlock, AnEqualsSignIsAWholeToken) {
  expect_meaning({{"do M count ==_Number 3;;", "count ==_Number 3"}, {"do M x:=a; x;;", "M.bind (x -> x) a"}});
}

TEST(DoBlock, PureIsThatOfTheBlock) {
  expect_meaning({{"do M pure 1;;", "M.pure 1"},
                  {"do M a pure (pure pure);;", "a M.pure (M.pure M.pure)"},
                  {"do M a `pure` b;;", "M.pure a b"},
                  {"do M x := pure 1; pure x;;", "M.bind (x -> M.pure x) (M.pure 1)"},
                  {"pure (do M pure 1;;)", "pure (M.pure 1)"}});
}

TEST(DoBlock, AnEqualsStatementKeepsTheOuterPure) {
  expect_meaning({{"do M x = pure 3; pure x;;", "M.bind (x -> M.pure x) (M.pure (pure 3))"},
                  {"do A do B x = pure 3; pure x;;;;", "B.bind (x -> B.pure x) (B.pure (A.pure 3))"},
                  {"do A y = (do B x = pure 3; pure x;;); pure y;;",
                   "A.bind (y -> A.pure y) (A.pure (B.bind (x -> B.pure x) (B.pure (pure 3))))"}});
}

TEST(DoBlock, ABinderProtectsPure) {
  expect_meaning({{"do M a (pure -> pure 1);;", "a (p -> p 1)"},
                  {"do M a (x pure -> pure x) (pure 2);;", "a (x p -> p x) (M.pure 2)"},
                  {"do M let pure = 1; pure;;;;", "let p = 1; p;;"},
                  {"do M let pure = pure; pure;;;;", "let p = M.pure; p;;"},
                  {"do M let f pure = pure; f pure;;;;", "let f p = p; f M.pure;;"},
                  {"do M let a = pure; pure = 1; b = pure; pure;;;;", "let a = M.pure; p = 1; b = p; p;;"},
                  {"do M let rec a = pure; pure = 1; b = pure; pure;;;;", "let rec a = p; p = 1; b = p; p;;"},
                  {"do M let rec pure x = pure x; pure;;;;", "let rec p x = p x; p;;"},
                  {"do M let rec a = (do N pure;;); pure = 1; a;;;;", "let rec a = N.pure; p = 1; a;;"},
                  {"do M let rec a = (do N x = pure; x;;); pure = 1; a;;;;", "let rec a = N.bind (x -> x) (N.pure p); p = 1; a;;"},
                  {"do M let pure = 1; pure;;; pure 2;;", "M.bind (z -> M.pure 2) (let p = 1; p;;)"}});
}

// The statement `pure := e` binds a variable, but the rest of the block is translated before it comes under that binder.
TEST(DoBlock, AStatementThatBindsPureProtectsOnlyFromOuterBlocks) {
  expect_meaning({{"do M pure := a; pure 1;;", "M.bind (p -> M.pure 1) a"},
                  {"do M pure := a; x = pure; x;;", "M.bind (p -> M.bind (x -> x) (M.pure p)) a"},
                  {"do A do B pure := a; x = pure; x;;;;", "B.bind (p -> B.bind (x -> x) (B.pure p)) a"}});
}

TEST(DoBlock, TheIgnoredValueHasNoName) {
  expect_meaning({{"do M a; ignored;;", "M.bind (z -> ignored) a"}});
}

TEST(DoBlock, MayBeAnOperandOrAnArgument) {
  expect_meaning({{"f do M a;; b", "f (a) b"}, {"x + do M a;; + y", "(x + a) + y"}, {"do M a;; b", "a b"}});
}

TEST(DoBlock, MustEndInAnExpression) {
  for (const char* text : {"do M x := 1;;", "do M x = 1;;", "do M ;;", "do M;", "do", "do M 1", "do M 1;", "do 1 2;;", "do (+) 1;;",
                           "do M (+) := 1; 2;;", "do M x := ; 1;;"})
    EXPECT_FALSE(Parsed(text).ok()) << text;
}

}  // namespace
}  // namespace roost::lang
