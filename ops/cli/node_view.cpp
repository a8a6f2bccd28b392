// SPDX-License-Identifier: MIT
#include "ops/cli/node_view.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <iostream>

#include <nlohmann/json.hpp>

#include "worker/wire/fingerprint.h"

namespace roost::cli {
namespace {

constexpr std::size_t kAmbiguousShown = 5;

}  // namespace

std::unique_ptr<status::MapReader> open_map(const Home& home) {
  auto reader = status::MapReader::open(home.map_name());
  if (!reader) throw Ended(ExitCode::CannotReach, reader.error());
  return std::move(reader).value();
}

Picture take_picture(const status::MapReader& reader) {
  Picture picture;
  for (core::NodeStatus& status : reader.read_all()) {
    std::string fingerprint = fingerprint_of(status.key);
    picture.rows.push_back({std::move(fingerprint), std::move(status)});
  }
  std::sort(picture.rows.begin(), picture.rows.end(),
            [](const NodeRow& a, const NodeRow& b) { return a.fingerprint < b.fingerprint; });
  picture.facts = reader.facts();
  picture.writer_alive = reader.writer_alive();
  return picture;
}

void warn_if_gone(const Picture& picture, const Terminal& stderr_terminal) {
  if (picture.writer_alive) return;
  std::cerr << stderr_terminal.paint(Color::Yellow, "roostd is gone or hangs") << ": process " << picture.facts.writer_pid
            << " last wrote the map at " << time_text(picture.facts.heartbeat_ms) << " ("
            << age_text(picture.facts.heartbeat_ms, now_ms()) << " ago); this is what it knew then\n";
}

const NodeRow& find_node(const Picture& picture, std::string_view beginning) {
  const auto less = [](const NodeRow& row, std::string_view text) { return row.fingerprint < text; };
  const auto first = std::lower_bound(picture.rows.begin(), picture.rows.end(), beginning, less);
  auto last = first;
  while (last != picture.rows.end() && last->fingerprint.starts_with(beginning)) ++last;
  if (last - first == 1) return *first;
  if (first == last)
    throw Ended(ExitCode::Refused, "no node of this container has a fingerprint that begins with `" +
                                       printable(beginning) + "` (" + std::to_string(picture.rows.size()) + " nodes)");
  std::string message = "`" + std::string(beginning) + "` begins " + std::to_string(last - first) + " fingerprints:";
  for (auto row = first; row != last && static_cast<std::size_t>(row - first) < kAmbiguousShown; ++row)
    message += "\n  " + row->fingerprint;
  if (static_cast<std::size_t>(last - first) > kAmbiguousShown) message += "\n  …";
  throw Ended(ExitCode::Refused, message);
}

nlohmann::json json_of(const NodeRow& row, const std::string& host) {
  const core::NodeStatus& status = row.status;
  nlohmann::json json = {
      {"fingerprint", row.fingerprint},
      {"url", "https://" + host + "/" + row.fingerprint},
      {"parent", nullptr},
      {"state", core::name_of(status.state)},
      {"lifetime", core::name_of(status.lifetime)},
      {"pid", nullptr},
      {"mailbox", status.mailbox},
      {"messages", status.messages},
      {"last_activity", nullptr},
      {"memory_bytes_allotted", status.memory_bytes_allotted},
      {"memory_bytes_in_use", status.memory_bytes_in_use},
      {"nodes_used", status.nodes_used},
      {"awake_used", status.awake_used},
  };
  if (status.parent) json["parent"] = fingerprint_of(*status.parent);
  if (status.pid != 0) json["pid"] = status.pid;
  if (status.last_activity_ms != 0) json["last_activity"] = time_text(status.last_activity_ms);
  return json;
}

nlohmann::json json_of(const status::MapFacts& facts, bool writer_alive) {
  return {{"host", facts.host},
          {"pid", facts.writer_pid},
          {"alive", writer_alive},
          {"started", time_text(facts.started_ms)},
          {"heartbeat", time_text(facts.heartbeat_ms)},
          {"nodes_max", facts.slots}};
}

Color color_of(core::NodeState state) {
  switch (state) {
    case core::NodeState::Asleep: return Color::Dim;
    case core::NodeState::Waking: return Color::Yellow;
    case core::NodeState::Idle: return Color::Plain;
    case core::NodeState::Active: return Color::Green;
    case core::NodeState::Draining: return Color::Blue;
    case core::NodeState::Destroyed: return Color::Red;
  }
  return Color::Plain;
}

std::string bytes_text(std::uint64_t bytes) {
  static constexpr char kUnits[] = {'B', 'K', 'M', 'G', 'T', 'P'};
  double amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; amount >= 1024 && unit + 1 < sizeof kUnits; ++unit) amount /= 1024;
  char text[16];
  std::snprintf(text, sizeof text, unit == 0 || amount >= 100 ? "%.0f%c" : "%.1f%c", amount, kUnits[unit]);
  return bytes == 0 ? "0" : text;
}

std::string age_text(std::int64_t then_ms, std::int64_t now) {
  if (then_ms == 0) return "-";
  const std::int64_t seconds = std::max<std::int64_t>(0, now - then_ms) / 1000;
  if (seconds < 120) return std::to_string(seconds) + "s";
  if (seconds < 7200) return std::to_string(seconds / 60) + "m";
  if (seconds < 172800) return std::to_string(seconds / 3600) + "h";
  return std::to_string(seconds / 86400) + "d";
}

std::string time_text(std::int64_t unix_ms) {
  const std::time_t seconds = unix_ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::string cell(std::string_view text, std::size_t columns) {
  std::string padded(text);
  if (padded.size() < columns) padded.append(columns - padded.size(), ' ');
  return padded;
}

std::string cell_right(std::string_view text, std::size_t columns) {
  return text.size() < columns ? std::string(columns - text.size(), ' ') + std::string(text) : std::string(text);
}

}  // namespace roost::cli
