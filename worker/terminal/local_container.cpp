// SPDX-License-Identifier: MIT
#include "worker/terminal/local_container.h"

#include <sodium.h>

#include <stdexcept>

#include "worker/wire/check.h"
#include "worker/wire/failure_text.h"

namespace roost::terminal {
namespace {

constexpr char kHost[] = "localhost";
constexpr wire::Capabilities kEverything = (wire::Capabilities{1} << wire::kCapabilitiesCount) - 1;
constexpr std::uint64_t kReservedMax = 4096;   // leave to spawn that is given at once

constexpr std::chrono::milliseconds kInterruptedWithin{50};
constexpr std::chrono::seconds kLingersAfter{1};

runtime::MonotonicTime now() { return std::chrono::steady_clock::now().time_since_epoch(); }

}  // namespace

struct LocalContainer::Node final : runtime::Outbox {
  Node(LocalContainer& all, const PublicKey& its_key) : container(all), key(its_key), machine(all.library_, all.code_.view(), *this) {}
  // A definition is there at once, so that no other node takes its room: who has none for it tells the program.
  void send(const wire::FromWorker& frame) override {
    if (const auto* definition = std::get_if<wire::Define>(&frame)) CHECK(container.code_.publish(*definition));
    else container.frames_.emplace_back(key, frame);
  }

  LocalContainer& container;
  const PublicKey key;
  runtime::Machine machine;
};

// What a container does with each frame of a node.
struct LocalContainer::Deliver {
  LocalContainer& container;
  const PublicKey& from;

  void operator()(const wire::Ready&) const {}
  void operator()(const wire::Pong&) const {}
  void operator()(const wire::Idle&) const {}
  void operator()(const wire::Define&) const {}
  void operator()(const wire::Attempt& attempt) const {
    const std::uint64_t request = ++container.attempt_requests_;
    container.attempts_.emplace(request, Asker{from, attempt.attempt, attempt.waits.request});
    container.give(from, wire::Attempting{attempt.attempt, request, {}});
  }
  void operator()(const wire::Return& value) const {
    if (value.origin.request == container.requests_) return container.answer(value.value);
    container.came_to(value.origin.request, {0, true, value.value, {}});
  }
  // One that is of neither kind is a program's that nobody waits for any more.
  void operator()(const wire::Answer& answer) const {
    if (answer.origin.request == container.requests_) return container.answer(answer.outcome);
    const auto* failure = std::get_if<wire::Failure>(&answer.outcome);
    if (!failure) return;
    container.came_to(answer.origin.request,
                      {0, false, {}, wire::failure_text(failure->reason, failure->definition, failure->chain, fingerprint_of(from))});
  }
  void operator()(const wire::Log& log) const { container.say_(log.level, log.line); }
  void operator()(const wire::Write& write) const { container.take(from, write); }
  void operator()(const wire::Read& read) const { container.take(from, read); }
  void operator()(const wire::Fetch& fetch) const { container.take(from, fetch); }
  void operator()(const wire::Send& send) const { container.go(from, send); }
  void operator()(const wire::Reserve& reserve) const {
    container.give(from, wire::Reserved{std::min(reserve.count, kReservedMax), {}});
  }
  void operator()(const wire::Spawn& spawn) const { container.seeds_[spawn.child] = spawn.seed; }
};

LocalContainer::LocalContainer(const runtime::Library& library, const Settings& settings, Say say, Fetch fetch)
    : library_(library), settings_(settings), say_(std::move(say)), code_(settings.code_bytes), fetch_(std::move(fetch)) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be used on this machine");
  Bytes seed(crypto_sign_SEEDBYTES, '\0');
  auto* const seed_bytes = reinterpret_cast<unsigned char*>(seed.data());
  randombytes_buf(seed_bytes, seed.size());
  unsigned char secret[crypto_sign_SECRETKEYBYTES];
  crypto_sign_seed_keypair(first_.bytes.data(), secret, seed_bytes);
  sodium_memzero(secret, sizeof secret);
  seeds_[first_] = seed;
}

LocalContainer::~LocalContainer() = default;

void LocalContainer::answer(const Outcome& outcome) {
  if (settings_.lingers) says_at_ = now() + kLingersAfter;
  answered_(outcome);
}

void LocalContainer::say_if_it_lingers() {
  if (!says_at_ || now() < *says_at_) return;
  says_at_.reset();
  settings_.lingers();
}

void LocalContainer::came_to(std::uint64_t request, wire::Attempted what) {
  const auto asker = attempts_.extract(request);
  if (asker.empty()) return;   // whoever waited is gone: the program was stopped
  what.attempt = asker.mapped().attempt;
  give(asker.mapped().node, what);
}

LocalContainer::Node& LocalContainer::awake(const PublicKey& key) {
  std::unique_ptr<Node>& node = nodes_[key];
  if (node) return *node;
  node = std::make_unique<Node>(*this, key);
  wire::Start start;
  start.host = kHost;
  start.node = key;
  start.seed = seeds_[key];
  start.capabilities = kEverything;
  start.memory_bytes = settings_.memory_bytes;
  start.compute_ms = settings_.compute_ms;
  node->machine.handle(now(), start);
  return *node;
}

void LocalContainer::give(const PublicKey& key, const wire::ToWorker& frame) { awake(key).machine.handle(now(), frame); }

bool LocalContainer::deliver() {
  const bool any = !frames_.empty();
  while (!frames_.empty()) {
    const auto [from, frame] = std::move(frames_.front());
    frames_.pop_front();
    std::visit(Deliver{*this, from}, frame);
  }
  return any;
}

void LocalContainer::run(const std::string& program, wire::Format format, const std::function<void(const Outcome&)>& answered) {
  answered_ = answered;
  ++requests_;
  says_at_.reset();
  give(first_, wire::Eval{{requests_, requests_, format}, program});
  while (!settings_.interrupted || !*settings_.interrupted) {
    bool again = false;
    std::optional<runtime::MonotonicTime> next_timer;
    for (auto& [key, node] : nodes_) {   // a map: what is added meanwhile harms no iterator
      const auto next = node->machine.run(now());
      again |= next.what == runtime::Machine::Next::Do::RunAgain;
      if (next.what == runtime::Machine::Next::Do::Wait && next.deadline)
        next_timer = next_timer ? std::min(*next_timer, *next.deadline) : *next.deadline;
    }
    again |= deliver();
    again |= take_pages();
    say_if_it_lingers();
    if (again) continue;
    if (!next_timer && fetching_ == 0) return;
    wait(says_at_ && next_timer ? std::min(*says_at_, *next_timer) : says_at_ ? says_at_ : next_timer);
  }
  stop_all();
}

void LocalContainer::stop_all() {
  nodes_.clear();
  frames_.clear();
  ++stops_;
  fetching_ = 0;
}

void LocalContainer::take(const PublicKey& from, const wire::Fetch& fetch) {
  if (!fetch_) return give(from, wire::Fetched{fetch.read, false, "nothing is fetched here"});
  ++fetching_;
  fetch_(fetch.url, [this, stops = stops_, from, read = fetch.read](Page page) {
    const bool ok = page.ok();
    {
      const std::lock_guard lock(pages_mutex_);
      pages_.push_back({stops, from, wire::Fetched{read, ok, ok ? std::move(page).value() : std::string(page.error())}});
    }
    pages_came_.notify_one();
  });
}

bool LocalContainer::take_pages() {
  std::vector<Arrived> pages;
  {
    const std::lock_guard lock(pages_mutex_);
    pages.swap(pages_);
  }
  for (const auto& [stops, to, page] : pages) {
    if (stops != stops_) continue;
    --fetching_;
    give(to, page);
  }
  return !pages.empty();
}

void LocalContainer::go(const PublicKey& from, const wire::Send& send) {
  const std::string circle = circle_of(send.origin.request, send.destination);
  if (circle.empty()) return give(send.destination, wire::Run{send.origin, from, send.computation});
  const std::string hop = "A computation hopped from node " + fingerprint_of(from) + " to " + fingerprint_of(send.destination);
  came_to(send.origin.request, {0, false, {}, wire::failure_text(hop + ". It was refused: " + circle, {}, {}, fingerprint_of(from))});
}

// As in every container (backend/core/attempts.cpp): a computation may not go to a node that waits for it, but for the one that asked for it.
// Empty: it may.
std::string LocalContainer::circle_of(std::uint64_t request, const PublicKey& destination) const {
  std::vector<PublicKey> waiting;   // the innermost first; one after the other on a node are one
  for (auto above = attempts_.find(request); above != attempts_.end(); above = attempts_.find(above->second.waits)) {
    const PublicKey& node = above->second.node;
    if (waiting.empty() || waiting.back() != node) waiting.push_back(node);
    if (node != destination || node == waiting.front()) continue;
    std::string circle;
    for (auto at = waiting.rbegin(); at != waiting.rend(); ++at) circle += fingerprint_of(*at) + " → ";
    return "node " + fingerprint_of(node) + " waits for it: nodes would wait for each other in a circle, " + circle + fingerprint_of(node) + ".";
  }
  return {};
}

// For a page, or for the time.
void LocalContainer::wait(std::optional<runtime::MonotonicTime> until) {
  std::unique_lock lock(pages_mutex_);
  const auto came = [this] { return !pages_.empty(); };
  if (settings_.interrupted) {   // a signal wakes nobody here
    const runtime::MonotonicTime soon = now() + kInterruptedWithin;
    until = until ? std::min(*until, soon) : soon;
  }
  if (until) pages_came_.wait_until(lock, std::chrono::steady_clock::time_point(*until), came);
  else pages_came_.wait(lock, came);
}

void LocalContainer::take(const PublicKey& from, const wire::Write& write) {
  auto& entries = state_[Bytes(from.view()) + write.token];
  if (write.kind == wire::WriteKind::Delete) {
    entries.erase(write.key_hash);
  } else {
    entries[write.key_hash] = {write.key_hash, write.key, write.value};
  }
}

void LocalContainer::take(const PublicKey& from, const wire::Read& read) {
  const auto& entries = state_[Bytes(from.view()) + read.token];
  wire::ReadResult result{read.read, true, {}};
  auto at = entries.begin();
  switch (read.kind) {
    case wire::ReadKind::Lookup: at = entries.find(read.key_hash); break;
    case wire::ReadKind::After: at = entries.upper_bound(read.key_hash); break;
    case wire::ReadKind::First: break;
    case wire::ReadKind::All:
      for (const auto& [hash, entry] : entries) result.entries.push_back({entry.key_hash, entry.key, {}});
      at = entries.end();
      break;
  }
  if (at != entries.end()) result.entries.push_back(at->second);
  give(from, result);
}

}  // namespace roost::terminal
