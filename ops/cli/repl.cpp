// SPDX-License-Identifier: MIT
// repl: programs and definitions line by line, on a node in this terminal that stays between them.

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "ops/cli/commands.h"
#include "ops/cli/repl_lines.h"
#include "ops/cli/repl_session.h"
#include "ops/cli/suggestion.h"

namespace roost::cli {
namespace {

constexpr char kPrompt[] = "roost> ";
constexpr char kMorePrompt[] = "     > ";
constexpr char kWordBreaks[] = " \t\n\"`,[]{};()";
constexpr char kHelp[] =
    R"(A program is run and its value is printed. Definitions, `name = …;`, are kept for what
follows, and can be made anew; `name := step` runs a step and keeps its result. All programs
run on one node, which keeps its state between them. What is not complete goes on in the next
line; an empty line ends it, or two of them in what is pasted or comes from a file.
  :type PROGRAM   its type            :load FILE   the definitions of a file
  :hash PROGRAM   its content hash    :reset       forgets the definitions and the nodes
  :names [NAME]   all names that begin so, with their types; without NAME all there are
  :help           this                :quit        or control-D
Where the type of a step leaves something open, as `∀ a . a`, so does that of what `:=` keeps: the
checker takes it for whatever it is used as, and a mistake shows when that runs.
The beginning of a command is enough. Tab completes names. Control-C stops a program, or drops
what was typed.
)";

const std::vector<std::string> kCommands{":hash", ":help", ":load", ":names", ":quit", ":reset", ":type"};

std::atomic<bool> interrupted{false};

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::vector<std::string> commands_that_begin(const std::string& beginning) {
  std::vector<std::string> found;
  for (const std::string& command : kCommands)
    if (command.starts_with(beginning)) found.push_back(command);
  return found;
}

struct ColonCommand {
  std::string verb;   // in full if it is known
  std::string rest;
  [[nodiscard]] bool takes_program() const { return verb == ":type" || verb == ":hash"; }
};

// nullopt: the text is none.
std::optional<ColonCommand> command_of(const std::string& text) {
  const std::string line = trimmed(text);
  if (!line.starts_with(':')) return std::nullopt;
  const std::size_t space = std::min(line.find_first_of(" \t\n"), line.size());
  const std::string verb = line.substr(0, space);
  const auto known = commands_that_begin(verb);
  return ColonCommand{known.size() == 1 ? known[0] : verb, trimmed(line.substr(space))};
}

// A folder ends with `/`. Hidden files are found by who types their dot.
std::vector<std::string> files_that_begin(const std::string& beginning) {
  const std::size_t slash = beginning.rfind('/');
  const std::string folder = beginning.substr(0, slash + 1), name = beginning.substr(slash + 1);
  std::vector<std::string> found;
  std::error_code ignored;   // what cannot be looked at has no files
  std::filesystem::directory_iterator entry(folder.empty() ? "." : folder, ignored);
  for (; entry != std::filesystem::directory_iterator(); entry.increment(ignored)) {
    const std::string file = entry->path().filename();
    if (!file.starts_with(name) || (name.empty() && file.starts_with('.'))) continue;
    found.push_back(folder + file + (entry->is_directory(ignored) ? "/" : ""));
  }
  std::ranges::sort(found);
  return found;
}

Completions completions(const Session& session, const std::string& before_cursor) {
  const std::size_t space = before_cursor.find(' ');
  if (before_cursor.starts_with(":l") && space != std::string::npos) {   // :load, or its beginning
    const std::string file = before_cursor.substr(std::min(before_cursor.find_first_not_of(' ', space), before_cursor.size()));
    return {file, files_that_begin(file)};
  }
  const std::string word = before_cursor.substr(before_cursor.find_last_of(kWordBreaks) + 1);
  return {word, word.starts_with(':') ? commands_that_begin(word) : session.names_that_begin(word)};
}

void complain_about(Session& session, const std::string& verb) {
  const auto begun = commands_that_begin(verb);
  const auto near = nearest(verb, kCommands);
  if (begun.size() == 2) return session.complain("`" + verb + "` may be `" + begun[0] + "` or `" + begun[1] + "`");
  session.complain("`" + verb + "` is no command" + (near ? "; did you mean `" + *near + "`?" : "; :help lists them"));
}

// False: it was asked to end.
bool obey(Session& session, const ColonCommand& command) {
  const auto& [verb, rest] = command;
  const bool stands_alone = verb == ":quit" || verb == ":help" || verb == ":reset";
  if (stands_alone && !rest.empty()) {
    session.complain(verb + " takes nothing, and here stands `" + rest + "` behind it");
    return true;
  }
  if (verb == ":quit") return false;
  if (rest.empty() && (command.takes_program() || verb == ":load")) session.complain(verb + (verb == ":load" ? " needs a file" : " needs a program"));
  else if (verb == ":help") std::cout << kHelp << std::flush;
  else if (verb == ":type") session.show_type(rest);
  else if (verb == ":hash") session.show_hash(rest);
  else if (verb == ":load") session.load_file(rest);
  else if (verb == ":names") session.show_names(rest);
  else if (verb == ":reset") session.reset();
  else complain_about(session, verb);
  return true;
}

bool is_unfinished(const std::string& text) {
  const auto command = command_of(text);
  if (!command) return goes_on(text);
  return command->takes_program() && !command->rest.empty() && program_goes_on(command->rest);
}

// The text that the line begins, or none if it was dropped. Programs have empty lines, so one ends only what a person types.
std::optional<std::string> rest_of(Lines& lines, std::string text) {
  bool after_empty = false;
  while (is_unfinished(text)) {
    const Lines::Line more = lines.next(kMorePrompt);
    if (more.what == Lines::What::Dropped) return std::nullopt;
    const bool is_empty = trimmed(more.text).empty();
    if (more.what == Lines::What::End || (is_empty && (after_empty || !lines.more_is_there()))) break;
    after_empty = is_empty;
    text += '\n' + more.text;
  }
  return text;
}

// What other programs are asked for so.
bool is_meant_for_a_command(const Session& session, const std::string& text) {
  const std::string word = trimmed(text);
  return (word == "help" || word == "quit" || word == "exit") && !session.knows(word);
}

// False: it was asked to end.
bool take(Session& session, Lines& lines, const std::string& line) {
  const auto text = says_nothing(line) ? std::nullopt : rest_of(lines, line);
  if (!text) return true;
  lines.remember(*text);
  try {
    if (const auto command = command_of(*text)) return obey(session, *command);
    if (is_meant_for_a_command(session, *text)) session.complain("`" + trimmed(*text) + "` is not defined; :help lists the commands, :quit ends it");
    else session.take(*text);
  } catch (const Ended& ended) {   // a file that cannot be read
    session.complain(ended.what());
  }
  return true;
}

}  // namespace

ExitCode run_repl(const Repl& command, const Surroundings& surroundings) {
  Session session(command.text, surroundings, interrupted);
  Lines lines(interrupted);
  lines.set_completion([&session](const std::string& before_cursor) { return completions(session, before_cursor); });
  if (lines.interactive()) std::cout << "roost: a node in this terminal. :help says what can be typed." << std::endl;
  bool asked_to_end = false;
  while (!asked_to_end) {
    const Lines::Line line = lines.next(kPrompt);
    if (line.what == Lines::What::End) break;
    if (line.what == Lines::What::Line) asked_to_end = !take(session, lines, line.text);
  }
  if (lines.interactive() && !asked_to_end) std::cout << std::endl;
  // A script wants to know; a person has seen it.
  return session.complained() && !lines.interactive() ? ExitCode::Refused : ExitCode::Done;
}

}  // namespace roost::cli
