// SPDX-License-Identifier: MIT
#pragma once

// What roostd and the system say to each other: signals, read as bytes from a descriptor, and sd_notify(3), a datagram to the
// socket that the service manager named, if it did.
// Thread: the core's.

#include <optional>
#include <string>

#include "backend/launch/descriptor.h"

namespace roost::front {

// "READY=1", "STOPPING=1", … A manager that does not listen is no failure of ours.
void notify_manager(const std::string& message);

// SIGTERM, SIGINT and SIGHUP as something to read; SIGPIPE ignored. Requires: made by main's thread before there are others,
// which inherit that these signals are blocked, and after libfcgi, whose handlers it replaces.
class Signals {
 public:
  Signals();   // throws std::system_error
  [[nodiscard]] int fd() const { return fd_.get(); }
  // The next signal that came; nullopt: none.
  [[nodiscard]] std::optional<int> next() const;

 private:
  launch::Descriptor fd_;
};

// As many descriptors as the system allows this process: each awake node has a few, each parked request one.
void raise_descriptor_limit();

}  // namespace roost::front
