// SPDX-License-Identifier: MIT
// The editors' grammar (ops/editor) against our own lexer: whatever one calls a keyword, a name, a number, a text or an operator, the other
// does too, in every program that there is.
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/unit/lang/textmate.h"
#include "worker/lang/lexer.h"

namespace roost::lang {
namespace {

const TextMate& grammar() {
  static const TextMate one("ops/editor/syntaxes/roost.tmLanguage.json");
  return one;
}

// What a token's scope may begin with, separated by spaces.
std::string wanted(const Token& token, std::string_view text) {
  switch (token.kind) {
    case TokenKind::Word: return text == "forall" ? "keyword.control" : "variable.other entity.name";
    case TokenKind::Operator: return text == "∀" ? "keyword.control" : "keyword.operator";
    case TokenKind::OperatorName: return "punctuation";   // its parenthesis
    case TokenKind::InfixWord: return "keyword.operator.word";
    case TokenKind::Number: return "constant.numeric";
    case TokenKind::Text: return "string.quoted";
    case TokenKind::HashReference: return "constant.other.hash";
    case TokenKind::Blank: return "constant.language.blank";
    case TokenKind::Define: case TokenKind::Equals: case TokenKind::Arrow: return "keyword.operator";
    case TokenKind::Colon: return "punctuation keyword.operator.type";
    case TokenKind::LeftParen: case TokenKind::RightParen: case TokenKind::LeftBracket: case TokenKind::RightBracket:
    case TokenKind::Comma: case TokenKind::Semicolon: case TokenKind::Dot: return "punctuation";
    default: return "keyword.control";
  }
}

bool begins_with_one_of(const std::string& scope, const std::string& beginnings) {
  std::istringstream in(beginnings);
  for (std::string one; in >> one;)
    if (scope.starts_with(one)) return true;
  return false;
}

// The tokens that differ, one a line.
std::string differences(const std::string& text) {
  Arena arena;
  Effort effort;
  Lexer lexer(arena, text, effort);
  const std::vector<std::string> scopes = grammar().scopes(text);
  std::string found;
  for (Token token = lexer.next(); token.kind != TokenKind::End; token = lexer.next()) {
    if (token.kind == TokenKind::Malformed) return found;
    const std::string_view written = std::string_view(text).substr(token.begin, token.end - token.begin);
    if (!begins_with_one_of(scopes[token.begin], wanted(token, written)))
      found += std::to_string(token.place.line) + ":" + std::to_string(token.place.column) + " `" + std::string(written) + "` is `" +
               scopes[token.begin] + "`, not " + wanted(token, written) + "\n";
  }
  return found;
}

TEST(TextMateGrammar, EveryProgramIsColouredAsItIsRead) {
  int files = 0;
  for (const char* folder : {"tests/programs", "worker/library", "tests/load/language", "tests/language"})
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (entry.path().extension() != ".u") continue;
      std::ifstream in(entry.path());
      std::stringstream text;
      text << in.rdbuf();
      ++files;
      EXPECT_EQ(differences(text.str()), "") << entry.path();
    }
  EXPECT_GT(files, 1'500);
}

TEST(TextMateGrammar, WordsAreTakenAsTheReferenceTakesThem) {
  for (const char* text : {"hop--skip", "a --> b", "a |-- b", "7+8 n-1 a=b x->y", "7+ 8", "n -1", "fold-left empty? start! x' keys# half_full _tmp",
                           "1st 2nd-last 3d", "Fruit.peel Fruit.Pip.1st", "3 <=_Number 4", "a +_Fruit.Pip b", "(+) (==_Text)", "f `combine` g",
                           "letter iffy done rec-room aliases", "→ λ λx", "1.5 42 1e3", "\"two\nlines\" x", "_ _x #1YX1hv peel#1YX1hv",
                           "let x = 1; x", "x := y; z", "f : ∀ a . a -> a", "Some None True", "日本 = 1"})
    EXPECT_EQ(differences(text), "") << text;
}

std::string scope_of(const std::string& text, std::string_view part) { return grammar().scopes(text)[text.find(part)]; }

TEST(TextMateGrammar, ItSaysMoreThanTheLexer) {
  EXPECT_EQ(scope_of("x -- note", "note"), "comment.line.double-dash.roost");
  EXPECT_EQ(scope_of("f : Number;", "f"), "entity.name.function.roost");
  EXPECT_EQ(scope_of("f : Number;", "Number"), "entity.name.type.roost");
  EXPECT_EQ(scope_of("Vector.map f", "Vector"), "variable.other.roost");
  EXPECT_EQ(scope_of("n := Remote.here;", ":="), "keyword.operator.bind.roost");
}

TEST(TextMateGrammar, AGrammarThatWeDoNotUnderstandIsRefused) { EXPECT_THROW(TextMate("ops/editor/package.json"), std::exception); }

}  // namespace
}  // namespace roost::lang
