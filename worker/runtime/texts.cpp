// SPDX-License-Identifier: MIT
// Texts: sequences of code points, kept as UTF-8. Positions and lengths count code points; byte order of UTF-8 is code point order.
#include <utf8proc.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <functional>

#include "worker/runtime/builtin_table.h"

namespace roost::runtime {
namespace {

using lang::Builtin;

std::string_view view_of_text(BuiltinContext& context, Builtin builtin, const Value& value) {
  return text_of(context, builtin, value)->view();
}

template <Builtin builtin, typename Relation>
Value comparison(BuiltinContext& context, Value* arguments) {
  const std::string_view left = view_of_text(context, builtin, arguments[0]);
  const std::string_view right = view_of_text(context, builtin, arguments[1]);
  context.charge(std::min(left.size(), right.size()) / 8);
  return Value::boolean(Relation{}(left.compare(right), 0));
}

Value concatenate(BuiltinContext& context, Value* arguments) {
  const Text* left = text_of(context, Builtin::TextConcatenate, arguments[0]);
  const Text* right = text_of(context, Builtin::TextConcatenate, arguments[1]);
  if (right->size == 0) return std::move(arguments[0]);
  if (left->size == 0) return std::move(arguments[1]);
  require_items(context, Builtin::TextConcatenate, double{0} + left->size + right->size, 1);
  context.charge(right->size / 4 + (arguments[0].is_unshared() ? 0 : left->size / 4));
  return text_joined(std::move(arguments[0]), right->view(), right->points);
}

// Where the code point of that number starts. Requires: index <= text.points.
std::size_t offset_of(BuiltinContext& context, const Text& text, std::size_t index) {
  if (text.ascii()) return index;
  std::size_t at = 0;
  for (; index > 0; --index) {
    do ++at; while (at < text.size && (text.data()[at] & 0xc0) == 0x80);
  }
  context.charge(at);
  return at;
}

Value take(BuiltinContext& context, Value* arguments) {
  const double number = number_of(context, Builtin::TextTake, arguments[0]);
  const Text* text = text_of(context, Builtin::TextTake, arguments[1]);
  const std::size_t count = count_from(number, text->points);
  if (count == text->points) return std::move(arguments[1]);
  const std::string_view taken = text->view().substr(0, offset_of(context, *text, count));
  context.charge(taken.size() / 4);
  return make_text(taken, static_cast<std::uint32_t>(count));
}

Value drop(BuiltinContext& context, Value* arguments) {
  const double number = number_of(context, Builtin::TextDrop, arguments[0]);
  const Text* text = text_of(context, Builtin::TextDrop, arguments[1]);
  const std::size_t count = count_from(number, text->points);
  if (count == 0) return std::move(arguments[1]);
  const std::string_view left = text->view().substr(offset_of(context, *text, count));
  context.charge(left.size() / 4);
  return make_text(left, static_cast<std::uint32_t>(text->points - count));
}

Value length(BuiltinContext& context, Value* arguments) {
  return Value::number(text_of(context, Builtin::TextLength, arguments[0])->points);
}

Value newline(BuiltinContext&, Value*) { return make_text("\n", 1); }

// ---- case ----------------------------------------------------------------------------------------------------

template <Builtin builtin, utf8proc_int32_t (*map)(utf8proc_int32_t)>
Value with_case(BuiltinContext& context, Value* arguments) {
  const Text* text = text_of(context, builtin, arguments[0]);
  const std::string_view source = text->view();
  context.charge(source.size() * 4);
  // A mapped character may be longer, up to four bytes for each.
  Heap::current().require(text->ascii() ? source.size() : std::uint64_t{text->points} * 4);
  std::string mapped;
  mapped.reserve(source.size());
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(source.data());
  for (std::size_t at = 0; at < source.size();) {
    utf8proc_int32_t point = 0;
    const utf8proc_ssize_t used = utf8proc_iterate(bytes + at, static_cast<utf8proc_ssize_t>(source.size() - at), &point);
    if (used <= 0) break;   // texts are UTF-8, so there is none
    utf8proc_uint8_t out[4];
    mapped.append(reinterpret_cast<char*>(out), static_cast<std::size_t>(utf8proc_encode_char(map(point), out)));
    at += static_cast<std::size_t>(used);
  }
  return make_text(mapped);
}

// ---- pieces --------------------------------------------------------------------------------------------------

bool is_space(utf8proc_int32_t point) {
  if (point < 0x80) return point == ' ' || (point >= 9 && point <= 13);
  const utf8proc_category_t category = utf8proc_category(point);
  return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP ||
         point == 0x85;
}

bool is_alphanumeric(utf8proc_int32_t point) {
  if (point < 0x80) return (point >= '0' && point <= '9') || ((point | 32) >= 'a' && (point | 32) <= 'z');
  switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return true;
    default:   // the third-party enumeration has thirty more, none of letters or digits
      return false;
  }
}

// The piece that is being read: from its first letter or digit to behind its last, both unknown while `first` is npos.
struct Piece {
  std::size_t first = std::string_view::npos;
  std::size_t end = 0;
};

Value words(BuiltinContext& context, Value* arguments) {
  const std::string_view text = view_of_text(context, Builtin::TextWords, arguments[0]);
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  context.charge(text.size() * 4);
  Value found = make_vector(0);
  Piece piece;
  const auto finish = [&] {
    if (piece.first != std::string_view::npos)
      found = vector_appended(std::move(found), make_text(text.substr(piece.first, piece.end - piece.first)));
    piece = Piece{};
  };
  for (std::size_t at = 0; at < text.size();) {
    utf8proc_int32_t point = 0;
    const utf8proc_ssize_t used = utf8proc_iterate(bytes + at, static_cast<utf8proc_ssize_t>(text.size() - at), &point);
    if (used <= 0) break;   // texts are UTF-8, so there is none
    const std::size_t next = at + static_cast<std::size_t>(used);
    if (is_space(point)) {
      finish();
    } else if (is_alphanumeric(point)) {
      if (piece.first == std::string_view::npos) piece.first = at;
      piece.end = next;
    }
    at = next;
  }
  finish();
  return found;
}

// An empty separator separates every character from the next.
Value split_characters(const Text& text) {
  Heap::current().require(std::uint64_t{text.points} * (sizeof(Value) + sizeof(Text)));
  Value pieces = make_vector(text.points);
  for (std::size_t at = 0; at < text.size;) {
    std::size_t next = at;
    do ++next; while (next < text.size && (text.data()[next] & 0xc0) == 0x80);
    vector_push(pieces, make_text(text.view().substr(at, next - at), 1));
    at = next;
  }
  return pieces;
}

// Takes time that is linear in the text whatever the separator is, as std::string_view::find does not.
std::size_t find(std::string_view text, std::string_view wanted, std::size_t from) {
  const void* found = memmem(text.data() + from, text.size() - from, wanted.data(), wanted.size());
  return found ? static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) : std::string_view::npos;
}

// The separator first. There is always one piece more than separators, so "" gives [""].
Value split(BuiltinContext& context, Value* arguments) {
  const std::string_view separator = view_of_text(context, Builtin::TextSplit, arguments[0]);
  const Text* whole = text_of(context, Builtin::TextSplit, arguments[1]);
  const std::string_view text = whole->view();
  context.charge(text.size() * 2 + separator.size());
  if (separator.empty()) return split_characters(*whole);
  Value pieces = make_vector(1);
  std::size_t from = 0;
  for (;;) {
    const std::size_t found = find(text, separator, from);
    if (found == std::string_view::npos) break;
    pieces = vector_appended(std::move(pieces), make_text(text.substr(from, found - from)));
    from = found + separator.size();
    context.charge(20);
  }
  return vector_appended(std::move(pieces), make_text(text.substr(from)));
}

// ---- numbers -------------------------------------------------------------------------------------------------

std::size_t digits_from(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
  return at;
}

// digits [. digits] [e [- or +] digits]
bool is_decimal(std::string_view text) {
  std::size_t at = digits_from(text, 0);
  if (at == 0) return false;
  if (at < text.size() && text[at] == '.') {
    const std::size_t end = digits_from(text, at + 1);
    if (end == at + 1) return false;
    at = end;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    const std::size_t end = digits_from(text, at);
    if (end == at) return false;
    at = end;
  }
  return at == text.size();
}

// Everything that Number.to-text writes, and what a person would write; no spaces. None for anything else.
Value to_number(BuiltinContext& context, Value* arguments) {
  std::string_view text = view_of_text(context, Builtin::TextToNumber, arguments[0]);
  context.charge(text.size() * 4);
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  double number = 0;
  if (text == "Infinity") {
    number = HUGE_VAL;
  } else if (text == "NaN" && !negative) {
    return make_some(Value::canonical_number(std::nan("")));
  } else if (!is_decimal(text)) {
    return none();
  } else if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc{}) {
    number = std::strtod(std::string(text).c_str(), nullptr);   // out of range: infinity, or zero
  }
  return make_some(Value::number(negative ? -number : number));
}

}  // namespace

void add_texts(BuiltinTable& table) {
  table.set(Builtin::TextConcatenate, concatenate);
  table.set(Builtin::TextEqual, comparison<Builtin::TextEqual, std::equal_to<int>>);
  table.set(Builtin::TextLess, comparison<Builtin::TextLess, std::less<int>>);
  table.set(Builtin::TextLessEqual, comparison<Builtin::TextLessEqual, std::less_equal<int>>);
  table.set(Builtin::TextGreater, comparison<Builtin::TextGreater, std::greater<int>>);
  table.set(Builtin::TextGreaterEqual, comparison<Builtin::TextGreaterEqual, std::greater_equal<int>>);
  table.set(Builtin::TextLowercase, with_case<Builtin::TextLowercase, utf8proc_tolower>);
  table.set(Builtin::TextUppercase, with_case<Builtin::TextUppercase, utf8proc_toupper>);
  table.set(Builtin::TextTake, take);
  table.set(Builtin::TextDrop, drop);
  table.set(Builtin::TextLength, length);
  table.set(Builtin::TextWords, words);
  table.set(Builtin::TextNewline, newline);
  table.set(Builtin::TextSplit, split);
  table.set(Builtin::TextToNumber, to_number);
}

}  // namespace roost::runtime
