// SPDX-License-Identifier: MIT
#pragma once

// One line an event on stderr, as text or as one JSON object, written by a thread of its own so that the core never waits for
// a terminal. Nothing is dropped: if the queue is full the writer is waited for. Thread: any.

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
