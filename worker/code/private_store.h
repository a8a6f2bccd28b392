// SPDX-License-Identifier: MIT
#pragma once

// A code store in this process's own memory, for a container in one process. Memory is taken as it fills.
// Thread: as StoreWriter.

#include <cstdint>
#include <memory>

#include "worker/code/store_writer.h"

namespace roost::code {

class PrivateStore {
 public:
  static constexpr std::uint64_t kBytesMax = 256u << 20;

  // Throws std::bad_alloc. Requires: kStoreBytesMin at least.
  explicit PrivateStore(std::uint64_t bytes_max = kBytesMax);
  ~PrivateStore();
  PrivateStore(const PrivateStore&) = delete;
  PrivateStore& operator=(const PrivateStore&) = delete;

  [[nodiscard]] const StoreView& view() const { return writer_->view(); }
  // False: there is no room for it.
  [[nodiscard]] bool publish(const wire::Define& definition);

 private:
  std::span<std::byte> memory_;
  std::unique_ptr<StoreWriter> writer_;
};

}  // namespace roost::code
