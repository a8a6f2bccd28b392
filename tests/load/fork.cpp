// SPDX-License-Identifier: MIT

// The ceiling for waking: a bare zygote. A small static process with one thread is asked over a seqpacket socket, gets a
// pipe with the request, forks, and the child writes one byte to the pipe. Printed is the time from the request to that
// byte, as seen by whoever asked: {"p50_us": …, "p99_us": …, "per_s": …}.
//
//   load-fork COUNT

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr int kCountMax = 1000000;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

union Control {
  char bytes[CMSG_SPACE(sizeof(int))];
  cmsghdr aligned;
};

void send_descriptor(int socket, int descriptor) {
  char byte = 0;
  iovec io{&byte, 1};
  Control control{};
  msghdr message{};
  message.msg_iov = &io;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  if (sendmsg(socket, &message, 0) != 1) fail("sendmsg");
}

// -1: the socket has closed.
int receive_descriptor(int socket) {
  char byte = 0;
  iovec io{&byte, 1};
  Control control{};
  msghdr message{};
  message.msg_iov = &io;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  if (recvmsg(socket, &message, 0) <= 0) return -1;
  int descriptor = -1;
  std::memcpy(&descriptor, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof descriptor);
  return descriptor;
}

[[noreturn]] void run_zygote(int socket) {
  std::signal(SIGCHLD, SIG_IGN);   // children are not waited for
  for (int pipe_end; (pipe_end = receive_descriptor(socket)) >= 0; close(pipe_end)) {
    if (fork() != 0) continue;
    _exit(write(pipe_end, "x", 1) == 1 ? 0 : 1);
  }
  _exit(0);
}

double ask_once(int socket) {
  int ends[2];
  if (pipe(ends) != 0) fail("pipe");
  const auto asked = std::chrono::steady_clock::now();
  send_descriptor(socket, ends[1]);
  char byte;
  if (read(ends[0], &byte, 1) != 1) fail("read");
  const auto seen = std::chrono::steady_clock::now();
  close(ends[0]);
  close(ends[1]);
  return std::chrono::duration<double, std::micro>(seen - asked).count();
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc == 2 ? std::atoi(argv[1]) : 0;
  if (count < 1 || count > kCountMax) {
    std::fprintf(stderr, "usage: load-fork COUNT   (1 to %d)\n", kCountMax);
    return 2;
  }
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets) != 0) fail("socketpair");
  const pid_t zygote = fork();
  if (zygote < 0) fail("fork");
  if (zygote == 0) {
    close(sockets[0]);
    run_zygote(sockets[1]);
  }
  close(sockets[1]);
  std::vector<double> times;
  double total = 0;
  for (int i = 0; i < count; ++i) total += times.emplace_back(ask_once(sockets[0]));
  close(sockets[0]);
  waitpid(zygote, nullptr, 0);
  std::sort(times.begin(), times.end());
  const auto at = [&](double share) { return times[static_cast<std::size_t>(share * (static_cast<double>(times.size()) - 1))]; };
  std::printf("{\"p50_us\": %.1f, \"p99_us\": %.1f, \"per_s\": %.0f}\n", at(0.5), at(0.99), 1e6 * count / total);
}
