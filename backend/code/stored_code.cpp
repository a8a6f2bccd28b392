// SPDX-License-Identifier: MIT
#include "backend/code/stored_code.h"

#include <sodium.h>

#include <algorithm>
#include <atomic>
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
  std::vector<std::jthread> others;
  const std::size_t threads = std::min<std::size_t>(std::thread::hardware_concurrency(), definitions.size());
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back(check_some);
  check_some();
  others.clear();   // waits for them
  return faults;
}

}  // namespace

void add_stored(CodeStore& store, const std::vector<wire::Define>& definitions, const std::function<void(const std::string&)>& complain) {
  const std::vector<std::string> faults = faults_of(definitions);
  for (std::size_t i = 0; i < definitions.size(); ++i) {
    const wire::Define& one = definitions[i];
    if (!faults[i].empty()) {
      complain("the database's definition " + hexadecimal(one.hash) + " is damaged and left out: " + faults[i]);
      continue;
    }
    if (!store.reserve(one.definition.size()))
      throw std::runtime_error("the database has more code than the code store has room for: raise code_bytes_max (now " +
                               std::to_string(store.view().bytes_max()) + ")");
    store.publish(one.hash, one.definition);
  }
}

}  // namespace roost::code
