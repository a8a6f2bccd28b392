// SPDX-License-Identifier: MIT
#pragma once

// Where nodes may fetch from, and whether a URL is such a place. Redirects are judged by the same rules, one by one. Thread: pure.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace roost::fetch {

// Each is a setting, `http_…` in roost.toml.
struct Rules {
  std::vector<std::string> hosts{"*"};      // names or addresses; `*.example.org`: all names below it; `*`: all
  bool private_addresses = false;           // also loopback, private and link-local ones
  std::string proxy;                        // URL; empty: none. The names are then looked up by the proxy
  bool proxy_from_environment = false;   // instead: what https_proxy, http_proxy and no_proxy say; libcurl(3), "ENVIRONMENT"
  std::uint64_t bytes_max = 4u << 20;       // of a body, unpacked
  std::chrono::nanoseconds timeout = std::chrono::seconds(20);   // of a whole fetch, redirects included
};

// Why this URL may not be fetched, as a sentence for the program; nothing: it may. What a name's addresses are is judged when they
// are connected to.
[[nodiscard]] std::optional<std::string> refusal_of(std::string_view url, const Rules& rules);

}  // namespace roost::fetch
