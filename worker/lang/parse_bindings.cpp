// SPDX-License-Identifier: MIT
#include <algorithm>

#include "worker/lang/nearest.h"
#include "worker/lang/parse_state.h"
#include "worker/lang/print.h"

namespace roost::lang {
namespace {

bool is_name(const Token& token) {
  return token.kind == TokenKind::Word || token.kind == TokenKind::OperatorName;
}

}  // namespace

// "let" [ "rec" ] bindings term ";" ";"
Piece Parser::let() {
  const Place place = token_.place;
  advance();
  const bool recursive = accept(TokenKind::Rec, Expect::Rec);
  const std::size_t base = bindings_.size();
  const std::uint32_t aliases_before = alias_names_.size();
  const PureMeaning outside = pure_;
  if (!bindings_of_let(recursive, base)) return {};
  Piece body = term();
  pure_ = outside;
  alias_names_.pop(alias_names_.size() - aliases_before);
  aliases_.resize(aliases_before);
  if (!body) return {};
  if (!accept(TokenKind::Semicolon, Expect::LetEnd) || !accept(TokenKind::Semicolon, Expect::LetEndAgain)) {
    fail_to_close("let", place);
    return {};
  }
  body = recursive ? let_rec(base, body, place) : nested_lets(base, body);
  if (body && bindings_.size() > base) body.term->place = place;
  bindings_.resize(base);
  return body;
}

bool Parser::bindings_of_let(bool recursive, std::size_t base) {
  const PureMeaning outside = pure_;
  const std::size_t first_use = pure_uses_.size();
  bool pure_bound = false;
  do {
    if (!binding(recursive)) return false;
    if (bindings_.back().name != "pure" || pure_bound) continue;
    pure_bound = true;
    if (recursive) protect_pure(first_use, outside.scope);
    enter_pure_scope({});
  } while (at_binding());
  expected_.note(Expect::Binding);
  if (!recursive) return true;
  const auto second = find_duplicate(base);
  return !second || refuse_duplicate(bindings_[*second]);
}

[[gnu::noinline]] bool Parser::refuse_duplicate(const LocalBinding& binding) {
  return refuse(binding.place, token_.begin, "`" + spelled(binding.name) + "` is bound twice in one `let rec`");
}

// A `let rec` that binds `pure` binds it in the right-hand sides before it as well: there it was replaced too soon.
void Parser::protect_pure(std::size_t first_use, std::uint32_t scope) {
  for (std::size_t i = first_use; i < pure_uses_.size(); ++i) {
    if (pure_uses_[i].second != scope) continue;
    pure_uses_[i].first->text = "pure";
    pure_uses_[i].first->left = nullptr;
  }
}

Piece Parser::nested_lets(std::size_t base, Piece body) {
  for (std::size_t i = bindings_.size(); i > base && body; --i) {
    const LocalBinding& one = bindings_[i - 1];
    Term* made = arena_.make<Term>();
    made->kind = TermKind::Let;
    made->place = one.place;
    made->text = one.name;
    made->left = one.piece.term;
    made->right = body.term;
    body = checked({made, std::max(one.piece.depth, body.depth) + 1, one.piece.work + body.work + 1});
  }
  return body;
}

// Counts a level for each binding, since minimising may nest them (scc.h), and the right-hand sides twice, since they are
// hashed twice if there are several (hash.h).
Piece Parser::let_rec(std::size_t base, const Piece& body, Place place) {
  std::vector<std::string_view> names;
  std::vector<const Term*> items;
  std::uint32_t depth = body.depth;
  std::uint64_t work = 0;
  for (std::size_t i = base; i < bindings_.size(); ++i) {
    names.push_back(bindings_[i].name);
    items.push_back(bindings_[i].piece.term);
    depth = std::max(depth, bindings_[i].piece.depth);
    work += bindings_[i].piece.work;
  }
  Term* made = arena_.make<Term>();
  made->kind = TermKind::LetRec;
  made->place = place;
  made->names = arena_.copy(names);
  made->items = arena_.copy(items);
  made->right = body.term;
  const auto count = static_cast<std::uint32_t>(names.size());
  return checked({made, depth + count, body.work + (count > 1 ? 2 : 1) * work + 1});
}

// The first binding whose name was bound before it in the group.
std::optional<std::size_t> Parser::find_duplicate(std::size_t base) const {
  std::vector<std::size_t> order;
  for (std::size_t i = base; i < bindings_.size(); ++i) order.push_back(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return bindings_[a].name < bindings_[b].name; });
  std::optional<std::size_t> first;
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (bindings_[order[i]].name != bindings_[order[i - 1]].name) continue;
    if (!first || order[i] < *first) first = order[i];
  }
  return first;
}

// Whether `name {name} =` or `name infix name =` begins at `token`.
bool Parser::looks_like_left(Lexer ahead, Token token) const {
  if (!is_name(token)) return false;
  token = ahead.next();
  if (token.kind == TokenKind::Operator || token.kind == TokenKind::InfixWord) {
    return is_name(ahead.next()) && ahead.next().kind == TokenKind::Equals;
  }
  while (is_name(token)) token = ahead.next();
  return token.kind == TokenKind::Equals;
}

// Binding or body of a `let`? A `name : type ;` without a binding behind it is an annotated body.
[[gnu::noinline]] bool Parser::at_binding() {
  if (at(TokenKind::Alias)) return true;
  if (!at_name()) return false;
  if (looks_like_left(lexer_, token_)) return true;
  Lexer ahead = lexer_;
  Token token = ahead.next();
  if (token.kind != TokenKind::Colon) return false;
  int open = 0;
  do {   // over what can be a type
    token = ahead.next();
    if (token.kind == TokenKind::LeftParen) ++open;
    if (token.kind == TokenKind::RightParen) --open;
  } while (token.kind == TokenKind::Word || token.kind == TokenKind::Operator || token.kind == TokenKind::Arrow ||
           token.kind == TokenKind::Dot || token.kind == TokenKind::LeftParen ||
           (open >= 0 && token.kind == TokenKind::RightParen) || (open > 0 && token.kind == TokenKind::Comma));
  if (token.kind != TokenKind::Semicolon) return false;
  token = ahead.next();
  return looks_like_left(ahead, token);
}

// entry = { alias } [ signature ";" ] left "=" term ";". Leaves what it made on top of bindings_.
bool Parser::binding(bool recursive) {
  if (!aliases()) return false;
  if (!at_name()) {
    expected_.note(Expect::Binding);
    return fail();
  }
  LocalBinding made;
  std::optional<TypePiece> declared;
  const Place signature_place = token_.place;   // if there is one
  if (next_kind() == TokenKind::Colon) {
    declared = signature(made.name);
    if (!declared || !*declared) return false;
  }
  const std::string_view signed_name = made.name;
  const std::size_t begin = token_.begin;
  std::vector<std::pair<std::string_view, Place>> parameters;
  if (!left_side(made, parameters)) return false;
  if (declared && made.name != signed_name) return refuse_signature(made, begin, signed_name);
  made.piece = right_side(recursive && made.name == "pure", parameters);
  if (made.piece && declared) made.piece = annotate(made.piece, *declared, signature_place);
  if (!made.piece) return false;
  if (!accept(TokenKind::Semicolon, Expect::BindingEnd, made.name)) return fail();
  bindings_.push_back(made);
  return true;
}

[[gnu::noinline]] bool Parser::refuse_signature(const LocalBinding& binding, std::size_t begin,
                                                std::string_view signed_name) {
  return refuse(binding.place, begin, "the signature is of `" + spelled(signed_name) + "`, but the binding after it is of `" +
                                          spelled(binding.name) + "`");
}

// name ":" type ";"
[[gnu::noinline]] std::optional<TypePiece> Parser::signature(std::string_view& name) {
  name = token_.text;
  const Place place = token_.place;
  advance();
  advance();   // the colon
  const TypePiece declared = type();
  if (!declared) return std::nullopt;
  if (!accept(TokenKind::Semicolon, Expect::SignatureEnd, name)) {
    fail();
    return std::nullopt;
  }
  if (!at_name() || next_kind() == TokenKind::Colon) {
    refuse_lone_signature(name, place);
    return std::nullopt;
  }
  return declared;
}

bool Parser::refuse_lone_signature(std::string_view name, Place place) {
  if (at(TokenKind::Malformed)) return fail();
  refuse(place, token_.begin, "the signature of " + in_backticks(spelled(name)) + " has no binding after it");
  error_->ended_early = at(TokenKind::End);
  return false;
}

// left "=": the name that is bound, and its parameters.
[[gnu::noinline]] bool Parser::left_side(LocalBinding& binding, std::vector<std::pair<std::string_view, Place>>& parameters) {
  binding.name = token_.text;
  binding.place = token_.place;
  advance();
  if (at_infix()) {
    parameters.emplace_back(binding.name, binding.place);
    binding.name = token_.text;
    binding.place = token_.place;
    advance();
    if (!at_name()) {
      expected_.note(Expect::SecondName, binding.name);
      return fail();
    }
    parameters.emplace_back(token_.text, token_.place);
    advance();
  } else {
    expected_.note(Expect::Operator);
    for (; at_name(); advance()) parameters.emplace_back(token_.text, token_.place);
    expected_.note(Expect::Parameter, binding.name);
  }
  return accept(TokenKind::Equals, Expect::Equals, binding.name) || fail_at_equals(binding.name);
}

// `x=1` is one word.
[[gnu::noinline]] bool Parser::fail_at_equals(std::string_view name) {
  fail();
  const std::size_t equals = name.find('=');
  if (error_->advice.empty() && equals != std::string_view::npos && equals > 0 && equals + 1 < name.size())
    error_->advice = "blanks stand around `=`: " + in_backticks(std::string(name.substr(0, equals)) + " = " + std::string(name.substr(equals + 1)));
  return false;
}

// A term under parameters, folded into functions of one parameter each. `binds_pure`: what is defined is `pure`, and sees itself.
Piece Parser::right_side(bool binds_pure, const std::vector<std::pair<std::string_view, Place>>& parameters) {
  const PureMeaning outside = pure_;
  for (const auto& [parameter, place] : parameters) binds_pure = binds_pure || parameter == "pure";
  if (binds_pure) enter_pure_scope({});
  Piece body = term();
  pure_ = outside;
  for (std::size_t i = parameters.size(); i > 0 && body; --i)
    body = lambda(parameters[i - 1].first, body, parameters[i - 1].second);
  return body;
}

// "alias" WORD { WORD } "=" type ";"
[[gnu::noinline]] bool Parser::aliases() {
  while (at(TokenKind::Alias)) {
    if (!alias()) return false;
  }
  return true;
}

bool Parser::alias() {
  advance();
  const std::string_view name = token_.text;
  if (!accept(TokenKind::Word, Expect::AliasName)) return fail();
  Alias made;
  while (at(TokenKind::Word)) {
    type_variables_.push(token_.text);
    ++made.parameters;
    if (made.parameters > kTypeDepthMax)
      return refuse_here("an alias has at most " + std::to_string(kTypeDepthMax) + " parameters");
    advance();
  }
  expected_.note(Expect::AliasParameter, name);
  if (!accept(TokenKind::Equals, Expect::Equals, name)) return fail();
  alias_parameters_ = made.parameters;
  made.body = type();
  alias_parameters_ = 0;
  type_variables_.pop(made.parameters);
  if (!made.body) return false;
  if (!accept(TokenKind::Semicolon, Expect::AliasEnd, name)) return fail();
  alias_names_.push(name);
  aliases_.push_back(made);
  return true;
}

}  // namespace roost::lang
