// SPDX-License-Identifier: MIT
// check, run and hash: the language without a container.

#include <functional>
#include <iostream>
#include <memory>
#include <optional>

#include "backend/fetch/fetcher.h"
#include "ops/cli/commands.h"
#include "ops/cli/read_text.h"
#include "ops/cli/terminal.h"
#include "worker/lang/diagnosis.h"
#include "worker/lang/hash.h"
#include "worker/lang/print.h"
#include "worker/runtime/library.h"
#include "worker/terminal/local_container.h"

namespace roost::cli {
namespace {

constexpr std::size_t kTypeBytesMax = 100'000;   // of one type on the terminal

// A program in the terminal reaches what its user reaches.
fetch::Rules rules_of_the_terminal() {
  fetch::Rules rules;
  rules.private_addresses = true;
  rules.proxy_from_environment = true;
  return rules;
}

struct Source {
  std::string name;   // for messages
  std::string text;
};

Source source_of(const Text& text) {
  if (text.has_expression) return {"-e", text.expression};
  return {text.file == "-" ? "stdin" : text.file, read_text(text.file, "text")};
}

// The names that a text finds: the standard library's, or those of the files that stand in its place.
struct Known {
  lang::Arena arena;
  lang::Names names;
  lang::DefinitionTypes types;
};

std::vector<runtime::SourceFile> library_files(const Text& text) {
  if (text.libraries.empty()) return runtime::default_library();
  std::vector<runtime::SourceFile> files;
  for (const std::string& path : text.libraries) files.push_back({path, read_text(path, "library")});
  return files;
}

[[noreturn]] void refuse(const lang::Diagnoses& diagnoses, const std::string& name, const std::string& text, const Surroundings& surroundings) {
  const std::string message = lang::shown(diagnoses, name, text);
  const std::size_t line_end = message.find('\n');
  std::cerr << Terminal(2, surroundings.color).paint(Color::Bold, message.substr(0, line_end)) << message.substr(line_end);
  throw Ended(ExitCode::Refused, std::to_string(diagnoses.size()) + (diagnoses.size() == 1 ? " error" : " errors"));
}

void load(Known& known, const std::vector<runtime::SourceFile>& files, const Surroundings& surroundings) {
  for (const runtime::SourceFile& file : files) {
    const auto loaded = lang::check_library(known.arena, known.arena.copy(file.text), known.names, known.types);
    if (!loaded.ok()) refuse(loaded.error(), file.name, file.text, surroundings);
  }
}

lang::CheckedText checked(Known& known, const Text& text, const Source& source, const Surroundings& surroundings) {
  load(known, library_files(text), surroundings);
  auto result = lang::check_text(known.arena, source.text, known.names, known.types);
  if (!result.ok()) refuse(result.error(), source.name, source.text, surroundings);
  return std::move(result).value();
}

std::string failure_text(const wire::Failure& failure, const Source& source) {
  if (failure.line != 0) {
    const lang::Place place{static_cast<std::uint32_t>(failure.line), static_cast<std::uint32_t>(failure.column)};
    return lang::shown({{place, failure.reason, {}, 0}}, source.name, source.text);
  }
  return failure.reason + (failure.definition.empty() ? "" : " (in " + failure.definition + ")") + "\n";
}

}  // namespace

ExitCode run_check(const Check& command, const Surroundings& surroundings) {
  Known known;
  const lang::CheckedText text = checked(known, command.text, source_of(command.text), surroundings);
  if (const auto* program = std::get_if<lang::CheckedProgram>(&text)) {
    std::cout << lang::print_type(*program->type, kTypeBytesMax) << '\n';
    return ExitCode::Done;
  }
  for (const lang::Definition& definition : std::get<std::vector<lang::Definition>>(text))
    std::cout << definition.name << " : " << lang::print_type(*definition.type, kTypeBytesMax) << '\n';
  return ExitCode::Done;
}

ExitCode run_hash(const HashText& command, const Surroundings& surroundings) {
  Known known;
  const lang::CheckedText text = checked(known, command.text, source_of(command.text), surroundings);
  if (const auto* program = std::get_if<lang::CheckedProgram>(&text)) {
    std::cout << lang::base64url(view_of(lang::hash_term(*program->term))) << '\n';
    return ExitCode::Done;
  }
  for (const lang::Definition& definition : std::get<std::vector<lang::Definition>>(text))
    std::cout << lang::base64url(view_of(definition.hash)) << ' ' << definition.name << '\n';
  return ExitCode::Done;
}

ExitCode run_run(const Run& command, const Surroundings& surroundings) {
  const Source source = source_of(command.text);
  const std::vector<runtime::SourceFile> files = library_files(command.text);
  {   // said here in full; the worker's answers have one place and one sentence
    Known known;
    load(known, files, surroundings);
    const auto program = lang::check_program(known.arena, source.text, known.names, known.types);
    if (!program.ok()) refuse(program.error(), source.name, source.text, surroundings);
  }
  const auto library = runtime::Library::load(files);
  if (!library.ok()) throw Ended(ExitCode::Refused, library.error());

  const Terminal terminal(2, surroundings.color);
  const auto say = [&](wire::LogLevel level, const std::string& line) {
    std::cerr << (level == wire::LogLevel::Error ? terminal.paint(Color::Red, printable(line)) : printable(line)) << std::endl;
  };
  const auto fetcher = std::make_shared<std::optional<fetch::Fetcher>>();   // a thread, for programs that need it
  terminal::LocalContainer container(*library.value(), {}, say, [fetcher](const std::string& url, std::function<void(fetch::Fetcher::Page)> done) {
    if (!*fetcher) fetcher->emplace(rules_of_the_terminal());
    (*fetcher)->fetch("terminal", url, std::move(done));
  });
  std::optional<ExitCode> code;
  const wire::Format format = command.output == Output::Json ? wire::Format::Json : wire::Format::Text;
  container.run(source.text, format, [&](const terminal::LocalContainer::Outcome& outcome) {
    if (const auto* value = std::get_if<std::string>(&outcome)) {
      std::cout << *value << std::endl;
      code = ExitCode::Done;
    } else {
      std::cerr << failure_text(std::get<wire::Failure>(outcome), source) << std::flush;
      code = ExitCode::Refused;
    }
  });
  if (!code) throw Ended(ExitCode::Refused, "the program waits for a message that nobody is left to send");
  return *code;
}

}  // namespace roost::cli
