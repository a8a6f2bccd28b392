// SPDX-License-Identifier: MIT
#include "worker/sandbox/isolation.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

namespace roost::sandbox {
namespace {

// Of no account on any distribution: above the users that are handed out, below systemd's dynamic ones (61184), so that
// workers started by root share their user id with no other process.
constexpr uid_t kOwnUser = 61183;

constexpr int kNamespaces = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWPID;

std::string failed(const char* what) { return std::string(what) + ": " + std::strerror(errno); }

bool write_file(const char* path, std::string_view content) {
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool written = write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size());
  close(file);
  return written;
}

// In its user namespace the process is root (0) and nobody else exists.
bool map_to_root(uid_t user, gid_t group) {
  return write_file("/proc/self/setgroups", "deny") &&
         write_file("/proc/self/uid_map", "0 " + std::to_string(user) + " 1") &&
         write_file("/proc/self/gid_map", "0 " + std::to_string(group) + " 1");
}

}  // namespace

void Isolation::note(Layer layer, bool in_force, std::string why_not) {
  const auto index = static_cast<std::uint32_t>(layer);
  layers_ = in_force ? layers_ | 1u << index : layers_ & ~(1u << index);
  why_not_[index] = in_force ? std::string() : std::move(why_not);
}

std::string Isolation::missing() const {
  std::string lines;
  for (std::uint32_t i = 0; i < kLayers; ++i) {
    if (layers_ >> i & 1u) continue;
    lines += std::string(kLayerNames[i]) + ": " + (why_not_[i].empty() ? "not tried" : why_not_[i]) + "\n";
  }
  return lines;
}

bool Isolation::unshare_all(bool user_namespace) {
  const uid_t user = geteuid();
  const gid_t group = getegid();
  if (unshare(kNamespaces | (user_namespace ? CLONE_NEWUSER : 0)) != 0) return false;
  return !user_namespace || map_to_root(user, group);
}

void Isolation::make_namespaces() {
  constexpr Layer kMade[] = {Layer::Mount, Layer::Pid, Layer::Net, Layer::Ipc};
  machine_root_ = geteuid() == 0;
  bool made = machine_root_ && unshare_all(false);
  if (!made) {
    made = unshare_all(true);
    if (made) machine_root_ = false;
  }
  const std::string why = made ? "" : failed("unshare") + " (are user namespaces allowed? user.max_user_namespaces, "
                                      "kernel.apparmor_restrict_unprivileged_userns, RestrictNamespaces= of the unit; never in a chroot)";
  for (const Layer layer : kMade) note(layer, made, why);
  note(Layer::User, made && !machine_root_, why);   // of machine root: when it has become its own user
}

void Isolation::leave() {
  if (has(Layer::Mount)) {
    empty_root();
  } else {
    note(Layer::Root, false, "needs the mount namespace");
  }
  if (machine_root_) become_own_user();
  drop_capabilities();
  // No process of the same user may trace it or read its memory; no core file is written of it.
  if (prctl(PR_SET_DUMPABLE, 0) != 0) note(Layer::User, false, failed("PR_SET_DUMPABLE"));
  const bool no_new = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
  note(Layer::NoNewPrivs, no_new, no_new ? "" : failed("PR_SET_NO_NEW_PRIVS"));
  // After the change of user, which clears it.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) note(Layer::Pid, false, failed("PR_SET_PDEATHSIG"));
}

// An empty tmpfs becomes the root, the machine's tree is unmounted, and the tmpfs is made read-only.
void Isolation::empty_root() {
  constexpr const char* kMountPoint = "/proc";   // any directory that every Linux has; only this namespace sees it covered
  constexpr unsigned long kFlags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  const bool emptied =
      mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
      mount("roost", kMountPoint, "tmpfs", kFlags, "size=4k,nr_inodes=2,mode=0555") == 0 &&
      chdir(kMountPoint) == 0 &&
      syscall(SYS_pivot_root, ".", ".") == 0 &&
      umount2(".", MNT_DETACH) == 0 &&
      mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | kFlags, nullptr) == 0 &&
      chdir("/") == 0;
  note(Layer::Root, emptied, emptied ? "" : failed("an empty root"));
}

void Isolation::become_own_user() {
  const bool changed = setgroups(0, nullptr) == 0 && setresgid(kOwnUser, kOwnUser, kOwnUser) == 0 &&
                       setresuid(kOwnUser, kOwnUser, kOwnUser) == 0;
  note(Layer::User, changed, changed ? "" : failed("setresuid"));
}

void Isolation::drop_capabilities() {
  // Until EINVAL: the kernel knows no more. EPERM where there is none to drop from: then it holds none either.
  for (int capability = 0; prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; ++capability) {
  }
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
  if (syscall(SYS_capset, &header, none) != 0) note(Layer::User, false, failed("capset"));
}

}  // namespace roost::sandbox
