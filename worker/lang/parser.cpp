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
  const std::string where =
      "line " + std::to_string(place.line) + ", column " + std::to_string(place.column) + ": ";
  return where + what();
}

std::string SyntaxError::what() const {
  if (!reason.empty()) return reason;
  return "found " + found + ", expected " + joined(expected) + (advice.empty() ? "" : "; ") + std::string(advice);
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
    if (!binding(false)) return false;
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

bool Parser::fail() {
  if (error_) return false;
  if (at(TokenKind::Malformed)) {
    refuse_here(std::string(token_.text));
    error_->ended_early = source_[token_.begin] == '"';   // such a token is wrong in one way only: it is not closed
    return false;
  }
  if (token_.begin == arrow_missing_at_) expected_.note(Expect::Arrow);
  const std::string_view token = source_.substr(token_.begin, token_.end - token_.begin);
  SyntaxError error;
  error.place = token_.place;
  error.offset = token_.begin;
  error.found = at(TokenKind::End) ? "the end of the text" : "`" + excerpt(token) + "`";
  error.expected = expected_.words();
  error.advice = advice_about(token, source_.substr(0, token_.begin), expected_);
  error.ended_early = at(TokenKind::End);
  error_ = std::move(error);
  return false;
}

bool Parser::refuse(Place place, std::size_t offset, std::string reason) {
  if (error_) return false;
  SyntaxError error;
  error.place = place;
  error.offset = offset;
  error.found = at(TokenKind::End) ? "the end of the text"
                                   : "`" + excerpt(source_.substr(token_.begin, token_.end - token_.begin)) + "`";
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
    pure_uses_.emplace_back(piece.term, pure_.scope);
  }
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

std::uint32_t Parser::enter_pure_scope(std::string_view replacement) {
  pure_ = {replacement, ++pure_scopes_};
  return pure_.scope;
}

Result<const Term*, SyntaxError> parse_program(Arena& arena, std::string_view source, Effort* effort) {
  if (const std::size_t bad = find_invalid_utf8(source); bad != std::string_view::npos)
    return Refused{not_utf8(source, bad)};
  Effort ignored;
  Parser parser(arena, arena.copy(source), effort ? *effort : ignored);
  const Term* program = parser.program();
  if (program == nullptr) return Refused{parser.take_error()};
  return program;
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
  if (!parser.library(bindings)) return Refused{parser.take_error()};
  return bindings;
}

}  // namespace roost::lang
