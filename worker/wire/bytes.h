// SPDX-License-Identifier: MIT
#pragma once

// Byte strings. `Bytes` owns, `BytesView` borrows; neither promises to be text. They are std::string types
// because keys, hashes and encoded values are mostly small, and because every library here takes them.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace roost {

using Bytes = std::string;
using BytesView = std::string_view;

template <std::size_t N>
using FixedBytes = std::array<std::uint8_t, N>;

template <std::size_t N>
[[nodiscard]] BytesView view_of(const FixedBytes<N>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), N};
}

}  // namespace roost
