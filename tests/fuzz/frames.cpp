// SPDX-License-Identifier: MIT

// Any bytes as a frame, in both directions, and as a stream of frames. What a decoder accepts is exactly what the
// encoder writes; however a stream is cut into reads, the same frames come out of it.
//
// Input: byte 0 says how the rest is cut for the splitter.

#include <cstdint>
#include <vector>

#include "worker/wire/check.h"
#include "worker/wire/frames.h"

namespace {

using namespace roost;

constexpr std::size_t kBodyBytesMax = 4096;   // small, so that the limit is met often

void check_frame(BytesView body) {
  constexpr std::size_t kLengthBytes = 4;
  if (const auto frame = wire::decode_to_worker(body)) {
    CHECK(BytesView(wire::encode(frame.value())).substr(kLengthBytes) == body);
  } else {
    CHECK(!frame.error().what.empty());
  }
  if (const auto frame = wire::decode_from_worker(body)) {
    CHECK(BytesView(wire::encode(frame.value())).substr(kLengthBytes) == body);
  } else {
    CHECK(!frame.error().what.empty());
  }
}

struct Split {
  std::vector<Bytes> bodies;
  bool refused = false;
  bool operator==(const Split&) const = default;
};

Split split(BytesView stream, std::size_t step) {
  wire::FrameSplitter splitter(kBodyBytesMax);
  Split result;
  for (std::size_t at = 0; at < stream.size() && !result.refused; at += step) {
    splitter.feed(stream.substr(at, step));
    for (;;) {
      const auto next = splitter.next();
      result.refused = !next.ok();
      if (!next.ok() || !next.value()) break;
      CHECK(!next.value()->empty() && next.value()->size() <= kBodyBytesMax);
      result.bodies.emplace_back(*next.value());
    }
  }
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const BytesView rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  check_frame(rest);
  const Split whole = split(rest, rest.size() + 1);
  for (const Bytes& body : whole.bodies) check_frame(body);
  CHECK(split(rest, data[0] % 16 + 1) == whole);
  return 0;
}
