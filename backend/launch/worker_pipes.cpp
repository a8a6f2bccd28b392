// SPDX-License-Identifier: MIT
#include "backend/launch/worker_pipes.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace roost::launch {
namespace {

// One for all workers: it is empty between two reads. A pipe holds 64 KiB unless someone made it larger.
constexpr std::size_t kReadBytes = 64u << 10;
constexpr std::size_t kQueueKept = 64u << 10;   // capacity that an empty queue may keep

void make_pipe(Descriptor& reader, Descriptor& writer) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "making a worker's pipes");
  reader = Descriptor(ends[0]);
  writer = Descriptor(ends[1]);
}

// Our end alone: the child's stays blocking.
void never_block(const Descriptor& end) {
  if (fcntl(end.get(), F_SETFL, O_NONBLOCK) != 0) throw std::system_error(errno, std::generic_category(), "O_NONBLOCK");
}

}  // namespace

WorkerPipes::WorkerPipes(EventLoop& loop, Event readable, Event all_sent)
    : loop_(loop), readable_(std::move(readable)), all_sent_(std::move(all_sent)) {
  make_pipe(child_stdin_, to_);
  make_pipe(from_, child_stdout_);
  never_block(to_);
  never_block(from_);
  resume();
}

WorkerPipes::~WorkerPipes() {
  stop_reading();
  stop_writing();
}

void WorkerPipes::child_has_its_ends() {
  child_stdin_.reset();
  child_stdout_.reset();
}

bool WorkerPipes::write(BytesView bytes) {
  if (to_broken_ || !to_) return false;
  if (unsent_bytes() > 0) {
    queue_.append(bytes);
    return true;
  }
  const ssize_t written = ::write(to_.get(), bytes.data(), bytes.size());
  if (written < 0 && errno != EAGAIN && errno != EINTR) {
    to_broken_ = true;
    return false;
  }
  const std::size_t sent = written > 0 ? static_cast<std::size_t>(written) : 0;
  if (sent == bytes.size()) return true;
  queue_.append(bytes.substr(sent));
  loop_.add(to_.get(), EPOLLOUT, [this](std::uint32_t) { write_queue(); });
  to_watched_ = true;
  return true;
}

void WorkerPipes::write_queue() {
  const BytesView rest = BytesView(queue_).substr(queue_sent_);
  const ssize_t written = ::write(to_.get(), rest.data(), rest.size());
  if (written < 0) {
    if (errno == EAGAIN || errno == EINTR) return;
    to_broken_ = true;   // the next write() says so; until then its exit is likely to be told
    stop_writing();
    return;
  }
  queue_sent_ += static_cast<std::size_t>(written);
  if (unsent_bytes() > 0) {
    // What was sent is dropped when it is the larger part, so that each byte is moved at most once on average.
    if (queue_sent_ > queue_.size() / 2) {
      queue_.erase(0, queue_sent_);
      queue_sent_ = 0;
    }
    return;
  }
  loop_.remove(to_.get());
  to_watched_ = false;
  queue_.clear();
  queue_sent_ = 0;
  if (queue_.capacity() > kQueueKept) Bytes().swap(queue_);
  all_sent_();
}

void WorkerPipes::stop_writing() {
  if (to_watched_) loop_.remove(to_.get());
  to_watched_ = false;
  to_.reset();
  Bytes().swap(queue_);
  queue_sent_ = 0;
}

void WorkerPipes::stop_reading() {
  pause();
  from_.reset();
}

// Removed, not only asked for no events: the loop would tell again and again that the other end is closed.
void WorkerPipes::pause() {
  if (from_watched_) loop_.remove(from_.get());
  from_watched_ = false;
}

void WorkerPipes::resume() {
  if (!from_ || from_watched_) return;
  loop_.add(from_.get(), EPOLLIN, [this](std::uint32_t) { readable_(); });
  from_watched_ = true;
}

WorkerPipes::Taken WorkerPipes::take(const std::function<bool(wire::FromWorker)>& sink) {
  if (!from_) return Taken::End;
  if (!give(sink)) return Taken::Some;
  std::array<char, kReadBytes> buffer;
  const ssize_t count = read(from_.get(), buffer.data(), buffer.size());
  if (count < 0) return errno == EAGAIN || errno == EINTR ? Taken::Nothing : Taken::End;
  if (count == 0) return Taken::End;
  splitter_.feed({buffer.data(), static_cast<std::size_t>(count)});
  (void)!give(sink);
  return Taken::Some;
}

// False: the sink wants no more, or what comes next is malformed.
bool WorkerPipes::give(const std::function<bool(wire::FromWorker)>& sink) {
  for (;;) {
    auto body = splitter_.next();
    if (!body.ok()) {
      fault_ = body.error().what;
      return false;
    }
    if (!body.value()) return true;
    auto frame = wire::decode_from_worker(*body.value());
    if (!frame.ok()) {
      fault_ = frame.error().what;
      return false;
    }
    if (!sink(std::move(frame).value())) return false;
  }
}

}  // namespace roost::launch
