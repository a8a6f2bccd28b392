// SPDX-License-Identifier: MIT
#include "backend/front/listener.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <unordered_map>

#include "backend/launch/descriptor.h"

namespace roost::front {
namespace {

using Clock = TimeLimit::Clock;
using launch::Descriptor;

constexpr int kBacklog = 4096;
// Silent connections that wait at once. More are closed unheard: nginx never leaves one.
constexpr std::size_t kSilentConnectionsMax = 1024;
// After an accept that failed because descriptors or memory ran out: until some are given back.
constexpr std::chrono::milliseconds kExhaustedPause{10};
constexpr mode_t kSocketMode = 0660;

[[noreturn]] void fail(const std::string& attempted) {
  throw std::runtime_error("cannot " + attempted + ": " + std::strerror(errno));
}

Descriptor listening_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    throw std::runtime_error("cannot listen on `" + path + "`: its name has " + std::to_string(path.size()) +
                             " bytes, and a socket's may have " + std::to_string(sizeof address.sun_path - 1));
  std::memcpy(address.sun_path, path.data(), path.size());
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) fail("make a socket");
  unlink(path.c_str());   // left behind by one that was killed; the lock says that it does not run
  // The mode is set before bind() gives the socket its name, so that nobody else gets in between.
  if (fchmod(socket.get(), kSocketMode) != 0) fail("set the mode of a socket");
  const mode_t mask = umask(0777 & ~kSocketMode);
  const int bound = bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  umask(mask);
  if (bound != 0 || listen(socket.get(), kBacklog) != 0) fail("listen on `" + path + "`");
  return socket;
}

}  // namespace

void TimeLimit::sweep(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (connection_ < 0 || now <= until_) return;
  shutdown(connection_, SHUT_RDWR);
  connection_ = -1;
}

FileLock::FileLock(const std::string& file, const std::string& what) : file_(file) {
  do {
    fd_ = Descriptor(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd_) fail("open the lock file `" + file + "`");
    if (flock(fd_.get(), LOCK_EX | LOCK_NB) == 0) continue;
    if (errno != EWOULDBLOCK) fail("lock `" + file + "`");
    throw std::runtime_error(what + " is in use by another roostd (it holds `" + file +
                             "`): stop that one, or configure another");
  } while (!is_named());   // its last holder removed it between the two calls: whoever comes next would lock another file
}

FileLock::~FileLock() { unlink(file_.c_str()); }   // while it is still locked

bool FileLock::is_named() const {
  struct stat named {}, locked {};
  return fstat(fd_.get(), &locked) == 0 && stat(file_.c_str(), &named) == 0 && named.st_ino == locked.st_ino &&
         named.st_dev == locked.st_dev;
}

class Listener::Impl {
 public:
  explicit Impl(const std::string& path)
      : path_(path),
        lock_(path + ".lock", "the socket `" + path + "`"),
        socket_(listening_socket(path)),
        stop_(eventfd(0, EFD_CLOEXEC)),
        more_(eventfd(0, EFD_CLOEXEC)),
        readers_(epoll_create1(EPOLL_CLOEXEC)),
        late_(epoll_create1(EPOLL_CLOEXEC)) {
    if (!stop_ || !more_ || !readers_ || !late_) fail("watch `" + path + "`");
    for (const Descriptor* epoll : {&readers_, &late_}) watch(*epoll, stop_.get(), EPOLLIN);
    // Edge-triggered: each event wakes one thread, and each thread takes all there is before it waits.
    watch(readers_, socket_.get(), EPOLLIN | EPOLLET);
    watch(readers_, more_.get(), EPOLLIN | EPOLLET);
  }

  ~Impl() {
    unlink(path_.c_str());
    for (const int connection : accepted_) close(connection);
    for (const auto& [connection, since] : silent_) close(connection);
  }

  int next() {
    for (;;) {
      const bool all = accept_all();
      const int connection = take_accepted();
      if (connection >= 0) {
        if (speaks(connection)) return connection;
        put_aside(connection);
      } else if (stopped_) {
        return -1;
      } else if (all) {
        epoll_event event{};
        epoll_wait(readers_.get(), &event, 1, -1);
      }
    }
  }

  int next_late() {
    while (!stopped_) {
      epoll_event event{};
      if (epoll_wait(late_.get(), &event, 1, -1) != 1 || event.data.fd == stop_.get()) continue;
      const std::lock_guard lock(mutex_);
      if (silent_.erase(event.data.fd) == 0) continue;   // it was closed meanwhile
      epoll_ctl(late_.get(), EPOLL_CTL_DEL, event.data.fd, nullptr);
      return event.data.fd;
    }
    return -1;
  }

  void sweep() {
    const auto now = Clock::now();
    const std::lock_guard lock(mutex_);
    for (auto one = silent_.begin(); one != silent_.end();) {
      const bool expired = now - one->second > kSilentMax;
      if (expired) close(one->first);   // which also takes it out of the epoll
      one = expired ? silent_.erase(one) : std::next(one);
    }
  }

  void stop() {
    stopped_ = true;
    signal(stop_);
    shutdown(socket_.get(), SHUT_RDWR);   // every accept returns
  }

 private:
  static void watch(const Descriptor& epoll, int fd, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0) fail("watch a socket");
  }

  // Takes all that wait in the kernel, where no more than kBacklog can: nginx is refused beyond that, and tells its client.
  // False: some may be left, since descriptors or memory ran out.
  bool accept_all() {
    for (;;) {
      const int connection = accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (connection >= 0) {
        const std::lock_guard lock(mutex_);
        accepted_.push_back(connection);
      } else if (errno == EAGAIN || stopped_) {
        return true;
      } else if (errno != EINTR && errno != ECONNABORTED) {
        std::this_thread::sleep_for(kExhaustedPause);
        return false;
      }
    }
  }

  // The first of them; -1: there is none.
  int take_accepted() {
    std::unique_lock lock(mutex_);
    if (accepted_.empty()) return -1;
    const int connection = accepted_.front();
    accepted_.pop_front();
    const bool more = !accepted_.empty();
    lock.unlock();
    if (more) signal(more_);   // for a thread that waits, if one does
    return connection;
  }

  static void signal(const Descriptor& event) {
    const std::uint64_t one = 1;
    if (write(event.get(), &one, sizeof one) != sizeof one) fail("wake a thread");
  }

  static bool speaks(int connection) {
    pollfd descriptor{connection, POLLIN, 0};
    return poll(&descriptor, 1, static_cast<int>(kFirstByteWait.count())) > 0;
  }

  void put_aside(int connection) {
    const std::lock_guard lock(mutex_);
    if (silent_.size() >= kSilentConnectionsMax) {
      close(connection);
      return;
    }
    silent_.emplace(connection, Clock::now());
    watch(late_, connection, EPOLLIN | EPOLLONESHOT);
  }

  const std::string path_;
  const FileLock lock_;
  const Descriptor socket_;
  const Descriptor stop_;      // readable: it is time to stop
  const Descriptor more_;      // written when accepted_ has more than the writer takes
  const Descriptor readers_;   // the epoll that next() waits in
  const Descriptor late_;      // and next_late(): of the silent
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;           // of what follows
  std::deque<int> accepted_;
  std::unordered_map<int, Clock::time_point> silent_;
};

Listener::Listener(const std::string& path) : impl_(std::make_unique<Impl>(path)) {}
Listener::~Listener() = default;
int Listener::next() { return impl_->next(); }
int Listener::next_late() { return impl_->next_late(); }
void Listener::sweep() { impl_->sweep(); }
void Listener::stop() { impl_->stop(); }

}  // namespace roost::front
