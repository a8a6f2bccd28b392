// SPDX-License-Identifier: MIT
#include "worker/runtime/json.h"

#include <cmath>
#include <optional>
#include <vector>

#include "worker/runtime/builtin_table.h"
#include "worker/runtime/hashes.h"
#include "worker/runtime/render.h"

namespace roost::runtime {
namespace {

using lang::Builtin;

// A value whose parts are being written, and which shape it has: that decides what the parts are and how the path names them.
struct Open {
  enum class Shape { Vector, Tuple, Pair, Left, Right, Nested } shape;
  const Value* value;
  std::size_t next = 0;         // the part that comes now
  const Value* tail = nullptr;  // Tuple: the rest of the chain
};

bool is_optional(const Value& value) {
  return value.is(Builtin::OptionalNone) || data_of(value, Builtin::OptionalSome, 1) != nullptr;
}

// (a, b, …) is a chain of at least two pairs that ends in ().
bool is_tuple(const Value& value) {
  const Value* rest = &value;
  std::size_t length = 0;
  while (const Data* pair = data_of(*rest, Builtin::PairConstructor, 2)) {
    rest = &pair->items()[1];
    ++length;
  }
  return length >= 2 && rest->is(Builtin::Unit);
}

class Writer {
 public:
  explicit Writer(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  Result<std::string, wire::Failure> run(const Value& value) {
    begin(value);
    while (!open_.empty() && refusal_.empty()) step();
    if (refusal_.empty()) return std::move(out_);
    wire::Failure failure;
    failure.kind = wire::FailureKind::NotRepresentable;
    failure.reason = (path_.empty() ? "the value" : "at " + path_) + ": " + refusal_;
    return Refused{std::move(failure)};
  }

 private:
  void refuse(std::string why) {
    if (!refusal_.empty()) return;
    refusal_ = std::move(why);
    path_ = path();
  }

  void write(std::string_view text) {
    if (text.size() > bytes_max_ - out_.size())
      return refuse("the answer takes more than " + std::to_string(bytes_max_) + " bytes as JSON, the most it can carry");
    out_ += text;
  }

  void write_text(std::string_view text) {
    static constexpr char kHex[] = "0123456789abcdef";
    write("\"");
    std::size_t from = 0;
    for (std::size_t i = 0; i < text.size() && refusal_.empty(); ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      if (c >= 0x20 && c != '"' && c != '\\') continue;
      write(text.substr(from, i - from));
      from = i + 1;
      if (c == '"' || c == '\\') write(std::string{'\\', static_cast<char>(c)});
      else if (c == '\n') write("\\n");
      else write(std::string("\\u00") + kHex[c >> 4] + kHex[c & 15]);
    }
    write(text.substr(from));
    write("\"");
  }

  void open(Open::Shape shape, const Value& value, std::string_view start) {
    if (open_.size() >= kJsonDepthMax)
      return refuse("nested deeper than " + std::to_string(kJsonDepthMax) + " levels, the most that is written as JSON");
    open_.push_back({shape, &value, 0, &value});
    write(start);
  }

  void begin(const Value& value) {
    if (value.is_number()) return begin_number(value.as_number());
    if (value.is_builtin()) return begin_builtin(value.as_builtin());
    if (value.is(Kind::Text)) return write_text(value.as_text()->view());
    if (value.is(Kind::Vector)) return open(Open::Shape::Vector, value, "[");
    if (value.is(Kind::Data)) return begin_data(value);
    if (value.is(Kind::Node))
      return write_text("https://" + std::string(value.as_node()->host()) + "/" + fingerprint_of(value.as_node()->key));
    if (value.is_blank()) return refuse("the blank has no JSON form");
    if (value.is(Kind::Remote)) return refuse("a Remote value has no JSON form; it has to be run");
    if (value.is(Kind::Channel)) return refuse("a channel has no JSON form");
    refuse("a function has no JSON form");
  }

  void begin_number(double number) {
    if (!std::isfinite(number)) return refuse(render_number(number) + " has no JSON form");
    write(render_number(number));
  }

  void begin_builtin(Builtin builtin) {
    switch (builtin) {
      case Builtin::Unit:
      case Builtin::OptionalNone: return write("null");
      case Builtin::True: return write("true");
      case Builtin::False: return write("false");
      case Builtin::Less:
      case Builtin::Equal:
      case Builtin::Greater: return write_text(lang::name_of(builtin));
      default: break;   // nothing else has a form
    }
    const bool is_function = lang::arity_of(builtin) != lang::kConstructor;
    refuse((is_function ? "the function " : "") + std::string(lang::name_of(builtin)) + " has no JSON form");
  }

  void begin_data(const Value& value) {
    const Data& data = *value.as_data();
    if (const Text* hash = hash_text_of(value)) return write_text(hash->view());
    if (data_of(value, Builtin::PairConstructor, 2) != nullptr) {
      const bool tuple = is_tuple(value);
      return open(tuple ? Open::Shape::Tuple : Open::Shape::Pair, value, tuple ? "[" : "{");
    }
    if (data_of(value, Builtin::OptionalSome, 1) != nullptr) return begin_some(value);
    if (data_of(value, Builtin::EitherLeft, 1) != nullptr) return open(Open::Shape::Left, value, "{");
    if (data_of(value, Builtin::EitherRight, 1) != nullptr) return open(Open::Shape::Right, value, "{");
    refuse(std::string(lang::name_of(data.constructor())) + " has no JSON form");
  }

  // The outermost Optional is the value itself; every one inside it is an array of at most one.
  void begin_some(const Value& value) {
    const Value& inner = value.as_data()->items()[0];
    if (is_optional(inner)) return open(Open::Shape::Nested, inner, "[");
    begin(inner);
  }

  void step() {
    Open& top = open_.back();
    const std::size_t at = top.next++;
    const Value* part = part_of(top, at);
    if (part == nullptr) {
      const bool object = top.shape == Open::Shape::Pair || top.shape == Open::Shape::Left || top.shape == Open::Shape::Right;
      write(object ? "}" : "]");
      open_.pop_back();
      return;
    }
    if (at > 0) write(",");
    if (const std::string_view field = field_of(top.shape, at); !field.empty()) {
      write_text(field);
      write(":");
    }
    if (top.shape == Open::Shape::Nested && is_optional(*part)) return open(Open::Shape::Nested, *part, "[");
    begin(*part);
  }

  static std::string_view field_of(Open::Shape shape, std::size_t at) {
    switch (shape) {
      case Open::Shape::Pair: return at == 0 ? "first" : "second";
      case Open::Shape::Left: return "left";
      case Open::Shape::Right: return "right";
      case Open::Shape::Vector:
      case Open::Shape::Tuple:
      case Open::Shape::Nested: return "";
    }
    return "";
  }

  // Null behind the last one.
  static const Value* part_of(Open& open, std::size_t at) {
    const auto items_of = [&]() -> std::span<const Value> {
      return open.value->is(Kind::Vector) ? open.value->as_vector()->view()
             : open.value->is(Kind::Data) ? open.value->as_data()->view()
                                          : std::span<const Value>();   // Nested: None
    };
    if (open.shape != Open::Shape::Tuple) {
      const std::span<const Value> items = items_of();
      return at < items.size() ? &items[at] : nullptr;
    }
    const Data* pair = data_of(*open.tail, Builtin::PairConstructor, 2);
    if (pair == nullptr) return nullptr;
    open.tail = &pair->items()[1];
    return &pair->items()[0];
  }

  // "[2].second": the parts that are open now.
  std::string path() const {
    std::string path;
    for (const Open& open : open_) {
      if (open.next == 0) continue;
      const std::string_view field = field_of(open.shape, open.next - 1);
      if (field.empty()) path += "[" + std::to_string(open.next - 1) + "]";
      else path += (path.empty() ? "" : ".") + std::string(field);
    }
    return path;
  }

  std::size_t bytes_max_;
  std::string out_;
  std::string refusal_;
  std::string path_;
  std::vector<Open> open_;
};

}  // namespace

Result<std::string, wire::Failure> to_json(const Value& value, std::size_t bytes_max) { return Writer(bytes_max).run(value); }

}  // namespace roost::runtime
