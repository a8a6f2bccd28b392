// SPDX-License-Identifier: MIT
#pragma once

// A failure as one sentence, for programs and logs: the reason, then where: the node, the definition, and what called that.
// Thread: pure.

#include <span>
#include <string>

namespace roost::wire {

// `node`: its fingerprint; empty: it is not known, or goes without saying. "out of plums (at node abc…, in `f`, called by `g`, `main`)"
[[nodiscard]] std::string failure_text(const std::string& reason, const std::string& definition, std::span<const std::string> chain,
                                       const std::string& node);

}  // namespace roost::wire
