// SPDX-License-Identifier: MIT
#include "worker/lang/hash.h"

#include <nettle/base64.h>

#include <algorithm>
#include <array>
#include <bit>
#include <memory>
#include <utility>

#include "worker/wire/check.h"

namespace roost::lang {

namespace {

// Tags of terms and types.
enum TermTag : std::uint8_t {
  kLiteral = 0, kBlank = 1, kBuiltin = 2, kApply = 3, kAnnotate = 4, kVector = 5, kLambda = 6, kLetRec = 7, kLet = 8
};
enum TypeTag : std::uint8_t { kTypeConstructor = 0, kTypeArrow = 1, kTypeApply = 2, kTypeForall = 5 };

// What is left out of line below, and why: a HashWriter takes 400 bytes, and the walks over a term go kTermDepthMax deep on the
// stack of a worker. No frame of theirs may hold one.
HashWriter term_writer(TermTag tag) {
  HashWriter writer;
  writer.tag(1).tag(tag);
  return writer;
}

[[gnu::noinline]] Hash combine(TermTag tag, const Hash& one) { return term_writer(tag).hash(one).finish(); }
[[gnu::noinline]] Hash combine(TermTag tag, const Hash& one, const Hash& other) {
  return term_writer(tag).hash(one).hash(other).finish();
}
[[gnu::noinline]] Hash combine(TypeTag tag, const Hash& one) { return HashWriter().tag(0).tag(tag).hash(one).finish(); }
[[gnu::noinline]] Hash combine(TypeTag tag, const Hash& one, const Hash& other) {
  return HashWriter().tag(0).tag(tag).hash(one).hash(other).finish();
}
[[gnu::noinline]] Hash hash_variable(std::uint64_t index) { return HashWriter().varint(index).finish(); }

class Visits {
 public:
  explicit Visits(HashMeter* meter) : meter_(meter) {}

  void add(std::uint64_t visits) {
    untold_ += visits;
    if (untold_ >= kToldAtOnce) tell();
  }
  [[gnu::noinline]] void tell() {
    const std::uint64_t visits = std::exchange(untold_, 0);
    if (meter_ != nullptr) meter_->spend(visits);
  }

 private:
  static constexpr std::uint64_t kToldAtOnce = 4096;   // about 2 ms

  HashMeter* const meter_;
  std::uint64_t untold_ = 0;
};

Hash hash_type(const Type& type, Visits& visits);

// Walks one term. The tree's binders and the hash's binders differ inside a `let rec`, whose names count as one entry at first
// and are pushed in sorted order later: so each of the tree's binders knows its place in the hash's environment.
class TermHasher {
 public:
  TermHasher(std::span<const Hash> captured, HashMeter* meter) : captured_(captured), visits_(meter) {}
  // The variables that point outside are bound around the term, one by one.
  TermHasher(const LiftedFunction& function, HashMeter* meter)
      : outside_(function.outside), depth_(static_cast<std::uint32_t>(function.outside.size())), visits_(meter) {}

  Hash run(const Term& term) {
    const Hash hash = (*this)(term);
    visits_.tell();
    return hash;
  }

 private:
  Hash operator()(const Term& term) {
    visits_.add(1);
    switch (term.kind) {
      case TermKind::Local: return local(term.index);
      case TermKind::Number: return hash_number(term.number);
      case TermKind::Text: return text(term.text);
      case TermKind::If: return hash_if();
      case TermKind::Blank: return hash_blank();
      case TermKind::Builtin: return hash_builtin(term.builtin);
      case TermKind::Reference: return *term.hash;
      case TermKind::Apply: return apply(term);
      case TermKind::Lambda: return combine(kLambda, under_one(*term.left));
      case TermKind::Annotate: return annotate(term);
      case TermKind::Vector: return vector(term);
      case TermKind::Let: return let(term);
      case TermKind::LetRec: return let_rec(term);
      case TermKind::Name: break;
    }
    check_failed("a term is resolved before it is hashed", __FILE__, __LINE__);
  }

  [[gnu::noinline]] Hash text(std::string_view text) {
    visits_.add(visits_of_text(text.size()));
    return hash_text(text);
  }

  [[gnu::noinline]] Hash local(std::uint32_t index) {
    if (index < places_.size()) return hash_variable(depth_ - 1 - places_[places_.size() - 1 - index]);
    const std::size_t outside = index - places_.size();
    if (!outside_.empty()) return hash_variable(depth_ - parameters_from_inside(outside));
    CHECK(outside < captured_.size());
    return captured_[outside];
  }

  // How many of the parameters in front are bound no further in than that variable's.
  [[nodiscard]] std::uint32_t parameters_from_inside(std::size_t outside) const {
    const auto place = std::lower_bound(outside_.begin(), outside_.end(), outside);
    CHECK(place != outside_.end() && *place == outside);
    return static_cast<std::uint32_t>(outside_.end() - place);
  }

  [[gnu::noinline]] Hash apply(const Term& term) {
    const Hash function = (*this)(*term.left);
    return combine(kApply, function, (*this)(*term.right));
  }

  [[gnu::noinline]] Hash annotate(const Term& term) {
    const Hash inner = (*this)(*term.left);
    return combine(kAnnotate, inner, hash_type(*term.type, visits_));
  }

  [[gnu::noinline]] Hash vector(const Term& term) {
    const auto writer = std::make_unique<HashWriter>();
    writer->tag(1).tag(kVector).varint(term.items.size());
    for (const Term* item : term.items) writer->hash((*this)(*item));
    return writer->finish();
  }

  [[gnu::noinline]] Hash under_one(const Term& body) {
    places_.push_back(depth_++);
    const Hash hash = (*this)(body);
    places_.pop_back();
    --depth_;
    return hash;
  }

  [[gnu::noinline]] Hash let(const Term& term) {
    const Hash bound = (*this)(*term.left);
    return combine(kLet, bound, under_one(*term.right));
  }

  [[gnu::noinline]] Hash let_rec(const Term& term) {
    if (term.items.size() == 1) return let_rec_of_one(term);
    const std::size_t count = term.items.size();
    // First all names look alike: one entry stands for them.
    places_.insert(places_.end(), count, depth_++);
    std::vector<Hash> alike;
    for (const Term* item : term.items) alike.push_back((*this)(*item));
    places_.resize(places_.size() - count);
    --depth_;
    std::vector<std::uint32_t> order(count);
    for (std::uint32_t i = 0; i < count; ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return alike[a] < alike[b]; });
    // Then each has its own, the first in sorted order innermost.
    const std::size_t base = places_.size();
    places_.resize(base + count);
    for (std::uint32_t rank = 0; rank < count; ++rank)
      places_[base + order[rank]] = depth_ + static_cast<std::uint32_t>(count - 1 - rank);
    depth_ += static_cast<std::uint32_t>(count);
    const auto writer = std::make_unique<HashWriter>();
    writer->tag(1).tag(kLetRec).hash((*this)(*term.right));
    for (const std::uint32_t i : order) writer->hash((*this)(*term.items[i]));
    places_.resize(base);
    depth_ -= static_cast<std::uint32_t>(count);
    return writer->finish();
  }

  // One name is the same environment both times, so its right-hand side is hashed once: else nested ones would take
  // exponential time.
  [[gnu::noinline]] Hash let_rec_of_one(const Term& term) {
    const Hash item = under_one(*term.items[0]);
    const Hash body = term.right == term.items[0] ? item : under_one(*term.right);
    return combine(kLetRec, body, item);
  }

  std::span<const Hash> captured_;
  std::span<const std::uint32_t> outside_;
  std::vector<std::uint32_t> places_;   // of the tree's binders, outermost first
  std::uint32_t depth_ = 0;             // of the hash's environment
  Visits visits_;
};

[[gnu::noinline]] Hash hash_type_constructor(std::string_view name) {
  constexpr std::array<std::string_view, 4> kOwnTags = {"Number", "Text", "Vector", "Optional"};
  const auto own = std::find(kOwnTags.begin(), kOwnTags.end(), name);
  HashWriter writer;
  if (own != kOwnTags.end()) writer.tag(static_cast<std::uint8_t>(own - kOwnTags.begin()));
  else writer.tag(4).text(name);
  return HashWriter().tag(0).tag(kTypeConstructor).hash(writer.finish()).finish();
}

Hash hash_type(const Type& type, Visits& visits) {
  visits.add(1);
  switch (type.kind) {
    case TypeKind::Variable: return hash_variable(type.index);
    case TypeKind::Constructor:
      visits.add(visits_of_text(type.name.size()));
      return hash_type_constructor(type.name);
    case TypeKind::Arrow: {
      const Hash from = hash_type(*type.left, visits);
      return combine(kTypeArrow, from, hash_type(*type.right, visits));
    }
    case TypeKind::Apply: {
      const Hash head = hash_type(*type.left, visits);
      return combine(kTypeApply, head, hash_type(*type.right, visits));
    }
    case TypeKind::Forall: return combine(kTypeForall, hash_type(*type.left, visits));
  }
  check_failed("every kind of type is hashed", __FILE__, __LINE__);
}

std::array<Hash, kBuiltins> hash_builtins() {
  std::array<Hash, kBuiltins> hashes;
  for (std::size_t i = 0; i < kBuiltins; ++i)
    hashes[i] = term_writer(kBuiltin).hash(HashWriter().text(name_of(static_cast<Builtin>(i))).finish()).finish();
  return hashes;
}

}  // namespace

HashWriter& HashWriter::tag(std::uint8_t number) {
  sha3_512_update(&state_, 1, &number);
  return *this;
}

HashWriter& HashWriter::text(std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  const std::uint8_t length[4] = {static_cast<std::uint8_t>(size >> 24), static_cast<std::uint8_t>(size >> 16),
                                  static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
  sha3_512_update(&state_, sizeof length, length);
  return bytes(text);
}

HashWriter& HashWriter::number(double number) {
  const auto bits = std::bit_cast<std::uint64_t>(number);
  std::uint8_t big_endian[8];
  for (int i = 0; i < 8; ++i) big_endian[i] = static_cast<std::uint8_t>(bits >> (56 - 8 * i));
  sha3_512_update(&state_, sizeof big_endian, big_endian);
  return *this;
}

HashWriter& HashWriter::varint(std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) tag(static_cast<std::uint8_t>(number | 0x80));
  return tag(static_cast<std::uint8_t>(number));
}

HashWriter& HashWriter::bytes(BytesView bytes) {
  sha3_512_update(&state_, bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
  return *this;
}

HashWriter& HashWriter::hash(const Hash& hash) {
  sha3_512_update(&state_, hash.size(), hash.data());
  return *this;
}

Hash HashWriter::finish() {
  Hash hash;
  sha3_512_digest(&state_, hash.size(), hash.data());
  return hash;
}

Hash hash_term(const Term& term, HashMeter* meter) { return hash_term(term, {}, meter); }

Hash hash_term(const Term& term, std::span<const Hash> captured, HashMeter* meter) { return TermHasher(captured, meter).run(term); }

Hash hash_lifted(const LiftedFunction& function, HashMeter* meter) {
  Hash hash = TermHasher(function, meter).run(*function.term);
  for (std::size_t i = 0; i < function.outside.size(); ++i) hash = combine(kLambda, hash);
  return hash;
}

Hash hash_type(const Type& type) {
  Visits uncounted(nullptr);
  return hash_type(type, uncounted);
}

[[gnu::noinline]] Hash hash_number(double number) {
  return term_writer(kLiteral).hash(HashWriter().tag(0).number(number).finish()).finish();
}

[[gnu::noinline]] Hash hash_text(std::string_view text) {
  return term_writer(kLiteral).hash(HashWriter().tag(1).text(text).finish()).finish();
}

[[gnu::noinline]] const Hash& hash_builtin(Builtin builtin) {
  static const std::array<Hash, kBuiltins> hashes = hash_builtins();
  return hashes[static_cast<std::size_t>(builtin)];
}

[[gnu::noinline]] const Hash& hash_if() {
  static const Hash hash = term_writer(kLiteral).hash(HashWriter().tag(2).finish()).finish();
  return hash;
}

[[gnu::noinline]] const Hash& hash_blank() {
  static const Hash hash = term_writer(kBlank).finish();
  return hash;
}

Hash hash_apply(const Hash& function, const Hash& argument) {
  return combine(kApply, function, argument);
}

Hash hash_vector(std::span<const Hash> elements) {
  HashWriter writer = term_writer(kVector);
  writer.varint(elements.size());
  for (const Hash& element : elements) writer.hash(element);
  return writer.finish();
}

Bytes hash_key(Builtin builtin) {
  const std::string_view name = name_of(builtin);
  Bytes key(5, '\0');
  key[4] = static_cast<char>(name.size());   // names are shorter than 256 bytes
  return key.append(name);
}

Bytes hash_key(const Hash& hash) {
  Bytes key("\1\0\0\0\x40", 5);
  return key.append(view_of(hash));
}

std::string base64url(BytesView bytes) {
  std::string text(BASE64_ENCODE_RAW_LENGTH(bytes.size()), '\0');
  base64_encode_raw(text.data(), bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

std::optional<Bytes> from_base64url(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string standard;
  for (const char c : text) {
    if (c == '+' || c == '/' || static_cast<unsigned char>(c) <= ' ') return std::nullopt;
    standard.push_back(c == '-' ? '+' : c == '_' ? '/' : c);
  }
  Bytes bytes(BASE64_DECODE_LENGTH(standard.size()), '\0');
  std::size_t size = bytes.size();
  base64_decode_ctx context;
  base64_decode_init(&context);
  if (!base64_decode_update(&context, &size, reinterpret_cast<std::uint8_t*>(bytes.data()), standard.size(), standard.data()) ||
      !base64_decode_final(&context))
    return std::nullopt;
  bytes.resize(size);
  if (base64url(bytes) != text) return std::nullopt;   // unused bits were set, or padding was odd
  return bytes;
}

}  // namespace roost::lang
