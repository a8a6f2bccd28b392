// SPDX-License-Identifier: MIT
#include "worker/runtime/render.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "worker/lang/hash.h"
#include "worker/lang/print.h"
#include "worker/runtime/builtin.h"
#include "worker/wire/cut_text.h"

namespace roost::runtime {
namespace {

using lang::Builtin;

constexpr double kIntegralMax = 9223372036854775808.0;   // 2^63: below it a whole number is written in full
constexpr double kFixedMin = 0.1, kFixedMax = 1e7;       // other numbers from here to there have no exponent
constexpr std::size_t kBriefBytes = 60;

// Writes until the bound is reached; then it is full, and writes no more. `…` for the rest is the caller's.
class Output {
 public:
  explicit Output(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  void write(std::string_view text) {
    if (full_) return;
    if (text.size() > bytes_max_ - text_.size()) {
      full_ = true;
      text = text.substr(0, bytes_max_ - text_.size());
    }
    text_ += text;
  }
  void write_quoted(std::string_view text) {
    write("\"");
    std::size_t from = 0;
    while (from < text.size() && !full_) {
      const std::size_t special = std::min(text.find_first_of("\"\\\n", from), text.size());
      write(text.substr(from, special - from));
      if (special == text.size()) break;
      write(text[special] == '\n' ? "\\n" : text[special] == '"' ? "\\\"" : "\\\\");
      from = special + 1;
    }
    write("\"");
  }
  [[nodiscard]] bool full() const { return full_; }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::size_t bytes_max_;
  bool full_ = false;
  std::string text_;
};

// ---- what a value is made of ---------------------------------------------------------------------------------

const char* name_of(Step step) {
  switch (step) {
    case Step::At: return "Remote.at";
    case Step::Pure: return "Remote.pure";
    case Step::Here: return "Remote.here";
    case Step::Spawn: return "Remote.spawn";
    case Step::Sleep: return "Remote.sleep";
    case Step::Fork: return "Remote.fork";
    case Step::Attempt: return "Remote.attempt";
    case Step::CreateChannel: return "Remote.channel";
    case Step::Send: return "Remote.send";
    case Step::Receive: return "Remote.receive";
    case Step::ReceiveAsync: return "Remote.receive-async";
    case Step::Fail: return "Remote.fail";
    case Step::ClockNow: return "Clock.now";
    case Step::RandomNumber: return "Random.number";
  }
  return "Remote";
}

std::string function_text(const Value& function) {
  if (function.is_if()) return "if";
  if (function.is_builtin()) return std::string(lang::name_of(function.as_builtin()));
  const FunctionParts parts = parts_of(function);
  const lang::Term& lambda = parts.term->kind == lang::TermKind::LetRec ? *parts.term->right : *parts.term;
  return lang::print_function(lambda, kRenderedFunctionBytesMax);
}

// A value whose parts are being written, one after the other.
struct Open {
  const Value* value;
  std::size_t next = 0;        // the part that comes now
  std::string_view end = "";   // what closes it
};

// Vectors, data, partial applications and Remote values are opened; everything else is written at once.
class Renderer {
 public:
  explicit Renderer(std::size_t bytes_max) : out_(bytes_max) {}

  void run(const Value& value) {
    begin(value, false);
    while (!open_.empty() && !out_.full()) step();
  }
  [[nodiscard]] Output& out() { return out_; }

 private:
  void begin(const Value& value, bool is_argument) {
    if (value.is_number()) return out_.write(render_number(value.as_number()));
    if (value.is_blank()) return out_.write("_");
    if (value.is_if()) return out_.write("(λ if)");
    if (value.is_builtin()) return begin_builtin(value.as_builtin());
    CHECK(value.is_object());
    begin_object(value, is_argument);
  }

  void begin_builtin(Builtin builtin) {
    const bool is_function = lang::arity_of(builtin) != lang::kConstructor;
    if (is_function) out_.write("(λ ");
    out_.write(lang::name_of(builtin));
    if (is_function) out_.write(")");
  }

  void begin_object(const Value& value, bool is_argument) {
    switch (value.object()->kind) {
      case Kind::Text: return out_.write_quoted(value.as_text()->view());
      case Kind::Vector: return open(value, "[", "]");
      case Kind::Data:
        if (is_argument) out_.write("(");
        return open(value, lang::name_of(value.as_data()->constructor()), is_argument ? ")" : "");
      case Kind::Closure:
      case Kind::Member: return out_.write(function_text(value));
      case Kind::Group: return out_.write("(λ …)");
      case Kind::Partial:
        out_.write("(λ ");
        return open(value, function_text(value.as_partial()->function), ")");
      case Kind::Remote:
        if (value.as_remote()->is_bind()) return open(value, "(Remote.bind", "))");
        out_.write("(");
        return open(value, name_of(value.as_remote()->step()), ")");
      case Kind::Node:
        out_.write("Node https://");
        out_.write(value.as_node()->host());
        out_.write("/");
        return out_.write(fingerprint_of(value.as_node()->key));
      case Kind::Channel:
        out_.write("Channel ");
        return out_.write(lang::base64url(value.as_channel()->id()));
    }
  }

  void open(const Value& value, std::string_view start, std::string_view end) {
    out_.write(start);
    open_.push_back({&value, 0, end});
  }

  // Writes what stands before the next part of the innermost open value and begins that part, or ends the value.
  void step() {
    Open& top = open_.back();
    const bool in_vector = top.value->is(Kind::Vector);
    const std::size_t at = top.next++;
    const Value* part = part_of(*top.value, at);
    if (part == nullptr) {
      out_.write(top.end);
      open_.pop_back();
      return;
    }
    if (!in_vector) out_.write(" ");
    else if (at > 0) out_.write(",");
    begin(*part, !in_vector);
  }

  // Null behind the last one.
  const Value* part_of(const Value& value, std::size_t at) {
    if (value.is(Kind::Remote)) return remote_part(*value.as_remote(), at);
    const std::span<const Value> parts = value.is(Kind::Vector) ? value.as_vector()->view()
                                         : value.is(Kind::Data) ? value.as_data()->view()
                                                                : value.as_partial()->view();
    return at < parts.size() ? &parts[at] : nullptr;
  }

  // Of a Bind first the function, then, in parentheses of its own, the step with its operands.
  const Value* remote_part(const Remote& remote, std::size_t at) {
    if (remote.is_bind()) {
      if (at == 0) return &remote.next;
      if (at == 1) {
        out_.write(" (");
        out_.write(name_of(remote.step()));
      }
      --at;
    }
    if (at >= static_cast<std::size_t>(operands_of(remote.step()))) return nullptr;
    return at == 0 ? &remote.first : &remote.second;
  }

  Output out_;
  std::vector<Open> open_;
};

// digits: all significant ones; the point stands behind the first `before` of them.
std::string fixed(const std::string& digits, int before) {
  if (before <= 0) return "0." + std::string(static_cast<std::size_t>(-before), '0') + digits;
  const std::size_t whole = static_cast<std::size_t>(before);
  if (digits.size() <= whole) return digits + std::string(whole - digits.size(), '0') + ".0";
  return digits.substr(0, whole) + "." + digits.substr(whole);
}

}  // namespace

std::string render_number(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number < 0 ? "-Infinity" : "Infinity";
  if (std::fabs(number) < kIntegralMax && std::trunc(number) == number)
    return std::to_string(static_cast<long long>(number));   // minus zero becomes 0
  char buffer[32];   // the longest: sign, 17 digits, point, e-308
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, std::fabs(number), std::chars_format::scientific).ptr;
  const std::string_view written(buffer, static_cast<std::size_t>(end - buffer));
  const std::size_t e = written.find('e');
  std::string digits(1, written[0]);
  if (e > 2) digits += written.substr(2, e - 2);
  int exponent = 0;
  const char* from = buffer + e + (written[e + 1] == '+' ? 2 : 1);
  std::from_chars(from, end, exponent);
  const bool in_full = std::fabs(number) >= kFixedMin && std::fabs(number) < kFixedMax;
  return (number < 0 ? "-" : "") +
         (in_full ? fixed(digits, exponent + 1) : fixed(digits, 1) + "e" + std::to_string(exponent));
}

std::string render_text(std::string_view text) {
  Output out(2 * text.size() + 2);
  out.write_quoted(text);
  return out.take();
}

Result<std::string, wire::Failure> render(const Value& value, std::size_t bytes_max) {
  Renderer renderer(bytes_max);
  renderer.run(value);
  if (!renderer.out().full()) return renderer.out().take();
  wire::Failure failure;
  failure.kind = wire::FailureKind::NotRepresentable;
  failure.reason = "the value takes more than " + std::to_string(bytes_max) + " bytes as text, the most an answer can carry";
  return Refused{std::move(failure)};
}

std::string render_cut(const Value& value, std::size_t bytes_max) {
  Renderer renderer(bytes_max);
  renderer.run(value);
  const bool cut = renderer.out().full();
  std::string text = renderer.out().take();
  if (cut) {
    text.resize(wire::whole_characters(text));
    text += "…";
  }
  return text;
}

std::string brief(const Value& value) { return render_cut(value, kBriefBytes); }

}  // namespace roost::runtime
