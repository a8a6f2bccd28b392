// SPDX-License-Identifier: MIT
// What is said when types do not fit. Every message names the term, its type, the type that was wanted and who wanted it; further
// sentences say what made a type what it is.

#include <algorithm>

#include "worker/lang/as_written.h"
#include "worker/lang/hash.h"
#include "worker/lang/typecheck_state.h"

namespace roost::lang {
namespace {

constexpr std::size_t kBecauseMax = 4;       // sentences
constexpr std::size_t kTermsLookedAtMax = 1'000;   // of a term, for whether a part stands in it
constexpr std::size_t kLooksMax = 20;              // of these

std::string ordinal(std::uint32_t number) {
  const std::uint32_t last = number % 10;
  const bool teen = number % 100 / 10 == 1;
  return std::to_string(number) + (teen || last == 0 || last > 3 ? "th" : last == 1 ? "st" : last == 2 ? "nd" : "rd");
}

std::string one_type(const Origin& origin) {
  return origin.kind == Origin::Kind::Branch ? "both branches of an `if` have one type" : "all elements of a vector have one type";
}

// "the 2nd argument of `+` must have type Number"
std::string wish_text(const Origin& origin, const std::string& type) {
  const bool returns = origin.inside > 0;
  switch (origin.kind) {
    case Origin::Kind::Argument: {
      const std::string argument = ordinal(origin.number) + " argument of " + quoted(*origin.function);
      return returns ? "the function that is the " + argument + " must return " + type : "the " + argument + " must have type " + type;
    }
    case Origin::Kind::Condition: return "the condition of `if` must have type " + type;
    case Origin::Kind::Branch:
      return one_type(origin) + ", and the first " + (returns ? "is a function that returns " : "has type ") + type;
    case Origin::Kind::Statement:
      return std::string(origin.in_branch ? "a branch of an `if` that is " : "") + "a statement of this `do` must have type " + type;
    case Origin::Kind::Element:
      return one_type(origin) + ", and those before it " + (returns ? "are functions that return " : "have type ") + type;
    case Origin::Kind::Annotation: {
      const std::string what = (returns ? "that it returns " : "") + type;
      if (!origin.name.empty()) return "the signature of `" + std::string(origin.name) + "` says " + what;
      return (returns ? "the annotation of the function says " : "its annotation says ") + what;
    }
    case Origin::Kind::Recursion: return "its group uses `" + std::string(origin.name) + "` as " + type;
  }
  return {};
}

// Whether a bind has the type of what its function gives, as `(a -> M b) -> M a -> M b` has.
bool gives_what_its_function_gives(const Type& bind) {
  const Type* type = &bind;
  while (type->kind == TypeKind::Forall) type = type->left;
  return type->kind == TypeKind::Arrow && type->left->kind == TypeKind::Arrow && type->right->kind == TypeKind::Arrow &&
         same_type(*type->left->right, *type->right->right);
}

bool is_named(const Term& head) {
  return head.kind == TermKind::Local || head.kind == TermKind::Builtin || head.kind == TermKind::Reference;
}

std::string at_its_place(const Term& term) { return quoted(term) + " (" + words_of(start_of(term)) + ")"; }

void say(std::string sentence, TypeError& error) {
  if (error.because.size() < kBecauseMax) error.because.push_back(std::move(sentence));
}

// Why a solved meta is what it is: the first of the reasons on the way there that says more than the refusal does.
const Term* cause_of(const Ty* meta, const Term& refused, const Term& source) {
  const auto tells = [&](const Term& cause) { return &cause != &refused && &cause != &source && cause.place.line != 0 && !is_do(cause); };
  for (; meta->kind == TyKind::Meta && meta->left != nullptr; meta = meta->left)
    if (meta->cause != nullptr && tells(*meta->cause)) return meta->cause;
  return nullptr;
}

std::size_t parameters_of(const Term& function) {
  std::size_t count = 0;
  for (const Term* at = &function; at->kind == TermKind::Lambda; at = at->left) ++count;
  return count;
}

// The use of a recursive function that gives it more arguments than it takes, and so made a function of its result.
const Term* overfull_call(const Origin& origin, const Ty* result) {
  const bool is_call = result->kind == TyKind::Meta && result->left != nullptr && result->left->kind == TyKind::Arrow && result->cause != nullptr &&
                       result->cause->kind == TermKind::Local && result->cause->text == origin.name;
  return is_call && origin.function->kind == TermKind::Lambda ? result->cause : nullptr;
}

// Whether a part stands in a term, as far as is looked.
bool holds(const Term& whole, const Term& part) {
  std::vector<const Term*> terms = {&whole};
  const auto add = [&](const Term* term) {
    if (term != nullptr && terms.size() < kTermsLookedAtMax) terms.push_back(term);
  };
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const Term& term = *terms[i];
    if (&term == &part) return true;
    add(term.left);
    add(term.right);
    for (std::size_t n = 0; n < term.items.size() && terms.size() < kTermsLookedAtMax; ++n) add(term.items[n]);
  }
  return false;
}

const Ty* skolem_in(const Misfit& misfit) {
  if (misfit.found->kind == TyKind::Skolem) return misfit.found;
  return misfit.wanted->kind == TyKind::Skolem ? misfit.wanted : nullptr;
}

}  // namespace

std::string counted(std::size_t count, const char* what) { return std::to_string(count) + " " + what + (count == 1 ? "" : "s"); }

// Where a term's value, and so its type, comes from: the body of a `let`, the last statement of a `do`.
const Term& Checker::source_of(const Term& term) const {
  const Term* at = &term;
  const Type* known = nullptr;   // of the binds so far, which are one
  for (;;) {
    if (at->kind == TermKind::Let || at->kind == TermKind::LetRec) {
      at = at->right;
      continue;
    }
    if (!is_do(*at)) return *at;
    const Term& bind = bind_of(*at);
    const Type* type = bind.kind == TermKind::Reference ? types_.type_of(*bind.hash) : bind.kind == TermKind::Builtin ? &type_of(bind.builtin) : nullptr;
    if (type == nullptr || (known == nullptr ? !gives_what_its_function_gives(*type) : type != known)) return *at;
    known = type;
    at = &rest_of(*at);
  }
}

void Checker::refuse(const Term& term, Ty* found, Ty* wanted, const Origin& origin, const Misfit& misfit) {
  TypeError error;
  const Term& source = source_of(term);
  error.place = start_of(source);
  error.expected = shown_type(wanted);
  error.found = shown_type(found);
  const std::string hint = suggestion({term, source}, found, wanted, origin, misfit);
  const bool is_result = origin.kind == Origin::Kind::Recursion && origin.function->kind == TermKind::Lambda;
  if (is_result && TypeStore::prune(wanted)->kind != TyKind::Meta) {
    error.reason = "`" + std::string(origin.name) + "` returns " + error.found + ", but it is used as if it returned " + error.expected;
  } else if (misfit.kind == Misfit::Kind::Infinite) {
    error.reason = quoted(source) + " would need an infinite type: it has type " + error.found + ", and " + error.expected + " is wanted";
    if (is_given_itself(source, origin)) error.because.push_back("a function that is applied to itself has no type without an annotation");
  } else {
    error.reason = quoted(source) + " has type " + error.found + ", but " + wish_text(origin, error.expected);
  }
  if (const Ty* any = skolem_in(misfit)) {
    error.because.push_back("`" + std::string(any->name) +
                            "` is any type, chosen by whoever uses this: it is neither a certain type nor the same as another such one");
  }
  const bool is_infinite = misfit.kind == Misfit::Kind::Infinite;
  if (!is_infinite || !is_given_itself(source, origin)) explain_wish(origin, wanted, {term, source}, error);
  if (!is_infinite) explain_found(found, {term, source}, error);
  if (!hint.empty()) error.because.push_back(hint);
  throw error;
}

void Checker::refuse_application(const Origin& origin, Ty* type, std::size_t base, std::uint32_t number) {
  const Term& head = *origin.function;
  const std::size_t given = arguments_.size() - base;
  // The whole of an `if … then … else …` is no function, whatever `if` takes.
  const bool is_conditional = head.kind == TermKind::If && number == 4;
  // A tuple and a `do` are applications that the text does not show.
  const bool is_sugar = number == 3 && (is_comma(head) || origin.kind == Origin::Kind::Statement);
  TypeError error;
  error.found = shown_type(type);
  if (number == 1 || is_sugar || is_conditional) {
    const std::vector<const Term*> shown(arguments_.rbegin(), arguments_.rbegin() + (number - 1));
    const std::string text = quoted(head, shown);
    error.place = start_of(head);
    error.reason = text + " has type " + error.found + ": it is no function, but it is given " + counted(given - (number - 1), "argument");
  } else {
    error.place = start_of(*arguments_[arguments_.size() - number]);
    error.reason = quoted(head) + " takes " + counted(number - 1, "argument") + " here, but it is given " + std::to_string(given);
    error.because.push_back("with " + counted(number - 1, "argument") + " it has type " + error.found + ", which is no function");
    explain_head(origin, error);
  }
  throw error;
}

void Checker::refuse_function(const Term& term, Ty* wanted, const Origin& origin) {
  TypeError error;
  error.place = start_of(term);
  error.expected = shown_type(wanted);
  error.reason = quoted(term) + " is a function, but " + wish_text(origin, error.expected);
  if (origin.kind == Origin::Kind::Annotation && !origin.name.empty() && origin.inside > 0) {
    error.reason = "`" + std::string(origin.name) + "` takes " + counted(origin.inside + parameters_of(term), "argument") +
                   ", but by its signature it takes " + std::to_string(origin.inside) + " and returns " + error.expected;
  }
  if (wanted->kind == TyKind::Skolem) error.because.push_back("`" + std::string(wanted->name) + "` is any type, chosen by whoever uses this");
  explain_wish(origin, wanted, {term, term}, error);
  throw error;
}

void Checker::refuse_reference(const Term& term) {
  throw TypeError{term.place, "there is no definition with the hash #" + base64url(view_of(*term.hash)), {}, {}, {}};
}

// The type of a function that has a name.
void Checker::explain_head(const Origin& origin, TypeError& error) {
  if (is_named(*origin.function)) say(quoted(*origin.function) + " has type " + shown_type(origin.type), error);
}

// Whose wish it is, if that is more than the reason says, and what made it what it is.
void Checker::explain_wish(const Origin& origin, Ty* wanted, const Blame& blame, TypeError& error) {
  switch (origin.kind) {
    case Origin::Kind::Argument:
      explain_head(origin, error);
      if (is_named(*origin.function) && origin.type->kind == TyKind::Forall) return explain_variables(origin, blame, error);
      break;
    case Origin::Kind::Branch:
    case Origin::Kind::Element:
      if (origin.function == nullptr) break;
      if (error.reason.find(one_type(origin)) == std::string::npos) {
        say(one_type(origin) + ", and the first is " + at_its_place(*origin.function), error);
      } else {
        say("the first is " + at_its_place(*origin.function), error);
      }
      return explain_metas(wanted, blame, error, origin.function);
    case Origin::Kind::Annotation: say("it stands at " + words_of(origin.place), error); break;
    case Origin::Kind::Recursion:
      if (const Term* call = overfull_call(origin, wanted)) {
        const std::size_t taken = parameters_of(*origin.function);
        return say("it takes " + counted(taken, "argument") + ", but it is given more at " + words_of(call->place), error);
      }
      break;
    case Origin::Kind::Condition: case Origin::Kind::Statement: break;
  }
  explain_metas(origin.wanted != nullptr ? origin.wanted : wanted, blame, error);
}

// What the variables of a function's type, which has just been shown, stand for in what is wanted here.
void Checker::explain_variables(const Origin& origin, const Blame& blame, TypeError& error) {
  Ty* scheme = origin.type;
  while (scheme->kind == TyKind::Forall) scheme = scheme->left;
  for (std::uint32_t i = 1; i < origin.number && scheme->kind == TyKind::Arrow; ++i) scheme = scheme->right;
  if (scheme->kind != TyKind::Arrow) return;
  scheme = scheme->left;
  for (std::uint32_t i = 0; i < origin.inside && scheme->kind == TyKind::Arrow; ++i) scheme = scheme->right;
  store_.next_epoch();
  std::vector<Ty*> metas;
  collect_variables(scheme, origin.wanted, metas);
  for (Ty* meta : metas) {
    if (error.because.size() >= kBecauseMax) return;
    const Term* cause = TypeStore::prune(meta)->kind == TyKind::Meta ? nullptr : cause_of(meta, blame.term, blame.source);
    if (cause != nullptr) say("where `" + std::string(meta->name) + "` is " + shown_type(meta) + " because of " + at_its_place(*cause), error);
  }
}

// The solved metas of `type`, which `scheme` was made into, where `scheme` has variables.
void Checker::collect_variables(Ty* scheme, Ty* type, std::vector<Ty*>& metas) {
  store_.step();
  if (scheme->epoch == store_.epoch()) return;
  scheme->epoch = store_.epoch();
  if (scheme->kind == TyKind::Bound) {
    if (type->kind == TyKind::Meta && std::find(metas.begin(), metas.end(), type) == metas.end()) metas.push_back(type);
  } else if (scheme->kind == type->kind && (scheme->kind == TyKind::Arrow || scheme->kind == TyKind::Apply)) {
    collect_variables(scheme->left, type->left, metas);
    collect_variables(scheme->right, type->right, metas);
  }
}

// Where the parts of a type come from that are known from elsewhere, but for those that come out of `shown`.
void Checker::explain_metas(Ty* type, const Blame& blame, TypeError& error, const Term* shown) {
  store_.next_epoch();
  std::vector<Ty*> metas;
  collect_metas(type, blame, metas);
  std::size_t looked_for = 0;
  for (Ty* meta : metas) {
    if (error.because.size() >= kBecauseMax) return;
    if (shown != nullptr && ++looked_for > kLooksMax) return;
    if (shown != nullptr && holds(*shown, *cause_of(meta, blame.term, blame.source))) continue;
    const std::string comes = shown_type(meta) + " comes from ";
    const auto is_said = [&](const std::string& sentence) { return sentence.starts_with(comes); };
    if (std::none_of(error.because.begin(), error.because.end(), is_said))
      say(comes + at_its_place(*cause_of(meta, blame.term, blame.source)), error);
  }
}

void Checker::collect_metas(Ty* type, const Blame& blame, std::vector<Ty*>& metas) {
  store_.step();
  if (type->epoch == store_.epoch()) return;
  type->epoch = store_.epoch();
  if (type->kind == TyKind::Meta && TypeStore::prune(type)->kind != TyKind::Meta) {
    if (cause_of(type, blame.term, blame.source) == nullptr) return collect_metas(type->left, blame, metas);
    metas.push_back(type);
  } else if (type->kind == TyKind::Arrow || type->kind == TyKind::Apply) {
    collect_metas(type->left, blame, metas);
    collect_metas(type->right, blame, metas);
  }
}

void Checker::explain_found(Ty* found, const Blame& blame, TypeError& error) {
  if (found->kind != TyKind::Meta && &blame.term == &blame.source) return;
  const Term* cause = cause_of(found, blame.term, blame.source);
  if (blame.term.kind != TermKind::Local || cause == nullptr) return explain_metas(found, blame, error);
  const bool is_use = cause->kind == TermKind::Local && cause->text == blame.term.text;
  say(quoted(blame.term) + (is_use ? " is used as " + shown_type(found) + " at " + words_of(cause->place)
                                   : " is " + shown_type(found) + " because of " + at_its_place(*cause)), error);
}

}  // namespace roost::lang
