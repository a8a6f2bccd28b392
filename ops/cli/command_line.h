// SPDX-License-Identifier: MIT
#pragma once

// The command line as one value: what was asked for, with every option checked. The commands take their part and know
// nothing of argv. Flags may stand in any order; a noun or a verb that was mistyped is answered with the nearest one.

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "ops/cli/exit_code.h"

namespace roost::cli {

enum class Output { Text, Json };

// What every command shares: which container, and how to print.
struct Surroundings {
  std::string home;        // --home or ROOST_HOME; empty: look for it (home.h)
  std::string map;         // --map; empty: the one that roost.toml names
  std::string color;       // "auto", "always" or "never"
};

struct NodeList {
  std::string state;    // empty: any
  std::string parent;   // a fingerprint or the beginning of one; empty: any
  Output output = Output::Text;
};
struct NodeShow {
  std::string fingerprint;   // or the beginning of one
  Output output = Output::Text;
};
struct NodeTop {
  bool once = false;
  double interval_s = 1;
  unsigned rows = 0;   // 0: as many as the terminal shows
};
struct Eval {
  std::string url;            // a node's URL, its fingerprint, or a name that var/roost.json knows
  std::string file;           // "-": stdin; empty: `expression`
  std::string expression;
  bool has_expression = false;
  Output output = Output::Text;
  bool debug = false;
  std::optional<unsigned> wait_s;
  std::string ca_file;        // empty: var/roost.json's
};
struct Completion {
  std::string shell;
};
inline constexpr char kStandardLibrary[] = "standard";   // a file of that name is ./standard
// What check, run, repl and hash work on: no container is needed.
struct Text {
  std::string file;         // "-": stdin; empty: `expression`
  std::string expression;
  bool has_expression = false;
  std::vector<std::string> libraries;   // files in place of the standard library, or kStandardLibrary, in order
};
struct Check {
  Text text;
};
struct Run {
  Text text;
  Output output = Output::Text;
};
struct Repl {
  Text text;   // its libraries
};
struct HashText {
  Text text;
};
struct CodeShow {
  std::string definition;   // its hash, the beginning of it, or a name of the library
  Text text;                // the libraries that name definitions
  Output output = Output::Text;
};
struct CodeDeps {
  std::string definition;
  Text text;
  Output output = Output::Text;
};
using Command = std::variant<CodeShow, CodeDeps, NodeList, NodeShow, NodeTop, Eval, Check, Run, Repl, HashText, Completion>;

struct CommandLine {
  Surroundings surroundings;
  Command command;
};

// nullopt: help or the version was asked for and printed. Throws Ended(Usage).
[[nodiscard]] std::optional<CommandLine> parse_command_line(int argc, const char* const* argv);

}  // namespace roost::cli
