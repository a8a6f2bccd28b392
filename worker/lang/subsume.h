// SPDX-License-Identifier: MIT
#pragma once

// When a value of one type may stand where another type is wanted (subsumption, in the style of Dunfield and Krishnaswami, "Complete
// and Easy Bidirectional Typechecking for Higher-Rank Polymorphism", 2013): ∀ on the right must hold for every type, ∀ on
// the left is chosen as it fits, functions are contravariant in what they take and covariant in what they give, arguments of
// constructors are covariant. A meta never stands for a type with a ∀ in it.
// Thread: one for each TypeStore.

#include <cstdint>

#include "worker/lang/type_store.h"

namespace roost::lang {

// Thrown where two types do not fit.
struct Misfit {
  enum class Kind : std::uint8_t {
    Different,   // found is not wanted
    Infinite,    // a type would contain itself
    Escape,      // one that must be any type would have to be a certain one outside
  };
  Kind kind;
  Ty* found;     // the parts that do not fit
  Ty* wanted;
};

class Subsumption {
 public:
  explicit Subsumption(TypeStore& store) : store_(store) {}

  // found <: wanted, solving metas on the way. `cause` is noted in each. Throws Misfit; then some may have been solved.
  void require(Ty* found, Ty* wanted, std::uint32_t level, const Term* cause);

 private:
  enum class Side : std::uint8_t { Found, Wanted };

  void fit(Ty* found, Ty* wanted, std::uint32_t level);
  void solve(Ty* meta, Ty* type, Side side, std::uint32_t level);
  void look_through(Ty* type, Ty* meta);

  TypeStore& store_;
  const Term* cause_ = nullptr;
};

}  // namespace roost::lang
