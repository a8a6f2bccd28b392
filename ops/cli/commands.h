// SPDX-License-Identifier: MIT
#pragma once

// The commands, one function each. They print their result to stdout, and throw Ended for everything else.
// Those of `node` read the status map alone, so they work while nothing else does and wake no node; if roostd is gone,
// they show what it last wrote and say so on stderr. check, run, repl and hash need no container at all.

#include "ops/cli/command_line.h"
#include "ops/cli/home.h"

namespace roost::cli {

ExitCode run_node_list(const NodeList& command, const Home& home, const Surroundings& surroundings);
ExitCode run_node_show(const NodeShow& command, const Home& home, const Surroundings& surroundings);
ExitCode run_node_top(const NodeTop& command, const Home& home, const Surroundings& surroundings);
ExitCode run_code_show(const CodeShow& command, const Home& home, const Surroundings& surroundings);
ExitCode run_code_deps(const CodeDeps& command, const Home& home, const Surroundings& surroundings);
ExitCode run_check(const Check& command, const Surroundings& surroundings);
ExitCode run_run(const Run& command, const Surroundings& surroundings);
ExitCode run_repl(const Repl& command, const Surroundings& surroundings);
ExitCode run_hash(const HashText& command, const Surroundings& surroundings);
ExitCode run_eval(const Eval& command, const Home& home, const Surroundings& surroundings);

}  // namespace roost::cli
