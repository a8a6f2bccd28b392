// SPDX-License-Identifier: MIT
#include "backend/front/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <thread>

namespace roost::front {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPause{10};   // between two attempts

[[noreturn]] void fail(const std::string& attempted, const std::string& file) {
  throw std::runtime_error("cannot " + attempted + " the lock file `" + file + "`: " + std::strerror(errno));
}

// False: somebody else holds it, and still did at `until`.
bool lock(int descriptor, const std::string& file, Clock::time_point until) {
  while (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) fail("lock", file);
    if (Clock::now() >= until) return false;
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

}  // namespace

FileLock::FileLock(const std::string& file, const std::string& what) : file_(file) {
  const Clock::time_point until = Clock::now() + kPatience;
  do {
    fd_ = launch::Descriptor(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd_) fail("open", file);
    if (!lock(fd_.get(), file, until))
      throw std::runtime_error(what + " is in use by another roostd (it holds `" + file + "`): stop that one, or configure another");
  } while (!is_named());   // its last holder removed it between the two calls: whoever comes next would lock another file
}

FileLock::~FileLock() { unlink(file_.c_str()); }   // while it is still locked

bool FileLock::is_named() const {
  struct stat named {}, locked {};
  return fstat(fd_.get(), &locked) == 0 && stat(file_.c_str(), &named) == 0 && named.st_ino == locked.st_ino &&
         named.st_dev == locked.st_dev;
}

}  // namespace roost::front
