// SPDX-License-Identifier: MIT
#pragma once

// Puts a worker's end into the words that its callers and the log get. Thread: pure functions.

#include <string>

#include "backend/core/container.h"

namespace roost::launch {

// What roostd itself knows about why a worker ends.
struct EndCauses {
  bool kill_ordered = false;   // by the core
  std::string fault;           // a malformed frame or a frame that could not be sent: it was killed for that
  bool pipe_closed = false;    // it closed its end of a pipe, and was killed for that
};

[[nodiscard]] core::WorkerExit worker_exit_of(int wait_status, const EndCauses& causes);
[[nodiscard]] core::WorkerExit launch_failed(const std::string& why);

}  // namespace roost::launch
