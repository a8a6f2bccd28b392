// SPDX-License-Identifier: MIT
#pragma once

// One frame of every type, by the name under which PROTOCOL.md shows its bytes. Thread: pure.

#include <map>
#include <string>

#include "worker/wire/frames.h"

namespace roost::wire {

inline PublicKey key_of_bytes(std::uint8_t byte) {
  PublicKey key;
  key.bytes.fill(byte);
  return key;
}

inline std::map<std::string, ToWorker> to_worker_samples() {
  return {
      {"Start", Start{2, "localhost:8443", key_of_bytes(0x11), Bytes(32, '\x22'), 3, 16777216, 10000, 600000}},
      {"Eval", Eval{{7, 7, Format::Text}, "1 + 1"}},
      {"Run", Run{{0, 300, Format::Json}, key_of_bytes(0x33), Bytes("\x01\x00\x02", 3)}},
      {"ReadResult", ReadResult{5, true, {{"a", "k1", "v1"}, {"b", "k2", ""}}}},
      {"ReadResult that failed", ReadResult{6, false, {}}},
      {"Reserved", Reserved{8, ""}},
      {"Reserved, nothing", Reserved{0, "nodes 256 of 256"}},
      {"Stop", Stop{}},
      {"Ping", Ping{1000000}},
      {"Fetched", Fetched{7, true, "jam"}},
      {"Fetched, nothing", Fetched{8, false, "no such host !"}},
      {"Attempting", Attempting{1, 500, ""}},
      {"Attempting, refused", Attempting{1, 0, "too many"}},
      {"Attempted", Attempted{1, true, "\x01\x06", ""}},
      {"Attempted, a failure", Attempted{2, false, "", "out of plums"}},
  };
}

inline std::map<std::string, FromWorker> from_worker_samples() {
  const Failure failure{FailureKind::SyntaxError, "unexpected )", "", 1, 5, {"an expression"}, "  1 | 1 + )\n    |     ^\n", {"main"}};
  const Bytes token(kTokenBytes, '\x44');
  DefinitionHash hash;
  hash.fill(0xbb);
  return {
      {"Ready", Ready{2}},
      {"Idle", Idle{3, 262144}},
      {"Answer", Answer{{7, 7, Format::Text}, "2"}},
      {"Answer, a failure", Answer{{7, 7, Format::Json}, failure}},
      {"Send", Send{{7, 7, Format::Text}, "localhost:8443", key_of_bytes(0x55), "\x01"}},
      {"Log", Log{7, LogLevel::Debug, "gr\xc3\xbc\xc3\x9f"}},
      {"Write, an insertion", Write{WriteKind::Insert, token, "\xff", "k", "v"}},
      {"Write, a deletion", Write{WriteKind::Delete, token, "\xff", "", ""}},
      {"Read, a lookup", Read{5, ReadKind::Lookup, token, "\xff"}},
      {"Read, all", Read{6, ReadKind::All, token, ""}},
      {"Reserve", Reserve{8}},
      {"Spawn", Spawn{key_of_bytes(0x66), Bytes(32, '\x77'), {Bytes(80, '\x88'), Bytes(64, '\x99')}, Bytes(72, '\xaa')}},
      {"Pong", Pong{1000000}},
      {"Fetch", Fetch{7, "http://a.b/c"}},
      {"Define", Define{hash, "\x01\x02"}},
      {"Attempt", Attempt{1, {7, 7, Format::Text}}},
      {"Return", Return{{500, 7, Format::Value}, "\x01\x06"}},
  };
}

}  // namespace roost::wire
