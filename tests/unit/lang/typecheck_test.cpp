// SPDX-License-Identifier: MIT
#include "worker/lang/typecheck.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/unit/lang/same_tree.h"
#include "worker/lang/hash.h"
#include "worker/lang/library_source.h"
#include "worker/lang/print.h"
#include "worker/lang/scc.h"

namespace roost::lang {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// The standard library, as any program finds it.
struct Standard {
  Standard() {
    for (const char* name : {"base", "extra", "distributed-index"}) {
      const auto loaded = load_library(arena, arena.copy(text_of(std::string("worker/library/") + name + ".u")), names, types);
      if (!loaded.ok()) failure += loaded.error().message + "\n";
      if (!loaded.ok()) for (const std::string& why : loaded.error().because) failure += "  " + why + "\n";
    }
  }
  Arena arena;
  Names names;
  DefinitionTypes types;
  std::string failure;
};

const Standard& standard() {
  static const Standard once;
  return once;
}

class Typing : public ::testing::Test {
 protected:
  // The type as text; of a program that is refused, "line 1, column 5: …".
  std::string type_of(const std::string& text) {
    const auto parsed = parse_program(arena_, text);
    if (!parsed.ok()) return "syntax: " + parsed.error().message();
    const auto resolved = resolve(arena_, minimise(arena_, parsed.value()), standard().names);
    if (!resolved.ok()) return "unbound: " + resolved.error().message();
    const auto type = infer_type(arena_, *resolved.value(), standard().types);
    if (!type.ok()) {
      error_ = type.error();
      return "refused: " + error_.message();
    }
    type_ = type.value();
    return print_type(*type_, 10'000);
  }
  bool has_type(const std::string& text, const std::string& wanted) {
    const std::string found = type_of(text);
    const auto type = parse_type(arena_, wanted);
    return !found.starts_with("refused") && type.ok() && same_type(*type_, *type.value());
  }

  Arena arena_;
  const Type* type_ = nullptr;
  TypeError error_;
};

TEST_F(Typing, TheStandardLibraryIsWellTyped) { EXPECT_EQ(standard().failure, ""); }

TEST_F(Typing, ExamplesHaveTheirTypes) {
  const auto lines = example_lines("type");
  EXPECT_GE(lines.size(), 38u);
  for (const std::string& line : lines) {
    const auto [text, type] = cut(line, "∷");
    EXPECT_TRUE(has_type(text, type)) << line << "\n" << type_of(text);
  }
}

TEST_F(Typing, ExamplesToRefuseAreRefused) {
  const auto lines = example_lines("reject");
  EXPECT_GE(lines.size(), 35u);
  for (const std::string& line : lines) {
    const std::string said = type_of(line);
    EXPECT_TRUE(said.starts_with("refused") || said.starts_with("unbound") || said.starts_with("syntax")) << line << "\n" << said;
  }
}

TEST_F(Typing, ProgramsThatRunAreWellTyped) {
  for (const auto& [kind, separator] : {std::pair{"eval", "⇒"}, {"run", "prints"}, {"hashv", "="}}) {
    for (const std::string& line : example_lines(kind)) {
      const std::string text = cut(line, separator).first;
      const std::string said = type_of(text);
      EXPECT_FALSE(said.starts_with("refused") || said.starts_with("unbound")) << text << "\n" << said;
    }
  }
}

// ---- subsumption: what may stand where something else is wanted

TEST_F(Typing, SubsumptionHolds) {
  EXPECT_TRUE(has_type("(_ : ∀ a . a) : Number", "Number"));
  EXPECT_TRUE(has_type("((v -> v) : ∀ a . a -> a) : Number -> Number", "Number -> Number"));
  EXPECT_TRUE(has_type("(_ : ∀ a b . a -> b) : ∀ d c . c -> d", "∀ d c . c -> d"));
  EXPECT_TRUE(has_type("((g -> g \"t\") : (∀ a . a -> a) -> Text) : (∀ a . a -> a) -> Text", "(∀ a . a -> a) -> Text"));
  EXPECT_TRUE(has_type("(_ : Vector (∀ a . a)) : Vector Text", "Vector Text"));
  EXPECT_TRUE(has_type("(_ : Vector (∀ a . a -> a)) : Vector (Number -> Number)", "Vector (Number -> Number)"));
  // What takes any Number -> Number function may be given one that works for every type.
  EXPECT_TRUE(has_type("(_ : (Number -> Number) -> Text) (_ : ∀ a . a -> a)", "Text"));
}

TEST_F(Typing, SubsumptionDoesNotHold) {
  for (const char* text : {"(_ : Number) : ∀ a . a", "(_ : Number -> Number) : ∀ a . a -> a",
                           "(_ : (∀ a . a -> a) -> Text) : (Number -> Number) -> Text",
                           "(_ : Vector (Number -> Number)) : Vector (∀ a . a -> a)", "(_ : Remote Number) : Remote Text",
                           "(_ : Optional Number) : Vector Number", "(_ : Number) : Number -> Number"}) {
    EXPECT_TRUE(type_of(text).starts_with("refused")) << text << "\n" << type_of(text);
  }
}

TEST_F(Typing, ASkolemDoesNotEscape) {
  EXPECT_TRUE(type_of("x -> ((y -> x) : ∀ a . a -> a)").starts_with("refused"));
  EXPECT_TRUE(type_of("f -> (f : ∀ a . a -> a)").starts_with("refused"));
}

TEST_F(Typing, AVariableNeverStandsForAPolymorphicType) {
  EXPECT_TRUE(type_of("let apply f x = f x; apply (g -> (g 3, g \"k\")) (v -> v);;").starts_with("refused"));
  EXPECT_TRUE(has_type("identity (v -> v)", "∀ a . a -> a"));
}

// ---- bindings

TEST_F(Typing, AVariableIsShownUnderANameThatNoneAroundItHas) {
  const std::string alias = "let alias F a = ∀ b . a -> b -> a; ";
  EXPECT_EQ(type_of(alias + "f : ∀ b . F b; f = (x y -> x); f;;"), "∀ b a . b -> a -> b");
  EXPECT_EQ(type_of(alias + "f : ∀ b . (F b) -> b; f g = _; f;;"), "∀ b . (∀ a . b -> a -> b) -> b");
}

TEST_F(Typing, LetIsPolymorphicForEveryBinding) {
  EXPECT_TRUE(has_type("let pairs = Vector.map (x -> (x, x)); (pairs [1], pairs [\"k\"]);;", "(Vector (Number, Number), Vector (Text, Text))"));
  EXPECT_TRUE(has_type("let none = []; (Vector.append 1 none, Vector.append \"k\" none);;", "(Vector Number, Vector Text)"));
}

TEST_F(Typing, WhatALetTakesFromOutsideStaysMonomorphic) {
  EXPECT_TRUE(has_type("x -> let y = x; (y + 1, y + 2);;", "Number -> (Number, Number)"));
  EXPECT_TRUE(type_of("x -> let y = x; (y + 1, Text.length y);;").starts_with("refused"));
}

TEST_F(Typing, ARecursiveGroupIsTypedByComponents) {
  EXPECT_TRUE(has_type("let rec same x = x; both = (same 1, same \"k\"); both;;", "(Number, Text)"));
  EXPECT_TRUE(has_type("q -> let rec use = (same 1, same \"k\"); same x = x; use;;", "∀ a . a -> (Number, Text)"));
  EXPECT_TRUE(type_of("let rec f x = (g x, g \"k\"); g y = 1st (f y); f 3;;").starts_with("refused"));
}

TEST_F(Typing, ASignatureMakesRecursionPolymorphic) {
  EXPECT_TRUE(has_type("let rec depth : ∀ a . Number -> a -> Number; depth n x = if n ==_Number 0 then 0 else 1 + depth (n - 1) [x]; depth 3 True;;",
                       "Number"));
  EXPECT_TRUE(type_of("let rec depth n x = if n ==_Number 0 then 0 else 1 + depth (n - 1) [x]; depth 3 True;;").starts_with("refused"));
}

TEST_F(Typing, ParametersAreMonomorphicUnlessTheirTypeSaysOtherwise) {
  EXPECT_TRUE(has_type("let both : (∀ a . a -> a) -> (Number, Text); both g = (g 3, g \"k\"); both identity;;", "(Number, Text)"));
  EXPECT_TRUE(type_of("let both g = (g 3, g \"k\"); both identity;;").starts_with("refused"));
}

// ---- libraries

TEST_F(Typing, ASignatureThatSaysNothingNewKeepsTheHash) {
  const auto hash_of = [](const char* text) {
    Arena arena;
    Names names;
    DefinitionTypes types;
    const auto loaded = load_library(arena, text, names, types);
    return loaded.ok() ? base64url(view_of(loaded.value().back().hash)) : loaded.error().message;
  };
  EXPECT_EQ(hash_of("const : ∀ a b . a -> b -> a; const x y = x;"), hash_of("const x y = x;"));
  EXPECT_NE(hash_of("const : ∀ b a . a -> b -> a; const x y = x;"), hash_of("const x y = x;"));   // another order of variables
  EXPECT_NE(hash_of("same : Number -> Number; same x = x;"), hash_of("same x = x;"));
  EXPECT_EQ(hash_of("down : Number -> Number; down n = down (n - 1) + 1;"), hash_of("down n = down (n - 1) + 1;"));
  EXPECT_NE(hash_of("down : Number -> Text; down n = down (n - 1);"), hash_of("down n = down (n - 1);"));
  EXPECT_EQ(hash_of("a : Number -> Number; a n = b (n + 1) + 1; b n = a n;"), hash_of("a n = b (n + 1) + 1; b : Number -> Number; b n = a n;"));
}

TEST_F(Typing, ALibraryOfWrongTypeIsRefusedAsAWhole) {
  Arena arena;
  Names names;
  DefinitionTypes types;
  const auto loaded = load_library(arena, "good x = x;\nbad = good 1 + \"k\";", names, types);
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().message, "line 2, column 16: `\"k\"` has type Text, but the 2nd argument of `+` must have type Number");
  EXPECT_EQ(names.size(), 0u);
}

// ---- hostile programs

std::string repeated(const std::string& text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

TEST_F(Typing, TypesThatDoubleWithEveryLineAreRefused) {
  std::string text = "let f0 x = (x, x); ";
  for (int i = 1; i < 40; ++i) text += "f" + std::to_string(i) + " x = f" + std::to_string(i - 1) + " (f" + std::to_string(i - 1) + " x); ";
  EXPECT_TRUE(type_of(text + "[f39 1, f39 2];;").starts_with("refused: line 1, column 1: this cannot be checked")) << error_.message();
  EXPECT_TRUE(has_type("let f0 x = (x, x); f1 x = f0 (f0 x); 3;;", "Number"));
}

// A type of a few nodes that is 2^40 as a tree.
TEST_F(Typing, ARefusalLooksAtEachNodeOfATypeOnce) {
  std::string text = "let h q z = let p0 = (1, 1); ";
  for (int i = 1; i < 40; ++i) text += "p" + std::to_string(i) + " = (p" + std::to_string(i - 1) + ", p" + std::to_string(i - 1) + "); ";
  EXPECT_TRUE(type_of(text + "[p39, q];;; h 2;;").starts_with("refused: line 1, column 717: `2` has type Number")) << error_.message();
}

TEST_F(Typing, DeepTermsAndDeepTypesAreCheckedOrRefused) {
  for (const std::string& text : {repeated("(x -> ", 490) + "1" + repeated(")", 490), repeated("[", 490) + repeated("]", 490),
                                  repeated("(1, ", 490) + "2" + repeated(")", 490), "1" + repeated(" + 1", 1400),
                                  repeated("let x = 1; ", 490) + "x" + repeated(";;", 490), repeated("let rec f x = f x; ", 290) + "f" + repeated(";;", 290),
                                  repeated("identity (", 490) + "1" + repeated(")", 490), repeated("if True then 1 else (", 490) + "2" + repeated(")", 490),
                                  "do Remote " + repeated("x := pure 1; ", 990) + "pure 1;;"}) {
    EXPECT_FALSE(type_of(text).starts_with("refused")) << text.substr(0, 40) << "\n" << type_of(text).substr(0, 200);
  }
}

}  // namespace
}  // namespace roost::lang
