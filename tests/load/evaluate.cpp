// SPDX-License-Identifier: MIT

// The evaluator by itself: a program on a fresh node of a warm process, from its text to its answer, again and again. Printed is
// {"p50_us": …, "p99_us": …} of the runs. With --library instead of a file: loading the standard library from nothing, types and all.
//
//   load-evaluate COUNT FILE | --library

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "worker/lang/library_source.h"
#include "worker/terminal/local_container.h"

namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) { return std::chrono::duration<double, std::micro>(Clock::now() - start).count(); }

double evaluate_once(const roost::runtime::Library& library, const std::string& program) {
  roost::terminal::LocalContainer container(library, {}, [](roost::wire::LogLevel, const std::string&) {});
  double taken = -1;
  const auto start = Clock::now();
  container.run(program, roost::wire::Format::Text, [&](const roost::terminal::LocalContainer::Outcome& outcome) {
    if (std::holds_alternative<std::string>(outcome)) taken = since(start);
    else std::fprintf(stderr, "%s\n", std::get<roost::wire::Failure>(outcome).reason.c_str());
  });
  return taken;
}

double check_library_once() {
  const auto start = Clock::now();
  roost::lang::Arena arena;
  roost::lang::Names names;
  roost::lang::DefinitionTypes types;
  for (const auto& file : roost::runtime::default_library())
    if (!roost::lang::load_library(arena, file.text, names, types).ok()) return -1;
  return since(start);
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc == 3 ? std::atoi(argv[1]) : 0;
  if (count < 1) return std::fprintf(stderr, "usage: load-evaluate COUNT FILE | --library\n"), 2;
  const std::string what = argv[2];
  std::ifstream file(what);
  const std::string program{std::istreambuf_iterator<char>(file), {}};
  if (what != "--library" && program.empty()) return std::fprintf(stderr, "cannot read %s\n", argv[2]), 1;
  const auto library = roost::runtime::Library::load(std::vector<std::string>{});
  std::vector<double> times;
  for (int i = 0; i < count; ++i) times.push_back(what == "--library" ? check_library_once() : evaluate_once(*library, program));
  std::sort(times.begin(), times.end());
  if (times.front() < 0) return 1;
  std::printf("{\"p50_us\": %.1f, \"p99_us\": %.1f}\n", times[times.size() / 2], times[times.size() * 99 / 100]);
}
