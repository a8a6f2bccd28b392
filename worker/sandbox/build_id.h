// SPDX-License-Identifier: MIT
#pragma once

// The linker's build id of the running program: it differs whenever the program does, and it is that of the program that
// runs, not of the file that may have replaced it. Thread: any.

#include <string>

namespace roost::sandbox {

[[nodiscard]] std::string build_id();   // hexadecimal; "unknown" if the program was linked without one

}  // namespace roost::sandbox
