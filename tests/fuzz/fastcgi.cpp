// SPDX-License-Identifier: MIT

// A connection of the web server's side, as bytes (the first byte of the input is even) or as a request with any parameters, one
// NAME=VALUE a line, an empty line and a body (odd): it is read to its end, and understood or refused with a problem document that
// no parameter can break out of.

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "backend/front/fastcgi_records.h"
#include "backend/front/fastcgi_request.h"
#include "backend/front/http.h"
#include "backend/front/operator_orders.h"
#include "backend/front/response.h"
#include "tests/unit/backend/fastcgi_client.h"
#include "worker/wire/check.h"

namespace {

using namespace roost;
using namespace roost::front;

constexpr std::uint64_t kBodyBytesMax = 1000;   // small, so that it is exceeded often

std::string encoded_request(std::string_view lines) {
  std::map<std::string, std::string> parameters;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    if (line.empty()) break;
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos) parameters[std::string(line.substr(0, equals))] = line.substr(equals + 1);
  }
  const std::string method = parameters["REQUEST_METHOD"], uri = parameters["REQUEST_URI"];
  return FastcgiClient::request(method, uri, std::string(lines), parameters);
}

void check_refusal(const Refusal& refusal, const Parameters& parameters) {
  RequestFacts facts;
  facts.instance = parameters.request_id;
  facts.host = "localhost";
  const std::string text = cgi_text(problem_response(refusal.problem, facts, refusal.allow), false);
  const std::size_t end = text.find("\r\n\r\n");
  CHECK(end != std::string::npos);
  for (const char c : text.substr(0, end)) CHECK(c == '\r' || c == '\n' || (c >= ' ' && c <= '~'));
  const auto problem = nlohmann::json::parse(text.substr(end + 4));
  CHECK(problem.at("status").get<int>() >= 400);
  CHECK(!problem.at("detail").get<std::string>().empty());
  CHECK(problem.at("instance").get<std::string>().starts_with("/-/requests/"));
}

void judge(FastcgiRequest& request) {
  const auto body = request.read_body(kBodyBytesMax);
  if (request.failed()) return;
  const Parameters parameters = request.parameters();
  for (const Door door : {Door::Public, Door::Operator}) {
    const auto understood = understand(door, parameters, body, kBodyBytesMax);
    if (const auto* refusal = std::get_if<Refusal>(&understood)) {
      check_refusal(*refusal, parameters);
      continue;
    }
    CHECK(body && body->size() <= kBodyBytesMax);
    if (!std::holds_alternative<CreateTarget>(std::get<Target>(understood))) continue;
    const auto node = parse_new_node(*body);
    if (const auto* problem = std::get_if<core::Problem>(&node)) check_refusal({*problem, {}}, parameters);
  }
  request.finish("Status: 200\r\n\r\n");
}

// libfcgi 2.4.2-2+deb12u1 ends the process if the lengths of a parameter's name and value add up to 2 GiB or more. Only who may open
// the socket could send that, and a web server never does. Without large bytes no length is that large.
std::string with_small_lengths(std::string_view input) {
  std::string bytes(input);
  for (char& byte : bytes)
    if (static_cast<unsigned char>(byte) > 0x80) byte = static_cast<char>(0x80);
  return bytes;
}

}  // namespace

// libfcgi 2.4.2 loses 48 bytes for each management record that it cannot read, which no web server sends.
extern "C" const char* __lsan_default_suppressions() { return "leak:libfcgi.so"; }   // NOLINT: the sanitizer's name

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  start_libfcgi();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string bytes = data[0] % 2 == 0 ? with_small_lengths(input) : encoded_request(input);
  int ends[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  CHECK(write(ends[0], bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  if (extent_of(bytes) != Extent::Whole) shutdown(ends[0], SHUT_WR);   // else it must be read without waiting for more
  {
    FastcgiRequest request(ends[1]);
    if (request.read_parameters()) judge(request);
  }
  close(ends[0]);
  return 0;
}
