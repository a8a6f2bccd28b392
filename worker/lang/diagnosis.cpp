// SPDX-License-Identifier: MIT
#include "worker/lang/diagnosis.h"

#include <utf8proc.h>

#include <functional>
#include <optional>

#include "worker/lang/as_written.h"
#include "worker/lang/characters.h"
#include "worker/lang/lexer.h"
#include "worker/lang/nearest.h"
#include "worker/lang/scc.h"
#include "worker/lang/second_look.h"

namespace roost::lang {
namespace {

constexpr std::size_t kColumnsShown = 100;   // of a long line, around the place
constexpr std::size_t kLooksMax = 20;        // unknown names that are looked at again: each time it is the whole text

// The first place of a text that is wrong; {}: it does not parse. None: nothing is wrong.
using FirstWrong = std::function<std::optional<Place>(std::string_view text)>;

FirstWrong in_program(const NameTable& names, const TypeTable& types) {
  return [&names, &types](std::string_view text) -> std::optional<Place> {
    Arena arena;
    const auto parsed = parse_program(arena, text);
    if (!parsed.ok()) return Place{};
    const auto resolved = resolve(arena, minimise(arena, parsed.value()), names);
    if (!resolved.ok()) return resolved.error().names[0].place;
    const auto type = infer_type(arena, *resolved.value(), types);
    return type.ok() ? std::nullopt : std::optional(type.error().place);
  };
}

FirstWrong in_library(const Names& names, const DefinitionTypes& types) {
  return [&names, &types](std::string_view text) -> std::optional<Place> {
    Arena arena;
    Names names_then = names;
    DefinitionTypes types_then = types;
    if (!parse_library(arena, text).ok()) return Place{};
    const auto loaded = load_library(arena, text, names_then, types_then);
    return loaded.ok() ? std::nullopt : std::optional(loaded.error().place);
  };
}

// A `;` is missed only if, with it, what is wrong is gone or further on.
std::string advice_at(Place place, std::string_view source, const FirstWrong& first_wrong) {
  const SecondLook look = look_again(source, place, Reach::WholeStatement);
  if (look.unended.line == 0) return advice_of(look);
  const auto wrong = first_wrong(ended(source, look.unended));
  return !wrong || is_before(place, *wrong) ? advice_of(look.unended) : advice_of(look);
}

std::vector<std::string> notes_on(const TypeError& error, std::string_view source, const FirstWrong& first_wrong) {
  std::vector<std::string> notes = error.because;
  if (std::string advice = advice_at(error.place, source, first_wrong); !advice.empty()) notes.push_back(std::move(advice));
  const std::string infix(look_again(source, error.place, Reach::WholeStatement).bare_infix);
  if (!infix.empty()) notes.push_back("between its operands, `" + infix + "` stands in backticks: `` (x) `" + infix + "` (y) ``");
  return notes;
}

Diagnosis of(const SyntaxError& error) { return {error.place, error.what(), {}, error.offset}; }

Diagnosis of(const UnboundName& name, std::size_t length) {
  std::string reason = "`" + name.name + "` is not defined";
  if (!name.do_word.empty()) reason = "`do " + name.do_word + "` needs `" + name.name + "`, which is not defined";
  Diagnosis one{name.place, std::move(reason), {}, length};
  for (const std::string& near : name.nearest) one.notes.push_back("perhaps " + in_backticks(near));
  return one;
}

Diagnoses of(const std::vector<UnboundName>& unbound, std::string_view source, const FirstWrong& first_wrong) {
  Diagnoses all;
  std::string said;
  for (const UnboundName& name : unbound) {
    Diagnosis& one = all.emplace_back(of(name, source.size()));
    if (all.size() > kLooksMax) continue;
    std::string advice = all.size() == 1 ? advice_at(name.place, source, first_wrong)
                                         : advice_of(look_again(source, name.place, Reach::WholeStatement));
    if (advice.empty() || advice == said) continue;
    one.notes.push_back(advice);
    said = std::move(advice);
  }
  return all;
}

Diagnosis of(const TypeError& error, std::string_view source, const FirstWrong& first_wrong) {
  return {error.place, error.reason, notes_on(error, source, first_wrong), source.size()};
}

// `f : Number;` is a program, and mostly meant as the beginning of a definition.
std::optional<Diagnosis> lone_signature(Arena& arena, std::string_view source) {
  const auto library = parse_library(arena, source);
  if (library.ok() || !library.error().ended_early || library.error().reason.empty()) return std::nullopt;
  return of(library.error());
}

// Of which a program that ends there looks the same.
bool begins_with_signature(std::string_view source) {
  Arena arena;
  Effort effort;
  Lexer lexer(arena, source, effort);
  const TokenKind first = lexer.next().kind;
  return (first == TokenKind::Word || first == TokenKind::OperatorName) && lexer.next().kind == TokenKind::Colon;
}

std::string_view line_at(std::string_view source, std::uint32_t number) {
  for (; number > 1; --number) {
    const std::size_t end = source.find('\n');
    if (end == std::string_view::npos) return {};
    source.remove_prefix(end + 1);
  }
  return source.substr(0, source.find('\n'));
}

// Each byte that is not UTF-8 as the replacement character: such a text is refused, and the line that shows where may be sent on.
std::string readable(std::string_view line) {
  std::string text;
  for (;;) {
    const std::size_t bad = find_invalid_utf8(line);
    text += line.substr(0, bad);
    if (bad == std::string_view::npos) return text;
    text += "\uFFFD";
    line.remove_prefix(bad + 1);
  }
}

// The character that begins at `at`, with how many columns of a terminal it takes.
struct Shown {
  std::string_view text;
  int width = 1;
};
Shown shown_at(std::string_view line, std::size_t at) {
  const unsigned char first = static_cast<unsigned char>(line[at]);
  if (first == '\t') return {"\t", 1};
  if (first < ' ' || first == 127) return {" ", 1};
  utf8proc_int32_t code_point = 0;
  const auto bytes = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(line.data()) + at, static_cast<utf8proc_ssize_t>(line.size() - at), &code_point);
  return {line.substr(at, static_cast<std::size_t>(bytes)), utf8proc_charwidth(code_point)};
}

// The line as it is shown, and the blanks before the caret. Tabs stay tabs in both, so that they line up. `…`: it goes on there.
// Requires: valid UTF-8.
std::string excerpt_of_line(std::string_view line, Place place) {
  const std::size_t first = place.column > kColumnsShown ? place.column - kColumnsShown / 2 : 1;
  std::string text(first > 1 ? "…" : ""), blanks(first > 1 ? " " : "");
  std::size_t column = 0;
  for (std::size_t at = 0; at < line.size();) {
    ++column;
    const Shown character = shown_at(line, at);
    at += std::max<std::size_t>(1, character.text.size());
    if (column < first || column >= first + kColumnsShown) continue;
    text += character.text;
    if (column < place.column) blanks += character.text == "\t" ? "\t" : std::string(static_cast<std::size_t>(character.width), ' ');
  }
  if (column >= first + kColumnsShown) text += "…";
  const std::string number = std::to_string(place.line);
  return "  " + number + " | " + text + "\n  " + std::string(number.size(), ' ') + " | " + blanks + "^\n";
}

}  // namespace

Result<CheckedProgram, Diagnoses> check_program(Arena& arena, std::string_view source, const NameTable& names, const TypeTable& types) {
  const auto parsed = parse_program(arena, source);
  if (!parsed.ok()) return Refused{Diagnoses{of(parsed.error())}};
  const auto resolved = resolve(arena, minimise(arena, parsed.value()), names);
  if (!resolved.ok()) {
    if (const auto alone = lone_signature(arena, source)) return Refused{Diagnoses{*alone}};
    return Refused{of(resolved.error().names, source, in_program(names, types))};
  }
  const auto type = infer_type(arena, *resolved.value(), types);
  if (!type.ok()) return Refused{Diagnoses{of(type.error(), source, in_program(names, types))}};
  return CheckedProgram{resolved.value(), type.value()};
}

Result<std::vector<Definition>, Diagnoses> check_library(Arena& arena, std::string_view source, Names& names, DefinitionTypes& types) {
  const auto parsed = parse_library(arena, source);
  if (!parsed.ok()) return Refused{Diagnoses{of(parsed.error())}};
  auto loaded = load_library(arena, source, names, types);
  if (loaded.ok()) return std::move(loaded).value();
  const FirstWrong first_wrong = in_library(names, types);
  if (!loaded.error().unbound.empty()) return Refused{of(loaded.error().unbound, source, first_wrong)};
  return Refused{Diagnoses{of(TypeError{loaded.error().place, loaded.error().reason, {}, {}, loaded.error().because}, source, first_wrong)}};
}

Result<CheckedText, Diagnoses> check_text(Arena& arena, std::string_view source, Names& names, DefinitionTypes& types) {
  auto program = check_program(arena, source, names, types);
  if (program.ok()) return CheckedText(program.value());
  const std::size_t understood = program.error()[0].offset;
  if (understood == source.size()) return Refused{program.error()};
  auto library = check_library(arena, source, names, types);
  if (library.ok()) return CheckedText(std::move(library).value());
  const bool is_signature = library.error()[0].offset == understood && begins_with_signature(source);
  return Refused{library.error()[0].offset > understood || is_signature || begins_with_definition(source) ? library.error() : program.error()};
}

std::vector<std::string> notes_on(const TypeError& error, std::string_view source, const NameTable& names, const TypeTable& types) {
  return notes_on(error, source, in_program(names, types));
}

std::string advice_on(const UnboundNames& unbound, std::string_view source, const NameTable& names, const TypeTable& types) {
  return advice_at(unbound.names[0].place, source, in_program(names, types));
}

std::string excerpt(std::string_view source, Place place) {
  return place.line == 0 ? std::string() : excerpt_of_line(readable(line_at(source, place.line)), place);
}

std::string shown(const Diagnoses& diagnoses, std::string_view file, std::string_view source) {
  std::string text;
  for (const Diagnosis& one : diagnoses) {
    text += std::string(file) + ":" + std::to_string(one.place.line) + ":" + std::to_string(one.place.column) + ": " + one.reason + "\n";
    text += excerpt(source, one.place);
    for (const std::string& note : one.notes) text += "  " + note + "\n";
  }
  return text;
}

}  // namespace roost::lang
