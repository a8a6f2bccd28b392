// SPDX-License-Identifier: MIT
#include "ops/cli/repl_lines.h"

#include <editline/readline.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include "ops/cli/exit_code.h"
#include "ops/cli/read_text.h"

namespace roost::cli {
namespace {

constexpr char kWordBreaks[] = " \t\n\"`,[]{};()";
constexpr int kPasteWithinMs = 50;   // what is pasted comes in pieces; nobody types so fast

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
  rl_attempted_completion_over = 1;
  const std::string_view line(rl_line_buffer);
  const bool is_file = line.starts_with(":l") && line.find(' ') != std::string_view::npos;   // behind :load, or its beginning
  char** found = rl_completion_matches(word, is_file ? rl_filename_completion_function : next_completion);
  std::error_code ignored;   // what cannot be looked at is taken for a file
  const bool is_folder = is_file && found && std::filesystem::is_directory(found[0], ignored);
  rl_completion_append_character = is_folder ? '/' : ' ';
  return found;
}

// From where the cursor is: the line that is dropped may go on behind it, over several rows.
void clear_the_rest() {
  const char* terminal = std::getenv("TERM");
  if (terminal && std::string_view(terminal) != "dumb") std::cout << "\033[J";
}

// As a person sees them one below the other, without an empty one at the end.
std::string entry_of(const std::string& text) {
  const std::size_t last = text.find_last_not_of(" \t\n");
  return last == std::string::npos ? "" : text.substr(0, std::min(text.find('\n', last), text.size()));
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
  stifle_history(HistoryFile::kEntriesMax);
  for (const std::string& entry : history_.emplace().entries()) {
    add_history(entry.c_str());
    last_ = entry;
  }
}

void Lines::set_completion(Complete complete) { completion = std::move(complete); }

Lines::Line Lines::next(const char* prompt) {
  if (!interactive_) return next_of_stdin();
  *interrupted_flag = false;
  const std::unique_ptr<char, decltype(&std::free)> typed(readline(prompt), &std::free);
  if (!typed && *interrupted_flag) {
    clear_the_rest();
    std::cout << "^C" << std::endl;
    return {What::Dropped, {}};
  }
  if (!typed) return {};
  return {What::Line, typed.get()};
}

Lines::Line Lines::next_of_stdin() {
  std::string line;
  const bool came = static_cast<bool>(std::getline(std::cin, line));
  if (std::ferror(stdin)) throw Ended(ExitCode::Usage, std::string("cannot read the standard input: ") + std::strerror(errno));
  if (std::exchange(at_the_beginning_, false)) line = without_byte_order_mark(line);
  return came ? Line{What::Line, line} : Line{};
}

bool Lines::more_is_there() const {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  return !interactive_ || poll(&input, 1, kPasteWithinMs) > 0;
}

void Lines::remember(const std::string& text) {
  const std::string entry = entry_of(text);
  if (!interactive_ || entry.empty() || entry == last_) return;
  last_ = entry;
  add_history(entry.c_str());
  history_->append(entry);
}

}  // namespace roost::cli
