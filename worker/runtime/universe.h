// SPDX-License-Identifier: MIT
#pragma once

// All definitions that a node finds by their hash: the library's, and those of the container's code store, which all of its nodes share.
// What leaves the node names functions by hash; here is made sure that whoever reads it finds them: what the store lacks is defined
// (wire::Define) before it is named, and what a definition refers to before it. A definition that comes the other way is compiled when
// it is first met, and kept for the next time within a bound. As long as a value of the node holds it anyway, it is kept beyond that:
// those who use it share it.
//
// The store's definitions are as the container checked them, closed and true to their names; whether there is one of some hash is
// up to whoever sent the hash. Values and code count as the node's memory.
// Thread: one per Heap.

#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "worker/code/store_view.h"
#include "worker/lang/typecheck.h"
#include "worker/runtime/builtin.h"
#include "worker/runtime/code.h"
#include "worker/runtime/codec.h"
#include "worker/runtime/library.h"

namespace roost::runtime {

class Universe final : public Definitions, public lang::TypeTable, public FunctionMaker, public FunctionNamer {
 public:
  using Define = std::function<void(wire::Define)>;   // tells the container of a definition

  // Bytes of code and values that are kept for the next time, though nothing else may hold them.
  static constexpr std::size_t kKeptBytesMax = 256u << 10;

  // Requires: the others outlive it.
  Universe(const Library& library, const code::StoreView& store, BuiltinContext& context, Define define);
  ~Universe() override;

  // Between messages: gives up what nothing else holds, if more than the bound is kept. No pointer that was given is valid any more.
  void trim();
  void clear();   // all of it; to be called before the heap goes

  // Each throws Crash if the definition cannot be brought in: it is nested too deep, or there is no memory for it.
  [[nodiscard]] const Value* value_of(const lang::Hash& hash) const override;
  [[nodiscard]] const Value* evaluator_of(const lang::Hash& hash) const override;   // Requires: value_of() was asked
  [[nodiscard]] const lang::Type* type_of(const lang::Hash& hash) const override;   // null too if it has none by itself
  [[nodiscard]] const Value* definition(const lang::Hash& hash) override { return value_of(hash); }
  [[nodiscard]] Result<Value, std::string> make_function(const lang::Hash& hash, std::span<const Value> captures) override;

  [[nodiscard]] const lang::Hash& name_of(const FunctionParts& function) override;
  void will_need(const lang::Hash& definition) override;
  void charge(std::uint64_t work) override { context_.charge(work); }

 private:
  struct Name {   // of a function with so many captured values
    lang::Hash hash;
    std::size_t captures = 0;
    bool operator==(const Name&) const = default;
  };
  struct HashOfName {
    std::size_t operator()(const Name& name) const { return lang::HashOfHash()(name.hash) + name.captures; }
  };
  struct Function {
    ProgramHandle program;
    const Code* code = nullptr;   // the function's, or its group's
    int member = -1;              // of the group
    std::size_t bytes = 0;        // of the program

    [[nodiscard]] bool is_in_use() const { return program->is_shared(); }
  };
  struct Source {   // a definition as it was read
    lang::Hash hash;
    std::shared_ptr<lang::Arena> arena;
    const lang::Term* term = nullptr;
  };
  struct Kept;   // what was met: universe.cpp

  [[nodiscard]] std::optional<BytesView> find(const lang::Hash& hash) const;
  void forget_committed();
  [[nodiscard]] bool has_room(std::size_t size);
  void define(const lang::Hash& hash, Bytes bytes, std::string_view what);
  void define_references(const lang::Term& term);
  [[nodiscard]] Source read(const lang::Hash& hash, BytesView bytes) const;
  [[nodiscard]] std::vector<Source> with_references(const lang::Hash& hash, const std::function<bool(const lang::Hash&)>& is_there) const;
  [[nodiscard]] Result<const Function*, std::string> function_of(const Name& name);
  void keep(const Source& source) const;
  Value evaluate(const Source& source, const lang::Term* term) const;

  const Library& library_;
  const code::StoreView& store_;
  BuiltinContext& context_;
  const Define define_;
  std::unordered_map<lang::Hash, Bytes, lang::HashOfHash> defined_;   // by this process, and perhaps not yet in the store
  std::uint64_t defined_entry_bytes_ = 0;   // what they take there
  std::unique_ptr<Kept> kept_;
};

}  // namespace roost::runtime
