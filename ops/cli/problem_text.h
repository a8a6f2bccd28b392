// SPDX-License-Identifier: MIT
#pragma once

// A problem document (RFC 9457, docs/http.md) as a person wants to read it: what happened, where, whose fault, what to
// do; for an error in the program the line of it, with a caret under the place.

#include <string>
#include <string_view>

#include "ops/cli/exit_code.h"
#include "ops/cli/http.h"
#include "ops/cli/terminal.h"

namespace roost::cli {

struct ProblemText {
  std::string text;   // several lines
  ExitCode code = ExitCode::Refused;
};

// `program`: what was sent, for the line that the problem points at.
[[nodiscard]] ProblemText describe_problem(const HttpAnswer& answer, std::string_view program, const Terminal& terminal);

}  // namespace roost::cli
