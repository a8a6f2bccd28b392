// SPDX-License-Identifier: MIT
#include "worker/lang/diagnosis.h"

#include <utf8proc.h>

#include "worker/lang/characters.h"
#include "worker/lang/scc.h"

namespace roost::lang {
namespace {

constexpr std::size_t kColumnsShown = 100;   // of a long line, around the place

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

// Where a text ends that goes on with blanks and line breaks: behind the last that a person sees of it.
Place end_of(std::string_view source) {
  const std::size_t last = source.find_last_not_of(" \t\r\n");
  Place place{1, 1};
  for (const char c : source.substr(0, last == std::string_view::npos ? 0 : last + 1)) {
    if (c == '\n') place = {place.line + 1, 1};
    else if (starts_character(c)) ++place.column;
  }
  return place;
}

Diagnosis of(const SyntaxError& error, std::string_view source) {
  return {error.offset < source.size() ? error.place : end_of(source), error.what(), {}, error.offset};
}

Diagnosis of(const TypeError& error, std::size_t length) { return {error.place, error.reason, error.because, length}; }

Diagnoses of(const std::vector<UnboundName>& unbound, std::size_t length) {
  Diagnoses all;
  for (const UnboundName& name : unbound) {
    Diagnosis& one = all.emplace_back(Diagnosis{name.place, "`" + name.name + "` is not defined", {}, length});
    for (const std::string& near : name.nearest) one.notes.push_back("perhaps `" + near + "`");
  }
  return all;
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

// The line as it is shown, and the blanks before the caret. Tabs stay tabs in both, so that they line up. Requires: valid UTF-8.
std::string excerpt_of_line(std::string_view line, Place place) {
  const std::size_t first = place.column > kColumnsShown ? place.column - kColumnsShown / 2 : 1;
  std::string text, blanks;
  std::size_t column = 0;
  for (std::size_t at = 0; at < line.size();) {
    ++column;
    const Shown character = shown_at(line, at);
    at += std::max<std::size_t>(1, character.text.size());
    if (column < first || column >= first + kColumnsShown) continue;
    text += character.text;
    if (column < place.column) blanks += character.text == "\t" ? "\t" : std::string(static_cast<std::size_t>(character.width), ' ');
  }
  const std::string number = std::to_string(place.line);
  return "  " + number + " | " + text + "\n  " + std::string(number.size(), ' ') + " | " + blanks + "^\n";
}

}  // namespace

Result<CheckedProgram, Diagnoses> check_program(Arena& arena, std::string_view source, const NameTable& names, const TypeTable& types) {
  const auto parsed = parse_program(arena, source);
  if (!parsed.ok()) return Refused{Diagnoses{of(parsed.error(), source)}};
  const auto resolved = resolve(arena, minimise(arena, parsed.value()), names);
  if (!resolved.ok()) return Refused{of(resolved.error().names, source.size())};
  const auto type = infer_type(arena, *resolved.value(), types);
  if (!type.ok()) return Refused{Diagnoses{of(type.error(), source.size())}};
  return CheckedProgram{resolved.value(), type.value()};
}

Result<std::vector<Definition>, Diagnoses> check_library(Arena& arena, std::string_view source, Names& names, DefinitionTypes& types) {
  const auto parsed = parse_library(arena, source);
  if (!parsed.ok()) return Refused{Diagnoses{of(parsed.error(), source)}};
  auto loaded = load_library(arena, source, names, types);
  if (loaded.ok()) return std::move(loaded).value();
  if (!loaded.error().unbound.empty()) return Refused{of(loaded.error().unbound, source.size())};
  return Refused{Diagnoses{{loaded.error().place, loaded.error().reason, loaded.error().because, source.size()}}};
}

Result<CheckedText, Diagnoses> check_text(Arena& arena, std::string_view source, Names& names, DefinitionTypes& types) {
  auto program = check_program(arena, source, names, types);
  if (program.ok()) return CheckedText(program.value());
  const std::size_t understood = program.error()[0].offset;
  if (understood == source.size()) return Refused{program.error()};
  auto library = check_library(arena, source, names, types);
  if (library.ok()) return CheckedText(std::move(library).value());
  // Up to the same place: a signature looks like a program that ends there.
  const bool more_a_library = library.error()[0].offset > understood || (library.error()[0].offset == understood && understood > 0);
  return Refused{more_a_library ? library.error() : program.error()};
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
