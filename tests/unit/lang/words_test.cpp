// SPDX-License-Identifier: MIT
// What is a word, an operator, a number, a comment: the rules of the lexer, one table for each.

#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/lang/same_tree.h"
#include "worker/lang/lexer.h"

namespace roost::lang {
namespace {

// The tokens of a text as "kind:text", for tables.
std::string tokens_of(const std::string& source) {
  Arena arena;
  Effort effort;
  Lexer lexer(arena, source, effort);
  std::string shown;
  for (Token token = lexer.next(); token.kind != TokenKind::End; token = lexer.next()) {
    if (!shown.empty()) shown += ' ';
    switch (token.kind) {
      case TokenKind::Word: shown += "w:" + std::string(token.text); break;
      case TokenKind::OperatorName: shown += "n:" + std::string(token.text); break;
      case TokenKind::Operator: shown += "o:" + std::string(token.text); break;
      case TokenKind::InfixWord: shown += "i:" + std::string(token.text); break;
      case TokenKind::Number: shown += "1:" + source.substr(token.begin, token.end - token.begin); break;
      case TokenKind::Text: shown += "t:" + std::string(token.text); break;
      case TokenKind::Malformed: return shown + "!";
      default: shown += source.substr(token.begin, token.end - token.begin);
    }
  }
  return shown;
}

struct Case {
  const char* source;
  const char* tokens;
};
void expect_tokens(std::initializer_list<Case> cases) {
  for (const auto& [source, tokens] : cases) EXPECT_EQ(tokens_of(source), tokens) << source;
}

TEST(Words, MayContainOperatorCharacters) {
  expect_tokens({{"fold-left", "w:fold-left"}, {"empty?", "w:empty?"}, {"start!", "w:start!"}, {"x'", "w:x'"},
                 {"keys#", "w:keys#"}, {"half_full", "w:half_full"}, {"_tmp", "w:_tmp"}, {"7+8", "w:7+8"},
                 {"n-1", "w:n-1"}, {"a=b", "w:a=b"}, {"x->y", "w:x->y"}, {"7+ 8", "w:7+ 1:8"},
                 {"peel#1YX1hv", "w:peel#1YX1hv"}, {"a{", "w:a !"}});
}

TEST(Words, MayBeginWithADigitIfSomethingIsNone) {
  expect_tokens({{"1st", "w:1st"}, {"2nd-last", "w:2nd-last"}, {"3d", "w:3d"}, {"1e3", "w:1e3"}, {"42", "1:42"}});
}

TEST(Words, AreJoinedByDotsAsFarAsSegmentsAreLegal) {
  expect_tokens({{"Fruit.peel", "w:Fruit.peel"}, {"Fruit.Pip.1st", "w:Fruit.Pip.1st"}, {"Fruit. peel", "w:Fruit . w:peel"},
                 {"Fruit.+", "w:Fruit . o:+"}, {"Fruit.then", "w:Fruit . then"}, {"Fruit.3", "w:Fruit . 1:3"},
                 {"Fruit.+x", "w:Fruit.+x"}, {"a.b.", "w:a.b ."}});
}

TEST(Words, DoNotBeginWithAnOperatorCharacter) {
  expect_tokens({{"'x", "o:' w:x"}, {"?x", "o:? w:x"}, {"-x", "o:- w:x"}, {"n -1", "w:n o:- 1:1"}, {"->x", "-> w:x"}});
}

TEST(Words, NeedALetterOrADigit) {
  expect_tokens({{"_", "_"}, {"__", "!"}, {"_-", "!"}, {"[_]", "[ _ ]"}, {"é", "w:é"}, {"日本", "w:日本"}, {"λ", "w:λ"}});
}

TEST(Words, KeywordsCountAsWholeSegmentsOnly) {
  expect_tokens({{"letter", "w:letter"}, {"iffy", "w:iffy"}, {"done", "w:done"}, {"rec-room", "w:rec-room"},
                 {"aliases", "w:aliases"}, {"let", "let"}, {"if", "if"}, {"in where", "in where"}, {"do.x", "do . w:x"},
                 {"then;", "then ;"}, {"forall", "w:forall"}});
}

TEST(Operators, AreMaximalRunsOfSymbols) {
  expect_tokens({{"a <+> b", "w:a o:<+> w:b"}, {"a == b", "w:a o:== w:b"}, {"a = b", "w:a = w:b"}, {"a -> b", "w:a -> w:b"},
                 {"a ->> b", "w:a o:->> w:b"}, {"a → b", "w:a o:→ w:b"}, {"a + (b)", "w:a o:+ ( w:b )"}, {"a |> b", "w:a o:|> w:b"}});
}

TEST(Operators, CarryTheirQualifierBehindAnUnderscore) {
  expect_tokens({{"<=_Number", "o:Number.<="}, {"+_Fruit.Pip 1", "o:Fruit.Pip.+ 1:1"}, {"+_ 1", "o:+ _ 1:1"},
                 {"+_+", "o:+ !"}, {"==_then", "o:== w:_then"}, {"+_3d", "o:3d.+"}});
}

TEST(Operators, AreNamesInParentheses) {
  expect_tokens({{"(+)", "n:+"}, {"(==_Text)", "n:Text.=="}, {"(+ )", "n:+"}, {"( +)", "( o:+ )"}, {"(-> )", "( -> )"},
                 {"(=)", "( = )"}, {"(+ 1)", "( o:+ 1:1 )"}, {"((+))", "( n:+ )"}, {"(+ -- why\n)", "n:+"}});
}

TEST(Operators, WordsBecomeOnesBetweenBackticks) {
  expect_tokens({{"f `combine` g", "w:f i:combine w:g"}, {"f `A.b ` g", "w:f i:A.b w:g"}, {"f ` g ` h", "w:f !"}, {"f `g h", "w:f !"},
                 {"f `+` g", "w:f !"}});
}

TEST(Comments, BeginOnlyWhereATokenCould) {
  expect_tokens({{"hop--skip", "w:hop--skip"}, {"a --> b", "w:a"}, {"a |-- b", "w:a o:|-- w:b"}, {"--\na", "w:a"},
                 {"a -- b\n-- c\nd", "w:a w:d"}, {"a;--b", "w:a ;"}, {"-", "o:-"}, {"(--)", "("}});
}

TEST(Whitespace, IsAnyUnicodeSpace) {
  expect_tokens({{"a\tb\r\nc\v\fd", "w:a w:b w:c w:d"}, {"a\u00a0b", "w:a w:b"}, {"a\u2003b\u3000c", "w:a w:b w:c"},
                 {"a\u0085b", "w:a w:b"}, {"", ""}, {"  \n ", ""}});
}

TEST(Literals, NumbersHaveDigitsOnBothSidesOfTheirPoint) {
  expect_tokens({{"2.5", "1:2.5"}, {"5.", "1:5 ."}, {".5", ". 1:5"}, {"1.5.2", "1:1.5 . 1:2"}, {"007", "1:007"}});
  EXPECT_EQ(Parsed("0.1").term().number, 0.1);
  EXPECT_EQ(Parsed("9007199254740993").term().number, 9007199254740992.0);
  EXPECT_EQ(Parsed("123456789012345678901234567890").term().number, 123456789012345678901234567890.0);
  EXPECT_EQ(Parsed(std::string(400, '9')).term().number, HUGE_VAL);
  EXPECT_EQ(Parsed("0." + std::string(400, '0') + "1").term().number, 0.0);
}

TEST(Literals, TextsHaveNoEscapes) {
  EXPECT_EQ(Parsed("\"a\\n\"").term().text, "a\\n");
  EXPECT_EQ(Parsed("\"two\nlines -- no comment\"").term().text, "two\nlines -- no comment");
  EXPECT_EQ(Parsed("\"\"").term().text, "");
}

TEST(Literals, HashReferencesAreStrict) {
  const std::string hash = "oNHEnxTDgeDwM6zlZXpAjHQFJsWst0glHt-PBoSzeKQgPFnJ3-60zdBlLilkPFnnBvrNsUds5benKlEVwCg90g==";
  EXPECT_TRUE(Parsed("#" + hash).ok());
  EXPECT_TRUE(Parsed("f #" + hash + " 1").ok());
  for (const std::string& bad : {hash.substr(0, 86), hash.substr(4), hash + "=", hash.substr(0, 84) + "0h==", "!" + hash, hash + "x"})
    EXPECT_FALSE(Parsed("#" + bad).ok()) << bad;
  EXPECT_FALSE(Parsed("#").ok());
  EXPECT_FALSE(Parsed("1 # 2").ok());
  EXPECT_FALSE(Parsed("# " + hash).ok());
}

TEST(Places, CountCodePointsInLines) {
  const Parsed parsed("\"é\n日\" é 本 x");
  const Term& last = *parsed.term().right;
  EXPECT_EQ(last.text, "x");
  EXPECT_EQ(last.place.line, 2u);
  EXPECT_EQ(last.place.column, 8u);
}

}  // namespace
}  // namespace roost::lang
