// SPDX-License-Identifier: MIT
#include "backend/front/configuration.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <regex>

namespace roost::front {
namespace {

const std::string kMinimal = R"(
front_socket = "f"
operator_socket = "o"
database = "d"
master_key_file = "k"
status_map = "/m"
worker = "w"
)";

Configuration good(const std::string& more) {
  auto parsed = parse_configuration(kMinimal + more, "roost.toml");
  EXPECT_TRUE(parsed.ok()) << (parsed.ok() ? "" : parsed.error());
  return std::move(parsed).value();
}
std::string bad(const std::string& text) {
  const auto parsed = parse_configuration(text, "roost.toml");
  EXPECT_FALSE(parsed.ok());
  return parsed.ok() ? "" : parsed.error();
}
bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(Configuration, TheRequiredKeysAreEnough) {
  const Configuration c = good("");
  EXPECT_EQ(c.front_socket, "f");
  EXPECT_EQ(c.worker, "w");
  EXPECT_EQ(c.core.host, "localhost:8443");
}

TEST(Configuration, ValuesGoWhereTheyBelong) {
  const Configuration c = good("idle_timeout_ms = 1500\nawake_max = 7\nlog_format = \"json\"\nallow_weak_sandbox = true\n");
  EXPECT_EQ(c.core.idle_timeout, std::chrono::milliseconds(1500));
  EXPECT_EQ(c.core.awake_max, 7u);
  EXPECT_EQ(c.log_format, "json");
  EXPECT_TRUE(c.allow_weak_sandbox);
}

TEST(Configuration, AnyValueIsToldAsItHolds) {
  const Configuration c = good("host = 'localhost:9000'   # \"\ndrain_timeout_ms = 20_000\nhttp_hosts = [\"a\", \"b\"]\n");
  EXPECT_EQ(value_of(c, "host"), "localhost:9000");
  EXPECT_EQ(value_of(c, "drain_timeout_ms"), "20000");
  EXPECT_EQ(value_of(c, "http_hosts"), "a\nb");
  EXPECT_EQ(value_of(c, "allow_weak_sandbox"), "false");
  EXPECT_EQ(value_of(c, "body_bytes_max"), "1048576");   // not in the file
  EXPECT_EQ(value_of(c, "hosts"), std::nullopt);
}

TEST(Configuration, TheStatusMapIsANameOfSharedMemory) {
  for (const char* name : {"roost", "/", "/roost/map"}) {
    const std::string error = bad(std::regex_replace(kMinimal, std::regex("/m"), name));
    EXPECT_TRUE(says(error, "`status_map` must begin with /")) << error;
  }
}

TEST(Configuration, WhatNeedsAStartIsTold) {
  const auto names = [](const std::string& more) { return needs_start(good(""), good(more)); };
  EXPECT_TRUE(names("").empty());
  EXPECT_TRUE(names("idle_timeout_ms = 7\nlog_level = \"debug\"\n").empty());
  EXPECT_EQ(names("host = \"a\"\nnodes_max = 5\nidle_timeout_ms = 7\n"), (std::vector<std::string>{"host", "nodes_max"}));
}

TEST(Configuration, AMissingRequiredKeyIsNamed) { EXPECT_TRUE(says(bad("front_socket = \"f\"\n"), "`operator_socket` is required")); }

TEST(Configuration, AnUnknownKeyIsRefusedWithItsLineAndTheNearestKnownOne) {
  const std::string error = bad(kMinimal + "idel_timeout_ms = 5\n");
  EXPECT_TRUE(says(error, "line 8")) << error;
  EXPECT_TRUE(says(error, "`idel_timeout_ms`") && says(error, "`idle_timeout_ms`")) << error;
}

TEST(Configuration, AValueOutOfRangeIsRefusedWithTheRange) {
  const std::string error = bad(kMinimal + "accept_threads = 0\n");
  EXPECT_TRUE(says(error, "accept_threads") && says(error, "from 1 to 64")) << error;
}

TEST(Configuration, ANegativeNumberIsRefused) { EXPECT_TRUE(says(bad(kMinimal + "awake_max = -1\n"), "awake_max")); }

TEST(Configuration, WhatComputesIsNotTakenForUnresponsive) {
  EXPECT_TRUE(says(bad(kMinimal + "compute_timeout_ms = 15000\n"), "`compute_timeout_ms` (15000) must be less than `unresponsive_timeout_ms` (15000)"));
  EXPECT_TRUE(says(bad(kMinimal + "unresponsive_timeout_ms = 5000\n"), "`compute_timeout_ms` (10000)"));
  EXPECT_EQ(good("compute_timeout_ms = 15000\nunresponsive_timeout_ms = 15001\n").core.compute_timeout, std::chrono::seconds(15));
}

TEST(Configuration, AValueOfAnotherTypeIsRefused) {
  EXPECT_TRUE(says(bad(kMinimal + "awake_max = \"many\"\n"), "an integer"));
  EXPECT_TRUE(says(bad(kMinimal + "host = 5\n"), "a text"));
  EXPECT_TRUE(says(bad(kMinimal + "allow_weak_sandbox = 1\n"), "true or false"));
}

TEST(Configuration, AnUnknownChoiceIsRefusedWithThoseThereAre) {
  EXPECT_TRUE(says(bad(kMinimal + "log_level = \"loud\"\n"), "\"warning\""));
}

TEST(Configuration, WhatIsNotTomlIsRefusedWithItsLine) { EXPECT_TRUE(says(bad("front_socket = \"f\"\nawake_max = = 3\n"), "line 2")); }

TEST(Configuration, AListOfTextsIsTakenAsAWhole) {
  const auto configuration = parse_configuration(kMinimal + "http_hosts = [\"example.org\", \"*.example.net\"]\n", "roost.toml");
  ASSERT_TRUE(configuration.ok());
  EXPECT_EQ(configuration.value().http.hosts, (std::vector<std::string>{"example.org", "*.example.net"}));
  EXPECT_TRUE(says(bad(kMinimal + "http_hosts = \"example.org\"\n"), "must be a list of texts"));
  EXPECT_TRUE(says(bad(kMinimal + "http_hosts = [\"\"]\n"), "not empty"));
  EXPECT_TRUE(says(bad(kMinimal + "http_hosts = [7]\n"), "list of texts"));
}

TEST(Configuration, LibrariesAreAbsolutePaths) {
  EXPECT_EQ(good("libraries = [\"/a.u\", \"/b.u\"]\n").libraries, (std::vector<std::string>{"/a.u", "/b.u"}));
  EXPECT_TRUE(says(bad(kMinimal + "libraries = [\"/a.u\", \"b.u\"]\n"), "\"b.u\" does not begin with /"));
  EXPECT_TRUE(says(bad(kMinimal + "libraries = \"/a.u\"\n"), "must be a list of texts"));
}

TEST(Configuration, ALibraryThatCannotBeReadIsRefusedWithTheReason) {
  char made[] = "/tmp/roost-configuration-XXXXXX";
  const std::string folder = mkdtemp(made), file = folder + "/libraries.toml", library = folder + "/here.u";
  const auto error_with = [&](const std::string& path) {
    std::ofstream(file, std::ios::trunc) << kMinimal << "libraries = [\"" << path << "\"]\n";
    const auto read = read_configuration(file);
    return read.ok() ? "" : read.error();
  };
  std::ofstream(library) << "not even a library";   // the workers judge it
  EXPECT_EQ(error_with(library), "");
  EXPECT_EQ(error_with("/nonexistent/a.u"), file + ": `libraries`: cannot read /nonexistent/a.u: No such file or directory");
  EXPECT_TRUE(says(error_with(folder), "it is not a regular file"));
  std::filesystem::remove_all(folder);
}

TEST(Configuration, AFileThatIsNotThereIsRefusedByName) {
  EXPECT_TRUE(says(read_configuration("/nonexistent/roost.toml").error(), "/nonexistent/roost.toml"));
}

// Every key of the documentation's table is known, with the default that the table gives.
TEST(Configuration, TheDocumentationAgrees) {
  std::ifstream file("docs/configuration.md");
  ASSERT_TRUE(file) << "run from the top of the tree";
  const std::regex row(R"(\| `(\w+)` ?\*? \| (\S+) \|.*)");
  int rows = 0;
  for (std::string line; std::getline(file, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, row)) continue;
    ++rows;
    const std::string key = match[1], value = match[2];
    if (value == "required") continue;
    const bool bare = value.front() != '`' || value == "`true`" || value[1] == '[' || value[1] == '"';
    const std::string text = value.front() == '`' ? value.substr(1, value.size() - 2) : value;
    const std::string toml = bare ? text : "\"" + text + "\"";
    EXPECT_TRUE(parse_configuration(kMinimal + key + " = " + toml + "\n", "roost.toml").ok()) << line;
  }
  EXPECT_EQ(rows, 37);
}

}  // namespace
}  // namespace roost::front
