// SPDX-License-Identifier: MIT
#include "backend/front/log.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>

#include <nlohmann/json.hpp>
#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

#include "worker/wire/cut_text.h"

namespace roost::front {

namespace {

constexpr std::size_t kQueueLines = 8192;
constexpr std::size_t kWaitingBytesMax = 32u << 20;
constexpr std::size_t kWaitingBytesForAll = kWaitingBytesMax / 4 * 3;   // the rest is for the container's own warnings and errors

spdlog::level::level_enum level_named(const std::string& name) {
  if (name == "debug") return spdlog::level::debug;
  if (name == "warning") return spdlog::level::warn;
  if (name == "error") return spdlog::level::err;
  return spdlog::level::info;
}

spdlog::level::level_enum level_of(core::LogLevel level) {
  switch (level) {
    case core::LogLevel::Debug: return spdlog::level::debug;
    case core::LogLevel::Info: return spdlog::level::info;
    case core::LogLevel::Warning: return spdlog::level::warn;
    case core::LogLevel::Error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

const char* name_of(core::LogLevel level) {
  switch (level) {
    case core::LogLevel::Debug: return "debug";
    case core::LogLevel::Info: return "info";
    case core::LogLevel::Warning: return "warning";
    case core::LogLevel::Error: return "error";
  }
  return "info";
}

std::string time_text() {   // RFC 3339, UTC
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text + size, sizeof text - size, ".%03dZ", static_cast<int>(ms));
  return text;
}

// What is said of a program may hold as much as the program liked.
std::string message_of(const core::LogEvent& event) { return wire::cut_text(event.message, wire::kLogLineBytesMax); }

std::string json_line(const core::LogEvent& event, const std::string& request) {
  nlohmann::ordered_json json{{"time", time_text()}, {"level", name_of(event.level)}, {"event", event.event}};
  if (event.node) json["node"] = fingerprint_of(*event.node);
  if (!request.empty()) json["request"] = request;
  if (!event.message.empty()) json["message"] = message_of(event);
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

// What programs and clients write cannot begin a new line of the log, nor speak to the terminal that shows it.
std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
  return text;
}

std::string text_line(const core::LogEvent& event, const std::string& request) {
  std::string line = time_text() + " " + name_of(event.level) + " " + std::string(event.event);
  if (event.node) line += " node=" + fingerprint_of(*event.node);
  if (!request.empty()) line += " request=" + one_line(request);
  if (event.message.empty()) return line;
  return line + " " + one_line(message_of(event));
}

std::string line_of(bool json, const core::LogEvent& event, const std::string& request) {
  return json ? json_line(event, request) : text_line(event, request);
}

// stderr, and the room for what waits to be written to it: taken by those who log, given back when it is written. Each line takes so
// much that spdlog's queue has a place for all that are let in: nobody waits for one.
class Stderr final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit Stderr(bool json) : json_(json) {}

  // False: there is none, and the line is counted among those that are lost. Thread: any.
  [[nodiscard]] bool take_room(std::size_t line_bytes, std::size_t waiting_max) {
    const std::size_t room = room_for(line_bytes);
    if (waiting_.fetch_add(room) + room <= waiting_max) return true;
    waiting_ -= room;
    ++lost_;
    return false;
  }

 private:
  static std::size_t room_for(std::size_t line_bytes) { return std::max(line_bytes, kWaitingBytesMax / kQueueLines); }

  void sink_it_(const spdlog::details::log_msg& line) override {
    spdlog::memory_buf_t text;
    formatter_->format(line, text);
    std::fwrite(text.data(), 1, text.size(), stderr);
    waiting_ -= room_for(line.payload.size());
    if (lost_ > 0 && waiting_ <= kWaitingBytesMax / 2) tell_lost();
  }
  void flush_() override { std::fflush(stderr); }

  void tell_lost() {
    const std::string what = std::to_string(lost_.exchange(0)) + " lines were left out: they came faster than they could be written (" +
                             std::to_string(kWaitingBytesMax) + " bytes may wait)";
    const std::string line = line_of(json_, {core::LogLevel::Warning, "log", {}, 0, what}, {}) + "\n";
    std::fwrite(line.data(), 1, line.size(), stderr);
  }

  const bool json_;
  std::atomic<std::size_t> waiting_ = 0;
  std::atomic<std::uint64_t> lost_ = 0;
};

}  // namespace

class Log::Writer {
 public:
  Writer(bool json, spdlog::level::level_enum level, RequestName request_name)
      : json_(json), request_name_(std::move(request_name)), stderr_(std::make_shared<Stderr>(json)) {
    pool_ = std::make_shared<spdlog::details::thread_pool>(kQueueLines, 1);
    logger_ = std::make_shared<spdlog::async_logger>("roostd", stderr_, pool_, spdlog::async_overflow_policy::block);
    logger_->set_pattern("%v");
    logger_->set_level(level);
  }

  void write(const core::LogEvent& event) {
    const auto level = level_of(event.level);
    if (!logger_->should_log(level)) return;
    const std::string line = line_of(json_, event, name_of_request(event.request));
    const bool is_spared = event.level >= core::LogLevel::Warning && !event.of_program;
    if (stderr_->take_room(line.size(), is_spared ? kWaitingBytesMax : kWaitingBytesForAll)) logger_->log(level, line);
  }

  void change_level(spdlog::level::level_enum level) { logger_->set_level(level); }

 private:
  [[nodiscard]] std::string name_of_request(std::uint64_t request) const {
    if (request == 0) return {};
    std::string name = request_name_(request);
    return name.empty() ? "#" + std::to_string(request) : name;
  }

  bool json_;
  RequestName request_name_;
  std::shared_ptr<Stderr> stderr_;
  std::shared_ptr<spdlog::async_logger> logger_;
  std::shared_ptr<spdlog::details::thread_pool> pool_;   // destroyed first: it writes out its queue and ends its thread
};

Log::Log(const std::string& format, const std::string& level, RequestName request_name)
    : writer_(std::make_unique<Writer>(format == "json", level_named(level), std::move(request_name))) {}
Log::~Log() = default;
void Log::log(const core::LogEvent& event) { writer_->write(event); }
void Log::change_level(const std::string& level) { writer_->change_level(level_named(level)); }

}  // namespace roost::front
