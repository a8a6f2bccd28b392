// SPDX-License-Identifier: MIT
#pragma once

// Where the container's code store lies in the zygote and in every worker: at one place, which the syscall filter knows. A worker's
// address space limit counts the store, so a worker that could give its mapping up would have as much private memory instead, beyond
// what it was allotted. The filter therefore lets it unmap, move and replace nothing below kCodeEnd; all else of a process lies
// far above. Thread: any.

#include <cstddef>
#include <cstdint>
#include <span>

namespace roost::sandbox {

inline constexpr std::uint64_t kCodeStart = std::uint64_t{1} << 32;
inline constexpr std::uint64_t kCodeEnd = std::uint64_t{1} << 38;   // code_bytes_max is 64 GiB at most

// For as long as the process lives, and for reading. Throws std::runtime_error if it cannot lie there.
[[nodiscard]] std::span<const std::byte> map_code_store(int descriptor);

}  // namespace roost::sandbox
