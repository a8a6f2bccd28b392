// SPDX-License-Identifier: MIT
#include "worker/sandbox/zygote.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>
#include <utility>

#include "worker/sandbox/build_id.h"
#include "worker/sandbox/control.h"
#include "worker/sandbox/isolation.h"
#include "worker/sandbox/syscall_filter.h"
#include "worker/wire/check.h"
#include "worker/wire/frames.h"

namespace roost::sandbox {
namespace {

constexpr int kSignalFd = kBirthFd + 1;   // that of the code store, which is closed by then
constexpr rlim_t kDescriptorsMax = 16;   // the zygote has six, a child two
constexpr long kPidEnd = 4194304;        // PID_MAX_LIMIT of 64-bit Linux
// Beyond memory_bytes, which the runtime itself enforces, and what the zygote has, the code store too: one frame coming, one going, and
// what the process needs around them.
constexpr std::uint64_t kAddressSpaceMargin = 2 * wire::kFrameBytesMax + (16u << 20);

[[nodiscard]] std::string error_text(const char* what) { return std::string(what) + ": " + std::strerror(errno); }

// False: roostd is gone.
bool send_report(const Report& report, std::string_view text = {}, int socket = kControlFd) {
  Report header = report;
  iovec parts[2] = {{&header, sizeof header},
                    {const_cast<char*>(text.data()), std::min(text.size(), kReportTextMax)}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  ssize_t sent;
  do {
    sent = sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent >= 0;
}

// Which launch each child is, by process id. A child gets no copy of it (MADV_DONTFORK): what the zygote writes after a fork
// would otherwise become private memory of the children that still share the page.
class Children {
 public:
  Children() {
    void* table = mmap(nullptr, kPidEnd * sizeof(std::uint64_t), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(table != MAP_FAILED);
    CHECK(madvise(table, kPidEnd * sizeof(std::uint64_t), MADV_DONTFORK) == 0);
    launches_ = static_cast<std::uint64_t*>(table);
  }
  void put(pid_t pid, std::uint64_t launch) {
    CHECK(pid > 0 && pid < kPidEnd);
    launches_[pid] = launch;
  }
  // 0: it is none of ours.
  [[nodiscard]] std::uint64_t launch_of(std::int64_t pid) const { return pid > 0 && pid < kPidEnd ? launches_[pid] : 0; }
  std::uint64_t take(pid_t pid) { return std::exchange(launches_[pid], 0); }

 private:
  std::uint64_t* launches_;
};

// VmSize, from /proc/self/statm.
std::uint64_t address_space_bytes() {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/proc/self/statm", "re"), std::fclose);
  unsigned long pages = 0;
  if (!file || std::fscanf(file.get(), "%lu", &pages) != 1) {
    throw std::runtime_error(error_text("reading /proc/self/statm"));
  }
  return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

bool limit(int resource, rlim_t value) {
  const rlimit both{value, value};
  return setrlimit(static_cast<__rlimit_resource>(resource), &both) == 0;
}

int run_caught(ChildProgram& program) {
  try {
    return program.run();
  } catch (const std::bad_alloc&) {
    return kExitMemory;
  } catch (const std::exception&) {
    return kExitBroken;
  }
}

class Zygote {
 public:
  Zygote(ChildProgram& program, Isolation& isolation) : program_(program), isolation_(isolation) {}

  // What is left to do as process 1. Throws std::runtime_error if it cannot start.
  void prepare(const std::vector<std::string>& library_files);
  [[nodiscard]] int serve();

 private:
  void limit_descriptors();
  [[nodiscard]] bool take_order();
  void launch(const Order& order);
  [[noreturn]] void become_child(const Order& order);
  void reap();

  ChildProgram& program_;
  Isolation& isolation_;
  SyscallFilter filter_;
  Children children_;
  std::uint64_t baseline_bytes_ = 0;
};

void Zygote::prepare(const std::vector<std::string>& library_files) {
  const bool has_code_store = fcntl(kCodeFd, F_GETFD) >= 0;
  program_.load(library_files, has_code_store ? kCodeFd : -1);
  if (has_code_store) close(kCodeFd);
  baseline_bytes_ = address_space_bytes() - kPidEnd * sizeof(std::uint64_t);
  const bool filtered = SyscallFilter::available();
  isolation_.note(Layer::Seccomp, filtered, "the kernel lacks seccomp or SECCOMP_RET_KILL_PROCESS");
  isolation_.leave();
  limit_descriptors();

  sigset_t child_signals;
  sigemptyset(&child_signals);
  sigaddset(&child_signals, SIGCHLD);
  CHECK(sigprocmask(SIG_BLOCK, &child_signals, nullptr) == 0);
  signal(SIGPIPE, SIG_IGN);   // a worker whose container is gone sees the error of its write
  CHECK(signalfd(-1, &child_signals, SFD_CLOEXEC | SFD_NONBLOCK) == kSignalFd);
}

// 0 and 1 stay free: received pipes take the lowest numbers, so they arrive where the child needs them.
void Zygote::limit_descriptors() {
  close(STDIN_FILENO);
  close(STDOUT_FILENO);
  CHECK(dup(kControlFd) == STDIN_FILENO);   // occupies 0 and 1 while the others are made
  CHECK(dup(kControlFd) == STDOUT_FILENO);
  CHECK(close_range(kSignalFd, ~0u, 0) == 0);
  const bool limited = limit(RLIMIT_NOFILE, kDescriptorsMax) && limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, 0) &&
                       limit(RLIMIT_MEMLOCK, 0);
  isolation_.note(Layer::Rlimits, limited, limited ? "" : error_text("setrlimit"));
}

int Zygote::serve() {
  close(STDIN_FILENO);
  close(STDOUT_FILENO);
  pollfd watched[2] = {{kControlFd, POLLIN, 0}, {kSignalFd, POLLIN, 0}};
  for (;;) {
    if (poll(watched, 2, -1) < 0) {
      CHECK(errno == EINTR);
      continue;
    }
    if (watched[0].revents != 0 && !take_order()) return 0;
    if (watched[1].revents != 0) reap();
  }
}

// False: roostd is gone.
bool Zygote::take_order() {
  Order order;
  iovec part{&order, sizeof order};
  alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t received = recvmsg(kControlFd, &message, 0);
  if (received < 0 && errno == EINTR) return true;
  if (received <= 0) return false;
  CHECK(received == sizeof order && order.version == kControlVersion);
  if (order.type == OrderType::Launch) {
    launch(order);
  } else if (children_.launch_of(order.pid) == order.launch) {
    kill(static_cast<pid_t>(order.pid), SIGKILL);
  }
  return true;
}

void Zygote::launch(const Order& order) {
  // A descriptor left open anywhere below would have moved the two pipes up; one above the signal descriptor cannot be
  // made while these numbers are free. A second thread makes unshare(CLONE_THREAD) fail. Both would leak into every
  // child (Chromium's zygote checks the same).
  CHECK(fcntl(STDIN_FILENO, F_GETFD) >= 0 && fcntl(STDOUT_FILENO, F_GETFD) >= 0);
  CHECK(fcntl(kSignalFd + 1, F_GETFD) < 0);
  CHECK(unshare(CLONE_THREAD) == 0);
  const pid_t child = fork();
  if (child == 0) become_child(order);
  const int error = errno;
  close(STDIN_FILENO);
  close(STDOUT_FILENO);
  if (child > 0) {
    children_.put(child, order.launch);
  } else {
    (void)send_report({ReportType::Failed, error, order.launch});
  }
}

void Zygote::become_child(const Order& order) {
  if (!send_report({ReportType::Forked, getpid(), order.launch}, {}, kBirthFd)) _exit(kExitBroken);
  if (!isolation_.has(Layer::Pid)) prctl(PR_SET_PDEATHSIG, SIGKILL);   // no namespace dies with the zygote
  const bool confined = close_range(STDERR_FILENO, ~0u, 0) == 0 &&
                        limit(RLIMIT_AS, baseline_bytes_ + order.memory_bytes + kAddressSpaceMargin) &&
                        limit(RLIMIT_NPROC, 0) &&
                        (!isolation_.has(Layer::Seccomp) || filter_.install());
  _exit(confined ? run_caught(program_) : kExitBroken);
}

void Zygote::reap() {
  signalfd_siginfo ignored;
  while (read(kSignalFd, &ignored, sizeof ignored) > 0) {
  }
  int status;
  for (pid_t child; (child = waitpid(-1, &status, WNOHANG)) > 0;) {
    const std::uint64_t launch = children_.take(child);
    if (launch != 0) (void)send_report({ReportType::Exited, status, launch});
  }
}

// ---- the program

int refuse(const std::string& why) {
  (void)send_report({ReportType::Refused}, why);
  return 1;
}

// As process 1 of the new PID namespace (or, without one, as an ordinary child).
int run_zygote(ChildProgram& program, Isolation& isolation, bool allow_weak, const std::vector<std::string>& library_files) {
  try {
    Zygote zygote(program, isolation);
    zygote.prepare(library_files);
    if (isolation.layers() != kAllLayers && !allow_weak) {
      return refuse("the sandbox is incomplete; missing layers:\n" + isolation.missing() +
                    "allow_weak_sandbox = true runs without them");
    }
    const Report hello{ReportType::Hello, static_cast<std::int32_t>(isolation.layers()), kControlVersion};
    if (!send_report(hello, build_id() + "\n" + isolation.missing())) return 0;
    return zygote.serve();
  } catch (const std::exception& error) {
    return refuse(error.what());
  }
}

// Starts process 1 and waits for its end. Dies with roostd, and process 1 with it.
int start_zygote(ChildProgram& program, bool allow_weak, const std::vector<std::string>& library_files) {
  Isolation isolation;
  isolation.make_namespaces();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const pid_t child = fork();
  if (child < 0) return refuse(error_text("fork of the zygote"));
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    _exit(run_zygote(program, isolation, allow_weak, library_files));
  }
  close_range(STDERR_FILENO + 1, ~0u, 0);   // the socket above all: only process 1 and roostd hold it
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// For ops/doctor: leaves the machine in a child and says what came of it.
int print_layers() {
  Isolation isolation;
  isolation.make_namespaces();
  const pid_t child = fork();
  if (child == 0) {
    isolation.note(Layer::Seccomp, SyscallFilter::available(), "the kernel lacks it");
    isolation.note(Layer::Rlimits, limit(RLIMIT_CORE, 0), "setrlimit");
    isolation.leave();
    for (std::uint32_t i = 0; i < kLayers; ++i) {
      if (isolation.has(static_cast<Layer>(i))) std::printf("%s: in force\n", kLayerNames[i]);
    }
    std::printf("%s", isolation.missing().c_str());
    std::fflush(stdout);
    _exit(isolation.layers() == kAllLayers ? 0 : 1);
  }
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int usage() {
  std::fprintf(stderr, "usage: roost-worker zygote [--allow-weak-sandbox] [LIBRARY-FILE...]   (started by roostd)\n"
                       "       roost-worker --layers | --version\n");
  return 2;
}

}  // namespace

int zygote_main(int argc, char** argv, ChildProgram& program) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty()) return usage();
  if (fcntl(STDERR_FILENO, F_GETFD) < 0 && open("/dev/null", O_WRONLY) != STDERR_FILENO) return 2;
  if (arguments[0] == "--layers") return print_layers();
  if (arguments[0] == "--version") {
    std::printf("roost-worker, build %s\n", build_id().c_str());
    return 0;
  }
  if (arguments[0] != "zygote" || fcntl(kControlFd, F_GETFD) < 0 || fcntl(kBirthFd, F_GETFD) < 0) return usage();

  bool allow_weak = false;
  std::vector<std::string> library_files;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    if (arguments[i] == "--allow-weak-sandbox") {
      allow_weak = true;
    } else {
      library_files.push_back(arguments[i]);
    }
  }
  return start_zygote(program, allow_weak, library_files);
}

}  // namespace roost::sandbox
