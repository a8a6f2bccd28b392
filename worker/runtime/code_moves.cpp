// SPDX-License-Identifier: MIT
// Last uses of locals. Compiled code only jumps forward, so one pass from the end finds for every place which locals are still read
// behind it.
#include <unordered_map>

#include "worker/runtime/code.h"
#include "worker/runtime/code_ops.h"

namespace roost::runtime {
namespace {

using Live = std::vector<bool>;

std::vector<std::uint32_t> starts_of(const std::vector<std::uint32_t>& words) {
  std::vector<std::uint32_t> starts;
  for (std::uint32_t at = 0; at < words.size(); at += has_second_word(op_of(words[at])) ? 2 : 1) starts.push_back(at);
  return starts;
}

Op taking(Op op) {
  switch (op) {
    case Op::Local: return Op::Take;
    case Op::MemberOf: return Op::MemberTake;
    case Op::LazyOf: return Op::LazyTake;
    default: return op;
  }
}

// Jump targets, with the locals that are live there once the pass has been there.
std::unordered_map<std::uint32_t, Live> targets_of(const Code& code, const std::vector<std::uint32_t>& starts) {
  std::unordered_map<std::uint32_t, Live> targets;
  for (const std::uint32_t at : starts) {
    const Op op = op_of(code.words[at]);
    if (op == Op::Jump || op == Op::JumpIfFalse) targets[operand_of(code.words[at])];
  }
  return targets;
}

void unite(Live& live, const Live& other) {
  for (std::size_t i = 0; i < other.size(); ++i)
    if (other[i]) live[i] = true;
}

}  // namespace

void take_at_last_use(Code& code) {
  const std::vector<std::uint32_t> starts = starts_of(code.words);
  auto targets = targets_of(code, starts);
  Live live(code.locals, false);
  for (auto it = starts.rbegin(); it != starts.rend(); ++it) {
    std::uint32_t& word = code.words[*it];
    const Op op = op_of(word);
    if (op == Op::Jump) live = targets[operand_of(word)];
    if (op == Op::JumpIfFalse) unite(live, targets[operand_of(word)]);
    if (op == Op::Return || op == Op::TailCall || op == Op::TailCallMember || op == Op::ReturnLazy) live.assign(code.locals, false);
    if (op == Op::Store) live[operand_of(word)] = false;
    if (taking(op) != op) {
      const std::uint32_t local = operand_of(word);
      if (!live[local]) word = word_of(taking(op), local);
      live[local] = true;
    }
    if (const auto target = targets.find(*it); target != targets.end()) target->second = live;
  }
}

}  // namespace roost::runtime
