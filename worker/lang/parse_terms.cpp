// SPDX-License-Identifier: MIT
#include <algorithm>

#include "worker/lang/hash.h"
#include "worker/lang/parse_state.h"

namespace roost::lang {

// term = core [ ":" type ]
Piece Parser::term() { return open_term().piece; }

OpenTerm Parser::open_term() {
  const Nesting nesting(*this);
  if (!nesting) return {};
  OpenTerm open;
  if (at(TokenKind::Let)) {
    open.piece = let();
  } else if (at(TokenKind::If)) {
    open = conditional();
  } else {
    open = chain(nullptr);
  }
  if (open.piece && !open.annotated) annotation(open);
  return open;
}

// Reads `: type` if it is there.
void Parser::annotation(OpenTerm& open) {
  const Place place = token_.place;
  if (!accept(TokenKind::Colon, Expect::Annotation)) return;
  is_signature_ = false;
  const TypePiece annotated = type();
  is_signature_ = true;
  open.piece = annotated ? annotate(open.piece, annotated, place) : Piece{};
  open.annotated = true;
  if (open.piece && open.head == nullptr) open.head = &open.piece.term->left;
}

// "if" term "then" term "else" term, or `if` as a name. Which of the two is known only behind the first term; what was read is
// then either the condition, or it begins with the arguments of `if`.
OpenTerm Parser::conditional() {
  const Place place = token_.place;
  advance();
  if (!at_term()) {
    if (!at_infix()) expected_.note(Expect::Term);
    const Piece alone = leaf_piece(TermKind::If, place);
    return chain(&alone);
  }
  OpenTerm inner = open_term();
  if (!inner.piece) return {};
  if (at(TokenKind::Then)) return finish_conditional(inner.piece, place);
  expected_.note(Expect::Then);
  if (!inner.is_chain) {
    fail();
    return {};
  }
  Term* front = arena_.make<Term>();
  front->kind = TermKind::Apply;
  front->place = place;
  front->left = leaf_piece(TermKind::If, place).term;
  front->right = inner.head ? *inner.head : inner.piece.term;
  if (inner.head) {
    *inner.head = front;
  } else {
    inner.piece.term = front;
  }
  inner.head = &front->left;
  inner.piece.depth += 1;
  inner.piece.work += 2;
  inner.piece = checked(inner.piece);
  return inner;
}

OpenTerm Parser::finish_conditional(const Piece& condition, Place place) {
  advance();
  const Piece yes = term();
  if (!yes) return {};
  if (!accept(TokenKind::Else, Expect::Else)) {
    fail();
    return {};
  }
  const Piece no = term();
  if (!no) return {};
  OpenTerm made;
  made.piece = apply(leaf_piece(TermKind::If, place), condition, place);
  if (made.piece) made.piece = apply(made.piece, yes, place);
  if (made.piece) made.piece = apply(made.piece, no, place);
  made.annotated = true;   // a `:` behind it belonged to its last branch
  return made;
}

// chain = app { infix app }: all operators have one precedence and associate to the left. `first`, if given, is an item that
// has been read already.
OpenTerm Parser::chain(const Piece* first) {
  OpenTerm open;
  open.is_chain = true;
  open.piece = operand(first, open.head);
  while (open.piece && at_infix()) {
    const std::string_view infix = token_.text;
    const Place place = token_.place;
    const Piece operator_ = name_piece(infix, place);
    advance();
    if (!at_item()) {
      expected_.clear();
      expected_.note(Expect::OperatorArgument, infix);
      fail();
      return {};
    }
    const Term** ignored = nullptr;
    const Piece right = operand(nullptr, ignored);
    if (!right) return {};
    const Piece half = apply(operator_, open.piece, place);
    if (half && open.head == nullptr) open.head = &half.term->right;
    open.piece = half ? apply(half, right, place) : Piece{};
  }
  if (open.piece) expected_.note(Expect::Operator);
  return open;
}

// app = item { item }. `head` comes out as the place of its first item, or null if that is all there is.
Piece Parser::operand(const Piece* first, const Term**& head) {
  Piece function = first ? *first : item();
  while (function && at_item()) {
    const Place place = function.term->place;
    const Piece argument = item();
    if (!argument) return {};
    function = apply(function, argument, place);
    if (function && head == nullptr) head = &function.term->left;
  }
  if (function) expected_.note(Expect::Argument);
  return function;
}

bool Parser::at_infix() const { return at(TokenKind::Operator) || at(TokenKind::InfixWord); }

bool Parser::at_item() { return at_term() && !at(TokenKind::Let); }

bool Parser::at_term() { return begins_term(token_.kind); }

// item = name { name } "->" term | "do" … | leaf
Piece Parser::item() {
  if (at_name()) return at_function() ? function() : leaf();
  if (at(TokenKind::Do)) return do_block();
  return leaf();
}

Piece Parser::leaf() {
  switch (token_.kind) {
    case TokenKind::LeftParen: return parentheses();
    case TokenKind::LeftBracket: return vector();
    default: return simple_leaf();
  }
}

[[gnu::noinline]] Piece Parser::simple_leaf() {
  const Token token = token_;
  switch (token.kind) {
    case TokenKind::Word: case TokenKind::OperatorName: advance(); return name_piece(token.text, token.place);
    case TokenKind::HashReference: return hash_reference();
    case TokenKind::Blank: advance(); return leaf_piece(TermKind::Blank, token.place);
    case TokenKind::If: advance(); return leaf_piece(TermKind::If, token.place);
    case TokenKind::Number: {
      advance();
      const Piece piece = leaf_piece(TermKind::Number, token.place);
      piece.term->number = token.number;
      return piece;
    }
    case TokenKind::Text: {
      advance();
      const Piece piece = leaf_piece(TermKind::Text, token.place);
      piece.term->text = token.text;
      return piece;
    }
    default: expected_.note(Expect::Term); fail(); return {};
  }
}

Piece Parser::hash_reference() {
  const std::optional<Bytes> bytes = from_base64url(token_.text);
  if (!bytes || bytes->size() != sizeof(Hash)) {
    refuse_here("this is not a hash: `#` is followed by base64url, padded with `=`, of 64 bytes; a comment begins with `--`");
    return {};
  }
  const Piece piece = leaf_piece(TermKind::Reference, token_.place);
  Hash* hash = arena_.make<Hash>();
  std::copy(bytes->begin(), bytes->end(), hash->begin());
  piece.term->hash = hash;
  advance();
  return piece;
}

// Whether the names at hand are the parameters of a function literal: `->` follows them. The answer "no" holds for all of
// them, so that no name is looked at twice for it.
[[gnu::noinline]] bool Parser::at_function() {
  if (token_.begin < no_function_before_) return false;
  Lexer ahead = lexer_;
  Token token = ahead.next();
  while (token.kind == TokenKind::Word || token.kind == TokenKind::OperatorName) token = ahead.next();
  if (token.kind == TokenKind::Arrow) return true;
  no_function_before_ = arrow_missing_at_ = token.begin;
  return false;
}

Piece Parser::function() {
  std::vector<std::pair<std::string_view, Place>> parameters;
  for (; at_name(); advance()) parameters.emplace_back(token_.text, token_.place);
  advance();   // the arrow
  return right_side(false, parameters);
}

// "(" term { "," term } ")"
Piece Parser::parentheses() {
  const Place place = token_.place;
  const std::size_t base = items_.size();
  do {
    advance();
    const Piece element = term();
    if (!element) return {};
    items_.push_back(element);
    if (!at(TokenKind::Comma)) expected_.note(Expect::Comma);
  } while (at(TokenKind::Comma));
  if (!accept(TokenKind::RightParen, Expect::RightParen)) {
    fail_to_close("(", place);
    return {};
  }
  const Piece made = items_.size() == base + 1 ? items_.back() : tuple(base, place);
  items_.resize(base);
  return made;
}

// (x, y) is pair x (pair y Unit), with the predefined pair and Unit whatever is in scope.
Piece Parser::tuple(std::size_t base, Place place) {
  Piece rest = builtin_piece(Builtin::Unit, place);
  for (std::size_t i = items_.size(); i > base && rest; --i) {
    const Piece half = apply(builtin_piece(Builtin::Pair, place), items_[i - 1], place);
    rest = half ? apply(half, rest, place) : Piece{};
  }
  return rest;
}

// "[" [ term { "," term } ] "]"
Piece Parser::vector() {
  const Place place = token_.place;
  const std::size_t base = items_.size();
  advance();
  if (!accept(TokenKind::RightBracket, Expect::RightBracket)) {
    do {
      if (items_.size() > base) advance();   // the comma
      const Piece element = term();
      if (!element) return {};
      items_.push_back(element);
      if (!at(TokenKind::Comma)) expected_.note(Expect::Comma);
    } while (at(TokenKind::Comma));
    if (!accept(TokenKind::RightBracket, Expect::RightBracket)) {
      fail_to_close("[", place);
      return {};
    }
  }
  Piece raw = leaf_piece(TermKind::Vector, place);
  std::vector<const Term*> elements;
  elements.reserve(items_.size() - base);
  for (std::size_t i = base; i < items_.size(); ++i) {
    elements.push_back(items_[i].term);
    raw.depth = std::max(raw.depth, items_[i].depth + 1);
    raw.work += items_[i].work;
  }
  items_.resize(base);
  raw.term->items = arena_.copy(elements);
  return apply(builtin_piece(Builtin::VectorForce, place), raw, place);
}

}  // namespace roost::lang
