// SPDX-License-Identifier: MIT
#include "backend/fetch/target.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "backend/fetch/address.h"

namespace roost::fetch {
namespace {

constexpr std::size_t kUrlBytesMax = 8u << 10;   // what servers take, nginx among them

struct CloseUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, CloseUrl>;

std::string part_of(const Url& url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, 0) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

std::string in_lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; });
  return text;
}

// Without brackets, and without the dot that may end a name.
std::string host_of(const Url& url) {
  std::string host = in_lower_case(part_of(url, CURLUPART_HOST));
  if (host.size() >= 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  if (host.ends_with('.')) host.pop_back();
  return host;
}

bool matches(const std::string& host, const std::string& pattern) {
  if (pattern == "*") return true;
  if (!pattern.starts_with("*.")) return host == in_lower_case(pattern);
  return host.ends_with(in_lower_case(pattern.substr(1)));
}

bool is_localhost(const std::string& host) { return host == "localhost" || host.ends_with(".localhost"); }   // RFC 6761, 6.3

}  // namespace

std::optional<std::string> refusal_of(std::string_view text, const Rules& rules) {
  if (text.size() > kUrlBytesMax) return "a URL may have " + std::to_string(kUrlBytesMax) + " bytes; this one has " + std::to_string(text.size());
  const std::string whole(text);
  const Url url(curl_url());
  // A NUL would end the text for libcurl, which would then see another URL than we were given.
  if (!url || text.find('\0') != std::string_view::npos || curl_url_set(url.get(), CURLUPART_URL, whole.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
    return "`" + whole + "` is not an absolute URL, such as https://example.org/page";
  const std::string scheme = part_of(url, CURLUPART_SCHEME), host = host_of(url);
  if (scheme != "http" && scheme != "https") return "`" + scheme + "` URLs cannot be fetched, only http and https";
  if (host.empty()) return "`" + whole + "` names no host";
  if (std::none_of(rules.hosts.begin(), rules.hosts.end(), [&](const std::string& one) { return matches(host, one); }))
    return "host `" + host + "` is not among those that this container may fetch from (http_hosts)";
  if (!rules.private_addresses && (is_localhost(host) || literal_is_public(host) == false))
    return "`" + host + "` is a loopback or private address, which this container does not fetch from (http_private_addresses)";
  return std::nullopt;
}

}  // namespace roost::fetch
