// SPDX-License-Identifier: MIT
#pragma once

// Spawning without a round trip for each child. The worker makes a child's key pair itself and tells the container; what it needs
// beforehand is leave, which it keeps in stock and asks for in doubling numbers, of more than a few before the stock is used up, so
// that a program that makes many rarely waits. A child's seed goes to the container, and once more, enclosed under the envelope of
// this process (wire::KeyEnvelope), for key sources that are the parent's alone.
//
// Seeds and keys are wiped when they are done with. Thread: one.

#include <deque>
#include <functional>
#include <string>

#include "worker/wire/frames.h"

namespace roost::runtime {

class Children {
 public:
  using Send = std::function<void(const wire::FromWorker&)>;

  // `seed` may be empty: then there is no key to seal to, and nothing can be spawned.
  Children(const PublicKey& parent, Bytes seed, Send send);
  ~Children();
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;

  [[nodiscard]] bool can_spawn() const { return !seed_.empty(); }
  // A new child, if leave for one is in stock: it is announced to the container. Else asks for leave: try again after reserved().
  // Throws std::bad_alloc, and then no child was announced and no leave is used.
  [[nodiscard]] bool spawn(PublicKey& child);
  // True: those who wait for leave are refused it. (Else they may try again: they ask again, if need be.)
  [[nodiscard]] bool reserved(const wire::Reserved& frame);
  // The container takes back leave that is not used when the node says that it is idle.
  void forget_leave();

 private:
  void ask_for_leave();
  void make_envelope();
  [[nodiscard]] Bytes enclosed(const PublicKey& child, BytesView seed) const;

  PublicKey parent_;
  Bytes seed_;
  Send send_;
  std::uint64_t leave_ = 0;
  std::uint64_t next_reserve_ = 1;
  std::uint64_t ask_ahead_at_ = 0;   // ask when leave_ has come down to this; 0: only when there is none
  enum class Question { None, Ahead, Needed } open_ = Question::None;
  std::uint64_t void_answers_ = 0;   // still to come, to questions from before forget_leave(): what they grant has been taken back
  wire::KeyEnvelope envelope_;
  Bytes key_;   // of the envelope; empty until the first child
};

}  // namespace roost::runtime
