// SPDX-License-Identifier: MIT
#pragma once

// One HTTP request and its answer, by libcurl. What matters to a caller who must decide whether to try again is kept
// apart: nothing was sent (CannotReach), or it was sent and no answer came back (OutcomeUnknown).

#include <string>
#include <vector>

#include "ops/cli/exit_code.h"

namespace roost::cli {

inline constexpr std::size_t kAnswerBytesMax = 64u << 20;   // four times the largest frame a node can answer with

struct HttpRequest {
  std::string url;
  std::string body;                   // POSTed if `post`
  bool post = false;
  std::vector<std::string> headers;   // "Name: value"
  std::string ca_file;                // empty: the system's
  std::string unix_socket;            // empty: TCP
  unsigned timeout_s = 0;             // for the whole exchange; 0: none
};
struct HttpAnswer {
  long status = 0;
  std::string content_type;
  std::string body;
};

// Throws Ended(CannotReach or OutcomeUnknown).
[[nodiscard]] HttpAnswer exchange(const HttpRequest& request);

}  // namespace roost::cli
