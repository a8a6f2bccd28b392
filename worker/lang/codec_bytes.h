// SPDX-License-Identifier: MIT
#pragma once

// What definitions and values (worker/runtime/codec.h) are written with and read from: bytes, varints (base 128, least significant group first, at
// most ten bytes), numbers (8 bytes, little-endian IEEE), strings with their length before them; and two tables that both share: names and
// hashes are written once and then referred to by number (0: a new one follows; n: the n-th).
//
// A reader never reads past its end. The first thing that is wrong is kept; from then on every read gives zero or empty, so that a
// caller may check once behind several reads. Thread: one.

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "worker/lang/syntax.h"

namespace roost::lang {

class CodecWriter {
 public:
  void byte(std::uint8_t byte) { out_.push_back(static_cast<char>(byte)); }
  void varint(std::uint64_t number);
  void number(double number);
  void raw(BytesView bytes) { out_ += bytes; }
  void string(BytesView bytes);   // length, bytes
  // Requires: the name lives as long as the writer.
  void name(std::string_view name);
  void hash(const Hash& hash);

  [[nodiscard]] std::size_t size() const { return out_.size(); }
  [[nodiscard]] Bytes take() { return std::move(out_); }

 private:
  Bytes out_;
  std::unordered_map<std::string_view, std::size_t> names_;
  std::unordered_map<std::string, std::size_t> hashes_;
};

class CodecReader {
 public:
  // Names and hashes are kept in the arena, once each: they live on in the terms that are read.
  CodecReader(BytesView bytes, Arena& arena) : bytes_(bytes), arena_(arena) {}

  [[nodiscard]] std::uint8_t byte();
  [[nodiscard]] std::uint64_t varint();
  // A varint that may be at most `most`; `what` is for the error.
  [[nodiscard]] std::uint64_t varint(std::uint64_t most, std::string_view what);
  [[nodiscard]] double number();
  [[nodiscard]] BytesView raw(std::size_t size);
  [[nodiscard]] BytesView string();
  [[nodiscard]] std::string_view utf8(std::string_view what);   // a string that is UTF-8
  [[nodiscard]] std::string_view name();                        // likewise, in the arena
  [[nodiscard]] std::optional<Builtin> builtin();         // a name that is a builtin's internal one
  [[nodiscard]] const Hash* hash();                       // in the arena; null on an error

  void fail(std::string what);   // keeps the first
  [[nodiscard]] bool failed() const { return !error_.empty(); }
  [[nodiscard]] const std::string& error() const { return error_; }   // "at byte 17: …"
  [[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }
  [[nodiscard]] Arena& arena() { return arena_; }

 private:
  BytesView bytes_;
  Arena& arena_;
  std::size_t at_ = 0;
  std::string error_;
  std::vector<std::string_view> names_;
  std::vector<const Hash*> hashes_;
};

[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace roost::lang
