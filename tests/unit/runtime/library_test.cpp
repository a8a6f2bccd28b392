// SPDX-License-Identifier: MIT
// A library that grows while nodes use it.
#include "worker/runtime/library.h"

#include <gtest/gtest.h>

#include <cctype>

#include "tests/unit/runtime/fake_container.h"
#include "worker/lang/habits.h"
#include "worker/lang/hash.h"
#include "worker/lang/print.h"

namespace roost::runtime {
namespace {

class GrowingLibrary : public ::testing::Test {
 protected:
  static std::unique_ptr<Library> loaded() {
    auto library = Library::load(std::vector<SourceFile>{{"base.u", "one = 1; two-of a b = (a, b);"}});
    EXPECT_TRUE(library.ok()) << library.error();
    return std::move(library).value();
  }
  std::string add(const std::string& text) { return library_->add({"added.u", text}).value_or("added"); }
  // What the program comes to, under a name.
  std::string keep(const std::string& name, const std::string& type, const std::string& program) {
    const auto outcome = container_.run(program, wire::Format::Value);
    if (outcome.failure) return outcome.failure->reason;
    lang::Arena arena;
    return library_->keep(name, *lang::parse_type(arena, type).value(), outcome.value, container_.code.view()).value_or("kept");
  }
  std::string value(const std::string& program) {
    const auto outcome = container_.run(program);
    return outcome.failure ? outcome.failure->reason : outcome.value;
  }

  std::unique_ptr<Library> library_ = loaded();
  FakeContainer container_{*library_};
};

TEST_F(GrowingLibrary, ANodeThatIsAwakeFindsWhatWasAdded) {
  const std::string here = value("Remote.map hash# Remote.here");
  EXPECT_EQ(add("two = one + one; both = two-of \"two\" [two];"), "added");
  EXPECT_EQ(value("both"), "Pair \"two\" (Pair [2] ())");
  EXPECT_EQ(value("Remote.map hash# Remote.here"), here);
}

TEST_F(GrowingLibrary, WhatWasAddedMayBeDefinedAnewAndItsUsersKeepTheOldOne) {
  add("size = 2; twice = size + size;");
  EXPECT_EQ(add("size = \"many\";"), "added");
  EXPECT_EQ(value("two-of size twice"), "Pair \"many\" (Pair 4 ())");
  EXPECT_EQ(add("size = 2;"), "added");   // what it was at first: no new definition
  EXPECT_EQ(value("size"), "2");
}

TEST_F(GrowingLibrary, WhatItWasLoadedWithMayNotBeDefinedAnew) {
  EXPECT_EQ(add("one = 2;"), "added.u: line 1, column 1: the name `one` is taken");
  EXPECT_EQ(value("one"), "1");
}

TEST_F(GrowingLibrary, ATextThatIsRefusedAddsNothing) {
  add("size = 2;");
  EXPECT_NE(add("fine = [1, 2]; size = 3; broken = fine + ;"), "added");
  EXPECT_NE(add("fine = [1, 2]; size = 3; broken = \"text\" + 1;"), "added");
  EXPECT_EQ(value("size"), "2");
  EXPECT_NE(value("fine").find("`fine`"), std::string::npos);
  EXPECT_EQ(add("fine = [1, 2]; size = 3;"), "added");
  EXPECT_EQ(value("two-of fine size"), "Pair [1,2] (Pair 3 ())");
}

TEST_F(GrowingLibrary, WhatCannotBeEvaluatedByItselfIsEvaluatedWhereItIsUsed) {
  EXPECT_EQ(add("broken = _ + 1; loud = Debug.watch \"loud\" 1; stored = Index.keys# \"x\"; on = let rec go n = go (n + 1); go 0;;; own = own + 1; "
                "fine = 3; louder = fine + loud; loudest n = n + louder;"),
            "added");
  EXPECT_EQ(value("fine"), "3");
  EXPECT_EQ(value("if fine ==_Number 3 then 1 else broken"), "1");
  EXPECT_EQ(value("broken"), "Number.+ needs a number, not _");
  EXPECT_EQ(value("loudest 2"), "6");
  EXPECT_EQ(value("Vector.map loudest [1, 2]"), "[5,6]");
  EXPECT_EQ(value("Remote.bind (far -> Remote.at far (loudest 3)) Remote.spawn"), "7");
}

TEST_F(GrowingLibrary, DefinitionsThatWereAddedMoveToOtherNodes) {
  EXPECT_EQ(add("triple n = n * 3; aside f = Remote.bind (far -> Remote.at far (f 14)) Remote.spawn;"), "added");
  EXPECT_EQ(value("aside triple"), "42");
  EXPECT_EQ(container_.nodes(), 2u);
}

TEST_F(GrowingLibrary, AValueIsKeptUnderAName) {
  EXPECT_EQ(keep("there", "Node", "Remote.spawn"), "kept");
  EXPECT_EQ(value("Remote.bind (here -> Remote.pure (hash# here)) (Remote.at there there)"), value("hash# there"));
  EXPECT_EQ(value("Remote.bind (u -> Remote.here) (Remote.at there 1)").substr(0, 5), value("there").substr(0, 5));
  EXPECT_EQ(keep("there", "Text", "\"there\""), "kept");
  EXPECT_EQ(add("twice = two-of there there;"), "added");
  EXPECT_EQ(value("twice"), "Pair \"there\" (Pair \"there\" ())");
}

TEST_F(GrowingLibrary, AFunctionIsKeptWithWhatItCapturedAndFindsItsWayToOtherNodes) {
  EXPECT_EQ(keep("scaled", "Vector Number -> Vector Number", "let by = 3; Remote.pure (Vector.map (n -> n * by));;"), "kept");
  EXPECT_EQ(keep("even", "Number -> Boolean",
                 "let rec odd n = if n ==_Number 0 then False else even (n - 1); even n = if n ==_Number 0 then True else odd (n - 1); even;;"),
            "kept");
  EXPECT_EQ(value("two-of (scaled [1, 2]) (even 7)"), "Pair [3,6] (Pair False ())");
  EXPECT_EQ(value("Remote.bind (far -> Remote.at far (two-of (scaled [1]) even)) Remote.spawn").substr(0, 9), "Pair [3] ");
  container_.restart();   // processes end, the library stays
  EXPECT_EQ(value("scaled [5]"), "[15]");
}

TEST_F(GrowingLibrary, WhatIsKeptHasItsOwnHashUnlessThatIsAnotherTypes) {
  EXPECT_EQ(keep("three", "Number", "3"), "kept");
  EXPECT_EQ(keep("long", "Duration", "Duration.seconds 3"), "kept");
  EXPECT_EQ(*library_->names().find("three"), lang::hash_number(3));
  EXPECT_NE(*library_->names().find("long"), lang::hash_number(3));
  EXPECT_EQ(value("two-of (three + 1) (Duration.seconds 3)"), value("two-of 4 long"));
}

TEST_F(GrowingLibrary, NothingIsKeptUnderANameThatIsTaken) {
  EXPECT_EQ(keep("one", "Number", "2"), "the name `one` is taken");
  EXPECT_EQ(keep("Remote.spawn", "Number", "2"), "the name `Remote.spawn` is taken");
  EXPECT_EQ(keep("broken", "Number", "Remote.fail \"no\""), "no");
  EXPECT_EQ(value("one"), "1");
}

// An operator between operands, as are those in backticks; else the words as they are.
std::string as_term(std::string_view words) {
  const std::string written = lang::spelled(words);
  return std::isalnum(static_cast<unsigned char>(written[0])) ? written : "(a b -> a " + written + " b)";
}

// Advice must be true: what it names is there, and what it translates is not.
TEST(Habits, WhatTheyAdviseIsThereAndWhatTheyTranslateIsNot) {
  FakeContainer container;
  for (const lang::Habit& habit : lang::habits_of_names()) {
    EXPECT_TRUE(container.run(as_term(habit.elsewhere)).failure) << habit.elsewhere;
    if (habit.here == "->" || habit.here == ":=" || habit.here == "--" || habit.here == "\"") continue;   // words of the grammar
    EXPECT_EQ(container.run("let it = x y -> " + as_term(habit.here) + "; 1;;").value, "1") << habit.here;
  }
}

}  // namespace
}  // namespace roost::runtime
