// SPDX-License-Identifier: MIT
#pragma once

// What roostd and the zygote say to each other over their SOCK_SEQPACKET pair: fixed structs, one a packet, both sides on
// one machine. Orders go to the zygote and reports come from it. Each child sends one more report (Forked) before it gives its
// sockets up, over a second pair: the kernel adds the sender's process id as roostd sees it (SCM_CREDENTIALS), which the child
// cannot know. roostd is not woken by that one, it looks for it when the child has said something else: a wake-up more
// would be a third of the time that a launch takes.
// Thread: plain data.

#include <cstddef>
#include <cstdint>

namespace roost::sandbox {

inline constexpr std::uint32_t kControlVersion = 2;
inline constexpr int kControlFd = 3;                // the zygote's end of the pair
inline constexpr int kBirthFd = 4;                  // of the second pair: Forked goes there
inline constexpr int kCodeFd = kBirthFd + 1;        // the code store, for reading, if there is one; closed when it has been mapped
inline constexpr std::size_t kReportTextMax = 4096;

enum class OrderType : std::uint32_t {
  Launch = 1,   // comes with two descriptors (SCM_RIGHTS): the child's stdin and stdout
  Kill = 2,     // SIGKILL to the child `pid`, if it still is that launch
};
struct Order {
  OrderType type;
  std::uint32_t version = kControlVersion;
  std::uint64_t launch = 0;         // chosen by roostd, echoed in every report
  std::uint64_t memory_bytes = 0;   // Launch: what the node's values and code may occupy
  std::int64_t pid = 0;             // Kill: the child as the zygote's namespace numbers it (from Forked)
};

enum class ReportType : std::uint32_t {
  Hello = 1,     // once, first: value = layers in force (bit n: Layer n); text: see below
  Refused = 2,   // instead of Hello: text says why; the zygote exits
  Forked = 3,    // from the child: value = its process id in the zygote's namespace
  Exited = 4,    // reaped: value = wait status; nothing more comes of this launch
  Failed = 5,    // never forked: value = errno; nothing more comes of this launch
};
// Followed by up to kReportTextMax bytes of text. Of Hello: the build id, then one line "layer: why not" for each layer that is
// missing.
struct Report {
  ReportType type;
  std::int32_t value = 0;
  std::uint64_t launch = 0;
};

// What stands between a worker and the machine.
enum class Layer : std::uint32_t { User, Mount, Pid, Net, Ipc, Root, NoNewPrivs, Seccomp, Rlimits };
inline constexpr std::uint32_t kLayers = 9;
inline constexpr const char* kLayerNames[kLayers] = {"user", "mount",        "pid",     "net",    "ipc",
                                                     "root", "no_new_privs", "seccomp", "rlimits"};
inline constexpr std::uint32_t kAllLayers = (1u << kLayers) - 1;

// Exit statuses of a worker that ends by itself for a reason that its callers should hear.
inline constexpr int kExitBroken = 70;      // an exception: something around it broke
inline constexpr int kExitMemory = 71;      // an allocation failed: the process met its address space limit
inline constexpr int kExitBadFrame = 72;    // the container sent a frame that it does not understand
inline constexpr int kExitFrameSize = 73;   // it had to send a frame that is larger than a frame may be
inline constexpr int kExitBug = 134;        // a CHECK failed, or the library called abort()

}  // namespace roost::sandbox
