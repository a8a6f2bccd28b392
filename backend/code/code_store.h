// SPDX-License-Identifier: MIT
#pragma once

// The container's code in shared memory (worker/code/layout.h): the core's CodeStore, with its one writer. The zygote maps it read-only
// before it forks, so that every worker reads every definition where it lies, without a copy and without asking.
//
// The shared memory object is removed and made anew when a CodeStore is made; what it holds comes from the database. It is as
// long as it may become, and sparse: memory is claimed in steps before it is written, so a full /dev/shm is a
// refusal like any other and never a SIGBUS. It only grows: workers keep pointers into it.
//
// Mode 0600: programs may hold secrets, and the group is that of the web server.
// Thread: one writes; other processes only read.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "backend/core/doors.h"
#include "worker/code/store_view.h"

namespace roost::code {

// The shared memory object's name: that of the status map (setting `status_map`), and an ending.
[[nodiscard]] std::string store_name(const std::string& status_map);

class CodeStore final : public core::CodeStore {
 public:
  // For the log: the memory that was left in /dev/shm is used up.
  using Note = std::function<void(const std::string&)>;

  // Throws std::runtime_error that says what was attempted and why it failed.
  // Requires: libsodium is initialised; bytes_max >= kStoreBytesMin.
  CodeStore(const std::string& name, std::uint64_t bytes_max, Note note);
  ~CodeStore() override;   // removes the name; who has it mapped keeps it
  CodeStore(const CodeStore&) = delete;
  CodeStore& operator=(const CodeStore&) = delete;

  [[nodiscard]] bool holds(const wire::DefinitionHash& hash) const override { return view().holds(hash); }
  [[nodiscard]] bool reserve(std::uint64_t bytes) override;
  void publish(const wire::DefinitionHash& hash, BytesView definition) override;
  void give_up(std::uint64_t bytes) override;
  [[nodiscard]] std::uint64_t bytes_used() const { return view().bytes_used() + reserved_; }
  [[nodiscard]] std::uint64_t bytes_with(std::uint64_t bytes) const override { return bytes_used() + entry_bytes(bytes); }

  [[nodiscard]] const StoreView& view() const;
  // For the zygote; nothing can be written through it. It lives as long as the store.
  [[nodiscard]] int read_only_descriptor() const;

 private:
  class Memory;
  [[nodiscard]] bool claim(std::uint64_t bytes);

  std::string name_;
  Note note_;
  std::unique_ptr<Memory> memory_;
  std::uint64_t claimed_ = 0;    // bytes from the start that are surely there
  std::uint64_t reserved_ = 0;
};

}  // namespace roost::code
