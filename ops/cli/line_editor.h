// SPDX-License-Identifier: MIT
#pragma once

// Lines that a person edits at a terminal, with completion, a history, and pastes that wait for Enter. This is libedit by its own
// interface: its readline interface writes into memory that it gave back, as soon as Tab is pressed in a line of more than a kilobyte.
// The history is ours for a like reason: libedit's keeps a kilobyte of the line that was begun when it shows another.
// Thread: one. The signals that libedit catches while a line is edited belong to the process: there is one object at a time.

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

struct editline;

namespace roost::cli {

struct Completions {
  std::string beginning;            // the end of the text before the cursor, which each of `words` begins with
  std::vector<std::string> words;   // one that ends with `/` goes on; behind any other comes a space
};

class LineEditor {
 public:
  using Complete = std::function<Completions(const std::string& before_cursor)>;

  // Requires: stdin is a terminal. Throws std::bad_alloc.
  explicit LineEditor(std::size_t history_entries_max);
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  void set_completion(Complete complete) { complete_ = std::move(complete); }
  // What was typed, without the line break that ended it. Other line breaks are in it if it was pasted, or is from the history.
  // nullopt: control-D was typed, a signal came, or the terminal is gone. Requires: `prompt` has no control characters.
  [[nodiscard]] std::optional<std::string> edit(const char* prompt);
  // As the newest entry of the history; the oldest is forgotten if there are too many.
  void remember(const std::string& entry);

 private:
  struct Search {
    std::string sought;
    std::size_t begun_at = 0;   // the age of what was shown then
    bool failed = false;
  };

  // What libedit calls. It hands over itself, and nothing else; `of` finds the object.
  static LineEditor& of(editline* edited);
  static char* shown_prompt(editline* edited);
  static unsigned char complete(editline* edited, int key);
  static unsigned char paste(editline* edited, int key);
  static unsigned char show_older(editline* edited, int key);
  static unsigned char show_newer(editline* edited, int key);
  static unsigned char begin_search(editline* edited, int key);
  static unsigned char go_on_searching(editline* edited, int key);

  void bind_keys();
  unsigned char show_entry(std::size_t age);
  void find_from(std::size_t age);
  unsigned char take_search_key(wchar_t key);

  const std::size_t history_entries_max_;
  std::unique_ptr<editline, void (*)(editline*)> editor_;
  Complete complete_;
  std::deque<std::string> entries_;   // of the history, newest first
  std::string prompt_;
  std::string search_prompt_;
  std::size_t age_ = 0;    // of the entry that is shown: 1 is the newest. 0: none is
  std::string own_line_;   // what was typed before an entry was shown
  std::optional<Search> search_;
};

}  // namespace roost::cli
