// SPDX-License-Identifier: MIT
#include "worker/runtime/library.h"

#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>
#include <stdexcept>

#include "worker/lang/hash.h"
#include "worker/runtime/builtin.h"
#include "worker/runtime/codec.h"
#include "worker/runtime/compile.h"
#include "worker/runtime/machine_builtin.h"
#include "worker/runtime/universe.h"
#include "worker/runtime/value_hash.h"
#include "worker/runtime/vm.h"
#include "worker/wire/check.h"

namespace roost::runtime {
namespace {

struct LoadError {
  std::string message;
};

constexpr std::uint64_t kLibraryMemoryMax = 1u << 30;
// For one definition, while a library is loaded.
constexpr std::int64_t kLoadingFuelMax = 10'000'000;       // calls
constexpr std::uint64_t kLoadingMemoryMax = 64u << 20;
constexpr std::int64_t kFuelBetweenCharges = 100'000;      // calls
constexpr std::uint64_t kWorkPerCall = 30;                 // nanoseconds: an estimate

// No node is there yet.
class NoHost final : public Host {
 public:
  Value perform(lang::Builtin builtin, Value*) override {
    throw Crash{wire::FailureKind::ProgramFailed,
                std::string(lang::name_of(builtin)) + " has an effect; a definition may not have one while it is evaluated", {}};
  }
};

std::string in_full(const lang::LibraryError& error) {
  std::string text = error.message;
  for (const std::string& sentence : error.because) text += "\n  " + sentence;
  return text;
}

SourceFile read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) throw std::runtime_error("cannot read the library file " + path);
  return {path, text.str()};
}

const lang::Type* copy_of(lang::Arena& arena, const lang::Type& type) {
  auto* copy = arena.make<lang::Type>(type);
  copy->name = arena.copy(type.name);
  if (type.left) copy->left = copy_of(arena, *type.left);
  if (type.right) copy->right = copy_of(arena, *type.right);
  return copy;
}

// A definition has one type.
lang::Hash free_hash(lang::Hash hash, const lang::Type& type, const lang::TypeTable& types) {
  for (const lang::Type* other; (other = types.type_of(hash)) && !lang::same_type(*other, type);) hash = lang::HashWriter().hash(hash).finish();
  return hash;
}

}  // namespace

Library::Library() : heap_(kLibraryMemoryMax), program_(Program::make()) { program_->make_immortal(); }

Library::~Library() {
  HeapScope scope(heap_);
  for (auto& [hash, definition] : definitions_) (void)definition.value.release();   // not counted: only the list below frees them
  for (Object* object : objects_) std::free(object);
  for (Program* program : programs_) Program::destroy_immortal(program);
  Program::destroy_immortal(program_);
}

Result<std::unique_ptr<Library>, std::string> Library::load(const std::vector<SourceFile>& files) {
  std::unique_ptr<Library> library(new Library);
  HeapScope scope(library->heap_);
  prepare_builtins();
  try {
    for (const SourceFile& file : files) library->load_file(file);
  } catch (const LoadError& error) {
    library->program_->keep_constants(library->objects_);   // of the definitions before it, to be freed with the library
    return Refused{error.message};
  }
  library->program_->keep_constants(library->objects_);
  library->program_->name_functions();
  return library;
}

std::optional<std::string> Library::add(const SourceFile& file) {
  HeapScope scope(heap_);
  lang::Names before = names_;
  try {
    for (const lang::Definition& definition : load_file(file)) names_.release(definition.name);
  } catch (const LoadError& error) {
    names_ = std::move(before);   // what was evaluated stays: nothing names it, and its hash means nothing else
    program_->keep_constants(objects_);
    return error.message;
  }
  program_->keep_constants(objects_);
  program_->name_functions();
  return std::nullopt;
}

std::optional<std::string> Library::keep(std::string_view name, const lang::Type& type, BytesView bytes, const code::StoreView& store) {
  if (names_.is_taken(name) || lang::builtin_named(name)) return "the name `" + std::string(name) + "` is taken";
  HeapScope scope(heap_);
  std::uint64_t work = 0;
  BuiltinContext context(work);
  Universe universe(*this, store, context, [](const wire::Define&) {});
  std::optional<std::string> error;
  try {
    auto value = decode_value(bytes, universe);
    if (!value.ok()) throw LoadError{"the value cannot be read: " + value.error().what};
    const lang::Hash hash = free_hash(hash_value(context, value.value()), type, types_);
    make_immortal_with_programs(value.value());
    definitions_.emplace(hash, Entry{nullptr, std::move(value).value()});
    types_.add(hash, copy_of(arena_, type));
    CHECK(names_.add(arena_.copy(name), hash));
    names_.release(name);
  } catch (const Crash& crash) {
    error = crash.reason;
  } catch (const LoadError& wrong) {
    error = wrong.message;
  }
  universe.clear();
  return error;
}

// Its functions' programs too, and their constants, which may hold functions of yet others.
void Library::make_immortal_with_programs(const Value& value) {
  std::size_t at = objects_.size();
  if (value.is_object()) make_immortal(value.object(), objects_);
  for (; at < objects_.size(); ++at) {
    if (objects_[at]->kind != Kind::Closure && objects_[at]->kind != Kind::Group) continue;
    Program& program = static_cast<Function*>(objects_[at])->code->program;
    if (program.is_immortal()) continue;
    program.make_immortal();
    programs_.push_back(&program);
    program.keep_constants(objects_);
  }
}

std::unique_ptr<const Library> Library::load(const std::vector<std::string>& paths) {
  std::vector<SourceFile> files;
  for (const std::string& path : paths) files.push_back(read_file(path));
  auto loaded = load(paths.empty() ? default_library() : files);
  if (!loaded.ok()) throw std::runtime_error(loaded.error());
  return std::move(loaded).value();
}

std::vector<lang::Definition> Library::load_file(const SourceFile& file) {
  auto definitions = lang::load_library(arena_, arena_.copy(file.text), names_, types_);
  if (!definitions.ok()) throw LoadError{file.name + ": " + in_full(definitions.error())};
  for (const lang::Definition& definition : definitions.value()) {
    if (!definition.is_new || definitions_.contains(definition.hash)) continue;
    const auto* hash = arena_.make<lang::Hash>(definition.hash);
    const std::string where = file.name + ", line " + std::to_string(definition.place.line) + ": " + std::string(definition.name);
    try {
      define(hash, definition.name, definition.term, where);
    } catch (const Crash& crash) {   // the library's memory is used up
      throw LoadError{where + ": " + crash.reason};
    }
  }
  return std::move(definitions).value();
}

void Library::define(const lang::Hash* hash, std::string_view name, const lang::Term* term, const std::string& where) {
  const auto code = compile(*program_, term, *this, name);
  if (!code.ok()) throw LoadError{where + ": " + code.error().reason};
  std::optional<Value> value = evaluated(*code.value());
  const bool is_put_off = !value;
  if (is_put_off) {
    const auto again = compile(*program_, put_off(arena_, term), *this, name);
    if (!again.ok()) throw LoadError{where + ": " + again.error().reason};
    value = evaluated(*again.value());
    CHECK(value);
  }
  if (value->is_object()) make_immortal(value->object(), objects_);
  if (!is_put_off) name_definition(*value, *program_, hash);
  definitions_.emplace(*hash, Entry{term, std::move(*value), is_put_off});
}

// Empty: it fails, has an effect, or takes much.
std::optional<Value> Library::evaluated(const Code& code) {
  std::optional<Value> value;
  heap_.set_limit(std::min(kLibraryMemoryMax, heap_.bytes() + kLoadingMemoryMax));
  try {
    std::uint64_t work = 0;
    BuiltinContext context(work);
    value = evaluate_definition(code, context, kLoadingFuelMax);
  } catch (const Crash&) {
    // It is put off.
  }
  heap_.set_limit(kLibraryMemoryMax);
  return value;
}

const lang::Term* put_off(lang::Arena& arena, const lang::Term* term) {
  lang::Term* function = arena.make<lang::Term>();
  function->kind = lang::TermKind::Lambda;
  function->place = term->place;
  function->text = "_";
  function->left = term;
  return function;
}

Value evaluate_definition(const Code& code, BuiltinContext& context, std::int64_t fuel_max) {
  NoHost host;
  Vm vm(host, context);
  Fiber fiber;
  Vm::start(fiber, code);
  for (std::int64_t left = fuel_max; left > 0;) {
    const std::uint64_t before = context.work();
    std::int64_t fuel = kFuelBetweenCharges;
    const Vm::Outcome outcome = vm.run(fiber, fuel);
    const std::uint64_t work = context.work() - before;   // of builtins; they use up the fuel as well
    const std::int64_t calls = work > Vm::kWorkPerSlice ? 0 : kFuelBetweenCharges - fuel;
    context.charge(static_cast<std::uint64_t>(calls) * kWorkPerCall);
    left -= calls + static_cast<std::int64_t>(work / kWorkPerCall);
    if (outcome == Vm::Outcome::Finished) return fiber.pop();
  }
  throw Crash{wire::FailureKind::ComputeLimit, "its evaluation does not end", {}};
}

const Value* Library::value_of(const lang::Hash& hash) const {
  const auto at = definitions_.find(hash);
  return at == definitions_.end() || at->second.is_put_off ? nullptr : &at->second.value;
}

const Value* Library::evaluator_of(const lang::Hash& hash) const {
  const auto at = definitions_.find(hash);
  return at == definitions_.end() || !at->second.is_put_off ? nullptr : &at->second.value;
}

const lang::Term* Library::term_of(const lang::Hash& hash) const {
  const auto at = definitions_.find(hash);
  return at == definitions_.end() ? nullptr : at->second.term;
}

}  // namespace roost::runtime
