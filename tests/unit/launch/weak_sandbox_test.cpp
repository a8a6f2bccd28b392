// SPDX-License-Identifier: MIT
// A machine that forbids namespaces. Each test makes one for itself: a process in a user namespace in which no further
// namespaces may be made and whose programs get no capabilities.

#include <fcntl.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/launch/launcher_fixture.h"

namespace roost::launch {
namespace {

bool write_file(const char* path, const std::string& content) {
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  const bool written = file >= 0 && write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size());
  close(file);
  return written;
}

bool forbid_namespaces() {
  const std::string user = std::to_string(geteuid()), group = std::to_string(getegid());
  return unshare(CLONE_NEWUSER) == 0 && write_file("/proc/self/setgroups", "deny") &&
         write_file("/proc/self/uid_map", "0 " + user + " 1") && write_file("/proc/self/gid_map", "0 " + group + " 1") &&
         write_file("/proc/sys/user/max_user_namespaces", "0") && prctl(PR_SET_SECUREBITS, SECBIT_NOROOT) == 0;
}

constexpr int kNotForbidden = 77;

// What `body` returns, from a process where namespaces are forbidden.
int status_where_namespaces_are_forbidden(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(forbid_namespaces() ? body() : kNotForbidden);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST(WeakSandbox, IsRefusedUnlessItIsAllowed) {
  const int status = status_where_namespaces_are_forbidden([] {
    try {
      Launched launched("obedient");
      return 1;
    } catch (const std::runtime_error& error) {
      const std::string what = error.what();
      return what.find("pid: unshare") != std::string::npos && what.find("allow_weak_sandbox") != std::string::npos ? 0 : 2;
    }
  });
  if (status == kNotForbidden) GTEST_SKIP() << "namespaces cannot be forbidden here";
  EXPECT_EQ(status, 0);
}

TEST(WeakSandbox, NamesTheMissingLayersAndKeepsTheOthers) {
  const int status = status_where_namespaces_are_forbidden([] {
    auto options = Launched::options_for("open-file");
    options.allow_weak_sandbox = true;
    Launched launched(options);
    for (const SandboxLayer& layer : launched.workers().sandbox().layers) {
      const bool left = layer.name == "no_new_privs" || layer.name == "seccomp" || layer.name == "rlimits";
      if (layer.in_force != left || layer.detail.empty() != left) return 1;
    }
    const auto worker = launched.launch_ready();
    return launched.exit_after_eval(worker).code == SIGSYS ? 0 : 2;
  });
  if (status == kNotForbidden) GTEST_SKIP() << "namespaces cannot be forbidden here";
  EXPECT_EQ(status, 0);
}

TEST(WeakSandbox, ItsWorkersStillDieWithTheZygote) {
  const int status = status_where_namespaces_are_forbidden([] {
    auto options = Launched::options_for("loop");
    options.allow_weak_sandbox = true;
    Launched launched(options);
    const auto worker = launched.launch_ready();
    launched.eval(worker, "act");
    if (kill(launched.workers().sandbox().zygote_pid, SIGKILL) != 0) return 1;
    if (!launched.run_until([&] { return launched.life(worker).exited(); })) return 2;
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    while (process_exists(launched.life(worker).pid)) {
      if (std::chrono::steady_clock::now() > limit) return 3;
      usleep(1000);
    }
    return 0;
  });
  if (status == kNotForbidden) GTEST_SKIP() << "namespaces cannot be forbidden here";
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace roost::launch
