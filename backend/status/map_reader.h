// SPDX-License-Identifier: MIT
#pragma once

// The reader's side of the status map (layout.h): what `roost node` and a debugger look through. It maps read-only,
// takes no lock and needs nothing of roostd, so it works while roostd is stuck, stopped or dead: then it shows the last
// that was known, and writer_alive() says so.
//
// A map is opened only if it is whole: right magic, layout version, slot size and length, and made since this machine
// booted. roostd makes a new map at every start; whoever watches for long opens it anew when writer_alive() turns false.
// Thread: any number may read at once.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/core/doors.h"
#include "worker/wire/result.h"

namespace roost::status {

// A heartbeat older than this means that roostd hangs or is gone. (It beats every second.)
inline constexpr std::int64_t kHeartbeatStaleMs = 5000;

struct MapFacts {
  std::string host;              // "name[:port]" of node URLs
  std::int32_t writer_pid = 0;
  std::int64_t started_ms = 0;   // Unix time
  std::int64_t heartbeat_ms = 0; // Unix time, as this machine's clock counts now
  std::uint64_t slots = 0;
  std::uint64_t slots_used_end = 0;
};

class MapReader {
 public:
  // `name` as in the setting `status_map`, e.g. "/roost". The error is a sentence: what was opened, what is wrong with it,
  // and what to do.
  [[nodiscard]] static Result<std::unique_ptr<MapReader>, std::string> open(const std::string& name);
  ~MapReader();
  MapReader(const MapReader&) = delete;
  MapReader& operator=(const MapReader&) = delete;

  [[nodiscard]] MapFacts facts() const;
  // A copy of one slot as it was at one instant; nullopt: no node is in it, or the writer died inside it.
  // Requires: slot < facts().slots.
  [[nodiscard]] std::optional<core::NodeStatus> read(std::uint32_t slot) const;
  // Every node of the map, in the order of slots. Each is consistent by itself; together they span the time it took.
  [[nodiscard]] std::vector<core::NodeStatus> read_all() const;
  // False: the process that wrote the map has ended, or has not given a sign of life for kHeartbeatStaleMs.
  [[nodiscard]] bool writer_alive() const;

 private:
  class Mapping;
  explicit MapReader(std::unique_ptr<Mapping> mapping);
  std::unique_ptr<Mapping> mapping_;
};

}  // namespace roost::status
