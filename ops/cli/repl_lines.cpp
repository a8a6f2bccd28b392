// SPDX-License-Identifier: MIT
#include "ops/cli/repl_lines.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <sstream>
#include <string_view>
#include <utility>

#include "ops/cli/exit_code.h"
#include "ops/cli/read_text.h"

namespace roost::cli {
namespace {

constexpr int kPasteWithinMs = 50;   // what is pasted comes in pieces; nobody types so fast

// A signal handler has no argument that could carry it.
std::atomic<bool>* interrupted_flag = nullptr;

void interrupt(int) { *interrupted_flag = true; }

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

// Control-C ends the program that runs, not us. While a line is edited, libedit puts the terminal in order and passes the signal on to
// this handler; then it finds that its read failed, and gives up the line.
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
  editor_.emplace(HistoryFile::kEntriesMax);
  catch_interrupts();
  for (const std::string& entry : history_.emplace().entries()) {
    editor_->remember(entry);
    last_ = entry;
  }
}

void Lines::set_completion(LineEditor::Complete complete) {
  if (editor_) editor_->set_completion(std::move(complete));
}

Lines::Line Lines::next(const char* prompt) {
  if (!editor_) return next_of_stdin();
  if (interrupted_flag->exchange(false)) sent_.clear();
  return sent_.empty() ? next_typed(prompt) : next_sent();
}

Lines::Line Lines::next_typed(const char* prompt) {
  const auto typed = editor_->edit(prompt);
  if (!typed && *interrupted_flag) {
    clear_the_rest();
    std::cout << "^C" << std::endl;
    return {What::Dropped, {}};
  }
  if (!typed) return {};
  std::istringstream lines(*typed);
  for (std::string line; std::getline(lines, line);) sent_.push_back(line);
  return sent_.empty() ? Line{What::Line, {}} : next_sent();
}

Lines::Line Lines::next_sent() {
  Line line{What::Line, std::move(sent_.front())};
  sent_.pop_front();
  return line;
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
  return !interactive_ || !sent_.empty() || poll(&input, 1, kPasteWithinMs) > 0;
}

void Lines::remember(const std::string& text) {
  const std::string entry = entry_of(text);
  if (!interactive_ || entry.empty() || entry == last_) return;
  last_ = entry;
  editor_->remember(entry);
  history_->append(entry);
}

}  // namespace roost::cli
