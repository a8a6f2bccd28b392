// SPDX-License-Identifier: MIT
#pragma once

// What `roost repl` does with what was typed: it runs programs on one node that stays, and adds definitions to the library that the
// programs find. Neither ends the other: nodes keep their state when definitions are added, and a name that was defined here may be
// defined anew. `x := step` runs a step and makes its result a definition. Values and types go to stdout, everything else to stderr;
// nothing that is typed ends the session.
// Thread: one; `interrupted` may be set by any, or by a signal handler.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ops/cli/command_line.h"
#include "ops/cli/language.h"
#include "worker/runtime/library.h"
#include "worker/terminal/local_container.h"

namespace roost::cli {

struct NamedStep;   // repl_session.cpp

// Only blanks and comments: there is nothing to do.
[[nodiscard]] bool says_nothing(const std::string& text);
// Nothing is wrong with what take() could be given but that it ends here.
[[nodiscard]] bool goes_on(const std::string& text);
// The same of a program.
[[nodiscard]] bool program_goes_on(const std::string& text);

class Session {
 public:
  // Throws Ended if the libraries do not load. `interrupted` ends the program that runs; it is cleared before the next.
  // Requires: `interrupted` outlives the session.
  Session(const Text& text, const Surroundings& surroundings, std::atomic<bool>& interrupted);

  // A program, definitions, or `x := step`; behind the last of them the `;` may be missing.
  void take(const std::string& text);
  void load_file(const std::string& path);
  void show_type(const std::string& program);
  void show_hash(const std::string& program);
  // All that a program may name, builtins included, with their types. Complains if there is none.
  void show_names(const std::string& beginning);
  // Forgets the definitions and the nodes.
  void reset();
  void complain(const std::string& sentence);

  [[nodiscard]] bool knows(const std::string& name) const;
  // In order, for completion.
  [[nodiscard]] std::vector<std::string> names_that_begin(const std::string& beginning) const;
  // Something that was asked for was not done.
  [[nodiscard]] bool complained() const { return complained_; }

 private:
  struct Scratch;
  using Use = std::function<void(const std::string& value)>;

  void complain(const lang::Diagnoses& diagnoses, const Source& source);
  [[nodiscard]] std::optional<lang::CheckedProgram> checked(Scratch& scratch, const std::string& program, const Source& shown);
  void define(const Source& source, const std::vector<lang::Definition>& definitions);
  void keep_result(const NamedStep& named, const Source& source);
  void run(const Source& source, const std::string& program, wire::Format format, const Use& use);

  const Surroundings surroundings_;
  const Text text_;   // its libraries
  std::vector<runtime::SourceFile> files_;
  std::atomic<bool>& interrupted_;
  std::unique_ptr<runtime::Library> library_;             // outlives the container
  std::optional<terminal::LocalContainer> container_;     // there from the first program on
  bool complained_ = false;
};

}  // namespace roost::cli
