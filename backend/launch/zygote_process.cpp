// SPDX-License-Identifier: MIT
#include "backend/launch/zygote_process.h"

#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include "worker/wire/check.h"

namespace roost::launch {
namespace {

[[noreturn]] void throw_error(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

Descriptor open_process(pid_t pid) { return Descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))); }

// What the zygote gets besides 0 to 2. A code_store of -1: none.
struct Handed {
  int control, births, code_store;
};

// Descriptors 0 to 2 are inherited, 3 and 4 are the sockets, 5 may be the code store, and there is no other. All signals have their
// default action.
class SpawnSettings {
 public:
  explicit SpawnSettings(const Handed& handed) {
    posix_spawn_file_actions_init(&actions);
    // First to numbers above all, so that none is overwritten by another.
    const int aside = std::max({handed.control, handed.births, handed.code_store, sandbox::kCodeFd}) + 1;
    posix_spawn_file_actions_adddup2(&actions, handed.control, aside);
    posix_spawn_file_actions_adddup2(&actions, handed.births, aside + 1);
    if (handed.code_store >= 0) posix_spawn_file_actions_adddup2(&actions, handed.code_store, aside + 2);
    posix_spawn_file_actions_adddup2(&actions, aside, sandbox::kControlFd);
    posix_spawn_file_actions_adddup2(&actions, aside + 1, sandbox::kBirthFd);
    if (handed.code_store >= 0) posix_spawn_file_actions_adddup2(&actions, aside + 2, sandbox::kCodeFd);
    posix_spawn_file_actions_addclosefrom_np(&actions, handed.code_store >= 0 ? sandbox::kCodeFd + 1 : sandbox::kCodeFd);
    posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    // A group of its own: a Ctrl-C at the terminal is for roostd, which drains its workers in order.
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

pid_t spawn(const std::string& program, const std::vector<std::string>& arguments, const Handed& handed) {
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  char* environment[] = {nullptr};
  const SpawnSettings settings(handed);
  pid_t pid = 0;
  const int error = posix_spawn(&pid, program.c_str(), &settings.actions, &settings.attributes, argv.data(), environment);
  if (error != 0) throw_error(error, "starting the zygote from " + program + " (setting worker)");
  return pid;
}

// Our end and theirs; every message that comes names its sender.
void make_pair(Descriptor& ours, Descriptor& theirs) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) throw_error(errno, "socketpair for the zygote");
  ours = Descriptor(pair[0]);
  theirs = Descriptor(pair[1]);
  const int on = 1;
  if (setsockopt(ours.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) throw_error(errno, "SO_PASSCRED");
}

std::string describe_end(int status) {
  if (WIFEXITED(status)) return "the zygote exited with status " + std::to_string(WEXITSTATUS(status));
  return "the zygote was ended by signal " + std::to_string(WTERMSIG(status)) + " (" + strsignal(WTERMSIG(status)) + ")";
}

}  // namespace

ZygoteProcess::ZygoteProcess(EventLoop& loop, const std::string& program, const std::vector<std::string>& arguments,
                             int code_store, Handler handler)
    : loop_(loop), handler_(std::move(handler)) {
  Descriptor their_control, their_births;
  make_pair(control_, their_control);
  make_pair(births_, their_births);
  pid_ = spawn(program, arguments, {their_control.get(), their_births.get(), code_store});
  process_ = open_process(pid_);
  if (!process_) throw_error(errno, "pidfd_open of the zygote");
  loop_.add(process_.get(), EPOLLIN, [this](std::uint32_t) { process_ended(); });
  loop_.add(control_.get(), EPOLLIN, [this](std::uint32_t events) { control_event(events); });
}

ZygoteProcess::~ZygoteProcess() {
  unwatch(control_);   // closing it is already an order to end
  if (process_ || process_one_) kill();
  unwatch(process_one_);
  if (process_) {
    unwatch(process_);
    while (waitpid(pid_, &wait_status_, 0) < 0 && errno == EINTR) {
    }
  }
}

void ZygoteProcess::unwatch(Descriptor& descriptor) {
  if (!descriptor) return;
  loop_.remove(descriptor.get());
  descriptor.reset();
}

void ZygoteProcess::kill() {
  // Process 1 first: its parent then ends by itself with its status.
  const Descriptor& target = process_one_ ? process_one_ : process_;
  if (target) syscall(SYS_pidfd_send_signal, target.get(), SIGKILL, nullptr, 0);
}

ZygoteProcess::Sent ZygoteProcess::order(const sandbox::Order& order, int child_stdin, int child_stdout) {
  if (!control_) return Sent::Gone;
  iovec part{const_cast<sandbox::Order*>(&order), sizeof order};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char space[CMSG_SPACE(2 * sizeof(int))] = {};
  if (child_stdin >= 0) {
    message.msg_control = space;
    message.msg_controllen = sizeof space;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(2 * sizeof(int));
    const int descriptors[2] = {child_stdin, child_stdout};
    std::memcpy(CMSG_DATA(header), descriptors, sizeof descriptors);
  }
  if (sendmsg(control_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return Sent::Yes;
  // ETOOMANYREFS: as many descriptors are under way as this user may have open; they become fewer as the zygote takes them.
  const bool full = errno == EAGAIN || errno == ETOOMANYREFS || errno == ENOBUFS || errno == EINTR;
  if (full && !writable_wanted_) {
    loop_.modify(control_.get(), EPOLLIN | EPOLLOUT);
    writable_wanted_ = true;
  }
  return full ? Sent::Full : Sent::Gone;   // Gone: its end is about to be told
}

std::optional<ZygoteReport> ZygoteProcess::receive(const Descriptor& socket) {
  ZygoteReport received;
  char text[sandbox::kReportTextMax];
  iovec parts[2] = {{&received.report, sizeof received.report}, {text, sizeof text}};
  alignas(cmsghdr) char space[CMSG_SPACE(sizeof(ucred))];
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  message.msg_control = space;
  message.msg_controllen = sizeof space;
  const ssize_t size = recvmsg(socket.get(), &message, MSG_DONTWAIT);
  if (size < static_cast<ssize_t>(sizeof received.report)) return std::nullopt;
  received.text.assign(text, static_cast<std::size_t>(size) - sizeof received.report);
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_CREDENTIALS) continue;
    ucred credentials;
    std::memcpy(&credentials, CMSG_DATA(header), sizeof credentials);
    received.sender = credentials.pid;
  }
  return received;
}

void ZygoteProcess::read_births() {
  while (const auto received = receive(births_)) {
    if (received->report.type == sandbox::ReportType::Forked) handler_.report(*received);
  }
}

void ZygoteProcess::read_reports() {
  while (control_) {
    const auto received = receive(control_);
    if (!received) return;
    read_births();   // an end that was reported comes after its birth
    if (received->report.type == sandbox::ReportType::Hello) watch_process_one(received->sender);
    handler_.report(*received);
  }
}

void ZygoteProcess::control_event(std::uint32_t events) {
  if (events & EPOLLOUT) {
    loop_.modify(control_.get(), EPOLLIN);
    writable_wanted_ = false;
    handler_.writable();
  }
  if (!control_) return;
  read_reports();
  // Nothing more can come: whatever is left of it ends.
  if (events & (EPOLLHUP | EPOLLERR) && control_) {
    unwatch(control_);
    kill();
  }
}

void ZygoteProcess::watch_process_one(pid_t pid) {
  if (process_one_) return;
  process_one_ = open_process(pid);
  if (!process_one_) return;   // it has ended already; then so has, or does, the process that waits for it
  process_one_pid_ = pid;
  loop_.add(process_one_.get(), EPOLLIN, [this](std::uint32_t) { process_one_ended(); });
}

void ZygoteProcess::process_one_ended() {
  unwatch(process_one_);
  if (!process_) report_end();
}

void ZygoteProcess::process_ended() {
  while (waitpid(pid_, &wait_status_, 0) < 0 && errno == EINTR) {
  }
  unwatch(process_);
  if (process_one_) {
    kill();   // if the waiting process was killed alone, this makes sure of process 1
  } else {
    report_end();
  }
}

void ZygoteProcess::report_end() {
  read_reports();   // what was said before the end comes before it
  unwatch(control_);
  const auto ended = std::move(handler_.ended);   // may destroy this object
  ended(describe_end(wait_status_));
}

}  // namespace roost::launch
