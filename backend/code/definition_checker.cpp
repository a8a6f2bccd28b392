// SPDX-License-Identifier: MIT
#include "backend/code/definition_checker.h"

#include <pthread.h>

#include <algorithm>
#include <new>

#include "worker/lang/definition_codec.h"
#include "worker/wire/check.h"

namespace roost::code {
namespace {

constexpr std::size_t kSweepMin = 100;   // hashes that a worker defined, before it is looked which of them are in the store by now

// Ends a check when it is of no more use.
class Interest final : public lang::HashMeter {
 public:
  struct Lost {};
  explicit Interest(const std::atomic<bool>& useless) : useless_(useless) {}
  void spend(std::uint64_t) override {
    if (useless_.load(std::memory_order_relaxed)) throw Lost{};
  }

 private:
  const std::atomic<bool>& useless_;
};

}  // namespace

DefinitionChecker::DefinitionChecker(const StoreView& store, Done done)
    : store_(store), done_(std::move(done)), thread_([this] { run(); }) {}

DefinitionChecker::~DefinitionChecker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    useless_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void DefinitionChecker::check(core::WorkerId worker, wire::Define definition) {
  {
    const std::lock_guard lock(mutex_);
    CHECK(std::none_of(queue_.begin(), queue_.end(), [worker](const Waiting& one) { return one.worker == worker; }));
    queue_.push_back({worker, std::move(definition)});
  }
  changed_.notify_one();
}

void DefinitionChecker::forget(core::WorkerId worker) {
  const std::lock_guard lock(mutex_);
  std::erase_if(queue_, [worker](const Waiting& one) { return one.worker == worker; });
  if (current_ == worker) useless_ = true;
  passed_.erase(worker);
}

bool DefinitionChecker::is_there(core::WorkerId worker, const wire::DefinitionHash& hash) {
  if (store_.holds(hash)) return true;
  const std::lock_guard lock(mutex_);
  const auto passed = passed_.find(worker);
  return passed != passed_.end() && passed->second.hashes.contains(hash);
}

void DefinitionChecker::note_passed(const Waiting& next) {
  const std::lock_guard lock(mutex_);
  if (useless_) return;   // forgotten
  Passed& passed = passed_[next.worker];
  passed.hashes.insert(next.definition.hash);
  if (passed.hashes.size() < 2 * passed.swept_to + kSweepMin) return;
  std::erase_if(passed.hashes, [this](const wire::DefinitionHash& hash) { return store_.holds(hash); });
  passed.swept_to = passed.hashes.size();
}

// nullopt: nobody wants to know any more.
std::optional<std::string> DefinitionChecker::fault_of(const Waiting& next) {
  Interest interest(useless_);
  try {
    std::string fault = lang::check_definition(next.definition.hash, next.definition.definition,
                                               {&interest, [&](const lang::Hash& hash) { return is_there(next.worker, hash); }});
    if (fault.empty()) note_passed(next);
    return fault;
  } catch (const Interest::Lost&) {
    return std::nullopt;
  } catch (const std::bad_alloc&) {   // the worker that asks for so much pays for it, not the container
    return "a definition could not be checked: there was not enough memory";
  }
}

void DefinitionChecker::run() {
  pthread_setname_np(pthread_self(), "checks code");
  for (;;) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    const Waiting next = std::move(queue_.front());
    queue_.pop_front();
    current_ = next.worker;
    useless_ = false;
    lock.unlock();
    auto fault = fault_of(next);
    lock.lock();
    if (useless_ || !fault) continue;
    lock.unlock();
    done_(next.worker, std::move(*fault));
  }
}

}  // namespace roost::code
