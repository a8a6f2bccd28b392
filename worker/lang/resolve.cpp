// SPDX-License-Identifier: MIT
#include "worker/lang/resolve.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "worker/lang/habits.h"
#include "worker/lang/hash.h"
#include "worker/lang/nearest.h"
#include "worker/lang/print.h"
#include "worker/lang/scope.h"

namespace roost::lang {

namespace {

// Values of these are made by other builtins; a program that could write them could forge a hash or an index.
bool writable(Builtin builtin) {
  return builtin != Builtin::HashConstructor && builtin != Builtin::IndexConstructor && builtin != Builtin::HtmlLinkConstructor;
}

constexpr std::size_t kSuggestedMax = 20;   // unknown names that others are suggested for: it takes some time

class Resolver {
 public:
  Resolver(Arena& arena, const NameTable& names) : arena_(arena), names_(names) {}

  // Gives the term itself where nothing in it changed.
  const Term* operator()(const Term* term) {
    switch (term->kind) {
      case TermKind::Name: return name(term);
      case TermKind::Apply: {
        const Term* function = (*this)(term->left);   // first: of two occurrences of an unbound name the earlier one is told
        return rebuilt(term, function, (*this)(term->right));
      }
      case TermKind::Annotate: return rebuilt(term, (*this)(term->left), nullptr);
      case TermKind::Lambda: return rebuilt(term, under(term->text, term->left), nullptr);
      case TermKind::Let: {
        const Term* bound = bound_to(term->text, term->left);
        return rebuilt(term, bound, under(term->text, term->right));
      }
      case TermKind::Vector: return with_items(term);
      case TermKind::LetRec: return let_rec(term);
      case TermKind::Local: case TermKind::Number: case TermKind::Text: case TermKind::If: case TermKind::Blank:
      case TermKind::Builtin: case TermKind::Reference: return term;
    }
    check_failed("every kind of term is resolved", __FILE__, __LINE__);
  }

  UnboundNames unbound;

 private:
  // Frames are kept small here: the walk goes kTermDepthMax deep on the stack of a worker.
  [[gnu::noinline]] const Term* under(std::string_view name, const Term* body) {
    scope_.push(name);
    const Term* resolved = (*this)(body);
    scope_.pop();
    return resolved;
  }

  // A function that calls itself wants `let rec`.
  [[gnu::noinline]] const Term* bound_to(std::string_view name, const Term* term) {
    const Term* bare = term;
    while (bare->kind == TermKind::Annotate) bare = bare->left;
    if (bare->kind != TermKind::Lambda) return (*this)(term);
    functions_.push_back(name);
    const Term* resolved = (*this)(term);
    functions_.pop_back();
    return resolved;
  }

  [[gnu::noinline]] const Term* rebuilt(const Term* term, const Term* left, const Term* right) {
    if (left == term->left && right == term->right) return term;
    Term* copy = arena_.make<Term>(*term);
    copy->left = left;
    copy->right = right;
    return copy;
  }

  [[gnu::noinline]] const Term* with_items(const Term* term) {
    std::vector<const Term*> items;
    for (const Term* item : term->items) items.push_back((*this)(item));
    Term* copy = arena_.make<Term>(*term);
    copy->items = arena_.copy(items);
    return copy;
  }

  // A stored member of a recursive group has one of the right-hand sides as its body, by pointer; it stays so.
  [[gnu::noinline]] const Term* let_rec(const Term* term) {
    for (const std::string_view name : term->names) scope_.push(name);
    std::vector<const Term*> items;
    const Term* body = nullptr;
    for (const Term* item : term->items) {
      items.push_back((*this)(item));
      if (item == term->right) body = items.back();
    }
    if (!body) body = (*this)(term->right);
    scope_.pop(static_cast<std::uint32_t>(term->names.size()));
    Term* copy = arena_.make<Term>(*term);
    copy->items = arena_.copy(items);
    copy->right = body;
    return copy;
  }

  [[gnu::noinline]] const Term* name(const Term* term) {
    Term* meaning = arena_.make<Term>(*term);
    meaning->left = nullptr;
    meaning->index = 0;
    if (const std::uint32_t at = scope_.find(term->text); at != Scope::kNotFound) {
      meaning->kind = TermKind::Local;
      meaning->index = scope_.size() - 1 - at;
      return meaning;
    }
    if (term->index == kWrittenPure) meaning->text = "pure";
    if (const auto builtin = builtin_named(term->text); builtin && writable(*builtin)) {
      meaning->kind = TermKind::Builtin;
      meaning->builtin = *builtin;
      return meaning;
    }
    if (const auto builtin = builtin_with_prefix(term->text)) {
      meaning->kind = TermKind::Builtin;
      meaning->builtin = *builtin;
      return meaning;
    }
    const Hash* hash = names_.find(term->text);
    std::optional<Hash> by_prefix;
    if (!hash) {
      by_prefix = with_prefix(term->text);
      if (by_prefix) hash = &*by_prefix;
    }
    if (!hash) return unknown(term);
    meaning->kind = TermKind::Reference;
    meaning->hash = arena_.make<Hash>(*hash);
    return meaning;
  }

  // `peel#1YX1hv`: of the definitions called peel the one whose hash begins so.
  std::optional<Hash> with_prefix(std::string_view text) const {
    const std::size_t mark = text.find('#');
    if (mark == std::string_view::npos || mark + 1 == text.size()) return std::nullopt;
    for (const Hash& candidate : names_.candidates(text.substr(0, mark)))
      if (base64url(view_of(candidate)).starts_with(text.substr(mark + 1))) return candidate;
    return std::nullopt;
  }

  static std::optional<Builtin> builtin_with_prefix(std::string_view text) {
    const std::size_t mark = text.find('#');
    if (mark == std::string_view::npos || mark + 1 == text.size()) return std::nullopt;
    const auto builtin = builtin_named(text.substr(0, mark));
    if (!builtin || !writable(*builtin)) return std::nullopt;
    const bool matches = base64url(view_of(hash_builtin(*builtin))).starts_with(text.substr(mark + 1));
    return matches ? builtin : std::nullopt;
  }

  const Term* unknown(const Term* term) {
    if (term->left != nullptr) return unknown_of_do(term);
    if (!seen_.insert(term->text).second) return term;
    unbound.names.push_back({spelled(term->text), term->place, {}, {}});
    if (unbound.names.size() <= kSuggestedMax) unbound.names.back().nearest = nearest(term->text);
    return term;
  }

  // Both names of a `do` are one mistake.
  const Term* unknown_of_do(const Term* term) {
    const Term& word = *term->left;
    if (!seen_of_do_.insert(word.text).second) return term;
    unbound.names.push_back({spelled(term->text), word.place, {}, std::string(word.text)});
    if (unbound.names.size() <= kSuggestedMax) unbound.names.back().nearest = nearest_names(word.text, known_of_do(), habits_of_types());
    return term;
  }

  [[nodiscard]] std::vector<std::string> nearest(std::string_view name) const {
    if (std::find(functions_.begin(), functions_.end(), name) != functions_.end()) return {"let rec"};
    std::string apart = with_blanks(name, [this](std::string_view part) { return is_known(part); });
    if (!apart.empty()) return {std::move(apart)};
    return nearest_names(name, known(), habits_of_names());
  }

  [[nodiscard]] bool is_known(std::string_view name) const {
    return scope_.find(name) != Scope::kNotFound || builtin_named(name) || names_.find(name);
  }

  // Every name that could have stood here.
  [[nodiscard]] std::vector<std::string_view> known() const {
    std::vector<std::string_view> names = names_.all();
    for (const std::string_view name : builtin_names())
      if (writable(*builtin_named(name))) names.push_back(name);
    scope_.each([&](std::string_view name) { names.push_back(name); });
    return names;
  }

  // What a `do` may be for: the M of which both M.bind and M.pure are known.
  [[nodiscard]] std::vector<std::string_view> known_of_do() const {
    constexpr std::string_view kBind = ".bind";
    std::vector<std::string_view> words;
    for (std::string_view name : known()) {
      if (!name.ends_with(kBind)) continue;
      name.remove_suffix(kBind.size());
      if (is_known(std::string(name) + ".pure")) words.push_back(name);
    }
    return words;
  }

  Arena& arena_;
  const NameTable& names_;
  Scope scope_;
  std::vector<std::string_view> functions_;   // of `let`, around this place in their own right-hand sides
  std::unordered_set<std::string_view> seen_;
  std::unordered_set<std::string_view> seen_of_do_;
};

}  // namespace

std::vector<Hash> NameTable::candidates(std::string_view name) const {
  const Hash* hash = find(name);
  return hash ? std::vector<Hash>{*hash} : std::vector<Hash>{};
}

const Hash* Names::find(std::string_view name) const {
  const auto found = hashes_.find(name);
  return found == hashes_.end() ? nullptr : &found->second;
}

std::vector<std::string_view> Names::all() const {
  std::vector<std::string_view> names;
  for (const auto& [name, hash] : hashes_) names.push_back(name);
  return names;
}

bool Names::add(std::string_view name, const Hash& hash) {
  if (is_taken(name)) return false;
  hashes_.insert_or_assign(name, hash);
  released_.erase(name);
  return true;
}

void Names::release(std::string_view name) {
  const auto found = hashes_.find(name);
  if (found != hashes_.end()) released_.insert(found->first);
}

std::string UnboundNames::message() const {
  std::string text = "unresolved names: ";
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += ", ";
    text += "`" + names[i].name + "` (line " + std::to_string(names[i].place.line) + ", column " +
            std::to_string(names[i].place.column);
    for (std::size_t n = 0; n < names[i].nearest.size(); ++n) text += (n == 0 ? "; perhaps " : " or ") + in_backticks(names[i].nearest[n]);
    text += ")";
  }
  return text;
}

Result<const Term*, UnboundNames> resolve(Arena& arena, const Term* term, const NameTable& names) {
  Resolver resolver(arena, names);
  const Term* resolved = resolver(term);
  if (resolver.unbound.names.empty()) return resolved;
  std::stable_sort(resolver.unbound.names.begin(), resolver.unbound.names.end(), [](const UnboundName& a, const UnboundName& b) {
    return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);   // an operator is resolved before its operands
  });
  return Refused{std::move(resolver.unbound)};
}

}  // namespace roost::lang
