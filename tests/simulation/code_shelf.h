// SPDX-License-Identifier: MIT
#pragma once

// The simulated code store. Definitions are numbers from a small pool, so that processes often define the same ones at the same time;
// the hash and the bytes of each follow from its number. It checks that no room is used that was not reserved.

#include <cstdint>
#include <functional>
#include <set>
#include <string>

#include "backend/core/doors.h"

namespace roost::simulation {

using Code = std::set<std::uint64_t>;   // what something refers to

inline constexpr std::uint64_t kDefinitions = 12;

[[nodiscard]] wire::DefinitionHash hash_of(std::uint64_t definition);
[[nodiscard]] Bytes bytes_of(std::uint64_t definition);
[[nodiscard]] std::uint64_t definition_of(const wire::DefinitionHash& hash);

class CodeShelf final : public core::CodeStore {
 public:
  // `complain` is told what the container did wrong, and does not return.
  using Complain = std::function<void(const std::string&)>;
  // `durable` tells whether a definition is. Requires: bytes_max has room for all that is published at the start.
  CodeShelf(std::uint64_t bytes_max, std::function<bool(std::uint64_t)> durable, Complain complain)
      : bytes_max_(bytes_max), durable_(std::move(durable)), complain_(std::move(complain)) {}

  // A new container starts with what is durable.
  void fill(const Code& definitions);

  bool holds(const wire::DefinitionHash& hash) const override { return published_.contains(definition_of(hash)); }
  bool reserve(std::uint64_t bytes) override;
  void publish(const wire::DefinitionHash& hash, BytesView definition) override;
  void give_up(std::uint64_t bytes) override;
  std::uint64_t bytes_with(std::uint64_t bytes) const override { return used_ + reserved_ + bytes; }

  [[nodiscard]] const Code& published() const { return published_; }
  [[nodiscard]] std::uint64_t reserved() const { return reserved_; }
  [[nodiscard]] std::uint64_t bytes_max() const { return bytes_max_; }

 private:
  std::uint64_t bytes_max_;
  std::function<bool(std::uint64_t)> durable_;
  Complain complain_;
  Code published_;
  std::uint64_t used_ = 0, reserved_ = 0;
};

}  // namespace roost::simulation
