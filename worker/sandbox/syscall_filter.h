// SPDX-License-Identifier: MIT
#pragma once

// The seccomp filter of a worker: some twenty calls that computing and two pipes need, and death for every other. It is
// translated once, in the zygote; a child installs it with one call. Calls of other instruction sets (x32, i386) are death too,
// because the same number means something else there.
// Thread: requires a process with one thread.

#include <linux/filter.h>

#include <string>
#include <vector>

namespace roost::sandbox {

class SyscallFilter {
 public:
  // Throws std::runtime_error if the filter cannot be made; the kernel may still lack seccomp: see available().
  SyscallFilter();
  SyscallFilter(const SyscallFilter&) = delete;
  SyscallFilter& operator=(const SyscallFilter&) = delete;

  [[nodiscard]] static bool available();

  // For ever. Requires: no_new_privs. False: it is not in force, and the process must not go on.
  [[nodiscard]] bool install() const;

 private:
  std::vector<sock_filter> program_;
};

}  // namespace roost::sandbox
