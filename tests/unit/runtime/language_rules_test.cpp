// SPDX-License-Identifier: MIT
// The rules of the language, one behaviour a file: each program of tests/language/rules says in its first comments what must come of it
// (tests/language/README.md), and is a test of its own.

#include <algorithm>
#include <filesystem>

#include "tests/unit/lang/same_tree.h"
#include "tests/unit/runtime/fake_container.h"
#include "tests/unit/runtime/rule_file.h"
#include "worker/lang/diagnosis.h"
#include "worker/lang/hash.h"
#include "worker/lang/print.h"
#include "worker/lang/scc.h"

namespace roost::runtime {
namespace {

constexpr std::size_t kFilesMin = 1400;
constexpr std::size_t kTypeBytes = 10'000;
const std::filesystem::path kFolder = "tests/language/rules";

std::vector<std::string> rule_files() {
  std::vector<std::string> files;
  if (!std::filesystem::is_directory(kFolder)) return files;   // EnoughRulesAreHere says so
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kFolder))
    if (entry.path().extension() == ".u") files.push_back(std::filesystem::relative(entry.path(), kFolder).string());
  std::sort(files.begin(), files.end());
  return files;
}

std::string test_name(const ::testing::TestParamInfo<std::string>& file) {
  std::string name = file.param.substr(0, file.param.size() - 2);
  std::replace_if(name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string all;
  for (const std::string& line : lines) all += (all.empty() ? "" : " | ") + line;
  return all.empty() ? "nothing" : all;
}

bool holds(const std::string& text, const std::string& part) { return !part.empty() && text.find(part) != std::string::npos; }

// One program, and all that can be asked of it. It runs at most once.
class Subject {
 public:
  Subject(std::string program, const Library& library) : program_(std::move(program)), library_(library) {}

  // True if it is as expected; `found` is what is there instead.
  bool is(const std::string& word, const std::string& wanted, std::string& found) {
    if (word == "value") return found = value(), found == wanted || (wanted == "(function)" && found.starts_with("(λ"));
    if (word == "prints") return found = joined(outcome().debug), found == wanted;
    if (word == "fails") return found = value(), outcome().failure && holds(found, wanted);
    if (word == "logs") return found = joined(outcome().errors), !outcome().errors.empty() && holds(found, wanted);
    if (word == "type") return has_type(wanted, found);
    if (word == "parses") return found = lang::Parsed(program_).message(), lang::Parsed(program_).ok();
    if (word == "same as") return found = "another tree", lang::same_text(program_, wanted);
    if (word == "minimised") return found = "another tree", minimises_to(wanted);
    if (word == "refused") return is_refused(wanted, found);
    if (word == "same hash as") return found = hash_of(program_), found == hash_of(wanted);
    if (word == "other hash than") return found = hash_of(program_), found != hash_of(wanted);
    return found = "this asks for a library that is refused, or loads", false;
  }

 private:
  const FakeContainer::Outcome& outcome() {
    if (!ran_) {
      FakeContainer container(library_);
      outcome_ = container.run(program_);
      ran_ = true;
    }
    return outcome_;
  }
  std::string value() {
    if (!outcome().answered) return "no answer";
    return outcome().failure ? "✗ " + outcome().failure->reason : outcome().value;
  }

  bool has_type(const std::string& wanted, std::string& found) {
    const auto checked = lang::check_program(arena_, program_, library_.names(), library_.types());
    if (!checked.ok()) return found = lang::shown(checked.error(), "", program_), false;
    found = lang::print_type(*checked.value().type, kTypeBytes);
    const auto type = lang::parse_type(arena_, wanted);
    return type.ok() && lang::same_type(*checked.value().type, *type.value());
  }
  // "2:5: `b` is not defined | 2:9: …": not the lines of the program itself, which may hold any text.
  bool is_refused(const std::string& wanted, std::string& found) {
    const auto checked = lang::check_program(arena_, program_, library_.names(), library_.types());
    if (checked.ok()) return found = "it has the type " + lang::print_type(*checked.value().type, kTypeBytes), false;
    std::vector<std::string> reasons;
    for (const lang::Diagnosis& one : checked.error())
      reasons.push_back(std::to_string(one.place.line) + ":" + std::to_string(one.place.column) + ": " + one.reason);
    found = joined(reasons);
    return holds(found, wanted);
  }
  bool minimises_to(const std::string& wanted) {
    const lang::Parsed one(program_), other(wanted);
    return one.ok() && other.ok() && lang::same_tree(*lang::minimise(arena_, &one.term()), other.term());
  }
  std::string hash_of(const std::string& text) {
    const auto parsed = lang::parse_program(arena_, arena_.copy(text));
    if (!parsed.ok()) return ADD_FAILURE() << text << "\n" << parsed.error().message(), "";
    const auto resolved = lang::resolve(arena_, parsed.value(), library_.names());
    if (!resolved.ok()) return ADD_FAILURE() << text << "\n" << resolved.error().message(), "";
    return lang::base64url(view_of(lang::hash_term(*resolved.value())));
  }

  const std::string program_;
  const Library& library_;
  lang::Arena arena_;
  FakeContainer::Outcome outcome_;
  bool ran_ = false;
};

void expect_all(const RuleFile& file, Subject subject, const std::string& name) {
  for (const auto& [word, wanted] : file.expectations()) {
    std::string found;
    EXPECT_TRUE(subject.is(word, wanted, found)) << kFolder.string() << "/" << name << "\n"
                                                 << word << ": " << wanted << "\nfound: " << found << "\n";
  }
}

// A library stands on the builtins alone, or, if it is "added", on the standard library too.
Result<std::unique_ptr<Library>, std::string> load(const RuleFile& file) {
  std::vector<SourceFile> files = file.said("library") == "added" ? default_library() : std::vector<SourceFile>{};
  for (const std::string& text : file.library_texts()) files.push_back({"library " + std::to_string(files.size() + 1), text});
  return Library::load(files);
}

void expect_library(const RuleFile& file, const std::string& name) {
  const auto loaded = load(file);
  if (const auto wanted = file.said("refused"); wanted && !file.said("program")) {
    ASSERT_FALSE(loaded.ok()) << name << "\nrefused: " << *wanted << "\nfound: it loads";
    EXPECT_TRUE(holds(loaded.error(), *wanted)) << name << "\nrefused: " << *wanted << "\nfound: " << loaded.error();
    return;
  }
  ASSERT_TRUE(loaded.ok()) << name << "\n" << loaded.error();
  if (const auto program = file.said("program")) expect_all(file, Subject(*program, *loaded.value()), name);
  else EXPECT_TRUE(file.said("loads")) << name << "\nwithout a program there is nothing to see but whether a library loads";
}

class LanguageRules : public ::testing::TestWithParam<std::string> {};

TEST_P(LanguageRules, Holds) {
  const RuleFile file(kFolder / GetParam());
  ASSERT_EQ(file.mistake(), "") << GetParam();
  if (file.said("library")) expect_library(file, GetParam());
  else expect_all(file, Subject(file.text(), standard_library()), GetParam());
}

INSTANTIATE_TEST_SUITE_P(Files, LanguageRules, ::testing::ValuesIn(rule_files()), test_name);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(LanguageRules);

TEST(LanguageRulesFolder, EnoughRulesAreHere) { EXPECT_GE(rule_files().size(), kFilesMin) << "run this at the top of the tree"; }

// The check checks: a file that says nothing, or something unknown, is not a test that passes.
TEST(LanguageRulesFolder, AFileMustSayWhatMustComeOfIt) {
  const std::filesystem::path path = std::filesystem::temp_directory_path() / "roost-rule-file-test.u";
  const auto mistake_in = [&](const char* text) {
    std::ofstream(path) << text;
    return RuleFile(path).mistake();
  };
  EXPECT_EQ(mistake_in("-- value: 1\n1\n"), "");
  EXPECT_NE(mistake_in("1\n"), "");
  EXPECT_NE(mistake_in("-- vlaue: 1\n1\n"), "");
  EXPECT_NE(mistake_in("-- value: 1\n-- A remark.\n1\n"), "");
  EXPECT_NE(mistake_in("-- library\nx = 1;\n"), "");
  std::filesystem::remove(path);
}

TEST(LanguageRulesFolder, AWrongExpectationIsSeen) {
  for (const auto& [word, wanted] : {std::pair{"value", "4"}, {"prints", "a: 1"}, {"fails", "3"}, {"logs", "n"}, {"type", "Text"}, {"same as", "2 + 1"},
                                     {"minimised", "2"}, {"refused", "Number"}, {"refused", ""}, {"same hash as", "3"}, {"other hash than", "1 + 2"}}) {
    std::string found;
    EXPECT_FALSE(Subject("1 + 2", standard_library()).is(word, wanted, found)) << word;
  }
}

}  // namespace
}  // namespace roost::runtime
