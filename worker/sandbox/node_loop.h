// SPDX-License-Identifier: MIT
#pragma once

// What a worker does all its life: frames from stdin to the machine, the machine's frames to stdout. What one turn of the
// loop brings forth leaves in one write.
//
// Frames are handled in order, for about a slice in each turn; so programs run while others come in. A ping is answered when it is met:
// within about a slice, unless messages stand before it whose programs take long to check or whose functions take long to bring in. A process
// that works, at whatever, says so unasked once a second (wire::Pong).
//
// stdout blocks: while the container does not read, nothing is computed and nothing more is taken in, so what waits is
// bounded by the pipes. Ends with status 0 at Stop, at the end of stdin and when nobody reads stdout any more.
// Thread: one.

#include "worker/runtime/machine.h"

namespace roost::sandbox {

// The nonce of a Pong that answers no Ping.
inline constexpr std::uint64_t kUnasked = 0;

// Requires: a fresh process with pipes as descriptors 0 and 1. Throws std::bad_alloc at the address space limit.
[[noreturn]] void run_node(const runtime::Library& library, const code::StoreView& store);

}  // namespace roost::sandbox
