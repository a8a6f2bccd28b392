// SPDX-License-Identifier: MIT
#include <iostream>

#include "ops/cli/commands.h"
#include "ops/cli/http.h"
#include "ops/cli/problem_text.h"
#include "ops/cli/read_text.h"
#include "ops/cli/standard_output.h"
#include "ops/cli/terminal.h"
#include "worker/wire/fingerprint.h"

namespace roost::cli {
namespace {

constexpr unsigned kAnswerMarginS = 10;   // on top of --wait, for the answer to come back

// A URL as it is; a fingerprint or a name of roost.json becomes one.
std::string url_of(const std::string& given, const Home& home) {
  if (given.find("://") != std::string::npos) return given;
  if (given == "playground") return home.client_facts().playground_url;
  if (given == "root") return home.client_facts().root_url;
  const auto key = parse_fingerprint(given);
  if (!key)
    throw Ended(ExitCode::Usage, "`" + given + "` is neither a URL, nor `playground` or `root`, nor a fingerprint: " +
                                     describe(key.error()));
  return home.client_facts().base_url + "/" + given;
}

HttpRequest request_for(const Eval& command, const Home& home) {
  HttpRequest request;
  request.url = url_of(command.url, home);
  request.post = true;
  request.body = command.has_expression ? command.expression : read_text(command.file, "program", kTextIsMeant);
  request.ca_file = command.ca_file.empty() ? home.client_facts_if_any().ca_file : command.ca_file;
  request.headers = {"Content-Type: text/plain; charset=utf-8", "Expect:",
                     command.output == Output::Json ? "Accept: application/json" : "Accept: text/plain"};
  if (command.debug) request.headers.push_back("Prefer: debug");
  if (command.wait_s) {
    request.headers.push_back("Prefer: wait=" + std::to_string(*command.wait_s));
    request.timeout_s = *command.wait_s + kAnswerMarginS;
  }
  return request;
}

ExitCode print_value(const std::string& value) {
  try {
    std::cout << value << (value.ends_with('\n') ? "" : "\n") << std::flush;
  } catch (const CannotWrite& error) {   // it has run all the same
    throw Ended(ExitCode::OutcomeUnknown, error.what());
  }
  return ExitCode::Done;
}

}  // namespace

ExitCode run_eval(const Eval& command, const Home& home, const Surroundings& surroundings) {
  const HttpRequest request = request_for(command, home);
  const HttpAnswer answer = exchange(request);
  if (answer.status == 200) return print_value(answer.body);
  const ProblemText problem = describe_problem(answer, request.body, Terminal(2, surroundings.color));
  if (command.output == Output::Json)
    std::cout << answer.body << '\n';
  else
    std::cerr << problem.text;
  return problem.code;
}

}  // namespace roost::cli
