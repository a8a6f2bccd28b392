// SPDX-License-Identifier: MIT
#include "backend/fetch/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace roost::fetch {
namespace {

struct Network4 {
  std::uint32_t address;
  unsigned bits;
};

constexpr Network4 kPrivate4[] = {
    {0x00000000, 8},    // 0.0.0.0/8        this network
    {0x0A000000, 8},    // 10.0.0.0/8       private
    {0x64400000, 10},   // 100.64.0.0/10    shared address space
    {0x7F000000, 8},    // 127.0.0.0/8      loopback
    {0xA9FE0000, 16},   // 169.254.0.0/16   link local: cloud machines keep their secrets there
    {0xAC100000, 12},   // 172.16.0.0/12    private
    {0xC0000000, 24},   // 192.0.0.0/24     protocol assignments
    {0xC0000200, 24},   // 192.0.2.0/24     documentation
    {0xC0586300, 24},   // 192.88.99.0/24   6to4 relays, given up
    {0xC0A80000, 16},   // 192.168.0.0/16   private
    {0xC6120000, 15},   // 198.18.0.0/15    benchmarks
    {0xC6336400, 24},   // 198.51.100.0/24  documentation
    {0xCB007100, 24},   // 203.0.113.0/24   documentation
    {0xE0000000, 3},    // 224.0.0.0/3      multicast, reserved, broadcast
};

bool is_public4(std::uint32_t address) {
  return std::none_of(std::begin(kPrivate4), std::end(kPrivate4),
                      [address](Network4 one) { return (address ^ one.address) >> (32 - one.bits) == 0; });
}

using Bytes6 = std::array<unsigned char, 16>;

bool begins(const Bytes6& address, std::initializer_list<unsigned char> prefix) {
  return std::equal(prefix.begin(), prefix.end(), address.begin());
}

std::uint32_t four_at(const Bytes6& address, std::size_t at) {
  return std::uint32_t{address[at]} << 24 | std::uint32_t{address[at + 1]} << 16 | std::uint32_t{address[at + 2]} << 8 | address[at + 3];
}

bool is_public6(const Bytes6& a) {
  if (begins(a, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF})) return is_public4(four_at(a, 12));        // mapped IPv4
  if (begins(a, {0x00, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0})) return is_public4(four_at(a, 12));  // NAT64
  if (begins(a, {0x20, 0x02})) return is_public4(four_at(a, 2));                                       // 6to4
  if ((a[0] & 0xE0) != 0x20) return false;              // only 2000::/3 is global unicast
  if (begins(a, {0x20, 0x01}) && a[2] < 2) return false;                     // 2001::/23: Teredo, ORCHID, …
  if (begins(a, {0x20, 0x01, 0x0D, 0xB8})) return false;                     // documentation
  if (begins(a, {0x3F, 0xFF}) && (a[2] & 0xF0) == 0) return false;           // 3fff::/20, documentation
  return true;
}

}  // namespace

bool is_public(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in in;
    std::memcpy(&in, &address, sizeof in);
    return is_public4(ntohl(in.sin_addr.s_addr));
  }
  if (address.sa_family != AF_INET6) return false;
  sockaddr_in6 in;
  std::memcpy(&in, &address, sizeof in);
  Bytes6 bytes;
  std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
  return is_public6(bytes);
}

std::string text_of(const sockaddr& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.sa_family == AF_INET) {
    sockaddr_in in;
    std::memcpy(&in, &address, sizeof in);
    inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
  } else if (address.sa_family == AF_INET6) {
    sockaddr_in6 in;
    std::memcpy(&in, &address, sizeof in);
    inet_ntop(AF_INET6, &in.sin6_addr, text, sizeof text);
  }
  return text;
}

std::optional<bool> literal_is_public(std::string_view host) {
  const std::string text(host.substr(0, host.find('%')));   // without a zone
  in_addr four{};
  if (inet_pton(AF_INET, text.c_str(), &four) == 1) return is_public4(ntohl(four.s_addr));
  Bytes6 six;
  if (inet_pton(AF_INET6, text.c_str(), six.data()) == 1) return is_public6(six);
  return std::nullopt;
}

}  // namespace roost::fetch
