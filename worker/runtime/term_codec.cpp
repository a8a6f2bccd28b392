// SPDX-License-Identifier: MIT
#include "worker/runtime/term_codec.h"

#include <algorithm>

#include "worker/lang/hash.h"
#include "worker/lang/parser.h"
#include "worker/runtime/object.h"

namespace roost::runtime {
namespace {

using lang::Term;
using lang::TermKind;
using lang::Type;
using lang::TypeKind;

// The first byte of a term. The numbers are part of the format: never give one another meaning.
enum class TermTag : std::uint8_t {
  Local = 0, Number = 1, Text = 2, If = 3, Blank = 4, Builtin = 5, Reference = 6,
  Apply = 7, Lambda = 8, Annotate = 9, Vector = 10, Let = 11, LetRec = 12,
};
enum class TypeTag : std::uint8_t { Variable = 0, Constructor = 1, Arrow = 2, Apply = 3, Forall = 4 };

// ---- writing -------------------------------------------------------------------------------------------------

class TermWriter {
 public:
  explicit TermWriter(CodecWriter& out) : out_(out) {}

  void write(const Term& term) {
    switch (term.kind) {
      case TermKind::Local:
        tag(TermTag::Local);
        out_.varint(term.index);
        return out_.name(term.text);
      case TermKind::Number:
        tag(TermTag::Number);
        return out_.number(term.number);
      case TermKind::Text:
        tag(TermTag::Text);
        return out_.string(term.text);
      case TermKind::If: return tag(TermTag::If);
      case TermKind::Blank: return tag(TermTag::Blank);
      case TermKind::Builtin:
        tag(TermTag::Builtin);
        return out_.name(lang::name_of(term.builtin));
      case TermKind::Reference:
        tag(TermTag::Reference);
        return out_.hash(*term.hash);
      case TermKind::Apply:
        tag(TermTag::Apply);
        write(*term.left);
        return write(*term.right);
      case TermKind::Lambda:
        tag(TermTag::Lambda);
        out_.name(term.text);
        return write(*term.left);
      case TermKind::Annotate:
        tag(TermTag::Annotate);
        write(*term.left);
        return write(*term.type);
      case TermKind::Vector:
        tag(TermTag::Vector);
        out_.varint(term.items.size());
        for (const Term* item : term.items) write(*item);
        return;
      case TermKind::Let:
        tag(TermTag::Let);
        out_.name(term.text);
        write(*term.left);
        return write(*term.right);
      case TermKind::LetRec:
        write_group(term);
        return write(*term.right);
      case TermKind::Name: CHECK(term.kind != TermKind::Name);   // code that runs is resolved
    }
  }

  // All of a `let rec` but its body.
  void write_group(const Term& term) {
    tag(TermTag::LetRec);
    out_.varint(term.items.size());
    for (const std::string_view name : term.names) out_.name(name);
    for (const Term* item : term.items) write(*item);
  }

 private:
  void tag(TermTag tag) { out_.byte(static_cast<std::uint8_t>(tag)); }
  void tag(TypeTag tag) { out_.byte(static_cast<std::uint8_t>(tag)); }

  void write(const Type& type) {
    switch (type.kind) {
      case TypeKind::Variable:
        tag(TypeTag::Variable);
        out_.varint(type.index);
        return out_.name(type.name);
      case TypeKind::Constructor:
        tag(TypeTag::Constructor);
        return out_.name(type.name);
      case TypeKind::Arrow:
      case TypeKind::Apply:
        tag(type.kind == TypeKind::Arrow ? TypeTag::Arrow : TypeTag::Apply);
        write(*type.left);
        return write(*type.right);
      case TypeKind::Forall:
        tag(TypeTag::Forall);
        out_.name(type.name);
        return write(*type.left);
    }
  }

  CodecWriter& out_;
};

// ---- reading -------------------------------------------------------------------------------------------------

// How far a captured variable may point outside its function: how many variables can be bound around one. Hashing keeps 64 bytes
// for each of them.
constexpr std::uint32_t kReachMax = 1u << 18;
// A function that is inlined into the one that recurses makes its frame larger, at each of thousands of levels. With this a level
// takes at most 340 bytes (gcc 12, -O2, by -fstack-usage); without it a sanitizer build overflows eight mebibytes.
#define ROOST_SMALL_FRAMES [[gnu::noinline]]

// How often the arena's growth is held against the node's memory.
constexpr std::size_t kArenaStep = 64u << 10;

// Every function that reads gives null after an error. `depth` is how deep the term lies, `bound` how many variables are bound
// around it inside the code.
class TermReader {
 public:
  TermReader(CodecReader& in, const IsKnown& is_known, std::span<const std::uint32_t> outside)
      : in_(in), is_known_(is_known), outside_(outside) {}

  const Term* read(std::uint32_t depth, std::uint32_t bound) {
    const auto tag = static_cast<TermTag>(in_.byte());
    if ((depth > lang::kTermDepthMax && too_deep()) || in_.failed()) return nullptr;
    count(1);
    switch (tag) {
      case TermTag::Local: return read_local(bound);
      case TermTag::Number:
      case TermTag::Text:
      case TermTag::If:
      case TermTag::Blank: return read_literal(tag);
      case TermTag::Builtin: return read_builtin();
      case TermTag::Reference: return read_reference();
      case TermTag::Apply: return read_apply(depth, bound);
      case TermTag::Lambda: return read_lambda(depth, bound);
      case TermTag::Annotate: return read_annotate(depth, bound);
      case TermTag::Vector: return read_vector(depth, bound);
      case TermTag::Let: return read_let(depth, bound);
      case TermTag::LetRec: return read_let_rec(depth, bound);
    }
    return unknown(tag);
  }

  // A `let rec` without its body; behind its tag.
  ROOST_SMALL_FRAMES Term* read_group(std::uint32_t depth, std::uint32_t bound) {
    const std::span<const std::string_view> names = read_names();
    const std::uint64_t before = work_;
    const auto items = read_items(names.size(), depth, bound + static_cast<std::uint32_t>(names.size()));
    if (names.size() > 1) count(work_ - before);   // hashed twice
    return make(TermKind::LetRec, [&](Term& term) { term.items = items; term.names = names; });
  }

 private:
  // Null if anything was wrong so far, so that no half-read term is ever looked at.
  template <typename Fill = void (*)(Term&)>
  ROOST_SMALL_FRAMES Term* make(TermKind kind, Fill fill = [](Term&) {}) {
    Term term{};
    term.kind = kind;
    fill(term);
    if (in_.failed()) return nullptr;
    if (in_.arena().bytes() > charged_ + kArenaStep) {
      charged_ = in_.arena().bytes();
      Heap::current().require(charged_);
    }
    return in_.arena().make<Term>(term);
  }

  ROOST_SMALL_FRAMES const Term* unknown(TermTag tag) {
    in_.fail("there is no term with the tag " + std::to_string(static_cast<unsigned>(tag)));
    return nullptr;
  }

  ROOST_SMALL_FRAMES bool too_deep() {
    in_.fail("code is nested deeper than " + std::to_string(lang::kTermDepthMax) + " levels");
    return true;
  }

  ROOST_SMALL_FRAMES void count(std::uint64_t visits) {
    work_ += visits;
    if (work_ > lang::kHashWorkMax)
      in_.fail("hashing this code would visit more than " + std::to_string(lang::kHashWorkMax) + " terms");
  }

  ROOST_SMALL_FRAMES const Term* read_literal(TermTag tag) {
    if (tag == TermTag::Number) return make(TermKind::Number, [&](Term& term) { term.number = in_.number(); });
    if (tag == TermTag::Text)
      return make(TermKind::Text, [&](Term& term) { term.text = in_.arena().copy(in_.utf8("a text")); });
    return make(tag == TermTag::If ? TermKind::If : TermKind::Blank);
  }

  ROOST_SMALL_FRAMES const Term* read_local(std::uint32_t bound) {
    const auto index = static_cast<std::uint32_t>(in_.varint(UINT32_MAX, "the index of a variable"));
    const std::string_view name = in_.name();
    if (index >= bound && !std::binary_search(outside_.begin(), outside_.end(), index - bound))
      in_.fail("a variable is bound nowhere");
    return make(TermKind::Local, [&](Term& term) { term.index = index; term.text = name; });
  }

  ROOST_SMALL_FRAMES const Term* read_builtin() {
    const std::optional<lang::Builtin> builtin = in_.builtin();
    return builtin ? make(TermKind::Builtin, [&](Term& term) { term.builtin = *builtin; }) : nullptr;
  }

  ROOST_SMALL_FRAMES std::span<const std::string_view> read_names() {
    const std::uint64_t size = in_.varint(in_.left(), "the size of a `let rec`");
    if (size == 0) in_.fail("a `let rec` binds nothing");
    std::vector<std::string_view> names;
    for (std::uint64_t i = 0; i < size && !in_.failed(); ++i) names.push_back(in_.name());
    return in_.arena().copy(names);
  }

  ROOST_SMALL_FRAMES const Term* read_reference() {
    const lang::Hash* hash = in_.hash();
    if (hash == nullptr) return nullptr;
    if (!is_known_(*hash)) in_.fail("there is no definition with the hash " + lang::base64url(view_of(*hash)));
    return make(TermKind::Reference, [&](Term& term) { term.hash = hash; });
  }

  ROOST_SMALL_FRAMES const Term* read_apply(std::uint32_t depth, std::uint32_t bound) {
    const Term* left = read(depth + 1, bound);
    const Term* right = read(depth + 1, bound);
    return make(TermKind::Apply, [&](Term& term) { term.left = left; term.right = right; });
  }

  ROOST_SMALL_FRAMES const Term* read_lambda(std::uint32_t depth, std::uint32_t bound) {
    const std::string_view name = in_.name();
    const Term* body = read(depth + 1, bound + 1);
    return make(TermKind::Lambda, [&](Term& term) { term.text = name; term.left = body; });
  }

  ROOST_SMALL_FRAMES const Term* read_annotate(std::uint32_t depth, std::uint32_t bound) {
    const Term* annotated = read(depth + 1, bound);
    const Type* type = read_type(0, 0);
    return make(TermKind::Annotate, [&](Term& term) { term.left = annotated; term.type = type; });
  }

  ROOST_SMALL_FRAMES const Term* read_vector(std::uint32_t depth, std::uint32_t bound) {
    const std::uint64_t size = in_.varint(in_.left(), "the size of a vector");
    const auto items = read_items(size, depth, bound);
    return make(TermKind::Vector, [&](Term& term) { term.items = items; });
  }

  ROOST_SMALL_FRAMES const Term* read_let(std::uint32_t depth, std::uint32_t bound) {
    const std::string_view name = in_.name();
    const Term* value = read(depth + 1, bound);
    const Term* body = read(depth + 1, bound + 1);
    return make(TermKind::Let, [&](Term& term) { term.text = name; term.left = value; term.right = body; });
  }

  ROOST_SMALL_FRAMES const Term* read_let_rec(std::uint32_t depth, std::uint32_t bound) {
    Term* group = read_group(depth, bound);
    if (group == nullptr) return nullptr;
    group->right = read(depth + 1, bound + static_cast<std::uint32_t>(group->items.size()));
    return in_.failed() ? nullptr : group;
  }

  ROOST_SMALL_FRAMES std::span<const Term* const> read_items(std::uint64_t size, std::uint32_t depth, std::uint32_t bound) {
    std::vector<const Term*> items;
    for (std::uint64_t i = 0; i < size && !in_.failed(); ++i) items.push_back(read(depth + 1, bound));
    return in_.arena().copy(items);
  }

  ROOST_SMALL_FRAMES const Type* read_type(std::uint32_t depth, std::uint32_t bound) {
    const auto tag = static_cast<TypeTag>(in_.byte());
    check_type(tag, depth);
    if (in_.failed()) return nullptr;
    switch (tag) {
      case TypeTag::Variable: return read_type_variable(bound);
      case TypeTag::Constructor: return make_type(TypeKind::Constructor, 0, in_.name(), nullptr, nullptr);
      case TypeTag::Arrow:
      case TypeTag::Apply: {
        const Type* left = read_type(depth + 1, bound);
        const Type* right = read_type(depth + 1, bound);
        return make_type(tag == TypeTag::Arrow ? TypeKind::Arrow : TypeKind::Apply, 0, "", left, right);
      }
      case TypeTag::Forall: {
        const std::string_view name = in_.name();
        return make_type(TypeKind::Forall, 0, name, read_type(depth + 1, bound + 1), nullptr);
      }
    }
    return nullptr;
  }

  ROOST_SMALL_FRAMES void check_type(TypeTag tag, std::uint32_t depth) {
    if (tag > TypeTag::Forall) in_.fail("there is no type with the tag " + std::to_string(static_cast<unsigned>(tag)));
    if (depth > lang::kTypeDepthMax) in_.fail("a type is nested deeper than " + std::to_string(lang::kTypeDepthMax) + " levels");
    if (++types_ > lang::kTypeNodesMax)
      in_.fail("code has more than " + std::to_string(lang::kTypeNodesMax) + " nodes of types");
  }

  ROOST_SMALL_FRAMES const Type* read_type_variable(std::uint32_t bound) {
    const auto index = static_cast<std::uint32_t>(in_.varint(UINT32_MAX, "the index of a type variable"));
    if (index >= bound) in_.fail("a type variable is bound nowhere");
    return make_type(TypeKind::Variable, index, in_.name(), nullptr, nullptr);
  }

  ROOST_SMALL_FRAMES const Type* make_type(TypeKind kind, std::uint32_t index, std::string_view name, const Type* left,
                                           const Type* right) {
    return in_.failed() ? nullptr : in_.arena().make<Type>(kind, index, name, left, right);
  }

  CodecReader& in_;
  const IsKnown& is_known_;
  std::span<const std::uint32_t> outside_;
  std::uint64_t work_ = 0;
  std::uint64_t types_ = 0;
  std::size_t charged_ = 0;
};

std::vector<std::uint32_t> read_outside(CodecReader& reader) {
  const std::uint64_t size = reader.varint(reader.left(), "the number of captured variables");
  std::vector<std::uint32_t> outside;
  for (std::uint64_t i = 0; i < size && !reader.failed(); ++i) {
    const auto step = static_cast<std::uint32_t>(reader.varint(kReachMax, "the reach of a captured variable"));
    outside.push_back(outside.empty() ? step : outside.back() + 1 + step);
    if (outside.back() > kReachMax) reader.fail("a captured variable reaches too far");
  }
  return outside;
}

#undef ROOST_SMALL_FRAMES

}  // namespace

void encode_code(CodecWriter& writer, const Term& term, std::span<const std::uint32_t> outside) {
  writer.varint(outside.size());
  for (std::size_t i = 0; i < outside.size(); ++i) writer.varint(i == 0 ? outside[0] : outside[i] - outside[i - 1] - 1);
  if (term.kind == TermKind::LetRec) TermWriter(writer).write_group(term);
  else TermWriter(writer).write(term);
}

FunctionCode decode_code(CodecReader& reader, const IsKnown& is_known) {
  FunctionCode code;
  code.outside = read_outside(reader);
  TermReader terms(reader, is_known, code.outside);
  const auto tag = static_cast<TermTag>(reader.left() > 0 ? reader.peek() : 0);
  if (tag == TermTag::LetRec) {
    (void)reader.byte();
    code.term = terms.read_group(0, 0);
  } else if (tag == TermTag::Lambda) {
    code.term = terms.read(0, 0);
  } else {
    reader.fail("code is neither a function nor a `let rec`");
  }
  return code;
}

}  // namespace roost::runtime
