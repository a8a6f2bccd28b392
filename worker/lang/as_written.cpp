// SPDX-License-Identifier: MIT
#include "worker/lang/as_written.h"

#include <deque>

#include "worker/lang/print.h"

namespace roost::lang {
namespace {

constexpr std::size_t kShownTermMax = 60;    // bytes of a term in a message
constexpr int kStartDepthMax = 64;           // operands looked into for where a term begins

bool same_place(Place a, Place b) { return a.line == b.line && a.column == b.column; }

}  // namespace

bool is_before(Place a, Place b) { return a.line != b.line ? a.line < b.line : a.column < b.column; }

Place start_of(const Term& term) {
  Place place = term.place;
  const Term* at = &term;
  for (int i = 0; i < kStartDepthMax && at->kind == TermKind::Apply; ++i) {
    const bool infix = at->left->kind == TermKind::Apply;
    const Term* operand = infix ? at->left->right : at->right;
    if (operand->place.line != 0 && is_before(operand->place, place)) place = operand->place;
    at = infix && is_before(operand->place, at->left->place) ? operand : at->left;
    if (at->place.line != 0 && is_before(at->place, place)) place = at->place;
  }
  if (term.kind == TermKind::Annotate && term.left->place.line != 0 && is_before(term.left->place, place)) place = term.left->place;
  return place;
}

bool is_vector_literal(const Term& term) {
  return term.kind == TermKind::Apply && term.left->kind == TermKind::Builtin && term.left->builtin == Builtin::VectorForce &&
         term.right->kind == TermKind::Vector;
}

bool is_comma(const Term& head) {
  return head.kind == TermKind::Builtin && head.builtin == Builtin::Pair && head.text.empty() && head.place.line != 0;
}

bool is_tuple(const Term& term) {
  return term.kind == TermKind::Apply && term.left->kind == TermKind::Apply && is_comma(*term.left->left);
}

std::vector<const Term*> elements_of(const Term& tuple) {
  std::vector<const Term*> elements;
  for (const Term* at = &tuple; is_tuple(*at); at = at->right) elements.push_back(at->left->right);
  return elements;
}

bool is_statement(const Term& head, const Term& function) {
  return head.text.ends_with(".bind") && function.kind == TermKind::Lambda && same_place(head.place, function.place);
}

bool is_do(const Term& term) {
  return term.kind == TermKind::Apply && term.left->kind == TermKind::Apply && is_statement(*term.left->left, *term.left->right);
}

bool is_definition(const Term& argument, const Term& bind, std::string_view name) {
  return argument.kind == TermKind::Apply && argument.left->text.ends_with(".pure") && same_place(argument.left->place, bind.place) && name != "_";
}

std::string quoted(const Term& term) {
  std::string text = print_source(term, kShownTermMax);
  const bool is_operator = term.kind == TermKind::Builtin || term.kind == TermKind::Reference || term.kind == TermKind::Local;
  if (is_operator && text.size() > 2 && text.front() == '(') text = text.substr(1, text.size() - 2);
  return "`" + text + "`";
}

std::string quoted(const Term& head, const std::vector<const Term*>& arguments) {
  std::deque<Term> made;
  const Term* whole = &head;
  for (const Term* argument : arguments) {
    Term& one = made.emplace_back();
    one.kind = TermKind::Apply;
    one.place = head.place;
    one.left = whole;
    one.right = argument;
    whole = &one;
  }
  return quoted(*whole);
}

std::string words_of(Place place) { return "line " + std::to_string(place.line) + ", column " + std::to_string(place.column); }

}  // namespace roost::lang
