// SPDX-License-Identifier: MIT
// The container of a terminal: several nodes, one code store.
#include "worker/terminal/local_container.h"

#include <gtest/gtest.h>

namespace roost::terminal {
namespace {

// Keeps a function on a node, a little later: it is defined there, and here what goes on there, which is as large.
std::string keeps_on(const std::string& node, char letter) {
  const std::string function = "(x -> Text.concatenate x \"" + std::string(1'200'000, letter) + "\")";
  return "fork (do Remote Remote.transfer " + node + "; i := Index.empty; Remote.sleep (Duration.seconds 0.3); Index.insert 1 " + function + " i;;); ";
}

// There is room for three of the four. Both nodes' time comes while one builtin of the first node takes longer, so that their turns follow
// each other.
TEST(LocalContainer, OneOfTwoNodesThatDefineAtOnceIsToldThatThereIsNoRoom) {
  const auto library = runtime::Library::load(std::vector<std::string>{});
  Settings settings;
  settings.code_bytes = code::kStoreBytesMin;
  std::vector<std::string> lines;
  LocalContainer container(*library, settings, [&](wire::LogLevel, const std::string& line) { lines.push_back(line); });
  LocalContainer::Outcome outcome;
  container.run("do Remote a := Remote.spawn; b := Remote.spawn; " + keeps_on("a", 'a') + keeps_on("b", 'b') +
                    "Remote.sleep (Duration.seconds 0.1); x = hash# (Vector.range 0 500000); pure 1;;", wire::Format::Text,
                [&](const LocalContainer::Outcome& one) { outcome = one; });
  ASSERT_TRUE(std::holds_alternative<std::string>(outcome)) << std::get<wire::Failure>(outcome).reason;
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("code_bytes_max"), std::string::npos) << lines[0].substr(0, 300);
}

}  // namespace
}  // namespace roost::terminal
