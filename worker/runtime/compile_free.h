// SPDX-License-Identifier: MIT
#pragma once

// Which variables functions and groups capture. One walk over a term finds, for every Lambda and LetRec in it, the variables
// that point outside. Thread: one.

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "worker/lang/syntax.h"

namespace roost::runtime {

// Ascending; 0 is the innermost binder around the term.
using Outside = std::vector<std::uint32_t>;

class FreeVariables {
 public:
  // False if it was too much work: work grows with the number of terms times the variables that are free in them.
  [[nodiscard]] bool walk(const lang::Term* term);
  // Of a Lambda: the variables of the function. Of a LetRec: of its items. Requires: it was in a term that was walked.
  [[nodiscard]] const Outside& of(const lang::Term* term) const { return found_.at(term); }

 private:
  Outside free_in(const lang::Term* term);
  Outside united(Outside left, const Outside& right);
  Outside under(const Outside& inner, std::uint32_t binders);
  Outside free_in_group(const lang::Term* term);

  std::unordered_map<const lang::Term*, Outside> found_;
  std::uint64_t work_ = 0;
};

}  // namespace roost::runtime
