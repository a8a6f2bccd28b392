// SPDX-License-Identifier: MIT
#pragma once

// How `roost` ends. Scripts rely on these numbers; they are in roost(1) and never change their meaning.

#include <stdexcept>
#include <string>

namespace roost::cli {

enum class ExitCode : int {
  Done = 0,             // it was done and its result is on stdout
  Refused = 1,          // it was understood and not done: the problem is on stderr
  Usage = 2,            // the command line is wrong
  CannotReach = 3,      // nothing answered: no map, no connection
  OutcomeUnknown = 4,   // it was sent; whether it happened is not known
};

// Ends a command from any depth. The message is a sentence for the person at the terminal.
class Ended : public std::runtime_error {
 public:
  Ended(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  [[nodiscard]] ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

}  // namespace roost::cli
