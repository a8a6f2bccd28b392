// SPDX-License-Identifier: MIT
// What may have been meant by what is refused, where one mistake is likely: a sentence at the end of the message.

#include <optional>

#include "worker/lang/as_written.h"
#include "worker/lang/characters.h"
#include "worker/lang/typecheck_state.h"

namespace roost::lang {
namespace {

const Ty* pruned(const Ty* type) {
  while (type->kind == TyKind::Forall || (type->kind == TyKind::Meta && type->left != nullptr)) type = type->left;
  return type;
}

// The constructor of `Vector Number`, and how many types it is applied to.
struct Head {
  const Ty* type;
  std::size_t arguments = 0;
};

Head head_of(const Ty* type) {
  Head head{pruned(type)};
  for (; head.type->kind == TyKind::Apply; head.type = pruned(head.type->left)) ++head.arguments;
  return head;
}

bool is_constructor(const Ty* type, std::string_view name) { return type->kind == TyKind::Constructor && type->name == name; }

// Whether it may still become the other, as far as their constructors say.
bool may_be(const Ty* found, const Ty* wanted) {
  const Ty* a = head_of(found).type;
  const Ty* b = head_of(wanted).type;
  if (b->kind == TyKind::Meta) return a == b;
  return a->kind == TyKind::Meta || a->kind == TyKind::Bound || a == b || (a->kind == TyKind::Constructor && is_constructor(b, a->name));
}

std::size_t arrows_of(const Ty* type) {
  std::size_t count = 0;
  for (type = pruned(type); type->kind == TyKind::Arrow; type = pruned(type->right)) ++count;
  return count;
}

const Ty* result_of(const Ty* type) {
  for (type = pruned(type); type->kind == TyKind::Arrow;) type = pruned(type->right);
  return type;
}

// With how many types a constructor stands in the types of builtins.
std::optional<std::size_t> taken_by(const Type& type, std::string_view name, std::size_t given) {
  switch (type.kind) {
    case TypeKind::Constructor: return type.name == name ? std::optional(given) : std::nullopt;
    case TypeKind::Variable: return std::nullopt;
    case TypeKind::Forall: return taken_by(*type.left, name, 0);
    case TypeKind::Arrow:
    case TypeKind::Apply: {
      const auto left = taken_by(*type.left, name, type.kind == TypeKind::Apply ? given + 1 : 0);
      return left ? left : taken_by(*type.right, name, 0);
    }
  }
  return std::nullopt;
}

std::optional<std::size_t> taken_by(std::string_view name) {
  for (std::size_t i = 0; i < kBuiltins; ++i)
    if (const auto taken = taken_by(type_of(static_cast<Builtin>(i)), name, 0)) return taken;
  return std::nullopt;
}

// `3 : Number Text`
std::string wrong_type(const Misfit& misfit) {
  const Head found = head_of(misfit.found);
  const Head wanted = head_of(misfit.wanted);
  if (found.type->kind != TyKind::Constructor || !is_constructor(wanted.type, found.type->name)) return {};
  const auto taken = taken_by(found.type->name);
  if (!taken || found.arguments == wanted.arguments) return {};
  return "`" + std::string(found.type->name) + "` takes " + (*taken == 0 ? "no types" : counted(*taken, "type"));
}

std::string plain_arguments(const Term& head, const Term& tuple) {
  return "arguments are written without parentheses and commas: " + quoted(head, elements_of(tuple));
}

// `Text.concatenate("a", "b")`
std::string parenthesised_arguments(const Term& term, const Ty* wanted, const Origin& origin) {
  if (origin.kind != Origin::Kind::Argument || origin.number != 1 || origin.inside > 0 || !is_tuple(term)) return {};
  const Term& head = *origin.function;
  const auto elements = elements_of(term);
  if (is_constructor(head_of(wanted).type, "Pair") || arrows_of(origin.type) < elements.size() || !is_before(head.place, term.place)) return {};
  return plain_arguments(head, term);
}

// Without the backticks.
std::string bare(const std::string& quoted) { return quoted.substr(1, quoted.size() - 2); }

bool is_operator(const Term& head) {
  const std::string text = quoted(head);
  return (character_at(text, 1).traits & kOperator) != 0;
}

const Term& head_term(const Term& term) {
  const Term* head = &term;
  while (head->kind == TermKind::Apply && !is_vector_literal(*head)) head = head->left;
  return *head;
}

bool is_pure(const Term& term) { return term.kind == TermKind::Apply && (term.left->text == "pure" || term.left->text.ends_with(".pure")); }

// Whether a wish is that of a function itself, rather than of another argument, which made a variable of its type what it is.
bool is_own_wish(const Origin& origin) {
  return origin.kind != Origin::Kind::Argument || (origin.inside == 0 && origin.wanted->kind != TyKind::Meta);
}

// `x = step;` for `x := step;`
std::string step_as_value(const Term& term, const Ty* found, const Ty* wanted, const Origin& origin) {
  const bool is_argument = origin.kind == Origin::Kind::Argument && (term.kind == TermKind::Local || !is_operator(*origin.function));
  const bool is_told = is_argument || origin.kind == Origin::Kind::Condition || origin.kind == Origin::Kind::Recursion;
  if (!is_told || !is_own_wish(origin) || (is_pure(term) && origin.kind != Origin::Kind::Recursion)) return {};
  found = pruned(found);
  if (found->kind != TyKind::Apply || !is_constructor(pruned(found->left), "Remote") || !may_be(found->right, wanted)) return {};
  const std::string what = origin.kind == Origin::Kind::Recursion ? "what it returns" : term.kind == TermKind::Local ? quoted(term) : "it";
  return what + " is a step: in a `do`, `x := …` runs it and names its result";
}

// `x := 3;` for `x = 3;`, `x;;` for `pure x;;`
std::string value_as_step(const Term& term, const Ty* found, const Ty* wanted, const Origin& origin) {
  if (origin.kind != Origin::Kind::Statement || (origin.in_branch && origin.number != 1)) return {};
  if (may_be(found, wanted) || is_constructor(head_of(found).type, "Remote")) return {};
  if (origin.number == 1) {
    const bool is_short = term.kind == TermKind::Local || term.kind == TermKind::Number || term.kind == TermKind::Text;
    return "the last statement is a step too: " + (is_short ? "`pure " + quoted(term).substr(1) : "`pure (…)`") + " is one that gives a value";
  }
  if (origin.name == "_") return "a statement is a step; `x = …` names a value";
  return "`" + std::string(origin.name) + " = …` names a value, `" + std::string(origin.name) + " := …` the result of a step";
}

}  // namespace

bool is_given_itself(const Term& term, const Origin& origin) {
  return origin.kind == Origin::Kind::Argument && term.kind == TermKind::Local && origin.function->kind == TermKind::Local &&
         term.text == origin.function->text;
}

// `loop (n - 1)` of a `loop` that takes one more. Empty: that is not what is wrong.
std::string Checker::missing_arguments(const Blame& blame, Ty* found, Ty* wanted, const Origin& origin) {
  const Term& term = blame.source;
  const std::size_t missing = arrows_of(found);
  const Ty* const goal = pruned(wanted);
  if (missing == 0 || goal->kind == TyKind::Arrow || term.kind == TermKind::Lambda) return {};
  const Ty* const result = result_of(found);
  const bool is_open = result->kind == TyKind::Meta && !is_given_itself(term, origin);
  if (!may_be(result, goal) && !is_open) return {};
  std::size_t given = 0;
  const Term* head = &term;
  for (; head->kind == TermKind::Apply && !is_vector_literal(*head); head = head->left) ++given;
  const bool has_type = head->kind == TermKind::Builtin || head->kind == TermKind::Reference || (head->kind == TermKind::Local && &blame.source == &blame.term);
  if (!has_type || arrows_of(synthesise(*head)) != given + missing) return "it is a function still; perhaps an argument is missing";
  if (given == 1 && is_tuple(*term.right) && elements_of(*term.right).size() <= given + missing) return plain_arguments(*head, *term.right);
  return "it is a function still: " + quoted(*head) + " takes " + counted(given + missing, "argument") + ", and " +
         (given == 0 ? "none is" : std::to_string(given) + (given == 1 ? " is" : " are")) + " given";
}

// What is wrong with the first operand of an operator, which stands at the front of arguments_.
std::string Checker::misread_operator(const Blame& blame, Ty* found, Ty* wanted, const Origin& origin) const {
  const bool is_operand = origin.kind == Origin::Kind::Argument && origin.number == 1 && origin.inside == 0 && is_operator(*origin.function) &&
                          arguments_.size() >= 2 && arguments_.back() == &blame.term && is_before(start_of(blame.term), origin.function->place);
  if (!is_operand) return {};
  const Term& head = *origin.function;
  const Term& second = *arguments_[arguments_.size() - 2];
  if (is_pure(blame.term) && !is_constructor(head_of(wanted).type, "Remote"))
    return "an application binds tighter than an operator: `" + bare(quoted(*blame.term.left)) + " (" +
           bare(quoted(head, {blame.term.right, &second})) + ")`";
  const Place place = start_of(second);
  const bool is_sign = head.kind == TermKind::Builtin && head.builtin == Builtin::NumberSubtract && place.line == head.place.line &&
                       place.column == head.place.column + 1;
  if (is_sign && arrows_of(found) > 0) return "a number below zero is written `(0 - " + bare(quoted(head_term(second))) + ")`";
  const Ty* function = pruned(found);
  if (function->kind != TyKind::Arrow || pruned(function->left)->kind != TyKind::Arrow) return {};
  return "an operator that is an argument is written `(" + bare(quoted(head)) + ")`";
}

std::string Checker::suggestion(const Blame& blame, Ty* found, Ty* wanted, const Origin& origin, const Misfit& misfit) {
  std::string hint = misread_operator(blame, found, wanted, origin);
  if (hint.empty()) hint = missing_arguments(blame, found, wanted, origin);
  if (hint.empty()) hint = wrong_type(misfit);
  if (hint.empty()) hint = parenthesised_arguments(blame.source, wanted, origin);
  if (hint.empty()) hint = step_as_value(blame.source, found, wanted, origin);
  if (hint.empty()) hint = value_as_step(blame.source, found, wanted, origin);
  return hint;
}

}  // namespace roost::lang
