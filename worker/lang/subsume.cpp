// SPDX-License-Identifier: MIT
#include "worker/lang/subsume.h"

#include <algorithm>

namespace roost::lang {

void Subsumption::require(Ty* found, Ty* wanted, std::uint32_t level, const Term* cause) {
  cause_ = cause;
  fit(found, wanted, level);
}

void Subsumption::fit(Ty* found, Ty* wanted, std::uint32_t level) {
  for (;;) {
    store_.step();
    found = TypeStore::prune(found);
    wanted = TypeStore::prune(wanted);
    if (found == wanted) return;
    if (wanted->kind == TyKind::Forall) {
      ++level;   // metas from outside may not become these skolems
      wanted = store_.skolemise(wanted, level);
      continue;
    }
    if (found->kind == TyKind::Forall) {
      found = store_.instantiate(found, level);
      continue;
    }
    if (found->kind == TyKind::Meta) return solve(found, wanted, Side::Found, level);
    if (wanted->kind == TyKind::Meta) return solve(wanted, found, Side::Wanted, level);
    if (found->kind != wanted->kind) throw Misfit{Misfit::Kind::Different, found, wanted};
    switch (found->kind) {
      case TyKind::Arrow: fit(wanted->left, found->left, level); break;
      case TyKind::Apply: fit(found->left, wanted->left, level); break;
      case TyKind::Constructor:
        if (found->name == wanted->name) return;
        [[fallthrough]];
      default: throw Misfit{Misfit::Kind::Different, found, wanted};
    }
    found = found->right;
    wanted = wanted->right;
  }
}

// `side`: where the meta stands.
void Subsumption::solve(Ty* meta, Ty* type, Side side, std::uint32_t level) {
  store_.next_epoch();
  look_through(type, meta);   // before it is split: `w -> w w` must end
  meta->cause = cause_;
  if (!type->has_forall) {
    meta->left = type;
    return;
  }
  Ty* left = store_.meta(meta->level, meta->name);
  Ty* right = store_.meta(meta->level, meta->name);
  meta->left = type->kind == TyKind::Arrow ? store_.arrow(left, right) : store_.apply(left, right);
  if (side == Side::Found) {
    fit(meta->left, type, level);
  } else {
    fit(type, meta->left, level);
  }
}

// What the meta is to stand for may not contain it, nor a skolem from further inside; and its metas live as long as it does.
void Subsumption::look_through(Ty* type, Ty* meta) {
  for (;;) {
    store_.step();
    type = TypeStore::prune(type);
    if (type == meta) throw Misfit{Misfit::Kind::Infinite, type, meta};
    switch (type->kind) {
      case TyKind::Constructor: case TyKind::Bound: return;
      case TyKind::Skolem:
        if (type->level > meta->level) throw Misfit{Misfit::Kind::Escape, type, meta};
        return;
      case TyKind::Meta: type->level = std::min(type->level, meta->level); return;
      case TyKind::Arrow: case TyKind::Apply: case TyKind::Forall: break;
    }
    if (type->epoch == store_.epoch()) return;
    type->epoch = store_.epoch();
    if (type->kind != TyKind::Forall) look_through(type->left, meta);
    type = type->kind == TyKind::Forall ? type->left : type->right;
  }
}

}  // namespace roost::lang
