// SPDX-License-Identifier: MIT
#pragma once

// FastCGI: the doors by which requests come in. A few threads take connections (listener.h), read each request to its end,
// refuse at once what is malformed, and hand the rest on. The request is then *parked*: no thread waits for a node. When its
// answer is there, a responder thread writes it and finishes the request. So ten thousand can wait at once.
// Thread: answer() and respond() by any; the others by the thread that made it.

#include <functional>
#include <memory>
#include <string>

#include "backend/core/doors.h"
#include "backend/front/configuration.h"
#include "backend/front/http.h"
#include "backend/front/response.h"

namespace roost::front {

struct Incoming {
  core::RequestId id{};
  Door door = Door::Public;
  Target target;
  std::string body;
  std::string instance;
  core::Instant received{};
};

class Server final : public core::Replies {
 public:
  using Sink = std::function<void(Incoming)>;   // called by accepting threads
  using Clock = std::function<core::Instant()>;

  // Opens both sockets (0660). Throws std::runtime_error if one cannot be opened or is another roostd's.
  // Requires: start_libfcgi() was called.
  Server(const Configuration& configuration, Sink sink, Clock clock);
  ~Server() override;
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void start();   // starts the threads
  // Once a second: cuts off peers that are silent or slow.
  void sweep();
  void stop_accepting();
  // Writes what is queued, then ends the responder threads.
  void finish();

  void answer(core::RequestId request, core::Answer answer) override;
  void respond(core::RequestId request, Response response);
  // Remembers a new node's seed, to be told with the answer.
  void set_seed(core::RequestId request, std::string seed);
  void change_body_bytes_max(std::uint64_t bytes);

  // What nginx calls a request (its $request_id), for the log, also a while after its answer; empty: it is not known. Thread: any.
  [[nodiscard]] std::string instance_of(std::uint64_t request) const;
  [[nodiscard]] std::size_t parked() const;   // Thread: any

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace roost::front
