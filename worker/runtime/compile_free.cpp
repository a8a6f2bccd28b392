// SPDX-License-Identifier: MIT
#include "worker/runtime/compile_free.h"

#include <algorithm>
#include <iterator>

namespace roost::runtime {
namespace {

constexpr std::uint64_t kWorkMax = 1u << 25;   // some tens of milliseconds

}  // namespace

bool FreeVariables::walk(const lang::Term* term) {
  (void)free_in(term);
  return work_ < kWorkMax;
}

Outside FreeVariables::united(Outside left, const Outside& right) {
  if (right.empty()) return left;
  if (left.empty()) return right;
  Outside both;
  both.reserve(left.size() + right.size());
  std::set_union(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(both));
  work_ += both.size();
  return both;
}

Outside FreeVariables::under(const Outside& inner, std::uint32_t binders) {
  Outside outer;
  for (const std::uint32_t index : inner)
    if (index >= binders) outer.push_back(index - binders);
  work_ += inner.size();
  return outer;
}

Outside FreeVariables::free_in_group(const lang::Term* term) {
  const auto names = static_cast<std::uint32_t>(term->names.size());
  Outside items;
  for (const lang::Term* item : term->items) items = united(std::move(items), free_in(item));
  Outside group = under(items, names);
  Outside all = united(group, under(free_in(term->right), names));
  found_[term] = std::move(group);
  return all;
}

Outside FreeVariables::free_in(const lang::Term* term) {
  using lang::TermKind;
  if (++work_ >= kWorkMax) return {};
  switch (term->kind) {
    case TermKind::Local: return {term->index};
    case TermKind::Apply: {
      Outside left = free_in(term->left);
      return united(std::move(left), free_in(term->right));
    }
    case TermKind::Annotate: return free_in(term->left);
    case TermKind::Lambda: {
      Outside outside = under(free_in(term->left), 1);
      found_[term] = outside;
      return outside;
    }
    case TermKind::Vector: {
      Outside all;
      for (const lang::Term* item : term->items) all = united(std::move(all), free_in(item));
      return all;
    }
    case TermKind::Let: {
      Outside bound = free_in(term->left);
      return united(std::move(bound), under(free_in(term->right), 1));
    }
    case TermKind::LetRec: return free_in_group(term);
    default: return {};
  }
}

}  // namespace roost::runtime
