// SPDX-License-Identifier: MIT
// repl: programs and definitions line by line, on a node in this terminal that stays between them.

#include <algorithm>
#include <atomic>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "ops/cli/commands.h"
#include "ops/cli/repl_lines.h"
#include "ops/cli/repl_session.h"
#include "ops/cli/suggestion.h"

namespace roost::cli {
namespace {

constexpr char kPrompt[] = "roost> ";
constexpr char kMorePrompt[] = "     > ";
constexpr char kHelp[] =
    R"(A program is run and its value is printed. Definitions, `name = …;`, are kept for what
follows, and can be made anew. What is not complete goes on in the next line; an empty line
ends it. All programs run on one node, which keeps its state between them.
  :type PROGRAM   its type            :load FILE   the definitions of a file
  :hash PROGRAM   its content hash    :reset       forgets the definitions and the nodes
  :help           this                :quit        or control-D
Tab completes names. Control-C stops a program, or drops what was typed.
)";

const std::vector<std::string> kCommands{":hash", ":help", ":load", ":quit", ":reset", ":type"};

std::atomic<bool> interrupted{false};

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::vector<std::string> completions(const Session& session, const std::string& beginning) {
  if (!beginning.starts_with(':')) return session.names_that_begin(beginning);
  std::vector<std::string> found;
  for (const std::string& command : kCommands)
    if (command.starts_with(beginning)) found.push_back(command);
  return found;
}

void complain_about(Session& session, const std::string& verb) {
  const auto near = nearest(verb, kCommands);
  session.complain("`" + verb + "` is no command" + (near ? "; did you mean `" + *near + "`?" : "; :help lists them"));
}

// False: it was asked to end.
bool obey(Session& session, const std::string& line) {
  const std::size_t space = std::min(line.find_first_of(" \t"), line.size());
  const std::string verb = line.substr(0, space), rest = trimmed(line.substr(space));
  const bool needs_more = (verb == ":type" || verb == ":hash" || verb == ":load") && rest.empty();
  if (verb == ":quit") return false;
  if (needs_more) session.complain(verb + (verb == ":load" ? " needs a file" : " needs a program"));
  else if (verb == ":help") std::cout << kHelp << std::flush;
  else if (verb == ":type") session.show_type(rest);
  else if (verb == ":hash") session.show_hash(rest);
  else if (verb == ":load") session.load_file(rest);
  else if (verb == ":reset") session.reset();
  else complain_about(session, verb);
  return true;
}

// The text that the line begins, or none if it was dropped.
std::optional<std::string> rest_of(Lines& lines, std::string text) {
  while (goes_on(text)) {
    const Lines::Line more = lines.next(kMorePrompt);
    if (more.what == Lines::What::Dropped) return std::nullopt;
    if (more.what == Lines::What::End || trimmed(more.text).empty()) break;
    text += '\n' + more.text;
  }
  return text;
}

// False: it was asked to end.
bool take(Session& session, Lines& lines, const std::string& line) {
  try {
    if (trimmed(line).starts_with(':')) return obey(session, trimmed(line));
    if (says_nothing(line)) return true;
    if (const auto text = rest_of(lines, line)) session.take(*text);
  } catch (const Ended& ended) {   // a file that cannot be read
    session.complain(ended.what());
  }
  return true;
}

}  // namespace

ExitCode run_repl(const Repl& command, const Surroundings& surroundings) {
  Session session(command.text, surroundings, interrupted);
  Lines lines(interrupted);
  lines.set_completion([&session](const std::string& beginning) { return completions(session, beginning); });
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
