// SPDX-License-Identifier: MIT
#pragma once

// A place to try builtins and values without a machine: a heap with an allowance, a count of work, and short words for making
// values. What the heap counts when the test ends must be what it counted when it began.

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "worker/runtime/builtin.h"
#include "worker/runtime/object.h"
#include "worker/runtime/render.h"
#include "worker/runtime/value.h"

namespace roost::runtime {

class BuiltinBench : public ::testing::Test {
 protected:
  using B = lang::Builtin;
  static constexpr std::uint64_t kMemory = 64u << 20;

  BuiltinBench() : heap_(kMemory), scope_(heap_), context_(work_) {}
  void TearDown() override { EXPECT_EQ(heap_.objects(), 0u) << "objects leak"; }

  Value call(B builtin, std::vector<Value> arguments) {
    EXPECT_NE(first_order(builtin), nullptr) << lang::name_of(builtin);
    return first_order(builtin)(context_, arguments.data());
  }
  // The result as people read it; for a crash its reason.
  std::string shown(B builtin, std::vector<Value> arguments) {
    try {
      return show(call(builtin, std::move(arguments)));
    } catch (const Crash& crash) {
      return "✗ " + crash.reason;
    }
  }
  // Which failure it ends with.
  std::string failure(B builtin, std::vector<Value> arguments) {
    try {
      return "no failure: " + show(call(builtin, std::move(arguments)));
    } catch (const Crash& crash) {
      return crash.kind == wire::FailureKind::MemoryLimit ? "memory limit" : "program failed";
    }
  }

  static std::string show(const Value& value) { return render(value).value(); }
  static Value n(double number) { return Value::canonical_number(number); }
  static Value t(std::string_view text) { return make_text(text); }
  static Value v(std::vector<Value> items) { return make_vector(std::span<const Value>(items)); }
  static Value b(B builtin) { return Value::builtin(builtin); }
  static Value some(Value value) { return make_some(std::move(value)); }
  static Value tuple(Value first, Value second) { return make_tuple(std::move(first), std::move(second)); }
  static Value data(B constructor, std::vector<Value> arguments) {
    return make_data(constructor, std::span<const Value>(arguments));
  }

  Heap heap_;
  HeapScope scope_;
  std::uint64_t work_ = 0;
  BuiltinContext context_;
};

}  // namespace roost::runtime
