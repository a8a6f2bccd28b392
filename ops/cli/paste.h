// SPDX-License-Identifier: MIT
#pragma once

// Bracketed paste for libedit, which knows nothing of it: a terminal that was asked to puts marks around what is pasted, so that its tabs
// and line breaks can be told from keys. All of it goes into the line that is edited, and waits there for Enter.
// Thread: one, as libedit.

namespace roost::cli {

// Requires: rl_initialize() was called.
void bind_paste();

// The terminal marks what is pasted while the object lives; one that is `dumb` is not asked.
class MarkedPastes {
 public:
  MarkedPastes();
  ~MarkedPastes();
  MarkedPastes(const MarkedPastes&) = delete;
  MarkedPastes& operator=(const MarkedPastes&) = delete;
};

}  // namespace roost::cli
