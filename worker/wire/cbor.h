// SPDX-License-Identifier: MIT
#pragma once

// The part of CBOR that frames use, in its deterministic form (RFC 8949 section 4.2.1): unsigned integers, byte
// strings, UTF-8 text, arrays and booleans, every length definite and in its shortest form. The reader refuses anything
// else, so each value has exactly one encoding.
//
// Reader: after the first fault it stays failed: every read gives an empty value and never touches memory outside its
// input, so a decoder reads all of its fields and asks once at the end. It allocates nothing in proportion to a length that it
// was told, only views into its input.
// Thread: a Writer or Reader belongs to one thread.

#include <cstddef>
#include <cstdint>
#include <string>

#include "worker/wire/bytes.h"

namespace roost::cbor {

// True if `text` is UTF-8 as Unicode defines it (no surrogates, no overlong forms, nothing above U+10FFFF).
[[nodiscard]] bool is_utf8(std::string_view text);

class Writer {
 public:
  // Appends to `out`. Requires: out outlives the writer.
  explicit Writer(Bytes& out) : out_(out) {}

  void unsigned_integer(std::uint64_t value) { head(0, value); }
  void bytes(BytesView value) { head(2, value.size()); out_.append(value); }
  void text(std::string_view value) { head(3, value.size()); out_.append(value); }   // Requires: UTF-8
  void array(std::uint64_t elements) { head(4, elements); }
  void boolean(bool value) { out_.push_back(value ? '\xf5' : '\xf4'); }

 private:
  void head(unsigned major, std::uint64_t argument);
  Bytes& out_;
};

enum class Kind : std::uint8_t { Unsigned, Bytes, Text, Array, Boolean, Other };

class Reader {
 public:
  // Requires: `input` outlives the reader and the views that it gives.
  explicit Reader(BytesView input) : input_(input) {}

  [[nodiscard]] std::uint64_t unsigned_integer();
  [[nodiscard]] BytesView bytes();
  [[nodiscard]] std::string_view text();
  [[nodiscard]] std::uint64_t array();   // number of elements, at most the bytes that are left
  [[nodiscard]] bool boolean();
  [[nodiscard]] Kind peek() const;       // what comes next; Other at the end

  // Marks the input as refused, for a reason of the caller's; the first reason stays.
  void refuse(std::string reason);
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool at_end() const { return position_ == input_.size(); }
  [[nodiscard]] std::size_t left() const { return input_.size() - position_; }
  // The first fault and the byte where it is.
  [[nodiscard]] std::string error() const;

 private:
  [[nodiscard]] std::uint64_t head(unsigned major);
  [[nodiscard]] std::uint64_t wide_argument(unsigned additional);
  [[nodiscard]] BytesView take(std::uint64_t length);

  BytesView input_;
  std::size_t position_ = 0;
  bool failed_ = false;
  std::string reason_;
};

}  // namespace roost::cbor
