// SPDX-License-Identifier: MIT
#pragma once

// Who pays for the thread's CPU time. The time belongs to one message after the other (turn_to); what passes while it is nobody's is the
// node's own. Asking for the CPU time costs as much as a small message does, so that is done for long pieces only: of a short
// one, the time by the clock on the wall is taken, which is never less. Nobody pays more than passed in its own turns.
// Thread: one.

#include <cstdint>
#include <memory>
#include <utility>

namespace roost::runtime {

// What a message may compute, its forks included.
struct Allowance {
  std::uint64_t spent_ns = 0;
};

class ComputeBill {
 public:
  // What passes from now on is `next`'s; null: nobody's.
  void turn_to(std::shared_ptr<Allowance> next) {
    if (next == debtor_) return;
    bill();
    debtor_ = std::move(next);
  }
  // What has passed so far is put on its debtor's account.
  void bill();
  // Before what may be a long piece, so that the CPU time of other things is not taken for a part of it. Requires: it is nobody's turn.
  void mark();

 private:
  std::shared_ptr<Allowance> debtor_;
  std::uint64_t wall_ns_ = 0;      // when the last piece ended
  std::uint64_t cpu_ns_ = 0;       // CPU time of the thread when it was last asked for
  std::uint64_t short_ns_ = 0;     // billed since then
};

}  // namespace roost::runtime
