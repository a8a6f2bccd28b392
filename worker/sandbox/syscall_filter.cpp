// SPDX-License-Identifier: MIT
#include "worker/sandbox/syscall_filter.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "worker/sandbox/code_mapping.h"

namespace roost::sandbox {
namespace {

void require(int result, const char* what) {
  if (result < 0) throw std::runtime_error(std::string("seccomp filter: ") + what + ": " + std::strerror(-result));
}

// By what they are for. Descriptors 0 and 1 are all there are, so read and write need no more rules.
constexpr int kAllowed[] = {
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(poll), SCMP_SYS(ppoll),             // the two pipes
    SCMP_SYS(brk), SCMP_SYS(madvise),                                             // memory; the rest of it below
    SCMP_SYS(futex),                                                              // locks in the C++ library
    SCMP_SYS(clock_gettime),                                                      // CPU time; the wall clock where the vDSO has none
    SCMP_SYS(getrandom),
    SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall),                            // after a stop and continue
    SCMP_SYS(exit), SCMP_SYS(exit_group),
};

// Refused without death: libsodium locks the memory of keys where it may, and does without where it may not.
constexpr int kRefused[] = {SCMP_SYS(mlock), SCMP_SYS(munlock)};

// Memory that can be written or read, never run: a hole in the evaluator must not become native code. And the code store stays where it is
// (code_mapping.h).
void allow_memory(scmp_filter_ctx filter) {
  require(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
                           SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS | MAP_FIXED, MAP_ANONYMOUS)),
          "mmap");
  require(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)),
          "mprotect");
  require(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(munmap), 1, SCMP_A0(SCMP_CMP_GE, kCodeEnd)), "munmap");
  constexpr std::uint64_t kElsewhere = ~std::uint64_t{MREMAP_MAYMOVE};   // any other flag: the caller may say where to
  require(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mremap), 2, SCMP_A0(SCMP_CMP_GE, kCodeEnd),
                           SCMP_A3(SCMP_CMP_MASKED_EQ, kElsewhere, 0)),
          "mremap");
}

// libseccomp writes its translation to a descriptor; a file in memory takes it back.
std::vector<sock_filter> translation_of(scmp_filter_ctx filter) {
  const int file = memfd_create("filter", MFD_CLOEXEC);
  if (file < 0) throw std::runtime_error(std::string("seccomp filter: memfd_create: ") + std::strerror(errno));
  const int exported = seccomp_export_bpf(filter, file);
  const off_t size = lseek(file, 0, SEEK_END);
  std::vector<sock_filter> program(size > 0 ? static_cast<std::size_t>(size) / sizeof(sock_filter) : 0);
  const bool whole = size > 0 && pread(file, program.data(), static_cast<std::size_t>(size), 0) == size;
  close(file);
  require(exported, "export");
  if (!whole) throw std::runtime_error("seccomp filter: the translation is incomplete");
  return program;
}

}  // namespace

SyscallFilter::SyscallFilter() {
  const std::unique_ptr<void, void (*)(scmp_filter_ctx)> filter(seccomp_init(SCMP_ACT_KILL_PROCESS), seccomp_release);
  if (!filter) throw std::runtime_error("seccomp filter: seccomp_init failed");
  require(seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), "other architectures");
  // As a binary tree: every child pays for its installation, in which the kernel tries each call number once. Measured on
  // Linux 6.18: 26 us instead of 56.
  require(seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2), "a binary tree");
  for (const int call : kAllowed) require(seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0), "allow");
  for (const int call : kRefused) require(seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), call, 0), "refuse");
  allow_memory(filter.get());
  program_ = translation_of(filter.get());
}

bool SyscallFilter::available() {
  const std::uint32_t action = SECCOMP_RET_KILL_PROCESS;
  return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

bool SyscallFilter::install() const {
  sock_fprog program{static_cast<unsigned short>(program_.size()), const_cast<sock_filter*>(program_.data())};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

}  // namespace roost::sandbox
