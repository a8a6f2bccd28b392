// SPDX-License-Identifier: MIT
#include "ops/cli/standard_output.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <string>

namespace roost::cli {
namespace {

// For reading only: what is written there fails as if it were still closed.
void fill_closed_places() {
  int place;
  do place = open("/dev/null", O_RDONLY);
  while (place >= 0 && place <= STDERR_FILENO);
  if (place >= 0) close(place);
}

[[noreturn]] void fail(int error) {
  if (error == EPIPE) {   // whoever started us had the signal ignored
    signal(SIGPIPE, SIG_DFL);
    raise(SIGPIPE);
  }
  throw CannotWrite(std::string("cannot write to the standard output: ") + std::strerror(error));
}

}  // namespace

StandardOutput::StandardOutput() : before_(std::cout.rdbuf(this)) {
  fill_closed_places();
  setp(waiting_.data(), waiting_.data() + waiting_.size());
  std::cout.exceptions(std::ios::badbit);   // passes on what is thrown here
}

StandardOutput::~StandardOutput() {
  try {
    sync();
  } catch (const CannotWrite&) {   // something else has gone wrong before, and is said
  }
  std::cout.exceptions(std::ios::goodbit);
  std::cout.rdbuf(before_);
}

StandardOutput::int_type StandardOutput::overflow(int_type character) {
  sync();
  return traits_type::eq_int_type(character, traits_type::eof()) ? traits_type::not_eof(character) : sputc(traits_type::to_char_type(character));
}

int StandardOutput::sync() {
  const char* at = pbase();
  const char* const end = pptr();
  setp(waiting_.data(), waiting_.data() + waiting_.size());   // what cannot be written is not tried again
  while (at < end) {
    const ssize_t written = write(STDOUT_FILENO, at, static_cast<std::size_t>(end - at));
    if (written < 0 && errno != EINTR) fail(errno);
    if (written > 0) at += written;
  }
  return 0;
}

}  // namespace roost::cli
