// SPDX-License-Identifier: MIT
#include <array>
#include <iostream>
#include <optional>

#include <nlohmann/json.hpp>

#include "ops/cli/commands.h"
#include "ops/cli/node_view.h"
#include "ops/cli/suggestion.h"

namespace roost::cli {
namespace {

using core::NodeState;
constexpr std::array kStates = {NodeState::Asleep, NodeState::Waking,   NodeState::Idle,
                                NodeState::Active, NodeState::Draining, NodeState::Destroyed};

std::optional<NodeState> state_named(const std::string& name) {
  if (name.empty()) return std::nullopt;
  std::vector<std::string> names;
  for (const NodeState state : kStates) {
    if (name == core::name_of(state)) return state;
    names.emplace_back(core::name_of(state));
  }
  std::string message = "`" + name + "` is not a state of a node";
  if (const auto near = nearest(name, names)) message += "; did you mean `" + *near + "`?";
  throw Ended(ExitCode::Usage, message + "\n(asleep, waking, idle, active, draining, destroyed)");
}

void print_row(const NodeRow& row, std::int64_t now, const Terminal& terminal) {
  const core::NodeStatus& status = row.status;
  std::cout << row.fingerprint << "  " << terminal.paint(color_of(status.state), cell(core::name_of(status.state), 9)) << "  "
            << cell(core::name_of(status.lifetime), 9) << "  " << cell_right(status.pid ? std::to_string(status.pid) : "-", 7)
            << "  " << cell_right(std::to_string(status.mailbox), 7) << "  "
            << cell_right(std::to_string(status.messages), 9) << "  " << cell_right(bytes_text(status.memory_bytes_in_use), 7)
            << "  " << cell_right(age_text(status.last_activity_ms, now), 5) << '\n';
}

void print_header(const Terminal& terminal) {
  std::cout << terminal.paint(Color::Bold, cell("FINGERPRINT", 56) + "  " + cell("STATE", 9) + "  " + cell("LIFETIME", 9) +
                                               "  " + cell_right("PID", 7) + "  " + cell_right("MAILBOX", 7) + "  " +
                                               cell_right("MESSAGES", 9) + "  " + cell_right("MEMORY", 7) + "  " +
                                               cell_right("SINCE", 5))
            << '\n';
}

}  // namespace

ExitCode run_node_list(const NodeList& command, const Home& home, const Surroundings& surroundings) {
  const auto state = state_named(command.state);
  const Picture picture = take_picture(*open_map(home));
  std::optional<PublicKey> parent;
  if (!command.parent.empty()) parent = find_node(picture, command.parent).status.key;

  std::vector<const NodeRow*> chosen;
  for (const NodeRow& row : picture.rows)
    if ((!state || row.status.state == *state) && (!parent || row.status.parent == parent)) chosen.push_back(&row);

  warn_if_gone(picture, Terminal(2, surroundings.color));
  if (command.output == Output::Json) {
    nlohmann::json json = {{"container", json_of(picture.facts, picture.writer_alive)}, {"nodes", nlohmann::json::array()}};
    for (const NodeRow* row : chosen) json["nodes"].push_back(json_of(*row, picture.facts.host));
    std::cout << json.dump(2) << '\n';
    return ExitCode::Done;
  }
  const Terminal terminal(1, surroundings.color);
  const std::int64_t now = now_ms();
  print_header(terminal);
  for (const NodeRow* row : chosen) print_row(*row, now, terminal);
  return ExitCode::Done;
}

}  // namespace roost::cli
