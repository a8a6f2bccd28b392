// SPDX-License-Identifier: MIT
#include "worker/lang/print.h"

#include <gtest/gtest.h>

#include "tests/unit/lang/same_tree.h"

namespace roost::lang {
namespace {

std::string printed(std::string_view text, std::size_t bytes_max = 1'000'000) {
  const Parsed parsed(text);
  EXPECT_TRUE(parsed.ok()) << text << "\n" << parsed.message();
  return parsed.ok() ? print_term(parsed.term(), bytes_max) : "";
}

TEST(Print, SugarComesBack) {
  for (const char* text : {"1 + 2 * 3", "x y -> x + y", "[1, [], \"a\"]", "(1, 2)", "(a, b, c)", "if a then b else c", "let k = 1; k;;",
                           "let rec f = g; g = f; f;;", "f (g x) 2.5", "a + (b - c)", "(x -> x) 1", "(a : Vector Number -> (Text, Text))",
                           "a <=_Number b", "(==_Text) a", "[1] 2", "if (if a b c d + e) then f else g", "f ([1] 2)", "(_ : ∀ a b . a -> (∀ c . c) -> b)", "(_ : (Text -> Text) -> Vector (Vector Text))"})
    EXPECT_EQ(printed(text), text);
}

TEST(Print, WhatIsPrintedParsesToTheSameTree) {
  for (const char* kind : {"same", "type", "eval"}) {
    for (const std::string& line : example_lines(kind)) {
      const auto text = cut(line, kind == std::string("same") ? "≡" : kind == std::string("type") ? "∷" : "⇒").first;
      if (text.find("do ") != std::string::npos) continue;   // `_` is no name
      EXPECT_TRUE(same_text(printed(text), text)) << text << "\n" << printed(text);
    }
  }
}

TEST(Print, IsBounded) {
  EXPECT_EQ(printed("abc + def", 6), "abc + …");
  EXPECT_EQ(printed("\"日本\"", 3), "\"…");
  EXPECT_LE(printed("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]", 10).size(), 13u);
}

TEST(Print, FunctionsBeginWithALambda) {
  const Parsed parsed("x y -> x + y");
  EXPECT_EQ(print_function(parsed.term(), 100), "(λ x y -> x + y)");
  EXPECT_EQ(print_function(parsed.term(), 8), "(λ x y …");
}

TEST(Print, NumbersReadBack) {
  for (const char* text : {"0.1", "100000000000000000000", "1234.5678", "0.00001"}) EXPECT_EQ(printed(text), text);
}

}  // namespace
}  // namespace roost::lang
