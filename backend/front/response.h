// SPDX-License-Identifier: MIT
#pragma once

// What goes back to nginx: a status, headers and a body in CGI form (RFC 3875 section 6), made from the core's answers.
// Every error is a problem document (RFC 9457), built in one place. Thread: pure functions.

#include <optional>
#include <string>

#include "backend/core/types.h"
#include "backend/front/http.h"

namespace roost::front {

// What the answer must know of its request.
struct RequestFacts {
  std::string instance;       // nginx's $request_id, which is in the log too
  std::string host;           // "name[:port]" for node URLs
  bool head = false;          // no body wanted
  bool operator_door = false;
  bool debug = false;         // Prefer: debug was applied
  std::optional<core::Duration> wait;   // Prefer: wait was applied
  std::string seed;           // of a node that is being created: told once, to the operator
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string headers;   // whole lines with their ends
  std::string body;
};

[[nodiscard]] Response response_of(const core::Answer& answer, const RequestFacts& facts);
[[nodiscard]] Response problem_response(const core::Problem& problem, const RequestFacts& facts, const std::string& allow = {});
// The bytes for FastCGI's stdout.
[[nodiscard]] std::string cgi_text(const Response& response, bool head);

[[nodiscard]] std::string node_url(const std::string& host, const PublicKey& key);
[[nodiscard]] const char* name_of_capability(wire::Capability capability);   // "spawn", …, "http"

}  // namespace roost::front
