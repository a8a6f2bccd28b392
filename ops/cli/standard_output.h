// SPDX-License-Identifier: MIT
#pragma once

// std::cout as something that fails aloud. While there is one of these, what std::cout cannot write throws CannotWrite from the output
// itself, or from flush(): a value that nobody received is not done. A reader that is gone ends the process as SIGPIPE does.
// Thread: as std::cout.

#include <array>
#include <stdexcept>
#include <streambuf>

namespace roost::cli {

class CannotWrite : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class StandardOutput final : private std::streambuf {
 public:
  // If stdout is closed, its place is taken: no file that is opened later must get what is printed.
  StandardOutput();
  ~StandardOutput() override;   // writes what it still can
  StandardOutput(const StandardOutput&) = delete;
  StandardOutput& operator=(const StandardOutput&) = delete;

 private:
  int_type overflow(int_type character) override;
  int sync() override;

  std::array<char, 1 << 16> waiting_;
  std::streambuf* const before_;
};

}  // namespace roost::cli
