// SPDX-License-Identifier: MIT
#pragma once

// One request as libfcgi has it, from its first byte to its answer's last. Everything in it is read before anything is
// answered, also what is refused: closing a socket with unread bytes would reset it, and nginx would lose the answer.
//
// libfcgi is given a connection that was accepted elsewhere (listener.h), and is always made to close it: a connection that
// is kept would tie a thread to its peer.
// Thread: one at a time; any may finish what another read.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "backend/front/http.h"

struct FCGX_Request;

namespace roost::front {

// Sets libfcgi up. Requires: called once, before there are other threads, and before the signal handlers of this process are
// set: libfcgi puts its own in place of those that nobody has set.
void start_libfcgi();

class FastcgiRequest {
 public:
  // Takes the connection over.
  explicit FastcgiRequest(int connection);
  ~FastcgiRequest();   // closes it
  FastcgiRequest(const FastcgiRequest&) = delete;
  FastcgiRequest& operator=(const FastcgiRequest&) = delete;

  // Reads up to the body. False: it is no FastCGI request, or its peer is gone or too slow; its body must not be read then.
  [[nodiscard]] bool read_parameters();
  // Valid as long as this object.
  [[nodiscard]] Parameters parameters() const;
  // Reads the rest. nullopt: it has more than `bytes_max` bytes.
  [[nodiscard]] std::optional<std::string> read_body(std::uint64_t bytes_max);
  // There was an error on the way: what was read is not all that was to be sent. Requires: read_parameters() returned true.
  [[nodiscard]] bool failed() const;
  // Sends the answer and closes the connection. An answer that its peer does not want any more is no error.
  // Requires: read_parameters() returned true.
  void finish(const std::string& answer);
  [[nodiscard]] int connection() const;

 private:
  std::unique_ptr<FCGX_Request> request_;
};

}  // namespace roost::front
