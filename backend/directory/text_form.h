// SPDX-License-Identifier: MIT
#pragma once

// Bytes and arrays in PostgreSQL's text form. A string parameter of libpqxx ends at the first zero byte, so every key,
// hash and value goes over as hexadecimal text ("\x00ff…"), one or a whole array of them.
// Thread: pure functions; an ArrayText belongs to one thread.

#include <string>
#include <string_view>

#include "worker/wire/bytes.h"

namespace roost::directory {

[[nodiscard]] std::string bytea_text(BytesView bytes);
// Throws std::runtime_error if `text` is not what PostgreSQL writes with bytea_output = hex.
[[nodiscard]] Bytes bytea_from(std::string_view text);

// An array literal, element by element: {"\\x00ff"}.
class ArrayText {
 public:
  void add_bytea(BytesView bytes);

  [[nodiscard]] std::string text() const { return "{" + elements_ + "}"; }
  [[nodiscard]] bool empty() const { return elements_.empty(); }

 private:
  void separate();
  std::string elements_;
};

}  // namespace roost::directory
