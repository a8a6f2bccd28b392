// SPDX-License-Identifier: MIT
#include "backend/front/http.h"

#include <algorithm>
#include <charconv>

#include <utf8proc.h>

namespace roost::front {

namespace {

using core::ProblemKind;

Refusal refuse(ProblemKind kind, std::string detail, std::string allow = {}) {
  core::Problem problem;
  problem.kind = kind;
  problem.detail = std::move(detail);
  return {std::move(problem), std::move(allow)};
}

Refusal method_refused(std::string_view method, const char* allow) {
  return refuse(ProblemKind::MethodNotAllowed, "`" + std::string(method) + "` has no meaning here; allowed: " + allow + ".", allow);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

// Calls back for each element of a comma-separated list.
template <typename Callback>
void for_each_element(std::string_view list, Callback callback) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    callback(trimmed(list.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

double quality_of(std::string_view parameters) {
  const std::size_t at = parameters.find("q=");
  if (at == std::string_view::npos) return 1;
  double q = 0;
  const std::string_view number = parameters.substr(at + 2);
  std::from_chars(number.data(), number.data() + number.size(), q);
  return q;
}

// How much one form is wanted: by the most specific media range that fits it (RFC 9110 section 12.5.1).
struct Wanted {
  double quality = 0;
  int specificity = 0;   // 0: no range fits, 1: */*, 2: type/*, 3: type/subtype
  void take(double q, int how_specific) {
    if (how_specific < specificity) return;
    quality = q;
    specificity = how_specific;
  }
};

// The form with the highest quality; of two with the same, the one that was named more exactly; text on a tie.
std::optional<wire::Format> format_of(std::string_view accept) {
  if (accept.empty() || accept == "*/*") return wire::Format::Text;
  Wanted text, json;
  for_each_element(accept, [&](std::string_view element) {
    const std::size_t semicolon = element.find(';');
    const std::string range = lower(trimmed(element.substr(0, semicolon)));
    const double q = semicolon == std::string_view::npos ? 1 : quality_of(element.substr(semicolon));
    if (range == "*/*") text.take(q, 1), json.take(q, 1);
    if (range == "text/*") text.take(q, 2);
    if (range == "application/*") json.take(q, 2);
    if (range == "text/plain") text.take(q, 3);
    if (range == "application/json") json.take(q, 3);
  });
  if (text.quality == 0 && json.quality == 0) return std::nullopt;
  if (json.quality != text.quality) return json.quality > text.quality ? wire::Format::Json : wire::Format::Text;
  return json.specificity > text.specificity ? wire::Format::Json : wire::Format::Text;
}

// A program is text in UTF-8; US-ASCII is a part of it. curl says application/x-www-form-urlencoded for any body.
bool is_program_type(std::string_view content_type) {
  const std::size_t semicolon = content_type.find(';');
  const std::string type = lower(trimmed(content_type.substr(0, semicolon)));
  if (!type.empty() && type != "text/plain" && type != "application/x-www-form-urlencoded") return false;
  const std::string parameters = semicolon == std::string_view::npos ? std::string() : lower(content_type.substr(semicolon));
  const std::size_t charset = parameters.find("charset=");
  if (charset == std::string::npos) return true;
  std::string_view name = std::string_view(parameters).substr(charset + 8);
  name = trimmed(name.substr(0, name.find(';')));
  return name == "utf-8" || name == "\"utf-8\"" || name == "us-ascii" || name == "\"us-ascii\"";
}

// Seconds of `Prefer: wait=N` (RFC 7240); what is no number is no preference.
std::optional<core::Duration> wait_of(std::string_view value) {
  constexpr unsigned kWaitMax = 86'400;   // longer than any request_timeout_ms
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
  unsigned seconds = 0;
  const auto read = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (read.ec != std::errc{} || read.ptr != value.data() + value.size() || seconds == 0 || seconds > kWaitMax) return std::nullopt;
  return std::chrono::seconds(seconds);
}

void take_preference(std::string_view preference, EvalTarget& target) {
  const std::string name = lower(trimmed(preference.substr(0, preference.find(';'))));
  if (name == "debug") target.wants_debug = true;
  if (name.starts_with("wait=")) target.wait = wait_of(std::string_view(name).substr(5));
}

std::variant<Target, Refusal> eval_target(const PublicKey& node, const Parameters& p) {
  if (!is_program_type(p.content_type))
    return refuse(ProblemKind::UnsupportedMediaType, "A program is text/plain; this body is `" + std::string(p.content_type) + "`.");
  const auto format = format_of(p.accept);
  if (!format)
    return refuse(ProblemKind::NotAcceptable,
                  "Values are answered as text/plain or application/json; the request accepts `" + std::string(p.accept) + "`.");
  EvalTarget target{node, *format, false, std::nullopt};
  for_each_element(p.prefer, [&target](std::string_view preference) { take_preference(preference, target); });
  return target;
}

std::variant<PublicKey, Refusal> node_in(std::string_view text) {
  auto key = parse_fingerprint(text);
  if (key.ok()) return key.value();
  return refuse(ProblemKind::MalformedFingerprint,
                "`" + std::string(text.substr(0, 80)) + "` is not a node's fingerprint: " + describe(key.error()));
}

std::variant<Target, Refusal> public_target(std::string_view path, const Parameters& p) {
  const bool reads = p.method == "GET" || p.method == "HEAD";
  if (path == "/-/healthz" || path == "/-/readyz") {
    if (!reads) return method_refused(p.method, "GET, HEAD");
    return path == "/-/healthz" ? Target{HealthTarget{}} : Target{ReadyTarget{}};
  }
  const std::string_view name = path.substr(1);
  if (name.empty() || name.find('/') != std::string_view::npos)
    return refuse(ProblemKind::NotFound, "There is nothing here. A node is at /<fingerprint>, 56 characters of a-z and 2-7.");
  const auto node = node_in(name);
  if (const auto* refusal = std::get_if<Refusal>(&node)) return *refusal;
  if (p.method == "POST") return eval_target(std::get<PublicKey>(node), p);
  if (reads) return Target{DescribeTarget{std::get<PublicKey>(node)}};
  return method_refused(p.method, "GET, HEAD, POST");
}

std::variant<Target, Refusal> operator_target(std::string_view path, std::string_view query, const Parameters& p) {
  const bool reads = p.method == "GET" || p.method == "HEAD";
  if (path == "/drain") return p.method == "POST" ? std::variant<Target, Refusal>{Target{DrainTarget{}}} : method_refused(p.method, "POST");
  if (path == "/nodes") {
    if (reads) return Target{ListTarget{std::string(query)}};
    if (p.method == "POST") return Target{CreateTarget{}};
    return method_refused(p.method, "GET, HEAD, POST");
  }
  if (!path.starts_with("/nodes/")) return public_target(path, p);
  std::string_view name = path.substr(7);
  const bool sleep = name.ends_with("/sleep");
  if (sleep) name.remove_suffix(6);
  const auto node = node_in(name);
  if (const auto* refusal = std::get_if<Refusal>(&node)) return *refusal;
  const PublicKey& key = std::get<PublicKey>(node);
  if (sleep) return p.method == "POST" ? std::variant<Target, Refusal>{Target{SleepTarget{key}}} : method_refused(p.method, "POST");
  if (reads) return Target{DescribeTarget{key}};
  if (p.method == "DELETE") return Target{DestroyTarget{key}};
  return method_refused(p.method, "GET, HEAD, DELETE");
}

// Requires: `text` is UTF-8.
TextPlace place_after(std::string_view text) {
  TextPlace place;
  for (const char c : text) {
    if (c == '\n') {
      ++place.line;
      place.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      ++place.column;
    }
  }
  return place;
}

// What can be said of a program's bytes before anything reads it.
std::optional<Refusal> text_refused(const EvalTarget& target, std::string_view program) {
  const auto place = not_utf8_at(program);
  if (!place) return std::nullopt;
  Refusal refusal;
  refusal.problem.kind = ProblemKind::SyntaxError;
  refusal.problem.detail = "The program is not UTF-8 text: a byte at line " + std::to_string(place->line) + ", column " +
                           std::to_string(place->column) + " belongs to no character.";
  refusal.problem.node = target.node;
  refusal.problem.line = place->line;
  refusal.problem.column = place->column;
  refusal.problem.names = {"UTF-8 text"};
  return refusal;
}

}  // namespace

std::variant<Target, Refusal> route(Door door, const Parameters& parameters) {
  const std::size_t question = parameters.uri.find('?');
  const std::string_view path = parameters.uri.substr(0, question);
  const std::string_view query = question == std::string_view::npos ? std::string_view{} : parameters.uri.substr(question + 1);
  if (path.empty() || path.front() != '/') return refuse(ProblemKind::BadRequest, "The request has no path.");
  return door == Door::Public ? public_target(path, parameters) : operator_target(path, query, parameters);
}

std::variant<std::uint64_t, Refusal> body_length(const Parameters& parameters, std::uint64_t most) {
  if (parameters.content_length.empty()) return std::uint64_t{0};
  std::uint64_t length = 0;
  const char* end = parameters.content_length.data() + parameters.content_length.size();
  const auto read = std::from_chars(parameters.content_length.data(), end, length);
  if (read.ec != std::errc{} || read.ptr != end) return refuse(ProblemKind::BadRequest, "Content-Length is not a number.");
  if (length <= most) return length;
  Refusal refusal =
      refuse(ProblemKind::BodyTooLarge,
             "The body has " + std::to_string(length) + " bytes; at most " + std::to_string(most) + " are taken.");
  refusal.problem.value = std::to_string(length);
  refusal.problem.limit = std::to_string(most);
  refusal.problem.setting = "body_bytes_max";
  return refusal;
}

std::optional<TextPlace> not_utf8_at(std::string_view bytes) {
  const auto* const start = reinterpret_cast<const utf8proc_uint8_t*>(bytes.data());
  const auto* const end = start + bytes.size();
  for (const utf8proc_uint8_t* at = start; at < end;) {
    utf8proc_int32_t point = *at;
    const utf8proc_ssize_t length = *at < 0x80 ? 1 : utf8proc_iterate(at, end - at, &point);
    if (length <= 0) return place_after(bytes.substr(0, static_cast<std::size_t>(at - start)));
    at += length;
  }
  return std::nullopt;
}

std::variant<Target, Refusal> understand(Door door, const Parameters& parameters, const std::optional<std::string>& body,
                                         std::uint64_t body_bytes_max) {
  const auto length = body_length(parameters, body_bytes_max);
  if (const auto* refusal = std::get_if<Refusal>(&length)) return *refusal;
  if (!body)
    return refuse(ProblemKind::BadRequest,
                  "The body has more than " + std::to_string(body_bytes_max) + " bytes, which were not announced.");
  const std::uint64_t announced = std::get<std::uint64_t>(length);
  if (body->size() < announced)
    return refuse(ProblemKind::BadRequest, "The body ended after " + std::to_string(body->size()) + " of the announced " +
                                               std::to_string(announced) + " bytes.");
  auto target = route(door, parameters);
  if (!std::holds_alternative<Target>(target)) return target;
  if (const auto* eval = std::get_if<EvalTarget>(&std::get<Target>(target)))
    if (auto refusal = text_refused(*eval, *body)) return *std::move(refusal);
  return target;
}

}  // namespace roost::front
