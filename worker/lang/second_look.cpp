// SPDX-License-Identifier: MIT
#include "worker/lang/second_look.h"

#include <algorithm>
#include <vector>

#include "worker/lang/as_written.h"
#include "worker/lang/habits.h"
#include "worker/lang/lexer.h"
#include "worker/lang/parser.h"

namespace roost::lang {
namespace {

bool ends_item(TokenKind kind) {
  switch (kind) {
    case TokenKind::Word: case TokenKind::OperatorName: case TokenKind::Number: case TokenKind::Text: case TokenKind::HashReference:
    case TokenKind::Blank: case TokenKind::RightParen: case TokenKind::RightBracket:
      return true;
    default: return false;
  }
}

class Looker {
 public:
  explicit Looker(std::string_view source) : source_(source), lexer_(arena_, source, effort_) {}

  SecondLook at(Place place, Reach reach) {
    Token token = lexer_.next();
    for (; token.kind != TokenKind::End && is_before(token.place, place); token = lexer_.next()) take(token);
    arrive(token);
    const std::size_t there = blocks_.back().statement_at;
    const Kind kind = blocks_[there].kind;
    is_behind_ = true;
    Statement found = blocks_[there].statement;
    while (reach == Reach::WholeStatement && token.kind != TokenKind::End) {
      leave(token);
      if (blocks_.size() <= there || !blocks_[there].is_open) break;
      token = lexer_.next();
      arrive(token);
      found = blocks_[there].statement;
    }
    look_.has_escape = found.has_escape;
    look_.bare_infix = found.bare_infix;
    if ((found.binds || kind == Kind::Do) && !look_.has_cases) look_.unended = found.unended;
    return look_;
  }

 private:
  enum class Kind : std::uint8_t { File, Let, Do, Bracket };
  struct Statement {
    Place begin{};
    Unended unended{};
    bool binds = false;   // has `=` or `:`: a binding or a signature, which others may follow
    bool has_escape = false;
    std::string_view bare_infix{};
  };
  struct Block {
    Kind kind = Kind::File;
    std::size_t statement_at = 0;   // the innermost block that is no bracket: this one, or one around it
    Statement statement{};          // the one at hand, or the last
    bool is_open = false;           // the statement has not ended
  };

  void take(const Token& token) {
    arrive(token);
    leave(token);
  }

  // What the token says of its statement.
  void arrive(const Token& token) {
    Block& block = blocks_.back();
    if (block.kind != Kind::Bracket && token.kind != TokenKind::Semicolon && token.kind != TokenKind::End) {
      if (block.is_open) {
        if (goes_on_too_far_left(token, block.statement)) block.statement.unended = {previous_line_, previous_.end};
      } else if (previous_.kind != TokenKind::Do && token.kind != TokenKind::Rec) {   // of which the statements stand behind them
        block.statement = {.begin = token.place};
        block.is_open = true;
      }
      if (token.kind == TokenKind::Equals || token.kind == TokenKind::Colon) block.statement.binds = true;
    }
    Statement& statement = blocks_[block.statement_at].statement;
    if (token.kind == TokenKind::Text && token.text.ends_with('\\')) statement.has_escape = true;
    if (operand_before_infix_ && begins_term(token.kind)) statement.bare_infix = previous_.text == "or" ? "or" : "and";
    if (token.kind == TokenKind::Word) look_for_cases(token.text);
  }

  // Of several breaks the last before the place counts, or else the first behind it.
  [[nodiscard]] bool goes_on_too_far_left(const Token& token, const Statement& statement) const {
    return previous_ends_item_ && begins_term(token.kind) && token.place.line > previous_line_ &&
           token.place.column <= statement.begin.column && !(is_behind_ && statement.unended.line != 0);
  }

  void look_for_cases(std::string_view word) {
    if (word == "case" || word == "match") may_have_cases_ = true;
    if (may_have_cases_ && (word == "of" || word == "with")) look_.has_cases = true;
  }

  void leave(const Token& token) {
    const bool closed_block = follow(token);
    const bool is_infix = token.kind == TokenKind::Word && (token.text == "and" || token.text == "or");
    operand_before_infix_ = is_infix && previous_ends_item_ && previous_.text.find('.') == std::string_view::npos;
    previous_ends_item_ = ends_item(token.kind) || closed_block;
    previous_ = token;
    const std::string_view text = source_.substr(token.begin, token.end - token.begin);
    previous_line_ = token.place.line + static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n'));
    if (token.kind == TokenKind::Text && previous_line_ > token.place.line && !is_behind_) look_.long_text = token.place;
  }

  // What the token does to the blocks: whether it closes a `let` or `do`.
  bool follow(const Token& token) {
    switch (token.kind) {
      case TokenKind::Let: open(Kind::Let, blocks_.size()); return false;
      case TokenKind::Do: open(Kind::Do, blocks_.size()); return false;
      case TokenKind::LeftParen: case TokenKind::LeftBracket: open(Kind::Bracket, blocks_.back().statement_at); return false;
      case TokenKind::RightParen: case TokenKind::RightBracket: close_bracket(); return false;
      case TokenKind::Semicolon: return end_statement();
      default: return false;
    }
  }

  void open(Kind kind, std::size_t statement_at) {
    blocks_.push_back({.kind = kind, .statement_at = statement_at});
    if (kind == Kind::Bracket) ++brackets_;
  }

  Kind close() {
    const Kind kind = blocks_.back().kind;
    if (kind == Kind::Bracket) --brackets_;
    blocks_.pop_back();
    return kind;
  }

  void close_bracket() {
    while (brackets_ > 0 && close() != Kind::Bracket) {}
  }

  bool end_statement() {
    while (blocks_.back().kind == Kind::Bracket) close();
    Block& block = blocks_.back();
    const bool closes = !block.is_open && block.kind != Kind::File;
    block.is_open = false;
    if (closes) close();
    return closes;
  }

  std::string_view source_;
  Arena arena_;
  Effort effort_;
  Lexer lexer_;
  std::vector<Block> blocks_{Block{}};
  std::size_t brackets_ = 0;   // of blocks_
  Token previous_;
  std::uint32_t previous_line_ = 0;   // on which the previous token ends
  bool previous_ends_item_ = false;
  bool operand_before_infix_ = false;   // the previous token is `and` or `or`, and what may be its operand stands before it
  bool may_have_cases_ = false;
  bool is_behind_ = false;   // the place
  SecondLook look_;
};

}  // namespace

SecondLook look_again(std::string_view source, Place place, Reach reach) { return Looker(source).at(place, reach); }

std::string ended(std::string_view source, const Unended& unended) {
  std::string text(source);
  text.insert(unended.offset, 1, ';');
  return text;
}

std::string advice_of(const Unended& unended) { return "perhaps a `;` is missing at the end of line " + std::to_string(unended.line); }

std::string advice_of(const SecondLook& look) {
  if (look.has_cases) return std::string(kNoPatterns);
  if (look.has_escape) return std::string(kNoEscapes);
  return {};
}

}  // namespace roost::lang
