// SPDX-License-Identifier: MIT
#pragma once

// One zygote: a process started from the worker program, and the control socket to it (worker/sandbox/control.h). It is used up
// when the process ends; the next one is another object.
//
// Two processes stand behind it: the one that was started, which waits, and its child, process 1 of the PID namespace. When
// process 1 has ended, the kernel has ended everything it forked.
// Thread: one. Nothing here blocks, but starting the program.

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "backend/launch/descriptor.h"
#include "backend/launch/event_loop.h"
#include "worker/sandbox/control.h"

namespace roost::launch {

struct ZygoteReport {
  sandbox::Report report;
  pid_t sender = 0;   // as the kernel says, in our numbering
  std::string text;
};

class ZygoteProcess {
 public:
  struct Handler {
    std::function<void(const ZygoteReport&)> report;
    std::function<void()> writable;               // an order that found the socket full may be tried again
    std::function<void(std::string why)> ended;   // last; from within the loop; the object may be destroyed in it
  };

  // Starts it. `code_store`: a descriptor for it to map, or -1. Throws std::system_error if the program cannot be run.
  // Requires: loop outlives it.
  ZygoteProcess(EventLoop& loop, const std::string& program, const std::vector<std::string>& arguments, int code_store, Handler handler);
  ~ZygoteProcess();   // kills it if it still runs
  ZygoteProcess(const ZygoteProcess&) = delete;
  ZygoteProcess& operator=(const ZygoteProcess&) = delete;

  enum class Sent { Yes, Full, Gone };
  // With the descriptors for the child's stdin and stdout, or -1 for an order that has none.
  [[nodiscard]] Sent order(const sandbox::Order& order, int child_stdin = -1, int child_stdout = -1);

  // Handles the reports that are there, births (Forked) first. The loop does not watch for births: read them before telling what a
  // child says.
  void read_reports();
  void read_births();
  // SIGKILL; ended() follows.
  void kill();
  [[nodiscard]] pid_t pid() const { return process_one_pid_ ? process_one_pid_ : pid_; }

 private:
  [[nodiscard]] static std::optional<ZygoteReport> receive(const Descriptor& socket);
  void control_event(std::uint32_t events);
  void watch_process_one(pid_t pid);
  void process_one_ended();
  void process_ended();
  void report_end();
  void unwatch(Descriptor& descriptor);

  EventLoop& loop_;
  Handler handler_;
  Descriptor control_;
  Descriptor births_;
  pid_t pid_ = 0;                // what was started; reaped here
  Descriptor process_;           // pidfd of it
  pid_t process_one_pid_ = 0;    // known from its Hello
  Descriptor process_one_;       // pidfd of it
  bool writable_wanted_ = false;
  int wait_status_ = 0;
};

}  // namespace roost::launch
