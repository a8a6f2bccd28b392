// SPDX-License-Identifier: MIT
#pragma once

// The writer's side of the status map (layout.h): the core's StatusBoard. The shared memory object is removed and made anew
// when a StatusMap is made, whole and zeroed, and its magic is written last, so that no reader ever takes a
// half-made map for a map. All of its memory is claimed at once: a full /dev/shm is a refusal to start, not a SIGBUS later.
//
// Mode 0640: it names nodes and says how busy they are, which is for the operator's group and nobody else.
// Thread: one writes; other processes only read.

#include <cstdint>
#include <memory>
#include <string>

#include "backend/core/doors.h"
#include "backend/status/layout.h"

namespace roost::status {

class StatusMap final : public core::StatusBoard {
 public:
  // Throws std::runtime_error that says what was attempted and why it failed.
  StatusMap(const std::string& name, std::uint64_t slots, const std::string& host);
  ~StatusMap() override;   // removes the name; who has it mapped keeps the last picture
  StatusMap(const StatusMap&) = delete;
  StatusMap& operator=(const StatusMap&) = delete;

  // Requires: slot < slots.
  void publish(const core::NodeStatus& status) override;
  void clear(std::uint32_t slot) override;

  // Says that the writer is well. Once a second.
  void beat();

 private:
  class Memory;
  std::string name_;
  std::unique_ptr<Memory> memory_;
};

// This boot of this machine; empty if the kernel does not say.
[[nodiscard]] std::string boot_id();

}  // namespace roost::status
