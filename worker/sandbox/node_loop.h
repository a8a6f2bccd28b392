// SPDX-License-Identifier: MIT
#pragma once

// What a worker does all its life: frames from stdin to the machine, the machine's frames to stdout. What one turn of the
// loop brings forth leaves in one write; a ping is answered within about a slice, also while programs run.
//
// stdout blocks: while the container does not read, nothing is computed and nothing more is taken in, so what waits is
// bounded by the pipes. Ends with status 0 at Stop, at the end of stdin and when nobody reads stdout any more.
// Thread: one.

#include "worker/runtime/machine.h"

namespace roost::sandbox {

// Requires: a fresh process with pipes as descriptors 0 and 1. Throws std::bad_alloc at the address space limit.
[[noreturn]] void run_node(const runtime::Library& library, const code::StoreView& store);

}  // namespace roost::sandbox
