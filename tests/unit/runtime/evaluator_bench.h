// SPDX-License-Identifier: MIT
#pragma once

// The evaluator without a machine: programs that have no effects, in a heap of their own. What the heap counts when one has ended must be what it
// counted when it began.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "worker/lang/parser.h"
#include "worker/lang/resolve.h"
#include "worker/lang/typecheck.h"
#include "worker/runtime/compile.h"
#include "worker/runtime/library.h"
#include "worker/runtime/render.h"

namespace roost::runtime {

class EvaluatorBench : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kMemory = 256u << 20;

  // The program's value, or its failure behind ✗. It is not split first, so its outermost `let rec` is one group.
  std::string evaluated(const std::string& source) {
    const std::uint64_t objects = heap_.objects(), bytes = heap_.bytes();
    std::string shown = shown_value(source);
    EXPECT_EQ(heap_.objects(), objects) << source;
    EXPECT_EQ(heap_.bytes(), bytes) << source;
    return shown;
  }

  Heap heap_{kMemory};
  HeapScope scope_{heap_};
  std::uint64_t work_ = 0;
  BuiltinContext context_{work_};

 private:
  static const Library& library() {
    static const std::unique_ptr<const Library> loaded = Library::load(std::vector<std::string>{});
    return *loaded;
  }

  std::string shown_value(const std::string& source) {
    auto arena = std::make_shared<lang::Arena>();
    const auto parsed = lang::parse_program(*arena, source);
    if (!parsed.ok()) return "✗ not parsed";
    const auto resolved = lang::resolve(*arena, parsed.value(), library().names());
    if (!resolved.ok()) return "✗ not resolved";
    if (!lang::infer_type(*arena, *resolved.value(), library().types()).ok()) return "✗ not well typed";
    ProgramHandle program(Program::make(arena));
    const auto code = compile(*program, resolved.value(), library(), {});
    if (!code.ok()) return "✗ " + code.error().reason;
    try {
      return render(evaluate_definition(*code.value(), context_)).value();
    } catch (const Crash& crash) {
      return "✗ " + crash.reason;
    }
  }
};

}  // namespace roost::runtime
