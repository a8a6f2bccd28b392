// SPDX-License-Identifier: MIT
#include "backend/front/log.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

namespace roost::front {
namespace {

const PublicKey kKey = public_key_from(std::string(32, 'k'));

// What is on stderr after these events.
std::vector<std::string> logged(const std::string& format, const std::string& level, const std::vector<core::LogEvent>& events) {
  testing::internal::CaptureStderr();
  {
    Log log(format, level, [](std::uint64_t request) { return request == 7 ? std::string("abc") : std::string(); });
    for (const core::LogEvent& event : events) log.log(event);
  }
  std::istringstream text(testing::internal::GetCapturedStderr());
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

TEST(Log, AnEventIsALineOfText) {
  const auto lines = logged("text", "info", {{core::LogLevel::Warning, "wake", kKey, 7, "it woke"}});
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find(" warning wake node=" + fingerprint_of(kKey) + " request=abc it woke"), std::string::npos) << lines[0];
}

TEST(Log, AnEventIsAJsonObject) {
  const auto lines = logged("json", "info", {{core::LogLevel::Info, "debug", kKey, 9, "say \"\n\xff\""}});
  ASSERT_EQ(lines.size(), 1u);
  const auto object = nlohmann::json::parse(lines[0]);
  EXPECT_EQ(object["level"], "info");
  EXPECT_EQ(object["event"], "debug");
  EXPECT_EQ(object["node"], fingerprint_of(kKey));
  EXPECT_EQ(object["request"], "#9");
  EXPECT_EQ(object["message"], "say \"\n\xef\xbf\xbd\"");
}

TEST(Log, WhatIsBelowTheLevelIsNotWritten) {
  EXPECT_TRUE(logged("text", "warning", {{core::LogLevel::Info, "x", {}, 0, ""}}).empty());
}

TEST(Log, AMessageCannotBeginALineOfItsOwn) {
  const auto lines = logged("text", "info", {{core::LogLevel::Info, "debug", {}, 0, "one\ntwo\x1b[2J"}});
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].find('\x1b'), std::string::npos);
}

TEST(Log, NothingIsDroppedAtTheEnd) {
  std::vector<core::LogEvent> events(5000, {core::LogLevel::Info, "x", {}, 0, "y"});
  EXPECT_EQ(logged("text", "info", events).size(), events.size());
}

TEST(Log, AMessageIsCut) {
  const auto lines = logged("json", "info", {{core::LogLevel::Warning, "x", {}, 0, std::string(1u << 20, 'y')}});
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_LT(lines[0].size(), (256u << 10) + 200);
}

// While nothing reads stderr, and until it is read again.
class BlockedStderr {
 public:
  BlockedStderr() : stderr_(dup(STDERR_FILENO)) {
    EXPECT_EQ(pipe(pipe_), 0);
    dup2(pipe_[1], STDERR_FILENO);
    close(pipe_[1]);
  }
  ~BlockedStderr() {
    give_back();
    close(pipe_[0]);
  }
  // All of it, until `log` has written it out.
  std::string read_all(std::unique_ptr<Log> log) {
    std::thread end([&] {
      log.reset();
      give_back();
    });
    std::string all;
    char some[65536];
    for (ssize_t n; (n = read(pipe_[0], some, sizeof some)) > 0;) all.append(some, static_cast<std::size_t>(n));
    end.join();
    return all;
  }

 private:
  void give_back() {
    if (stderr_ < 0) return;
    dup2(stderr_, STDERR_FILENO);
    close(stderr_);
    stderr_ = -1;
  }
  int stderr_;
  int pipe_[2];
};

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) ++found;
  return found;
}

// Programs say `lines` lines while nothing is written, then the container says ten.
std::string flooded(std::size_t lines, const std::string& line) {
  BlockedStderr blocked;
  auto log = std::make_unique<Log>("text", "info", [](std::uint64_t) { return std::string(); });
  for (std::size_t i = 0; i < lines; ++i) log->log({core::LogLevel::Warning, "program", {}, 0, line, true});
  for (int i = 0; i < 10; ++i) log->log({core::LogLevel::Warning, "worker-died", {}, 0, "of the container"});
  return blocked.read_all(std::move(log));
}

TEST(Log, WhatWaitsIsBoundedInBytes) {
  const std::string all = flooded(400, std::string(256u << 10, 'y'));
  EXPECT_LT(all.size(), 33u << 20);
  EXPECT_GT(all.size(), 20u << 20);
}

TEST(Log, WhatWaitsIsBoundedInLines) {
  const std::size_t lines = count(flooded(20'000, "y"), " program ");
  EXPECT_LT(lines, 8192u);
  EXPECT_GT(lines, 4000u);
}

TEST(Log, WhatProgramsSayDoesNotDisplaceTheContainersWarnings) {
  for (const auto& [lines, line] : {std::pair{400, std::string(256u << 10, 'y')}, std::pair{20'000, std::string("y")}})
    EXPECT_EQ(count(flooded(static_cast<std::size_t>(lines), line), "of the container"), 10u);
}

TEST(Log, HowManyLinesWereLeftOutIsSaid) {
  const std::string all = flooded(20'000, "y");
  const std::size_t lost = 20'000 - count(all, " program ");
  EXPECT_EQ(count(all, std::to_string(lost) + " lines were left out"), 1u) << lost;
}

}  // namespace
}  // namespace roost::front
