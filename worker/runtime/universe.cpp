// SPDX-License-Identifier: MIT
#include "worker/runtime/universe.h"

#include <algorithm>
#include <unordered_set>

#include "worker/lang/definition_codec.h"
#include "worker/lang/hash.h"
#include "worker/runtime/compile.h"
#include "worker/runtime/cpu_time.h"
#include "worker/runtime/object.h"
#include "worker/runtime/value_hash.h"

namespace roost::runtime {
namespace {

constexpr std::size_t kDefinitionsAtOnceMax = 4096;   // that one definition refers to, directly or not, and that are not there yet
constexpr std::size_t kKeptEntryBytes = 256;          // what remembering one takes beside its code and value
constexpr std::uint64_t kWorkPerByte = 100;           // of reading and compiling a definition, in nanoseconds: measured 40 to 90

std::string text_of(const lang::Hash& hash) { return lang::base64url(view_of(hash)); }

[[noreturn]] void refuse_size(std::string_view what, const std::string& why) {
  throw Crash{wire::FailureKind::MemoryLimit, std::string(what) + " cannot leave the node: " + why, {}};
}

}  // namespace

struct Universe::Kept {
  struct Definition {
    Value value;
    std::size_t bytes = 0;

    // Of a knot nobody asks: it is given up, and those who hold it do so.
    [[nodiscard]] bool is_in_use() const { return value.is_object() && value.object()->count > 1 && value.object()->count < kImmortal; }
  };

  // Throws Crash, std::bad_alloc; then nothing has changed.
  template <typename Entries>
  auto& add(Entries& entries, const typename Entries::key_type& key, typename Entries::mapped_type entry) {
    Heap::current().require(kKeptEntryBytes);
    entry.bytes += kKeptEntryBytes;
    auto& added = entries.emplace(key, std::move(entry)).first->second;
    count(added.bytes, kKeptEntryBytes);
    return added;
  }
  // It is there already. Throws Crash if it should not be.
  void add_type(const lang::Hash& hash, const lang::Type* type, std::size_t arena_bytes) {
    types.emplace(hash, type);
    types_bytes += kKeptEntryBytes + arena_bytes;
    count(kKeptEntryBytes + arena_bytes, kKeptEntryBytes + arena_bytes);
    Heap::current().require(0);
  }

  // What only others that go held is found the next time.
  void give_up_unused() {
    const auto give_up = [this](auto& entries) {
      std::erase_if(entries, [this](const auto& entry) {
        if (entry.second.is_in_use()) return false;
        discount(entry.second.bytes, kKeptEntryBytes);
        return true;
      });
    };
    give_up(functions);
    give_up(values);
    give_up(evaluators);
    types.clear();
    types_arena.emplace();
    discount(types_bytes, types_bytes);
    types_bytes = 0;
  }
  void count(std::size_t all, std::size_t by_hand) {
    bytes += all;
    counted_by_hand += by_hand;
    Heap::current().note(by_hand);
  }
  void discount(std::size_t all, std::size_t by_hand) {
    bytes -= all;
    counted_by_hand -= by_hand;
    Heap::current().remove(by_hand);
  }

  std::unordered_map<Name, Function, HashOfName> functions;
  std::unordered_map<lang::Hash, Definition, lang::HashOfHash> values;
  std::unordered_map<lang::Hash, Definition, lang::HashOfHash> evaluators;   // of those that have none by themselves
  std::unordered_map<lang::Hash, const lang::Type*, lang::HashOfHash> types;
  std::optional<lang::Arena> types_arena{std::in_place};   // that they are in
  std::size_t types_bytes = 0;
  std::size_t bytes = 0;             // of all
  std::size_t counted_by_hand = 0;   // of these, what the heap would not know
  std::size_t messages_to_wait = 0;  // before it is looked for what is not in use
};

Universe::Universe(const Library& library, const code::StoreView& store, BuiltinContext& context, Define define)
    : library_(library), store_(store), context_(context), define_(std::move(define)), kept_(std::make_unique<Kept>()) {}

Universe::~Universe() = default;

void Universe::trim() {
  if (!defined_.empty()) forget_committed();
  if (kept_->bytes <= kKeptBytesMax) return;
  // Looking at one takes some ten nanoseconds: where many are in use, it is done once for several messages.
  constexpr std::size_t kLookedAtPerMessage = 64;
  if (kept_->messages_to_wait > 0) {
    --kept_->messages_to_wait;
    return;
  }
  kept_->give_up_unused();
  kept_->messages_to_wait = (kept_->functions.size() + kept_->values.size() + kept_->evaluators.size()) / kLookedAtPerMessage;
}

void Universe::clear() {
  Heap::current().remove(kept_->counted_by_hand);
  kept_ = std::make_unique<Kept>();
}

void Universe::forget_committed() {
  std::erase_if(defined_, [this](const auto& definition) {
    if (!store_.holds(definition.first)) return false;
    Heap::current().remove(kKeptEntryBytes + definition.second.size());
    defined_entry_bytes_ -= code::entry_bytes(definition.second.size());
    return true;
  });
}

// What this process defined comes to the store later, and takes its room then.
bool Universe::has_room(std::size_t size) {
  if (store_.has_room(size, defined_entry_bytes_)) return true;
  forget_committed();
  return store_.has_room(size, defined_entry_bytes_);
}

// Its own definitions a process finds at once: what it stored in an index it may look up before that is committed.
std::optional<BytesView> Universe::find(const lang::Hash& hash) const {
  if (const auto stored = store_.find(hash)) return stored;
  const auto found = defined_.find(hash);
  return found == defined_.end() ? std::nullopt : std::optional<BytesView>(found->second);
}

// ---- what leaves the node ------------------------------------------------------------------------------------

const lang::Hash& Universe::name_of(const FunctionParts& function) {
  HashCharge charge(context_);   // it may have any size
  const lang::Hash& hash = lifted_hash(*function.code, &charge);
  if (find(hash)) return hash;
  const std::string what = "a function" + (function.code->name.empty() ? "" : " in `" + std::string(function.code->name) + "`");
  if (function.outside.size() > lang::kLiftedParametersMax)
    refuse_size(what, "it captures " + std::to_string(function.outside.size()) + " values, and at most " +
                          std::to_string(lang::kLiftedParametersMax) + " can be");
  define_references(*function.term);
  define(hash, lang::encode_definition(lang::LiftedFunction{function.term, function.outside}), what);
  return hash;
}

// What the container would not take is found out here, where it can be said to the program.
void Universe::define(const lang::Hash& hash, Bytes bytes, std::string_view what) {
  context_.charge(bytes.size() * kWorkPerByte);
  if (bytes.size() > wire::kDefinitionBytesMax)
    refuse_size(what, "it has " + std::to_string(bytes.size()) + " bytes, and at most " + std::to_string(wire::kDefinitionBytesMax) + " can be");
  lang::Arena scratch;
  const auto readable = lang::decode_definition(scratch, bytes, lang::kDefinitionMemoryMax);
  if (!readable.ok()) refuse_size(what, readable.error().what);
  if (!has_room(bytes.size()))
    throw Crash{wire::FailureKind::ContainerFull, "The container's code store has no room for " + std::string(what) + ": " +
                                                      std::to_string(store_.bytes_used() + defined_entry_bytes_) + " of " + std::to_string(store_.bytes_max()) +
                                                      " bytes are used (code_bytes_max)", {}};
  const std::size_t counted = kKeptEntryBytes + bytes.size();
  Heap::current().require(counted);
  defined_.emplace(hash, bytes);
  Heap::current().note(counted);
  defined_entry_bytes_ += code::entry_bytes(bytes.size());
  define_({hash, std::move(bytes)});
}

void Universe::define_references(const lang::Term& term) {
  for (const lang::Hash& reference : lang::references_of(term)) will_need(reference);
}

// The library's definitions are stored once something refers to them, so that what is kept outlives a library that changes. Each comes
// behind those that it refers to; their terms are all there, so a list of what is open takes the place of recursion.
void Universe::will_need(const lang::Hash& definition) {
  std::vector<lang::Hash> open{definition};
  while (!open.empty()) {
    const lang::Hash hash = open.back();
    const lang::Term* term = find(hash) ? nullptr : library_.term_of(hash);
    const std::size_t before = open.size();
    if (term)
      for (const lang::Hash& reference : lang::references_of(*term))
        if (!find(reference) && library_.term_of(reference)) open.push_back(reference);
    if (open.size() > before) continue;
    open.pop_back();
    if (term) define(hash, lang::encode_definition(*term), "a definition of the library");
  }
}

// ---- what comes in -------------------------------------------------------------------------------------------

Universe::Source Universe::read(const lang::Hash& hash, BytesView bytes) const {
  context_.charge(bytes.size() * kWorkPerByte);
  const Heap& heap = Heap::current();
  auto arena = std::make_shared<lang::Arena>();
  const auto term = lang::decode_definition(*arena, bytes, heap.bytes_max() - std::min(heap.bytes(), heap.bytes_max()));
  if (term.ok()) return {hash, std::move(arena), term.value()};
  if (term.error().too_large)
    throw Crash{wire::FailureKind::MemoryLimit, "the node has no memory for the definition " + text_of(hash) + " (worker_memory_bytes)", {}};
  throw Crash{wire::FailureKind::ProgramFailed, "the definition " + text_of(hash) + " cannot be read: " + term.error().what, {}};
}

// The definition and those of the store that it refers to and that are not there yet, each behind those that it refers to. Empty: the
// store has no definition of that hash.
std::vector<Universe::Source> Universe::with_references(const lang::Hash& wanted,
                                                        const std::function<bool(const lang::Hash&)>& is_there) const {
  struct Open {
    Source source;
    std::vector<lang::Hash> references;
    std::size_t next = 0;
  };
  std::vector<Open> open;
  std::vector<Source> read_so_far;
  std::unordered_set<lang::Hash, lang::HashOfHash> met;
  const auto enter = [&](const lang::Hash& hash) {
    const auto bytes = find(hash);
    if (!bytes || is_there(hash) || !met.insert(hash).second) return;
    if (met.size() > kDefinitionsAtOnceMax)
      throw Crash{wire::FailureKind::MemoryLimit, "the definition " + text_of(wanted) + " refers to more than " +
                                                      std::to_string(kDefinitionsAtOnceMax) + " others", {}};
    Source source = read(hash, *bytes);
    std::vector<lang::Hash> references = lang::references_of(*source.term);
    open.push_back({std::move(source), std::move(references)});
  };
  enter(wanted);
  while (!open.empty()) {
    Open& top = open.back();
    if (top.next < top.references.size()) {
      const lang::Hash reference = top.references[top.next++];
      enter(reference);
      continue;
    }
    read_so_far.push_back(std::move(top.source));
    open.pop_back();
  }
  return read_so_far;
}

const Value* Universe::value_of(const lang::Hash& hash) const {
  if (const Value* value = library_.value_of(hash)) return value;
  auto& values = kept_->values;
  if (const auto found = values.find(hash); found != values.end()) return &found->second.value;
  const auto is_there = [&](const lang::Hash& one) { return library_.contains(one) || values.contains(one) || kept_->evaluators.contains(one); };
  for (const Source& source : with_references(hash, is_there)) keep(source);
  const auto found = values.find(hash);
  return found == values.end() ? nullptr : &found->second.value;
}

const Value* Universe::evaluator_of(const lang::Hash& hash) const {
  if (const Value* evaluator = library_.evaluator_of(hash)) return evaluator;
  const auto found = kept_->evaluators.find(hash);
  return found == kept_->evaluators.end() ? nullptr : &found->second.value;
}

// What a library put off is put off where the library is another one, too; limits are those of the message.
void Universe::keep(const Source& source) const {
  const std::uint64_t before = Heap::current().bytes();
  const auto kept = [&](Value value) {
    return Kept::Definition{std::move(value), Heap::current().bytes() - std::min(before, Heap::current().bytes())};
  };
  try {
    kept_->add(kept_->values, source.hash, kept(evaluate(source, source.term)));
  } catch (const Crash& crash) {
    if (crash.kind != wire::FailureKind::ProgramFailed) throw;
    kept_->add(kept_->evaluators, source.hash, kept(evaluate(source, put_off(*source.arena, source.term))));
  }
}

Value Universe::evaluate(const Source& source, const lang::Term* term) const {
  ProgramHandle program(Program::make(source.arena));
  const auto code = compile(*program, term, *this, {});
  if (!code.ok()) throw Crash{wire::FailureKind::ProgramFailed, "the definition " + text_of(source.hash) + " cannot be compiled: " + code.error().reason, {}};
  program->settle();
  return evaluate_definition(*code.value(), context_);
}

const lang::Type* Universe::type_of(const lang::Hash& hash) const {
  if (const lang::Type* type = library_.types().type_of(hash)) return type;
  auto& types = kept_->types;
  if (const auto found = types.find(hash); found != types.end()) return found->second;
  const auto is_there = [&](const lang::Hash& one) { return library_.types().type_of(one) != nullptr || types.contains(one); };
  for (const Source& source : with_references(hash, is_there)) {
    lang::Arena& arena = *kept_->types_arena;
    const std::size_t before = arena.bytes();
    const std::uint64_t cpu_before = thread_cpu_ns();
    const auto type = lang::infer_type(arena, *source.term, *this);
    kept_->add_type(source.hash, type.ok() ? type.value() : nullptr, arena.bytes() - before);
    context_.charge(thread_cpu_ns() - cpu_before);
  }
  const auto found = types.find(hash);
  return found == types.end() ? nullptr : found->second;
}

Result<Value, std::string> Universe::make_function(const lang::Hash& hash, std::span<const Value> captures) {
  const auto found = function_of({hash, captures.size()});
  if (!found.ok()) return Refused{std::string(found.error())};
  const Function& function = *found.value();
  if (function.member < 0) return make_closure(*function.code, captures);
  return make_member(make_group(*function.code, captures), static_cast<std::uint16_t>(function.member));
}

// Behind as many parameters as there are captured values is the function itself.
Result<const Universe::Function*, std::string> Universe::function_of(const Name& name) {
  if (const auto found = kept_->functions.find(name); found != kept_->functions.end()) return &found->second;
  const auto bytes = find(name.hash);
  if (!bytes) return Refused{"there is no definition with the hash " + text_of(name.hash)};
  const Source source = read(name.hash, *bytes);
  const lang::Term* term = source.term;
  std::vector<std::uint32_t> outside;
  while (outside.size() < name.captures && term->kind == lang::TermKind::Lambda) {
    outside.push_back(static_cast<std::uint32_t>(outside.size()));
    term = term->left;
  }
  const bool is_group = term->kind == lang::TermKind::LetRec;
  const auto item = is_group ? std::find(term->items.begin(), term->items.end(), term->right) : term->items.end();
  const bool is_member = is_group && item != term->items.end();
  if (outside.size() < name.captures || (!is_member && term->kind != lang::TermKind::Lambda))
    return Refused{"the definition " + text_of(name.hash) + " is no function that captures " + std::to_string(name.captures) + " values"};
  Function made{ProgramHandle(Program::make(source.arena))};
  const auto code = compile_function(*made.program, term, outside, *this);
  if (!code.ok()) throw Crash{wire::FailureKind::ProgramFailed, "a function cannot be compiled: " + code.error().reason, {}};
  made.code = code.value();
  if (is_group) made.member = static_cast<int>(item - term->items.begin());
  const Code& own = is_group ? *made.code->functions[static_cast<std::size_t>(made.member)] : *made.code;
  const_cast<Code&>(own).lifted = made.program->arena().make<lang::Hash>(name.hash);
  made.program->settle();
  made.bytes = made.program->counted_bytes();
  return &kept_->add(kept_->functions, name, std::move(made));
}

}  // namespace roost::runtime
