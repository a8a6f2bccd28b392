// SPDX-License-Identifier: MIT
// The examples of tests/language that need no evaluator: two texts with one tree, texts to accept, texts to refuse, hashes.

#include <gtest/gtest.h>

#include "tests/unit/lang/same_tree.h"
#include "worker/lang/hash.h"

namespace roost::lang {
namespace {

TEST(Examples, TextsThatMeanTheSameHaveOneTree) {
  const auto lines = example_lines("same");
  EXPECT_GE(lines.size(), 20u);
  for (const std::string& line : lines) {
    const auto [left, right] = cut(line, "≡");
    EXPECT_TRUE(same_text(left, right)) << line;
  }
}

TEST(Examples, EveryTextToAcceptIsAccepted) {
  const auto lines = example_lines("parse");
  EXPECT_GE(lines.size(), 24u);
  for (const std::string& line : lines) EXPECT_TRUE(Parsed(line).ok()) << line << "\n" << Parsed(line).message();
}

TEST(Examples, EveryTextToRefuseIsRefused) {
  const auto lines = example_lines("noparse");
  EXPECT_GE(lines.size(), 34u);
  for (const std::string& line : lines) EXPECT_FALSE(Parsed(line).ok()) << line;
}

TEST(Examples, TypedAndEvaluatedTextsParse) {
  for (const auto& [kind, separator] : {std::pair{"type", "∷"}, {"eval", "⇒"}, {"run", "prints"}}) {
    for (const std::string& line : example_lines(kind)) {
      const std::string text = cut(line, separator).first;
      EXPECT_TRUE(Parsed(text).ok()) << text << "\n" << Parsed(text).message();
    }
  }
}

TEST(Examples, HashesAreThoseOf2016) {
  const auto lines = example_lines("hash");
  EXPECT_GE(lines.size(), 14u);
  for (const std::string& line : lines) {
    const auto [text, hash] = cut(line, "=");
    Parsed parsed(text);
    ASSERT_TRUE(parsed.ok()) << parsed.message();
    const auto resolved = resolve(parsed.arena(), &parsed.term(), Names());
    ASSERT_TRUE(resolved.ok()) << resolved.error().message();
    EXPECT_EQ(base64url(view_of(hash_term(*resolved.value()))), hash) << text;
  }
}

}  // namespace
}  // namespace roost::lang
