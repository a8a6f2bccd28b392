// SPDX-License-Identifier: MIT
#pragma once

// Trees back to text, for people: rendered functions, error messages, debugging. Sugar comes back where it is plain to see
// (operators, tuples, vectors, `if`). What is printed in full parses to the same tree again, but for what has no spelling: the
// variable that an expression statement of a `do` block binds (`_`), variables without names (`v0`), and builtins that a local
// name hides. Thread: pure functions, callable from any.

#include <functional>
#include <string>

#include "worker/lang/syntax.h"

namespace roost::lang {

// At most about `bytes_max` bytes; what is left out is shown as `…`.
[[nodiscard]] std::string print_term(const Term& term, std::size_t bytes_max);
// The same for messages about a text: definitions and builtins are called what the text calls them, and of a `do` block it says only
// how it begins, `do Remote …`.
[[nodiscard]] std::string print_source(const Term& term, std::size_t bytes_max);
// The same as print_term(), but that definitions are called what `name_of` says; those that it gives no name stay hashes.
using NameOf = std::function<std::string(const Hash& hash)>;
[[nodiscard]] std::string print_named(const Term& term, const NameOf& name_of, std::size_t bytes_max);
[[nodiscard]] std::string print_type(const Type& type, std::size_t bytes_max);
// The variables of types that are made up: a, b, …, z, a1, b1, …
[[nodiscard]] std::string letter_name(std::uint32_t number);
// A name as a text writes it: `<_Number` for `Number.<`.
[[nodiscard]] std::string spelled(std::string_view name);
// "(λ x y -> x + y)". Requires: a Lambda.
[[nodiscard]] std::string print_function(const Term& lambda, std::size_t bytes_max);

}  // namespace roost::lang
