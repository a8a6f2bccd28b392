// SPDX-License-Identifier: MIT
#pragma once

// Which addresses belong to everybody. What a node fetches must not reach the machine's own services or its network.
// Source: the IANA registries of special-purpose addresses for IPv4 and IPv6 (RFC 6890): all that is not globally reachable counts
// as private here, and so do multicast and addresses that carry an IPv4 address, if that one is private. Thread: pure.

#include <sys/socket.h>

#include <optional>
#include <string>
#include <string_view>

namespace roost::fetch {

// False also for families other than IPv4 and IPv6.
[[nodiscard]] bool is_public(const sockaddr& address);
// As numbers, without the port.
[[nodiscard]] std::string text_of(const sockaddr& address);

// For a host that is written as an address ("192.0.2.1", "2001:db8::1", without brackets): whether it is public. Nothing: it is a name.
[[nodiscard]] std::optional<bool> literal_is_public(std::string_view host);

}  // namespace roost::fetch
