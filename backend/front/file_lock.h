// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>

#include "backend/launch/descriptor.h"

namespace roost::front {

// A lock that the kernel holds for this process (flock(2)): another process's attempt fails, and it is gone with the process. (The
// file stays only if the process was killed; then it is an empty file that the next one takes over.)
class FileLock {
 public:
  // How long a holder is waited for. A roostd that was killed holds its locks a little longer than its process seems to live:
  // until the last of its threads has given back its memory, which takes its time while thousands of workers end as well.
  static constexpr std::chrono::milliseconds kPatience{3'000};

  // Throws std::runtime_error: "`what` is in use by another roostd …".
  FileLock(const std::string& file, const std::string& what);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  [[nodiscard]] bool is_named() const;
  const std::string file_;
  launch::Descriptor fd_;
};

}  // namespace roost::front
