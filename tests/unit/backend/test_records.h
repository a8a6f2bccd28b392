// SPDX-License-Identifier: MIT
#pragma once

// Nodes and writes for tests of the database. Everything in them has zero bytes, which a text parameter would be cut at.

#include <memory>
#include <string>

#include "backend/core/doors.h"

namespace roost::directory {

inline PublicKey key_numbered(unsigned number) {
  Bytes bytes(32, '\0');
  bytes[1] = static_cast<char>(number >> 8);
  bytes[2] = static_cast<char>(number);
  bytes[31] = '\xff';
  return public_key_from(bytes);
}

inline core::NodeRecord root_numbered(unsigned number) {
  core::NodeRecord record;
  record.key = key_numbered(number);
  record.access.kind = core::AccessKind::Anyone;
  record.capabilities = 3;
  record.sealed_key = Bytes("s\0ealed", 7) + static_cast<char>(number);
  return record;
}

inline core::NodeRecord child_numbered(unsigned number, unsigned parent) {
  core::NodeRecord record = root_numbered(number);
  record.parent = key_numbered(parent);
  record.lifetime = core::Lifetime::Linked;
  record.envelope = {Bytes(80, '\0'), Bytes(64, '\1')};
  record.enclosed_key = Bytes(72, '\2');
  return record;
}

inline const Bytes kToken = [] {
  Bytes token(wire::kTokenBytes, '\xfe');
  token[0] = '\0';
  return token;
}();

inline core::StateWrite insertion(unsigned node, const Bytes& key_hash, const Bytes& value) {
  return {key_numbered(node), {wire::WriteKind::Insert, kToken, key_hash, Bytes("k\0y", 3), value}};
}
inline core::StateWrite deletion(unsigned node, const Bytes& key_hash) {
  return {key_numbered(node), {wire::WriteKind::Delete, kToken, key_hash, {}, {}}};
}

inline core::Definition definition_numbered(unsigned number, const Bytes& bytes) {
  core::Definition definition;
  definition.hash[1] = static_cast<std::uint8_t>(number);
  definition.bytes = std::make_shared<const Bytes>(bytes);
  return definition;
}

}  // namespace roost::directory
