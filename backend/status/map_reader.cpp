// SPDX-License-Identifier: MIT
#include "backend/status/map_reader.h"

#include <signal.h>
#include <time.h>

#include <chrono>
#include <cstring>
#include <fstream>

#include <boost/interprocess/mapped_region.hpp>
#include <boost/interprocess/shared_memory_object.hpp>

#include "backend/status/slot_copy.h"
#include "backend/status/status_map.h"

namespace roost::status {
namespace {

namespace bip = boost::interprocess;

// A writer is in a slot for some tens of nanoseconds. One that died there, or that the kernel stopped there, is not waited
// for longer than this many looks, the later ones with a pause between them.
constexpr int kLooksMax = 200;
constexpr int kLooksWithoutPause = 100;
constexpr long kPauseNs = 50'000;

std::int64_t unix_ms_now() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::int64_t ms_since_beat(const Header& header) { return monotonic_ms_now() - header.heartbeat_ms.load(std::memory_order_acquire); }

bool is_zombie(std::int32_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(stat, line);
  const std::size_t name_end = line.rfind(") ");   // the name before it may hold anything
  return name_end != std::string::npos && name_end + 2 < line.size() && (line[name_end + 2] == 'Z' || line[name_end + 2] == 'X');
}

std::optional<core::NodeStatus> status_of(std::uint32_t number, const SlotWords& words) {
  Slot slot;
  std::memcpy(static_cast<void*>(&slot), words, sizeof slot);
  if (slot.used == 0 || slot.state > static_cast<std::uint8_t>(core::NodeState::Destroyed) ||
      slot.lifetime > static_cast<std::uint8_t>(core::Lifetime::Leased))
    return std::nullopt;
  core::NodeStatus status;
  status.slot = number;
  std::memcpy(status.key.bytes.data(), slot.key, sizeof slot.key);
  if (slot.has_parent) std::memcpy(status.parent.emplace().bytes.data(), slot.parent, sizeof slot.parent);
  status.state = static_cast<core::NodeState>(slot.state);
  status.lifetime = static_cast<core::Lifetime>(slot.lifetime);
  status.pid = slot.pid;
  status.mailbox = slot.mailbox;
  status.last_activity_ms = slot.last_activity_ms;
  status.memory_bytes_allotted = slot.memory_bytes_allotted;
  status.memory_bytes_in_use = slot.memory_bytes_in_use;
  status.messages = slot.messages;
  status.nodes_used = slot.nodes_used;
  status.awake_used = slot.awake_used;
  return status;
}

template <std::size_t N>
std::string text_of(const char (&field)[N]) {
  return {field, strnlen(field, N)};
}

}  // namespace

class MapReader::Mapping {
 public:
  explicit Mapping(const std::string& name)
      : object_(bip::open_only, name.c_str(), bip::read_only), region_(object_, bip::read_only) {}

  [[nodiscard]] std::size_t bytes() const { return region_.get_size(); }
  [[nodiscard]] const Header& header() const { return *static_cast<const Header*>(region_.get_address()); }
  [[nodiscard]] const SlotWords& slot(std::uint32_t number) const {
    CHECK(number < header().slots);
    const auto* start = static_cast<const char*>(region_.get_address()) + sizeof(Header);
    return *reinterpret_cast<const SlotWords*>(start + number * sizeof(Slot));
  }
  // Why these bytes are not a map that this program reads; empty: they are.
  [[nodiscard]] std::string fault() const;

 private:
  bip::shared_memory_object object_;
  bip::mapped_region region_;
};

std::string MapReader::Mapping::fault() const {
  if (bytes() < sizeof(Header)) return "it is being made, or is not a status map";
  const Header& header = this->header();
  const auto magic = std::atomic_ref<std::uint64_t>(const_cast<std::uint64_t&>(header.magic)).load(std::memory_order_acquire);
  if (magic != kMagic) return "it is being made, or is not a status map";
  if (header.layout_version != kLayoutVersion || header.slot_bytes != sizeof(Slot))
    return "its layout is version " + std::to_string(header.layout_version) + ", and this program reads version " +
           std::to_string(kLayoutVersion) + ": roostd and this program are of different releases";
  if (header.slots > (bytes() - sizeof(Header)) / sizeof(Slot))
    return "it is shorter than its header says";
  if (text_of(header.boot_id) != boot_id()) return "it was made before this machine was started: roostd has not run since";
  return {};
}

Result<std::unique_ptr<MapReader>, std::string> MapReader::open(const std::string& name) {
  try {
    auto mapping = std::make_unique<Mapping>(name);
    if (std::string fault = mapping->fault(); !fault.empty())
      return Refused{"the status map `" + name + "` cannot be used: " + fault};
    return std::unique_ptr<MapReader>(new MapReader(std::move(mapping)));
  } catch (const bip::interprocess_exception& error) {
    const char* hint = error.get_error_code() == bip::not_found_error
                           ? " (roostd makes it when it starts; is roostd running, and is `status_map` this name?)"
                           : " (its group may read it)";
    return Refused{"the status map `" + name + "` cannot be opened: " + error.what() + hint};
  }
}

MapReader::MapReader(std::unique_ptr<Mapping> mapping) : mapping_(std::move(mapping)) {}
MapReader::~MapReader() = default;

MapFacts MapReader::facts() const {
  const Header& header = mapping_->header();
  MapFacts facts;
  facts.host = text_of(header.host);
  facts.writer_pid = header.writer_pid;
  facts.started_ms = header.started_ms;
  facts.heartbeat_ms = unix_ms_now() - ms_since_beat(header);
  facts.slots = header.slots;
  facts.slots_used_end = std::min(header.slots_used_end.load(std::memory_order_acquire), header.slots);
  return facts;
}

std::optional<core::NodeStatus> MapReader::read(std::uint32_t slot) const {
  const SlotWords& shared = mapping_->slot(slot);
  SlotWords copy;
  for (int look = 0; look < kLooksMax; ++look) {
    if (try_read_slot(shared, copy)) return status_of(slot, copy);
    if (look >= kLooksWithoutPause) {
      const timespec pause{0, kPauseNs};
      nanosleep(&pause, nullptr);
    }
  }
  return std::nullopt;
}

std::vector<core::NodeStatus> MapReader::read_all() const {
  std::vector<core::NodeStatus> nodes;
  const std::uint64_t end = facts().slots_used_end;
  for (std::uint64_t slot = 0; slot < end; ++slot)
    if (auto status = read(static_cast<std::uint32_t>(slot))) nodes.push_back(std::move(*status));
  return nodes;
}

bool MapReader::writer_alive() const {
  const MapFacts known = facts();
  // EPERM: it is there and belongs to somebody else.
  if (kill(known.writer_pid, 0) != 0 && errno != EPERM) return false;
  if (is_zombie(known.writer_pid)) return false;   // dead, but whoever started it has not reaped it
  return ms_since_beat(mapping_->header()) < kHeartbeatStaleMs;
}

}  // namespace roost::status
