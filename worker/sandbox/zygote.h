// SPDX-License-Identifier: MIT
#pragma once

// The process that workers are forked from. It is started once by roostd, with one thread, no keys, no database and no
// open directory; it loads what all workers share (copy-on-write), leaves the machine behind (isolation.h), says which layers are
// in force, and then forks a child for every Launch order, reaps it, and reports how it ended. It is process 1 of its PID
// namespace: when it ends, the kernel kills every child. It ends when roostd's socket closes.
//
// A child has two descriptors (its pipes as 0 and 1), an address space limit (what it was allotted and 48 MiB, beyond what the zygote
// has), and, last of all, the syscall filter. What it then runs is a ChildProgram: the node loop in roost-worker, something that
// misbehaves in tests/worker/hostile.
//
// Thread: one; a second thread, or a descriptor that should not be there, ends the zygote before it forks.

#include <string>
#include <vector>

namespace roost::sandbox {

class ChildProgram {
 public:
  virtual ~ChildProgram() = default;
  // Once, in the zygote, while files can still be read. `code_store`: a descriptor of the container's code store (worker/code), for
  // reading, which is closed afterwards (code_mapping.h maps it); -1: there is none. Throws std::exception to refuse the start.
  virtual void load(const std::vector<std::string>& library_files, int code_store) = 0;
  // In each child. Returns its exit status. What it throws ends the child (control.h, exit statuses).
  virtual int run() = 0;
};

// main() of a program that can be roostd's `worker`:
//   zygote [--allow-weak-sandbox] [LIBRARY-FILE...]   started by roostd with sockets as descriptors 3 and 4, and the
//                                                     code store as 5, if there is one
//   --layers                                          prints which layers this machine gives; exit 0 if all
//   --version
int zygote_main(int argc, char** argv, ChildProgram& program);

}  // namespace roost::sandbox
