// SPDX-License-Identifier: MIT

// The ceiling for messages: a FastCGI responder that does nothing. It reads the request's body, as it must so that
// closing does not reset the peer, and answers `2`, which is what `1 + 1` is. libfcgi is set up as roostd sets it up.
//
//   load-responder SOCKET THREADS

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <thread>
#include <vector>

#include <fcgiapp.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

constexpr int kBacklog = 4096;
constexpr int kThreadsMax = 256;

void answer_requests(int socket) {
  FCGX_Request request;
  if (FCGX_InitRequest(&request, socket, FCGI_FAIL_ACCEPT_ON_INTR) != 0) std::abort();
  char body[4096];
  while (FCGX_Accept_r(&request) == 0) {
    while (FCGX_GetStr(body, sizeof body, request.in) > 0) {}
    FCGX_PutS("Content-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\n\r\n2\n", request.out);
    FCGX_Finish_r(&request);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc == 3 ? std::atoi(argv[2]) : 0;
  if (threads < 1 || threads > kThreadsMax) {
    std::cerr << "usage: load-responder SOCKET THREADS   (1 to " << kThreadsMax << " threads)\n";
    return 2;
  }
  // As roostd sets them; not overwritten, so that other values can be tried. The second must not be 0: libfcgi then closes
  // a connection whose first byte is not there yet when it is accepted, which under load is every other one.
  setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "0", 0);
  setenv("LIBFCGI_IS_AF_UNIX_KEEPER_POLL_TIMEOUT", "500", 0);
  if (FCGX_Init() != 0) return 1;
  std::signal(SIGTERM, SIG_DFL);   // libfcgi catches it and then does not end
  umask(0);
  unlink(argv[1]);
  const int socket = FCGX_OpenSocket(argv[1], kBacklog);
  if (socket < 0) {
    std::cerr << "cannot listen on " << argv[1] << '\n';
    return 1;
  }
  std::vector<std::thread> all;
  for (int i = 0; i < threads; ++i) all.emplace_back(answer_requests, socket);
  for (std::thread& one : all) one.join();
}
