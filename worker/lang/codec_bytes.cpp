// SPDX-License-Identifier: MIT
#include "worker/lang/codec_bytes.h"

#include <utf8proc.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace roost::lang {

static_assert(std::endian::native == std::endian::little, "numbers are written as they are in memory");

namespace {

constexpr std::size_t kNameShown = 80;   // bytes, in an error

// Whole characters of it. Requires: UTF-8.
std::string_view beginning_of(std::string_view text) {
  std::size_t bytes = std::min(text.size(), kNameShown);
  while (bytes > 0 && bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

}  // namespace

bool is_utf8(std::string_view text) {
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  for (std::size_t at = 0; at < text.size();) {
    if (bytes[at] < 0x80) {
      ++at;
      continue;
    }
    utf8proc_int32_t point = 0;
    const utf8proc_ssize_t used = utf8proc_iterate(bytes + at, static_cast<utf8proc_ssize_t>(text.size() - at), &point);
    if (used <= 0) return false;
    at += static_cast<std::size_t>(used);
  }
  return true;
}

// ---- writing -------------------------------------------------------------------------------------------------

void CodecWriter::varint(std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) byte(static_cast<std::uint8_t>(number | 0x80));
  byte(static_cast<std::uint8_t>(number));
}

void CodecWriter::number(double number) {
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof number);
  raw({bytes, sizeof bytes});
}

void CodecWriter::string(BytesView bytes) {
  varint(bytes.size());
  raw(bytes);
}

void CodecWriter::name(std::string_view name) {
  const auto [place, is_new] = names_.try_emplace(name, names_.size() + 1);
  varint(is_new ? 0 : place->second);
  if (is_new) string(name);
}

void CodecWriter::hash(const Hash& hash) {
  const auto [place, is_new] = hashes_.try_emplace(std::string(view_of(hash)), hashes_.size() + 1);
  varint(is_new ? 0 : place->second);
  if (is_new) raw(view_of(hash));
}

// ---- reading -------------------------------------------------------------------------------------------------

void CodecReader::fail(std::string what) {
  if (failed()) return;
  error_ = "at byte " + std::to_string(at_) + ": " + what;
  at_ = bytes_.size();   // nothing more is read
}

std::uint8_t CodecReader::byte() {
  if (left() == 0) {
    fail("the bytes end too early");
    return 0;
  }
  return static_cast<std::uint8_t>(bytes_[at_++]);
}

std::uint64_t CodecReader::varint() {
  std::uint64_t number = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint8_t group = byte();
    if (shift == 63 && group > 1) break;
    number |= std::uint64_t{group & 0x7fu} << shift;
    if (group >= 0x80) continue;
    if (group == 0 && shift > 0) break;   // not the shortest form
    return failed() ? 0 : number;
  }
  fail("a number is written wrongly");
  return 0;
}

std::uint64_t CodecReader::varint(std::uint64_t most, std::string_view what) {
  const std::uint64_t number = varint();
  if (number <= most) return number;
  fail(std::string(what) + " is " + std::to_string(number) + ", at most " + std::to_string(most) + " is possible");
  return 0;
}

double CodecReader::number() {
  const BytesView bytes = raw(sizeof(double));
  double number = 0;
  if (!failed()) std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

BytesView CodecReader::raw(std::size_t size) {
  if (size > left()) {
    fail(std::to_string(size) + " bytes were announced, " + std::to_string(left()) + " are left");
    return {};
  }
  const BytesView bytes = bytes_.substr(at_, size);
  at_ += size;
  return bytes;
}

BytesView CodecReader::string() {
  const std::uint64_t size = varint(left(), "the length of a string");
  return raw(size);
}

std::string_view CodecReader::utf8(std::string_view what) {
  const BytesView bytes = string();
  if (is_utf8(bytes)) return bytes;
  fail(std::string(what) + " is not UTF-8");
  return {};
}

std::string_view CodecReader::name() {
  const std::uint64_t which = varint(names_.size(), "the number of a name");
  if (which > 0) return names_[which - 1];
  const std::string_view text = utf8("a name");
  if (failed()) return {};
  return names_.emplace_back(arena_.copy(text));
}

std::optional<Builtin> CodecReader::builtin() {
  const std::string_view text = name();
  if (failed()) return std::nullopt;
  const std::optional<Builtin> known = builtin_named(text);
  if (known && name_of(*known) == text) return known;
  fail("no builtin is called `" + std::string(beginning_of(text)) + "`");
  return std::nullopt;
}

const Hash* CodecReader::hash() {
  const std::uint64_t which = varint(hashes_.size(), "the number of a hash");
  if (which > 0) return hashes_[which - 1];
  const BytesView bytes = raw(std::tuple_size_v<Hash>);
  if (failed()) return nullptr;
  Hash* hash = arena_.make<Hash>();
  std::memcpy(hash->data(), bytes.data(), bytes.size());
  return hashes_.emplace_back(hash);
}

}  // namespace roost::lang
