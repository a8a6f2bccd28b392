// SPDX-License-Identifier: MIT
#include "worker/lang/parser.h"

#include <algorithm>
#include <cstdio>

#include "worker/lang/characters.h"
#include "worker/lang/habits.h"
#include "worker/lang/parse_state.h"

namespace roost::lang {
namespace {

constexpr std::size_t kFoundBytesMax = 40;   // of the token, in a message

// A piece of the text on one line, with what does not print spelled out.
std::string excerpt(std::string_view text) {
  std::string shown;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (shown.size() >= kFoundBytesMax && (byte & 0xC0) != 0x80) return shown + "…";
    char escaped[8];
    if (byte >= ' ' && byte != 127) {
      shown += text[i];
    } else if (byte == '\n') {
      shown += ' ';
    } else {
      std::snprintf(escaped, sizeof escaped, "\\x%02x", byte);
      shown += escaped;
    }
  }
  return shown;
}

Place place_of(std::string_view source, std::size_t offset) {
  Place place{1, 1};
  for (std::size_t i = 0; i < offset; ++i) {
    const auto byte = static_cast<unsigned char>(source[i]);
    if (byte == '\n') {
      ++place.line;
      place.column = 1;
    } else if ((byte & 0xC0) != 0x80) {
      ++place.column;
    }
  }
  return place;
}

SyntaxError not_utf8(std::string_view source, std::size_t offset) {
  char byte[8];
  std::snprintf(byte, sizeof byte, "0x%02x", static_cast<unsigned char>(source[offset]));
  SyntaxError error;
  error.place = place_of(source, offset);
  error.offset = offset;
  error.found = std::string("the byte ") + byte;
  error.reason = "the text is not UTF-8: byte " + std::to_string(offset) + " (counted from 0) is " + byte;
  return error;
}

std::string said(Place place) { return "line " + std::to_string(place.line) + ", column " + std::to_string(place.column); }

bool is_name(const Token& token) { return token.kind == TokenKind::Word || token.kind == TokenKind::OperatorName; }

// Whether no `=` or `:` of a definition stands in what begins there.
bool is_expression(Lexer lexer, Token token) {
  for (int open = 0;; token = lexer.next()) {
    switch (token.kind) {
      case TokenKind::LeftParen: case TokenKind::LeftBracket: ++open; break;
      case TokenKind::RightParen: case TokenKind::RightBracket: --open; break;
      case TokenKind::Equals: case TokenKind::Colon: case TokenKind::Define:
        if (open == 0) return false;
        break;
      case TokenKind::Alias: case TokenKind::Malformed: return false;
      case TokenKind::End: case TokenKind::Semicolon: case TokenKind::Let: case TokenKind::Do: case TokenKind::If: case TokenKind::Arrow: return true;
      default: break;
    }
  }
}

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text += i + 1 == items.size() ? " or " : ", ";
    text += items[i];
  }
  return text;
}

}  // namespace

std::string SyntaxError::message() const {
  return said(place) + ": " + what();
}

std::string SyntaxError::what() const {
  const std::string wrong = reason.empty() ? "found " + found + ", expected " + joined(expected) : reason;
  return advice.empty() ? wrong : wrong + "; " + advice;
}

Parser::Parser(Arena& arena, std::string_view source, Effort& effort)
    : arena_(arena), source_(source), lexer_(arena, source, effort), token_(lexer_.next()) {}

const Term* Parser::program() {
  const Piece piece = term();
  if (!piece) return nullptr;
  accept(TokenKind::Semicolon, Expect::LastSemicolon);
  expected_.note(Expect::End);
  if (!at(TokenKind::End)) {
    fail();
    if (error_->reason.empty() && begins_with_definition(source_)) error_->advice = kBeginsWithDefinitions;
    return nullptr;
  }
  return piece.term;
}

const Type* Parser::whole_type() {
  const TypePiece piece = type();
  if (!piece) return nullptr;
  expected_.note(Expect::End);
  if (!at(TokenKind::End)) {
    fail();
    return nullptr;
  }
  return piece.type;
}

bool Parser::library(std::vector<Binding>& bindings) {
  while (!at(TokenKind::End) && !at(TokenKind::Semicolon)) {
    const Lexer behind = lexer_;
    const Token first = token_;
    if (!binding(false)) return !bindings.empty() && fail_at_entry(behind, first);
    const LocalBinding& made = bindings_.back();
    bindings.push_back({made.name, made.piece.term, made.place});
    bindings_.pop_back();
    expected_.note(Expect::LastSemicolon);
    expected_.note(Expect::End);
  }
  accept(TokenKind::Semicolon, Expect::LastSemicolon);
  expected_.note(Expect::End);
  return at(TokenKind::End) || fail();
}

// A term where a definition should stand is wrong from its beginning.
[[gnu::noinline]] bool Parser::fail_at_entry(const Lexer& behind, const Token& first) {
  if (!error_->reason.empty() || !begins_term(first.kind) || !is_expression(behind, first)) return false;
  Expectations expected;
  expected.note(Expect::Binding);
  expected.note(Expect::End);
  error_->place = first.place;
  error_->found = found(first);
  error_->expected = expected.words();
  error_->advice = kBeginsWithDefinitions;
  return false;
}

void Parser::advance() {
  token_ = lexer_.next();
  expected_.clear();
}

// Out of line: a Lexer and a Token on the stack, which the recursion must not pay for.
[[gnu::noinline]] TokenKind Parser::next_kind() const {
  Lexer ahead = lexer_;
  return ahead.next().kind;
}

bool Parser::accept(TokenKind kind, Expect expected, std::string_view about) {
  if (at(kind)) {
    advance();
    return true;
  }
  expected_.note(expected, about);
  return false;
}

[[gnu::noinline]] bool Parser::fail() {
  if (error_) return false;
  const Place place = at(TokenKind::End) ? place_of(source_, source_.find_last_not_of(" \t\r\n") + 1) : token_.place;
  const SecondLook look = look_again(source_, place, Reach::UpToThere);
  if (at(TokenKind::Malformed)) {
    refuse_malformed(look);
    return false;
  }
  if (token_.begin == arrow_missing_at_) expected_.note(Expect::Arrow);
  refuse(place, token_.begin, {});
  error_->expected = expected_.words();
  error_->unended = look.unended;
  error_->advice = advice_of(look);
  if (error_->advice.empty())
    error_->advice = advice_about(source_.substr(token_.begin, token_.end - token_.begin), source_.substr(0, token_.begin),
                                  source_.substr(token_.end), expected_);
  error_->ended_early = at(TokenKind::End);
  return false;
}

void Parser::refuse_malformed(const SecondLook& look) {
  refuse_here(std::string(token_.text));
  error_->ended_early = source_[token_.begin] == '"';   // such a token is wrong in one way only: it is not closed
  if (!error_->ended_early) return;
  if (look.has_escape) {
    error_->advice = kNoEscapes;
  } else if (look.long_text.line != 0) {
    error_->advice = "the text before it, which begins at " + said(look.long_text) + ", spans lines: perhaps that one lacks its `\"`";
  }
}

[[gnu::noinline]] bool Parser::fail_to_close(std::string_view opener, Place place) {
  fail();
  const bool is_bracket = opener == "(" || opener == "[";
  const bool is_elsewhere = place.line != error_->place.line;
  const bool is_open_still = is_bracket || at(TokenKind::End) || at(TokenKind::RightParen) || at(TokenKind::RightBracket);
  const bool is_next_binding = is_bracket && is_elsewhere && at(TokenKind::Equals);   // rather than a comparison
  if (is_next_binding || (error_->advice.empty() && is_open_still && (is_bracket || is_elsewhere)))
    error_->advice = "`" + std::string(opener) + "` stands at " + said(place);
  return false;
}

std::string Parser::found(const Token& token) const {
  return token.kind == TokenKind::End ? "the end of the text" : "`" + excerpt(source_.substr(token.begin, token.end - token.begin)) + "`";
}

bool Parser::refuse(Place place, std::size_t offset, std::string reason) {
  if (error_) return false;
  SyntaxError error;
  error.place = place;
  error.offset = offset;
  error.found = found(token_);
  error.reason = std::move(reason);
  error_ = std::move(error);
  return false;
}

bool Parser::refuse_here(std::string reason) { return refuse(token_.place, token_.begin, std::move(reason)); }

Piece Parser::leaf_piece(TermKind kind, Place place) {
  Term* made = arena_.make<Term>();
  made->kind = kind;
  made->place = place;
  return {made, 1, 1};
}

Piece Parser::name_piece(std::string_view name, Place place) {
  Piece piece = leaf_piece(TermKind::Name, place);
  piece.term->text = name;
  if (name == "pure" && !pure_.replacement.empty()) {
    piece.term->text = pure_.replacement;
    piece.term->left = pure_.word;
    piece.term->index = kWrittenPure;
    pure_uses_.emplace_back(piece.term, pure_.scope);
  }
  return piece;
}

// A name that a `do` looks up.
Piece Parser::do_name_piece(std::string_view name, const Term* word, Place place) {
  Piece piece = leaf_piece(TermKind::Name, place);
  piece.term->text = name;
  piece.term->left = word;
  return piece;
}

Piece Parser::builtin_piece(Builtin builtin, Place place) {
  Piece piece = leaf_piece(TermKind::Builtin, place);
  piece.term->builtin = builtin;
  return piece;
}

// Refuses a tree that is too deep, or too much work to hash.
Piece Parser::checked(const Piece& piece) {
  if (piece.depth > kTermDepthMax) {
    refuse_here("the program is a tree of more than " + std::to_string(kTermDepthMax) +
                " levels (the language's limit); split the block, chain or tuple that ends here");
    return {};
  }
  if (piece.work > kHashWorkMax) {
    refuse_here("hashing the program would visit more than " + std::to_string(kHashWorkMax) +
                " nodes (the language's limit); nest fewer `let rec`s or split the program");
    return {};
  }
  return piece;
}

Piece Parser::apply(const Piece& function, const Piece& argument, Place place) {
  Term* made = arena_.make<Term>();
  made->kind = TermKind::Apply;
  made->place = place;
  made->left = function.term;
  made->right = argument.term;
  return checked({made, std::max(function.depth, argument.depth) + 1, function.work + argument.work + 1});
}

Piece Parser::lambda(std::string_view parameter, const Piece& body, Place place) {
  Term* made = arena_.make<Term>();
  made->kind = TermKind::Lambda;
  made->place = place;
  made->text = parameter;
  made->left = body.term;
  return checked({made, body.depth + 1, body.work + 1});
}

Piece Parser::annotate(const Piece& piece, const TypePiece& type, Place place) {
  Term* made = arena_.make<Term>();
  made->kind = TermKind::Annotate;
  made->place = place;
  made->left = piece.term;
  made->type = type.type;
  return checked({made, piece.depth + 1, piece.work + type.nodes + 1});
}

std::uint32_t Parser::enter_pure_scope(std::string_view replacement, const Term* word) {
  pure_ = {replacement, word, ++pure_scopes_};
  return pure_.scope;
}

namespace {

// Says that a `;` is missing if the text is right with it. One try, which makes no other.
template <typename Read>
SyntaxError tried(SyntaxError error, std::string_view source, Effort& effort, Read read) {
  if (error.unended.line == 0) return error;
  Arena scratch;
  const std::string text = ended(source, error.unended);
  Parser again(scratch, text, effort);
  if (read(again)) error.advice = advice_of(error.unended);
  return error;
}

}  // namespace

Result<const Term*, SyntaxError> parse_program(Arena& arena, std::string_view source, Effort* effort) {
  if (const std::size_t bad = find_invalid_utf8(source); bad != std::string_view::npos)
    return Refused{not_utf8(source, bad)};
  Effort ignored;
  Effort& counted = effort ? *effort : ignored;
  Parser parser(arena, arena.copy(source), counted);
  const Term* program = parser.program();
  if (program == nullptr) return Refused{tried(parser.take_error(), source, counted, [](Parser& again) { return again.program() != nullptr; })};
  return program;
}

bool begins_with_definition(std::string_view source) {
  Arena arena;
  Effort effort;
  Lexer lexer(arena, source, effort);
  Token token = lexer.next();
  if (token.kind == TokenKind::Alias) return true;
  if (!is_name(token)) return false;
  token = lexer.next();
  const bool has_signature = token.kind == TokenKind::Colon;
  if (token.kind == TokenKind::Operator || token.kind == TokenKind::InfixWord) return is_name(lexer.next()) && lexer.next().kind == TokenKind::Equals;
  for (;; token = lexer.next()) {
    switch (token.kind) {
      case TokenKind::Equals: return !has_signature;
      case TokenKind::Semicolon: return has_signature && lexer.next().kind != TokenKind::End;
      case TokenKind::Word: case TokenKind::OperatorName: case TokenKind::Number: case TokenKind::Text: case TokenKind::Blank:
      case TokenKind::LeftParen: case TokenKind::RightParen: case TokenKind::LeftBracket: case TokenKind::RightBracket: case TokenKind::Comma:
        break;
      case TokenKind::Colon: case TokenKind::Operator: case TokenKind::Arrow: case TokenKind::Dot:
        if (has_signature) break;
        return false;
      default: return false;
    }
  }
}

Result<const Type*, SyntaxError> parse_type(Arena& arena, std::string_view source) {
  if (const std::size_t bad = find_invalid_utf8(source); bad != std::string_view::npos)
    return Refused{not_utf8(source, bad)};
  Effort ignored;
  Parser parser(arena, arena.copy(source), ignored);
  const Type* type = parser.whole_type();
  if (type == nullptr) return Refused{parser.take_error()};
  return type;
}

Result<std::vector<Binding>, SyntaxError> parse_library(Arena& arena, std::string_view source) {
  if (const std::size_t bad = find_invalid_utf8(source); bad != std::string_view::npos)
    return Refused{not_utf8(source, bad)};
  Effort ignored;
  Parser parser(arena, arena.copy(source), ignored);
  std::vector<Binding> bindings;
  const auto read = [](Parser& again) {
    std::vector<Binding> made;
    return again.library(made);
  };
  if (!parser.library(bindings)) return Refused{tried(parser.take_error(), source, ignored, read)};
  return bindings;
}

}  // namespace roost::lang
