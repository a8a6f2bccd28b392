// SPDX-License-Identifier: MIT
#include "backend/front/log.h"

#include <chrono>

#include <nlohmann/json.hpp>
#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace roost::front {

namespace {

constexpr std::size_t kQueueLines = 8192;

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

std::string json_line(const core::LogEvent& event, const std::string& request) {
  nlohmann::ordered_json json{{"time", time_text()}, {"level", name_of(event.level)}, {"event", event.event}};
  if (event.node) json["node"] = fingerprint_of(*event.node);
  if (!request.empty()) json["request"] = request;
  if (!event.message.empty()) json["message"] = event.message;
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
  return line + " " + one_line(event.message);
}

}  // namespace

class Log::Writer {
 public:
  Writer(bool json, spdlog::level::level_enum level, RequestName request_name)
      : json_(json), request_name_(std::move(request_name)) {
    pool_ = std::make_shared<spdlog::details::thread_pool>(kQueueLines, 1);
    logger_ = std::make_shared<spdlog::async_logger>("roostd", std::make_shared<spdlog::sinks::stderr_sink_mt>(), pool_,
                                                     spdlog::async_overflow_policy::block);
    logger_->set_pattern("%v");
    logger_->set_level(level);
  }

  void write(const core::LogEvent& event) {
    const auto level = level_of(event.level);
    if (!logger_->should_log(level)) return;
    const std::string request = name_of_request(event.request);
    logger_->log(level, json_ ? json_line(event, request) : text_line(event, request));
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
  std::shared_ptr<spdlog::async_logger> logger_;
  std::shared_ptr<spdlog::details::thread_pool> pool_;   // destroyed first: it writes out its queue and ends its thread
};

Log::Log(const std::string& format, const std::string& level, RequestName request_name)
    : writer_(std::make_unique<Writer>(format == "json", level_named(level), std::move(request_name))) {}
Log::~Log() = default;
void Log::log(const core::LogEvent& event) { writer_->write(event); }
void Log::change_level(const std::string& level) { writer_->change_level(level_named(level)); }

}  // namespace roost::front
