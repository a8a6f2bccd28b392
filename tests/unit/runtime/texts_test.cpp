// SPDX-License-Identifier: MIT
#include <chrono>
#include <cmath>

#include "tests/unit/runtime/builtin_bench.h"

namespace roost::runtime {
namespace {

class Texts : public BuiltinBench {};

TEST_F(Texts, ConcatenationKeepsTheOrder) {
  EXPECT_EQ(shown(B::TextConcatenate, {t("ab"), t("cd")}), "\"abcd\"");
  EXPECT_EQ(shown(B::TextConcatenate, {t(""), t("é")}), "\"é\"");
  EXPECT_EQ(shown(B::TextConcatenate, {t("é"), t("")}), "\"é\"");
}

TEST_F(Texts, ConcatenatingATextWithItselfDoesNotChangeIt) {
  const Value text = t("ab");
  EXPECT_EQ(shown(B::TextConcatenate, {text, text}), "\"abab\"");
  EXPECT_EQ(show(text), "\"ab\"");
}

TEST_F(Texts, AreOrderedByCodePoint) {
  EXPECT_EQ(shown(B::TextLess, {t("Z"), t("a")}), "True");
  EXPECT_EQ(shown(B::TextLess, {t("\xef\xbf\xbd"), t("\xf0\x9f\x90\xa6")}), "True");   // U+FFFD, U+1F426
  EXPECT_EQ(shown(B::TextLess, {t("a"), t("ab")}), "True");
  EXPECT_EQ(shown(B::TextGreaterEqual, {t("a"), t("a")}), "True");
  EXPECT_EQ(shown(B::TextGreater, {t("a"), t("a")}), "False");
  EXPECT_EQ(shown(B::TextLessEqual, {t("b"), t("a")}), "False");
  EXPECT_EQ(shown(B::TextEqual, {t("a"), t("b")}), "False");
}

TEST_F(Texts, PositionsCountCodePoints) {
  EXPECT_EQ(shown(B::TextLength, {t("żółw")}), "4");
  EXPECT_EQ(shown(B::TextTake, {n(2), t("żółw")}), "\"żó\"");
  EXPECT_EQ(shown(B::TextDrop, {n(3), t("żółw")}), "\"w\"");
}

TEST_F(Texts, CountsAreFlooredAndClamped) {
  EXPECT_EQ(shown(B::TextTake, {n(1.9), t("abc")}), "\"a\"");
  EXPECT_EQ(shown(B::TextTake, {n(-1), t("abc")}), "\"\"");
  EXPECT_EQ(shown(B::TextTake, {n(9), t("abc")}), "\"abc\"");
  EXPECT_EQ(shown(B::TextTake, {n(std::nan("")), t("abc")}), "\"\"");
  EXPECT_EQ(shown(B::TextDrop, {n(HUGE_VAL), t("abc")}), "\"\"");
  EXPECT_EQ(shown(B::TextDrop, {n(-HUGE_VAL), t("abc")}), "\"abc\"");
  EXPECT_EQ(shown(B::TextDrop, {n(std::nan("")), t("abc")}), "\"abc\"");
}

TEST_F(Texts, CaseIsMappedBeyondAscii) {
  EXPECT_EQ(shown(B::TextUppercase, {t("żółw 3")}), "\"ŻÓŁW 3\"");
  EXPECT_EQ(shown(B::TextLowercase, {t("ΣÉA")}), "\"σéa\"");
}

TEST_F(Texts, WordsLoseWhatIsAroundThem) {
  EXPECT_EQ(shown(B::TextWords, {t("Plum, fig -- (lime)! it's 3")}), "[\"Plum\",\"fig\",\"lime\",\"it's\",\"3\"]");
  EXPECT_EQ(shown(B::TextWords, {t(" \t\n ")}), "[]");
  EXPECT_EQ(shown(B::TextWords, {t("«żółw»\xc2\xa0\xe2\x80\x83¡ok!")}), "[\"żółw\",\"ok\"]");
}

TEST_F(Texts, SplitGivesOnePieceMoreThanSeparators) {
  EXPECT_EQ(shown(B::TextSplit, {t(","), t("a,,b,")}), "[\"a\",\"\",\"b\",\"\"]");
  EXPECT_EQ(shown(B::TextSplit, {t("--"), t("a---b")}), "[\"a\",\"-b\"]");
  EXPECT_EQ(shown(B::TextSplit, {t(","), t("")}), "[\"\"]");
}

TEST_F(Texts, AnEmptySeparatorSplitsIntoCharacters) {
  EXPECT_EQ(shown(B::TextSplit, {t(""), t("aż")}), "[\"a\",\"ż\"]");
  EXPECT_EQ(shown(B::TextSplit, {t(""), t("")}), "[]");
}

// Looking for it byte by byte would take seconds.
TEST_F(Texts, ALongSeparatorThatNearlyMatchesEverywhereTakesLinearTime) {
  const std::string text(1u << 20, 'a');
  const auto start = std::chrono::steady_clock::now();
  for (const std::size_t size : {100u, 250u, 300'000u}) {
    const Value pieces = call(B::TextSplit, {t(std::string(size, 'a') + "b"), t(text)});
    EXPECT_EQ(pieces.as_vector()->size, 1u);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(500));
}

TEST_F(Texts, SplittingAsksForItsMemoryFirst) {
  EXPECT_EQ(failure(B::TextSplit, {t(""), t(std::string(8u << 20, 'x'))}), "memory limit");
}

TEST_F(Texts, ToNumberReadsDecimals) {
  EXPECT_EQ(shown(B::TextToNumber, {t("-12.5")}), "Optional.Some -12.5");
  EXPECT_EQ(shown(B::TextToNumber, {t("1.0e-2")}), "Optional.Some 1.0e-2");
  EXPECT_EQ(shown(B::TextToNumber, {t("1E+3")}), "Optional.Some 1000");
  EXPECT_EQ(shown(B::TextToNumber, {t("1e999")}), "Optional.Some Infinity");
  EXPECT_EQ(shown(B::TextToNumber, {t("1e-999")}), "Optional.Some 0");
  EXPECT_EQ(shown(B::TextToNumber, {t("-Infinity")}), "Optional.Some -Infinity");
  EXPECT_EQ(shown(B::TextToNumber, {t("NaN")}), "Optional.Some NaN");
}

TEST_F(Texts, ToNumberRefusesEverythingElse) {
  for (const char* text : {"", "-", ".5", "5.", "1e", "1e+", " 1", "1 ", "0x10", "1_000", "inf", "-NaN", "--1", "1.2.3", "١"})
    EXPECT_EQ(shown(B::TextToNumber, {t(text)}), "Optional.None") << text;
}

TEST_F(Texts, ToNumberReadsWhatToTextWrites) {
  for (const double number : {0.0, 1.0, -2.5, 1e22, 1.2345678e-300, 5e-324, 9007199254740993.0, 0.1, 123456789.125}) {
    const Value read = call(B::TextToNumber, {call(B::NumberToText, {n(number)})});
    EXPECT_EQ(read.as_data()->items()[0].as_number(), number);
  }
}

}  // namespace
}  // namespace roost::runtime
