// SPDX-License-Identifier: MIT
#include "worker/lang/definition_codec.h"

#include <algorithm>
#include <set>

#include "worker/lang/codec_bytes.h"
#include "worker/lang/parser.h"

namespace roost::lang {
namespace {

constexpr std::uint8_t kVersion = 1;

// The first byte of a term. The numbers are part of the format: never give one another meaning, but raise the version.
enum class TermTag : std::uint8_t {
  Local = 0, Number = 1, Text = 2, If = 3, Blank = 4, Builtin = 5, Reference = 6,
  Apply = 7, Lambda = 8, Annotate = 9, Vector = 10, Let = 11, LetRec = 12,
  Member = 13,   // a `let rec` whose body is one of its items
};
enum class TypeTag : std::uint8_t { Variable = 0, Constructor = 1, Arrow = 2, Apply = 3, Forall = 4 };

// The walks go kTermDepthMax deep. A function that is inlined into the one that recurses makes its frame larger, at each of thousands
// of levels. With this a level of reading takes at most 340 bytes (gcc 12, -O2, by -fstack-usage); without it a sanitizer build
// overflows eight mebibytes.
#define ROOST_SMALL_FRAMES [[gnu::noinline]]

// The place among a `let rec`'s items of the one that is its body too; as many as there are: none is.
std::size_t place_of_body(const Term& group) {
  return static_cast<std::size_t>(std::find(group.items.begin(), group.items.end(), group.right) - group.items.begin());
}

// ---- writing -------------------------------------------------------------------------------------------------

class TermWriter {
 public:
  TermWriter(CodecWriter& out, std::span<const std::uint32_t> outside) : out_(out), outside_(outside) {}

  // `bound`: variables bound around the term, inside the function.
  void write(const Term& term, std::uint32_t bound) {
    switch (term.kind) {
      case TermKind::Local: return local(term, bound);
      case TermKind::Number:
      case TermKind::Text:
      case TermKind::If:
      case TermKind::Blank:
      case TermKind::Builtin:
      case TermKind::Reference: return leaf(term);
      case TermKind::Apply:
        tag(TermTag::Apply);
        write(*term.left, bound);
        return write(*term.right, bound);
      case TermKind::Lambda:
        tag(TermTag::Lambda);
        out_.name(term.text);
        return write(*term.left, bound + 1);
      case TermKind::Annotate:
        tag(TermTag::Annotate);
        write(*term.left, bound);
        return write(*term.type);
      case TermKind::Vector:
        tag(TermTag::Vector);
        out_.varint(term.items.size());
        for (const Term* item : term.items) write(*item, bound);
        return;
      case TermKind::Let:
        tag(TermTag::Let);
        out_.name(term.text);
        write(*term.left, bound);
        return write(*term.right, bound + 1);
      case TermKind::LetRec: return let_rec(term, bound);
      case TermKind::Name: CHECK(term.kind != TermKind::Name);   // what is defined is resolved
    }
  }

 private:
  void tag(TermTag tag) { out_.byte(static_cast<std::uint8_t>(tag)); }
  void tag(TypeTag tag) { out_.byte(static_cast<std::uint8_t>(tag)); }

  // A captured variable points to its parameter: the innermost of them is that of the innermost binder.
  void local(const Term& term, std::uint32_t bound) {
    std::uint32_t index = term.index;
    if (index >= bound) {
      const auto place = std::lower_bound(outside_.begin(), outside_.end(), index - bound);
      CHECK(place != outside_.end() && *place == index - bound);
      index = bound + static_cast<std::uint32_t>(place - outside_.begin());
    }
    tag(TermTag::Local);
    out_.varint(index);
    out_.name(term.text);
  }

  void leaf(const Term& term) {
    switch (term.kind) {
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
        return out_.name(name_of(term.builtin));
      default:
        tag(TermTag::Reference);
        return out_.hash(*term.hash);
    }
  }

  void let_rec(const Term& term, std::uint32_t bound) {
    const auto inside = bound + static_cast<std::uint32_t>(term.items.size());
    const std::size_t body = place_of_body(term);
    const bool is_member = body < term.items.size();
    tag(is_member ? TermTag::Member : TermTag::LetRec);
    out_.varint(term.items.size());
    for (const std::string_view name : term.names) out_.name(name);
    for (const Term* item : term.items) write(*item, inside);
    if (is_member) out_.varint(body);
    else write(*term.right, inside);
  }

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
  std::span<const std::uint32_t> outside_;
};

// Calls `see` for every term below and including this one, with the number of variables bound around it.
template <typename See>
void walk(const Term& term, std::uint32_t bound, See& see) {
  see(term, bound);
  const auto inside = bound + static_cast<std::uint32_t>(term.kind == TermKind::LetRec ? term.items.size() : 0);
  for (const Term* item : term.items) walk(*item, inside, see);
  const bool binds_left = term.kind == TermKind::Lambda, binds_right = term.kind == TermKind::Let;
  if (term.left != nullptr) walk(*term.left, bound + (binds_left ? 1 : 0), see);
  if (term.right == nullptr || (term.kind == TermKind::LetRec && place_of_body(term) < term.items.size())) return;
  walk(*term.right, inside + (binds_right ? 1 : 0), see);
}

// What the captured variables are called inside the function, in the order of `outside`.
std::vector<std::string_view> names_of_captured(const LiftedFunction& function) {
  std::vector<std::string_view> names(function.outside.size());
  auto note = [&](const Term& term, std::uint32_t bound) {
    if (term.kind != TermKind::Local || term.index < bound) return;
    const auto place = std::lower_bound(function.outside.begin(), function.outside.end(), term.index - bound);
    if (place != function.outside.end()) names[static_cast<std::size_t>(place - function.outside.begin())] = term.text;
  };
  if (!names.empty()) walk(*function.term, 0, note);
  return names;
}

// ---- reading -------------------------------------------------------------------------------------------------

// How often the arena's growth is held against what is allowed.
constexpr std::size_t kArenaStep = 64u << 10;

// Every function that reads gives null after an error. `depth` is how deep the term lies, `bound` how many variables are bound around it.
class TermReader {
 public:
  TermReader(CodecReader& in, std::size_t memory_bytes_max) : in_(in), memory_end_(in.arena().bytes() + memory_bytes_max) {}

  const Term* read(std::uint32_t depth, std::uint32_t bound) {
    const auto tag = static_cast<TermTag>(in_.byte());
    if (depth > kTermDepthMax) too_deep();
    count_term();
    if (in_.failed()) return nullptr;
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
      case TermTag::LetRec:
      case TermTag::Member: return read_let_rec(tag, depth, bound);
    }
    return unknown(tag);
  }

  // Each is a function literal around the term.
  void count_parameter(std::string_view name) { count_work(1 + visits_of_text(name.size())); }

  [[nodiscard]] bool too_large() const { return too_large_; }

 private:
  // Null if anything was wrong so far, so that no half-read term is ever looked at.
  template <typename Fill = void (*)(Term&)>
  ROOST_SMALL_FRAMES Term* make(TermKind kind, Fill fill = [](Term&) {}) {
    Term term{};
    term.kind = kind;
    fill(term);
    hold_memory();
    return in_.failed() ? nullptr : in_.arena().make<Term>(term);
  }

  void hold_memory() {
    const std::size_t bytes = in_.arena().bytes();
    if (bytes < checked_ + kArenaStep) return;
    checked_ = bytes;
    if (bytes <= memory_end_ || in_.failed()) return;
    too_large_ = true;
    in_.fail("it takes more memory than is left");
  }

  ROOST_SMALL_FRAMES const Term* unknown(TermTag tag) {
    in_.fail("there is no term with the tag " + std::to_string(static_cast<unsigned>(tag)));
    return nullptr;
  }

  ROOST_SMALL_FRAMES void too_deep() { in_.fail("it is nested deeper than " + std::to_string(kTermDepthMax) + " levels"); }

  void count_term() {
    if (++terms_ > kDefinitionTermsMax) too_many();
    count_work(1);
  }
  // As TermHasher counts (hash.cpp).
  void count_work(std::uint64_t visits) {
    work_ += visits;
    if (work_ > kDefinitionHashWorkMax) too_much_work();
  }
  // Names are written once, and may then occur anywhere: those of types are hashed each time, and all when it is written again.
  std::string_view read_name() {
    const std::string_view name = in_.name();
    count_work(visits_of_text(name.size()));
    return name;
  }
  ROOST_SMALL_FRAMES void too_many() { in_.fail("it has more than " + std::to_string(kDefinitionTermsMax) + " terms"); }
  ROOST_SMALL_FRAMES void too_much_work() {
    in_.fail("hashing it would visit more than " + std::to_string(kDefinitionHashWorkMax) + " parts");
  }

  ROOST_SMALL_FRAMES const Term* read_literal(TermTag tag) {
    if (tag == TermTag::Number) return make(TermKind::Number, [&](Term& term) { term.number = in_.number(); });
    if (tag == TermTag::Text) return read_text();
    return make(tag == TermTag::If ? TermKind::If : TermKind::Blank);
  }

  ROOST_SMALL_FRAMES const Term* read_text() {
    const std::string_view text = in_.utf8("a text");
    count_work(visits_of_text(text.size()));
    return make(TermKind::Text, [&](Term& term) { term.text = in_.arena().copy(text); });
  }

  ROOST_SMALL_FRAMES const Term* read_local(std::uint32_t bound) {
    const auto index = static_cast<std::uint32_t>(in_.varint(UINT32_MAX, "the index of a variable"));
    const std::string_view name = read_name();
    if (index >= bound) in_.fail("a variable is bound nowhere");
    return make(TermKind::Local, [&](Term& term) { term.index = index; term.text = name; });
  }

  ROOST_SMALL_FRAMES const Term* read_builtin() {
    const std::optional<Builtin> builtin = in_.builtin();
    return builtin ? make(TermKind::Builtin, [&](Term& term) { term.builtin = *builtin; }) : nullptr;
  }

  ROOST_SMALL_FRAMES const Term* read_reference() {
    const Hash* hash = in_.hash();
    return hash == nullptr ? nullptr : make(TermKind::Reference, [&](Term& term) { term.hash = hash; });
  }

  ROOST_SMALL_FRAMES const Term* read_apply(std::uint32_t depth, std::uint32_t bound) {
    const Term* left = read(depth + 1, bound);
    const Term* right = read(depth + 1, bound);
    return make(TermKind::Apply, [&](Term& term) { term.left = left; term.right = right; });
  }

  ROOST_SMALL_FRAMES const Term* read_lambda(std::uint32_t depth, std::uint32_t bound) {
    const std::string_view name = read_name();
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
    const std::string_view name = read_name();
    const Term* value = read(depth + 1, bound);
    const Term* body = read(depth + 1, bound + 1);
    return make(TermKind::Let, [&](Term& term) { term.text = name; term.left = value; term.right = body; });
  }

  // All of its bindings are hashed twice if there is more than one; so is its body, if it is one of them.
  ROOST_SMALL_FRAMES const Term* read_let_rec(TermTag tag, std::uint32_t depth, std::uint32_t bound) {
    const std::span<const std::string_view> names = read_names();
    const std::uint64_t before = work_;
    const auto inside = bound + static_cast<std::uint32_t>(names.size());
    const std::span<const Term* const> items = read_items(names.size(), depth, inside);
    if (names.size() > 1) count_work((work_ - before) * (tag == TermTag::Member ? 2 : 1));
    const Term* body = tag == TermTag::LetRec ? read(depth + 1, inside) : read_place(items);
    return make(TermKind::LetRec, [&](Term& term) { term.items = items; term.names = names; term.right = body; });
  }

  ROOST_SMALL_FRAMES const Term* read_place(std::span<const Term* const> items) {
    if (in_.failed()) return nullptr;
    const std::uint64_t place = in_.varint(items.size() - 1, "the place of a member in its group");
    return in_.failed() ? nullptr : items[place];
  }

  ROOST_SMALL_FRAMES std::span<const std::string_view> read_names() {
    const std::uint64_t size = in_.varint(in_.left(), "the size of a `let rec`");
    if (size == 0) in_.fail("a `let rec` binds nothing");
    std::vector<std::string_view> names;
    for (std::uint64_t i = 0; i < size && !in_.failed(); ++i) names.push_back(read_name());
    hold_memory();
    return in_.arena().copy(names);
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
      case TypeTag::Constructor: return make_type(TypeKind::Constructor, 0, read_name(), nullptr, nullptr);
      case TypeTag::Arrow:
      case TypeTag::Apply: {
        const Type* left = read_type(depth + 1, bound);
        const Type* right = read_type(depth + 1, bound);
        return make_type(tag == TypeTag::Arrow ? TypeKind::Arrow : TypeKind::Apply, 0, "", left, right);
      }
      case TypeTag::Forall: {
        const std::string_view name = read_name();
        return make_type(TypeKind::Forall, 0, name, read_type(depth + 1, bound + 1), nullptr);
      }
    }
    return nullptr;
  }

  ROOST_SMALL_FRAMES void check_type(TypeTag tag, std::uint32_t depth) {
    if (tag > TypeTag::Forall) in_.fail("there is no type with the tag " + std::to_string(static_cast<unsigned>(tag)));
    if (depth > kTypeDepthMax) in_.fail("a type is nested deeper than " + std::to_string(kTypeDepthMax) + " levels");
    count_work(1);
    if (++types_ > kDefinitionTypesMax) in_.fail("it has more than " + std::to_string(kDefinitionTypesMax) + " nodes of types");
  }

  ROOST_SMALL_FRAMES const Type* read_type_variable(std::uint32_t bound) {
    const auto index = static_cast<std::uint32_t>(in_.varint(UINT32_MAX, "the index of a type variable"));
    if (index >= bound) in_.fail("a type variable is bound nowhere");
    return make_type(TypeKind::Variable, index, read_name(), nullptr, nullptr);
  }

  ROOST_SMALL_FRAMES const Type* make_type(TypeKind kind, std::uint32_t index, std::string_view name, const Type* left,
                                           const Type* right) {
    return in_.failed() ? nullptr : in_.arena().make<Type>(kind, index, name, left, right);
  }

  CodecReader& in_;
  std::size_t memory_end_;
  std::size_t checked_ = 0;
  bool too_large_ = false;
  std::uint64_t terms_ = 0, work_ = 0, types_ = 0;
};

#undef ROOST_SMALL_FRAMES

// The parameters in front, outermost first.
std::vector<std::string_view> read_parameters(CodecReader& in) {
  const std::uint64_t count = in.varint(kLiftedParametersMax, "the number of captured variables");
  std::vector<std::string_view> parameters;
  for (std::uint64_t i = 0; i < count && !in.failed(); ++i) parameters.push_back(in.name());
  return parameters;
}

const Term* behind_parameters(Arena& arena, const std::vector<std::string_view>& parameters, const Term* term) {
  for (auto name = parameters.rbegin(); name != parameters.rend(); ++name) {
    Term lambda{};
    lambda.kind = TermKind::Lambda;
    lambda.text = *name;
    lambda.left = term;
    term = arena.make<Term>(lambda);
  }
  return term;
}

}  // namespace

Bytes encode_definition(const Term& term) { return encode_definition(LiftedFunction{&term, {}}); }

Bytes encode_definition(const LiftedFunction& function) {
  CodecWriter out;
  out.byte(kVersion);
  const std::vector<std::string_view> names = names_of_captured(function);
  out.varint(names.size());
  for (auto name = names.rbegin(); name != names.rend(); ++name) out.name(*name);
  TermWriter(out, function.outside).write(*function.term, 0);
  return out.take();
}

Result<const Term*, DefinitionError> decode_definition(Arena& arena, BytesView bytes, std::size_t memory_bytes_max) {
  CodecReader in(bytes, arena);
  if (const std::uint8_t version = in.byte(); version != kVersion)
    in.fail("the version is " + std::to_string(version) + ", this container reads " + std::to_string(kVersion));
  const std::vector<std::string_view> parameters = read_parameters(in);
  TermReader terms(in, memory_bytes_max);
  for (const std::string_view name : parameters) terms.count_parameter(name);
  const Term* term = terms.read(0, static_cast<std::uint32_t>(parameters.size()));
  // A reference hashes to what it refers to, so it would be a definition of any name: of one that it takes from another, or its own.
  if (parameters.empty() && term != nullptr && term->kind == TermKind::Reference) in.fail("it is nothing but a reference");
  if (in.left() > 0) in.fail("bytes follow its end");
  if (in.failed()) return Refused{DefinitionError{in.error(), terms.too_large()}};
  return behind_parameters(arena, parameters, term);
}

std::string check_definition(const Hash& hash, BytesView bytes, const DefinitionCheck& check) {
  Arena arena;
  const auto term = decode_definition(arena, bytes, kDefinitionMemoryMax);
  if (!term.ok()) return "a definition cannot be read: " + term.error().what;
  if (check.is_there) {
    for (const Hash& reference : references_of(*term.value()))
      if (!check.is_there(reference)) return "a definition refers to " + base64url(view_of(reference)) + ", which nothing defines";
  }
  const Hash real = hash_term(*term.value(), check.meter);
  if (real == hash) return {};
  return "a definition's bytes hash to " + base64url(view_of(real)) + ", not to its name " + base64url(view_of(hash));
}

std::vector<Hash> references_of(const Term& term) {
  std::vector<Hash> references;
  std::set<Hash> seen;
  auto note = [&](const Term& one, std::uint32_t) {
    if (one.kind == TermKind::Reference && seen.insert(*one.hash).second) references.push_back(*one.hash);
  };
  walk(term, 0, note);
  return references;
}

}  // namespace roost::lang
