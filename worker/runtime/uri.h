// SPDX-License-Identifier: MIT
#pragma once

// The parts of an absolute URI (RFC 3986, section 3). Thread: any.

#include <optional>
#include <string_view>

namespace roost::runtime {

// With its colon: "http:". nullopt: the text is no absolute URI.
[[nodiscard]] std::optional<std::string_view> uri_scheme(std::string_view text);
// "user@host:port", without slashes; empty for "http:///p". nullopt: there is none, or the text is no absolute URI.
[[nodiscard]] std::optional<std::string_view> uri_authority(std::string_view text);

}  // namespace roost::runtime
