// SPDX-License-Identifier: MIT
#pragma once

// The definitions that every program finds: the standard library, or other library files in its place. They are parsed, compiled and
// evaluated once, before any node runs; their values are immortal, so that all forks share them.
//
// The files are loaded in order; each may use the ones before it. A file that does not load (syntax, a taken or unknown name, a
// definition whose evaluation fails) is reported with its name and place, and nothing is loaded.
// Thread: load on one; then any may read.

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "worker/lang/resolve.h"
#include "worker/lang/typecheck.h"
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
  [[nodiscard]] static Result<std::unique_ptr<const Library>, std::string> load(const std::vector<SourceFile>& files);
  // The same from files by path, or the standard library if there are none. Throws std::runtime_error.
  [[nodiscard]] static std::unique_ptr<const Library> load(const std::vector<std::string>& paths);
  ~Library() override;

  [[nodiscard]] const Value* value_of(const lang::Hash& hash) const override;
  [[nodiscard]] const lang::Names& names() const { return names_; }
  [[nodiscard]] const lang::TypeTable& types() const { return types_; }
  [[nodiscard]] std::size_t size() const { return values_.size(); }

 private:
  struct HashOfHash {
    std::size_t operator()(const lang::Hash& hash) const;
  };

  Library();
  void load_file(const SourceFile& file);   // throws LoadError
  Value evaluate(const Code& code);
  void define(const lang::Hash* hash, std::string_view name, const lang::Term* term, const std::string& where);

  Heap heap_;
  lang::Names names_;
  lang::DefinitionTypes types_;
  lang::Arena arena_;
  Program* program_;
  std::vector<Object*> objects_;   // immortal: freed with the library
  std::unordered_map<lang::Hash, Value, HashOfHash> values_;
};

}  // namespace roost::runtime
