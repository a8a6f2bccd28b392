// SPDX-License-Identifier: MIT
#include "tests/fuzz/fuzzed_node.h"

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>

#include "worker/runtime/library.h"
#include "worker/runtime/machine.h"
#include "worker/wire/check.h"

namespace roost::fuzz {
namespace {

using runtime::Machine;
using runtime::MonotonicTime;

constexpr std::uint64_t kMemoryBytes = 4u << 20;
constexpr std::uint64_t kComputeMs = 20;
constexpr int kSlicesMax = 40;         // of about a millisecond each
constexpr std::size_t kFramesMax = 400;   // handed back to the node; a program may send for ever
constexpr std::uint64_t kRequest = 7;

const runtime::Library* library = nullptr;

struct Frames : runtime::Outbox {
  std::deque<wire::FromWorker> waiting;
  void send(const wire::FromWorker& frame) override { waiting.push_back(frame); }
};

class FuzzedNode {
 public:
  FuzzedNode() : machine_(std::make_unique<Machine>(*library, frames_)) {
    wire::Start start;
    start.host = "localhost:8443";
    start.node = key_;
    start.seed = Bytes(32, '\1');
    start.capabilities = (1u << wire::kCapabilitiesCount) - 1;
    start.memory_bytes = kMemoryBytes;
    start.compute_ms = kComputeMs;
    start.receive_ms = 1000;
    give(start);
  }

  void give(const wire::ToWorker& frame) { machine_->handle(now_, frame); }

  void run() {
    for (int slice = 0; slice < kSlicesMax; ++slice) {
      const Machine::Next next = machine_->run(now_);
      const bool answered = answer_frames();
      if (next.what == Machine::Next::Do::Idle && !answered) return;
      if (next.what == Machine::Next::Do::Wait && !answered) {
        if (!next.deadline) return;   // it waits for a frame that will not come
        now_ = std::max(now_, *next.deadline);
      }
      now_ += std::chrono::microseconds(10);
    }
  }

 private:
  // True if the node was given something.
  bool answer_frames() {
    const std::size_t before = given_;
    while (!frames_.waiting.empty()) {
      const wire::FromWorker frame = std::move(frames_.waiting.front());
      frames_.waiting.pop_front();
      CHECK(wire::decode_from_worker(BytesView(wire::encode(frame)).substr(4)).ok());
      std::visit(*this, frame);
    }
    return given_ != before;
  }
  void answer(const wire::ToWorker& frame) {
    if (++given_ <= kFramesMax) give(frame);
  }

 public:   // what the container does with each frame
  void operator()(const wire::Ready&) { CHECK(!std::exchange(ready_, true)); }
  void operator()(const wire::Idle&) {}
  void operator()(const wire::Log&) {}
  void operator()(const wire::Pong&) { CHECK(false); }   // nobody pinged
  void operator()(const wire::Answer& frame) {
    if (frame.origin.request == 0) return;
    CHECK(frame.origin.request == kRequest && !std::exchange(request_ended_, true));
  }
  void operator()(const wire::Send& frame) {
    CHECK(!request_ended_ || frame.origin.request == 0);
    answer(wire::Run{frame.origin, key_, frame.computation});
  }
  void operator()(const wire::Write& frame) {
    CHECK(frame.token.size() == wire::kTokenBytes && !frame.key_hash.empty() && frame.key_hash.size() <= 255);
    last_ = {frame.key_hash, frame.key, frame.value};
  }
  void operator()(const wire::Read& frame) {
    wire::ReadResult result{frame.read, true, {}};
    // The newest entry plays the whole index: enough to have look-ups hit and miss.
    if (!last_.key.empty() && (frame.kind != wire::ReadKind::Lookup || frame.key_hash == last_.key_hash) &&
        (frame.kind != wire::ReadKind::After || frame.key_hash < last_.key_hash))
      result.entries.push_back(last_);
    answer(result);
  }
  void operator()(const wire::Reserve& frame) {
    CHECK(frame.count >= 1 && frame.count <= 4096);
    leave_ += frame.count;
    answer(wire::Reserved{frame.count, ""});
  }
  void operator()(const wire::Spawn&) { CHECK(leave_-- > 0); }

 private:
  PublicKey key_ = public_key_from(Bytes(32, '\2'));
  MonotonicTime now_{std::chrono::seconds(1)};
  Frames frames_;
  std::unique_ptr<Machine> machine_;
  wire::Entry last_;
  std::uint64_t leave_ = 0;
  std::size_t given_ = 0;
  bool ready_ = false;
  bool request_ended_ = false;
};

}  // namespace

void load_library() {
  static auto loaded = runtime::Library::load(runtime::default_library());
  if (!loaded.ok()) {
    std::fprintf(stderr, "the library does not load: %s\n", loaded.error().c_str());
    std::exit(1);
  }
  library = loaded.value().get();
}

void run_program(std::string_view program) {
  FuzzedNode node;
  wire::Eval eval;
  eval.origin = {kRequest, kRequest, program.size() % 2 ? wire::Format::Json : wire::Format::Text};
  eval.program = program;
  node.give(eval);
  node.run();
}

void run_computation(std::string_view bytes) {
  FuzzedNode node;
  node.give(wire::Run{{kRequest, kRequest, wire::Format::Text}, public_key_from(Bytes(32, '\3')), Bytes(bytes)});
  node.run();
}

}  // namespace roost::fuzz
