// SPDX-License-Identifier: MIT
#pragma once

// Requests that wait for their answer without a thread. Each is in here from when it was read until a responder takes it out,
// which happens once: whoever comes second finds nothing.
// Thread: any.

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "backend/core/types.h"
#include "backend/front/fastcgi_request.h"
#include "backend/front/response.h"

namespace roost::front {

struct ParkedRequest {
  explicit ParkedRequest(int connection) : request(connection) {}
  FastcgiRequest request;
  RequestFacts facts;
};

class ParkedRequests {
 public:
  // Requires: no request was ever parked under this id.
  void park(core::RequestId id, std::unique_ptr<ParkedRequest> request) {
    const std::lock_guard lock(mutex_);
    recent_[static_cast<std::uint64_t>(id) % kRecent] = {id, request->facts.instance};
    requests_.emplace(id, std::move(request));
  }
  // Null: it was taken out already.
  [[nodiscard]] std::unique_ptr<ParkedRequest> take(core::RequestId id) {
    const std::lock_guard lock(mutex_);
    auto node = requests_.extract(id);
    return node ? std::move(node.mapped()) : nullptr;
  }
  void set_seed(core::RequestId id, std::string seed) {
    const std::lock_guard lock(mutex_);
    if (const auto found = requests_.find(id); found != requests_.end()) found->second->facts.seed = std::move(seed);
  }
  // Also of one that was answered a while ago (the last kRecent): what its forks print still belongs to it. Else empty.
  [[nodiscard]] std::string instance_of(core::RequestId id) const {
    const std::lock_guard lock(mutex_);
    if (const auto found = requests_.find(id); found != requests_.end()) return found->second->facts.instance;
    const auto& [recent, instance] = recent_[static_cast<std::uint64_t>(id) % kRecent];
    return recent == id ? instance : std::string{};
  }
  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return requests_.size();
  }

 private:
  static constexpr std::size_t kRecent = 8192;

  mutable std::mutex mutex_;
  std::vector<std::pair<core::RequestId, std::string>> recent_ = std::vector<std::pair<core::RequestId, std::string>>(kRecent);
  std::unordered_map<core::RequestId, std::unique_ptr<ParkedRequest>> requests_;
};

}  // namespace roost::front
