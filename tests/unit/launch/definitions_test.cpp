// SPDX-License-Identifier: MIT
// Definitions are checked before they are told, and their workers wait for that.

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "backend/launch/descriptor.h"
#include "tests/unit/backend/test_definitions.h"
#include "tests/unit/launch/launcher_fixture.h"

namespace roost::launch {
namespace {

using core::ExitKind;

std::string hexadecimal(BytesView bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text += kDigits[static_cast<unsigned char>(byte) >> 4];
    text += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

class Definitions : public ::testing::Test {
 protected:
  // What the worker is told to define.
  static std::string program(const wire::Define& definition) { return hexadecimal(view_of(definition.hash)) + hexadecimal(definition.definition); }

  void eval(const std::string& text) { launched_.eval(worker_, text); }
  void await_check() {
    ASSERT_TRUE(launched_.run_until([&] { return launched_.unchecked.contains(worker_); }));
  }
  // As roostd does it, but for the thread.
  void check() {
    const wire::Define definition = launched_.unchecked.extract(worker_).mapped();
    launched_.workers().definition_checked(worker_, lang::check_definition(definition.hash, definition.definition));
  }
  void pass() { launched_.run_until([] { return false; }, std::chrono::milliseconds(50)); }
  Life& life() { return launched_.life(worker_); }
  [[nodiscard]] std::size_t definitions() {
    return static_cast<std::size_t>(std::count_if(life().frames.begin(), life().frames.end(), [](const wire::FromWorker& frame) {
      return std::holds_alternative<wire::Define>(frame);
    }));
  }
  bool ends() {
    return launched_.run_until([&] { return life().exited(); });
  }
  void kill_zygote() { ASSERT_EQ(kill(launched_.workers().sandbox().zygote_pid, SIGKILL), 0); }

  Launched launched_{"define"};
  const core::WorkerId worker_ = launched_.launch_ready();
  const wire::Define true_ = definition_of("x -> (x, 1)");
};

TEST_F(Definitions, ATrueOneIsToldWithWhatFollowsIt) {
  eval(program(true_));
  await_check();
  EXPECT_TRUE(launched_.workers().is_held_up(worker_));
  pass();
  EXPECT_EQ(definitions(), 0u);
  EXPECT_TRUE(life().answers().empty());
  check();
  EXPECT_FALSE(launched_.workers().is_held_up(worker_));
  ASSERT_TRUE(launched_.run_until([&] { return life().answers().size() == 1; }));
  EXPECT_EQ(definitions(), 1u);
}

TEST_F(Definitions, OneThatIsKnownDoesNotWait) {
  launched_.known.insert(true_.hash);
  eval(program(true_));
  ASSERT_TRUE(launched_.run_until([&] { return life().answers().size() == 1; }));
  EXPECT_EQ(definitions(), 1u);
}

TEST_F(Definitions, AnotherHashEndsTheWorker) {
  wire::Define wrong = true_;
  wrong.hash[5] ^= 1;
  eval(program(wrong));
  await_check();
  check();
  ASSERT_TRUE(ends());
  EXPECT_EQ(life().exits[0].kind, ExitKind::Broken);
  EXPECT_NE(life().exits[0].detail.find("hash"), std::string::npos) << life().exits[0].detail;
  EXPECT_EQ(definitions(), 0u);
  EXPECT_TRUE(life().answers().empty());
}

TEST_F(Definitions, GarbageEndsTheWorker) {
  eval(program({true_.hash, "garbage"}));
  await_check();
  check();
  ASSERT_TRUE(ends());
  EXPECT_EQ(life().exits[0].kind, ExitKind::Broken);
  EXPECT_EQ(definitions(), 0u);
}

TEST_F(Definitions, WhatFollowsKeepsItsOrder) {
  std::vector<std::string> programs;
  for (int i = 0; i < 20; ++i) programs.push_back(i % 3 == 0 ? program(definition_of("x -> (x, " + std::to_string(i) + ")")) : std::to_string(i));
  for (const std::string& text : programs) eval(text);
  ASSERT_TRUE(launched_.run_until([&] {
    while (launched_.unchecked.contains(worker_)) check();   // each may bring the next
    return life().answers().size() == programs.size();
  }));
  EXPECT_EQ(life().answers(), programs);
  EXPECT_EQ(definitions(), 7u);
}

TEST_F(Definitions, OtherWorkersGoOn) {
  eval(program(true_));
  await_check();
  const auto other = launched_.launch_ready();
  EXPECT_TRUE(launched_.answers(other, "alive"));
  EXPECT_EQ(definitions(), 0u);
}

TEST_F(Definitions, AnEndWaitsForTheCheckAndForWhatWasSaid) {
  eval("first");
  eval(program(true_) + " quit");
  await_check();
  pass();
  EXPECT_FALSE(life().exited());
  check();
  ASSERT_TRUE(life().exited());
  EXPECT_EQ(definitions(), 1u);
  EXPECT_EQ(life().exits[0].kind, ExitKind::Status);
  EXPECT_EQ(life().exits[0].code, 7);
  EXPECT_EQ(launched_.workers().alive(), 0u);
}

TEST_F(Definitions, TwoInFrontOfAnEndAreCheckedOneAfterTheOther) {
  eval(program(true_));
  eval(program(definition_of("x -> (x, 2)")) + " quit");
  for (int i = 0; i < 2; ++i) {
    await_check();
    pass();
    EXPECT_FALSE(life().exited());
    check();
  }
  ASSERT_TRUE(ends());
  EXPECT_EQ(definitions(), 2u);
  EXPECT_EQ(life().answers().size(), 1u);
}

TEST_F(Definitions, AFalseOneInFrontOfAnEndIsItsReason) {
  eval(program({true_.hash, "garbage"}) + " quit");
  await_check();
  pass();
  check();
  ASSERT_TRUE(ends());
  EXPECT_EQ(life().exits[0].kind, ExitKind::Broken);
  EXPECT_EQ(definitions(), 0u);
}

TEST_F(Definitions, AKillDoesNotWaitForTheCheck) {
  eval(program(true_));
  await_check();
  launched_.workers().kill(worker_);
  ASSERT_TRUE(ends());
  EXPECT_NE(life().exits[0].detail.find("by the container"), std::string::npos);
  check();   // too late: ignored
  pass();
  EXPECT_EQ(definitions(), 0u);
}

TEST_F(Definitions, AKillAfterTheEndTellsItWithoutTheCheck) {
  eval(program(true_) + " quit");
  await_check();
  pass();
  EXPECT_FALSE(life().exited());
  launched_.workers().kill(worker_);
  EXPECT_FALSE(life().exited()) << "told from within a call by the core";
  ASSERT_TRUE(ends());
  EXPECT_EQ(life().exits[0].code, 7);
  check();
  EXPECT_EQ(definitions(), 0u);
}

TEST_F(Definitions, TheZygotesDeathWaitsForTheCheckToo) {
  const auto other = launched_.launch_ready();
  eval(program(true_));
  await_check();
  kill_zygote();
  ASSERT_TRUE(launched_.run_until([&] { return launched_.life(other).exited(); }));
  pass();
  EXPECT_FALSE(life().exited());
  check();
  ASSERT_TRUE(life().exited());
  EXPECT_EQ(definitions(), 1u);
  EXPECT_NE(life().exits[0].detail.find("its zygote died"), std::string::npos);
}

TEST_F(Definitions, ASecondZygotesDeathDoesNotEndAWorkerTwice) {
  eval(program(true_));
  await_check();
  for (std::uint64_t starts = 2; starts <= 3; ++starts) {
    kill_zygote();
    ASSERT_TRUE(launched_.run_until([&] { return launched_.workers().sandbox().zygote_starts == starts && launched_.workers().sandbox().zygote_running; }));
  }
  EXPECT_FALSE(life().exited());
  check();
  EXPECT_TRUE(life().exited());
}

std::string store_of(int code_store) {
  WorkersOptions options = Launched::options_for("define");
  options.code_store_fd = code_store;
  Launched launched(options);
  const auto worker = launched.launch_ready();
  launched.eval(worker, "store");
  EXPECT_TRUE(launched.run_until([&] { return launched.life(worker).answers().size() == 1; }));
  return launched.life(worker).answers()[0];
}

TEST(TheZygote, GetsTheCodeStore) {
  const Descriptor memory(memfd_create("code", MFD_CLOEXEC));
  ASSERT_EQ(write(memory.get(), "rostcode", 8), 8);
  EXPECT_EQ(store_of(memory.get()), "rostcode");
}

TEST(TheZygote, GetsNothingWhereThereIsNoCodeStore) { EXPECT_EQ(store_of(-1), "none"); }

}  // namespace
}  // namespace roost::launch
