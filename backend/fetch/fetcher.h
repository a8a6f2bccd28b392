// SPDX-License-Identifier: MIT
#pragma once

// Fetches pages for nodes: HTTP GET with redirects, by libcurl, on one thread for all. Every URL on the way is judged by the rules,
// and so is every address that is connected to: a name that leads to the machine itself is found out when it does, not before.
//
// Bounded in all that a program or a server could stretch: bodies, time, redirects, fetches under way and fetches that wait (of one owner,
// and of all). Owners are served in turns. No cookies, no connection that one fetch leaves to the next, and nothing from the environment but, where the rules
// say so, its proxy. A name that is looked up slowly holds up its own fetch alone.
// Thread: any; `done` is called on the fetcher's own.

#include <functional>
#include <memory>
#include <string>

#include "backend/fetch/target.h"
#include "worker/wire/result.h"

namespace roost::fetch {

inline constexpr std::size_t kUnderWayMax = 32;
inline constexpr std::size_t kUnderWayOfOneMax = 8;    // of one owner: a crawler leaves room for others
inline constexpr std::size_t kWaitingMax = 16384;
inline constexpr std::size_t kWaitingOfOneMax = 4096;   // as many as a process may have open
inline constexpr int kRedirectsMax = 10;

class Fetcher {
 public:
  // The body as text, whatever the status; or why there was no response, as a sentence.
  using Page = Result<std::string, std::string>;
  using Done = std::function<void(Page)>;

  // Throws std::runtime_error if libcurl cannot be used.
  explicit Fetcher(Rules rules);
  ~Fetcher();   // drops what is under way: its `done` is not called
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;

  // `owner` is any word for whom it is. `done` is called once, soon or after Rules::timeout at the latest once its turn has come.
  void fetch(std::string owner, std::string url, Done done);
  // Nobody waits for what this owner asked for until now: what of it is not done is refused.
  void forget(std::string owner);
  // For fetches that begin from now on.
  void change_rules(Rules rules);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace roost::fetch
