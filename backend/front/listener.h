// SPDX-License-Identifier: MIT
#pragma once

// One FastCGI door: its sockets, and the connections that come by them until one of roostd's threads reads them.
//
// A burst of ten thousand requests must not meet the end of the kernel's queue, where nginx is refused and its client gets a 502. A
// queue has 4,096 places (net.core.somaxconn), and roostd's threads may have to wait for a processor meanwhile: a hundred
// nodes that wake share them with roostd, and a scheduler that counts by session or by control group gives nginx alone as much as
// all of these together. So a door has several sockets, which nginx takes in turns, and a queue for each.
//
// The threads take turns. One has the turn: it takes all that the kernel has, and looks at each connection before it reads one byte. A request that is all
// there is given out with the turn: reading it waits for nobody, so no other thread is woken, which would cost more than the reading.
// One that is not all there waits aside, in an epoll, without a thread. One that is too large to be seen whole is given out
// without the turn: another thread takes that over, and this one may wait for its peer. What no web server sends (fastcgi_records.h) is
// closed unheard. (libfcgi's own accept would hold the
// thread, and everyone behind it, for as long as any peer likes.)
//
// A peer that has not sent a whole request after kPartMax is cut off; one that stops in the middle of a large one, or sends it one
// byte a second, after kReadMax; and one that does not take its answer after kWriteMax. All this can only be done by somebody
// who may open the socket, which nginx alone should: the socket is 0660, and a lock file next to it keeps a second roostd away.
// Thread: next() by any number, each with a turn of its own; stop() by one.

#include <chrono>
#include <memory>
#include <mutex>
#include <string>

namespace roost::front {

// How long a request may be waited for without a thread. nginx sends at once.
inline constexpr std::chrono::milliseconds kPartMax{5'000};
// For reading a large request (nginx has all of it before it connects), and for writing an answer (nginx takes it as it comes). Looked after
// once a second.
inline constexpr std::chrono::milliseconds kReadMax{1'000};
inline constexpr std::chrono::milliseconds kWriteMax{5'000};

// What a thread does with a connection that it may not do for ever: sweep() shuts the connection down when its time is over, and
// the thread's call returns. One for each thread.
class TimeLimit {
 public:
  using Clock = std::chrono::steady_clock;
  void begin(int connection, std::chrono::milliseconds limit) {
    const std::lock_guard lock(mutex_);
    connection_ = connection;
    until_ = Clock::now() + limit;
  }
  // The connection may have been closed a moment before; then its number can belong to another, which the sweep would hit if
  // it ran in that very moment and the time was over. It hits once at most, and the price is one request that is answered badly.
  void end() {
    const std::lock_guard lock(mutex_);
    connection_ = -1;
  }
  void sweep(Clock::time_point now);

 private:
  std::mutex mutex_;
  int connection_ = -1;
  Clock::time_point until_;
};

// The n-th socket of a door, from 1: `path`, `path`.2, `path`.3, …
[[nodiscard]] std::string socket_path(const std::string& path, int n);

class Listener {
 public:
  // Takes the places of sockets that were left behind. Throws std::runtime_error if another roostd listens there, or nobody may.
  // Requires: sockets >= 1.
  explicit Listener(const std::string& path, int sockets = 1);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  using Turn = std::unique_lock<std::mutex>;
  [[nodiscard]] Turn turn();   // for one thread; not had yet

  // A connection with a request to read, for the caller to close; -1: it was stopped, and none is left that was taken before.
  // Blocks. Whoever comes back with the turn, or gives it up, lets the next one be taken.
  [[nodiscard]] int next(Turn& turn);
  // next() returns -1 from now on, to all.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace roost::front
