// SPDX-License-Identifier: MIT
#include "tests/fuzz/fuzzed_node.h"

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <unordered_set>

#include "worker/code/private_store.h"
#include "worker/lang/definition_codec.h"
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
constexpr std::uint64_t kAttempts = 1'000'000;   // requests of attempts are above

const runtime::Library* library = nullptr;

struct Frames : runtime::Outbox {
  std::deque<wire::FromWorker> waiting;
  void send(const wire::FromWorker& frame) override { waiting.push_back(frame); }
};

class FuzzedNode {
 public:
  FuzzedNode() : machine_(std::make_unique<Machine>(*library, code.view(), frames_)) {
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

 public:
  Failed failed;
  code::PrivateStore code{8u << 20};

  // What the container does with each frame.
  void operator()(const wire::Ready&) { CHECK(!std::exchange(ready_, true)); }
  void operator()(const wire::Idle&) {}
  void operator()(const wire::Log&) {}
  void operator()(const wire::Pong&) { CHECK(false); }   // nobody pinged
  void operator()(const wire::Answer& frame) {
    if (frame.origin.request == 0) return;
    if (frame.origin.format == wire::Format::Value) {
      CHECK(attempts_.erase(frame.origin.request) == 1);
      return answer(wire::Attempted{frame.origin.request - kAttempts, false, {}, std::get<wire::Failure>(frame.outcome).reason});
    }
    CHECK(frame.origin.request == kRequest && !std::exchange(request_ended_, true));
    if (const auto* failure = std::get_if<wire::Failure>(&frame.outcome)) failed = *failure;
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
  void operator()(const wire::Fetch& frame) { answer(wire::Fetched{frame.read, frame.url.size() % 2 == 0, frame.url}); }
  // The attempts of a node that sends to itself: the computation finds back by the number it is given.
  void operator()(const wire::Attempt& frame) {
    CHECK(frame.attempt != 0 && !attempts_.contains(frame.attempt + kAttempts));
    attempts_.insert(frame.attempt + kAttempts);
    answer(frame.attempt % 5 == 0 ? wire::Attempting{frame.attempt, 0, "refused"} : wire::Attempting{frame.attempt, frame.attempt + kAttempts, {}});
  }
  void operator()(const wire::Return& frame) {
    CHECK(attempts_.erase(frame.origin.request) == 1);
    answer(wire::Attempted{frame.origin.request - kAttempts, true, frame.value, {}});
  }
  // The container takes nothing that is not what its name says.
  void operator()(const wire::Define& frame) {
    CHECK(lang::check_definition(frame.hash, frame.definition).empty());
    CHECK(code.publish(frame));
  }

 private:
  PublicKey key_ = public_key_from(Bytes(32, '\2'));
  MonotonicTime now_{std::chrono::seconds(1)};
  Frames frames_;
  std::unique_ptr<Machine> machine_;
  wire::Entry last_;
  std::unordered_set<std::uint64_t> attempts_;
  std::uint64_t leave_ = 0;
  std::size_t given_ = 0;
  bool ready_ = false;
  bool request_ended_ = false;
};

}  // namespace

const runtime::Library& load_library() {
  static auto loaded = runtime::Library::load(runtime::default_library());
  if (!loaded.ok()) {
    std::fprintf(stderr, "the library does not load: %s\n", loaded.error().c_str());
    std::exit(1);
  }
  library = loaded.value().get();
  return *library;
}

Failed run_program(std::string_view program) {
  FuzzedNode node;
  wire::Eval eval;
  eval.origin = {kRequest, kRequest, program.size() % 2 ? wire::Format::Json : wire::Format::Text};
  eval.program = program;
  node.give(eval);
  node.run();
  return node.failed;
}

Failed run_computation(std::string_view bytes) {
  FuzzedNode node;
  node.give(wire::Run{{kRequest, kRequest, wire::Format::Text}, public_key_from(Bytes(32, '\3')), Bytes(bytes)});
  node.run();
  return node.failed;
}

void run_definition(const wire::DefinitionHash& hash, BytesView bytes, unsigned captures) {
  {
    FuzzedNode node;
    CHECK(node.code.publish({hash, Bytes(bytes)}));
    node.give(wire::Eval{{kRequest, kRequest, wire::Format::Text}, "#" + lang::base64url(view_of(hash))});
    node.run();
  }
  FuzzedNode node;
  CHECK(node.code.publish({hash, Bytes(bytes)}));
  Bytes computation("\x01", 1);
  const Bytes number = std::string(1, '\0') + Bytes(8, '\0');
  computation += number;                                             // what the step gives
  for (unsigned i = 0; i < captures; ++i) computation += number;
  computation += std::string("\x12\x00", 2) + Bytes(view_of(hash)) + static_cast<char>(captures);   // the function
  computation += std::string("\x0d\x01", 2);                         // pure that number, then the function
  node.give(wire::Run{{kRequest, kRequest, wire::Format::Text}, public_key_from(Bytes(32, '\3')), computation});
  node.run();
}

}  // namespace roost::fuzz
