// SPDX-License-Identifier: MIT
#include <string>

#include "worker/lang/habits.h"
#include "worker/lang/parse_state.h"

namespace roost::lang {

// `do M s₁; …; sₙ;;` is sugar over the two names M.bind and M.pure, looked up where the block stands. Inside a statement the name
// `pure` means M.pure unless something inside the statement binds it; the right-hand side of `x = e` keeps the meaning from
// outside the block.

namespace {
constexpr std::string_view kIgnored = "_";   // bound by an expression statement; no name can refer to it
}  // namespace

Piece Parser::do_block() {
  const Nesting nesting(*this);
  if (!nesting) return {};
  const Place place = token_.place;
  advance();
  Term* word = leaf_piece(TermKind::Name, token_.place).term;
  word->text = token_.text;
  if (!accept(TokenKind::Word, Expect::DoWord)) {
    fail();
    return {};
  }
  const std::string_view pure_name = arena_.copy(std::string(word->text) + ".pure");
  const std::size_t base = statements_.size();
  const PureMeaning outside = pure_;
  const bool read = statements(pure_name, word, base, place);
  pure_ = outside;
  if (!read) return {};
  const Piece made = chain_statements(base, word, pure_name);
  if (made && statements_.size() > base + 1) made.term->place = place;
  statements_.resize(base);
  return made;
}

// stmt ";" { stmt ";" } ";"
bool Parser::statements(std::string_view pure_name, const Term* word, std::size_t base, Place place) {
  PureMeaning outside = pure_;
  for (;;) {
    if (!at_term()) {
      expected_.note(Expect::Statement);
      return fail_in_statements(base, place);
    }
    if (!statement(pure_name, word, outside)) return false;
    if (!accept(TokenKind::Semicolon, Expect::StatementEnd)) return fail_in_statements(base, place);
    const bool complete = statements_.size() > base && statements_.back().kind == Statement::Kind::Expression;
    if (complete && accept(TokenKind::Semicolon, Expect::DoEnd)) return true;
  }
}

// `let x = 3; …` as a statement takes the rest of the block as its body.
[[gnu::noinline]] bool Parser::fail_in_statements(std::size_t base, Place place) {
  fail_to_close("do", place);
  if (at(TokenKind::Semicolon) && statements_.size() == base && next_kind() != TokenKind::Semicolon) error_->advice = kNoSemicolonBehindDo;
  if (at(TokenKind::End) && statements_.size() > base && statements_.back().is_let) {
    error_->place = statements_.back().place;
    error_->reason = "the `;;` behind this `let` ends the `let`, and nothing ends the `do`";
    error_->advice = statements_.back().is_recursive ? kLetRecInDo : kNoLetInDo;
  }
  return false;
}

// stmt = WORD ":=" term | WORD "=" term | term
bool Parser::statement(std::string_view pure_name, const Term* word, PureMeaning& outside) {
  Statement made;
  made.place = token_.place;
  made.is_let = at(TokenKind::Let);
  made.is_recursive = made.is_let && next_kind() == TokenKind::Rec;
  if (at(TokenKind::Word)) {
    const TokenKind next = next_kind();
    if (next == TokenKind::Define) made.kind = Statement::Kind::Bind;
    if (next == TokenKind::Equals) made.kind = Statement::Kind::Define;
  }
  if (made.kind != Statement::Kind::Expression) {
    made.name = token_.text;
    advance();
    advance();
  }
  if (made.kind == Statement::Kind::Define) {
    pure_ = outside;
  } else {
    enter_pure_scope(pure_name, word);
  }
  made.piece = term();
  if (!made.piece) return false;
  if (made.name == "pure") {
    enter_pure_scope({});
    outside = pure_;
  }
  statements_.push_back(made);
  return true;
}

// From the last statement to the first: M.bind (x -> rest) e.
[[gnu::noinline]] Piece Parser::chain_statements(std::size_t base, const Term* word, std::string_view pure_name) {
  const std::string_view bind_name = arena_.copy(std::string(word->text) + ".bind");
  Piece rest = statements_.back().piece;
  for (std::size_t i = statements_.size() - 1; i > base && rest; --i) {
    Statement& one = statements_[i - 1];
    if (one.kind == Statement::Kind::Define) one.piece = apply(do_name_piece(pure_name, word, one.place), one.piece, one.place);
    const bool bound = one.kind != Statement::Kind::Expression;
    const Piece function = lambda(bound ? one.name : kIgnored, rest, one.place);
    if (!function || !one.piece) return {};
    const Piece half = apply(do_name_piece(bind_name, word, one.place), function, one.place);
    rest = half ? apply(half, one.piece, one.place) : Piece{};
  }
  return rest;
}

}  // namespace roost::lang
