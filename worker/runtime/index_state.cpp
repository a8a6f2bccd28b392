// SPDX-License-Identifier: MIT
#include "worker/runtime/index_state.h"

#include <sodium.h>

#include "worker/lang/hash.h"
#include "worker/runtime/object.h"
#include "worker/runtime/value_hash.h"

namespace roost::runtime {
namespace {

constexpr std::size_t kEntryBytesMax = wire::kFrameBytesMax - 1024;   // of a key and its value together
constexpr std::size_t kCacheEntryBytes = 128;                         // beyond the key and value themselves

Bytes token_bytes(BuiltinContext& context, const Value& token) {
  if (!token.is(Kind::Text)) context.crash("an index token is a text, not " + brief(token));
  const auto bytes = lang::from_base64url(token.as_text()->view());
  if (!bytes || bytes->size() != wire::kTokenBytes) context.crash("not an index token: " + brief(token));
  return *bytes;
}

Value decoded(BuiltinContext& context, const Bytes& bytes, FunctionMaker& functions) {
  context.charge(bytes.size() * kWorkPerCodedByte);
  auto value = decode_value(bytes, functions);
  if (!value.ok()) throw Crash{wire::FailureKind::ProgramFailed, "an index entry cannot be read: " + value.error().what, {}};
  return std::move(value).value();
}

}  // namespace

IndexState::~IndexState() { Heap::current().remove(cache_bytes_); }

Value IndexState::new_token() {
  char random[wire::kTokenBytes];
  randombytes_buf(random, sizeof random);
  return make_text(lang::base64url({random, sizeof random}));
}

// The cache is a convenience: it takes no more than half of the memory that is left.
void IndexState::remember(const Bytes& token, const Bytes& key_hash, std::optional<Bytes> value) {
  const std::size_t bytes = token.size() + key_hash.size() + (value ? value->size() : 0) + kCacheEntryBytes;
  Bytes place = token + key_hash;
  if (const auto old = cache_.find(place); old != cache_.end()) {
    const std::size_t old_bytes = place.size() + (old->second ? old->second->size() : 0) + kCacheEntryBytes;
    Heap::current().remove(old_bytes);
    cache_bytes_ -= old_bytes;
    cache_.erase(old);
  }
  if (cache_bytes_ + bytes > kCacheBytesMax) {
    Heap::current().remove(cache_bytes_);
    cache_bytes_ = 0;
    cache_.clear();
  }
  const Heap& heap = Heap::current();
  if (bytes > kCacheBytesMax || bytes > (heap.bytes_max() - std::min(heap.bytes(), heap.bytes_max())) / 2) return;
  Heap::current().add(bytes);
  cache_bytes_ += bytes;
  cache_.emplace(std::move(place), std::move(value));
}

wire::Write IndexState::insert(BuiltinContext& context, const Value& key, const Value& value, const Value& token,
                               FunctionNamer& functions) {
  wire::Write write{wire::WriteKind::Insert, token_bytes(context, token), hash_key_of(context, key),
                    encode_value(key, functions), encode_value(value, functions)};
  const std::size_t bytes = write.key.size() + write.value.size();
  context.charge(bytes * kWorkPerCodedByte);
  if (bytes > kEntryBytesMax) {
    context.crash(wire::FailureKind::MemoryLimit, "an index entry of " + std::to_string(bytes) + " bytes cannot be stored; the most is " +
                                                      std::to_string(kEntryBytesMax));
  }
  ++writes_;
  remember(write.token, write.key_hash, write.value);
  return write;
}

wire::Write IndexState::remove(BuiltinContext& context, const Value& key, const Value& token) {
  wire::Write write{wire::WriteKind::Delete, token_bytes(context, token), hash_key_of(context, key), {}, {}};
  ++writes_;
  remember(write.token, write.key_hash, std::nullopt);
  return write;
}

IndexState::Question IndexState::ask(wire::ReadKind kind, Bytes token, Bytes key_hash) {
  return {std::nullopt, {next_read_++, kind, std::move(token), std::move(key_hash)}, writes_};
}

IndexState::Question IndexState::lookup(BuiltinContext& context, const Value& key, const Value& token, FunctionMaker& functions) {
  Bytes bytes = token_bytes(context, token);
  Bytes hash = hash_key_of(context, key);
  const auto known = cache_.find(bytes + hash);
  if (known == cache_.end()) return ask(wire::ReadKind::Lookup, std::move(bytes), std::move(hash));
  return {known->second ? make_some(decoded(context, *known->second, functions)) : none(), {}};
}

IndexState::Question IndexState::after(BuiltinContext& context, const Value& key, const Value& token) {
  return ask(wire::ReadKind::After, token_bytes(context, token), hash_key_of(context, key));
}

IndexState::Question IndexState::first(BuiltinContext& context, const Value& token) {
  return ask(wire::ReadKind::First, token_bytes(context, token), {});
}

IndexState::Question IndexState::keys(BuiltinContext& context, const Value& token) {
  return ask(wire::ReadKind::All, token_bytes(context, token), {});
}

Value IndexState::answered(BuiltinContext& context, const wire::ReadResult& result, const Question& question, FunctionMaker& functions) {
  const wire::Read& read = question.frame;
  if (!result.ok) {
    const char* const perhaps = read.kind == wire::ReadKind::All ? "; all keys of an index are given at once if they have less than 16 MiB" : "";
    throw Crash{wire::FailureKind::ProgramFailed, std::string("the container could not read the node's state") + perhaps, {}};
  }
  if (read.kind == wire::ReadKind::All) {
    Value keys = make_vector(result.entries.size());
    for (const wire::Entry& entry : result.entries) vector_push(keys, decoded(context, entry.key, functions));
    return keys;
  }
  const bool found = !result.entries.empty();
  if (read.kind != wire::ReadKind::Lookup) return found ? make_some(decoded(context, result.entries[0].key, functions)) : none();
  // A write since the question makes the answer old news for the cache, though not for who asked.
  if (question.writes == writes_)
    remember(read.token, read.key_hash, found ? std::optional(result.entries[0].value) : std::nullopt);
  return found ? make_some(decoded(context, result.entries[0].value, functions)) : none();
}

}  // namespace roost::runtime
