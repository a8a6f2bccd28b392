// SPDX-License-Identifier: MIT
// Wrong texts with their whole messages: tests/language/wrong/NAME.u is refused with NAME.txt, which a person should be able to act on.
// ROOST_WRITE_EXPECTED=1 writes the messages anew, to be read in the diff.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "worker/lang/diagnosis.h"

namespace roost::lang {
namespace {

constexpr std::size_t kTextsMin = 200;

std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// What is said of a text on top of the standard library; empty if it is right.
std::string said_of(const std::filesystem::path& path) {
  Arena arena;
  Names names;
  DefinitionTypes types;
  for (const char* name : {"base", "extra", "distributed-index"}) {
    const auto loaded = load_library(arena, arena.copy(text_of(std::string("worker/library/") + name + ".u")), names, types);
    if (!loaded.ok()) return loaded.error().message;
  }
  const std::string source = text_of(path);
  const auto checked = check_text(arena, source, names, types);
  return checked.ok() ? std::string() : shown(checked.error(), path.filename().string(), source);
}

TEST(WrongPrograms, EachIsRefusedWithItsMessage) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator("tests/language/wrong"))
    if (entry.path().extension() == ".u") paths.push_back(entry.path());
  EXPECT_GE(paths.size(), kTextsMin);
  std::sort(paths.begin(), paths.end());
  const bool write = std::getenv("ROOST_WRITE_EXPECTED") != nullptr;
  for (const std::filesystem::path& path : paths) {
    const std::string said = said_of(path);
    EXPECT_NE(said, "") << path << " is not wrong:\n" << text_of(path);
    auto expected = path;
    expected.replace_extension(".txt");
    if (write) std::ofstream(expected) << said;
    EXPECT_EQ(said, text_of(expected)) << path;
  }
}

}  // namespace
}  // namespace roost::lang
