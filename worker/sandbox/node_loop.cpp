// SPDX-License-Identifier: MIT
#include "worker/sandbox/node_loop.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <new>

#include "worker/sandbox/control.h"

namespace roost::sandbox {
namespace {

using runtime::MonotonicTime;
using Next = runtime::Machine::Next;

constexpr std::size_t kLengthBytes = 4;            // of a frame
constexpr std::size_t kReadBytes = 64u << 10;      // what a pipe holds; pages are touched only as they fill
constexpr std::size_t kWriteBytes = 32u << 10;     // output that is not held back until the turn's end: half a pipe, so that both ends work at once
constexpr std::size_t kKeptCapacity = 64u << 10;   // of the output buffer, while nothing is to be done
constexpr std::chrono::milliseconds kInputSlice{1};        // after so long, what else came waits for the next turn
constexpr std::chrono::seconds kSilenceMax{1};             // of a process that works

MonotonicTime now() { return std::chrono::steady_clock::now().time_since_epoch(); }

class Output final : public runtime::Outbox {
 public:
  void send(const wire::FromWorker& frame) override {
    const std::size_t start = buffer_.size();
    try {
      wire::encode_to(buffer_, frame);
    } catch (const std::bad_alloc&) {
      if (!may_be_missing(frame)) _exit(kExitMemory);
      buffer_.resize(start);
      throw;
    }
    if (buffer_.size() - start - kLengthBytes > wire::kFrameBytesMax) {
      buffer_.resize(start);
      send_instead_of(frame);
    }
    if (std::holds_alternative<wire::Pong>(frame)) rested(now());
    const bool asks_for_leave = std::holds_alternative<wire::Reserve>(frame);   // its answer may come while the turn goes on
    if (buffer_.size() >= kWriteBytes || asks_for_leave) flush();
  }

  // The Pong fits into an empty string: it needs no memory.
  void still_working() override {
    if (now() - silent_since_ < kSilenceMax) return;
    flush();
    send(wire::Pong{kUnasked});
    flush();
  }
  void rested(MonotonicTime at) { silent_since_ = at; }

  void flush() {
    BytesView rest = buffer_;
    while (!rest.empty()) {
      const ssize_t written = write(STDOUT_FILENO, rest.data(), rest.size());
      if (written > 0) {
        rest.remove_prefix(static_cast<std::size_t>(written));
      } else if (errno != EINTR) {
        _exit(0);   // EPIPE: the container is gone
      }
    }
    buffer_.clear();
    if (buffer_.capacity() > kKeptCapacity) Bytes().swap(buffer_);
  }

 private:
  // What the machine may go on without, and tell otherwise. A change of state cannot be told otherwise, nor can a question that the machine
  // takes for asked: then the node ends, before it goes on with a state that its container does not have.
  static bool may_be_missing(const wire::FromWorker& frame) {
    return std::holds_alternative<wire::Answer>(frame) || std::holds_alternative<wire::Send>(frame) ||
           std::holds_alternative<wire::Return>(frame) || std::holds_alternative<wire::Log>(frame);
  }

  // A frame that is too large is not sent, and whoever waits for it is told, if it may be missing.
  void send_instead_of(const wire::FromWorker& frame) {
    wire::Failure failure;
    failure.kind = wire::FailureKind::MemoryLimit;
    failure.reason = "it is larger than the " + std::to_string(wire::kFrameBytesMax) + " bytes that leave a node at once";
    if (const auto* answer = std::get_if<wire::Answer>(&frame)) {
      failure.reason = "the value cannot be answered: " + failure.reason;
      send(wire::Answer{answer->origin, failure});
    } else if (const auto* hop = std::get_if<wire::Send>(&frame)) {
      failure.reason = "the computation cannot move to another node: " + failure.reason;
      if (hop->origin.request != 0) {
        send(wire::Answer{hop->origin, failure});
      } else {
        send(wire::Log{hop->origin.trace, wire::LogLevel::Error, failure.reason});
      }
    } else if (const auto* log = std::get_if<wire::Log>(&frame)) {
      send(wire::Log{log->trace, log->level, "a line of " + std::to_string(log->line.size()) + " bytes, left out"});
    } else {
      _exit(kExitFrameSize);
    }
  }

  Bytes buffer_;
  MonotonicTime silent_since_ = now();
};

class NodeLoop {
 public:
  NodeLoop(const runtime::Library& library, const code::StoreView& store) : machine_(library, store, output_) {}

  [[noreturn]] void run() {
    Next next;
    for (;;) {
      const MonotonicTime before = now();
      if (!input_waits_ && input_is_due(next)) take_input();
      const MonotonicTime begun = now();
      if (begun - before >= kInputSlice) output_.rested(begun);   // it waited for input: there was none
      handle_input(begun);
      next = machine_.run(now());
      output_.flush();
      output_.still_working();
    }
  }

 private:
  // Waits as the machine's state allows. True: there is something to read, or its end.
  static bool input_is_due(const Next& next) {
    if (next.what == Next::Do::Idle) return true;   // read() itself waits
    if (next.what == Next::Do::Wait && !next.deadline) return true;
    pollfd input{STDIN_FILENO, POLLIN, 0};
    timespec limit{};
    if (next.what == Next::Do::Wait) {
      const auto wait = std::max(*next.deadline - now(), MonotonicTime(0)).count();
      limit = {static_cast<time_t>(wait / 1'000'000'000), static_cast<long>(wait % 1'000'000'000)};
    }
    return ppoll(&input, 1, &limit, nullptr) > 0;
  }

  void take_input() {
    const ssize_t count = read(STDIN_FILENO, input_.data(), input_.size());
    if (count < 0 && errno == EINTR) return;
    if (count <= 0) end(0);
    splitter_.feed({input_.data(), static_cast<std::size_t>(count)});
  }

  // In order. One frame may take as long as a message may compute.
  void handle_input(MonotonicTime begun) {
    for (input_waits_ = true; now() - begun < kInputSlice;) {
      const auto body = splitter_.next();
      if (!body.ok()) end(kExitBadFrame);
      if (!body.value()) {
        input_waits_ = false;
        return;
      }
      const auto frame = wire::decode_to_worker(*body.value());
      if (!frame.ok()) end(kExitBadFrame);
      if (std::holds_alternative<wire::Stop>(frame.value())) end(0);
      machine_.handle(now(), frame.value());
    }
  }

  // Nothing is destroyed: giving back every value first would be for nothing.
  [[noreturn]] void end(int status) {
    output_.flush();
    _exit(status);
  }

  Output output_;
  runtime::Machine machine_;
  wire::FrameSplitter splitter_;
  bool input_waits_ = false;   // frames that were read, perhaps
  std::array<char, kReadBytes> input_;
};

}  // namespace

void run_node(const runtime::Library& library, const code::StoreView& store) {
  NodeLoop loop(library, store);
  loop.run();
}

}  // namespace roost::sandbox
