// SPDX-License-Identifier: MIT

// `roost`: look at a container and send programs to its nodes. roost(1) and docs/cli.md describe it.

#include <clocale>
#include <iostream>

#include <curl/curl.h>

#include "ops/cli/command_line.h"
#include "ops/cli/commands.h"
#include "ops/cli/completion.h"
#include "ops/cli/home.h"
#include "ops/cli/standard_output.h"

namespace roost::cli {
namespace {

struct Runner {
  const Surroundings& surroundings;
  const Home& home;

  ExitCode operator()(const NodeList& command) const { return run_node_list(command, home, surroundings); }
  ExitCode operator()(const NodeShow& command) const { return run_node_show(command, home, surroundings); }
  ExitCode operator()(const NodeTop& command) const { return run_node_top(command, home, surroundings); }
  ExitCode operator()(const Eval& command) const { return run_eval(command, home, surroundings); }
  ExitCode operator()(const CodeShow& command) const { return run_code_show(command, home, surroundings); }
  ExitCode operator()(const CodeDeps& command) const { return run_code_deps(command, home, surroundings); }
  ExitCode operator()(const Check& command) const { return run_check(command, surroundings); }
  ExitCode operator()(const Run& command) const { return run_run(command, surroundings); }
  ExitCode operator()(const Repl& command) const { return run_repl(command, surroundings); }
  ExitCode operator()(const HashText& command) const { return run_hash(command, surroundings); }
  ExitCode operator()(const Completion&) const {
    std::cout << bash_completion();
    return ExitCode::Done;
  }
};

ExitCode run_command(int argc, const char* const* argv) {
  const auto line = parse_command_line(argc, argv);
  if (!line) return ExitCode::Done;
  const Home home(line->surroundings);
  return std::visit(Runner{line->surroundings, home}, line->command);
}

ExitCode run(int argc, const char* const* argv) {
  const StandardOutput output;
  const ExitCode code = run_command(argc, argv);
  std::cout.flush();
  return code;
}

}  // namespace
}  // namespace roost::cli

int main(int argc, char** argv) {
  using namespace roost::cli;
  std::setlocale(LC_CTYPE, "C.UTF-8");   // widths of characters, whatever the terminal's language
  curl_global_init(CURL_GLOBAL_DEFAULT);
  try {
    return static_cast<int>(run(argc, argv));
  } catch (const Ended& ended) {
    std::cerr << "roost: " << ended.what() << '\n';
    return static_cast<int>(ended.code());
  } catch (const std::exception& error) {
    std::cerr << "roost: " << error.what() << '\n';
    return static_cast<int>(ExitCode::Refused);
  }
}
