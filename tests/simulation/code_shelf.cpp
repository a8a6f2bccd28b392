// SPDX-License-Identifier: MIT
#include "tests/simulation/code_shelf.h"

namespace roost::simulation {

wire::DefinitionHash hash_of(std::uint64_t definition) {
  wire::DefinitionHash hash;
  hash.fill(static_cast<std::uint8_t>(definition));
  return hash;
}

Bytes bytes_of(std::uint64_t definition) { return Bytes(20 + 30 * definition, static_cast<char>(definition)); }

std::uint64_t definition_of(const wire::DefinitionHash& hash) { return hash[0]; }

void CodeShelf::fill(const Code& definitions) {
  published_ = definitions;
  used_ = reserved_ = 0;
  for (const std::uint64_t definition : definitions) used_ += bytes_of(definition).size();
  if (used_ > bytes_max_) complain_("more code became durable than the code store has room for");
}

bool CodeShelf::reserve(std::uint64_t bytes) {
  if (used_ + reserved_ + bytes > bytes_max_) return false;
  reserved_ += bytes;
  return true;
}

void CodeShelf::publish(const wire::DefinitionHash& hash, BytesView definition) {
  if (!durable_(definition_of(hash))) complain_("code was published before it was committed");
  if (definition != bytes_of(definition_of(hash))) complain_("code was published under the hash of other code");
  give_up(definition.size());
  if (published_.insert(definition_of(hash)).second) used_ += definition.size();
}

void CodeShelf::give_up(std::uint64_t bytes) {
  if (bytes > reserved_) complain_("room in the code store was given up, or used, that was not reserved");
  reserved_ -= bytes;
}

}  // namespace roost::simulation
