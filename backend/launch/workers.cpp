// SPDX-License-Identifier: MIT
#include "backend/launch/workers.h"

#include <signal.h>
#include <sodium.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <stdexcept>
#include <system_error>
#include <unordered_map>

#include "backend/launch/exit_reason.h"
#include "backend/launch/timer.h"
#include "backend/launch/worker_pipes.h"
#include "backend/launch/zygote_process.h"
#include "worker/wire/check.h"

namespace roost::launch {
namespace {

using core::Duration;
using core::WorkerExit;
using core::WorkerId;

// A zygote that dies is started again at once, then after pauses that double up to the last; one that lived longer than
// kSteadyLife starts the row anew.
constexpr Duration kPauseFirst = std::chrono::milliseconds(100);
constexpr Duration kPauseLast = std::chrono::seconds(10);
constexpr Duration kSteadyLife = std::chrono::seconds(30);

// A worker whose pipe closed is most likely dead and about to be reported so, with the true reason. If not, it is killed.
constexpr Duration kClosedGrace = std::chrono::milliseconds(250);

// Between two looks for the birth of a worker that is to be killed.
constexpr Duration kBirthPause = std::chrono::milliseconds(1);

struct Worker {
  WorkerId id{};
  std::unique_ptr<WorkerPipes> pipes;   // null: they could not be made
  std::uint64_t memory_bytes = 0;
  enum class Stage { Queued, Ordered, Forked } stage = Stage::Queued;
  std::int64_t namespace_pid = 0;   // from Forked
  bool kill_pending = false;        // to be killed as soon as it is forked
  EndCauses causes;
  std::string doomed;               // it is told soon that it ended without having run: why
  std::optional<wire::Define> unchecked;   // being checked: its pipe is paused
  std::optional<WorkerExit> exit;          // it has ended; told when all that it said is
};

// A secret in an encoded frame must not stay in freed memory.
class WipedBytes {
 public:
  explicit WipedBytes(Bytes bytes) : bytes_(std::move(bytes)) {}
  ~WipedBytes() { sodium_memzero(bytes_.data(), bytes_.size()); }
  WipedBytes(const WipedBytes&) = delete;
  WipedBytes& operator=(const WipedBytes&) = delete;
  [[nodiscard]] Bytes& get() { return bytes_; }

 private:
  Bytes bytes_;
};

}  // namespace

class Workers::Impl {
 public:
  Impl(EventLoop& loop, WorkersOptions options, Unseal unseal, Clock clock);
  ~Impl();

  void launch(const core::LaunchOrder& order);
  void send(WorkerId id, const wire::ToWorker& frame);
  [[nodiscard]] std::uint64_t unsent_bytes(WorkerId id) const;
  void kill(WorkerId id);
  void definition_checked(WorkerId id, const std::string& fault);

  WorkersOptions options;
  WorkerEvents* events = nullptr;
  SandboxState state;
  std::unordered_map<WorkerId, std::unique_ptr<Worker>> workers;
  [[nodiscard]] Worker* find(WorkerId id) const;

 private:
  // ---- the zygote
  void start_zygote();
  void await_hello();
  [[nodiscard]] std::string start_timeout_text() const {
    return std::to_string(options.zygote_start_timeout / std::chrono::milliseconds(1)) + " ms";
  }
  void zygote_report(const ZygoteReport& report);
  void take_hello(const ZygoteReport& report);
  void zygote_ended(const std::string& why);
  void restart_later();
  void timer_event();
  void set_timer();
  // ---- orders
  void send_launches();
  void order_kill(Worker& worker);
  void send_kills();
  // ---- one worker
  void write_start(Worker& worker, const core::LaunchOrder& order);
  void doom(Worker& worker, const std::string& why);
  void finish_doomed();
  void look_for_births();
  void pipe_closed(Worker& worker);
  void kill_closed();
  void forked(const ZygoteReport& report);
  void readable(WorkerId id);
  void ended(Worker& worker, WorkerExit exit);
  void tell_end(Worker& worker);
  void read_rest(Worker& worker);
  bool deliver(WorkerId id, wire::FromWorker frame);
  bool tell(WorkerId id, wire::FromWorker frame);
  void break_off(Worker& worker, const std::string& fault);
  void finish(Worker& worker, const WorkerExit& exit);

  EventLoop& loop_;
  Unseal unseal_;
  Clock clock_;
  Timer timer_;
  std::unique_ptr<ZygoteProcess> zygote_;
  bool hello_ = false;
  std::string refusal_;             // what the zygote said instead of Hello
  core::Instant zygote_started_{};
  std::optional<core::Instant> hello_due_;   // while Hello is waited for
  std::optional<core::Instant> restart_at_;
  Duration pause_ = kPauseFirst;
  std::deque<WorkerId> queued_;     // launches that the zygote has not been told of yet
  std::vector<sandbox::Order> kills_;   // kill orders that found the socket full
  std::vector<WorkerId> doomed_;
  std::vector<WorkerId> unborn_;    // to be killed as soon as their birth is known
  std::deque<std::pair<core::Instant, WorkerId>> closed_;   // to be killed then, if they still live
  Bytes scratch_;                   // for encoding
};

// ---- the zygote ----------------------------------------------------------------------------------------------

Workers::Impl::Impl(EventLoop& loop, WorkersOptions given, Unseal unseal, Clock clock)
    : options(std::move(given)), loop_(loop), unseal_(std::move(unseal)), clock_(std::move(clock)),
      timer_(loop, [this] { timer_event(); }) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium could not be initialised");
  signal(SIGPIPE, SIG_IGN);   // writing to a worker that has died is an error code, not an end
  for (std::uint32_t i = 0; i < sandbox::kLayers; ++i) state.layers.push_back({sandbox::kLayerNames[i], false, "not started"});
  start_zygote();
  await_hello();
}

Workers::Impl::~Impl() {
  zygote_.reset();   // and with it every worker
  workers.clear();
}

void Workers::Impl::start_zygote() {
  std::vector<std::string> arguments{"zygote"};
  if (options.allow_weak_sandbox) arguments.push_back("--allow-weak-sandbox");
  arguments.insert(arguments.end(), options.library_files.begin(), options.library_files.end());
  hello_ = false;
  refusal_.clear();
  zygote_started_ = clock_();
  ++state.zygote_starts;
  zygote_ = std::make_unique<ZygoteProcess>(
      loop_, options.worker, arguments, options.code_store_fd,
      ZygoteProcess::Handler{[this](const ZygoteReport& report) { zygote_report(report); },
                             [this] { send_kills(); send_launches(); },
                             [this](const std::string& why) { zygote_ended(why); }});
  hello_due_ = zygote_started_ + options.zygote_start_timeout;
}

// Only at the start, when nothing else is to be done: runs the loop until the zygote has said Hello.
void Workers::Impl::await_hello() {
  while (!hello_ && zygote_) {
    const Duration left = *hello_due_ - clock_();
    if (left <= Duration::zero()) {
      throw std::runtime_error("the zygote (" + options.worker + ") did not start within " + start_timeout_text());
    }
    loop_.run_once(left);
  }
  if (!hello_) throw std::runtime_error("the zygote (" + options.worker + ") did not start: " + state.last_error);
}

void Workers::Impl::zygote_report(const ZygoteReport& report) {
  const auto id = WorkerId{report.report.launch};
  switch (report.report.type) {
    case sandbox::ReportType::Hello: return take_hello(report);
    case sandbox::ReportType::Refused: refusal_ = report.text; return;
    case sandbox::ReportType::Forked: return forked(report);
    case sandbox::ReportType::Exited:
      if (Worker* worker = find(id)) ended(*worker, worker_exit_of(report.report.value, worker->causes));
      return;
    case sandbox::ReportType::Failed:
      if (Worker* worker = find(id)) {
        finish(*worker, launch_failed(std::string("the zygote could not fork: ") + std::strerror(report.report.value)));
      }
      return;
  }
  zygote_->kill();   // it speaks of something that no zygote knows
}

void Workers::Impl::take_hello(const ZygoteReport& report) {
  if (report.report.launch != sandbox::kControlVersion) {
    refusal_ = "it speaks version " + std::to_string(report.report.launch) + " of the control socket, not " +
               std::to_string(sandbox::kControlVersion) + ": roostd and roost-worker are not of one build";
    return zygote_->kill();
  }
  if (!hello_due_) return;   // too late: it is being killed
  hello_due_.reset();
  const auto layers = static_cast<std::uint32_t>(report.report.value);
  state.build_id = report.text.substr(0, report.text.find('\n'));
  for (std::uint32_t i = 0; i < sandbox::kLayers; ++i) {
    SandboxLayer& layer = state.layers[i];
    layer.in_force = layers >> i & 1u;
    const std::string mark = "\n" + layer.name + ": ";
    const std::size_t at = report.text.find(mark);
    layer.detail = layer.in_force || at == std::string::npos
                       ? ""
                       : report.text.substr(at + mark.size(), report.text.find('\n', at + 1) - at - mark.size());
  }
  hello_ = true;
  state.zygote_running = true;
  state.zygote_pid = zygote_->pid();
  state.last_error.clear();
  if (events && state.zygote_starts > 1) events->zygote_changed(clock_(), "a new zygote runs, process " + std::to_string(state.zygote_pid));
  send_launches();
}

void Workers::Impl::zygote_ended(const std::string& why) {
  const bool had_started = hello_;
  zygote_.reset();
  hello_ = false;
  hello_due_.reset();
  state.zygote_running = false;
  state.zygote_pid = 0;
  state.last_error = refusal_.empty() ? why : refusal_;
  kills_.clear();
  if (!events) return;   // the constructor is waiting, and will say so

  const std::string words = "its zygote died (" + state.last_error + ")";
  std::vector<WorkerId> dead;
  for (const auto& [id, worker] : workers) {
    if (worker->stage != Worker::Stage::Queued && !worker->exit) dead.push_back(id);
  }
  std::sort(dead.begin(), dead.end());   // told in the order of their launch
  for (const WorkerId id : dead) {
    Worker* worker = find(id);
    ended(*worker, worker->stage == Worker::Stage::Forked ? WorkerExit{core::ExitKind::Signal, SIGKILL, words}
                                                           : launch_failed(words));
  }
  events->zygote_changed(clock_(), (had_started ? "the zygote died: " : "the zygote did not start: ") + state.last_error +
                                       "; workers that died with it: " + std::to_string(dead.size()));
  restart_later();
}

void Workers::Impl::restart_later() {
  if (clock_() - zygote_started_ > kSteadyLife) pause_ = kPauseFirst;
  restart_at_ = clock_() + pause_;
  pause_ = std::min(2 * pause_, kPauseLast);
  set_timer();
}

// To the earliest thing that waits for time, or for the loop.
void Workers::Impl::set_timer() {
  std::optional<core::Instant> next = restart_at_;
  if (hello_due_) next = std::min(*hello_due_, next.value_or(*hello_due_));
  if (!closed_.empty()) next = std::min(closed_.front().first, next.value_or(closed_.front().first));
  if (!unborn_.empty()) next = std::min(clock_() + kBirthPause, next.value_or(core::Instant::max()));
  if (!next && doomed_.empty()) return;
  const Duration pause = doomed_.empty() ? *next - clock_() : Duration::zero();
  timer_.set(pause);
}

void Workers::Impl::timer_event() {
  finish_doomed();
  kill_closed();
  look_for_births();
  if (hello_due_ && *hello_due_ <= clock_()) {
    hello_due_.reset();
    if (refusal_.empty()) refusal_ = "it did not start within " + start_timeout_text();
    zygote_->kill();
  }
  if (restart_at_ && *restart_at_ <= clock_()) {
    restart_at_.reset();
    try {
      start_zygote();
    } catch (const std::system_error& error) {   // the program is gone, or there is no memory for it: tried again
      state.last_error = error.what();
      events->zygote_changed(clock_(), state.last_error);
      restart_later();
    }
  }
  set_timer();
}

// ---- orders --------------------------------------------------------------------------------------------------

void Workers::Impl::send_launches() {
  while (hello_ && !queued_.empty()) {
    Worker* worker = find(queued_.front());
    if (worker) {
      const sandbox::Order order{sandbox::OrderType::Launch, sandbox::kControlVersion,
                                 static_cast<std::uint64_t>(worker->id), worker->memory_bytes, 0};
      const auto sent = zygote_->order(order, worker->pipes->child_stdin(), worker->pipes->child_stdout());
      if (sent != ZygoteProcess::Sent::Yes) return;   // later, or by the next zygote
      worker->pipes->child_has_its_ends();
      worker->stage = Worker::Stage::Ordered;
    }
    queued_.pop_front();
  }
}

void Workers::Impl::order_kill(Worker& worker) {
  if (worker.exit) return;
  if (worker.stage != Worker::Stage::Forked) {
    if (!worker.kill_pending) unborn_.push_back(worker.id);
    worker.kill_pending = true;
    return set_timer();
  }
  kills_.push_back({sandbox::OrderType::Kill, sandbox::kControlVersion, static_cast<std::uint64_t>(worker.id), 0,
                    worker.namespace_pid});
  send_kills();
}

void Workers::Impl::send_kills() {
  std::size_t sent = 0;
  while (zygote_ && sent < kills_.size() && zygote_->order(kills_[sent]) == ZygoteProcess::Sent::Yes) ++sent;
  kills_.erase(kills_.begin(), kills_.begin() + static_cast<std::ptrdiff_t>(sent));
}

// ---- what the core orders ------------------------------------------------------------------------------------

void Workers::Impl::launch(const core::LaunchOrder& order) {
  auto made = std::make_unique<Worker>();
  Worker& worker = *made;
  worker.id = order.worker;
  worker.memory_bytes = order.memory_bytes;
  CHECK(workers.emplace(order.worker, std::move(made)).second);
  try {
    worker.pipes = std::make_unique<WorkerPipes>(loop_, [this, id = order.worker] { readable(id); },
                                                 [this, id = order.worker] { events->worker_took(clock_(), id); });
  } catch (const std::system_error& error) {
    return doom(worker, error.what());
  }
  queued_.push_back(worker.id);
  send_launches();
  // While the zygote wakes and forks: the frame is in the pipe before the child looks.
  write_start(worker, order);
}

void Workers::Impl::write_start(Worker& worker, const core::LaunchOrder& order) {
  wire::Start start;
  start.host = options.host;
  start.node = order.node;
  start.capabilities = order.capabilities;
  start.memory_bytes = order.memory_bytes;
  start.compute_ms = options.compute_ms;
  start.receive_ms = options.receive_ms;
  start.seed = unseal_(order.node, order.sealed_key);
  wire::ToWorker frame(std::move(start));
  Bytes& seed = std::get<wire::Start>(frame).seed;
  WipedBytes encoded(wire::encode(frame));
  sodium_memzero(seed.data(), seed.size());
  // The pipe is new and empty, so it takes the frame at once: no copy of the seed waits in a queue. If nobody reads it,
  // the fork failed, which is about to be reported.
  (void)!worker.pipes->write(encoded.get());
  CHECK(worker.pipes->unsent_bytes() == 0);
}

void Workers::Impl::doom(Worker& worker, const std::string& why) {
  worker.doomed = why;
  doomed_.push_back(worker.id);
  set_timer();   // events are told from within the loop only
}

void Workers::Impl::finish_doomed() {
  const std::vector<WorkerId> doomed = std::exchange(doomed_, {});
  for (const WorkerId id : doomed) {
    if (Worker* worker = find(id)) finish(*worker, worker->exit ? *worker->exit : launch_failed(worker->doomed));
  }
}

void Workers::Impl::send(WorkerId id, const wire::ToWorker& frame) {
  Worker* worker = find(id);
  if (!worker || !worker->pipes || !worker->causes.fault.empty()) return;
  scratch_.clear();
  wire::encode_to(scratch_, frame);
  if (scratch_.size() - 4 > wire::kFrameBytesMax) {
    const std::string bytes = std::to_string(scratch_.size() - 4);
    Bytes().swap(scratch_);
    if (const auto* result = std::get_if<wire::ReadResult>(&frame)) {
      return send(id, wire::ReadResult{result->read, false, {}});   // the read failed, the node lives
    }
    return break_off(*worker, "a frame of " + bytes + " bytes for it is more than the " +
                                  std::to_string(wire::kFrameBytesMax) + " that a frame may have");
  }
  if (!worker->pipes->write(scratch_)) pipe_closed(*worker);
}

std::uint64_t Workers::Impl::unsent_bytes(WorkerId id) const {
  const Worker* worker = find(id);
  return worker && worker->pipes ? worker->pipes->unsent_bytes() : 0;
}

void Workers::Impl::kill(WorkerId id) {
  Worker* worker = find(id);
  if (!worker || !worker->doomed.empty()) return;
  worker->causes.kill_ordered = true;
  if (worker->exit) return doom(*worker, "it was killed when it had ended");   // its exit waited for a check that nobody needs now
  if (worker->stage != Worker::Stage::Queued) return order_kill(*worker);
  queued_.erase(std::remove(queued_.begin(), queued_.end(), id), queued_.end());
  doom(*worker, state.last_error.empty() ? "it was killed before it was forked"
                                         : "it was killed while it waited for a zygote: " + state.last_error);
}

// ---- what workers do -----------------------------------------------------------------------------------------

Worker* Workers::Impl::find(WorkerId id) const {
  const auto found = workers.find(id);
  return found == workers.end() ? nullptr : found->second.get();
}

// Births are not waited for (control.h); a worker that says nothing and is to be killed is asked after.
void Workers::Impl::look_for_births() {
  if (unborn_.empty()) return;
  if (zygote_) zygote_->read_births();   // forked() kills them
  std::erase_if(unborn_, [this](WorkerId id) {
    const Worker* worker = find(id);
    return !worker || worker->stage == Worker::Stage::Forked;
  });
}

void Workers::Impl::forked(const ZygoteReport& report) {
  Worker* worker = find(WorkerId{report.report.launch});
  if (!worker || worker->stage != Worker::Stage::Ordered) return;
  worker->stage = Worker::Stage::Forked;
  worker->namespace_pid = report.report.value;
  if (worker->kill_pending) order_kill(*worker);
  events->worker_started(clock_(), worker->id, report.sender);
}

void Workers::Impl::readable(WorkerId id) {
  Worker* worker = find(id);
  // The child said Forked before it wrote: that is to be told first.
  if (worker->stage != Worker::Stage::Forked && zygote_) zygote_->read_births();
  const auto taken = worker->pipes->take([this, id](wire::FromWorker frame) { return deliver(id, std::move(frame)); });
  if (!worker->pipes->fault().empty()) return break_off(*worker, "a malformed frame came from it: " + worker->pipes->fault());
  if (taken != WorkerPipes::Taken::End) return;
  worker->pipes->stop_reading();
  pipe_closed(*worker);
}

void Workers::Impl::pipe_closed(Worker& worker) {
  closed_.emplace_back(clock_() + kClosedGrace, worker.id);
  if (closed_.size() == 1) set_timer();   // else it is set for an earlier one
}

void Workers::Impl::kill_closed() {
  while (!closed_.empty() && closed_.front().first <= clock_()) {
    Worker* worker = find(closed_.front().second);
    closed_.pop_front();
    if (!worker) continue;
    worker->causes.pipe_closed = true;
    order_kill(*worker);
  }
}

void Workers::Impl::ended(Worker& worker, WorkerExit exit) {
  worker.exit = std::move(exit);
  tell_end(worker);
}

// After what it said, so maybe later. Nobody waits for what a worker said that the core has killed.
void Workers::Impl::tell_end(Worker& worker) {
  if (!worker.unchecked) read_rest(worker);
  if (worker.unchecked && !worker.causes.kill_ordered) return;
  const WorkerExit exit = *worker.exit;
  finish(worker, worker.causes.fault.empty() ? exit : WorkerExit{core::ExitKind::Broken, exit.code, worker.causes.fault});
}

// What it said before it died. Nobody writes any more, so this ends.
void Workers::Impl::read_rest(Worker& worker) {
  if (!worker.pipes) return;
  const WorkerId id = worker.id;
  const auto sink = [this, id](wire::FromWorker frame) { return deliver(id, std::move(frame)); };
  while (worker.pipes->reading() && worker.causes.fault.empty() && !worker.unchecked) {
    const auto taken = worker.pipes->take(sink);
    if (!worker.pipes->fault().empty()) {
      worker.causes.fault = "a malformed frame came from it: " + worker.pipes->fault();
    }
    if (taken != WorkerPipes::Taken::Some) return;
  }
}

// False: nothing more of it is told, for now or ever.
bool Workers::Impl::deliver(WorkerId id, wire::FromWorker frame) {
  auto* const definition = std::get_if<wire::Define>(&frame);
  if (!definition) return tell(id, std::move(frame));
  Worker& worker = *find(id);
  if (worker.causes.kill_ordered) return true;   // of no more use
  if (events->check_definition(id, *definition)) return tell(id, std::move(frame));
  worker.unchecked = std::move(*definition);
  worker.pipes->pause();
  return false;
}

void Workers::Impl::definition_checked(WorkerId id, const std::string& fault) {
  Worker* worker = find(id);
  if (!worker || !worker->unchecked || !worker->doomed.empty()) return;
  wire::Define definition = std::move(*worker->unchecked);
  worker->unchecked.reset();
  const bool good = fault.empty();
  if (!good) break_off(*worker, fault);
  const bool heard = good && tell(id, std::move(definition));
  if (worker->exit) return tell_end(*worker);
  if (!heard) return;
  worker->pipes->resume();
  readable(id);   // what was read together with it
}

// False: it has been broken off.
bool Workers::Impl::tell(WorkerId id, wire::FromWorker frame) {
  events->worker_frame(clock_(), id, std::move(frame));
  const Worker* worker = find(id);
  return worker && worker->causes.fault.empty();
}

void Workers::Impl::break_off(Worker& worker, const std::string& fault) {
  if (worker.causes.fault.empty()) worker.causes.fault = fault;
  worker.unchecked.reset();
  worker.pipes->stop_reading();
  if (worker.stage == Worker::Stage::Queued) {
    queued_.erase(std::remove(queued_.begin(), queued_.end(), worker.id), queued_.end());
    return doom(worker, fault);
  }
  order_kill(worker);
}

void Workers::Impl::finish(Worker& worker, const WorkerExit& exit) {
  const WorkerId id = worker.id;
  workers.erase(id);
  events->worker_exited(clock_(), id, exit);
}

// ---- the public face -----------------------------------------------------------------------------------------

Workers::Workers(EventLoop& loop, WorkersOptions options, Unseal unseal, Clock clock)
    : impl_(std::make_unique<Impl>(loop, std::move(options), std::move(unseal), std::move(clock))) {}
Workers::~Workers() = default;

void Workers::set_events(WorkerEvents& events) { impl_->events = &events; }
void Workers::launch(const core::LaunchOrder& order) { impl_->launch(order); }
void Workers::send(WorkerId worker, const wire::ToWorker& frame) { impl_->send(worker, frame); }
std::uint64_t Workers::unsent_bytes(WorkerId worker) const { return impl_->unsent_bytes(worker); }
void Workers::kill(WorkerId worker) { impl_->kill(worker); }
void Workers::definition_checked(WorkerId worker, const std::string& fault) { impl_->definition_checked(worker, fault); }

bool Workers::is_held_up(WorkerId id) const {
  const Worker* worker = impl_->find(id);
  return worker && worker->unchecked;
}

void Workers::change_limits(std::uint64_t compute_ms, std::uint64_t receive_ms) {
  impl_->options.compute_ms = compute_ms;
  impl_->options.receive_ms = receive_ms;
}

SandboxState Workers::sandbox() const { return impl_->state; }
std::size_t Workers::alive() const { return impl_->workers.size(); }

}  // namespace roost::launch
