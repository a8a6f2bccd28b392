// SPDX-License-Identifier: MIT
#pragma once

// First-order builtins: those that take values, give a value, and need neither to call functions nor to wait. The table
// (builtin_table.cpp) has one entry for each; the others are the machine's own business (vm.cpp).
//
// A builtin gets exactly its arity of arguments. They are its own: it may move from them, and then change in place what is
// unshared. What it cannot handle it reports with context.crash(), which does not return. Work that grows with the arguments
// is charged, so that fuel and compute limits see it.
// Thread: one per Heap.

#include <string>

#include "worker/runtime/object.h"
#include "worker/runtime/value.h"

namespace roost::runtime {

class BuiltinContext {
 public:
  explicit BuiltinContext(std::uint64_t& work) : work_(work) {}

  // Ends the computation: FailureKind::ProgramFailed with this reason, a sentence that names what was attempted and on what:
  // "Vector.size needs a vector, not 3".
  [[noreturn]] void crash(std::string reason);
  [[noreturn]] void crash(wire::FailureKind kind, std::string reason);
  // "Vector.size needs a vector, not 3": `what` with its article.
  [[noreturn]] void wrong(lang::Builtin builtin, std::string_view what, const Value& got);

  // One unit is about a nanosecond of work. Throws Crash (ComputeLimit) when the message's allowance is far passed.
  void charge(std::uint64_t units) { work_ += units; if (work_ >= next_check_) [[unlikely]] check(); }

  // Where `check` asks whether to go on; the machine's.
  class Meter {
   public:
    virtual ~Meter() = default;
    virtual void check() = 0;   // throws Crash (ComputeLimit)
  };
  void set_meter(Meter* meter) { meter_ = meter; }
  [[nodiscard]] std::uint64_t work() const { return work_; }

 private:
  void check();
  static constexpr std::uint64_t kWorkBetweenChecks = 20'000'000;   // about 20 ms
  std::uint64_t& work_;
  std::uint64_t next_check_ = kWorkBetweenChecks;
  Meter* meter_ = nullptr;
};

// What encoding or decoding a value costs for each byte, and writing one for people; measured 1 to 30 (short texts and empty vectors).
inline constexpr std::uint64_t kWorkPerCodedByte = 10;

using FirstOrder = Value (*)(BuiltinContext& context, Value* arguments);

// The function of a builtin; null if it is a constructor or the machine's own. (builtin_table.cpp)
[[nodiscard]] FirstOrder first_order(lang::Builtin builtin);

// A short rendering for messages, at most about 60 bytes. (render.cpp)
[[nodiscard]] std::string brief(const Value& value);

}  // namespace roost::runtime
