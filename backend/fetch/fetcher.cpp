// SPDX-License-Identifier: MIT
#include "backend/fetch/fetcher.h"

#include <curl/curl.h>
#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <deque>
#include <list>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <unordered_map>
#include <variant>

#include "backend/fetch/address.h"
#include "backend/fetch/page_text.h"

namespace roost::fetch {
namespace {

using Clock = std::chrono::steady_clock;

constexpr long kConnectTimeoutMs = 5'000;
constexpr int kPollMs = 1'000;
constexpr char kAgent[] = "roost";

struct CloseEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};

struct Transfer {
  std::string owner, url;
  Fetcher::Done done;
  std::shared_ptr<const Rules> rules;
  Clock::time_point until{};
  std::unique_ptr<CURL, CloseEasy> easy;
  std::string body;
  std::string refusal;   // why we ended it ourselves
  char error[CURL_ERROR_SIZE] = "";
  int redirects = 0;
};

std::size_t take_body(char* bytes, std::size_t, std::size_t count, void* transfer_) {
  Transfer& transfer = *static_cast<Transfer*>(transfer_);
  if (transfer.body.size() + count > transfer.rules->bytes_max) {
    transfer.refusal = "the page has more than " + std::to_string(transfer.rules->bytes_max) + " bytes (http_bytes_max)";
    return 0;
  }
  transfer.body.append(bytes, count);
  return count;
}

// libcurl is about to connect. With a proxy the address is the proxy's, which the operator chose.
curl_socket_t open_socket(void* transfer_, curlsocktype, curl_sockaddr* address) {
  Transfer& transfer = *static_cast<Transfer*>(transfer_);
  if (transfer.rules->proxy.empty() && !transfer.rules->private_addresses && !is_public(address->addr)) {
    transfer.refusal = "its name leads to " + text_of(address->addr) +
                       ", a loopback or private address, which this container does not fetch from (http_private_addresses)";
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

template <typename Value>
void set(Transfer& transfer, CURLoption option, Value value) {
  if (curl_easy_setopt(transfer.easy.get(), option, value) != CURLE_OK) throw std::runtime_error("libcurl refuses a setting");
}

// For the next URL of this transfer.
void prepare(Transfer& transfer) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(transfer.until - Clock::now()).count();
  transfer.body.clear();
  if (!transfer.easy) transfer.easy.reset(curl_easy_init());
  if (!transfer.easy) throw std::runtime_error("libcurl has no memory");
  curl_easy_reset(transfer.easy.get());
  set(transfer, CURLOPT_URL, transfer.url.c_str());
  set(transfer, CURLOPT_PROTOCOLS_STR, "http,https");
  set(transfer, CURLOPT_FOLLOWLOCATION, 0L);   // we do, after judging
  if (!transfer.rules->proxy_from_environment) {
    set(transfer, CURLOPT_PROXY, transfer.rules->proxy.c_str());   // "": none
    set(transfer, CURLOPT_NOPROXY, "");   // what the environment exempts would go past open_socket
  }
  set(transfer, CURLOPT_NOSIGNAL, 1L);
  set(transfer, CURLOPT_QUICK_EXIT, 1L);   // the end of a transfer does not wait for its name's look-up, which may take a minute
  set(transfer, CURLOPT_FORBID_REUSE, 1L);
  set(transfer, CURLOPT_ACCEPT_ENCODING, "");
  set(transfer, CURLOPT_USERAGENT, kAgent);
  set(transfer, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
  set(transfer, CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(1, left)));
  set(transfer, CURLOPT_ERRORBUFFER, static_cast<char*>(transfer.error));
  set(transfer, CURLOPT_WRITEFUNCTION, take_body);
  set(transfer, CURLOPT_WRITEDATA, &transfer);
  set(transfer, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  set(transfer, CURLOPT_OPENSOCKETDATA, &transfer);
  set(transfer, CURLOPT_PRIVATE, &transfer);
}

std::string info_text(const Transfer& transfer, CURLINFO info) {
  char* text = nullptr;
  curl_easy_getinfo(transfer.easy.get(), info, &text);
  return text ? text : "";
}

}  // namespace

class Fetcher::Impl {
 public:
  explicit Impl(Rules rules) : rules_(std::make_shared<const Rules>(std::move(rules))) {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    multi_ = curl_multi_init();
    if (started != CURLE_OK || !multi_) throw std::runtime_error("libcurl cannot be used on this machine");
    thread_ = std::thread([this] { run(); });
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    curl_multi_wakeup(multi_);
    thread_.join();
    for (const auto& [easy, transfer] : under_way_) curl_multi_remove_handle(multi_, easy);
    under_way_.clear();
    curl_multi_cleanup(multi_);
  }

  void add(std::string owner, std::string url, Done done) {
    auto transfer = std::make_unique<Transfer>();
    transfer->owner = std::move(owner);
    transfer->url = std::move(url);
    transfer->done = std::move(done);
    {
      const std::lock_guard lock(mutex_);
      transfer->rules = rules_;
      orders_.emplace_back(std::move(transfer));
    }
    curl_multi_wakeup(multi_);
  }

  void forget(std::string owner) {
    {
      const std::lock_guard lock(mutex_);
      orders_.emplace_back(std::move(owner));
    }
    curl_multi_wakeup(multi_);
  }

  void change_rules(Rules rules) {
    const std::lock_guard lock(mutex_);
    rules_ = std::make_shared<const Rules>(std::move(rules));
  }

 private:
  using Owned = std::unique_ptr<Transfer>;
  using Order = std::variant<Owned, std::string>;   // a fetch, or the owner to forget
  // Those with a fetch that waits or is under way. In turns_ if one waits and may start.
  struct Owner {
    std::deque<Owned> waiting;
    std::size_t under_way = 0;
    bool has_turn = false;
  };

  void run() {
    pthread_setname_np(pthread_self(), "fetches pages");
    while (take_orders()) {
      start_waiting();
      int running = 0;
      curl_multi_perform(multi_, &running);
      finish_those_done();
      if (!turns_.empty() && under_way_.size() < kUnderWayMax) continue;
      curl_multi_poll(multi_, nullptr, 0, kPollMs, nullptr);
    }
  }

  // False: it is time to stop.
  bool take_orders() {
    std::deque<Order> orders;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return false;
      orders.swap(orders_);
    }
    for (Order& order : orders) {
      if (auto* fetch = std::get_if<Owned>(&order)) wait(std::move(*fetch));
      else drop_those_of(std::get<std::string>(order));
    }
    return true;
  }

  void wait(Owned transfer) {
    const auto refuse = [&](std::size_t limit, const char* where) {
      transfer->done(Refused{std::to_string(limit) + " fetches wait already at this " + where + "; try again later"});
    };
    if (waiting_ >= kWaitingMax) return refuse(kWaitingMax, "container");
    Owner& owner = owners_[transfer->owner];
    if (owner.waiting.size() >= kWaitingOfOneMax) return refuse(kWaitingOfOneMax, "node");
    owner.waiting.push_back(std::move(transfer));
    ++waiting_;
    line_up(owner);
  }

  void line_up(Owner& owner) {
    if (owner.has_turn || owner.waiting.empty() || owner.under_way >= kUnderWayOfOneMax) return;
    owner.has_turn = true;
    turns_.push_back(&owner);
  }

  void start_waiting() {
    while (!turns_.empty() && under_way_.size() < kUnderWayMax) {
      Owner& owner = *turns_.front();
      turns_.pop_front();
      owner.has_turn = false;
      Owned transfer = std::move(owner.waiting.front());
      owner.waiting.pop_front();
      --waiting_;
      ++owner.under_way;
      line_up(owner);
      transfer->until = Clock::now() + std::chrono::duration_cast<Clock::duration>(transfer->rules->timeout);
      go_to_its_url(std::move(transfer));
    }
  }

  void drop_those_of(const std::string& name) {
    const auto found = owners_.find(name);
    if (found == owners_.end()) return;
    const Refused<std::string> why{"nobody waits for it any more"};
    Owner& owner = found->second;
    if (owner.has_turn) turns_.remove(&owner);
    owner.has_turn = false;
    waiting_ -= owner.waiting.size();
    for (const Owned& transfer : std::exchange(owner.waiting, {})) transfer->done(why);
    std::vector<CURL*> easies;
    for (const auto& [easy, transfer] : under_way_)
      if (transfer->owner == name) easies.push_back(easy);
    if (easies.empty()) owners_.erase(found);
    for (CURL* const easy : easies) {
      curl_multi_remove_handle(multi_, easy);
      end(std::move(under_way_.extract(easy).mapped()), why);
    }
  }

  void go_to_its_url(Owned transfer) {
    if (auto why = refusal_of(transfer->url, *transfer->rules)) return end(std::move(transfer), Refused{*std::move(why)});
    try {
      prepare(*transfer);
    } catch (const std::runtime_error& error) {
      return end(std::move(transfer), Refused{std::string(error.what())});
    }
    CURL* const easy = transfer->easy.get();
    const CURLMcode added = curl_multi_add_handle(multi_, easy);
    if (added != CURLM_OK) return end(std::move(transfer), Refused{std::string(curl_multi_strerror(added))});
    under_way_.emplace(easy, std::move(transfer));
  }

  void finish_those_done() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* const easy = message->easy_handle;
      const CURLcode result = message->data.result;   // gone with the handle
      curl_multi_remove_handle(multi_, easy);
      finish(std::move(under_way_.extract(easy).mapped()), result);
    }
  }

  void finish(Owned transfer, CURLcode result) {
    if (result != CURLE_OK) {
      std::string why = !transfer->refusal.empty() ? transfer->refusal : transfer->error[0] ? transfer->error : curl_easy_strerror(result);
      return end(std::move(transfer), Refused{std::move(why)});
    }
    if (std::string next = info_text(*transfer, CURLINFO_REDIRECT_URL); !next.empty()) {
      if (++transfer->redirects > kRedirectsMax)
        return end(std::move(transfer), Refused{"more than " + std::to_string(kRedirectsMax) + " redirects"});
      transfer->url = std::move(next);
      return go_to_its_url(std::move(transfer));
    }
    std::string text = page_text(transfer->body, info_text(*transfer, CURLINFO_CONTENT_TYPE));
    if (text.size() > kTextGrowth * transfer->rules->bytes_max)   // more than a frame may hold, perhaps
      return end(std::move(transfer), Refused{"the page has " + std::to_string(text.size()) + " bytes as UTF-8, more than three times http_bytes_max"});
    end(std::move(transfer), std::move(text));
  }

  void end(Owned transfer, Page page) {
    const auto found = owners_.find(transfer->owner);
    Owner& owner = found->second;
    --owner.under_way;
    line_up(owner);
    if (owner.under_way == 0 && owner.waiting.empty()) owners_.erase(found);
    transfer->done(std::move(page));
  }

  CURLM* multi_ = nullptr;
  std::unordered_map<std::string, Owner> owners_;   // these four are the thread's own
  std::list<Owner*> turns_;
  std::size_t waiting_ = 0;   // of all owners
  std::unordered_map<CURL*, Owned> under_way_;

  std::mutex mutex_;   // of what follows
  std::deque<Order> orders_;
  std::shared_ptr<const Rules> rules_;
  bool stopping_ = false;
  std::thread thread_;
};

Fetcher::Fetcher(Rules rules) : impl_(std::make_unique<Impl>(std::move(rules))) {}
Fetcher::~Fetcher() = default;
void Fetcher::fetch(std::string owner, std::string url, Done done) { impl_->add(std::move(owner), std::move(url), std::move(done)); }
void Fetcher::forget(std::string owner) { impl_->forget(std::move(owner)); }
void Fetcher::change_rules(Rules rules) { impl_->change_rules(std::move(rules)); }

}  // namespace roost::fetch
