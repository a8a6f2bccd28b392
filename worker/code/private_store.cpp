// SPDX-License-Identifier: MIT
#include "worker/code/private_store.h"

#include <sys/mman.h>

#include <new>
#include <random>

namespace roost::code {

PrivateStore::PrivateStore(std::uint64_t bytes_max) {
  void* memory = mmap(nullptr, bytes_max, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  memory_ = {static_cast<std::byte*>(memory), bytes_max};
  std::random_device random;
  writer_ = std::make_unique<StoreWriter>(memory_, std::uint64_t{random()} << 32 | random());
}

PrivateStore::~PrivateStore() { munmap(memory_.data(), memory_.size()); }

bool PrivateStore::publish(const wire::Define& definition) {
  if (!view().has_room(definition.definition.size())) return false;
  writer_->publish(definition.hash, definition.definition);
  return true;
}

}  // namespace roost::code
