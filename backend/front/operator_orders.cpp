// SPDX-License-Identifier: MIT
#include "backend/front/operator_orders.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace roost::front {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kListDefault = 100, kListMax = 10'000;

core::Problem bad(std::string detail) {
  core::Problem problem;
  problem.kind = core::ProblemKind::BadRequest;
  problem.detail = std::move(detail);
  return problem;
}

// Thrown while an order is read, and caught by who reads it; the first thing that is wrong ends the reading.
struct Wrong : std::runtime_error {
  using std::runtime_error::runtime_error;
};

core::AccessKind access_from(const Json& json) {
  const std::string name = json.is_string() ? json.get<std::string>() : "";
  for (const auto kind : {core::AccessKind::Anyone, core::AccessKind::Container, core::AccessKind::Only})
    if (name == core::name_of(kind)) return kind;
  throw Wrong("`access` must be \"anyone\", \"container\" or \"only\"");
}

std::vector<PublicKey> keys_from(const Json& json) {
  if (!json.is_array()) throw Wrong("`only` must be a list of fingerprints");
  std::vector<PublicKey> keys;
  for (const Json& one : json) {
    const auto key = parse_fingerprint(one.is_string() ? one.get<std::string>() : "");
    if (!key.ok()) throw Wrong("`only`: " + one.dump() + " is not a fingerprint: " + describe(key.error()));
    keys.push_back(key.value());
  }
  return keys;
}

wire::Capabilities capabilities_from(const Json& json) {
  if (!json.is_array()) throw Wrong("`capabilities` must be a list");
  wire::Capabilities set = 0;
  for (const Json& one : json) {
    bool known = false;
    for (unsigned i = 0; i < wire::kCapabilitiesCount; ++i)
      if (one == name_of_capability(static_cast<wire::Capability>(i))) {
        set |= 1u << i;
        known = true;
      }
    if (!known) throw Wrong("`capabilities`: " + one.dump() + " is none of spawn, state, clock, random, contact-all, http");
  }
  return set;
}

core::Budget budget_from(const Json& json) {
  if (!json.is_object()) throw Wrong("`budget` must be an object");
  core::Budget budget;
  for (const auto& [name, value] : json.items()) {
    if (!value.is_number_unsigned()) throw Wrong("`budget`: `" + name + "` must be an integer of 0 or more");
    const auto number = value.get<std::uint64_t>();
    if (number > (std::uint64_t{1} << 62)) throw Wrong("`budget`: `" + name + "` is too large");
    if (name == "nodes") budget.nodes = number;
    else if (name == "awake") budget.awake = number;
    else if (name == "memory_bytes") budget.memory_bytes = number;
    else throw Wrong("`budget`: `" + name + "` is none of nodes, awake, memory_bytes");
  }
  return budget;
}

// What of the list is asked for.
struct ListQuery {
  std::optional<core::NodeState> state;
  std::optional<PublicKey> parent;
  std::string after;
  std::size_t limit = kListDefault;
};

core::NodeState state_named(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(core::NodeState::Destroyed); ++i)
    if (name == core::name_of(static_cast<core::NodeState>(i))) return static_cast<core::NodeState>(i);
  throw Wrong("`state`: `" + std::string(name) + "` is no state of a node");
}

std::size_t limit_from(std::string_view text) {
  std::size_t limit = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || limit == 0 || limit > kListMax)
    throw Wrong("`limit` must be an integer from 1 to " + std::to_string(kListMax));
  return limit;
}

void take_pair(std::string_view name, std::string_view value, ListQuery& query) {
  if (value.empty()) return;   // as if it had not been said
  if (name == "state") {
    query.state = state_named(value);
  } else if (name == "parent") {
    const auto key = parse_fingerprint(value);
    if (!key) throw Wrong("`parent` is not a fingerprint: " + std::string(describe(key.error())));
    query.parent = key.value();
  } else if (name == "after") {
    query.after = value;
  } else if (name == "limit") {
    query.limit = limit_from(value);
  } else {
    throw Wrong("`" + std::string(name) + "` is none of state, parent, after, limit");
  }
}

// Throws Wrong. No value that is allowed needs percent-encoding.
ListQuery list_query(std::string_view text) {
  ListQuery query;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    const std::size_t equals = pair.find('=');
    take_pair(pair.substr(0, equals), equals == std::string_view::npos ? "" : pair.substr(equals + 1), query);
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
  }
  return query;
}

// The members are few and flat; what is nested deeper is not read, nor ever walked.
Json parse_order(std::string_view body) {
  constexpr int kDepthMax = 4;
  bool too_deep = false;
  Json json = Json::parse(body.empty() ? "{}" : body, [&too_deep](int depth, Json::parse_event_t, Json&) {
    too_deep |= depth > kDepthMax;
    return !too_deep;
  }, false);
  return too_deep ? Json() : json;
}

nlohmann::ordered_json node_json(const core::NodeStatus& node, const std::string& host) {
  nlohmann::ordered_json json{{"fingerprint", fingerprint_of(node.key)}, {"url", node_url(host, node.key)},
                              {"state", core::name_of(node.state)}, {"lifetime", core::name_of(node.lifetime)}};
  if (node.parent) json["parent"] = fingerprint_of(*node.parent);
  if (node.pid != 0) json["pid"] = node.pid;
  json["mailbox"] = node.mailbox;
  json["messages"] = node.messages;
  if (node.last_activity_ms != 0) json["last_activity_ms"] = node.last_activity_ms;
  json["memory_bytes_allotted"] = node.memory_bytes_allotted;
  json["memory_bytes_in_use"] = node.memory_bytes_in_use;
  json["nodes_used"] = node.nodes_used;
  json["awake_used"] = node.awake_used;
  return json;
}

}  // namespace

std::variant<NewNode, core::Problem> parse_new_node(std::string_view body) {
  const Json json = parse_order(body);
  if (!json.is_object()) return bad("The body must be a JSON object.");
  NewNode node;
  try {
    for (const auto& [name, value] : json.items()) {
      if (name == "access") node.record.access.kind = access_from(value);
      else if (name == "only") node.record.access.only = keys_from(value);
      else if (name == "capabilities") node.record.capabilities = capabilities_from(value);
      else if (name == "budget") node.record.budget = budget_from(value);
      else throw Wrong("`" + name + "` is none of access, only, capabilities, budget");
    }
    if (node.record.access.kind != core::AccessKind::Only && !node.record.access.only.empty())
      throw Wrong("`only` goes with `access`: \"only\"");
  } catch (const Wrong& wrong) {
    return bad(std::string(wrong.what()) + ".");
  }
  return node;
}

Response list_nodes(const status::MapReader& map, std::string_view query_text, const RequestFacts& facts) {
  ListQuery query;
  try {
    query = list_query(query_text);
  } catch (const Wrong& wrong) {
    return problem_response(bad(std::string(wrong.what()) + "."), facts);
  }
  std::vector<std::pair<std::string, core::NodeStatus>> nodes;
  for (core::NodeStatus& node : map.read_all()) {
    if ((query.state && node.state != *query.state) || (query.parent && node.parent != query.parent)) continue;
    std::string fingerprint = fingerprint_of(node.key);
    if (fingerprint > query.after) nodes.emplace_back(std::move(fingerprint), std::move(node));
  }
  const std::size_t count = std::min(nodes.size(), query.limit);
  std::partial_sort(nodes.begin(), nodes.begin() + static_cast<std::ptrdiff_t>(count), nodes.end(),
                    [](const auto& a, const auto& b) { return a.first < b.first; });
  nlohmann::ordered_json json{{"nodes", nlohmann::ordered_json::array()}};
  for (std::size_t i = 0; i < count; ++i) json["nodes"].push_back(node_json(nodes[i].second, facts.host));
  if (nodes.size() > count) json["next"] = nodes[count - 1].first;
  return {200, "application/json", {}, json.dump() + "\n"};
}

}  // namespace roost::front
