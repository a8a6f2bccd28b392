// SPDX-License-Identifier: MIT
#include "backend/front/response.h"

#include <cstdio>

#include <nlohmann/json.hpp>

namespace roost::front {

namespace {

using Json = nlohmann::ordered_json;

std::string dump(const Json& json) {   // text that is not UTF-8 is shown with replacement characters, never refused
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const char* reason_phrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default: return "Status";
  }
}

const char* name_of_fault(core::Fault fault) {
  switch (fault) {
    case core::Fault::Caller: return "caller";
    case core::Fault::Program: return "program";
    case core::Fault::Container: return "container";
  }
  return "container";
}

std::string server_timing(const core::Timings& timings) {
  const auto ms = [](core::Duration d) { return static_cast<double>(d.count()) / 1e6; };
  char line[160];
  std::snprintf(line, sizeof line, "Server-Timing: queue;dur=%.3f, wake;dur=%.3f, eval;dur=%.3f, commit;dur=%.3f\r\n",
                ms(timings.queue), ms(timings.wake), ms(timings.eval), ms(timings.commit));
  return line;
}

std::string applied(const RequestFacts& facts) {
  if (!facts.debug && !facts.wait) return {};
  std::string line = "Preference-Applied: ";
  if (facts.debug) line += "debug";
  if (facts.debug && facts.wait) line += ", ";
  if (facts.wait) line += "wait=" + std::to_string(std::chrono::duration_cast<std::chrono::seconds>(*facts.wait).count());
  return line + "\r\n";
}

Response value_response(const core::Value& value, const RequestFacts& facts) {
  Response response;
  if (value.format == wire::Format::Text) {
    response.content_type = "text/plain; charset=utf-8";
    for (const std::string& line : value.debug) response.body += line + "\n";
    response.body += value.content + "\n";
    return response;
  }
  if (!facts.debug) {
    response.body = value.content + "\n";
    return response;
  }
  response.body = "{\"value\":" + value.content + ",\"debug\":" + dump(Json(value.debug)) + "}\n";
  return response;
}

Json budget_json(const core::NodeDescription& node) {
  const auto limit = [](const std::optional<std::uint64_t>& most, std::uint64_t used) {
    return Json{{"used", used}, {"limit", most ? Json(*most) : Json(nullptr)}};
  };
  return {{"nodes", limit(node.budget.nodes, node.nodes_used)},
          {"awake", limit(node.budget.awake, node.awake_used)},
          {"memory_bytes", limit(node.budget.memory_bytes, node.memory_bytes_used)}};
}

Json access_json(const core::NodeDescription& node, const RequestFacts& facts) {
  if (node.access.kind != core::AccessKind::Only) return core::name_of(node.access.kind);
  if (!facts.operator_door) return "only";   // the list itself is the operator's
  Json only = Json::array();
  for (const PublicKey& key : node.access.only) only.push_back(fingerprint_of(key));
  return {{"only", only}};
}

Response description_response(const core::NodeDescription& node, const RequestFacts& facts) {
  Json json{{"fingerprint", fingerprint_of(node.key)}, {"url", node_url(facts.host, node.key)},
            {"state", core::name_of(node.state)}, {"lifetime", core::name_of(node.lifetime)},
            {"access", access_json(node, facts)}};
  json["capabilities"] = Json::array();
  for (unsigned i = 0; i < wire::kCapabilitiesCount; ++i)
    if (const auto one = static_cast<wire::Capability>(i); wire::allows(node.capabilities, one))
      json["capabilities"].push_back(name_of_capability(one));
  if (node.parent) json["parent"] = fingerprint_of(*node.parent);
  if (facts.operator_door) {
    json["budget"] = budget_json(node);
    json["children"] = node.children;
    json["mailbox"] = node.mailbox;
    json["messages"] = node.messages;
    if (node.last_activity)
      json["last_activity_ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(node.last_activity->time_since_epoch()).count();
    if (!node.last_exit.empty()) json["last_exit"] = node.last_exit;
  }
  return {200, "application/json", {}, dump(json) + "\n"};
}

Response done_response(const core::Done& done, const RequestFacts& facts) {
  Json json{{"fingerprint", fingerprint_of(done.node)}, {"url", node_url(facts.host, done.node)}};
  if (!facts.seed.empty()) json["seed"] = facts.seed;
  return {facts.seed.empty() ? 200 : 201, "application/json", {}, dump(json) + "\n"};
}

}  // namespace

std::string node_url(const std::string& host, const PublicKey& key) { return "https://" + host + "/" + fingerprint_of(key); }

const char* name_of_capability(wire::Capability capability) {
  switch (capability) {
    case wire::Capability::Spawn: return "spawn";
    case wire::Capability::State: return "state";
    case wire::Capability::Clock: return "clock";
    case wire::Capability::Random: return "random";
    case wire::Capability::ContactAll: return "contact-all";
    case wire::Capability::Http: return "http";
  }
  return "unknown";
}

// What a type error calls its names: the type wanted, the type found, then why (worker/wire/frames.h).
void add_names(Json& json, const core::Problem& problem) {
  if (problem.names.empty()) return;
  if (problem.kind == core::ProblemKind::TypeError && problem.names.size() >= 2) {
    if (!problem.names[0].empty()) json["expected"] = problem.names[0];
    if (!problem.names[1].empty()) json["found"] = problem.names[1];
    if (problem.names.size() > 2) json["because"] = std::vector<std::string>(problem.names.begin() + 2, problem.names.end());
    return;
  }
  json[problem.kind == core::ProblemKind::SyntaxError ? "expected" : "names"] = problem.names;
}

Response problem_response(const core::Problem& problem, const RequestFacts& facts, const std::string& allow) {
  const core::ProblemTraits& traits = core::traits_of(problem.kind);
  Json json{{"type", std::string("/-/problems#") + traits.name}, {"title", traits.title}, {"status", traits.status},
            {"detail", problem.detail}, {"instance", "/-/requests/" + facts.instance}, {"retryable", traits.retryable},
            {"fault", name_of_fault(traits.fault)}};
  if (problem.node) json["node"] = fingerprint_of(*problem.node);
  if (!problem.definition.empty()) json["definition"] = problem.definition;
  if (!problem.chain.empty()) json["called_by"] = problem.chain;
  if (problem.line != 0) {
    json["line"] = problem.line;
    json["column"] = problem.column;
    if (!problem.source.empty()) json["source"] = problem.source;
  }
  add_names(json, problem);
  if (!problem.debug.empty()) json["debug"] = problem.debug;
  if (!problem.limit.empty()) json["limit"] = problem.limit;
  if (!problem.value.empty()) json["value"] = problem.value;
  if (!problem.setting.empty()) json["setting"] = problem.setting;
  Response response{traits.status, "application/problem+json", {}, dump(json) + "\n"};
  if (problem.retry_after_s > 0) response.headers += "Retry-After: " + std::to_string(problem.retry_after_s) + "\r\n";
  if (!allow.empty()) response.headers += "Allow: " + allow + "\r\n";
  return response;
}

Response response_of(const core::Answer& answer, const RequestFacts& facts) {
  struct Visit {
    const RequestFacts& facts;
    Response operator()(const core::Value& value) const { return value_response(value, facts); }
    Response operator()(const core::Problem& problem) const { return problem_response(problem, facts); }
    Response operator()(const core::NodeDescription& node) const { return description_response(node, facts); }
    Response operator()(const core::Done& done) const { return done_response(done, facts); }
  };
  Response response = std::visit(Visit{facts}, answer.content);
  response.headers += server_timing(answer.timings) + applied(facts);
  return response;
}

std::string cgi_text(const Response& response, bool head) {
  std::string text;
  text.reserve(256 + response.headers.size() + response.body.size());
  if (response.status != 200) text += "Status: " + std::to_string(response.status) + " " + reason_phrase(response.status) + "\r\n";
  text += "Content-Type: " + response.content_type + "\r\nContent-Length: " + std::to_string(response.body.size()) + "\r\n";
  text += response.headers;
  text += "\r\n";
  if (!head) text += response.body;
  return text;
}

}  // namespace roost::front
