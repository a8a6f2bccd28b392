// SPDX-License-Identifier: MIT
#include "worker/wire/failure_text.h"

namespace roost::wire {

std::string failure_text(const std::string& reason, const std::string& definition, std::span<const std::string> chain, const std::string& node) {
  std::string where;
  const auto add = [&where](const std::string& part) { where += (where.empty() ? " (" : ", ") + part; };
  if (!node.empty()) add("at node " + node);
  if (!definition.empty()) add("in `" + definition + "`");
  for (std::size_t i = 0; i < chain.size(); ++i) add((i == 0 ? "called by `" : "`") + chain[i] + "`");
  return where.empty() ? reason : reason + where + ")";
}

}  // namespace roost::wire
