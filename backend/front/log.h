// SPDX-License-Identifier: MIT
#pragma once

// One line an event on stderr, as text or as one JSON object, written by a thread of its own: who logs never waits for a terminal or a
// disk. What waits to be written is bounded, in lines and in bytes, for programs say as much as they like. What finds no room is left out,
// and the log says how many lines that were as soon as there is room again; a quarter of the room is for the container's own warnings and
// errors. A message is cut after 256 KiB. Thread: any.

#include <functional>
#include <memory>
#include <string>

#include "backend/core/doors.h"

namespace roost::front {

class Log final : public core::LogSink {
 public:
  // What a request is called outside (nginx's $request_id); empty: it is not known any more, and its number is written.
  using RequestName = std::function<std::string(std::uint64_t)>;
  // format: "text" or "json"; level: "debug", "info", "warning", "error".
  Log(const std::string& format, const std::string& level, RequestName request_name);
  ~Log() override;   // writes what is queued
  void log(const core::LogEvent& event) override;
  void change_level(const std::string& level);

 private:
  class Writer;
  std::unique_ptr<Writer> writer_;
};

}  // namespace roost::front
