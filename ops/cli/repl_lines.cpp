// SPDX-License-Identifier: MIT
#include "ops/cli/repl_lines.h"

#include <editline/readline.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <string_view>

namespace roost::cli {
namespace {

constexpr char kWordBreaks[] = " \t\n\"`,[]{};()";

// libedit's callbacks and signal handlers have no argument that could carry these.
std::atomic<bool>* interrupted_flag = nullptr;
Lines::Complete completion;

void interrupt(int) { *interrupted_flag = true; }

char* next_completion(const char* beginning, int state) {
  static std::vector<std::string> found;
  static std::size_t at = 0;
  if (state == 0) {
    found = completion ? completion(beginning) : std::vector<std::string>();
    at = 0;
  }
  return at < found.size() ? strdup(found[at++].c_str()) : nullptr;
}

char** complete_word(const char* word, int, int) {
  const bool is_file = std::string_view(rl_line_buffer).starts_with(":load ");
  rl_attempted_completion_over = is_file ? 0 : 1;   // 0: libedit completes the name of a file
  rl_completion_append_character = ' ';
  return is_file ? nullptr : rl_completion_matches(word, next_completion);
}

void prepare_editing() {
  static char name[] = "roost";
  rl_readline_name = name;
  rl_initialize();
  static char breaks[sizeof kWordBreaks];
  std::memcpy(breaks, kWordBreaks, sizeof kWordBreaks);
  rl_basic_word_break_characters = breaks;
  rl_completer_word_break_characters = breaks;
  rl_attempted_completion_function = complete_word;
}

// Control-C ends the program that runs, not us. While a line is edited, libedit puts the terminal in order and passes the signal on to
// this handler; then readline() finds that its read failed, and returns.
void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = interrupt;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
}

}  // namespace

Lines::Lines(std::atomic<bool>& interrupted) : interactive_(isatty(STDIN_FILENO) == 1) {
  interrupted_flag = &interrupted;
  if (!interactive_) return;
  prepare_editing();
  catch_interrupts();
  using_history();
  stifle_history(HistoryFile::kLinesMax);
  for (const std::string& line : history_.emplace().lines()) {
    add_history(line.c_str());
    last_ = line;
  }
}

void Lines::set_completion(Complete complete) { completion = std::move(complete); }

Lines::Line Lines::next(const char* prompt) {
  if (!interactive_) {
    std::string line;
    return std::getline(std::cin, line) ? Line{What::Line, line} : Line{};
  }
  *interrupted_flag = false;
  const std::unique_ptr<char, decltype(&std::free)> typed(readline(prompt), &std::free);
  if (!typed && *interrupted_flag) {
    std::cout << "^C" << std::endl;
    return {What::Dropped, {}};
  }
  if (!typed) return {};
  remember(typed.get());
  return {What::Line, typed.get()};
}

void Lines::remember(const std::string& line) {
  if (line.find_first_not_of(" \t") == std::string::npos || line == last_) return;
  last_ = line;
  add_history(line.c_str());
  history_->append(line);
}

}  // namespace roost::cli
