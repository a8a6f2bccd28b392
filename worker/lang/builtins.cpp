// SPDX-License-Identifier: MIT
#include "worker/lang/builtins.h"

#include <array>

#include "worker/wire/check.h"

namespace roost::lang {
namespace {

struct Entry {
  std::string_view name;
  int arity = 0;
};

constexpr std::array<Entry, kBuiltins> kEntries = {{
#define ROOST_BUILTIN(enumerator, name, arity, type) {name, arity},
#include "worker/lang/builtins.def"
#undef ROOST_BUILTIN
}};

struct Spelling {
  std::string_view name;
  Builtin builtin{};
};

// Default imports, and what source text calls a builtin whose internal name is something else.
constexpr std::array kSpellings = {
    Spelling{"Unit", Builtin::Unit},          Spelling{"unit", Builtin::Unit},
    Spelling{"Some", Builtin::OptionalSome},  Spelling{"None", Builtin::OptionalNone},
    Spelling{"Left", Builtin::EitherLeft},    Spelling{"Right", Builtin::EitherRight},
    Spelling{"+", Builtin::NumberAdd},        Spelling{"-", Builtin::NumberSubtract},
    Spelling{"*", Builtin::NumberMultiply},   Spelling{"/", Builtin::NumberDivide},
    Spelling{"single", Builtin::VectorSingle}, Spelling{"empty?", Builtin::VectorIsEmpty},
    Spelling{"pure", Builtin::RemotePure},    Spelling{"bind", Builtin::RemoteBind},
    Spelling{"fork", Builtin::RemoteFork},    Spelling{"and", Builtin::BooleanAnd},
    Spelling{"or", Builtin::BooleanOr},       Spelling{"not", Builtin::BooleanNot},
};

// Open addressing, filled by the compiler. A quarter full, so that a name that is no builtin is mostly told by one look.
constexpr std::size_t kSlots = 1'024;
static_assert(4 * (kBuiltins + kSpellings.size()) <= kSlots);

constexpr std::size_t slot_of(std::string_view name) {
  std::uint32_t hash = 2166136261u;   // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return (hash ^ hash >> 15) % kSlots;
}

constexpr void insert(std::array<Spelling, kSlots>& slots, Spelling spelling) {
  std::size_t slot = slot_of(spelling.name);
  while (!slots[slot].name.empty()) slot = (slot + 1) % kSlots;
  slots[slot] = spelling;
}

constexpr std::array<Spelling, kSlots> make_slots() {
  std::array<Spelling, kSlots> slots{};
  for (std::size_t i = 0; i < kBuiltins; ++i) insert(slots, {kEntries[i].name, static_cast<Builtin>(i)});
  for (const Spelling& spelling : kSpellings) insert(slots, spelling);
  return slots;
}
constexpr std::array<Spelling, kSlots> kTable = make_slots();

const Entry& entry_of(Builtin builtin) {
  const auto index = static_cast<std::size_t>(builtin);
  CHECK(index < kBuiltins);
  return kEntries[index];
}

}  // namespace

std::string_view name_of(Builtin builtin) { return entry_of(builtin).name; }
int arity_of(Builtin builtin) { return entry_of(builtin).arity; }

std::vector<std::string_view> builtin_names() {
  std::vector<std::string_view> names;
  for (const Entry& entry : kEntries) names.push_back(entry.name);
  for (const Spelling& spelling : kSpellings) names.push_back(spelling.name);
  return names;
}

std::optional<Builtin> builtin_named(std::string_view name) {
  for (std::size_t slot = slot_of(name); !kTable[slot].name.empty(); slot = (slot + 1) % kSlots) {
    if (kTable[slot].name == name) return kTable[slot].builtin;
  }
  return std::nullopt;
}

}  // namespace roost::lang
