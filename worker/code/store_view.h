// SPDX-License-Identifier: MIT
#pragma once

// The code store as its readers see it: definitions by their hash, in place. Reading takes no lock and writes nothing; what is being
// published at the same time is either found whole or not at all.
//
// A view trusts nothing that it reads: every place and size is held against the store's bounds, and a chain can only lead downwards, so
// that damaged bytes make a definition not found and nothing worse.
// Thread: any number may read at once.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "worker/code/layout.h"
#include "worker/wire/bytes.h"
#include "worker/wire/result.h"

namespace roost::code {

class StoreView {
 public:
  // A store without definitions, for whoever has none.
  StoreView() = default;
  // The error says what is wrong with the header. Requires: `memory` is aligned to 8 bytes and outlives the view and what it gives.
  [[nodiscard]] static Result<StoreView, std::string> of(std::span<const std::byte> memory);

  // The definition's bytes, in the store; nullopt: it has none of that hash.
  [[nodiscard]] std::optional<BytesView> find(const wire::DefinitionHash& hash) const;
  [[nodiscard]] bool holds(const wire::DefinitionHash& hash) const { return find(hash).has_value(); }
  // Every definition, the newest of each chain first. For tools; a worker has no use for it.
  void for_each(const std::function<void(const wire::DefinitionHash& hash, BytesView definition)>& see) const;

  [[nodiscard]] std::uint64_t definitions() const;
  [[nodiscard]] std::uint64_t bytes_used() const;
  [[nodiscard]] std::uint64_t bytes_max() const { return memory_.size(); }
  // Whether there is room for one more definition of that size, as far as is known here. `under_way`: entry_bytes of others that come before it.
  [[nodiscard]] bool has_room(std::uint64_t size, std::uint64_t under_way = 0) const {
    return bytes_used() + under_way + entry_bytes(size) <= bytes_max();
  }

 private:
  explicit StoreView(std::span<const std::byte> memory) : memory_(memory) {}
  [[nodiscard]] const Header& header() const { return *reinterpret_cast<const Header*>(memory_.data()); }
  // Null: nothing can be there. `above`: the place that led here.
  [[nodiscard]] const Entry* entry_at(std::uint64_t place, std::uint64_t above) const;

  std::span<const std::byte> memory_;
};

}  // namespace roost::code
