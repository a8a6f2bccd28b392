// SPDX-License-Identifier: MIT
#include "ops/cli/repl_session.h"

#include <algorithm>
#include <iostream>

#include "ops/cli/read_text.h"
#include "ops/cli/terminal.h"
#include "worker/lang/builtins.h"
#include "worker/lang/characters.h"
#include "worker/lang/hash.h"
#include "worker/lang/lexer.h"
#include "worker/lang/parser.h"
#include "worker/lang/print.h"

namespace roost::cli {
namespace {

constexpr char kInput[] = "input";   // what messages call a typed text

bool is_library(const std::string& text) {
  lang::Arena arena;
  return lang::parse_library(arena, text).ok();
}

// On a line of its own: a comment may stand before it.
std::string closed(const std::string& text) { return text + "\n;"; }

bool ends_with_semicolon(const std::string& text) {
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  return last != std::string::npos && text[last] == ';';
}

bool is_program(const std::string& text) {
  lang::Arena arena;
  return lang::parse_program(arena, text).ok();
}

// With every character before `end` a blank, so that what is left keeps its place.
std::string blank_up_to(std::size_t end, const std::string& text) {
  std::string blanks;
  for (const char c : text.substr(0, end))
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) blanks += c == '\n' ? '\n' : ' ';
  return blanks + text.substr(end);
}

// `Number.<` is typed as `<_Number`.
std::string as_typed(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot + 1 == name.size() || std::string_view("<>=+*-/!").find(name[dot + 1]) == std::string_view::npos)
    return std::string(name);
  return std::string(name.substr(dot + 1)) + "_" + std::string(name.substr(0, dot));
}

// What a step of that type comes to, under the same `∀`s; null if it is none.
const lang::Type* result_type(lang::Arena& arena, const lang::Type& type) {
  if (type.kind == lang::TypeKind::Forall) {
    const lang::Type* body = result_type(arena, *type.left);
    if (!body) return nullptr;
    auto* result = arena.make<lang::Type>(type);
    result->left = body;
    return result;
  }
  const bool is_step = type.kind == lang::TypeKind::Apply && type.left->kind == lang::TypeKind::Constructor && type.left->name == "Remote";
  return is_step ? type.right : nullptr;
}

}  // namespace

// `x := step`
struct NamedStep {
  std::string name;
  lang::Place place;    // of the name
  lang::Place behind;   // the `:=`
  std::string step;    // at its place in the text
};

namespace {

std::optional<NamedStep> named_step(const std::string& text) {
  lang::Arena arena;
  lang::Effort effort;
  if (lang::find_invalid_utf8(text) != std::string::npos) return std::nullopt;
  lang::Lexer lexer(arena, text, effort);
  const lang::Token name = lexer.next(), define = lexer.next();
  if (name.kind != lang::TokenKind::Word || define.kind != lang::TokenKind::Define) return std::nullopt;
  return NamedStep{std::string(name.text), name.place, {define.place.line, define.place.column + 2}, blank_up_to(define.end, text)};
}

}  // namespace

bool says_nothing(const std::string& text) {
  lang::Arena arena;
  lang::Effort effort;
  return lang::Lexer(arena, text, effort).next().kind == lang::TokenKind::End;
}

bool program_goes_on(const std::string& text) {
  lang::Arena arena;
  const auto program = lang::parse_program(arena, text);
  return !program.ok() && program.error().ended_early;
}

bool goes_on(const std::string& text) {
  if (const auto named = named_step(text)) return program_goes_on(named->step);
  lang::Arena arena;
  const auto library = lang::parse_library(arena, text);
  if (library.ok()) return false;
  const auto program = lang::parse_program(arena, text);
  // `f : Number;` is a program, but one who writes it is about to define `f`.
  if (program.ok()) return library.error().ended_early && ends_with_semicolon(text);
  return program.error().ended_early || library.error().ended_early;
}

// What may be named, in tables of its own: a check adds to them.
struct Session::Scratch {
  explicit Scratch(const runtime::Library& library) : names(library.names()), types(library.types()) {}

  lang::Arena arena;
  lang::Names names;
  lang::DefinitionTypes types;
};

Session::Session(const Text& text, const Surroundings& surroundings, std::atomic<bool>& interrupted)
    : surroundings_(surroundings), text_(text), interrupted_(interrupted) {
  Known known;
  files_ = load(known, text_, surroundings_);   // says in full what is wrong with them
  reset();
}

void Session::reset() {
  container_.reset();
  auto library = runtime::Library::load(files_);
  if (!library.ok()) throw Ended(ExitCode::Refused, library.error());
  library_ = std::move(library).value();
}

void Session::take(const std::string& text) {
  if (const auto named = named_step(text)) return keep_result(*named, {kInput, text});
  const Source source{kInput, !is_library(text) && is_library(closed(text)) ? closed(text) : text};
  Scratch scratch(*library_);
  const auto checked = lang::check_text(scratch.arena, scratch.arena.copy(source.text), scratch.names, scratch.types);
  if (!checked.ok()) return complain(checked.error(), source);
  if (std::holds_alternative<lang::CheckedProgram>(checked.value()))
    return run(source, source.text, wire::Format::Text, [](const std::string& value) { std::cout << value << std::endl; });
  define(source, std::get<std::vector<lang::Definition>>(checked.value()));
}

void Session::load_file(const std::string& path) {
  const Source source{path, read_text(path, "library")};
  if (!is_library(source.text) && is_program(source.text))
    return complain(path + " is a program, and :load takes definitions; `roost run " + path + "` runs it");
  Scratch scratch(*library_);
  const auto checked = lang::check_library(scratch.arena, scratch.arena.copy(source.text), scratch.names, scratch.types);
  if (!checked.ok()) return complain(checked.error(), source);
  define(source, checked.value());
}

void Session::show_type(const std::string& program) {
  Scratch scratch(*library_);
  if (const auto its = checked(scratch, program, {kInput, program})) std::cout << lang::print_type(*its->type, kTypeBytesMax) << std::endl;
}

void Session::show_hash(const std::string& program) {
  Scratch scratch(*library_);
  if (const auto its = checked(scratch, program, {kInput, program})) std::cout << lang::base64url(view_of(lang::hash_term(*its->term))) << std::endl;
}

void Session::show_names(const std::string& beginning) {
  const std::vector<std::string> names = names_that_begin(beginning);
  if (names.empty()) return complain("no name begins with `" + beginning + "`");
  Scratch scratch(*library_);
  for (const std::string& name : names) {
    const auto term = lang::check_program(scratch.arena, scratch.arena.copy("(" + name + ")"), scratch.names, scratch.types);
    if (term.ok()) std::cout << name << " : " << lang::print_type(*term.value().type, kTypeBytesMax) << '\n';
  }
  std::cout << std::flush;
}

void Session::complain(const std::string& sentence) {
  complained_ = true;
  std::cerr << printable(sentence) << std::endl;
}

bool Session::knows(const std::string& name) const { return library_->names().find(name) || lang::builtin_named(name); }

std::vector<std::string> Session::names_that_begin(const std::string& beginning) const {
  std::vector<std::string_view> all = library_->names().all();
  for (const std::string_view name : lang::builtin_names()) all.push_back(name);
  std::vector<std::string> found;
  for (const std::string_view name : all)
    if (const std::string typed = as_typed(name); typed.starts_with(beginning)) found.push_back(typed);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

void Session::complain(const lang::Diagnoses& diagnoses, const Source& source) {
  complained_ = true;
  lang::Diagnoses shown = advised(diagnoses, text_);
  if (shown.back().reason.starts_with("found `:=`"))
    shown.back().notes.push_back("at the prompt, `name := step` stands alone: one name, that is not `_`, and one step");
  std::cerr << painted(shown, source, surroundings_) << std::flush;
}

std::optional<lang::CheckedProgram> Session::checked(Scratch& scratch, const std::string& program, const Source& shown) {
  const auto result = lang::check_program(scratch.arena, scratch.arena.copy(program), scratch.names, scratch.types);
  if (result.ok()) return result.value();
  complain(result.error(), shown);
  return std::nullopt;
}

void Session::define(const Source& source, const std::vector<lang::Definition>& definitions) {
  if (const auto error = library_->add({source.name, source.text})) return complain(*error);
  for (const lang::Definition& definition : definitions)
    std::cout << definition.name << " : " << lang::print_type(*definition.type, kTypeBytesMax) << '\n';
  std::cout << std::flush;
}

void Session::keep_result(const NamedStep& named, const Source& source) {
  if (library_->names().is_taken(named.name) || lang::builtin_named(named.name))
    return complain({{named.place, "the name `" + named.name + "` is taken", {}, 0}}, source);
  if (says_nothing(named.step)) return complain({{named.behind, "found the end of the text, expected a step", {}, 0}}, source);
  Scratch scratch(*library_);
  const auto step = checked(scratch, named.step, source);
  if (!step) return;
  const lang::Type* type = result_type(scratch.arena, *step->type);
  if (!type)
    return complain("`" + named.name + " := …` names what a step comes to, and this has type " + lang::print_type(*step->type, kTypeBytesMax) + "; `" +
                    named.name + " = …;` names a value");
  run(source, named.step, wire::Format::Value, [&](const std::string& value) {
    if (const auto error = library_->keep(named.name, *type, value, container_->store())) return complain(*error);
    std::cout << named.name << " : " << lang::print_type(*type, kTypeBytesMax) << std::endl;
  });
}

// `source`: what was typed, for messages.
void Session::run(const Source& source, const std::string& program, wire::Format format, const Use& use) {
  if (!container_) {
    terminal::Settings settings;
    settings.interrupted = &interrupted_;
    settings.lingers = say_that_forks_run(surroundings_);
    container_.emplace(*library_, settings, say_on_stderr(surroundings_), fetch_from_the_terminal());
  }
  bool answered = false;
  interrupted_ = false;
  container_->run(program, format, [&](const terminal::LocalContainer::Outcome& outcome) {
    answered = true;
    if (const auto* value = std::get_if<std::string>(&outcome)) return use(*value);
    complained_ = true;
    std::cerr << failure_text(std::get<wire::Failure>(outcome), source) << std::flush;
  });
  if (interrupted_) return complain("stopped, with all that ran on its nodes; what they keep in indexes is still there");
  if (!answered) complain("the program waits for a message that nobody is left to send");
}

}  // namespace roost::cli
