// SPDX-License-Identifier: MIT
#pragma once

namespace roost::cli {

// ops/completion/roost.bash, word for word.
[[nodiscard]] const char* bash_completion();

}  // namespace roost::cli
