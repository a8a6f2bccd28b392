// SPDX-License-Identifier: MIT
#pragma once

// The content hash of a value: that of the closed term it stands for. Data hashes as constructors applied to arguments, a
// closure as its literal with the captured values put in, a duration as its seconds, a Remote value as its steps. What `hash#`
// gives and index entries are filed under is a byte string that tells bare builtins from everything else.
//
// Does not recurse over values. Objects that several values share are hashed once. Work is charged to the context, which ends
// computations that use too much; the stack of pending objects counts as the node's memory.
// Thread: one per Heap.

#include "worker/lang/hash.h"
#include "worker/runtime/builtin.h"
#include "worker/runtime/value.h"

namespace roost::runtime {

// ⟦value⟧. Throws Crash (MemoryLimit, ComputeLimit).
[[nodiscard]] lang::Hash hash_value(BuiltinContext& context, const Value& value);
// The byte string of `hash#`: 0 | name for a bare builtin, else 1 | 64 | hash. At most 255 bytes.
[[nodiscard]] Bytes hash_key_of(BuiltinContext& context, const Value& value);
// `hash# value`: Data(HashConstructor, base64url of the byte string).
[[nodiscard]] Value make_hash(BuiltinContext& context, const Value& value);

// Charges what hashing a term takes while it is hashed.
class HashCharge final : public lang::HashMeter {
 public:
  explicit HashCharge(BuiltinContext& context) : context_(context) {}
  void spend(std::uint64_t visits) override;

 private:
  BuiltinContext& context_;
};

}  // namespace roost::runtime
