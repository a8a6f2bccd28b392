// SPDX-License-Identifier: MIT
#include "backend/front/fastcgi_records.h"

#include <cstddef>
#include <optional>

namespace roost::front {
namespace {

constexpr unsigned char kVersion = 1;
constexpr unsigned char kBeginRequest = 1, kParams = 4, kStdin = 5;
constexpr unsigned kManagement = 0;   // the number of no request
constexpr std::size_t kHeaderBytes = 8;

struct Header {
  unsigned char version, type;
  unsigned request, content_bytes, padding_bytes;
};

// Requires: at least kHeaderBytes.
Header header_of(std::string_view bytes) {
  const auto byte = [bytes](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
  const auto pair = [byte](std::size_t at) { return static_cast<unsigned>(byte(at) << 8 | byte(at + 1)); };
  return {byte(0), byte(1), pair(2), pair(4), byte(6)};
}

}  // namespace

Extent extent_of(std::string_view bytes) {
  std::optional<unsigned> request;
  bool parameters_end = false;
  while (bytes.size() >= kHeaderBytes) {   // libfcgi takes a whole header before it looks at it
    const Header header = header_of(bytes);
    if (header.version != kVersion || header.request == kManagement) return Extent::Foreign;
    const std::size_t length = kHeaderBytes + header.content_bytes + header.padding_bytes;
    if (bytes.size() < length) return Extent::Part;
    bytes.remove_prefix(length);
    const bool begins = header.type == kBeginRequest && !request;
    if (begins) request = header.request;
    const bool ends_parameters = header.type == kParams && header.request == request && header.content_bytes == 0;
    if ((begins || ends_parameters) && header.padding_bytes > 0) return Extent::Foreign;
    if (header.request != request || header.content_bytes > 0) continue;
    if (header.type == kParams) parameters_end = true;
    if (header.type == kStdin && parameters_end) return Extent::Whole;
  }
  return Extent::Part;
}

}  // namespace roost::front
