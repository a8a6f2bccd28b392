// SPDX-License-Identifier: MIT
#include "worker/lang/habits.h"

#include <algorithm>
#include <cctype>

#include "worker/lang/characters.h"

namespace roost::lang {
namespace {

constexpr Habit kNames[] = {
    {"&&", "`and`"},
    {"||", "`or`"},
    {"!=", "not (x ==_Number y)"},
    {"!=", "not (x ==_Text y)"},
    {"/=", "not (x ==_Number y)"},
    {"/=", "not (x ==_Text y)"},
    {"Number.!=", "not (x ==_Number y)"},
    {"Text.!=", "not (x ==_Text y)"},
    {"≠", "not (x ==_Number y)"},
    {"≤", "Number.<="},
    {"≥", "Number.>="},
    {"++", "`Text.concatenate`"},
    {"++", "`Vector.concatenate`"},
    {"<>", "`Text.concatenate`"},
    {"<>", "`Vector.concatenate`"},
    {"<>", "not (x ==_Number y)"},
    {"%", "`Number.mod`"},
    {"−", "-"},
    {"–", "-"},
    {"×", "*"},
    {"÷", "/"},
    {"→", "->"},
    {"=>", "->"},
    {"<-", ":="},
    {"←", ":="},
    {"“", "\""},
    {"‘", "\""},
    {"'", "\""},
    {"$", "<|"},
    {"mod", "Number.mod"},
    {"rem", "Number.mod"},
    {"show", "Number.to-text"},
    {"toString", "Number.to-text"},
    {"str", "Number.to-text"},
    {"Number.from-text", "Text.to-number"},
    {"parse", "Text.to-number"},
    {"parseInt", "Text.to-number"},
    {"parseFloat", "Text.to-number"},
    {"Just", "Some"},
    {"Nothing", "None"},
    {"null", "None"},
    {"nil", "None"},
    {"Ok", "Right"},
    {"Err", "Left"},
    {"id", "identity"},
    {"fst", "1st"},
    {"snd", "2nd"},
    {"second", "2nd"},
    {"third", "3rd"},
    {"length", "Vector.size"},
    {"length", "Text.length"},
    {"len", "Vector.size"},
    {"len", "Text.length"},
    {"size", "Vector.size"},
    {"size", "Text.length"},
    {"count", "Vector.size"},
    {"count", "Text.length"},
    {"Index.size", "Index.keys"},
    {"append", "Vector.append"},
    {"append", "Text.concatenate"},
    {"concat", "Text.concatenate"},
    {"concat", "Vector.concatenate"},
    {"push", "Vector.append"},
    {"cons", "Vector.prepend"},
    {"foldl", "Vector.fold-left"},
    {"Vector.fold", "Vector.fold-left"},
    {"reduce", "Vector.fold-left"},
    {"foldr", "Vector.fold-right"},
    {"flatMap", "Vector.bind"},
    {"get", "Vector.at"},
    {"Vector.index", "Vector.at"},
    {"nth", "Vector.at"},
    {"head", "Vector.1st"},
    {"Vector.first", "Vector.1st"},
    {"all", "Vector.all?"},
    {"every", "Vector.all?"},
    {"flatten", "Vector.join"},
    {"unique", "Vector.dedup"},
    {"upper", "Text.uppercase"},
    {"lower", "Text.lowercase"},
    {"toUpper", "Text.uppercase"},
    {"toLower", "Text.lowercase"},
    {"get", "Index.lookup"},
    {"Optional.get", "Optional.get-or"},
    {"put", "Index.insert"},
    {"set", "Index.insert"},
    {"Index.add", "Index.insert"},
    {"remove", "Index.delete"},
    {"get", "Http.get-url"},
    {"fetch", "Http.get-url"},
    {"return", "pure"},
    {"print", "Debug.log"},
    {"println", "Debug.log"},
};

constexpr Habit kTypes[] = {
    {"Int", "Number"},      {"Integer", "Number"}, {"Float", "Number"},    {"Double", "Number"}, {"Num", "Number"},
    {"String", "Text"},     {"Str", "Text"},       {"Char", "Text"},       {"Bool", "Boolean"},  {"Maybe", "Optional"},
    {"Option", "Optional"}, {"List", "Vector"},    {"Array", "Vector"},    {"Seq", "Vector"},    {"Result", "Either"},
    {"Void", "Unit"},       {"Map", "Index"},      {"Dict", "Index"},      {"Tuple", "Pair"},    {"Ordering", "Comparison"},
    {"IO", "Remote"},       {"Future", "Remote"},  {"Promise", "Remote"},
};

constexpr std::string_view kPlainParameters =
    "parameters stand behind the name, without parentheses or commas, as in `f x y = …`; there are no patterns: functions such as `1st` and "
    "`Optional.fold` take values apart";
constexpr std::string_view kComparisons = "numbers are compared with `==_Number`, texts with `==_Text`";
constexpr std::string_view kLetBody = "a `let` ends with its body: `let x = 1; x + 1;;`";
constexpr std::string_view kIfWhole = "an `if` is written `if … then … else …`";
constexpr std::string_view kIfOperand = "an `if` that is an operand or an argument stands in parentheses";
constexpr std::string_view kParameterName = "a parameter needs a name, and `_` is none";

constexpr std::size_t kShownOperandMax = 40;   // bytes

bool is_operator(std::string_view token) { return !token.empty() && (character_at(token, 0).traits & kOperator) != 0; }

char last_of(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? '\0' : text[last];
}

bool begins_with_one_of(std::string_view token, std::initializer_list<std::string_view> beginnings) {
  for (const std::string_view beginning : beginnings)
    if (token.starts_with(beginning)) return true;
  return false;
}

// What the text begins with that may be an operand, as it is shown behind an operator; empty: a blank or nothing.
std::string operand_of(std::string_view text) {
  if (text.starts_with("(")) return "(…)";
  const std::size_t end = std::min(text.find_first_of(" \t\r\n()[],;\""), text.size());
  return end > kShownOperandMax ? "…" : std::string(text.substr(0, end));
}

std::string about_minus(std::string_view behind) {
  const std::string operand = operand_of(behind);
  return operand.empty() ? operand : "a number below zero is written `(0 - " + operand + ")`";
}

std::string about_nothing(std::string_view before) {
  const std::size_t bracket = before.rfind('(');
  const bool is_call = bracket > 0 && std::isalnum(static_cast<unsigned char>(before[bracket - 1])) != 0;
  return is_call ? "a call without arguments is the name alone" : "the value that holds nothing is `unit`";
}

std::string about_start_of_term(std::string_view token, std::string_view before, std::string_view behind) {
  if (token.starts_with("\\")) return "a function is written `x -> …`";
  if (begins_with_one_of(token, {"'", "“", "”", "‘", "’", "«"})) return "a text stands between double quotes, `\"`";
  if (begins_with_one_of(token, {"//", "/*"})) return "a comment begins with `--`";
  if (token == "-" || token == "−" || token == "–") return about_minus(behind);
  if (token == "!") return "it is called `not`";
  if (token == "$") return "`f <| x` applies `f` to all that follows";
  if (token == ")" && last_of(before) == '(') return about_nothing(before);
  if (is_operator(token) && last_of(before) == '(') return "an operator by itself is written `(+)`, with one argument `x -> x + 1`";
  return {};
}

std::string_view about_type(std::string_view token, std::string_view before) {
  if (token == ")" && last_of(before) == '(') return "the type of `unit` is `Unit`";
  if (token == "[") return "the type of a vector is written `Vector Number`";
  if (token == ":" && last_of(before) == ':') return "a type stands behind a single `:`";
  return {};
}

std::string_view about_equals(const Expectations& expected) {
  for (const Expect inside : {Expect::Then, Expect::RightParen, Expect::RightBracket, Expect::Comma})
    if (expected.has(inside)) return kComparisons;
  if (expected.has(Expect::StatementEnd)) return "in a `do`, a function is named so: `f = x -> …`";
  if (expected.has(Expect::LetEnd)) return kPlainParameters;
  // Where a binding may end, it is the next one that lacks a `;` before it.
  return expected.has(Expect::Operator) && !expected.has(Expect::BindingEnd) ? kComparisons : std::string_view();
}

std::string_view about_define(std::string_view before, const Expectations& expected) {
  if (expected.has(Expect::Equals)) return "a binding is written `x = …`; `x := …` is a statement of `do`";
  if (expected.has(Expect::LetEnd)) return kNoLetInDo;
  if (!expected.has(Expect::StatementEnd)) return {};
  if (last_of(before) == '_') return "a step whose result is not used has no name";
  return last_of(before) == ')' ? kNoPatterns : std::string_view();
}

}  // namespace

std::span<const Habit> habits_of_names() { return kNames; }
std::span<const Habit> habits_of_types() { return kTypes; }

std::string advice_about(std::string_view token, std::string_view before, std::string_view behind, const Expectations& expected) {
  if (expected.has(Expect::Statement) && (token == ":=" || token == "=")) return "`do` is followed by a name, as in `do Remote`";
  if (token == ";" && expected.has(Expect::Statement)) return "a `do` ends with a step that is given no name, as in `pure x;;`";
  if (token == ";" && expected.has(Expect::Term) && expected.has(Expect::Binding)) return std::string(kLetBody);
  if (expected.has(Expect::Term) || expected.has(Expect::OperatorArgument)) return about_start_of_term(token, before, behind);
  if (token == "=" && expected.has(Expect::SignatureEnd)) return "a signature ends before its binding begins: `x : …; x = …`";
  if (expected.has(Expect::Type) || expected.has(Expect::TypeArgument)) return std::string(about_type(token, before));
  if (token == "_" && expected.has(Expect::Parameter)) return std::string(kParameterName);
  if ((token == "(" || token == "[") && expected.has(Expect::Parameter)) return std::string(kPlainParameters);
  if (token == "(" && expected.has(Expect::Rec)) return std::string(kNoPatterns);
  if (token == "->" && expected.has(Expect::Operator)) return std::string(last_of(before) == '_' ? kParameterName : kNoPatterns);
  if (token == "=") return std::string(about_equals(expected));
  if (token == ":=") return std::string(about_define(before, expected));
  if (token == "then" && expected.has(Expect::Operator)) return std::string(kIfOperand);
  if (expected.has(Expect::Then)) return std::string(kIfWhole);
  if (expected.has(Expect::Else)) return "every `if` has an `else`";
  if (token == "in" && expected.has(Expect::BindingEnd)) return std::string(kLetBody);
  return {};
}

}  // namespace roost::lang
