// SPDX-License-Identifier: MIT
#pragma once

// What was typed into `roost repl`, one line each, oldest first: $XDG_STATE_HOME/roost/history, or else ~/.local/state/roost/history.
// Only its owner may read it. A line is in the file as soon as it was typed, and sessions side by side add to one file. It is cut to
// its newest lines when it is opened. A history that cannot be read or written is none: nobody needs it to work.
// Thread: one.

#include <string>
#include <vector>

namespace roost::cli {

class HistoryFile {
 public:
  static constexpr std::size_t kLinesMax = 2000;

  HistoryFile();
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }   // as they were when it was opened
  // Requires: no line break in it.
  void append(const std::string& line) const;

 private:
  std::string path_;   // empty: there is no place for it
  std::vector<std::string> lines_;
};

}  // namespace roost::cli
