// SPDX-License-Identifier: MIT
#pragma once

// The only source of chance in a simulated run: everything that happens follows from one seed. The generator is
// SplitMix64, because its sequence is the same on every machine (the standard distributions are not).

#include <cstdint>
#include <initializer_list>

namespace roost::simulation {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  // Requires: bound > 0. In [0, bound).
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
  bool percent(unsigned chance) { return below(100) < chance; }
  template <typename T>
  T one_of(std::initializer_list<T> choices) { return choices.begin()[below(choices.size())]; }

 private:
  std::uint64_t state_;
};

}  // namespace roost::simulation
