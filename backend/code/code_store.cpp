// SPDX-License-Identifier: MIT
#include "backend/code/code_store.h"

#include <fcntl.h>
#include <sodium.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <boost/interprocess/mapped_region.hpp>
#include <boost/interprocess/shared_memory_object.hpp>

#include "worker/code/store_writer.h"
#include "worker/wire/check.h"

namespace roost::code {
namespace {

namespace bip = boost::interprocess;

constexpr mode_t kMode = 0600;
constexpr std::uint64_t kClaimBytes = 1u << 20;   // claimed at once: a step costs a system call and the clearing of its pages

// 0, or an errno.
int claim_memory(const bip::shared_memory_object& object, std::uint64_t from, std::uint64_t to) {
  int error;
  do {
    error = posix_fallocate(object.get_mapping_handle().handle, static_cast<off_t>(from), static_cast<off_t>(to - from));
  } while (error == EINTR);
  return error;
}

bip::shared_memory_object make_object(const std::string& name, std::uint64_t bytes) {
  bip::shared_memory_object::remove(name.c_str());
  bip::permissions permissions;
  permissions.set_permissions(kMode);
  bip::shared_memory_object object(bip::create_only, name.c_str(), bip::read_write, permissions);
  object.truncate(static_cast<bip::offset_t>(bytes));
  // Before it is mapped and the header is written into it.
  if (const int error = claim_memory(object, 0, std::min(kClaimBytes, bytes)); error != 0)
    throw std::runtime_error(std::string(std::strerror(error)) + " (is /dev/shm full?)");
  return object;
}

std::uint64_t random_key() {
  std::uint64_t key;
  randombytes_buf(&key, sizeof key);
  return key;
}

}  // namespace

std::string store_name(const std::string& status_map) { return status_map + "-code"; }

class CodeStore::Memory {
 public:
  Memory(const std::string& name, std::uint64_t bytes)
      : object(make_object(name, bytes)), read_only(bip::open_only, name.c_str(), bip::read_only), region_(object, bip::read_write, 0, bytes),
        writer({static_cast<std::byte*>(region_.get_address()), bytes}, random_key()) {}

  bip::shared_memory_object object, read_only;

 private:
  bip::mapped_region region_;

 public:
  StoreWriter writer;
};

CodeStore::CodeStore(const std::string& name, std::uint64_t bytes_max, Note note) : name_(name), note_(std::move(note)) {
  static_assert(sizeof(Header) <= kClaimBytes);
  CHECK(bytes_max >= kStoreBytesMin);
  try {
    memory_ = std::make_unique<Memory>(name, bytes_max);
  } catch (const std::exception& error) {
    bip::shared_memory_object::remove(name.c_str());
    throw std::runtime_error("cannot make the code store `" + name + "` of at most " + std::to_string(bytes_max) +
                             " bytes (status_map, code_bytes_max): " + error.what());
  }
  claimed_ = std::min(kClaimBytes, bytes_max);
}

CodeStore::~CodeStore() { bip::shared_memory_object::remove(name_.c_str()); }

const StoreView& CodeStore::view() const { return memory_->writer.view(); }
int CodeStore::read_only_descriptor() const { return memory_->read_only.get_mapping_handle().handle; }

bool CodeStore::reserve(std::uint64_t bytes) {
  const std::uint64_t needed = bytes_with(bytes);
  if (needed > view().bytes_max() || !claim(needed)) return false;
  reserved_ += entry_bytes(bytes);
  return true;
}

// Makes sure that the first `bytes` of the store can be written. False: there is not so much memory.
bool CodeStore::claim(std::uint64_t bytes) {
  if (bytes <= claimed_) return true;
  const std::uint64_t steps = (bytes - claimed_ + kClaimBytes - 1) / kClaimBytes;
  const std::uint64_t end = std::min(claimed_ + steps * kClaimBytes, view().bytes_max());
  if (const int error = claim_memory(memory_->object, claimed_, end); error != 0) {
    note_("the code store `" + name_ + "` cannot grow from " + std::to_string(claimed_) + " to " + std::to_string(end) + " bytes: " +
          std::strerror(error) + " (is /dev/shm full? code_bytes_max is " + std::to_string(view().bytes_max()) + ")");
    return false;
  }
  claimed_ = end;
  return true;
}

void CodeStore::publish(const wire::DefinitionHash& hash, BytesView definition) {
  give_up(definition.size());
  memory_->writer.publish(hash, definition);
}

void CodeStore::give_up(std::uint64_t bytes) {
  CHECK(reserved_ >= entry_bytes(bytes));
  reserved_ -= entry_bytes(bytes);
}

}  // namespace roost::code
