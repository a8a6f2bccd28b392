// SPDX-License-Identifier: MIT
#pragma once

// What the commands that need no container share: texts, what they may name, what is said about them, and a container in memory.

#include <functional>
#include <string>
#include <vector>

#include "ops/cli/command_line.h"
#include "worker/lang/diagnosis.h"
#include "worker/runtime/library.h"
#include "worker/terminal/local_container.h"

namespace roost::cli {

inline constexpr std::size_t kTypeBytesMax = 100'000;   // of one type on the terminal

struct Source {
  std::string name;   // for messages
  std::string text;
};
[[nodiscard]] Source source_of(const Text& text);

// The standard library, or the files that stand in its place. Throws Ended.
[[nodiscard]] std::vector<runtime::SourceFile> library_files(const Text& text);

// The names that a text finds.
struct Known {
  lang::Arena arena;
  lang::Names names;
  lang::DefinitionTypes types;
};
// The files. Throws Ended, after it has said on stderr what is wrong with them.
std::vector<runtime::SourceFile> load(Known& known, const Text& text, const Surroundings& surroundings);

// What is wrong with the text, and how to get at the standard library if that was left out.
[[nodiscard]] lang::Diagnoses advised(lang::Diagnoses diagnoses, const Text& text);

// What a compiler says, the first line bold on a terminal.
[[nodiscard]] std::string painted(const lang::Diagnoses& diagnoses, const Source& source, const Surroundings& surroundings);
[[noreturn]] void refuse(const lang::Diagnoses& diagnoses, const Source& source, const Surroundings& surroundings);
// "the program failed: …", or what is wrong at a place of it.
[[nodiscard]] std::string failure_text(const wire::Failure& failure, const Source& source);

// Debug lines and failures of forked computations.
[[nodiscard]] terminal::LocalContainer::Say say_on_stderr(const Surroundings& surroundings);
// That what a program forked still runs, to who sees it; at nothing else than a terminal it is none (terminal::Settings::lingers).
[[nodiscard]] std::function<void()> say_that_forks_run(const Surroundings& surroundings);
// A program in the terminal reaches what its user reaches. Starts nothing until it is called.
[[nodiscard]] terminal::LocalContainer::Fetch fetch_from_the_terminal();

}  // namespace roost::cli
