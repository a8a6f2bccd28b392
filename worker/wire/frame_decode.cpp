// SPDX-License-Identifier: MIT
// Bytes to frames: one read_<frame>() each, the mirror of frame_encode.cpp, and with it every rule that PROTOCOL.md sets for a
// field. A reader reads all fields and the fault, if one was met, is asked for once, at the end (cbor.h).

#include <algorithm>

#include "worker/wire/cbor.h"
#include "worker/wire/frames.h"

namespace roost::wire {
namespace {

using cbor::Reader;

constexpr std::size_t kKeyHashBytesMax = 255;
constexpr std::size_t kSeedBytes = 32;
constexpr std::size_t kSealedKeyBytes = 80;     // crypto_box_seal of 32 bytes
constexpr std::size_t kSignatureBytes = 64;
constexpr std::size_t kEnclosedKeyBytes = 72;   // nonce 24, seed 32, tag 16
constexpr std::uint64_t kReserveMax = 4096;
constexpr std::uint64_t kCapabilitiesEnd = std::uint64_t{1} << kCapabilitiesCount;

Bytes bytes_of(Reader& in, const char* field, std::size_t length_min, std::size_t length_max) {
  const BytesView value = in.bytes();
  if (!in.failed() && (value.size() < length_min || value.size() > length_max)) {
    in.refuse(std::string(field) + " has " + std::to_string(value.size()) + " bytes, not " +
              std::to_string(length_min) + " to " + std::to_string(length_max));
  }
  return Bytes(in.failed() ? BytesView() : value);
}

Bytes bytes_of(Reader& in, const char* field, std::size_t length) { return bytes_of(in, field, length, length); }
Bytes any_bytes(Reader& in) { return Bytes(in.bytes()); }
std::string text_of(Reader& in) { return std::string(in.text()); }

std::string host_of(Reader& in) {
  const std::string_view host = in.text();
  if (host.size() > kHostBytesMax) in.refuse("host has " + std::to_string(host.size()) + " bytes, at most " + std::to_string(kHostBytesMax));
  return std::string(in.failed() ? std::string_view() : host);
}

PublicKey key_of(Reader& in, const char* field) {
  const Bytes value = bytes_of(in, field, sizeof PublicKey::bytes);
  return in.failed() ? PublicKey{} : public_key_from(value);
}

std::uint64_t number_below(Reader& in, const char* field, std::uint64_t end) {
  const std::uint64_t value = in.unsigned_integer();
  if (value < end) return value;
  in.refuse(std::string(field) + " is " + std::to_string(value) + ", not below " + std::to_string(end));
  return 0;
}

template <typename Enum>
Enum enum_of(Reader& in, const char* field, Enum last) {
  return static_cast<Enum>(number_below(in, field, static_cast<std::uint64_t>(last) + 1));
}

std::uint64_t version_of(Reader& in) {
  const std::uint64_t version = in.unsigned_integer();
  if (!in.failed() && version != kProtocolVersion) {
    in.refuse("protocol version " + std::to_string(version) + ", only " + std::to_string(kProtocolVersion) +
              " is spoken here: one of the two programs is older");
  }
  return version;
}

void expect_array(Reader& in, const char* what, std::uint64_t elements) {
  const std::uint64_t found = in.array();
  if (!in.failed() && found != elements) {
    in.refuse(std::string(what) + " has " + std::to_string(found) + " elements, not " + std::to_string(elements));
  }
}

Origin origin_of(Reader& in) {
  expect_array(in, "origin", 3);
  Origin origin;
  origin.request = in.unsigned_integer();
  origin.trace = in.unsigned_integer();
  origin.format = enum_of(in, "format", Format::Value);
  return origin;
}

Entry entry_of(Reader& in) {
  expect_array(in, "entry", 3);
  Entry entry;
  entry.key_hash = bytes_of(in, "key_hash", 1, kKeyHashBytesMax);
  entry.key = any_bytes(in);
  entry.value = any_bytes(in);
  return entry;
}

KeyEnvelope envelope_of(Reader& in) {
  expect_array(in, "envelope", 2);
  KeyEnvelope envelope;
  envelope.sealed = bytes_of(in, "sealed", kSealedKeyBytes);
  envelope.signature = bytes_of(in, "signature", kSignatureBytes);
  return envelope;
}

std::vector<std::string> names_of(Reader& in, std::size_t most) {
  const std::uint64_t count = in.array();
  if (count > most) in.refuse("a failure with " + std::to_string(count) + " names, at most " + std::to_string(most));
  std::vector<std::string> names;
  for (std::uint64_t i = 0; i < count && !in.failed(); ++i) names.push_back(text_of(in));
  return names;
}

Failure failure_of(Reader& in) {
  expect_array(in, "failure", 8);
  Failure failure;
  failure.kind = static_cast<FailureKind>(number_below(in, "failure kind", kFailureKinds));
  failure.reason = text_of(in);
  failure.definition = text_of(in);
  failure.line = in.unsigned_integer();
  failure.column = in.unsigned_integer();
  failure.names = names_of(in, kFailureNamesMax);
  failure.source = text_of(in);
  failure.chain = names_of(in, kFailureChainMax);
  return failure;
}

// ---- container to worker

Start read_start(Reader& in) {
  Start frame;
  frame.version = version_of(in);
  frame.host = text_of(in);
  frame.node = key_of(in, "node");
  frame.seed = any_bytes(in);
  if (!frame.seed.empty() && frame.seed.size() != kSeedBytes) in.refuse("seed has neither 0 nor 32 bytes");
  frame.capabilities = static_cast<Capabilities>(number_below(in, "capabilities", kCapabilitiesEnd));
  frame.memory_bytes = in.unsigned_integer();
  frame.compute_ms = in.unsigned_integer();
  frame.receive_ms = in.unsigned_integer();
  return frame;
}

Eval read_eval(Reader& in) {
  Eval frame;
  frame.origin = origin_of(in);
  frame.program = text_of(in);
  return frame;
}

Run read_run(Reader& in) {
  Run frame;
  frame.origin = origin_of(in);
  frame.sender = key_of(in, "sender");
  frame.computation = any_bytes(in);
  return frame;
}

ReadResult read_read_result(Reader& in) {
  ReadResult frame;
  frame.read = in.unsigned_integer();
  frame.ok = in.boolean();
  const std::uint64_t count = in.array();
  if (!frame.ok && count > 0) in.refuse("a failed read with entries");
  for (std::uint64_t i = 0; i < count && !in.failed(); ++i) {
    frame.entries.push_back(entry_of(in));
    if (i > 0 && !in.failed() && frame.entries[i - 1].key_hash >= frame.entries[i].key_hash) {
      in.refuse("entries that are not in ascending order of key_hash");
    }
  }
  return frame;
}

Reserved read_reserved(Reader& in) {
  Reserved frame;
  frame.granted = number_below(in, "granted", kReserveMax + 1);
  frame.reason = text_of(in);
  return frame;
}

Ping read_ping(Reader& in) { return Ping{in.unsigned_integer()}; }

Fetched read_fetched(Reader& in) {
  Fetched frame;
  frame.read = in.unsigned_integer();
  frame.ok = in.boolean();
  frame.text = text_of(in);
  return frame;
}

Attempting read_attempting(Reader& in) {
  Attempting frame;
  frame.attempt = in.unsigned_integer();
  frame.request = in.unsigned_integer();
  frame.reason = text_of(in);
  return frame;
}

Attempted read_attempted(Reader& in) {
  Attempted frame;
  frame.attempt = in.unsigned_integer();
  frame.ok = in.boolean();
  frame.value = any_bytes(in);
  frame.failure = text_of(in);
  return frame;
}

// ---- worker to container

Ready read_ready(Reader& in) { return Ready{version_of(in)}; }

Idle read_idle(Reader& in) {
  Idle frame;
  frame.received = in.unsigned_integer();
  frame.memory_bytes = in.unsigned_integer();
  return frame;
}

Answer read_answer(Reader& in) {
  Answer frame;
  frame.origin = origin_of(in);
  if (in.peek() == cbor::Kind::Array) {
    frame.outcome = failure_of(in);
  } else {
    frame.outcome = text_of(in);
    if (frame.origin.format == Format::Value) in.refuse("a text for whom a value is to go to");
  }
  return frame;
}

Send read_send(Reader& in) {
  Send frame;
  frame.origin = origin_of(in);
  frame.host = host_of(in);
  frame.destination = key_of(in, "destination");
  frame.computation = any_bytes(in);
  return frame;
}

Log read_log(Reader& in) {
  Log frame;
  frame.trace = in.unsigned_integer();
  frame.level = enum_of(in, "level", LogLevel::Error);
  frame.line = text_of(in);
  return frame;
}

Write read_write(Reader& in) {
  Write frame;
  frame.kind = enum_of(in, "kind", WriteKind::Delete);
  frame.token = bytes_of(in, "token", kTokenBytes);
  frame.key_hash = bytes_of(in, "key_hash", 1, kKeyHashBytesMax);
  const std::size_t content_max = frame.kind == WriteKind::Delete ? 0 : kFrameBytesMax;
  frame.key = bytes_of(in, "key", 0, content_max);
  frame.value = bytes_of(in, "value", 0, content_max);
  return frame;
}

Read read_read(Reader& in) {
  Read frame;
  frame.read = in.unsigned_integer();
  frame.kind = enum_of(in, "kind", ReadKind::All);
  frame.token = bytes_of(in, "token", kTokenBytes);
  const bool names_a_key = frame.kind == ReadKind::Lookup || frame.kind == ReadKind::After;
  frame.key_hash = bytes_of(in, "key_hash", names_a_key ? 1 : 0, names_a_key ? kKeyHashBytesMax : 0);
  return frame;
}

Reserve read_reserve(Reader& in) {
  Reserve frame;
  frame.count = number_below(in, "count", kReserveMax + 1);
  if (frame.count == 0) in.refuse("a reservation of nothing");
  return frame;
}

Spawn read_spawn(Reader& in) {
  Spawn frame;
  frame.child = key_of(in, "child");
  frame.seed = bytes_of(in, "seed", kSeedBytes);
  frame.envelope = envelope_of(in);
  frame.enclosed_key = bytes_of(in, "enclosed_key", kEnclosedKeyBytes);
  return frame;
}

Pong read_pong(Reader& in) { return Pong{in.unsigned_integer()}; }

Fetch read_fetch(Reader& in) {
  Fetch frame;
  frame.read = in.unsigned_integer();
  frame.url = text_of(in);
  return frame;
}

Define read_define(Reader& in) {
  Define frame;
  const Bytes hash = bytes_of(in, "hash", frame.hash.size());
  std::copy(hash.begin(), hash.end(), frame.hash.begin());
  frame.definition = bytes_of(in, "definition", 1, kDefinitionBytesMax);
  return frame;
}

Attempt read_attempt(Reader& in) {
  Attempt frame;
  frame.attempt = in.unsigned_integer();
  if (frame.attempt == 0) in.refuse("an attempt without a number");
  frame.waits = origin_of(in);
  return frame;
}

Return read_return(Reader& in) {
  Return frame;
  frame.origin = origin_of(in);
  if (frame.origin.request == 0 || frame.origin.format != Format::Value) in.refuse("a value for nobody that attempts");
  frame.value = any_bytes(in);
  return frame;
}

// ---- whole frames

template <typename Variant>
struct FrameReader {
  const char* name;
  std::uint64_t elements;   // of the frame's array, its type included
  Variant (*read)(Reader&);
};

// In the order of the type numbers.
const FrameReader<ToWorker> kToWorker[] = {
    {"Start", 9, [](Reader& in) -> ToWorker { return read_start(in); }},
    {"Eval", 3, [](Reader& in) -> ToWorker { return read_eval(in); }},
    {"Run", 4, [](Reader& in) -> ToWorker { return read_run(in); }},
    {"ReadResult", 4, [](Reader& in) -> ToWorker { return read_read_result(in); }},
    {"Reserved", 3, [](Reader& in) -> ToWorker { return read_reserved(in); }},
    {"Stop", 1, [](Reader&) -> ToWorker { return Stop{}; }},
    {"Ping", 2, [](Reader& in) -> ToWorker { return read_ping(in); }},
    {"Fetched", 4, [](Reader& in) -> ToWorker { return read_fetched(in); }},
    {"Attempting", 4, [](Reader& in) -> ToWorker { return read_attempting(in); }},
    {"Attempted", 5, [](Reader& in) -> ToWorker { return read_attempted(in); }},
};
const FrameReader<FromWorker> kFromWorker[] = {
    {"Ready", 2, [](Reader& in) -> FromWorker { return read_ready(in); }},
    {"Idle", 3, [](Reader& in) -> FromWorker { return read_idle(in); }},
    {"Answer", 3, [](Reader& in) -> FromWorker { return read_answer(in); }},
    {"Send", 5, [](Reader& in) -> FromWorker { return read_send(in); }},
    {"Log", 4, [](Reader& in) -> FromWorker { return read_log(in); }},
    {"Write", 6, [](Reader& in) -> FromWorker { return read_write(in); }},
    {"Read", 5, [](Reader& in) -> FromWorker { return read_read(in); }},
    {"Reserve", 2, [](Reader& in) -> FromWorker { return read_reserve(in); }},
    {"Spawn", 5, [](Reader& in) -> FromWorker { return read_spawn(in); }},
    {"Pong", 2, [](Reader& in) -> FromWorker { return read_pong(in); }},
    {"Fetch", 3, [](Reader& in) -> FromWorker { return read_fetch(in); }},
    {"Define", 3, [](Reader& in) -> FromWorker { return read_define(in); }},
    {"Attempt", 3, [](Reader& in) -> FromWorker { return read_attempt(in); }},
    {"Return", 3, [](Reader& in) -> FromWorker { return read_return(in); }},
};
static_assert(std::size(kToWorker) == std::variant_size_v<ToWorker>);
static_assert(std::size(kFromWorker) == std::variant_size_v<FromWorker>);

template <typename Variant, std::size_t types>
Result<Variant, FrameError> decode(BytesView body, const FrameReader<Variant> (&readers)[types]) {
  Reader in(body);
  const std::uint64_t elements = in.array();
  const std::uint64_t type = number_below(in, "frame type", types);
  if (in.failed()) return Refused{FrameError{"a frame: " + in.error()}};

  const FrameReader<Variant>& reader = readers[type];
  if (elements != reader.elements) {
    in.refuse(std::to_string(elements) + " elements, not " + std::to_string(reader.elements));
  }
  Variant frame = in.failed() ? Variant() : reader.read(in);
  if (!in.at_end()) in.refuse(std::to_string(in.left()) + " bytes after its end");
  if (in.failed()) return Refused{FrameError{std::string("a ") + reader.name + " frame: " + in.error()}};
  return frame;
}

}  // namespace

Result<ToWorker, FrameError> decode_to_worker(BytesView body) { return decode(body, kToWorker); }
Result<FromWorker, FrameError> decode_from_worker(BytesView body) { return decode(body, kFromWorker); }

}  // namespace roost::wire
