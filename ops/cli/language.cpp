// SPDX-License-Identifier: MIT
#include "ops/cli/language.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>

#include "backend/fetch/fetcher.h"
#include "ops/cli/read_text.h"
#include "ops/cli/terminal.h"

namespace roost::cli {

Source source_of(const Text& text) {
  if (text.has_expression) return {"-e", text.expression};
  return {text.file == "-" ? "stdin" : text.file, read_text(text.file, "text", kTextIsMeant)};
}

std::vector<runtime::SourceFile> library_files(const Text& text) {
  if (text.libraries.empty()) return runtime::default_library();
  std::vector<runtime::SourceFile> files;
  for (const std::string& path : text.libraries) {
    if (path != kStandardLibrary) files.push_back({path, read_text(path, "library")});
    else files.insert(files.end(), runtime::default_library().begin(), runtime::default_library().end());
  }
  return files;
}

lang::Diagnoses advised(lang::Diagnoses diagnoses, const Text& text) {
  const bool has_standard = text.libraries.empty() || std::count(text.libraries.begin(), text.libraries.end(), kStandardLibrary) > 0;
  lang::Diagnosis& last = diagnoses.back();   // if one is about an unknown name, all are
  if (!has_standard && last.reason.ends_with("is not defined"))
    last.notes.push_back("--library takes the place of the standard library; `--library standard` in front of it keeps that too");
  return diagnoses;
}

std::vector<runtime::SourceFile> load(Known& known, const Text& text, const Surroundings& surroundings) {
  std::vector<runtime::SourceFile> files = library_files(text);
  for (const runtime::SourceFile& file : files) {
    const auto loaded = lang::check_library(known.arena, known.arena.copy(file.text), known.names, known.types);
    if (!loaded.ok()) refuse(advised(loaded.error(), text), {file.name, file.text}, surroundings);
  }
  return files;
}

std::string painted(const lang::Diagnoses& diagnoses, const Source& source, const Surroundings& surroundings) {
  const std::string message = lang::shown(diagnoses, source.name, source.text);
  const std::size_t line_end = message.find('\n');
  return Terminal(2, surroundings.color).paint(Color::Bold, message.substr(0, line_end)) + message.substr(line_end);
}

void refuse(const lang::Diagnoses& diagnoses, const Source& source, const Surroundings& surroundings) {
  std::cerr << painted(diagnoses, source, surroundings);
  throw Ended(ExitCode::Refused, std::to_string(diagnoses.size()) + (diagnoses.size() == 1 ? " error" : " errors"));
}

std::string failure_text(const wire::Failure& failure, const Source& source) {
  if (failure.line != 0) {
    const lang::Place place{static_cast<std::uint32_t>(failure.line), static_cast<std::uint32_t>(failure.column)};
    return lang::shown({{place, failure.reason, {}, 0}}, source.name, source.text);
  }
  return "the program failed: " + printable(failure.reason) + (failure.definition.empty() ? "" : " (in " + failure.definition + ")") + "\n";
}

terminal::LocalContainer::Say say_on_stderr(const Surroundings& surroundings) {
  return [terminal = Terminal(2, surroundings.color)](wire::LogLevel level, const std::string& line) {
    std::cerr << (level == wire::LogLevel::Error ? terminal.paint(Color::Red, printable(line)) : printable(line)) << std::endl;
  };
}

std::function<void()> say_that_forks_run(const Surroundings& surroundings) {
  const Terminal terminal(2, surroundings.color);
  if (!terminal.interactive()) return {};
  return [terminal] { std::cerr << terminal.paint(Color::Dim, "waiting for computations that were forked (control-C stops them)") << std::endl; };
}

terminal::LocalContainer::Fetch fetch_from_the_terminal() {
  return [fetcher = std::make_shared<std::optional<fetch::Fetcher>>()](const std::string& url, std::function<void(fetch::Fetcher::Page)> done) {
    if (!*fetcher) {
      fetch::Rules rules;
      rules.private_addresses = true;
      rules.proxy_from_environment = true;
      fetcher->emplace(std::move(rules));
    }
    (*fetcher)->fetch("terminal", url, std::move(done));
  };
}

}  // namespace roost::cli
