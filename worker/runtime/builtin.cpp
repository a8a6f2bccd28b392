// SPDX-License-Identifier: MIT
#include "worker/runtime/builtin.h"

namespace roost::runtime {

void BuiltinContext::crash(std::string reason) { throw Crash{wire::FailureKind::ProgramFailed, std::move(reason), {}}; }

void BuiltinContext::crash(wire::FailureKind kind, std::string reason) { throw Crash{kind, std::move(reason), {}}; }

void BuiltinContext::wrong(lang::Builtin builtin, std::string_view what, const Value& got) {
  crash(std::string(lang::name_of(builtin)) + " needs " + std::string(what) + ", not " + brief(got));
}

void BuiltinContext::check() {
  next_check_ = work_ + kWorkBetweenChecks;
  if (meter_) meter_->check();
}

}  // namespace roost::runtime
