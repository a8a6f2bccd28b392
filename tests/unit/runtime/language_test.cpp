// SPDX-License-Identifier: MIT
// The language's examples (tests/language) and the library's (library.txt), each in a container of its own.
#include <fstream>

#include "tests/unit/runtime/fake_container.h"

namespace roost::runtime {
namespace {

struct Example {
  std::string program, expected;
};

std::vector<Example> examples(const std::string& path, const std::string& separator) {
  std::ifstream in(path);
  EXPECT_TRUE(in) << path;
  std::vector<Example> found;
  for (std::string line; std::getline(in, line);) {
    const std::size_t at = line.find(separator);
    if (at == std::string::npos || line.starts_with("#")) continue;
    Example example{line.substr(0, at), line.substr(at + separator.size())};
    while (example.expected.ends_with(" ") || example.expected.ends_with("†"))
      example.expected.resize(example.expected.size() - (example.expected.ends_with(" ") ? 1 : 3));
    found.push_back(std::move(example));
  }
  EXPECT_GT(found.size(), 10u) << path;
  return found;
}

std::string text_of(const FakeContainer::Outcome& outcome) {
  if (!outcome.answered) return "no answer";
  return outcome.failure ? "✗ " + outcome.failure->reason + " (in " + outcome.failure->definition + ")" : outcome.value;
}

void expect_values(const std::string& path) {
  for (const Example& example : examples(path, "  ⇒  ")) {
    FakeContainer container;
    const auto outcome = container.run(example.program);
    if (example.expected == "(function)") EXPECT_TRUE(outcome.value.starts_with("(λ")) << example.program << "\n" << text_of(outcome);
    else EXPECT_EQ(text_of(outcome), example.expected) << example.program;
  }
}

TEST(Language, ExpressionsHaveTheirValues) { expect_values("tests/language/eval.txt"); }

TEST(Language, TheLibraryDoesWhatItSays) { expect_values("tests/unit/runtime/library.txt"); }

TEST(Language, ComputationsPrintTheirLines) {
  for (const Example& example : examples("tests/language/run.txt", "  prints  ")) {
    FakeContainer container;
    const auto outcome = container.run(example.program);
    std::string printed;
    for (const std::string& line : outcome.debug) printed += (printed.empty() ? "" : " | ") + line;
    EXPECT_EQ(printed.empty() ? "nothing" : printed, example.expected) << example.program << "\n" << text_of(outcome);
  }
}

TEST(Language, NothingLeaks) {
  // Two rounds on one node: what the second adds to the process is nothing.
  FakeContainer container;
  const std::string program = "let rec f n = if n ==_Number 0 then [] else Vector.append (k -> Vector.size (g k)) (f (n - 1)); g n = f n; Vector.size (f 1000);;";
  for (int i = 0; i < 3; ++i) EXPECT_EQ(container.run(program).value, "1000");
  EXPECT_EQ(container.idles, 3u);
}

}  // namespace
}  // namespace roost::runtime
