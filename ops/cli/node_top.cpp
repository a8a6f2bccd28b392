// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <chrono>
#include <iostream>
#include <thread>
#include <unordered_map>

#include "ops/cli/commands.h"
#include "ops/cli/node_view.h"

namespace roost::cli {
namespace {

constexpr std::size_t kRowsWithoutTerminal = 20;
constexpr std::size_t kHeaderLines = 4;
constexpr std::size_t kFingerprintShown = 16;   // 80 bits: enough to tell nodes apart and to type after `node show`

using Messages = std::unordered_map<PublicKey, std::uint64_t, PublicKeyHash>;

struct Rated {
  const NodeRow* row;
  double messages_per_s;
};

std::vector<Rated> busiest(const Picture& picture, const Messages& before, double seconds, std::size_t count) {
  std::vector<Rated> rated;
  for (const NodeRow& row : picture.rows) {
    const auto earlier = before.find(row.status.key);
    const std::uint64_t since = earlier == before.end() || earlier->second > row.status.messages ? row.status.messages
                                                                                                : earlier->second;
    rated.push_back({&row, seconds > 0 ? static_cast<double>(row.status.messages - since) / seconds : 0});
  }
  const auto busier = [](const Rated& a, const Rated& b) {
    const core::NodeStatus &x = a.row->status, &y = b.row->status;
    const auto key = [](double rate, const core::NodeStatus& s) {
      return std::tuple(rate, s.mailbox, s.pid != 0, s.messages, s.last_activity_ms);
    };
    return key(a.messages_per_s, x) > key(b.messages_per_s, y);
  };
  count = std::min(count, rated.size());
  std::partial_sort(rated.begin(), rated.begin() + static_cast<std::ptrdiff_t>(count), rated.end(), busier);
  rated.resize(count);
  return rated;
}

void print_summary(const Picture& picture, double messages_per_s, const Terminal& terminal) {
  std::array<std::size_t, 6> states{};
  std::uint64_t memory = 0, mailbox = 0;
  for (const NodeRow& row : picture.rows) {
    ++states[static_cast<std::size_t>(row.status.state) % states.size()];
    memory += row.status.memory_bytes_in_use;
    mailbox += row.status.mailbox;
  }
  std::cout << terminal.paint(Color::Bold, picture.facts.host) << "  roostd " << picture.facts.writer_pid << ", up "
            << age_text(picture.facts.started_ms, now_ms())
            << (picture.writer_alive ? "" : terminal.paint(Color::Red, "  GONE")) << "  " << picture.rows.size() << " nodes of "
            << picture.facts.slots << '\n';
  for (std::size_t i = 0; i < states.size(); ++i)
    std::cout << (i ? ", " : "") << states[i] << ' ' << core::name_of(static_cast<core::NodeState>(i));
  std::cout << "\nmemory in use " << bytes_text(memory) << ", waiting messages " << mailbox << ", "
            << static_cast<std::uint64_t>(messages_per_s) << " messages/s\n";
}

void print_table(const std::vector<Rated>& rated, const Terminal& terminal) {
  std::cout << terminal.paint(Color::Bold, cell("NODE", kFingerprintShown) + "  " + cell("STATE", 9) + "  " +
                                               cell_right("PID", 7) + "  " + cell_right("MAILBOX", 7) + "  " +
                                               cell_right("MESSAGES", 9) + "  " + cell_right("PER S", 7) + "  " +
                                               cell_right("MEMORY", 7) + "  " + cell_right("SINCE", 5))
            << '\n';
  const std::int64_t now = now_ms();
  for (const Rated& one : rated) {
    const core::NodeStatus& status = one.row->status;
    std::cout << one.row->fingerprint.substr(0, kFingerprintShown) << "  "
              << terminal.paint(color_of(status.state), cell(core::name_of(status.state), 9)) << "  "
              << cell_right(status.pid ? std::to_string(status.pid) : "-", 7) << "  "
              << cell_right(std::to_string(status.mailbox), 7) << "  " << cell_right(std::to_string(status.messages), 9) << "  "
              << cell_right(std::to_string(static_cast<std::uint64_t>(one.messages_per_s)), 7) << "  "
              << cell_right(bytes_text(status.memory_bytes_in_use), 7) << "  "
              << cell_right(age_text(status.last_activity_ms, now), 5) << '\n';
  }
}

std::size_t rows_to_show(const NodeTop& command, const Terminal& terminal) {
  if (command.rows > 0) return command.rows;
  if (!terminal.interactive()) return kRowsWithoutTerminal;
  return terminal.rows() > kHeaderLines + 1 ? terminal.rows() - kHeaderLines - 1 : 1;
}

}  // namespace

ExitCode run_node_top(const NodeTop& command, const Home& home, const Surroundings& surroundings) {
  const Terminal terminal(1, surroundings.color);
  const bool once = command.once || !terminal.interactive();
  auto reader = open_map(home);
  Messages before;
  std::uint64_t total_before = 0;
  auto taken = std::chrono::steady_clock::time_point{};
  for (;;) {
    const Picture picture = take_picture(*reader);
    const auto now = std::chrono::steady_clock::now();
    const double seconds = before.empty() ? 0 : std::chrono::duration<double>(now - taken).count();
    std::uint64_t total = 0;
    for (const NodeRow& row : picture.rows) total += row.status.messages;
    const double rate = seconds > 0 && total >= total_before ? static_cast<double>(total - total_before) / seconds : 0;
    if (!once) std::cout << "\033[H\033[J";
    print_summary(picture, rate, terminal);
    print_table(busiest(picture, before, seconds, rows_to_show(command, terminal)), terminal);
    std::cout.flush();
    if (once) {
      warn_if_gone(picture, Terminal(2, surroundings.color));
      return ExitCode::Done;
    }
    before.clear();
    for (const NodeRow& row : picture.rows) before.emplace(row.status.key, row.status.messages);
    total_before = total;
    taken = now;
    std::this_thread::sleep_for(std::chrono::duration<double>(command.interval_s));
    if (!picture.writer_alive) {   // a roostd that was started again has made another map
      if (auto next = status::MapReader::open(home.map_name())) reader = std::move(next).value();
    }
  }
}

}  // namespace roost::cli
