// SPDX-License-Identifier: MIT
#pragma once

// What the text says where the tree says more. Sugar leaves no mark in the tree (syntax.h) but places: the terms that the parser makes up
// for it stand where the sugar begins, and what it makes up of tuples has no text. This is for messages, and for printing
// terms as they were written; a term that comes out of a store has no places, and counts as written without sugar, but for vectors.
// Thread: pure functions, callable from any.

#include <string>
#include <vector>

#include "worker/lang/syntax.h"

namespace roost::lang {

[[nodiscard]] bool is_before(Place a, Place b);
// Where the text of a term begins: an operator stands behind its first operand.
[[nodiscard]] Place start_of(const Term& term);

// `[a, b]`
[[nodiscard]] bool is_vector_literal(const Term& term);
// The `pair` that a comma stands for.
[[nodiscard]] bool is_comma(const Term& head);
// `(a, b)`, or what follows one of its elements: `pair b Unit`.
[[nodiscard]] bool is_tuple(const Term& term);
[[nodiscard]] std::vector<const Term*> elements_of(const Term& tuple);
// Whether `head function …` is `M.bind (x -> rest) e` of a statement of a `do`.
[[nodiscard]] bool is_statement(const Term& head, const Term& function);
[[nodiscard]] bool is_do(const Term& term);
// Requires: is_do().
[[nodiscard]] inline const Term& bind_of(const Term& block) { return *block.left->left; }
[[nodiscard]] inline const Term& rest_of(const Term& block) { return *block.left->right->left; }
// The `M.pure e` of a statement `x = e`, where `bind` is what the statement became and `name` its x.
[[nodiscard]] bool is_definition(const Term& argument, const Term& bind, std::string_view name);

// Terms as messages show them, in backticks and cut short.
[[nodiscard]] std::string quoted(const Term& term);
// The same of an application whose parts are these.
[[nodiscard]] std::string quoted(const Term& head, const std::vector<const Term*>& arguments);
// "line 2, column 5"
[[nodiscard]] std::string words_of(Place place);

}  // namespace roost::lang
