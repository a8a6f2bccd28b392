// SPDX-License-Identifier: MIT
#pragma once

// One awake node: its computations, run as fibers that share one thread by fuel, its channels and timers, and what it
// asks of its container. The process around it (worker/sandbox/node_loop.cpp) only moves frames; a test can hold several machines and
// play the container between them.
//
// Nothing that a program does throws out of a Machine or ends the process: a computation that fails is answered with a
// wire::Failure and logged, and the others go on. Thread: one.

#include <chrono>
#include <memory>
#include <optional>

#include "worker/code/store_view.h"
#include "worker/wire/frames.h"

namespace roost::runtime {

class Library;   // library.h: the standard library (or others), loaded once, shared copy-on-write by all forks

using MonotonicTime = std::chrono::nanoseconds;   // CLOCK_MONOTONIC

class Outbox {
 public:
  virtual ~Outbox() = default;
  virtual void send(const wire::FromWorker& frame) = 0;
  // Comes again and again, every 20 ms or so, while one handle() or run() takes longer than that. Throws nothing.
  virtual void still_working() {}
};

class Machine {
 public:
  // Requires: library, store and outbox outlive the machine.
  Machine(const Library& library, const code::StoreView& store, Outbox& outbox);
  ~Machine();

  // Takes one frame. Ready and Pong are answered here; Stop is not for the machine.
  void handle(MonotonicTime now, const wire::ToWorker& frame);

  struct Next {
    enum class Do { RunAgain, Wait, Idle } what = Do::Idle;
    std::optional<MonotonicTime> deadline;   // for Wait: when a timer is due, if one is
  };
  // Runs what can run for about one slice (a millisecond), timers that are due included. Says Idle to the container (once per
  // change) when nothing runs, sleeps or waits.
  Next run(MonotonicTime now);

 private:
  class Node;
  std::unique_ptr<Node> node_;
};

}  // namespace roost::runtime
