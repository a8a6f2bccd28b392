// SPDX-License-Identifier: MIT
#pragma once

// The core's StateReader over PostgreSQL: a few threads, each with a session of its own, take reads from one queue. Each
// read is one statement in a snapshot of its own, so it sees everything committed before it was asked for. A read that
// finds its session broken opens another and tries once more (a read changes nothing); then it is answered with what is wrong.
// Thread: read() by the core's thread; `done` is called on the readers' threads.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backend/core/container.h"
#include "backend/core/doors.h"

namespace roost::directory {

// What a single read may give: it travels to the worker as one frame. Of an index that has more little more is fetched.
inline constexpr std::size_t kReadBytesMax = wire::kFrameBytesMax - (64u << 10);

class StateReads final : public core::StateReader {
 public:
  using ReadResult = Result<std::vector<wire::Entry>, std::string>;
  using Done = std::function<void(core::ReadId, ReadResult)>;

  // Requires: threads > 0. The first sessions are opened by the first reads.
  StateReads(std::string connection_string, unsigned threads, Done done);
  ~StateReads() override;   // drops what has not begun
  StateReads(const StateReads&) = delete;
  StateReads& operator=(const StateReads&) = delete;

  void read(core::StateRead read) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace roost::directory
