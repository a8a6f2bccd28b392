// SPDX-License-Identifier: MIT
#pragma once

// The definitions that every program finds: the standard library, or other library files in its place. They are parsed, compiled and
// evaluated once, before any node runs; their values are immortal, so that all forks share them. A definition that fails, has an effect
// or takes long is put off: it is evaluated where it is used, each time.
//
// The files are loaded in order; each may use the ones before it. A file that does not load (syntax, types, a taken or unknown name) is
// reported with its name and place, and nothing is loaded.
//
// A library may grow while nodes use it (add): definitions are never taken back, so that what refers to one is right for ever.
// Thread: load on one; then any may read, but not while add() runs.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "worker/code/store_view.h"
#include "worker/lang/library_source.h"
#include "worker/lang/resolve.h"
#include "worker/lang/typecheck.h"
#include "worker/runtime/builtin.h"
#include "worker/runtime/code.h"
#include "worker/runtime/object.h"
#include "worker/wire/result.h"

namespace roost::runtime {

struct SourceFile {
  std::string name;   // for messages
  std::string text;
};

// The standard library, in order (worker/library/*.u, made part of the program by the build).
[[nodiscard]] const std::vector<SourceFile>& default_library();

class Library final : public Definitions {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Library>, std::string> load(const std::vector<SourceFile>& files);
  // The same from files by path, or the standard library if there are none. Throws std::runtime_error.
  [[nodiscard]] static std::unique_ptr<const Library> load(const std::vector<std::string>& paths);
  ~Library() override;

  // One more file, behind the others. Names that an earlier add() defined may be defined anew; programs find the new definition from
  // then on. The error is as load()'s; the names are then as before. Requires: no heap is entered.
  [[nodiscard]] std::optional<std::string> add(const SourceFile& file);
  // Names a value that a node encoded (codec.h), whose functions are in the store: a definition that has a value and no term. The name
  // may be defined anew like those of add(). The hash is the value's own, unless something of another type has it (a duration is a number).
  // The error says why nothing was named. Requires: the value has that type; no heap is entered.
  [[nodiscard]] std::optional<std::string> keep(std::string_view name, const lang::Type& type, BytesView value, const code::StoreView& store);

  [[nodiscard]] const Value* value_of(const lang::Hash& hash) const override;
  [[nodiscard]] const Value* evaluator_of(const lang::Hash& hash) const override;
  [[nodiscard]] bool contains(const lang::Hash& hash) const { return definitions_.contains(hash); }
  // The definition's term, or null: there is none.
  [[nodiscard]] const lang::Term* term_of(const lang::Hash& hash) const;
  [[nodiscard]] const lang::Names& names() const { return names_; }
  [[nodiscard]] const lang::DefinitionTypes& types() const { return types_; }

 private:
  Library();
  std::vector<lang::Definition> load_file(const SourceFile& file);   // throws LoadError
  void define(const lang::Hash* hash, std::string_view name, const lang::Term* term, const std::string& where);
  [[nodiscard]] std::optional<Value> evaluated(const Code& code);
  void make_immortal_with_programs(const Value& value);

  Heap heap_;
  lang::Names names_;
  lang::DefinitionTypes types_;
  lang::Arena arena_;
  Program* program_;
  std::vector<Object*> objects_;      // immortal: freed with the library
  std::vector<Program*> programs_;    // of functions that were kept: immortal as well
  struct Entry {
    const lang::Term* term;   // null: it was kept
    Value value;
    bool is_put_off = false;   // value: evaluator_of()
  };
  std::unordered_map<lang::Hash, Entry, lang::HashOfHash> definitions_;
};

// A function of one argument that has the term as its body: what evaluator_of() gives, once it is evaluated. Requires: the term is closed.
[[nodiscard]] const lang::Term* put_off(lang::Arena& arena, const lang::Term* term);

inline constexpr std::int64_t kDefinitionFuelMax = 100'000'000;   // calls
// The value of a definition's code, which may have no effect. What it computes is charged. Throws Crash, also if its evaluation does not
// seem to end.
[[nodiscard]] Value evaluate_definition(const Code& code, BuiltinContext& context, std::int64_t fuel = kDefinitionFuelMax);

}  // namespace roost::runtime
