// SPDX-License-Identifier: MIT
#include "ops/cli/language.h"

#include <iostream>
#include <memory>
#include <optional>

#include "backend/fetch/fetcher.h"
#include "ops/cli/read_text.h"
#include "ops/cli/terminal.h"

namespace roost::cli {

Source source_of(const Text& text) {
  if (text.has_expression) return {"-e", text.expression};
  return {text.file == "-" ? "stdin" : text.file, read_text(text.file, "text")};
}

std::vector<runtime::SourceFile> library_files(const Text& text) {
  if (text.libraries.empty()) return runtime::default_library();
  std::vector<runtime::SourceFile> files;
  for (const std::string& path : text.libraries) files.push_back({path, read_text(path, "library")});
  return files;
}

void load(Known& known, const std::vector<runtime::SourceFile>& files, const Surroundings& surroundings) {
  for (const runtime::SourceFile& file : files) {
    const auto loaded = lang::check_library(known.arena, known.arena.copy(file.text), known.names, known.types);
    if (!loaded.ok()) refuse(loaded.error(), {file.name, file.text}, surroundings);
  }
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
  return failure.reason + (failure.definition.empty() ? "" : " (in " + failure.definition + ")") + "\n";
}

terminal::LocalContainer::Say say_on_stderr(const Surroundings& surroundings) {
  return [terminal = Terminal(2, surroundings.color)](wire::LogLevel level, const std::string& line) {
    std::cerr << (level == wire::LogLevel::Error ? terminal.paint(Color::Red, printable(line)) : printable(line)) << std::endl;
  };
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
