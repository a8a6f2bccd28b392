// SPDX-License-Identifier: MIT
#pragma once

// Leaves the machine behind: namespaces, an empty root, no capabilities, no new privileges. What cannot be had is noted, not
// ignored; whether to go on without it is for the caller to decide.
//
// Two steps, because a PID namespace begins with the next child: make_namespaces() in the process that was started, then a fork,
// then leave() in the child, which is process 1. As root it needs no user namespace: it makes the others and then gives up
// root for a user id of its own. As a plain user it makes all of them in a user namespace of its own.
// Thread: requires a process with one thread.

#include <array>
#include <string>

#include "worker/sandbox/control.h"

namespace roost::sandbox {

class Isolation {
 public:
  void make_namespaces();

  // After the fork; what must be read from the machine's files has been read.
  // Afterwards the process has an empty read-only root, no capabilities, cannot be traced, and dies with its parent.
  void leave();

  void note(Layer layer, bool in_force, std::string why_not = {});
  [[nodiscard]] std::uint32_t layers() const { return layers_; }
  [[nodiscard]] bool has(Layer layer) const { return (layers_ >> static_cast<std::uint32_t>(layer)) & 1u; }
  // One line for each missing layer: "name: why".
  [[nodiscard]] std::string missing() const;

 private:
  [[nodiscard]] bool unshare_all(bool user_namespace);
  void empty_root();
  void become_own_user();
  void drop_capabilities();

  bool machine_root_ = false;     // started as root, without a user namespace
  std::uint32_t layers_ = 0;
  std::array<std::string, kLayers> why_not_;
};

}  // namespace roost::sandbox
