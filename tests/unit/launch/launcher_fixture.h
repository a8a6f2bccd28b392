// SPDX-License-Identifier: MIT
#pragma once

// A real zygote and real workers, driven by the test: what they say is recorded, and the loop runs until something has
// happened or it is clear that it will not. Thread: one.

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "backend/launch/workers.h"

namespace roost::launch {

inline core::Instant real_now() {
  return core::Instant(std::chrono::steady_clock::now().time_since_epoch());
}

inline bool process_exists(std::int32_t pid) {
  // A zombie counts as gone: it runs nothing.
  std::ifstream status("/proc/" + std::to_string(pid) + "/stat");
  std::string number, name, state;
  return static_cast<bool>(status >> number >> name >> state) && state != "Z";
}

// What was told of one worker.
struct Life {
  std::int32_t pid = 0;
  std::vector<wire::FromWorker> frames;
  std::vector<core::WorkerExit> exits;   // one, if all is well
  int times_all_taken = 0;
  [[nodiscard]] bool exited() const { return !exits.empty(); }
  [[nodiscard]] std::vector<std::string> answers() const {   // the values among them
    std::vector<std::string> texts;
    for (const auto& frame : frames) {
      const auto* answer = std::get_if<wire::Answer>(&frame);
      const auto* value = answer ? std::get_if<std::string>(&answer->outcome) : nullptr;
      if (value) texts.push_back(*value);
    }
    return texts;
  }
  [[nodiscard]] bool ready() const { return !frames.empty() && std::holds_alternative<wire::Ready>(frames.front()); }
};

class Launched : public WorkerEvents {
 public:
  // `program`: of tests/worker/hostile, without "hostile-".
  explicit Launched(const std::string& program, std::uint64_t memory_bytes = 4u << 20)
      : Launched(options_for(program), memory_bytes) {}
  explicit Launched(const WorkersOptions& options, std::uint64_t memory_bytes = 4u << 20)
      : memory_bytes_(memory_bytes), workers_(loop_, options, [](auto&, auto) { return Bytes(32, 's'); }, real_now) {
    workers_.set_events(*this);
  }

  static WorkersOptions options_for(const std::string& program) {
    WorkersOptions options;
    options.worker = ROOST_HOSTILE_DIR "/hostile-" + program;
    return options;
  }

  core::WorkerId launch() {
    core::LaunchOrder order;
    order.worker = core::WorkerId{++last_id_};
    order.memory_bytes = memory_bytes_;
    workers_.launch(order);
    return order.worker;
  }
  core::WorkerId launch_ready() {
    const auto worker = launch();
    EXPECT_TRUE(run_until([&] { return life(worker).ready(); }));
    return worker;
  }
  void eval(core::WorkerId worker, const std::string& program) {
    ++last_request_;
    workers_.send(worker, wire::Eval{{last_request_, last_request_, wire::Format::Text}, program});
  }
  // False: it did not happen within the time.
  bool run_until(const std::function<bool()>& happened, std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!happened()) {
      const auto left = end - std::chrono::steady_clock::now();
      if (left.count() <= 0) return false;
      loop_.run_once(left);
    }
    return true;
  }
  // Asks for the forbidden thing and gives how the worker ended.
  core::WorkerExit exit_after_eval(core::WorkerId worker) {
    eval(worker, "act");
    EXPECT_TRUE(run_until([&] { return life(worker).exited(); }));
    return life(worker).exited() ? life(worker).exits.front() : core::WorkerExit{};
  }
  bool answers(core::WorkerId worker, const std::string& program) {
    const std::size_t before = life(worker).answers().size();
    eval(worker, program);
    return run_until([&] { return life(worker).answers().size() > before; }) && life(worker).answers().back() == program;
  }

  Life& life(core::WorkerId worker) { return lives_[static_cast<std::uint64_t>(worker)]; }
  Workers& workers() { return workers_; }
  EventLoop& loop() { return loop_; }
  std::vector<std::string> zygote_events;
  std::set<wire::DefinitionHash> known;   // need no check
  std::map<core::WorkerId, wire::Define> unchecked;

  void worker_started(core::Instant, core::WorkerId worker, std::int32_t pid) override {
    EXPECT_TRUE(life(worker).frames.empty()) << "a frame was told before the start";
    EXPECT_EQ(life(worker).pid, 0) << "started twice";
    life(worker).pid = pid;
  }
  void worker_frame(core::Instant, core::WorkerId worker, wire::FromWorker frame) override {
    EXPECT_NE(life(worker).pid, 0);
    EXPECT_FALSE(life(worker).exited()) << "a frame was told after the end";
    life(worker).frames.push_back(std::move(frame));
  }
  void worker_took(core::Instant, core::WorkerId worker) override { ++life(worker).times_all_taken; }
  void worker_exited(core::Instant, core::WorkerId worker, const core::WorkerExit& exit) override {
    life(worker).exits.push_back(exit);
    EXPECT_EQ(life(worker).exits.size(), 1u) << "ended twice";
  }
  // The test answers with workers().definition_checked().
  bool check_definition(core::WorkerId worker, const wire::Define& definition) override {
    EXPECT_FALSE(unchecked.contains(worker)) << "asked twice";
    if (known.contains(definition.hash)) return true;
    unchecked[worker] = definition;
    return false;
  }
  void zygote_changed(core::Instant, const std::string& what) override { zygote_events.push_back(what); }

 private:
  std::uint64_t memory_bytes_;
  std::uint64_t last_id_ = 0;
  std::uint64_t last_request_ = 0;
  std::map<std::uint64_t, Life> lives_;
  EventLoop loop_;
  Workers workers_;
};

}  // namespace roost::launch
