// SPDX-License-Identifier: MIT
#include "worker/runtime/knot.h"

#include <random>

#include "tests/unit/runtime/evaluator_bench.h"

namespace roost::runtime {
namespace {

class Knots : public EvaluatorBench {
 protected:
  // Of a `let rec` with these bindings, which may use `all n v`: the sum of what the functions in v give for n.
  std::string in_group(const std::string& bindings, const std::string& body) {
    return evaluated("let rec all n v = Vector.fold-left (s h -> s + (h n)) 0 v; " + bindings + " " + body + ";;");
  }
};

TEST_F(Knots, AFunctionOfAnInnerGroupKeepsItsSiblings) {
  EXPECT_EQ(in_group("f n = if n >_Number 1000 then all 0 table else n + 1;"
                     "table = let rec g n = (Vector.size inner) + n; inner = [g, f]; let s = Vector.size inner; [g];;;;;",
                     "[all 0 table, all 0 table, all 0 table]"),
            "[2,2,2]");
}

TEST_F(Knots, AnInnerGroupMayHaveMoreMembersThanTheOuterOne) {
  EXPECT_EQ(in_group("f n = if n >_Number 1000 then all 0 table else n + 1;"
                     "table = let rec a1 n = Vector.size inner; a2 n = Vector.size inner; a3 n = Vector.size inner; a4 n = Vector.size inner;"
                     "a5 n = Vector.size inner; a6 n = Vector.size inner; a7 n = Vector.size inner; inner = [a7, a6, a5, a4, a3, a2, a1, f];"
                     "let s = Vector.size inner; [n -> all 3 inner];;;;;",
                     "[all 0 table, all 0 table, all 0 table]"),
            "[60,60,60]");
}

TEST_F(Knots, AValueThatHoldsAnInnerGroupIsThere) {
  EXPECT_EQ(in_group("f n = if n >_Number 1000 then all n outer else n; outer = let rec g n = (f n) + (Vector.size both); both = [f, g]; both;;;",
                     "[all 1 outer, all 2 outer, all 1001 [n -> 7]]"),
            "[4,6,7]");
}

// Only the order decides which of two groups becomes part of the other's knot.
TEST_F(Knots, GroupsBecomeOneKnotInAnyOrder) {
  const std::string bindings =
      "f n = if n >_Number 1000 then (all n outer) + (Pair.fold (a b -> a n) other) else n;"
      "outer = let rec g n = (f n) + (Vector.size mine); mine = [f, g, h]; h n = (Vector.size mine) + (Pair.fold (a b -> b) other); [g, h, n -> all n mine];;;"
      "other = pair (n -> all n outer) 5;";
  EXPECT_EQ(in_group(bindings, "[all 1 outer, Pair.fold (a b -> a 1) other, all 1 outer]"), "[25,25,25]");
  EXPECT_EQ(in_group(bindings, "[Pair.fold (a b -> a 1) other, all 1 outer, Pair.fold (a b -> b) other]"), "[25,25,5]");
}

TEST_F(Knots, WhatIsTakenOutOfAKnotKeepsIt) {
  EXPECT_EQ(evaluated("let h = (let rec f n = if n ==_Number 0 then 0 else (g (n - 1)) + 1; v = [f, g]; g n = Vector.fold-left (s k -> s + (k n)) 0 "
                      "(Vector.take 1 v); Optional.get-or (n -> 0 - 1) (Vector.at 1 v);;); h 5;;"),
            "5");
}

TEST_F(Knots, WhatIsInAKnotIsNotChangedInPlace) {
  EXPECT_EQ(in_group("f n = Vector.size v; v = [f, f];", "[all 0 (Vector.append f v), all 0 (Vector.reverse v), all 0 (Vector.append f v), Vector.size v]"),
            "[6,4,6,2]");
}

// Each would double the work of the one before.
TEST_F(Knots, AValueInAnInnerGroupIsEvaluatedOnce) {
  std::string bindings = "f n = if n >_Number 1000000000000000 then all 0 t40 else n + 1; t0 = let rec g n = inner + n; inner = f 0; [g];;;";
  for (int i = 1; i <= 40; ++i) {
    const std::string before = "(all 0 t" + std::to_string(i - 1) + ")";
    bindings += "t" + std::to_string(i) + " = let rec g n = inner + n; inner = " + before + " + " + before + "; [g];;;";
  }
  EXPECT_EQ(in_group(bindings, "all 0 t40"), "1099511627776");
  EXPECT_LT(work_, 5'000'000u);
}

TEST_F(Knots, ALongChainOfKnotsTakesNoStack) {
  EXPECT_EQ(evaluated("let rec chain n before = if n ==_Number 0 then before else chain (n - 1) (let rec f k = (Vector.size v) + k; v = [f, before]; "
                      "let s = Vector.size v; f;;;;); (chain 100000 (k -> k)) 1;;"),
            "3");
}

TEST_F(Knots, AKnotIsCountedMemory) {
  heap_.set_limit(heap_.bytes() + (1u << 20));
  EXPECT_NE(in_group("many n kept = if n ==_Number 0 then Vector.size kept else many (n - 1) (Vector.append (let rec f k = (Vector.size v) + k; v = [f]; "
                     "let s = Vector.size v; f;;;;) kept);",
                     "many 100000 []").find("the node needed"), std::string::npos);
  heap_.set_limit(kMemory);
}

// ---- programs by chance ----------------------------------------------------------------------------------------------

// Nested groups whose values hold functions of all of them. Functions call with an argument that falls, values call nothing but with 0, and use only values
// of a lower number: so every evaluation ends. With `lazy` false, each value is a function of an argument that does not matter.
class Writer {
 public:
  Writer(unsigned seed, bool lazy) : random_(seed), lazy_(lazy) {}

  std::string program() {
    const std::string group = this->group(0, "[" + std::string("all 1 ") + use("v0_0") + "]");
    return "let all n v = Vector.fold-left (s h -> s + (h n)) 0 v; " + group + ";;";
  }

 private:
  unsigned below(unsigned count) { return static_cast<unsigned>(random_() % count); }
  std::string use(const std::string& value) const { return lazy_ ? value : "(" + value + " 0)"; }
  template <typename T>
  const T& one_of(const std::vector<T>& all) { return all[below(static_cast<unsigned>(all.size()))]; }

  // A `let rec`; without a body, its value is one of its vectors.
  std::string group(unsigned depth, std::string body) {
    const std::size_t functions = functions_.size(), values = values_.size(), usable = usable_.size();
    const unsigned count = 1 + below(3), number = groups_++;
    const auto name = [&](char kind, unsigned i) { return std::string(1, kind) + std::to_string(number) + "_" + std::to_string(i); };
    for (unsigned i = 0; i < count; ++i) functions_.push_back(name('f', i));
    for (unsigned i = 0; i < count; ++i) values_.push_back(name('v', i));
    std::string text = "let rec ";
    for (unsigned i = 0; i < count; ++i) text += name('f', i) + " n = " + function_body() + "; ";
    for (unsigned i = 0; i < count; ++i) {
      text += name('v', i) + (lazy_ ? " = " : " u = ") + vector(depth) + "; ";
      usable_.push_back(name('v', i));
    }
    if (body.empty()) body = vector(depth + 1);
    else body = body_with_all(count, name);
    functions_.resize(functions), values_.resize(values), usable_.resize(usable);
    return text + body + ";;";
  }
  template <typename Name>
  std::string body_with_all(unsigned count, const Name& name) {
    std::string items;
    for (unsigned round = 0; round < 2; ++round)
      for (unsigned i = 0; i < count; ++i) items += (items.empty() ? "" : ", ") + ("all " + std::to_string(below(3)) + " " + use(name('v', i)));
    return "[" + items + "]";
  }

  std::string function_body() {
    std::string sum = std::to_string(below(10));
    for (unsigned i = below(3); i > 0; --i)
      sum += below(2) == 0 ? " + (all (n - 1) " + use(one_of(values_)) + ")" : " + (" + one_of(functions_) + " (n - 1))";
    return "if n <_Number 1 then " + std::to_string(below(10)) + " else " + sum;
  }

  std::string vector(unsigned depth) {
    switch (below(depth < 3 ? 6 : 3)) {
      case 0: return literal();
      case 1: return usable_.empty() ? literal() : "Vector.concatenate " + use(one_of(usable_)) + " " + literal();
      case 2: return usable_.empty() ? literal() : "(let s = all 0 " + use(one_of(usable_)) + "; Vector.append (n -> s + n) " + literal() + ";;)";
      default: return "(" + group(depth + 1, "") + ")";
    }
  }
  std::string literal() {
    std::string items;
    for (unsigned i = 1 + below(2); i > 0; --i)
      items += (items.empty() ? "" : ", ") + (below(3) == 0 ? "n -> " + function_body() : one_of(functions_));
    return "[" + items + "]";
  }

  std::mt19937 random_;
  bool lazy_;
  unsigned groups_ = 0;
  std::vector<std::string> functions_, values_, usable_;
};

TEST_F(Knots, ProgramsByChanceHaveTheValuesThatTheyHaveWithoutCells) {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    const std::string program = Writer(seed, true).program();
    const std::string value = evaluated(program);
    EXPECT_EQ(value.find("✗"), std::string::npos) << value << "\n" << program;
    EXPECT_EQ(value, evaluated(Writer(seed, false).program())) << "seed " << seed << "\n" << program;
  }
}

}  // namespace
}  // namespace roost::runtime
