// SPDX-License-Identifier: MIT
#include "worker/runtime/channels.h"

#include <sodium.h>

#include <algorithm>

#include "worker/wire/check.h"

namespace roost::runtime {
namespace {

constexpr std::size_t kRandomBytes = 16;
constexpr std::size_t kRandomAt = 32;
constexpr std::uint64_t kListeningBytes = 400;   // an entry of the table with its id and queues
constexpr std::uint64_t kFutureBytes = 450;      // with its timer
constexpr std::uint64_t kQueuedBytes = 16;

}  // namespace

// The first random byte tells futures from channels.
Bytes new_channel_id(const PublicKey& home, std::string_view host, bool future) {
  char random[kRandomBytes];
  randombytes_buf(random, sizeof random);
  random[0] = static_cast<char>((random[0] & 0x7f) | (future ? 0x80 : 0));
  Bytes id(home.view());
  id.append(random, sizeof random);
  id.append(host);
  return id;
}

bool is_future(const Channel& channel) { return (static_cast<unsigned char>(channel.id()[kRandomAt]) & 0x80) != 0; }

Channels::~Channels() {
  Heap& heap = Heap::current();
  for (const auto& [id, channel] : channels_) heap.remove(kListeningBytes + kQueuedBytes * channel.messages.size());
  heap.remove(kFutureBytes * futures_.size());
}

Channels::Listening& Channels::listening(BytesView channel) {
  const auto at = channels_.find(Bytes(channel));
  if (at != channels_.end()) return at->second;
  Heap::current().add(kListeningBytes);
  return channels_[Bytes(channel)];
}

void Channels::forget_if_idle(const Bytes& channel) {
  const auto at = channels_.find(channel);
  if (at == channels_.end() || !at->second.is_idle()) return;
  Heap::current().remove(kListeningBytes);
  channels_.erase(at);
}

void Channels::settle(const Bytes& channel) {
  channels_.at(channel).settled = true;
  settled_.push_back(channel);
  if (settled_.size() <= kSettledMax) return;
  const Bytes oldest = std::move(settled_.front());
  settled_.pop_front();
  if (const auto at = channels_.find(oldest); at != channels_.end()) at->second.settled = false;
  forget_if_idle(oldest);
}

Channels::Delivery Channels::deliver(BytesView channel, const Value& message, bool is_home) {
  const Bytes id(channel);
  const auto at = channels_.find(id);
  Listening* found = at == channels_.end() ? nullptr : &at->second;
  if (found && !found->receivers.empty()) {
    Delivery delivery{Delivered::ToReceivers, {found->receivers.front()}, {}};
    found->receivers.pop_front();
    forget_if_idle(id);
    return delivery;
  }
  if (found && !found->future.empty()) {
    Delivery delivery{Delivered::ToReceivers, {}, std::exchange(found->future, {})};
    Future& future = futures_.at(delivery.fulfilled);
    delivery.receivers = std::exchange(future.waiting, {});
    fulfil(delivery.fulfilled, future, message);
    if (!found->settled) settle(id);
    return delivery;
  }
  if (!is_home) return {Delivered::NobodyHere, {}, {}};
  if (found && found->settled) return {Delivered::Dropped, {}, {}};
  Listening& keeping = listening(channel);
  Heap::current().add(kQueuedBytes);
  keeping.messages.push_back(message);
  return {Delivered::Kept, {}, {}};
}

Value Channels::receive(BytesView channel, ComputationId computation) {
  Listening& here = listening(channel);
  here.settled = false;
  if (here.messages.empty()) {
    here.receivers.push_back(computation);
    return {};
  }
  Value message = std::move(here.messages.front());
  here.messages.pop_front();
  Heap::current().remove(kQueuedBytes);
  forget_if_idle(Bytes(channel));
  return message;
}

void Channels::receive_async(BytesView channel, const Bytes& future) {
  Heap::current().add(kFutureBytes);
  Future& made = futures_[future];
  made.channel = Bytes(channel);
  ++pending_;
  Listening& here = listening(channel);
  here.settled = false;
  if (here.messages.empty()) {
    here.future = future;   // an older one listens in vain from now on
    return;
  }
  fulfil(future, made, std::move(here.messages.front()));
  here.messages.pop_front();
  Heap::current().remove(kQueuedBytes);
  if (here.messages.empty()) settle(made.channel);
}

void Channels::fulfil(const Bytes& id, Future& future, Value value) {
  CHECK(future.value.is_unset());
  future.value = std::move(value);
  --pending_;
  fulfilled_.push_back(id);
  if (fulfilled_.size() <= kFulfilledMax) return;
  drop_future(fulfilled_.front());
  fulfilled_.pop_front();
}

Channels::FutureState Channels::state_of(BytesView future) const {
  const auto at = futures_.find(Bytes(future));
  if (at == futures_.end()) return FutureState::Unknown;
  return at->second.value.is_unset() ? FutureState::Pending : FutureState::Fulfilled;
}

Value Channels::value_of(BytesView future) const { return futures_.at(Bytes(future)).value; }

void Channels::wait_for(BytesView future, ComputationId computation) {
  futures_.at(Bytes(future)).waiting.push_back(computation);
}

std::vector<ComputationId> Channels::limit_passed(const Bytes& future) {
  const auto at = futures_.find(future);
  if (at == futures_.end() || !at->second.value.is_unset()) return {};
  const std::vector<ComputationId> waiting = std::move(at->second.waiting);
  const Bytes channel = at->second.channel;
  if (const auto listened = channels_.find(channel); listened != channels_.end() && listened->second.future == future)
    listened->second.future.clear();
  --pending_;
  drop_future(future);
  forget_if_idle(channel);
  return waiting;
}

void Channels::drop_future(const Bytes& future) {
  if (futures_.erase(future) > 0) Heap::current().remove(kFutureBytes);
}

void Channels::stop_listening(BytesView channel, ComputationId computation) {
  const Bytes id(channel);
  if (const auto at = channels_.find(id); at != channels_.end()) {
    std::erase(at->second.receivers, computation);
    forget_if_idle(id);
  }
  if (const auto at = futures_.find(id); at != futures_.end()) std::erase(at->second.waiting, computation);
}

}  // namespace roost::runtime
