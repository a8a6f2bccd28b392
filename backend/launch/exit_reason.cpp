// SPDX-License-Identifier: MIT
#include "backend/launch/exit_reason.h"

#include <string.h>
#include <sys/wait.h>

#include <csignal>

#include "worker/sandbox/control.h"

namespace roost::launch {
namespace {

using core::ExitKind;
using core::WorkerExit;

const char* words_of_status(int status) {
  switch (status) {
    case sandbox::kExitBroken: return "something that its runtime needs failed";
    case sandbox::kExitMemory: return "it met the address space limit of its process (worker_memory_bytes and a margin)";
    case sandbox::kExitBadFrame: return "it did not understand a frame of the container";
    case sandbox::kExitFrameSize: return "it had to send a frame that is larger than a frame may be";
    case sandbox::kExitBug: return "a CHECK failed: a bug in the worker";
    default: return nullptr;
  }
}

WorkerExit exit_with_status(int status) {
  if (status == 0) return {ExitKind::Clean, 0, "it ended by itself"};
  const char* words = words_of_status(status);
  return {ExitKind::Status, status, "it exited with status " + std::to_string(status) + (words ? std::string(": ") + words : "")};
}

WorkerExit exit_by_signal(int signal, const EndCauses& causes) {
  const std::string name = "SIG" + std::string(sigabbrev_np(signal) ? sigabbrev_np(signal) : std::to_string(signal));
  if (signal == SIGSYS) return {ExitKind::Signal, signal, "it was ended by SIGSYS: a forbidden system call"};
  if (signal != SIGKILL) {
    const char* words = sigdescr_np(signal);
    return {ExitKind::Signal, signal, "it was ended by " + name + (words ? std::string(": ") + words : "")};
  }
  if (causes.kill_ordered) return {ExitKind::Signal, signal, "it was killed by the container"};
  if (causes.pipe_closed) return {ExitKind::Broken, signal, "it closed its end of a pipe, and was killed for that"};
  return {ExitKind::Signal, signal, "it was killed by SIGKILL from outside the container, or for lack of memory"};
}

}  // namespace

WorkerExit worker_exit_of(int wait_status, const EndCauses& causes) {
  const bool exited = WIFEXITED(wait_status);
  const int code = exited ? WEXITSTATUS(wait_status) : WTERMSIG(wait_status);
  if (!causes.fault.empty()) return {ExitKind::Broken, code, causes.fault};
  return exited ? exit_with_status(code) : exit_by_signal(code, causes);
}

WorkerExit launch_failed(const std::string& why) { return {ExitKind::LaunchFailed, 0, why}; }

}  // namespace roost::launch
