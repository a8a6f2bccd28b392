// SPDX-License-Identifier: MIT
#pragma once

// Lines for `roost repl`: from a person, who can edit them, complete names and go back to earlier ones (libedit), or as they come if
// stdin is no terminal. At a terminal control-C sets `interrupted`, and nothing else; at a prompt it drops the line, and what is left of
// a paste. What a person pasted, or has from the history, and sends at once may be several lines.
// Thread: one. There can be only one object: its signals belong to the process.

#include <atomic>
#include <deque>
#include <optional>
#include <string>

#include "ops/cli/history_file.h"
#include "ops/cli/line_editor.h"

namespace roost::cli {

class Lines {
 public:
  // Requires: `interrupted` outlives the process' last signal: it is static.
  explicit Lines(std::atomic<bool>& interrupted);
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  void set_completion(LineEditor::Complete complete);
  [[nodiscard]] bool interactive() const { return interactive_; }

  enum class What { Line, Dropped, End };
  struct Line {
    What what = What::End;
    std::string text;
  };
  // Throws Ended if stdin cannot be read.
  [[nodiscard]] Line next(const char* prompt);
  // There is a next line already: it was pasted, or stdin is no terminal. Nobody waits for what comes of the last one.
  [[nodiscard]] bool more_is_there() const;
  // One entry of a person's history, whatever lines it was typed in.
  void remember(const std::string& text);

 private:
  [[nodiscard]] Line next_of_stdin();
  [[nodiscard]] Line next_typed(const char* prompt);
  [[nodiscard]] Line next_sent();

  const bool interactive_;
  bool at_the_beginning_ = true;
  std::optional<LineEditor> editor_;     // of a person
  std::optional<HistoryFile> history_;   // the same
  std::deque<std::string> sent_;         // the rest of the lines that were sent at once
  std::string last_;
};

}  // namespace roost::cli
