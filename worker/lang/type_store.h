// SPDX-License-Identifier: MIT
#pragma once

// The types that a check works with. A lang::Type (syntax.h) is closed and does not change; these may hold what is not known yet
// (metas, which are solved while the check goes on) and what must work for every type (skolems). Nodes are shared, so a
// type is a graph whose size as a tree may be far larger: every walk here visits a node once.
// Thread: one store for one check.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "worker/lang/syntax.h"

namespace roost::lang {

enum class TyKind : std::uint8_t { Constructor, Arrow, Apply, Forall, Bound, Meta, Skolem };

struct Ty {
  TyKind kind;
  bool has_forall = false;         // a ∀ is in it. Metas only ever stand for types without
  bool has_meta = false;           // a meta is in it, solved or not
  std::uint32_t index = 0;         // Bound: de Bruijn. Meta: its number, in order of making
  std::uint32_t loose = 0;         // 1 + the highest Bound that points outside; 0: none does
  std::uint32_t level = 0;         // Meta, Skolem: of the `let`s and ∀s around its birth
  std::uint32_t epoch = 0;         // of the walk that saw it last
  std::string_view name{};         // Constructor, Forall (its variable), Skolem; Meta: the variable it was made for, or empty
  Ty* left = nullptr;              // Arrow: from. Apply: head. Forall: body. Meta: its solution
  Ty* right = nullptr;             // Arrow: to. Apply: argument
  Ty* memo = nullptr;              // what the walk `epoch` made of it
  const Type* made = nullptr;      // the same, of a walk that makes closed types
  const Term* cause = nullptr;     // Meta: what was checked when it was solved
};

// A check may use so much of its thread's stack. Terms alone, at most kTermDepthMax deep, need a third of it.
inline constexpr std::size_t kCheckStackMax = 4u << 20;
// Nodes of types that one check visits and makes. Types of a hostile program can double with every line; one visit takes about
// ten nanoseconds.
inline constexpr std::uint64_t kTypeWorkMax = 16u << 20;
// Nodes of types that one check makes: about 100 MB. (A worker has less memory than that; what reads a stored definition outside of one has not.)
inline constexpr std::uint64_t kTypesMadeMax = 1u << 20;

// Thrown by what works on types: the check cannot go on.
struct TypesTooLarge {
  const char* limit;
};

class TypeStore {
 public:
  // Its walks may use kCheckStackMax from here on.
  explicit TypeStore(Arena& arena)
      : arena_(arena), stack_floor_(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) - kCheckStackMax) {}

  // Counts a step of work. Throws TypesTooLarge where the limits end.
  void step() {
    if (++steps_ > kTypeWorkMax) throw TypesTooLarge{"its types are too large"};
    if (reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) < stack_floor_) throw TypesTooLarge{"its types are nested too deeply"};
  }

  Ty* constructor(std::string_view name);
  Ty* arrow(Ty* from, Ty* to) { return pair(TyKind::Arrow, from, to); }
  Ty* apply(Ty* head, Ty* argument) { return pair(TyKind::Apply, head, argument); }
  Ty* meta(std::uint32_t level, std::string_view name = {});
  // The type itself, or what a solved meta stands for.
  static Ty* prune(Ty* type);

  // Requires: `type` is closed.
  Ty* import(const Type& type);
  // The outer ∀s replaced by fresh metas (by skolems). Gives the type itself if it has none.
  Ty* instantiate(Ty* type, std::uint32_t level);
  Ty* skolemise(Ty* type, std::uint32_t level);
  // ∀ over the unsolved metas born deeper than `level`, in order of appearance.
  Ty* generalise(Ty* type, std::uint32_t level);
  // As a closed type in `arena`. What is unsolved or a skolem becomes a constructor with a name of its own ("?a").
  const Type* to_type(Arena& arena, Ty* type);
  [[nodiscard]] std::string print(Ty* type, std::size_t bytes_max);

  // A walk that sees each node once marks them with the epoch it began.
  std::uint32_t next_epoch() { return ++epoch_; }
  [[nodiscard]] std::uint32_t epoch() const { return epoch_; }

 private:
  struct Quantified {
    std::vector<Ty*> metas;
    std::vector<std::string_view> taken;   // names that inner ∀s have
  };

  Ty* node(TyKind kind) {
    if (++made_ > kTypesMadeMax) throw TypesTooLarge{"its types are too large"};
    return arena_.make<Ty>(Ty{.kind = kind});
  }
  Ty* pair(TyKind kind, Ty* left, Ty* right);
  Ty* forall(std::string_view name, Ty* body);
  Ty* bound(std::uint32_t index);
  Ty* replace_outer(Ty* type, std::uint32_t level, bool by_skolems);
  Ty* substitute(Ty* type, std::uint32_t depth, const std::vector<Ty*>& arguments);
  void collect(Ty* type, std::uint32_t level, Quantified& found);
  Ty* close_over(Ty* type, std::uint32_t depth);
  // `taken`: sorted.
  std::string_view fresh_name(std::uint32_t& next, const std::vector<std::string_view>& taken);
  std::uint32_t shown_number(Ty* meta);
  const Type* exported(Arena& arena, Ty* type);

  Arena& arena_;
  const std::uintptr_t stack_floor_;
  std::uint64_t steps_ = 0, made_ = 0;
  std::uint32_t metas_ = 0;
  std::uint32_t epoch_ = 0;
  std::unordered_map<const Ty*, std::uint32_t> shown_;   // the metas that have been shown, numbered in order: ?a, ?b, …
};

}  // namespace roost::lang
