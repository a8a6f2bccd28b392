// SPDX-License-Identifier: MIT
#pragma once

// Worker processes: the core's Launcher. It starts the zygote (worker/sandbox), asks it for a child for every node that
// wakes, writes frames to the children's stdin and reads them from their stdout.
//
// What it promises:
//  - nothing here blocks, but for the constructor, which waits until the zygote is ready (or says why it is not);
//  - every launch is followed by exactly one worker_exited, after everything that the worker sent before it died, and
//    only when the process has been reaped;
//  - a worker that sends a malformed or oversize frame, or closes its pipe, is killed and reported as Broken;
//  - a definition is told only when it has been checked, and so is all that its worker says and does after it; no other worker waits;
//  - if the zygote dies, all its workers are dead (it is process 1 of their namespace) and reported so; a new zygote is
//    started, with a growing pause if it dies again, and launches wait for it; one that is not ready in time is killed;
//  - no worker outlives this object, or the process that holds it.
//
// Thread: one, the loop's. Construct it before any thread is started. Events are only told from within
// EventLoop::run_once and definition_checked, never from within a call by the core.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/core/container.h"
#include "backend/core/doors.h"
#include "backend/launch/event_loop.h"

namespace roost::launch {

struct WorkersOptions {
  std::string worker;                       // path of roost-worker (setting `worker`)
  std::vector<std::string> library_files;   // library texts for the zygote; empty: those built into it
  std::string host = "localhost:8443";
  bool allow_weak_sandbox = false;
  std::uint64_t compute_ms = 10'000;        // for Start frames
  std::uint64_t receive_ms = 0;
  core::Duration zygote_start_timeout = std::chrono::seconds(10);
  int code_store_fd = -1;                   // the code store, for reading; -1: there is none. Requires: it outlives the Workers
};

// Where worker events go: the members of core::Container under the same names.
class WorkerEvents {
 public:
  virtual ~WorkerEvents() = default;
  virtual void worker_started(core::Instant now, core::WorkerId worker, std::int32_t pid) = 0;
  virtual void worker_frame(core::Instant now, core::WorkerId worker, wire::FromWorker frame) = 0;
  virtual void worker_took(core::Instant now, core::WorkerId worker) = 0;
  virtual void worker_exited(core::Instant now, core::WorkerId worker, const core::WorkerExit& exit) = 0;
  // A definition came. True: it may be told at once, which follows. False: definition_checked() is called for it later, and until
  // then nothing more of this worker is told, unless the core orders its kill. Requires: it calls nothing of Workers.
  [[nodiscard]] virtual bool check_definition(core::WorkerId worker, const wire::Define& definition) = 0;
  // For the log: the zygote died, was started again, or cannot be started.
  virtual void zygote_changed(core::Instant now, const std::string& what) = 0;
};

// One thing that stands between a worker and the machine.
struct SandboxLayer {
  std::string name;      // "user", "mount", "pid", "net", "ipc", "root", "no_new_privs", "seccomp", "rlimits"
  bool in_force = false;
  std::string detail;    // why not; empty if it is
};

struct SandboxState {
  bool zygote_running = false;
  std::int32_t zygote_pid = 0;
  std::string build_id;              // of the program that the zygote runs, which may be older than the file
  std::vector<SandboxLayer> layers;  // of the newest zygote
  std::uint64_t zygote_starts = 0;
  std::string last_error;            // why the last start or zygote failed; empty: it did not
};

// Gives the Ed25519 seed (32 bytes) of a node, or an empty string if it is not to be had.
using Unseal = std::function<Bytes(const PublicKey& node, BytesView sealed_key)>;
using Clock = std::function<core::Instant()>;

class Workers final : public core::Launcher {
 public:
  // Starts the zygote and waits for it. Throws std::runtime_error if it does not start, or if a sandbox layer is missing
  // and allow_weak_sandbox is false; the message says which and what to do.
  // Requires: loop outlives this object.
  Workers(EventLoop& loop, WorkersOptions options, Unseal unseal, Clock clock);
  ~Workers() override;   // kills the zygote, and with it every worker
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Requires: called once, before the first run_once; `events` outlives this object or the last run_once.
  void set_events(WorkerEvents& events);

  void launch(const core::LaunchOrder& order) override;
  void send(core::WorkerId worker, const wire::ToWorker& frame) override;
  [[nodiscard]] std::uint64_t unsent_bytes(core::WorkerId worker) const override;
  void kill(core::WorkerId worker) override;
  [[nodiscard]] bool is_held_up(core::WorkerId worker) const override;

  // What check_definition() left open. An empty fault: the definition is told, and the worker heard again; else it is killed for it and
  // reported as Broken. Ignored if the worker is gone. Requires: it is not called from within an event.
  void definition_checked(core::WorkerId worker, const std::string& fault);

  // For workers that are launched from now on.
  void change_limits(std::uint64_t compute_ms, std::uint64_t receive_ms);

  [[nodiscard]] SandboxState sandbox() const;
  [[nodiscard]] std::size_t alive() const;   // launched, and their ends not told yet

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace roost::launch
