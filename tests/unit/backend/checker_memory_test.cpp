// SPDX-License-Identifier: MIT
// The checker of definitions when memory runs out: the worker pays for it, not the container.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <future>
#include <new>
#include <thread>

#include "backend/code/definition_checker.h"
#include "tests/unit/backend/test_definitions.h"
#include "worker/code/private_store.h"

namespace {

const std::thread::id kMainThread = std::this_thread::get_id();
std::atomic<int> allocations_left{-1};   // of other threads than the main one, before one fails; negative: none does

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t bytes) {
  if (std::this_thread::get_id() != kMainThread && allocations_left >= 0 && allocations_left-- == 0) throw std::bad_alloc();
  if (void* const memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace roost::code {
namespace {

// What is wrong with a good definition if the checker's allocation number `failing` fails.
std::string fault_when(int failing) {
  const PrivateStore store(kStoreBytesMin);
  std::promise<std::string> came;
  DefinitionChecker checker(store.view(), [&](core::WorkerId, std::string fault) {
    allocations_left = -1;
    came.set_value(std::move(fault));
  });
  wire::Define definition = definition_of("x -> x");
  allocations_left = failing;
  checker.check(core::WorkerId{1}, std::move(definition));
  return came.get_future().get();
}

TEST(CheckerMemory, EveryAllocationMayFail) {
  int failing = 0;
  for (std::string fault; !(fault = fault_when(failing)).empty(); ++failing)
    EXPECT_NE(fault.find("not enough memory"), std::string::npos) << fault;
  EXPECT_GT(failing, 2);
}

}  // namespace
}  // namespace roost::code
