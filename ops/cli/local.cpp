// SPDX-License-Identifier: MIT
// check, run and hash: the language without a container.

#include <iostream>
#include <optional>

#include "ops/cli/commands.h"
#include "ops/cli/language.h"
#include "worker/lang/hash.h"
#include "worker/lang/print.h"

namespace roost::cli {
namespace {

lang::CheckedText checked(Known& known, const Text& text, const Source& source, const Surroundings& surroundings) {
  load(known, text, surroundings);
  auto result = lang::check_text(known.arena, source.text, known.names, known.types);
  if (!result.ok()) refuse(advised(result.error(), text), source, surroundings);
  return std::move(result).value();
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
  std::vector<runtime::SourceFile> files;
  {   // said here in full; the worker's answers have one place and one sentence
    Known known;
    files = load(known, command.text, surroundings);
    const auto program = lang::check_program(known.arena, source.text, known.names, known.types);
    if (!program.ok()) refuse(advised(program.error(), command.text), source, surroundings);
  }
  const auto library = runtime::Library::load(files);
  if (!library.ok()) throw Ended(ExitCode::Refused, library.error());

  const auto say = say_on_stderr(surroundings);
  terminal::Settings settings;
  settings.lingers = say_that_forks_run(surroundings);
  terminal::LocalContainer container(*library.value(), settings, say, fetch_from_the_terminal());
  std::optional<ExitCode> code;
  const wire::Format format = command.output == Output::Json ? wire::Format::Json : wire::Format::Text;
  container.run(source.text, format, [&](const terminal::LocalContainer::Outcome& outcome) {
    if (const auto* value = std::get_if<std::string>(&outcome)) {
      std::cout << *value << std::endl;
      code = ExitCode::Done;
    } else {
      const auto& failure = std::get<wire::Failure>(outcome);
      std::cerr << (failure.line == 0 ? "roost: " : "") << failure_text(failure, source) << std::flush;
      code = ExitCode::Refused;
    }
  });
  if (!code) throw Ended(ExitCode::Refused, "the program waits for a message that nobody is left to send");
  return *code;
}

}  // namespace roost::cli
