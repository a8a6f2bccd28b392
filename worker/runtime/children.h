// SPDX-License-Identifier: MIT
#pragma once

// Spawning without a round trip for each child. The worker makes a child's key pair itself and tells the container; what it needs
// beforehand is leave, which it asks for in doubling numbers and keeps in stock. A child's seed goes to the container, and once
// more, enclosed under the envelope of this process (wire::KeyEnvelope), for key sources that are the parent's alone.
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
  [[nodiscard]] bool spawn(PublicKey& child);
  void reserved(const wire::Reserved& frame);
  // The container takes back leave that is not used when the node says that it is idle.
  void forget_leave();

 private:
  void make_envelope();
  [[nodiscard]] Bytes enclosed(const PublicKey& child, BytesView seed) const;

  PublicKey parent_;
  Bytes seed_;
  Send send_;
  std::uint64_t leave_ = 0;
  std::uint64_t next_reserve_ = 1;
  bool asking_ = false;
  wire::KeyEnvelope envelope_;
  Bytes key_;   // of the envelope; empty until the first child
};

}  // namespace roost::runtime
