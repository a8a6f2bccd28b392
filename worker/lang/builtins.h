// SPDX-License-Identifier: MIT
#pragma once

// The builtins' identities: what the resolver resolves names to, what hashing and rendering call them, and how many
// arguments each waits for. What they do is in worker/runtime.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace roost::lang {

inline constexpr int kConstructor = -1;

enum class Builtin : std::uint16_t {
#define ROOST_BUILTIN(enumerator, name, arity, type) enumerator,
#include "worker/lang/builtins.def"
#undef ROOST_BUILTIN
};

#define ROOST_BUILTIN(enumerator, name, arity, type) +1
inline constexpr std::size_t kBuiltins = 0
#include "worker/lang/builtins.def"
    ;
#undef ROOST_BUILTIN

[[nodiscard]] std::string_view name_of(Builtin builtin);   // the internal name
[[nodiscard]] int arity_of(Builtin builtin);               // kConstructor: never runs
// What a name in a program stands for: internal names, default imports (3.2) and source-only spellings.
[[nodiscard]] std::optional<Builtin> builtin_named(std::string_view name);
// All of those names.
[[nodiscard]] std::vector<std::string_view> builtin_names();

}  // namespace roost::lang
