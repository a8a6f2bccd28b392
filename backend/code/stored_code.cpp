// SPDX-License-Identifier: MIT
#include "backend/code/stored_code.h"

#include <sodium.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

#include "worker/lang/definition_codec.h"

namespace roost::code {
namespace {

std::string hexadecimal(const wire::DefinitionHash& hash) {
  char text[2 * sizeof hash + 1];
  return sodium_bin2hex(text, sizeof text, hash.data(), hash.size());
}

// For each definition what is wrong with it.
std::vector<std::string> faults_of(const std::vector<wire::Define>& definitions) {
  std::vector<std::string> faults(definitions.size());
  std::atomic<std::size_t> next{0};
  const auto check_some = [&] {
    for (std::size_t i; (i = next.fetch_add(1)) < definitions.size();)
      faults[i] = lang::check_definition(definitions[i].hash, definitions[i].definition);
  };
  std::vector<std::future<void>> others;   // each waits for its end when it goes
  const std::size_t threads = std::min<std::size_t>(std::thread::hardware_concurrency(), definitions.size());
  for (std::size_t i = 1; i < threads; ++i) others.push_back(std::async(std::launch::async, check_some));
  check_some();
  for (std::future<void>& other : others) other.get();   // throws what it threw: memory may be short
  return faults;
}

}  // namespace

void StoredCode::add(const std::vector<wire::Define>& definitions) {
  const std::vector<std::string> faults = missing_ > 0 ? std::vector<std::string>(definitions.size()) : faults_of(definitions);
  for (std::size_t i = 0; i < definitions.size(); ++i) {
    const wire::Define& one = definitions[i];
    if (!faults[i].empty()) complain_("the database's definition " + hexadecimal(one.hash) + " is damaged and left out: " + faults[i]);
    else if (missing_ > 0 || !store_.reserve(one.definition.size())) missing_ += entry_bytes(one.definition.size());
    else store_.publish(one.hash, one.definition);
  }
}

void StoredCode::require_room() const {
  if (missing_ == 0) return;
  const std::uint64_t most = store_.view().bytes_max(), needed = store_.bytes_used() + missing_;
  if (needed > most)
    throw std::runtime_error("the database has more code than the code store has room for: raise code_bytes_max (now " + std::to_string(most) +
                             ") to more than " + std::to_string(needed));
  throw std::runtime_error("there is no memory for the code that the database has, " + std::to_string(needed) + " bytes, of which " +
                           std::to_string(missing_) + " are missing: make /dev/shm larger (code_bytes_max is " + std::to_string(most) + ")");
}

}  // namespace roost::code
