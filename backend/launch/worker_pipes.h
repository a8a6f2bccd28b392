// SPDX-License-Identifier: MIT
#pragma once

// The two pipes of one worker, seen from roostd: frames go out through a queue that never blocks, bytes come in and are cut
// into frames. It knows nothing of processes.
// Thread: one.

#include <functional>
#include <string>

#include "backend/launch/descriptor.h"
#include "backend/launch/event_loop.h"
#include "worker/wire/frames.h"

namespace roost::launch {

class WorkerPipes {
 public:
  using Event = std::function<void()>;

  // Makes the pipes. Throws std::system_error (too many open files, …).
  // Requires: loop outlives it. `readable` is called from the loop when there is something to take(), `all_sent` when nothing is unsent
  // any more.
  WorkerPipes(EventLoop& loop, Event readable, Event all_sent);
  ~WorkerPipes();
  WorkerPipes(const WorkerPipes&) = delete;
  WorkerPipes& operator=(const WorkerPipes&) = delete;

  // The child's ends, until they have been given to it.
  [[nodiscard]] int child_stdin() const { return child_stdin_.get(); }
  [[nodiscard]] int child_stdout() const { return child_stdout_.get(); }
  void child_has_its_ends();

  // Writes what the pipe takes now and queues the rest. False: nobody reads the other end any more.
  [[nodiscard]] bool write(BytesView bytes);
  [[nodiscard]] std::size_t unsent_bytes() const { return queue_.size() - queue_sent_; }

  enum class Taken { Some, Nothing, End };
  // Gives what was left when the sink last wanted no more, then reads once (at most a buffer), and gives whole frames to `sink` until it
  // returns false: what is left then stays for the next time. What is malformed is told in fault().
  [[nodiscard]] Taken take(const std::function<bool(wire::FromWorker)>& sink);
  // Why nothing more can be read from it; empty: nothing is wrong.
  [[nodiscard]] const std::string& fault() const { return fault_; }
  void stop_reading();
  // Between the two, `readable` is not called: what the worker sends stays in its pipe.
  void pause();
  void resume();
  [[nodiscard]] bool reading() const { return static_cast<bool>(from_); }

 private:
  [[nodiscard]] bool give(const std::function<bool(wire::FromWorker)>& sink);
  void write_queue();
  void stop_writing();

  EventLoop& loop_;
  const Event readable_, all_sent_;
  Descriptor child_stdin_, child_stdout_;
  Descriptor to_, from_;
  bool to_watched_ = false, from_watched_ = false;
  bool to_broken_ = false;
  Bytes queue_;
  std::size_t queue_sent_ = 0;
  wire::FrameSplitter splitter_;
  std::string fault_;
};

}  // namespace roost::launch
