// SPDX-License-Identifier: MIT
// Terms that no program can have, as the parser has bounds of its own, but a stored definition may.
#include "worker/runtime/compile.h"

#include <gtest/gtest.h>

#include <deque>

#include "worker/runtime/library.h"

namespace roost::runtime {
namespace {

using lang::Term;
using lang::TermKind;

class Compile : public ::testing::Test {
 protected:
  struct NoDefinitions : Definitions {
    [[nodiscard]] const Value* value_of(const lang::Hash&) const override { return nullptr; }
  };

  const Term* make(TermKind kind, const Term* left = nullptr, std::span<const Term* const> items = {}, std::span<const std::string_view> names = {}) {
    Term term{};
    term.kind = kind;
    term.left = left;
    term.items = items;
    term.names = names;
    return program_->arena().make<Term>(term);
  }
  const Term* local(std::uint32_t index) {
    Term term{};
    term.kind = TermKind::Local;
    term.index = index;
    return program_->arena().make<Term>(term);
  }
  // A `let rec` of so many numbers around the body.
  const Term* let_rec(std::span<const Term* const> numbers, std::span<const std::string_view> names, const Term* body) {
    Term term = *make(TermKind::LetRec, nullptr, numbers, names);
    term.right = body;
    return program_->arena().make<Term>(term);
  }
  // A vector of vectors, so that few of the variables are met many times.
  const Term* together(std::span<const Term* const> terms) {
    if (terms.size() <= 64) return make(TermKind::Vector, nullptr, kept_.emplace_back(terms.begin(), terms.end()));
    const std::size_t half = terms.size() / 2;
    return make(TermKind::Vector, nullptr, kept_.emplace_back(std::vector{together(terms.first(half)), together(terms.subspan(half))}));
  }
  std::string compiled(const Term* term) {
    const auto code = compile(*program_, term, NoDefinitions(), {});
    return code.ok() ? "compiled" : code.error().reason;
  }

  Heap heap_{1u << 30};
  HeapScope scope_{heap_};
  ProgramHandle program_{Program::make()};
  std::deque<std::vector<const Term*>> kept_;
};

TEST_F(Compile, AFunctionCapturesNoMoreThanAnObjectCanHold) {
  constexpr std::uint32_t kEach = 33'000;
  const std::vector<const Term*> numbers(kEach, make(TermKind::Number));
  const std::vector<std::string_view> names(kEach, "a");
  const auto capturing = [&](std::uint32_t count) {
    std::vector<const Term*> used;
    for (std::uint32_t i = 1; i <= count; ++i) used.push_back(local(i));
    const Term* function = make(TermKind::Lambda, together(used));
    return compiled(let_rec(numbers, names, let_rec(numbers, names, function)));
  };
  EXPECT_EQ(capturing(65'000), "compiled");
  EXPECT_EQ(capturing(66'000), "a function of the program captures more than 65535 variables");
}

TEST_F(Compile, AGroupBindsAndCapturesNoMoreThanAnObjectCanHold) {
  constexpr std::uint32_t kInner = 65'530;
  const auto capturing = [&](std::uint32_t count) {
    std::vector<const Term*> used;
    for (std::uint32_t i = 0; i < count; ++i) used.push_back(local(kInner + i));
    const std::vector<const Term*> outer(count, make(TermKind::Number));
    std::vector<const Term*> inner(kInner, make(TermKind::Number));
    inner[0] = make(TermKind::Vector, nullptr, used);
    const std::vector<std::string_view> names(kInner, "a");
    return compiled(let_rec(outer, std::span(names).first(count), let_rec(inner, names, local(0))));
  };
  EXPECT_EQ(capturing(5), "compiled");
  EXPECT_EQ(capturing(6), "a let rec binds and captures more than 65535 values together");
}

}  // namespace
}  // namespace roost::runtime
