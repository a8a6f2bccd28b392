// SPDX-License-Identifier: MIT
#pragma once

// Texts that are too long for where they go, cut between characters.
// Thread: pure functions.

#include <cstddef>
#include <string>
#include <string_view>

namespace roost::wire {

// The start of the last character, if it was cut in two; else the size. Requires: UTF-8 but for that.
[[nodiscard]] std::size_t whole_characters(std::string_view text);

// The text, or its beginning and `…`: `bytes_max` bytes at most, the `…` included. Requires: bytes_max >= 3.
[[nodiscard]] std::string cut_text(std::string_view text, std::size_t bytes_max);

}  // namespace roost::wire
