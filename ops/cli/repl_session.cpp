// SPDX-License-Identifier: MIT
#include "ops/cli/repl_session.h"

#include <algorithm>
#include <iostream>

#include "ops/cli/read_text.h"
#include "ops/cli/terminal.h"
#include "worker/lang/builtins.h"
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

}  // namespace

bool says_nothing(const std::string& text) {
  lang::Arena arena;
  lang::Effort effort;
  return lang::Lexer(arena, text, effort).next().kind == lang::TokenKind::End;
}

bool goes_on(const std::string& text) {
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
    : surroundings_(surroundings), files_(library_files(text)), interrupted_(interrupted) {
  Known known;
  load(known, files_, surroundings_);   // says in full what is wrong with them
  reset();
}

void Session::reset() {
  container_.reset();
  auto library = runtime::Library::load(files_);
  if (!library.ok()) throw Ended(ExitCode::Refused, library.error());
  library_ = std::move(library).value();
}

void Session::take(const std::string& text) {
  const Source source{kInput, !is_library(text) && is_library(closed(text)) ? closed(text) : text};
  Scratch scratch(*library_);
  const auto checked = lang::check_text(scratch.arena, scratch.arena.copy(source.text), scratch.names, scratch.types);
  if (!checked.ok()) return complain(checked.error(), source);
  if (std::holds_alternative<lang::CheckedProgram>(checked.value())) return run(source);
  define(source, std::get<std::vector<lang::Definition>>(checked.value()));
}

void Session::load_file(const std::string& path) {
  const Source source{path, read_text(path, "library")};
  Scratch scratch(*library_);
  const auto checked = lang::check_library(scratch.arena, scratch.arena.copy(source.text), scratch.names, scratch.types);
  if (!checked.ok()) return complain(checked.error(), source);
  define(source, checked.value());
}

void Session::show_type(const std::string& program) {
  Scratch scratch(*library_);
  if (const auto its = checked(scratch, program)) std::cout << lang::print_type(*its->type, kTypeBytesMax) << std::endl;
}

void Session::show_hash(const std::string& program) {
  Scratch scratch(*library_);
  if (const auto its = checked(scratch, program)) std::cout << lang::base64url(view_of(lang::hash_term(*its->term))) << std::endl;
}

void Session::complain(const std::string& sentence) {
  complained_ = true;
  std::cerr << printable(sentence) << std::endl;
}

std::vector<std::string> Session::names_that_begin(const std::string& beginning) const {
  std::vector<std::string_view> all = library_->names().all();
  for (const std::string_view name : lang::builtin_names()) all.push_back(name);
  std::vector<std::string> found;
  for (const std::string_view name : all)
    if (name.starts_with(beginning)) found.emplace_back(name);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

void Session::complain(const lang::Diagnoses& diagnoses, const Source& source) {
  complained_ = true;
  std::cerr << painted(diagnoses, source, surroundings_) << std::flush;
}

std::optional<lang::CheckedProgram> Session::checked(Scratch& scratch, const std::string& program) {
  const auto result = lang::check_program(scratch.arena, scratch.arena.copy(program), scratch.names, scratch.types);
  if (result.ok()) return result.value();
  complain(result.error(), {kInput, program});
  return std::nullopt;
}

void Session::define(const Source& source, const std::vector<lang::Definition>& definitions) {
  if (const auto error = library_->add({source.name, source.text})) return complain(*error);
  for (const lang::Definition& definition : definitions)
    std::cout << definition.name << " : " << lang::print_type(*definition.type, kTypeBytesMax) << '\n';
  std::cout << std::flush;
}

void Session::run(const Source& source) {
  if (!container_) {
    terminal::Settings settings;
    settings.interrupted = &interrupted_;
    container_.emplace(*library_, settings, say_on_stderr(surroundings_), fetch_from_the_terminal());
  }
  bool answered = false;
  interrupted_ = false;
  container_->run(source.text, wire::Format::Text, [&](const terminal::LocalContainer::Outcome& outcome) {
    answered = true;
    if (const auto* value = std::get_if<std::string>(&outcome)) {
      std::cout << *value << std::endl;
      return;
    }
    complained_ = true;
    std::cerr << failure_text(std::get<wire::Failure>(outcome), source) << std::flush;
  });
  if (interrupted_) return complain("stopped, with all that ran on its nodes; what they keep in indexes is still there");
  if (!answered) complain("the program waits for a message that nobody is left to send");
}

}  // namespace roost::cli
