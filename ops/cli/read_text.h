// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace roost::cli {

// All of a file, or of stdin if it is "-". Throws Ended(Usage): "cannot read the `what` …".
[[nodiscard]] std::string read_text(const std::string& file, const std::string& what);

}  // namespace roost::cli
