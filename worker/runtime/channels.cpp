// SPDX-License-Identifier: MIT
#include "worker/runtime/channels.h"

#include <sodium.h>

#include <algorithm>
#include <utility>

namespace roost::runtime {
namespace {

constexpr std::size_t kRandomBytes = 16;
constexpr std::size_t kRandomAt = 32;
// What the C library takes for each with its places in tables, beside the id itself.
constexpr std::uint64_t kListeningBytes = 256;
constexpr std::uint64_t kFutureBytes = 352;
constexpr std::uint64_t kWaiterBytes = 96;
constexpr std::uint64_t kQueuedBytes = 32;

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

Channels::Channels(Timers& timers) : timers_(timers) {
  Heap::current().set_relief([this] { return close_oldest_lapsed() || forget_oldest() || reopen_oldest_settled(); });
}

Channels::~Channels() {
  Heap::current().set_relief(nullptr);
  Heap::current().remove(bytes_);
}

void Channels::note(std::uint64_t bytes) {
  Heap::current().note(bytes);
  bytes_ += bytes;
}

void Channels::remove(std::uint64_t bytes) {
  Heap::current().remove(bytes);
  bytes_ -= bytes;
}

// ---- channels ------------------------------------------------------------------------------------------------

// The channel's entry, which is made if there is none, and leave for what shall be added to it. If nothing is, it goes again.
Channels::ListeningHere Channels::listening(BytesView channel, std::uint64_t bytes_more) {
  const Bytes id(channel);
  Heap::current().require(kListeningBytes + id.size() + bytes_more);   // whether there is one or not: it may be what gives way
  const auto [at, is_made] = channels_.try_emplace(id);
  if (is_made) note(kListeningBytes + id.size());
  return ListeningHere(&*at, {*this});
}

void Channels::forget_if_idle(const Entry& entry) noexcept {
  if (!entry.second.is_idle()) return;
  remove(kListeningBytes + entry.first.size());
  channels_.erase(channels_.find(entry.first));
}

void Channels::settle(Entry& entry, Settled& place) noexcept {
  place.front() = &entry;
  entry.second.stands_in = &settled_;
  entry.second.place = place.begin();
  settled_.splice(settled_.end(), place);
  const std::uint64_t settled_max = std::max<std::uint64_t>(kSettledMin, Heap::current().bytes_max() / kBytesPerSettled);
  if (settled_.size() > settled_max) (void)reopen_oldest_settled();
}

void Channels::lapse(Entry& entry, Settled& place) noexcept {
  place.front() = &entry;
  entry.second.stands_in = &lapsed_;
  entry.second.place = place.begin();
  lapsed_.splice(lapsed_.end(), place);
  if (lapsed_.size() > kLapsedMax) (void)close_oldest_lapsed();
}

void Channels::unsettle(Listening& listening) noexcept {
  if (listening.stands_in) listening.stands_in->erase(listening.place);
  listening.stands_in = nullptr;
}

// Its late messages are dropped, and those that come later too.
bool Channels::close_oldest_lapsed() noexcept {
  if (lapsed_.empty()) return false;
  Entry& oldest = *lapsed_.front();
  drop_messages(oldest.second);
  Settled place;
  place.splice(place.end(), lapsed_, oldest.second.place);
  settle(oldest, place);
  return true;
}

bool Channels::reopen_oldest_settled() noexcept {
  if (settled_.empty()) return false;
  Entry& oldest = *settled_.front();
  unsettle(oldest.second);
  forget_if_idle(oldest);
  return true;
}

void Channels::drop_messages(Listening& listening) noexcept {
  remove(kQueuedBytes * listening.messages.size());
  listening.messages.clear();
}

Channels::Place Channels::take_place(Row& row, BytesView channel, ComputationId computation) {
  row.emplace(next_place_, computation);
  note(kWaiterBytes + channel.size());
  return next_place_++;
}

Channels::Row::node_type Channels::leave_row(Row& row, BytesView channel, Row::iterator at) {
  remove(kWaiterBytes + channel.size());
  return row.extract(at);
}

Value Channels::first_message(Listening& listening) {
  Value message = std::move(listening.messages.front());
  listening.messages.pop_front();
  remove(kQueuedBytes);
  return message;
}

Channels::Delivery Channels::deliver(BytesView channel, const Value& message, bool is_home) {
  const auto at = channels_.find(Bytes(channel));
  Listening* found = at == channels_.end() ? nullptr : &at->second;
  if (found && !found->receivers.empty()) {
    Delivery delivery{Delivered::ToReceivers, {}};
    delivery.receivers.insert(leave_row(found->receivers, channel, found->receivers.begin()));
    forget_if_idle(*at);
    return delivery;
  }
  if (found && found->future) {
    FutureEntry& future = *found->future;
    Delivery delivery{Delivered::ToReceivers, everybody(future)};
    future.second.value = message;
    future.second.channel = nullptr;
    found->future = nullptr;
    --pending_;
    settle(*at, future.second.settles);
    if (delivery.receivers.empty()) move_limit(future, timers_.extract(future.second.limit), fulfilled_);
    else make_forgettable(future);
    return delivery;
  }
  if (!is_home) return {Delivered::NobodyHere, {}};
  if (found && found->stands_in == &settled_) return {Delivered::Dropped, {}};
  const ListeningHere here = listening(channel, kQueuedBytes);
  if (here->second.stands_in == &settled_) return {Delivered::Dropped, {}};   // it gave way to this very message
  here->second.messages.push_back(message);
  note(kQueuedBytes);
  return {Delivered::Kept, {}};
}

Value Channels::take_message(BytesView channel) {
  const auto at = channels_.find(Bytes(channel));
  if (at == channels_.end() || at->second.messages.empty()) return {};
  Value message = first_message(at->second);
  unsettle(at->second);
  forget_if_idle(*at);
  return message;
}

Channels::Place Channels::listen(BytesView channel, ComputationId computation) {
  const ListeningHere here = listening(channel, kWaiterBytes + channel.size());
  const Place place = take_place(here->second.receivers, channel, computation);
  unsettle(here->second);
  return place;
}

void Channels::stop_waiting(const Bytes& channel, Place place) {
  if (const auto at = channels_.find(channel); at != channels_.end()) {
    Row& row = at->second.receivers;
    if (const auto waiter = row.find(place); waiter != row.end()) (void)leave_row(row, channel, waiter);
    return forget_if_idle(*at);
  }
  if (const auto at = futures_.find(channel); at != futures_.end()) {
    Row& row = at->second.waiting;
    if (const auto waiter = row.find(place); waiter != row.end()) (void)leave_row(row, channel, waiter);
  }
}

// ---- futures -------------------------------------------------------------------------------------------------

void Channels::receive_async(BytesView channel, const Bytes& future, std::chrono::nanoseconds limit, std::string in_vain) {
  const ListeningHere at = listening(channel, kFutureBytes + future.size() + in_vain.size());
  Timers limits;
  limits.emplace(limit, Timer{});
  Settled settles{nullptr};
  FutureEntry& made = *futures_.try_emplace(future).first;   // the last that may throw
  limits.begin()->second.future = &made.first;
  made.second.settles = std::move(settles);
  made.second.in_vain = std::move(in_vain);
  note(bytes_of(made));
  Listening& here = at->second;
  unsettle(here);
  const bool is_fulfilled = !here.messages.empty();
  move_limit(made, limits.extract(limits.begin()), is_fulfilled ? fulfilled_ : timers_);
  if (is_fulfilled) {
    made.second.value = first_message(here);
    if (here.messages.empty()) settle(*at, made.second.settles);
    return;
  }
  ++pending_;
  if (here.future) here.future->second.channel = nullptr;   // it listens in vain from now on
  here.future = &made;
  made.second.channel = at.get();
}

// All who wait for it, who do so no more.
Channels::Row Channels::everybody(FutureEntry& future) noexcept {
  remove((kWaiterBytes + future.first.size()) * future.second.waiting.size());
  return std::exchange(future.second.waiting, {});
}

void Channels::move_limit(FutureEntry& future, Timers::node_type limit, Timers& to) noexcept {
  future.second.stands_in = &to;
  future.second.limit = to.insert(to.end(), std::move(limit));
}

void Channels::make_forgettable(FutureEntry& future) noexcept {
  auto limit = future.second.stands_in->extract(future.second.limit);
  limit.key() = next_forgettable_++;
  move_limit(future, std::move(limit), forgettable_);
  if (forgettable_.size() > kForgettableMax) (void)forget_oldest();
}

bool Channels::forget_oldest() noexcept {
  if (forgettable_.empty()) return false;
  drop(*forgettable_.begin()->second.future);
  return true;
}

std::uint64_t Channels::bytes_of(const FutureEntry& future) { return kFutureBytes + future.first.size() + future.second.in_vain.size(); }

void Channels::drop(const Bytes& future) noexcept {
  const auto at = futures_.find(future);
  at->second.stands_in->erase(at->second.limit);
  remove(bytes_of(*at));
  futures_.erase(at);
}

Channels::FutureState Channels::state_of(BytesView future) const {
  const auto at = futures_.find(Bytes(future));
  if (at == futures_.end()) return FutureState::Unknown;
  return at->second.value.is_unset() ? FutureState::Pending : FutureState::Fulfilled;
}

std::string_view Channels::in_vain(BytesView future) const { return futures_.find(Bytes(future))->second.in_vain; }

Value Channels::value_of(BytesView future) {
  FutureEntry& at = *futures_.find(Bytes(future));
  Value value = at.second.value;
  if (at.second.stands_in != &forgettable_) make_forgettable(at);
  return value;
}

Channels::Place Channels::wait_for(BytesView future, ComputationId computation) {
  Heap::current().require(kWaiterBytes + future.size());
  return take_place(futures_.at(Bytes(future)).waiting, future, computation);
}

Channels::Row Channels::limit_passed(const Bytes& future) noexcept {
  FutureEntry& at = *futures_.find(future);
  Row waiting = everybody(at);
  if (Entry* channel = at.second.channel) {
    channel->second.future = nullptr;
    if (channel->second.receivers.empty()) lapse(*channel, at.second.settles);
  }
  --pending_;
  drop(future);
  return waiting;
}

bool Channels::pass_limit(std::chrono::nanoseconds now) noexcept {
  if (fulfilled_.empty() || fulfilled_.begin()->first > now) return false;
  make_forgettable(*futures_.find(*fulfilled_.begin()->second.future));
  return true;
}

}  // namespace roost::runtime
