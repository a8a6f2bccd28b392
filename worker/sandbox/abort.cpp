// SPDX-License-Identifier: MIT
// The C library's abort() raises a signal at its own process, which the syscall filter takes for an attack. In the programs
// that link this file it ends the process with a status of its own instead, so that a failed CHECK is told from a
// forbidden call.

#include <unistd.h>

#include "worker/sandbox/control.h"

extern "C" [[noreturn]] void __wrap_abort() { _exit(roost::sandbox::kExitBug); }   // for the linker: --wrap=abort
