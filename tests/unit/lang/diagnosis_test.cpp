// SPDX-License-Identifier: MIT
#include "worker/lang/diagnosis.h"

#include <gtest/gtest.h>

#include <string>

#include "worker/wire/cbor.h"

namespace roost::lang {
namespace {

TEST(Excerpt, ShowsTheLineAndACaretBelowThePlace) {
  EXPECT_EQ(excerpt("1 +\n  nonsense\n", {2, 3}), "  2 |   nonsense\n    |   ^\n");
}

TEST(Excerpt, SaysWhereALongLineWasCut) {
  std::string line(120, 'a');
  line.append("!").append(120, 'b');
  EXPECT_EQ(excerpt(line, {1, 121}), "  1 | …" + std::string(50, 'a') + "!" + std::string(49, 'b') + "…\n    |  " + std::string(50, ' ') + "^\n");
  EXPECT_EQ(excerpt(line, {1, 1}), "  1 | " + std::string(100, 'a') + "…\n    | ^\n");
  EXPECT_EQ(excerpt(std::string(100, 'a'), {1, 1}), "  1 | " + std::string(100, 'a') + "\n    | ^\n");
}

TEST(Excerpt, IsEmptyWithoutAPlace) { EXPECT_EQ(excerpt("1", {0, 0}), ""); }

TEST(Excerpt, ShowsWhatIsNotUtf8AsReplacementCharacters) {
  EXPECT_EQ(excerpt("at \xC3.7", {1, 4}), "  1 | at \uFFFD.7\n    |    ^\n");
  EXPECT_EQ(excerpt("\xE2\x82", {1, 1}), "  1 | \uFFFD\uFFFD\n    | ^\n");
  std::string every_byte;
  for (int i = 0; i < 256; ++i) every_byte += static_cast<char>(i);
  for (std::uint32_t column : {1u, 120u, 200u, 256u}) EXPECT_TRUE(cbor::is_utf8(excerpt(every_byte + every_byte, {2, column}))) << column;
}

TEST(Excerpt, CutsALongLineBetweenCharacters) {
  std::string line;
  for (int i = 0; i < 500; ++i) line += "é";
  EXPECT_TRUE(cbor::is_utf8(excerpt(line, {1, 250})));
}

TEST(Excerpt, CountsTheColumnsOfATerminal) {
  EXPECT_EQ(excerpt("\"日本\" x", {1, 6}), "  1 | \"日本\" x\n    |        ^\n");
  EXPECT_EQ(excerpt("e\u0301 x", {1, 4}), "  1 | e\u0301 x\n    |   ^\n");
  EXPECT_EQ(excerpt("\t日x", {1, 3}), "  1 | \t日x\n    | \t  ^\n");
}

TEST(Excerpt, PointsBehindTheLineWhereItEnds) { EXPECT_EQ(excerpt("日 +", {1, 4}), "  1 | 日 +\n    |     ^\n"); }

}  // namespace
}  // namespace roost::lang
