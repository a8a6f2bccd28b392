// SPDX-License-Identifier: MIT
#include "worker/lang/habits.h"

#include "worker/lang/characters.h"

namespace roost::lang {
namespace {

constexpr Habit kNames[] = {
    {"&&", "and"},
    {"||", "or"},
    {"!=", "not"},
    {"/=", "not"},
    {"++", "Text.concatenate"},
    {"++", "Vector.concatenate"},
    {"<>", "Text.concatenate"},
    {"<>", "Vector.concatenate"},
    {"%", "Number.mod"},
    {"mod", "Number.mod"},
    {"rem", "Number.mod"},
    {"$", "<|"},
    {"=>", "->"},
    {"<-", ":="},
    {"Just", "Some"},
    {"Nothing", "None"},
    {"null", "None"},
    {"nil", "None"},
    {"return", "pure"},
    {"id", "identity"},
    {"length", "Vector.size"},
    {"length", "Text.length"},
    {"len", "Vector.size"},
    {"len", "Text.length"},
    {"foldl", "Vector.fold-left"},
    {"reduce", "Vector.fold-left"},
    {"foldr", "Vector.fold-right"},
    {"print", "Debug.log"},
    {"println", "Debug.log"},
    {"show", "Number.to-text"},
    {"toString", "Number.to-text"},
};

bool is_operator(std::string_view token) {
  return !token.empty() && static_cast<unsigned char>(token[0]) < 128 && (kAsciiTraits[static_cast<unsigned char>(token[0])] & kOperator);
}

bool ends_with_paren(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  return last != std::string_view::npos && text[last] == '(';
}

std::string_view about_start_of_term(std::string_view token, std::string_view before) {
  if (token.starts_with("\\")) return "a function is written `x -> …`";
  if (token.starts_with("'")) return "a text stands between double quotes";
  if (token.starts_with("//") || token.starts_with("/*")) return "a comment begins with `--`";
  if (token == "-") return "a number below zero is written `0 - 1`";
  if (token == "!") return "it is called `not`";
  if (token == "$") return "`f <| x` applies `f` to all that follows";
  if (token == ")" && ends_with_paren(before)) return "the value that holds nothing is `unit`";
  if (is_operator(token) && ends_with_paren(before)) return "an operator by itself is written `(+)`, with one argument `x -> x + 1`";
  return {};
}

}  // namespace

std::span<const Habit> habits_of_names() { return kNames; }

std::string_view advice_about(std::string_view token, std::string_view before, const Expectations& expected) {
  if (expected.has(Expect::Term)) return about_start_of_term(token, before);
  // Where a binding may end, it is the next one that lacks a `;` before it.
  if (token == "=" && expected.has(Expect::Operator) && !expected.has(Expect::BindingEnd))
    return "numbers are compared with `==_Number`, texts with `==_Text`";
  if (token == ":=" && expected.has(Expect::Equals)) return "a binding is written `x = …`; `x := …` is a statement of `do`";
  if (token == "in" && expected.has(Expect::BindingEnd)) return "a `let` ends with its body: `let x = 1; x + 1;;`";
  return {};
}

}  // namespace roost::lang
