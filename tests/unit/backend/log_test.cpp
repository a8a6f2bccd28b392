// SPDX-License-Identifier: MIT
#include "backend/front/log.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

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

}  // namespace
}  // namespace roost::front
