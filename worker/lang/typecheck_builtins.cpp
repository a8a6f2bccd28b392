// SPDX-License-Identifier: MIT
// The types of builtins (builtins.def), read once.

#include <array>

#include "worker/lang/parser.h"
#include "worker/lang/typecheck_state.h"

namespace roost::lang {
namespace {

constexpr std::array<std::string_view, kBuiltins> kTexts = {
#define ROOST_BUILTIN(enumerator, name, arity, type) type,
#include "worker/lang/builtins.def"
#undef ROOST_BUILTIN
};
constexpr std::string_view kIf = "∀ a . Boolean -> a -> a -> a";

class Table {
 public:
  Table() : if_(read(kIf)) {
    for (std::size_t i = 0; i < kBuiltins; ++i) types_[i] = read(kTexts[i]);
  }
  [[nodiscard]] const Type& of(Builtin builtin) const { return *types_[static_cast<std::size_t>(builtin)]; }
  [[nodiscard]] const Type& of_if() const { return *if_; }

 private:
  const Type* read(std::string_view text) {
    const auto type = parse_type(arena_, text);
    CHECK(type.ok());
    return type.value();
  }

  Arena arena_;
  const Type* if_;
  std::array<const Type*, kBuiltins> types_{};
};

const Table& table() {
  static const Table once;
  return once;
}

}  // namespace

const Type& type_of(Builtin builtin) { return table().of(builtin); }
const Type& type_of_if() { return table().of_if(); }

}  // namespace roost::lang
