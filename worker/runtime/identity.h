// SPDX-License-Identifier: MIT
#pragma once

// For walks over values that look at what is shared only once. The members of a group are made anew wherever they are used, so it is
// not enough to know objects by their addresses: a member is known by its group and its place in it.

#include <cstdint>
#include <functional>

#include "worker/runtime/value.h"

namespace roost::runtime {

struct Identity {
  const Object* object = nullptr;   // of a member its group
  std::uint32_t member = 0;         // 1: the group's first
  bool operator==(const Identity&) const = default;
};

struct HashOfIdentity {
  std::size_t operator()(const Identity& identity) const {
    return std::hash<const void*>()(identity.object) + std::size_t{identity.member} * 0x9e3779b97f4a7c15u;
  }
};

[[nodiscard]] inline Identity identity_of(const Object& object) {
  if (object.kind != Kind::Member) return {&object, 0};
  return {static_cast<const Member&>(object).group.object(), std::uint32_t{object.tag} + 1};
}

[[nodiscard]] inline bool is_of_shared_group(const Object& object) {
  return object.kind == Kind::Member && static_cast<const Member&>(object).group.object()->count != 1;
}

// False: a walk comes to the object once, and by `owner` (null: it begins with it). What one member of a group captured, all did.
[[nodiscard]] inline bool may_be_met_again(const Object& object, const Object* owner) {
  return object.count != 1 || is_of_shared_group(object) || (owner != nullptr && is_of_shared_group(*owner));
}

}  // namespace roost::runtime
