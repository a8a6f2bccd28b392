// SPDX-License-Identifier: MIT
#include "ops/cli/problem_text.h"

#include <algorithm>
#include <array>
#include <optional>

#include <nlohmann/json.hpp>

namespace roost::cli {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kForeignBodyShown = 300;   // bytes of an answer that is no problem document
constexpr std::size_t kSourceColumnsShown = 100;

std::string text_of(const Json& problem, const char* name) {
  const auto member = problem.find(name);
  if (member == problem.end() || member->is_null()) return {};
  return printable(member->is_string() ? member->get<std::string>() : member->dump());
}

std::size_t number_of(const Json& problem, const char* name) {
  const auto member = problem.find(name);
  return member != problem.end() && member->is_number_unsigned() ? member->get<std::size_t>() : 0;
}

std::string list_of(const Json& problem, const char* name) {
  const auto member = problem.find(name);
  if (member == problem.end() || !member->is_array()) return {};
  std::string list;
  for (const Json& item : *member) {
    if (!list.empty()) list += ", ";
    list += printable(item.is_string() ? item.get<std::string>() : item.dump());
  }
  return list;
}

// After these the program may have run, in part or as a whole: its writes may be there. 502 and 504 come from a server in
// between, which does not know what became of the request.
bool leaves_outcome_unknown(long status, const std::string& kind) {
  static constexpr std::array<const char*, 4> kKinds = {"time-limit", "worker-died", "worker-unresponsive", "storage-failed"};
  return status == 502 || status == 504 || std::find(kKinds.begin(), kKinds.end(), kind) != kKinds.end();
}

std::optional<std::string_view> line_at(std::string_view program, std::size_t number) {
  for (; number > 1; --number) {
    const auto end = program.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    program.remove_prefix(end + 1);
  }
  return program.substr(0, program.find('\n'));
}

// The bytes of the first `count` code points.
std::size_t bytes_of(std::string_view text, std::size_t count) {
  std::size_t at = 0;
  while (at < text.size() && count > 0) {
    do ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80);
    --count;
  }
  return at;
}

// The line with a caret under the place; a long line is cut around it, with `…` where it goes on.
std::string excerpt(std::string_view program, std::size_t line, std::size_t column, const Terminal& terminal) {
  const auto source = line_at(program, line);
  if (!source || column == 0) return {};
  const std::size_t first = column > kSourceColumnsShown ? column - kSourceColumnsShown / 2 : 1;
  const std::string_view rest = source->substr(bytes_of(*source, first - 1));
  const std::string_view shown = rest.substr(0, bytes_of(rest, kSourceColumnsShown));
  const std::string cut_before(first > 1 ? "…" : ""), cut_behind(shown.size() < rest.size() ? "…" : "");
  const std::string before = cut_before + printable(shown.substr(0, bytes_of(shown, column - first)));
  std::string pad;
  std::size_t from = 0;
  for (std::size_t tab; (tab = before.find('\t', from)) != std::string::npos; from = tab + 1)
    pad += std::string(display_width(std::string_view(before).substr(from, tab - from)), ' ') + '\t';
  pad += std::string(display_width(std::string_view(before).substr(from)), ' ');
  const std::string number = std::to_string(line);
  const std::string margin(number.size(), ' ');
  return "  " + terminal.paint(Color::Dim, number + " | ") + cut_before + printable(shown) + cut_behind + "\n  " +
         terminal.paint(Color::Dim, margin + " | ") + pad + terminal.paint(Color::Red, "^") + "\n";
}

ProblemText foreign(const HttpAnswer& answer) {
  std::string text = "the server answered " + std::to_string(answer.status) + " without a problem document";
  if (!answer.body.empty()) text += ":\n" + printable(answer.body.substr(0, kForeignBodyShown));
  return {text + "\n", leaves_outcome_unknown(answer.status, "") ? ExitCode::OutcomeUnknown : ExitCode::Refused};
}

std::string kind_of(const Json& problem) {
  const std::string type = text_of(problem, "type");
  return type.substr(type.rfind('#') + 1);
}

}  // namespace

ProblemText describe_problem(const HttpAnswer& answer, std::string_view program, const Terminal& terminal) {
  const Json problem = Json::parse(answer.body, nullptr, false);
  if (!problem.is_object() || !problem.contains("type")) return foreign(answer);
  const std::string kind = kind_of(problem);
  std::string text = terminal.paint(Color::Red, kind) + ": " + text_of(problem, "title") + "\n";
  const auto add = [&](const char* label, const std::string& value) {
    if (!value.empty()) text += "  " + terminal.paint(Color::Dim, label) + " " + value + "\n";
  };
  const std::string detail = text_of(problem, "detail");
  if (!detail.empty()) text += "  " + detail + "\n";
  const std::size_t line = number_of(problem, "line"), column = number_of(problem, "column");
  text += line > 0 ? excerpt(program, line, column, terminal) : std::string();
  add("place:", line > 0 ? "line " + std::to_string(line) + ", column " + std::to_string(column) : "");
  add("expected:", problem.contains("expected") && problem["expected"].is_string() ? text_of(problem, "expected") : list_of(problem, "expected"));
  add("found:", text_of(problem, "found"));
  for (const Json& sentence : problem.value("because", Json::array())) add("because:", sentence.is_string() ? printable(sentence.get<std::string>()) : "");
  add("names:", list_of(problem, "names"));
  for (const Json& debug : problem.value("debug", Json::array())) add("debug:", debug.is_string() ? printable(debug.get<std::string>()) : "");
  add("definition:", text_of(problem, "definition"));
  add("called by:", list_of(problem, "called_by"));
  add("node:", text_of(problem, "node"));
  add("limit:", text_of(problem, "limit"));
  add("value:", text_of(problem, "value"));
  add("setting:", text_of(problem, "setting"));
  add("fault:", text_of(problem, "fault"));
  const auto retryable = problem.find("retryable");
  if (retryable != problem.end() && *retryable == true) add("retry:", "the same request may succeed later");
  add("request:", text_of(problem, "instance"));
  return {text, leaves_outcome_unknown(answer.status, kind) ? ExitCode::OutcomeUnknown : ExitCode::Refused};
}

}  // namespace roost::cli
