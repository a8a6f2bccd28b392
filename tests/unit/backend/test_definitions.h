// SPDX-License-Identifier: MIT
#pragma once

// True definitions for tests: the code of a program's text.

#include <stdexcept>
#include <string_view>

#include "worker/lang/definition_codec.h"
#include "worker/lang/parser.h"
#include "worker/lang/resolve.h"
#include "worker/wire/frames.h"

namespace roost {

inline wire::Define definition_of(std::string_view program) {
  lang::Arena arena;
  const lang::Names names;
  const auto parsed = lang::parse_program(arena, program);
  if (!parsed.ok()) throw std::runtime_error(parsed.error().message());
  const auto resolved = lang::resolve(arena, parsed.value(), names);
  if (!resolved.ok()) throw std::runtime_error("unbound names");
  return {lang::hash_term(*resolved.value()), lang::encode_definition(*resolved.value())};
}

}  // namespace roost
