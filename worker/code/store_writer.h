// SPDX-License-Identifier: MIT
#pragma once

// The one writer of a code store (layout.h), in memory that its owner provides.
// Thread: one; readers of the same memory need not know of it.

#include <cstdint>
#include <span>

#include "worker/code/store_view.h"

namespace roost::code {

class StoreWriter {
 public:
  // Makes an empty store. Requires: `memory` is zero, aligned to 8 bytes, has kStoreBytesMin bytes at least, and outlives the writer.
  // `chain_key`: random.
  StoreWriter(std::span<std::byte> memory, std::uint64_t chain_key);
  StoreWriter(const StoreWriter&) = delete;
  StoreWriter& operator=(const StoreWriter&) = delete;

  // Adds a definition; readers find it when this returns. One that is there already is left as it is.
  // Requires: view().has_room(definition.size()).
  void publish(const wire::DefinitionHash& hash, BytesView definition);

  [[nodiscard]] const StoreView& view() const { return view_; }

 private:
  [[nodiscard]] Header& header() { return *reinterpret_cast<Header*>(memory_.data()); }

  std::span<std::byte> memory_;
  StoreView view_;
};

}  // namespace roost::code
