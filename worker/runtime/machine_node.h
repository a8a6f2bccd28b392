// SPDX-License-Identifier: MIT
#pragma once

// The inside of a Machine: one node's computations and everything they share. A *computation* is a thread in the sense of the
// reference's section 8: it evaluates, performs the step that comes out, evaluates what the step's result is given to, and so on, until
// a step has nothing after it. It belongs to the request it answers (or to none) and spends the compute allowance of the
// message that started it.
//
// machine.cpp: frames in, slices, idleness. machine_node.cpp: computations from beginning to end, waiting and timers. remote.cpp:
// the steps.
// Thread: one.

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>

#include "worker/runtime/channels.h"
#include "worker/runtime/children.h"
#include "worker/runtime/codec.h"
#include "worker/runtime/compute_bill.h"
#include "worker/runtime/index_state.h"
#include "worker/runtime/library.h"
#include "worker/runtime/machine.h"
#include "worker/runtime/universe.h"
#include "worker/runtime/vm.h"

namespace roost::runtime {

class Machine::Node final : public Host, private BuiltinContext::Meter {
 public:
  Node(const Library& library, const code::StoreView& store, Outbox& outbox);
  ~Node() override;

  void handle(MonotonicTime now, const wire::ToWorker& frame);
  Next run(MonotonicTime now);

 private:
  struct Computation {
    enum class Phase {
      Evaluate,   // the fiber runs, or waits for a host builtin
      Perform,    // `value` is the Remote whose step is next
      Deliver,    // `value` is the step's result
      Waiting,    // for the step's result
    };
    ComputationId id = 0;
    wire::Origin origin;
    std::uint64_t attempt = 0;    // of this node, whose end it is; 0: none, or it has a request (wire::Attempt)
    std::shared_ptr<Allowance> allowance;
    Phase phase = Phase::Perform;
    bool is_program = false;      // its first value may be something else than a Remote
    Fiber fiber;
    std::optional<ProgramHandle> program;   // of the fiber's first code
    Value value;
    Value next;                   // what the step's result is given to; unset: nothing
    Bytes listens;                // the channel or future it waits for, and its place there
    Channels::Place place = 0;
    std::optional<IndexState::Question> reads;
    std::optional<Timers::iterator> timer;
    std::string waits_for;        // for the message when the limit passes
  };

  // One computation waits for what another one comes to. As long as that one is here, nobody else knows of it.
  struct Attempt {
    ComputationId waiting = 0, computation = 0;
  };
  using Attempts = std::map<std::uint64_t, Attempt>;

  // ---- machine.cpp
  void take(const wire::Start& frame);
  void take(const wire::Eval& frame);
  void take(const wire::Run& frame);
  void take(const wire::ReadResult& frame);
  void take(const wire::Reserved& frame);
  void take(const wire::Fetched& frame);
  void take(const wire::Attempting& frame);
  void take(const wire::Attempted& frame);
  void take(const wire::Stop&) {}
  void take(const wire::Ping& frame) { outbox_.send(wire::Pong{frame.nonce}); }
  [[nodiscard]] Computation* asked(std::uint64_t read);
  void evaluate_program(Computation& computation, const std::string& text);
  void refuse(Computation& computation, wire::Failure failure);
  void say_idle();
  void give_memory_back();

  // ---- machine_node.cpp
  // A computation that is ready to perform `remote`; of a message, null if there is no memory to begin it (it has its answer then).
  Computation& begin(const wire::Origin& origin, std::shared_ptr<Allowance> allowance, Value remote);
  Computation* begin_message(const wire::Origin& origin);
  // Does `work` for the computation, at its expense; what goes wrong in it is the computation's failure. `what` the process may have no
  // memory for is "this program".
  template <typename Work>
  void work_for(Computation& computation, std::string_view what, Work&& work);
  void go_on(Computation& computation);
  // What was charged shortens the slice.
  void count_work();
  void evaluated(Computation& computation);
  void deliver_result(Computation& computation);
  void make_ready(Computation& computation);
  // A step's result, or a host builtin's value, for one that waited.
  void wake(ComputationId id, Value value);
  void hand_over(Computation& computation, Value value);   // to one that is ready; fails for no step
  void wake_or_fail(ComputationId id, Value value);   // for steps: a host builtin's value may have no place on the stack
  void finish(Computation& computation, const Value& value);
  void fail(Computation& computation, Crash crash);
  Computation* give_up(Computation& computation, Crash& crash);
  void attempt_came_to(std::uint64_t attempt, Value either);
  void report(const wire::Origin& origin, wire::Failure failure);
  void end(Computation& computation);
  [[nodiscard]] Computation* find(ComputationId id);
  void wait(Computation& computation, std::string what);
  void set_timer(Computation& computation, MonotonicTime due);
  void clear_timer(Computation& computation);
  void fire_timers();
  [[nodiscard]] bool is_due() const { return !timers_.empty() && timers_.begin()->first <= now_; }
  void limit_passed(ComputationId id);
  void require_compute(const Computation& computation);
  void check() override;
  Value perform(lang::Builtin builtin, Value* arguments) override;
  Value perform_host(lang::Builtin builtin, Value* arguments);
  Value perform_index(lang::Builtin builtin, Value* arguments);
  Value ask(IndexState::Question question);
  Value fetch(const Value& url);
  void debug_line(const Value& label, const Value& value);
  void require(wire::Capability capability, std::string_view what);

  // ---- remote.cpp: each gives the step's result, or unset if the computation waits or is gone
  void perform_step(Computation& computation);
  Value step_result(Computation& computation, const Remote& remote);
  Value at(Computation& computation, const Remote& remote);
  Value sleep(Computation& computation, double seconds);
  Value fork(Computation& computation, const Remote& remote);
  Value attempt(Computation& computation, const Remote& remote);
  Value ask_to_leave(Computation& computation, const Remote& remote);
  wire::Origin origin_of_waiting(const Attempt& attempt);
  Value spawn(Computation& computation);
  Value send(Computation& computation, const Remote& remote);
  Value receive(Computation& computation, const Channel& channel);
  Value await(Computation& computation, const Channel& future);
  Value receive_async(const Channel& channel, double seconds, const Value& next);
  void send_computation(const wire::Origin& origin, const PublicKey& destination, std::string_view host, const Value& remote);
  void spawn_waiting();

  const Library& library_;
  Outbox& outbox_;
  Heap heap_;
  wire::Start start_;
  std::uint64_t work_ = 0;
  BuiltinContext context_{work_};
  Vm vm_{*this, context_};
  Universe universe_;
  MonotonicTime now_{};
  ComputationId next_id_ = 1;
  std::unordered_map<ComputationId, std::unique_ptr<Computation>> computations_;
  std::deque<ComputationId> ready_;
  std::deque<ComputationId> spawning_;   // wait for leave to spawn
  std::unordered_map<std::uint64_t, ComputationId> reading_;
  Attempts attempts_;
  std::uint64_t next_attempt_ = 1;
  Timers timers_;
  std::unique_ptr<Channels> channels_;
  std::unique_ptr<Children> children_;
  std::unique_ptr<IndexState> index_;
  Value here_;
  Computation* current_ = nullptr;
  ComputeBill bill_;
  std::int64_t fuel_ = 0;                // of the slice: calls
  std::uint64_t counted_work_ = 0;       // of work_, what has been taken off the fuel
  std::uint64_t received_ = 0;
  bool said_idle_ = false;
  std::uint64_t baseline_bytes_ = 0;     // of the process when it was forked
};

template <typename Work>
void Machine::Node::work_for(Computation& computation, std::string_view what, Work&& work) {
  current_ = &computation;
  bill_.turn_to(computation.allowance);
  try {
    require_compute(computation);
    work();
  } catch (Crash& crash) {
    fail(computation, std::move(crash));
  } catch (const std::bad_alloc&) {
    fail(computation, {wire::FailureKind::MemoryLimit, no_memory_for(what), {}});
  }
  current_ = nullptr;
}

}  // namespace roost::runtime
