// SPDX-License-Identifier: MIT
// What may have been meant by what is refused, where one mistake is likely: a sentence at the end of the message.

#include <optional>

#include "worker/lang/as_written.h"
#include "worker/lang/typecheck_state.h"

namespace roost::lang {
namespace {

const Ty* pruned(const Ty* type) {
  while (type->kind == TyKind::Forall || (type->kind == TyKind::Meta && type->left != nullptr)) type = type->left;
  return type;
}

// `w w`
bool is_given_itself(const Term& term, const Origin& origin) {
  return origin.kind == Origin::Kind::Argument && term.kind == TermKind::Local && origin.function->kind == TermKind::Local &&
         term.text == origin.function->text;
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

// `Text.concatenate("a", "b")`
std::string parenthesised_arguments(const Term& term, const Ty* wanted, const Origin& origin) {
  if (origin.kind != Origin::Kind::Argument || origin.number != 1 || origin.inside > 0 || !is_tuple(term)) return {};
  const Term& head = *origin.function;
  const auto elements = elements_of(term);
  if (is_constructor(head_of(wanted).type, "Pair") || arrows_of(origin.type) < elements.size() || !is_before(head.place, term.place)) return {};
  return "arguments are written without parentheses and commas: " + quoted(head, elements);
}

// `x = step;` for `x := step;`
std::string step_as_value(const Term& term, const Ty* found, const Ty* wanted, const Origin& origin) {
  found = pruned(found);
  if (found->kind != TyKind::Apply || !is_constructor(pruned(found->left), "Remote") || !may_be(found->right, wanted)) return {};
  const std::string what = origin.kind == Origin::Kind::Recursion ? "what it returns" : term.kind == TermKind::Local ? quoted(term) : "it";
  return what + " is a step: in a `do`, `x := …` runs it and names its result";
}

// `x := 3;` for `x = 3;`, `x;;` for `pure x;;`
std::string value_as_step(const Term& term, const Ty* found, const Ty* wanted, const Origin& origin) {
  if (origin.kind != Origin::Kind::Statement || may_be(found, wanted) || is_constructor(head_of(found).type, "Remote")) return {};
  if (origin.number == 1) {
    const bool is_short = term.kind == TermKind::Local || term.kind == TermKind::Number || term.kind == TermKind::Text;
    return "the last statement is a step too: " + (is_short ? "`pure " + quoted(term).substr(1) : "`pure (…)`") + " is one that gives a value";
  }
  if (origin.name == "_") return "a statement is a step; `x = …` names a value";
  return "`" + std::string(origin.name) + " = …` names a value, `" + std::string(origin.name) + " := …` the result of a step";
}

}  // namespace

// `loop (n - 1)` of a `loop` that takes one more. Empty: that is not what is wrong.
std::string Checker::missing_arguments(const Blame& blame, Ty* found, Ty* wanted, const Origin& origin) {
  const Term& term = blame.source;
  const std::size_t missing = arrows_of(found);
  const Ty* const goal = pruned(wanted);
  if (missing == 0 || goal->kind == TyKind::Arrow || term.kind == TermKind::Lambda) return {};
  const Ty* const result = result_of(found);
  const bool is_open = result->kind == TyKind::Meta && !is_given_itself(term, origin);
  const bool fits = may_be(result, goal) || is_open;
  if (!fits && goal->kind == TyKind::Meta) return {};   // an infinite type for another reason
  std::size_t given = 0;
  const Term* head = &term;
  for (; head->kind == TermKind::Apply && !is_vector_literal(*head); head = head->left) ++given;
  const bool has_type = head->kind == TermKind::Builtin || head->kind == TermKind::Reference || (head->kind == TermKind::Local && &blame.source == &blame.term);
  if (!fits || !has_type || arrows_of(synthesise(*head)) != given + missing) return "it is a function still; perhaps an argument is missing";
  return "it is a function still: " + quoted(*head) + " takes " + counted(given + missing, "argument") + ", and " +
         (given == 0 ? "none is" : std::to_string(given) + (given == 1 ? " is" : " are")) + " given";
}

std::string Checker::suggestion(const Blame& blame, Ty* found, Ty* wanted, const Origin& origin, const Misfit& misfit) {
  std::string hint = missing_arguments(blame, found, wanted, origin);
  const bool is_minus = origin.number == 1 && origin.function->kind == TermKind::Builtin && origin.function->builtin == Builtin::NumberSubtract;
  if (!hint.empty() && is_minus) hint += "; a number below zero is written `(0 - 5)`";
  if (hint.empty()) hint = wrong_type(misfit);
  if (hint.empty()) hint = parenthesised_arguments(blame.source, wanted, origin);
  if (hint.empty()) hint = step_as_value(blame.source, found, wanted, origin);
  if (hint.empty()) hint = value_as_step(blame.source, found, wanted, origin);
  return hint;
}

}  // namespace roost::lang
