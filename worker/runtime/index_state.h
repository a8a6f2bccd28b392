// SPDX-License-Identifier: MIT
#pragma once

// The node's indexes (reference, section 10), as far as they are in this process: what a primitive asks of the container, what its
// answer means, and a bounded cache of entries that were read or written lately. Only this process touches this node's
// state, so what it wrote it need not read again.
//
// Entries are filed under the byte string of the key's hash; keys and values are encoded values. Thread: one per Heap.

#include <optional>
#include <unordered_map>

#include "worker/runtime/builtin.h"
#include "worker/runtime/codec.h"
#include "worker/wire/frames.h"

namespace roost::runtime {

class IndexState {
 public:
  // Bytes of keys and values in the cache; beyond it the cache starts anew.
  static constexpr std::size_t kCacheBytesMax = 256u << 10;

  IndexState() = default;
  ~IndexState();

  // A fresh random token, as text.
  [[nodiscard]] static Value new_token();

  // Each throws Crash. `token` is the text that a program gave.
  [[nodiscard]] wire::Write insert(BuiltinContext& context, const Value& key, const Value& value, const Value& token,
                                   FunctionNamer& functions);
  [[nodiscard]] wire::Write remove(BuiltinContext& context, const Value& key, const Value& token);

  // A read is either answered from the cache, or a frame to send (with its number).
  struct Question {
    std::optional<Value> answer;
    wire::Read frame;
    std::uint64_t writes = 0;   // before it
  };
  [[nodiscard]] Question lookup(BuiltinContext& context, const Value& key, const Value& token, FunctionMaker& functions);
  [[nodiscard]] Question after(BuiltinContext& context, const Value& key, const Value& token);
  [[nodiscard]] Question first(BuiltinContext& context, const Value& token);
  [[nodiscard]] Question keys(BuiltinContext& context, const Value& token);
  // The number of the next question to the container, whatever it is about.
  [[nodiscard]] std::uint64_t next_read() { return next_read_++; }
  // What the answer to that question means to the program. Throws Crash.
  [[nodiscard]] Value answered(BuiltinContext& context, const wire::ReadResult& result, const Question& question, FunctionMaker& functions);

 private:
  void remember(const Bytes& token, const Bytes& key_hash, std::optional<Bytes> value);
  [[nodiscard]] Question ask(wire::ReadKind kind, Bytes token, Bytes key_hash);

  std::unordered_map<Bytes, std::optional<Bytes>> cache_;   // token | hash → encoded value, or that there is none
  std::size_t cache_bytes_ = 0;
  std::uint64_t next_read_ = 1;
  std::uint64_t writes_ = 0;
};

}  // namespace roost::runtime
