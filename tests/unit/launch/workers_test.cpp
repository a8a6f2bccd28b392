// SPDX-License-Identifier: MIT
// The launcher with real processes: lives of well-behaved workers, and of zygotes.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "tests/unit/launch/launcher_fixture.h"

namespace roost::launch {
namespace {

using core::ExitKind;

TEST(Workers, EveryLayerIsInForceHere) {
  Launched launched("obedient");
  const SandboxState state = launched.workers().sandbox();
  EXPECT_TRUE(state.zygote_running);
  EXPECT_EQ(state.build_id.size(), 40u);
  for (const SandboxLayer& layer : state.layers) EXPECT_TRUE(layer.in_force) << layer.name << ": " << layer.detail;
}

TEST(Workers, AWorkerStartsAnswersAndStops) {
  Launched launched("obedient");
  const auto worker = launched.launch_ready();
  EXPECT_TRUE(launched.answers(worker, "1 + 1"));
  EXPECT_GT(launched.life(worker).pid, 0);
  launched.workers().send(worker, wire::Stop{});
  EXPECT_TRUE(launched.run_until([&] { return launched.life(worker).exited(); }));
  EXPECT_EQ(launched.life(worker).exits[0].kind, ExitKind::Clean);
  EXPECT_EQ(launched.workers().alive(), 0u);
}

TEST(Workers, FramesSentBeforeTheForkArriveInOrder) {
  Launched launched("obedient");
  const auto worker = launched.launch();
  for (int i = 0; i < 100; ++i) launched.eval(worker, std::to_string(i));
  ASSERT_TRUE(launched.run_until([&] { return launched.life(worker).answers().size() == 100; }));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(launched.life(worker).answers()[static_cast<std::size_t>(i)], std::to_string(i));
}

TEST(Workers, FramesLargerThanAPipeArriveWhole) {
  Launched launched("obedient", 64u << 20);
  const auto worker = launched.launch_ready();
  const std::string large(5u << 20, 'x');
  launched.eval(worker, large);
  EXPECT_GT(launched.workers().unsent_bytes(worker), 4u << 20);
  launched.eval(worker, "after");
  ASSERT_TRUE(launched.run_until([&] { return launched.life(worker).answers().size() == 2; }));
  EXPECT_TRUE(launched.life(worker).answers()[0] == large);
  EXPECT_EQ(launched.life(worker).answers()[1], "after");
  EXPECT_EQ(launched.workers().unsent_bytes(worker), 0u);
  EXPECT_EQ(launched.life(worker).times_all_taken, 1);
}

TEST(Workers, WhatWasSaidBeforeADeathIsToldBeforeIt) {
  Launched launched("obedient");
  const auto worker = launched.launch_ready();
  for (int i = 0; i < 50; ++i) launched.eval(worker, std::to_string(i));
  launched.workers().send(worker, wire::Stop{});
  ASSERT_TRUE(launched.run_until([&] { return launched.life(worker).exited(); }));   // the fixture checks the order
  EXPECT_EQ(launched.life(worker).answers().size(), 50u);
}

TEST(Workers, AKilledWorkerIsReportedAsKilledByTheContainer) {
  Launched launched("obedient");
  const auto worker = launched.launch_ready();
  launched.workers().kill(worker);
  ASSERT_TRUE(launched.run_until([&] { return launched.life(worker).exited(); }));
  EXPECT_EQ(launched.life(worker).exits[0].kind, ExitKind::Signal);
  EXPECT_EQ(launched.life(worker).exits[0].code, SIGKILL);
  EXPECT_NE(launched.life(worker).exits[0].detail.find("by the container"), std::string::npos);
}

TEST(Workers, AWorkerKilledFromOutsideIsReportedSo) {
  Launched launched("obedient");
  const auto worker = launched.launch_ready();
  const auto sibling = launched.launch_ready();
  ASSERT_EQ(kill(launched.life(worker).pid, SIGKILL), 0);
  ASSERT_TRUE(launched.run_until([&] { return launched.life(worker).exited(); }));
  EXPECT_EQ(launched.life(worker).exits[0].kind, ExitKind::Signal);
  EXPECT_NE(launched.life(worker).exits[0].detail.find("from outside"), std::string::npos);
  EXPECT_TRUE(launched.answers(sibling, "alive"));
}

TEST(Workers, AKillBeforeTheForkStillEndsTheWorkerOnce) {
  Launched launched("obedient");
  const auto worker = launched.launch();
  launched.workers().kill(worker);
  launched.workers().kill(worker);
  ASSERT_TRUE(launched.run_until([&] { return launched.life(worker).exited(); }));
  EXPECT_EQ(launched.workers().alive(), 0u);
}

TEST(Workers, AZygotesDeathIsTheEndOfItsWorkersOnly) {
  Launched launched("obedient");
  const auto first = launched.launch_ready();
  const auto second = launched.launch_ready();
  const auto old_zygote = launched.workers().sandbox().zygote_pid;
  ASSERT_EQ(kill(old_zygote, SIGKILL), 0);
  ASSERT_TRUE(launched.run_until([&] { return launched.life(first).exited() && launched.life(second).exited(); }));
  EXPECT_FALSE(process_exists(launched.life(first).pid));
  EXPECT_FALSE(process_exists(launched.life(second).pid));
  EXPECT_NE(launched.life(first).exits[0].detail.find("its zygote died"), std::string::npos);

  const auto next = launched.launch();   // waits for the new zygote
  ASSERT_TRUE(launched.run_until([&] { return launched.life(next).ready(); }));
  EXPECT_NE(launched.workers().sandbox().zygote_pid, old_zygote);
  EXPECT_EQ(launched.workers().sandbox().zygote_starts, 2u);
  EXPECT_EQ(launched.zygote_events.size(), 2u);
}

TEST(Workers, AZygoteThatIsStartedAgainAndNeverReadyIsKilled) {
  const auto program = std::filesystem::temp_directory_path() / ("roost-worker-" + std::to_string(getpid()));
  const auto becomes = [&](const std::string& name) {
    std::filesystem::remove(program);
    std::filesystem::create_symlink(Launched::options_for(name).worker, program);
  };
  becomes("obedient");
  auto options = Launched::options_for("obedient");
  options.worker = program;
  options.zygote_start_timeout = std::chrono::milliseconds(500);
  Launched launched(options);
  becomes("never-ready");
  ASSERT_EQ(kill(launched.workers().sandbox().zygote_pid, SIGKILL), 0);
  EXPECT_TRUE(launched.run_until([&] { return launched.workers().sandbox().last_error.find("within 500 ms") != std::string::npos; }));
  becomes("obedient");
  const auto worker = launched.launch();
  EXPECT_TRUE(launched.run_until([&] { return launched.life(worker).ready(); }));
  std::filesystem::remove(program);
}

std::int32_t parent_of(std::int32_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/stat");
  std::string number, name, state;
  std::int32_t parent = 0;
  status >> number >> name >> state >> parent;
  return parent;
}

TEST(Workers, TheProcessThatWaitsForTheZygoteDoesNotLeaveItBehind) {
  Launched launched("loop");
  const auto worker = launched.launch_ready();
  launched.eval(worker, "act");
  const auto zygote = launched.workers().sandbox().zygote_pid;
  ASSERT_EQ(kill(parent_of(zygote), SIGKILL), 0);
  ASSERT_TRUE(launched.run_until([&] { return launched.life(worker).exited(); }));
  EXPECT_FALSE(process_exists(zygote));
  EXPECT_FALSE(process_exists(launched.life(worker).pid));
  EXPECT_TRUE(launched.run_until([&] { return launched.workers().sandbox().zygote_starts == 2; }));
}

TEST(Workers, AZygoteThatDoesNotStartIsAnExceptionWithItsReason) {
  EventLoop loop;
  auto options = Launched::options_for("obedient");
  options.worker = "/nonexistent/roost-worker";
  try {
    Workers workers(loop, options, [](auto&, auto) { return Bytes(); }, real_now);
    FAIL() << "it started";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("/nonexistent/roost-worker"), std::string::npos) << error.what();
  }
  options.worker = "/bin/true";   // starts, and says nothing
  EXPECT_THROW(Workers(loop, options, [](auto&, auto) { return Bytes(); }, real_now), std::runtime_error);
}

TEST(Workers, NoDescriptorOfTheContainerReachesAWorker) {
  const int leak = dup(STDERR_FILENO);   // not close-on-exec
  Launched launched("obedient");
  const auto worker = launched.launch_ready();
  int found = 0;
  for (int fd = 0; fd < 64; ++fd) {
    const std::string path = "/proc/" + std::to_string(launched.life(worker).pid) + "/fd/" + std::to_string(fd);
    char target[256];
    if (readlink(path.c_str(), target, sizeof target) > 0) ++found;
  }
  EXPECT_EQ(found, geteuid() == 0 ? 2 : 0);   // an ordinary user may not look: it cannot be traced
  close(leak);
}

TEST(Workers, NothingIsLeftWhenTheLauncherIsKilled) {
  int pids[2];
  ASSERT_EQ(pipe(pids), 0);
  const pid_t launcher = fork();
  if (launcher == 0) {
    Launched launched("loop");   // workers that would not notice the end of their stdin
    std::int32_t told[3] = {launched.workers().sandbox().zygote_pid, 0, 0};
    for (int i = 1; i < 3; ++i) {
      const auto worker = launched.launch_ready();
      launched.eval(worker, "act");
      told[i] = launched.life(worker).pid;
    }
    if (write(pids[1], told, sizeof told) != sizeof told) _exit(1);
    for (;;) launched.loop().run_once(std::nullopt);
  }
  std::int32_t told[3];
  ASSERT_EQ(read(pids[0], told, sizeof told), static_cast<ssize_t>(sizeof told));
  for (const auto pid : told) EXPECT_TRUE(process_exists(pid));
  ASSERT_EQ(kill(launcher, SIGKILL), 0);
  waitpid(launcher, nullptr, 0);
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  const auto any = [&] { return process_exists(told[0]) || process_exists(told[1]) || process_exists(told[2]); };
  while (any() && std::chrono::steady_clock::now() < limit) usleep(1000);
  for (const auto pid : told) EXPECT_FALSE(process_exists(pid)) << pid;
  close(pids[0]);
  close(pids[1]);
}

TEST(Workers, ManyLiveAtOnce) {
  Launched launched("obedient");
  constexpr std::size_t kMany = 300;
  std::vector<core::WorkerId> workers;
  for (std::size_t i = 0; i < kMany; ++i) workers.push_back(launched.launch());
  ASSERT_TRUE(launched.run_until([&] {
    for (const auto worker : workers) {
      if (!launched.life(worker).ready()) return false;
    }
    return true;
  }));
  EXPECT_EQ(launched.workers().alive(), kMany);
  for (const auto worker : workers) launched.workers().send(worker, wire::Stop{});
  EXPECT_TRUE(launched.run_until([&] { return launched.workers().alive() == 0; }));
}

}  // namespace
}  // namespace roost::launch
