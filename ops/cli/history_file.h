// SPDX-License-Identifier: MIT
#pragma once

// What was typed into `roost repl`, one line each, oldest first: $XDG_STATE_HOME/roost/history, or else ~/.local/state/roost/history.
// What was typed in several lines is one entry: in the file, a vertical tab stands for each line break in it.
// Only its owner may read it. An entry is in the file as soon as it was typed, and sessions side by side add to one file. It is cut to
// its newest entries when it is opened. A history that cannot be read or written is none: nobody needs it to work.
// Thread: one.

#include <string>
#include <vector>

namespace roost::cli {

class HistoryFile {
 public:
  static constexpr std::size_t kEntriesMax = 2000;

  HistoryFile();
  [[nodiscard]] const std::vector<std::string>& entries() const { return entries_; }   // as they were when it was opened
  void append(const std::string& entry) const;

 private:
  std::string path_;   // empty: there is no place for it
  std::vector<std::string> entries_;
};

}  // namespace roost::cli
