// SPDX-License-Identifier: MIT
#include "worker/lang/type_store.h"

#include <algorithm>

#include "worker/lang/print.h"
#include "worker/wire/check.h"

namespace roost::lang {

Ty* TypeStore::constructor(std::string_view name) {
  Ty* made = node(TyKind::Constructor);
  made->name = name;
  return made;
}

Ty* TypeStore::meta(std::uint32_t level, std::string_view name) {
  Ty* made = node(TyKind::Meta);
  made->has_meta = true;
  made->level = level;
  made->index = metas_++;
  made->name = name;
  return made;
}

Ty* TypeStore::prune(Ty* type) {
  while (type->kind == TyKind::Meta && type->left != nullptr) {
    if (type->left->kind == TyKind::Meta && type->left->left != nullptr) type->left = type->left->left;
    type = type->left;
  }
  return type;
}

Ty* TypeStore::pair(TyKind kind, Ty* left, Ty* right) {
  Ty* made = node(kind);
  made->left = left;
  made->right = right;
  made->has_forall = left->has_forall || right->has_forall;
  made->has_meta = left->has_meta || right->has_meta;
  made->loose = std::max(left->loose, right->loose);
  return made;
}

Ty* TypeStore::forall(std::string_view name, Ty* body) {
  Ty* made = node(TyKind::Forall);
  made->name = name;
  made->left = body;
  made->has_forall = true;
  made->has_meta = body->has_meta;
  made->loose = body->loose > 0 ? body->loose - 1 : 0;
  return made;
}

Ty* TypeStore::bound(std::uint32_t index) {
  Ty* made = node(TyKind::Bound);
  made->index = index;
  made->loose = index + 1;
  return made;
}

// A definition may share a term, whose annotation is then imported each time that it is met.
Ty* TypeStore::import(const Type& type) {
  step();
  switch (type.kind) {
    case TypeKind::Variable: return bound(type.index);
    case TypeKind::Constructor: return constructor(type.name);
    case TypeKind::Arrow: {
      Ty* from = import(*type.left);
      return arrow(from, import(*type.right));
    }
    case TypeKind::Apply: {
      Ty* head = import(*type.left);
      return apply(head, import(*type.right));
    }
    case TypeKind::Forall: return forall(type.name, import(*type.left));
  }
  check_failed("every kind of type is imported", __FILE__, __LINE__);
}

Ty* TypeStore::instantiate(Ty* type, std::uint32_t level) { return replace_outer(type, level, false); }
Ty* TypeStore::skolemise(Ty* type, std::uint32_t level) { return replace_outer(type, level, true); }

Ty* TypeStore::replace_outer(Ty* type, std::uint32_t level, bool by_skolems) {
  std::vector<Ty*> arguments;   // outermost first
  for (type = prune(type); type->kind == TyKind::Forall; type = type->left) {
    Ty* one = meta(level, type->name);
    if (by_skolems) {
      one->kind = TyKind::Skolem;
      one->has_meta = false;
    }
    arguments.push_back(one);
  }
  if (arguments.empty()) return type;
  next_epoch();
  return substitute(type, 0, arguments);
}

// `depth`: how many ∀s of the type itself are around this part of it.
Ty* TypeStore::substitute(Ty* type, std::uint32_t depth, const std::vector<Ty*>& arguments) {
  step();
  if (type->loose <= depth) return type;
  if (type->kind == TyKind::Bound) {
    const std::uint32_t outside = type->index - depth;
    return outside < arguments.size() ? arguments[arguments.size() - 1 - outside] : type;
  }
  const std::uint32_t epoch = epoch_;
  if (depth == 0 && type->epoch == epoch) return type->memo;
  Ty* made;
  if (type->kind == TyKind::Forall) {
    made = forall(type->name, substitute(type->left, depth + 1, arguments));
  } else {
    Ty* left = substitute(type->left, depth, arguments);
    made = pair(type->kind, left, substitute(type->right, depth, arguments));
  }
  if (depth == 0) {
    type->epoch = epoch;
    type->memo = made;
  }
  return made;
}

void TypeStore::collect(Ty* type, std::uint32_t level, Quantified& found) {
  for (;;) {
    step();
    type = prune(type);
    if ((!type->has_meta && !type->has_forall) || type->epoch == epoch_) return;
    type->epoch = epoch_;
    type->memo = nullptr;
    if (type->kind == TyKind::Meta) {
      if (type->level > level) found.metas.push_back(type);
      return;
    }
    if (type->kind == TyKind::Forall) {
      found.taken.push_back(type->name);
      type = type->left;
      continue;
    }
    collect(type->left, level, found);
    type = type->right;
  }
}

Ty* TypeStore::generalise(Ty* type, std::uint32_t level) {
  type = prune(type);
  if (!type->has_meta) return type;
  next_epoch();
  Quantified found;
  collect(type, level, found);
  if (found.metas.empty()) return type;
  const auto count = static_cast<std::uint32_t>(found.metas.size());
  // A quantified meta is marked by its memo; close_over() replaces it by the Bound that fits its depth.
  next_epoch();
  for (std::uint32_t i = 0; i < count; ++i) {
    found.metas[i]->epoch = epoch_;
    found.metas[i]->memo = bound(count - 1 - i);
  }
  Ty* made = close_over(type, 0);
  std::sort(found.taken.begin(), found.taken.end());
  std::uint32_t next = 0;
  std::vector<std::string_view> names;
  for (std::uint32_t i = 0; i < count; ++i) names.push_back(fresh_name(next, found.taken));
  for (std::uint32_t i = count; i > 0; --i) made = forall(names[i - 1], made);
  return made;
}

Ty* TypeStore::close_over(Ty* type, std::uint32_t depth) {
  step();
  type = prune(type);
  if (!type->has_meta) return type;
  const bool seen = type->epoch == epoch_;
  if (type->kind == TyKind::Meta) return seen ? (depth == 0 ? type->memo : bound(type->memo->index + depth)) : type;
  if (seen && depth == 0) return type->memo;
  Ty* made;
  if (type->kind == TyKind::Forall) {
    made = forall(type->name, close_over(type->left, depth + 1));
  } else {
    Ty* left = close_over(type->left, depth);
    made = pair(type->kind, left, close_over(type->right, depth));
  }
  if (depth == 0) {
    type->epoch = epoch_;
    type->memo = made;
  }
  return made;
}

std::string_view TypeStore::fresh_name(std::uint32_t& next, const std::vector<std::string_view>& taken) {
  for (;;) {
    const std::string name = letter_name(next++);
    if (!std::binary_search(taken.begin(), taken.end(), std::string_view(name))) return arena_.copy(name);
  }
}

const Type* TypeStore::to_type(Arena& arena, Ty* type) {
  next_epoch();
  return exported(arena, type);
}

std::uint32_t TypeStore::shown_number(Ty* meta) {
  return shown_.try_emplace(meta, static_cast<std::uint32_t>(shown_.size())).first->second;
}

const Type* TypeStore::exported(Arena& arena, Ty* type) {
  step();
  type = prune(type);
  if (type->epoch == epoch_) return type->made;
  Type* made = arena.make<Type>(Type{.kind = TypeKind::Constructor});
  switch (type->kind) {
    case TyKind::Constructor: made->name = arena.copy(type->name); break;
    case TyKind::Skolem: made->name = arena.copy(type->name); break;
    case TyKind::Meta:
      made->name = arena.copy("?" + letter_name(shown_number(type)));
      break;
    case TyKind::Bound:
      made->kind = TypeKind::Variable;
      made->index = type->index;
      break;
    case TyKind::Forall:
      made->kind = TypeKind::Forall;
      made->name = arena.copy(type->name);
      made->left = exported(arena, type->left);
      break;
    case TyKind::Arrow:
    case TyKind::Apply:
      made->kind = type->kind == TyKind::Arrow ? TypeKind::Arrow : TypeKind::Apply;
      made->left = exported(arena, type->left);
      made->right = exported(arena, type->right);
      break;
  }
  type->epoch = epoch_;
  type->made = made;
  return made;
}

std::string TypeStore::print(Ty* type, std::size_t bytes_max) {
  Arena scratch;
  return print_type(*to_type(scratch, type), bytes_max);
}

}  // namespace roost::lang
