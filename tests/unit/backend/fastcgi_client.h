// SPDX-License-Identifier: MIT
#pragma once

// The web server's side of FastCGI, as far as tests need it: one connection, one request; whole, in parts, or not at all.
// Thread: as its owner.

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <map>
#include <stdexcept>
#include <string>

namespace roost::front {

class FastcgiClient {
 public:
  explicit FastcgiClient(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("cannot connect to " + path);
    const timeval patience{20, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~FastcgiClient() { close(fd_); }
  FastcgiClient(const FastcgiClient&) = delete;
  FastcgiClient& operator=(const FastcgiClient&) = delete;

  static std::string request(const std::string& method, const std::string& uri, const std::string& body = {},
                             std::map<std::string, std::string> more = {}) {
    more.insert({{"REQUEST_METHOD", method}, {"REQUEST_URI", uri}, {"REQUEST_ID", "id-of-nginx"}});
    if (!body.empty()) more.insert({{"CONTENT_LENGTH", std::to_string(body.size())}, {"CONTENT_TYPE", "text/plain"}});
    std::string parameters;
    for (const auto& [name, value] : more) parameters += length(name.size()) + length(value.size()) + name + value;
    std::string bytes = record(1, std::string("\0\1\0\0\0\0\0\0", 8)) + record(4, parameters) + record(4, {});
    for (std::size_t at = 0; at < body.size(); at += kRecordMax) bytes += record(5, body.substr(at, kRecordMax));
    return bytes + record(5, {});
  }

  void send(const std::string& bytes) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      const ssize_t count = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) return;   // the other end has had enough
      sent += static_cast<std::size_t>(count);
    }
  }

  // What the answer's stdout records hold, up to the end of the connection. Throws if the connection is reset.
  std::string answer() {
    std::string bytes;
    char buffer[65536];
    for (ssize_t count; (count = recv(fd_, buffer, sizeof buffer, 0)) != 0;) {
      if (count < 0) throw std::runtime_error(std::string("the answer did not come: ") + std::strerror(errno));
      bytes.append(buffer, static_cast<std::size_t>(count));
    }
    std::string text;
    while (bytes.size() >= 8) {
      const auto at = [&bytes](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
      const std::size_t size = at(4) << 8 | at(5);
      if (at(1) == 6) text += bytes.substr(8, size);
      bytes.erase(0, 8 + size + at(6));
    }
    return text;
  }

 private:
  static constexpr std::size_t kRecordMax = 60'000;
  static std::string record(int type, const std::string& content) {
    const auto byte = [](std::size_t value) { return static_cast<char>(value & 255); };
    return std::string{1, static_cast<char>(type), 0, 1, byte(content.size() >> 8), byte(content.size()), 0, 0} + content;
  }
  static std::string length(std::size_t size) {
    if (size < 128) return std::string(1, static_cast<char>(size));
    return {static_cast<char>(0x80 | size >> 24), static_cast<char>(size >> 16), static_cast<char>(size >> 8), static_cast<char>(size)};
  }

  int fd_;
};

}  // namespace roost::front
