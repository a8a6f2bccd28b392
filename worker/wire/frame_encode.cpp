// SPDX-License-Identifier: MIT
// Frames to bytes. One write_fields() a frame, in the order of PROTOCOL.md; frame_decode.cpp is its mirror.

#include <algorithm>

#include "worker/wire/cbor.h"
#include "worker/wire/frames.h"

namespace roost::wire {
namespace {

using cbor::Writer;

template <typename Enum>
std::uint64_t number_of(Enum value) {
  return static_cast<std::uint64_t>(value);
}

// Opens the frame's array: its type and `fields` more.
void open(Writer& out, std::uint64_t type, std::uint64_t fields) {
  out.array(1 + fields);
  out.unsigned_integer(type);
}

void write(Writer& out, const Origin& origin) {
  out.array(3);
  out.unsigned_integer(origin.request);
  out.unsigned_integer(origin.trace);
  out.unsigned_integer(number_of(origin.format));
}

void write(Writer& out, const Entry& entry) {
  out.array(3);
  out.bytes(entry.key_hash);
  out.bytes(entry.key);
  out.bytes(entry.value);
}

void write(Writer& out, const KeyEnvelope& envelope) {
  out.array(2);
  out.bytes(envelope.sealed);
  out.bytes(envelope.signature);
}

void write(Writer& out, const Failure& failure) {
  out.array(8);
  out.unsigned_integer(number_of(failure.kind));
  out.text(failure.reason);
  out.text(failure.definition);
  out.unsigned_integer(failure.line);
  out.unsigned_integer(failure.column);
  const std::size_t names = std::min(failure.names.size(), kFailureNamesMax);
  out.array(names);
  for (std::size_t i = 0; i < names; ++i) out.text(failure.names[i]);
  out.text(failure.source);
  const std::size_t chain = std::min(failure.chain.size(), kFailureChainMax);
  out.array(chain);
  for (std::size_t i = 0; i < chain; ++i) out.text(failure.chain[i]);
}

// ---- container to worker

void write_fields(Writer& out, const Start& frame) {
  open(out, 0, 8);
  out.unsigned_integer(frame.version);
  out.text(frame.host);
  out.bytes(frame.node.view());
  out.bytes(frame.seed);
  out.unsigned_integer(frame.capabilities);
  out.unsigned_integer(frame.memory_bytes);
  out.unsigned_integer(frame.compute_ms);
  out.unsigned_integer(frame.receive_ms);
}

void write_fields(Writer& out, const Eval& frame) {
  open(out, 1, 2);
  write(out, frame.origin);
  out.text(frame.program);
}

void write_fields(Writer& out, const Run& frame) {
  open(out, 2, 3);
  write(out, frame.origin);
  out.bytes(frame.sender.view());
  out.bytes(frame.computation);
}

void write_fields(Writer& out, const ReadResult& frame) {
  open(out, 3, 3);
  out.unsigned_integer(frame.read);
  out.boolean(frame.ok);
  out.array(frame.entries.size());
  for (const Entry& entry : frame.entries) write(out, entry);
}

void write_fields(Writer& out, const Reserved& frame) {
  open(out, 4, 2);
  out.unsigned_integer(frame.granted);
  out.text(frame.reason);
}

void write_fields(Writer& out, const Stop&) { open(out, 5, 0); }

void write_fields(Writer& out, const Ping& frame) {
  open(out, 6, 1);
  out.unsigned_integer(frame.nonce);
}

void write_fields(Writer& out, const Fetched& frame) {
  open(out, 7, 3);
  out.unsigned_integer(frame.read);
  out.boolean(frame.ok);
  out.text(frame.text);
}

void write_fields(Writer& out, const Attempting& frame) {
  open(out, 8, 3);
  out.unsigned_integer(frame.attempt);
  out.unsigned_integer(frame.request);
  out.text(frame.reason);
}

void write_fields(Writer& out, const Attempted& frame) {
  open(out, 9, 4);
  out.unsigned_integer(frame.attempt);
  out.boolean(frame.ok);
  out.bytes(frame.value);
  out.text(frame.failure);
}

// ---- worker to container

void write_fields(Writer& out, const Ready& frame) {
  open(out, 0, 1);
  out.unsigned_integer(frame.version);
}

void write_fields(Writer& out, const Idle& frame) {
  open(out, 1, 2);
  out.unsigned_integer(frame.received);
  out.unsigned_integer(frame.memory_bytes);
}

void write_fields(Writer& out, const Answer& frame) {
  open(out, 2, 2);
  write(out, frame.origin);
  if (const auto* value = std::get_if<std::string>(&frame.outcome)) {
    out.text(*value);
  } else {
    write(out, std::get<Failure>(frame.outcome));
  }
}

void write_fields(Writer& out, const Send& frame) {
  open(out, 3, 4);
  write(out, frame.origin);
  out.text(frame.host);
  out.bytes(frame.destination.view());
  out.bytes(frame.computation);
}

void write_fields(Writer& out, const Log& frame) {
  open(out, 4, 3);
  out.unsigned_integer(frame.trace);
  out.unsigned_integer(number_of(frame.level));
  out.text(frame.line);
}

void write_fields(Writer& out, const Write& frame) {
  open(out, 5, 5);
  out.unsigned_integer(number_of(frame.kind));
  out.bytes(frame.token);
  out.bytes(frame.key_hash);
  out.bytes(frame.key);
  out.bytes(frame.value);
}

void write_fields(Writer& out, const Read& frame) {
  open(out, 6, 4);
  out.unsigned_integer(frame.read);
  out.unsigned_integer(number_of(frame.kind));
  out.bytes(frame.token);
  out.bytes(frame.key_hash);
}

void write_fields(Writer& out, const Reserve& frame) {
  open(out, 7, 1);
  out.unsigned_integer(frame.count);
}

void write_fields(Writer& out, const Spawn& frame) {
  open(out, 8, 4);
  out.bytes(frame.child.view());
  out.bytes(frame.seed);
  write(out, frame.envelope);
  out.bytes(frame.enclosed_key);
}

void write_fields(Writer& out, const Pong& frame) {
  open(out, 9, 1);
  out.unsigned_integer(frame.nonce);
}

void write_fields(Writer& out, const Fetch& frame) {
  open(out, 10, 2);
  out.unsigned_integer(frame.read);
  out.text(frame.url);
}

void write_fields(Writer& out, const Define& frame) {
  open(out, 11, 2);
  out.bytes(view_of(frame.hash));
  out.bytes(frame.definition);
}

void write_fields(Writer& out, const Attempt& frame) {
  open(out, 12, 2);
  out.unsigned_integer(frame.attempt);
  write(out, frame.waits);
}

void write_fields(Writer& out, const Return& frame) {
  open(out, 13, 2);
  write(out, frame.origin);
  out.bytes(frame.value);
}

// ---- whole frames

template <typename Frame>
void append_frame(Bytes& out, const Frame& frame) {
  constexpr std::size_t kLengthBytes = 4;
  const std::size_t start = out.size();
  out.append(kLengthBytes, '\0');
  Writer writer(out);
  std::visit([&writer](const auto& each) { write_fields(writer, each); }, frame);
  const std::size_t length = out.size() - start - kLengthBytes;
  for (std::size_t i = 0; i < kLengthBytes; ++i) out[start + i] = static_cast<char>(length >> (8 * i));
}

}  // namespace

Bytes encode(const ToWorker& frame) {
  Bytes out;
  append_frame(out, frame);
  return out;
}

Bytes encode(const FromWorker& frame) {
  Bytes out;
  append_frame(out, frame);
  return out;
}

void encode_to(Bytes& out, const FromWorker& frame) { append_frame(out, frame); }
void encode_to(Bytes& out, const ToWorker& frame) { append_frame(out, frame); }

}  // namespace roost::wire
