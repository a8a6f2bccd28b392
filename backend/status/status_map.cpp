// SPDX-License-Identifier: MIT
#include "backend/status/status_map.h"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include <boost/interprocess/mapped_region.hpp>
#include <boost/interprocess/shared_memory_object.hpp>

#include "backend/status/slot_copy.h"

namespace roost::status {
namespace {

namespace bip = boost::interprocess;

constexpr mode_t kMode = 0640;

bip::shared_memory_object make_object(const std::string& name, std::uint64_t bytes) {
  try {
    bip::shared_memory_object::remove(name.c_str());
    bip::permissions permissions;
    permissions.set_permissions(kMode);
    bip::shared_memory_object object(bip::create_only, name.c_str(), bip::read_write, permissions);
    // The umask has been taken off; the group is to read it whatever the umask is.
    if (fchmod(object.get_mapping_handle().handle, kMode) != 0)
      throw std::runtime_error(std::string("its mode cannot be set: ") + std::strerror(errno));
    object.truncate(static_cast<bip::offset_t>(bytes));
    if (const int error = posix_fallocate(object.get_mapping_handle().handle, 0, static_cast<off_t>(bytes)); error != 0) {
      bip::shared_memory_object::remove(name.c_str());
      throw std::runtime_error(std::string(std::strerror(error)) + " (is /dev/shm full? nodes_max decides the size)");
    }
    return object;
  } catch (const std::exception& error) {
    throw std::runtime_error("cannot make the status map `" + name + "` of " + std::to_string(bytes) +
                             " bytes (status_map, nodes_max): " + error.what());
  }
}

std::int64_t unix_ms_now() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

// What is longer than its field is cut: both fields are for display and comparison with a text cut the same way.
template <std::size_t N>
void put_text(char (&field)[N], const std::string& text) {
  std::memset(field, 0, N);
  std::memcpy(field, text.data(), std::min(text.size(), N - 1));
}

}  // namespace

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

class StatusMap::Memory {
 public:
  Memory(const std::string& name, std::uint64_t slots)
      : slots_(slots),
        object_(make_object(name, sizeof(Header) + slots * sizeof(Slot))),
        region_(object_, bip::read_write) {}

  Header& header() { return *static_cast<Header*>(region_.get_address()); }
  SlotWords& slot(std::uint32_t number) {
    CHECK(number < slots_);
    auto* bytes = static_cast<char*>(region_.get_address()) + sizeof(Header) + number * sizeof(Slot);
    return *reinterpret_cast<SlotWords*>(bytes);
  }

 private:
  std::uint64_t slots_;
  bip::shared_memory_object object_;
  bip::mapped_region region_;
};

StatusMap::StatusMap(const std::string& name, std::uint64_t slots, const std::string& host)
    : name_(name), memory_(std::make_unique<Memory>(name, slots)) {
  Header& header = memory_->header();
  header.layout_version = kLayoutVersion;
  header.slot_bytes = sizeof(Slot);
  header.slots = slots;
  header.started_ms = unix_ms_now();
  header.writer_pid = getpid();
  put_text(header.boot_id, boot_id());
  put_text(header.host, host);
  header.slots_used_end.store(0, std::memory_order_relaxed);
  header.heartbeat_ms.store(monotonic_ms_now(), std::memory_order_relaxed);
  std::atomic_ref<std::uint64_t>(header.magic).store(kMagic, std::memory_order_release);
}

StatusMap::~StatusMap() { bip::shared_memory_object::remove(name_.c_str()); }

void StatusMap::publish(const core::NodeStatus& status) {
  Slot slot{};
  slot.state = static_cast<std::uint8_t>(status.state);
  slot.lifetime = static_cast<std::uint8_t>(status.lifetime);
  slot.used = 1;
  slot.has_parent = status.parent ? 1 : 0;
  std::memcpy(slot.key, status.key.bytes.data(), sizeof slot.key);
  if (status.parent) std::memcpy(slot.parent, status.parent->bytes.data(), sizeof slot.parent);
  slot.pid = status.pid;
  slot.mailbox = status.mailbox;
  slot.last_activity_ms = status.last_activity_ms;
  slot.memory_bytes_allotted = status.memory_bytes_allotted;
  slot.memory_bytes_in_use = status.memory_bytes_in_use;
  slot.messages = status.messages;
  slot.nodes_used = status.nodes_used;
  slot.awake_used = status.awake_used;

  SlotWords words;
  std::memcpy(words, static_cast<const void*>(&slot), sizeof words);
  write_slot(memory_->slot(status.slot), words);
  auto& end = memory_->header().slots_used_end;
  if (end.load(std::memory_order_relaxed) <= status.slot) end.store(status.slot + 1u, std::memory_order_release);
}

void StatusMap::clear(std::uint32_t slot) {
  const SlotWords zeros{};
  write_slot(memory_->slot(slot), zeros);
}

void StatusMap::beat() { memory_->header().heartbeat_ms.store(monotonic_ms_now(), std::memory_order_release); }

}  // namespace roost::status
