// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include "worker/lang/characters.h"
#include "worker/lang/nearest.h"
#include "worker/lang/parse_state.h"

namespace roost::lang {
namespace {

constexpr std::array<std::string_view, 18> kTypeConstructors = {
    "Number", "Text",       "Vector", "Unit", "Boolean", "Optional", "Either", "Pair", "Order",
    "Order.Key", "Comparison", "Remote", "Node", "Channel", "Duration", "Index",  "Hash", "Html.Link"};

bool begins_with(std::string_view name, std::uint8_t trait) {
  return !name.empty() && (character_at(name, 0).traits & trait) != 0;
}

}  // namespace

Type* Parser::new_type(TypeKind kind) {
  Type made{};
  made.kind = kind;
  return arena_.make<Type>(made);
}

// type = [ ("forall" | "∀") TVAR { TVAR } "." ] arrow
TypePiece Parser::type() {
  const Nesting nesting(*this);
  if (!nesting) return {};
  return at_forall() ? quantified() : arrows();
}

bool Parser::at_forall() const {
  return (at(TokenKind::Operator) && token_.text == "∀") || (at(TokenKind::Word) && token_.text == "forall");
}

TypePiece Parser::quantified() {
  advance();
  std::vector<std::string_view> variables;
  while (at(TokenKind::Word) && !at_forall() && begins_with(token_.text, kLower) && variables.size() < kTypeDepthMax) {
    variables.push_back(token_.text);
    type_variables_.push(token_.text);
    advance();
  }
  expected_.note(Expect::TypeVariable);
  if (variables.empty() || !accept(TokenKind::Dot, Expect::Dot)) {
    fail();
    return {};
  }
  TypePiece body = arrows();
  type_variables_.pop(static_cast<std::uint32_t>(variables.size()));
  for (std::size_t i = variables.size(); i > 0 && body; --i) {
    Type* made = new_type(TypeKind::Forall);
    made->name = variables[i - 1];
    made->left = body.type;
    body = checked_type({made, body.depth + 1, body.nodes + 1});
  }
  return body;
}

// arrow = tapp { "->" tapp }, to the right
TypePiece Parser::arrows() {
  const std::size_t base = type_items_.size();
  for (;;) {
    const TypePiece one = type_application();
    if (!one) return {};
    type_items_.push_back(one);
    if (!accept(TokenKind::Arrow, Expect::TypeArrow)) break;
  }
  TypePiece made = type_items_.back();
  for (std::size_t i = type_items_.size() - 1; i > base && made; --i)
    made = type_node(TypeKind::Arrow, type_items_[i - 1], made);
  type_items_.resize(base);
  return made;
}

// tapp = tleaf { tleaf }, to the left
TypePiece Parser::type_application() {
  TypePiece made;
  if (at(TokenKind::Word) && !at_forall()) {
    const Token name = token_;
    advance();
    const std::uint32_t alias = alias_names_.find(name.text);
    const bool is_parameter = type_variables_.find(name.text) < alias_parameters_;
    made = alias != Scope::kNotFound && !is_parameter ? expand(aliases_[alias], name) : named_type(name);
  } else {
    made = type_leaf();
  }
  while (made && at_type_leaf()) {
    const TypePiece argument = type_leaf();
    if (!argument) return {};
    made = type_node(TypeKind::Apply, made, argument);
  }
  if (made) expected_.note(Expect::TypeArgument);
  return made;
}

bool Parser::at_type_leaf() { return (at(TokenKind::Word) && !at_forall()) || at(TokenKind::LeftParen); }

// tleaf = TNAME | TVAR | "(" type { "," type } ")"
TypePiece Parser::type_leaf() {
  if (at(TokenKind::LeftParen)) return type_tuple();
  if (!at_type_leaf()) {
    expected_.note(Expect::Type);
    fail();
    return {};
  }
  const Token name = token_;
  advance();
  return named_type(name);
}

TypePiece Parser::type_tuple() {
  const Place place = token_.place;
  const std::size_t base = type_items_.size();
  do {
    advance();
    const TypePiece element = type();
    if (!element) return {};
    type_items_.push_back(element);
    if (!at(TokenKind::Comma)) expected_.note(Expect::Comma);
  } while (at(TokenKind::Comma));
  if (!accept(TokenKind::RightParen, Expect::RightParen)) {
    fail_to_close("(", place);
    return {};
  }
  TypePiece made = type_items_.back();
  if (type_items_.size() > base + 1) {
    const auto constructor = [&](std::string_view name) {
      Type* leaf = new_type(TypeKind::Constructor);
      leaf->name = name;
      return TypePiece{leaf, 1, 1};
    };
    made = constructor("Unit");
    for (std::size_t i = type_items_.size(); i > base && made; --i) {
      const TypePiece half = type_node(TypeKind::Apply, constructor("Pair"), type_items_[i - 1]);
      made = half ? type_node(TypeKind::Apply, half, made) : TypePiece{};
    }
  }
  type_items_.resize(base);
  return made;
}

// A name without arguments of its own: an alias in scope, else a bound variable, else a type constructor.
[[gnu::noinline]] TypePiece Parser::named_type(const Token& name) {
  const std::uint32_t variable = type_variables_.find(name.text);
  const std::uint32_t alias = alias_names_.find(name.text);
  if (alias != Scope::kNotFound && !(variable < alias_parameters_)) {
    if (aliases_[alias].parameters == 0) return expand(aliases_[alias], name);
    return refuse_arguments(name, aliases_[alias].parameters, 0);
  }
  if (variable != Scope::kNotFound) {
    Type* made = new_type(TypeKind::Variable);
    made->name = name.text;
    made->index = type_variables_.size() - 1 - variable;
    return {made, 1, 1};
  }
  const auto* known = std::find(kTypeConstructors.begin(), kTypeConstructors.end(), name.text);
  if (known == kTypeConstructors.end()) return refuse_unknown(name);
  Type* made = new_type(TypeKind::Constructor);
  made->name = *known;
  return {made, 1, 1};
}

[[gnu::noinline]] TypePiece Parser::refuse_unknown(const Token& name) {
  refuse(name.place, name.begin, "unknown type `" + std::string(name.text) + "`");
  const SecondLook look = look_again(source_, name.place, Reach::UpToThere);
  error_->unended = look.unended;
  error_->advice = advice_of(look);
  if (!error_->advice.empty()) return {};
  std::vector<std::string_view> known(kTypeConstructors.begin(), kTypeConstructors.end());
  alias_names_.each([&](std::string_view alias) { known.push_back(alias); });
  type_variables_.each([&](std::string_view variable) { known.push_back(variable); });
  for (const std::string& near : nearest_names(name.text, std::move(known), habits_of_types()))
    error_->advice += (error_->advice.empty() ? "perhaps " : " or ") + in_backticks(near);
  if (error_->advice.empty() && !is_signature_ && name.text.size() > 1 && begins_with(name.text, kLower)) error_->advice = kTypeBehindColon;
  if (error_->advice.empty() && begins_with(name.text, kLower))
    error_->advice = "a type variable is named in front of the whole type: `∀ " + std::string(name.text) + " . …`, or `forall " + std::string(name.text) + " . …`";
  return {};
}

[[gnu::noinline]] TypePiece Parser::refuse_arguments(const Token& name, std::uint32_t wanted, std::size_t given) {
  refuse(name.place, name.begin, "the alias `" + std::string(name.text) + "` is used with " + std::to_string(given) +
                                     " of its " + std::to_string(wanted) +
                                     " parameters; an alias that is an argument itself goes into parentheses with its own");
  return {};
}

// `Name t₁ … tₙ` with the parameters replaced. Reads the arguments.
TypePiece Parser::expand(const Alias& used, const Token& name) {
  std::vector<TypePiece> arguments;
  while (arguments.size() < used.parameters) {
    if (!at_type_leaf()) {
      if (error_) return {};
      if (at(TokenKind::Malformed)) fail();
      return refuse_arguments(name, used.parameters, arguments.size());
    }
    const TypePiece argument = type_leaf();
    if (!argument) return {};
    arguments.push_back(argument);
  }
  if (used.parameters == 0) {
    if (!charge_type_nodes(used.body.nodes)) return {};
    return used.body;
  }
  return substitute(*used.body.type, 0, arguments);
}

// `bound`: how many ∀ of the alias's own type are around this part of it.
[[gnu::noinline]] TypePiece Parser::substitute(const Type& body, std::uint32_t bound, std::span<const TypePiece> arguments) {
  switch (body.kind) {
    case TypeKind::Variable: {
      if (body.index < bound) return {&body, 1, 1};
      const TypePiece& argument = arguments[arguments.size() - 1 - (body.index - bound)];
      if (!charge_type_nodes(argument.nodes)) return {};
      if (bound == 0) return argument;
      return {shifted(*argument.type, 0, bound), argument.depth, argument.nodes};
    }
    case TypeKind::Constructor: return {&body, 1, 1};
    case TypeKind::Arrow:
    case TypeKind::Apply: {
      const TypePiece left = substitute(*body.left, bound, arguments);
      if (!left) return {};
      const TypePiece right = substitute(*body.right, bound, arguments);
      if (!right || !charge_type_nodes(1)) return {};
      return type_node(body.kind, left, right);
    }
    case TypeKind::Forall: {
      const TypePiece inner = substitute(*body.left, bound + 1, arguments);
      if (!inner || !charge_type_nodes(1)) return {};
      Type* made = new_type(TypeKind::Forall);
      made->name = body.name;
      made->left = inner.type;
      return checked_type({made, inner.depth + 1, inner.nodes + 1});
    }
  }
  return {};
}

// The argument as it reads below `by` more binders. `bound`: how many of its own are around this part.
const Type* Parser::shifted(const Type& type, std::uint32_t bound, std::uint32_t by) {
  if (type.kind == TypeKind::Constructor) return &type;
  Type* made = arena_.make<Type>(type);
  if (type.kind == TypeKind::Variable) {
    if (type.index >= bound) made->index += by;
    return made;
  }
  made->left = shifted(*type.left, bound + (type.kind == TypeKind::Forall ? 1 : 0), by);
  if (type.right != nullptr) made->right = shifted(*type.right, bound, by);
  return made;
}

TypePiece Parser::type_node(TypeKind kind, const TypePiece& left, const TypePiece& right) {
  Type* made = new_type(kind);
  made->left = left.type;
  made->right = right.type;
  return checked_type({made, std::max(left.depth, right.depth) + 1, left.nodes + right.nodes + 1});
}

TypePiece Parser::checked_type(const TypePiece& piece) {
  if (piece.depth <= kTypeDepthMax) return piece;
  refuse_here("the type that ends here is more than " + std::to_string(kTypeDepthMax) +
              " levels deep (the language's limit)");
  return {};
}

// Aliases that use aliases can double a type's size at each step, so what they make is counted.
bool Parser::charge_type_nodes(std::uint64_t nodes) {
  type_nodes_ += nodes;
  if (type_nodes_ <= kTypeNodesMax) return true;
  return refuse_here("the type aliases of this text expand to more than " + std::to_string(kTypeNodesMax) +
                     " nodes (the language's limit)");
}

}  // namespace roost::lang
