// SPDX-License-Identifier: MIT
// What is said when types do not fit. Every message names the term, its type, the type that was wanted and who wanted it; further
// sentences say what made a type what it is.

#include <algorithm>

#include "worker/lang/hash.h"
#include "worker/lang/print.h"
#include "worker/lang/typecheck_state.h"

namespace roost::lang {
namespace {

constexpr std::size_t kShownTermMax = 60;    // bytes of a term in a message
constexpr std::size_t kBecauseMax = 4;       // sentences
constexpr std::uint32_t kExplainedMax = 1000;   // nodes of types looked at for them: a type that shares parts is far larger as a tree
constexpr int kStartDepthMax = 64;           // operands looked into for where a term begins

bool before(Place a, Place b) { return a.line != b.line ? a.line < b.line : a.column < b.column; }

// Where the text of a term begins: an operator stands behind its first operand.
Place start_of(const Term& term) {
  Place place = term.place;
  const Term* at = &term;
  for (int i = 0; i < kStartDepthMax && at->kind == TermKind::Apply; ++i) {
    const bool infix = at->left->kind == TermKind::Apply;
    const Term* operand = infix ? at->left->right : at->right;
    if (operand->place.line != 0 && before(operand->place, place)) place = operand->place;
    at = infix && before(operand->place, at->left->place) ? operand : at->left;
    if (at->place.line != 0 && before(at->place, place)) place = at->place;
  }
  if (term.kind == TermKind::Annotate && term.left->place.line != 0 && before(term.left->place, place)) place = term.left->place;
  return place;
}

std::string quoted(const Term& term) {
  std::string text = print_source(term, kShownTermMax);
  const bool is_operator = term.kind == TermKind::Builtin || term.kind == TermKind::Reference || term.kind == TermKind::Local;
  if (is_operator && text.size() > 2 && text.front() == '(') text = text.substr(1, text.size() - 2);
  return "`" + text + "`";
}

std::string at(Place place) { return "line " + std::to_string(place.line) + ", column " + std::to_string(place.column); }

std::string ordinal(std::uint32_t number) {
  const std::uint32_t last = number % 10;
  const bool teen = number % 100 / 10 == 1;
  return std::to_string(number) + (teen || last == 0 || last > 3 ? "th" : last == 1 ? "st" : last == 2 ? "nd" : "rd");
}

std::string counted(std::size_t count, const char* what) { return std::to_string(count) + " " + what + (count == 1 ? "" : "s"); }

// "the 2nd argument of `+` must have type Number"
std::string wish_text(const Origin& origin, const std::string& type) {
  switch (origin.kind) {
    case Origin::Kind::Argument: return "the " + ordinal(origin.number) + " argument of " + quoted(*origin.function) + " must have type " + type;
    case Origin::Kind::Condition: return "the condition of `if` must have type " + type;
    case Origin::Kind::Branch: return "both branches of an `if` have one type, and the first has type " + type;
    case Origin::Kind::Statement: return "a statement of this `do` must have type " + type;
    case Origin::Kind::Element: return "all elements of a vector have one type, and those before it have type " + type;
    case Origin::Kind::Annotation:
      return origin.name.empty() ? "its annotation says " + type : "the signature of `" + std::string(origin.name) + "` says " + type;
    case Origin::Kind::Recursion: return "its group uses `" + std::string(origin.name) + "` as " + type;
  }
  return {};
}

const Ty* skolem_in(const Misfit& misfit) {
  if (misfit.found->kind == TyKind::Skolem) return misfit.found;
  return misfit.wanted->kind == TyKind::Skolem ? misfit.wanted : nullptr;
}

}  // namespace

void Checker::refuse(const Term& term, Ty* found, Ty* wanted, const Origin& origin, const Misfit& misfit) {
  TypeError error;
  error.place = start_of(term);
  error.expected = shown_type(wanted);
  error.found = shown_type(found);
  error.reason = quoted(term) + " has type " + error.found + ", but " + wish_text(origin, error.expected);
  if (misfit.kind == Misfit::Kind::Infinite) {
    error.reason = quoted(term) + " would need an infinite type: it has type " + error.found + ", and " + error.expected + " is wanted";
    error.because.push_back("a function that is applied to itself, or to a value that contains itself, has no type without an annotation");
  }
  if (const Ty* any = skolem_in(misfit)) {
    error.because.push_back("`" + std::string(any->name) +
                            "` is any type, chosen by whoever uses this: it is neither a certain type nor the same as another such one");
  }
  explain_origin(origin, error);
  explain_metas(origin.wanted != nullptr ? origin.wanted : wanted, term, error);
  if (found->kind == TyKind::Meta) explain_metas(found, term, error);
  throw error;
}

void Checker::refuse_application(const Term& head, Ty* type, std::size_t base, std::uint32_t number) {
  const std::size_t given = arguments_.size() - base;
  TypeError error;
  error.found = shown_type(type);
  if (number == 1) {
    error.place = start_of(head);
    error.reason = quoted(head) + " has type " + error.found + ": it is no function, but it is given " + counted(given, "argument");
  } else {
    error.place = start_of(*arguments_[arguments_.size() - number]);
    error.reason = quoted(head) + " takes " + counted(number - 1, "argument") + " here, but it is given " + std::to_string(given);
    error.because.push_back("with " + counted(number - 1, "argument") + " it has type " + error.found + ", which is no function");
    explain_origin({.kind = Origin::Kind::Argument, .function = &head}, error);
  }
  throw error;
}

void Checker::refuse_function(const Term& term, Ty* wanted, const Origin& origin) {
  TypeError error;
  error.place = start_of(term);
  error.expected = shown_type(wanted);
  error.reason = quoted(term) + " is a function, but " + wish_text(origin, error.expected);
  if (wanted->kind == TyKind::Skolem) error.because.push_back("`" + std::string(wanted->name) + "` is any type, chosen by whoever uses this");
  explain_origin(origin, error);
  explain_metas(origin.wanted != nullptr ? origin.wanted : wanted, term, error);
  throw error;
}

void Checker::refuse_reference(const Term& term) {
  throw TypeError{term.place, "there is no definition with the hash #" + base64url(view_of(*term.hash)), {}, {}, {}};
}

// Whose wish it is, if that is more than the reason says.
void Checker::explain_origin(const Origin& origin, TypeError& error) {
  const auto say = [&](std::string sentence) {
    if (error.because.size() < kBecauseMax) error.because.push_back(std::move(sentence));
  };
  switch (origin.kind) {
    case Origin::Kind::Argument: {
      const Term& head = *origin.function;
      const bool has_type = head.kind == TermKind::Local || head.kind == TermKind::Builtin || head.kind == TermKind::Reference;
      if (has_type) say(quoted(head) + " has type " + shown_type(synthesise(head)));
      return;
    }
    case Origin::Kind::Branch:
    case Origin::Kind::Element:
      if (origin.function != nullptr) say("the first is " + quoted(*origin.function) + " (" + at(start_of(*origin.function)) + ")");
      return;
    case Origin::Kind::Annotation: return say("it stands at " + at(origin.place));
    case Origin::Kind::Condition: case Origin::Kind::Statement: case Origin::Kind::Recursion: return;
  }
}

// What the solved metas of a type are, and because of what.
void Checker::explain_metas(Ty* type, const Term& term, TypeError& error) {
  if (error.because.size() >= kBecauseMax || ++explained_ > kExplainedMax) return;
  if (type->kind == TyKind::Arrow || type->kind == TyKind::Apply) {
    explain_metas(type->left, term, error);
    return explain_metas(type->right, term, error);
  }
  if (type->kind != TyKind::Meta || type->left == nullptr) return;
  if (type->cause == nullptr || type->cause == &term || type->cause->place.line == 0) return explain_metas(type->left, term, error);
  const std::string cause = quoted(*type->cause) + " (" + at(start_of(*type->cause)) + ")";
  const std::string sentence = type->name.empty() ? shown_type(type) + " comes from " + cause
                                                  : "`" + std::string(type->name) + "` is " + shown_type(type) + " because of " + cause;
  if (std::find(error.because.begin(), error.because.end(), sentence) == error.because.end()) error.because.push_back(sentence);
}

}  // namespace roost::lang
