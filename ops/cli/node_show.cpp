// SPDX-License-Identifier: MIT
#include <iostream>
#include <optional>

#include <nlohmann/json.hpp>

#include "ops/cli/commands.h"
#include "ops/cli/http.h"
#include "ops/cli/node_view.h"
#include "worker/wire/fingerprint.h"

namespace roost::cli {
namespace {

using Json = nlohmann::json;

constexpr unsigned kOperatorTimeoutS = 2;   // what the map shows must not wait long for what roostd could add

// What the operator's interface knows beyond the map (budget, access, children, last exit); nullopt: it is not to be had.
std::optional<Json> details_of(const std::string& fingerprint, const Home& home) {
  const std::string socket = home.client_facts_if_any().admin_socket;
  if (socket.empty()) return std::nullopt;
  HttpRequest request;
  request.url = "http://localhost/nodes/" + fingerprint;
  request.unix_socket = socket;
  request.timeout_s = kOperatorTimeoutS;
  try {
    const HttpAnswer answer = exchange(request);
    Json json = Json::parse(answer.body, nullptr, false);
    if (answer.status == 200 && json.is_object()) return json;
  } catch (const Ended&) {
    return std::nullopt;   // nothing that the map does not show anyway
  }
  return std::nullopt;
}

// Lists as "a, b", a budget as "nodes 2 of 256, …".
std::string plain(const Json& value) {
  if (value.is_string()) return printable(value.get<std::string>());
  if (value.is_null() || (value.is_structured() && value.empty())) return "-";
  if (!value.is_structured()) return value.dump();
  if (value.contains("used") && value.contains("limit")) return plain(value["used"]) + " of " + plain(value["limit"]);
  std::string text;
  for (const auto& [name, part] : value.items())
    text += (text.empty() ? "" : ", ") + (value.is_object() ? printable(name) + " " : "") + plain(part);
  return text;
}

void print_line(const std::string& label, const std::string& value, const Terminal& terminal) {
  std::cout << terminal.paint(Color::Dim, cell(label, 22)) << "  " << value << '\n';
}

void print_text(const NodeRow& row, const Json& node, const std::optional<Json>& details, const Terminal& terminal) {
  static constexpr const char* kOrder[] = {"fingerprint", "url", "parent", "state", "lifetime", "pid", "mailbox", "messages",
                                           "last_activity", "memory_bytes_allotted", "memory_bytes_in_use", "nodes_used",
                                           "awake_used"};
  for (const char* name : kOrder) {
    const std::string text = plain(node.at(name));
    print_line(name, std::string(name) == "state" ? terminal.paint(color_of(row.status.state), text) : text, terminal);
  }
  if (!details) return print_line("(more)", "the operator's socket does not answer; this is from the status map", terminal);
  for (const auto& [name, value] : details->items())
    if (!node.contains(name) && name != "last_activity_ms") print_line(name, plain(value), terminal);   // last_activity is that time
}

}  // namespace

ExitCode run_node_show(const NodeShow& command, const Home& home, const Surroundings& surroundings) {
  const Picture picture = take_picture(*open_map(home));
  const NodeRow& row = find_node(picture, command.fingerprint);
  warn_if_gone(picture, Terminal(2, surroundings.color));
  const Json node = json_of(row, picture.facts.host);
  const auto details = picture.writer_alive ? details_of(row.fingerprint, home) : std::nullopt;
  if (command.output == Output::Json) {
    Json json = {{"container", json_of(picture.facts, picture.writer_alive)}, {"node", node}, {"details", nullptr}};
    if (details) json["details"] = *details;
    std::cout << json.dump(2) << '\n';
  } else {
    print_text(row, node, details, Terminal(1, surroundings.color));
  }
  return ExitCode::Done;
}

}  // namespace roost::cli
