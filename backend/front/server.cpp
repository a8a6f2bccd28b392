// SPDX-License-Identifier: MIT
#include "backend/front/server.h"

#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "backend/front/listener.h"
#include "backend/front/parked_requests.h"

namespace roost::front {
namespace {

// nginx's $request_id has 32 characters; what is longer is no id, and is not written to the log.
constexpr std::size_t kInstanceLengthMax = 64;
constexpr int kOperatorThreads = 2;
// nginx's upstream names them all (nginx/roost.conf).
constexpr int kFrontSockets = 4;
// What a socket takes at once, whoever reads at its other end: Linux gives it 208 KiB for its buffer, and counts its own overhead.
constexpr std::size_t kQuickBytes = 64u << 10;

}  // namespace

class Server::Impl {
 public:
  Impl(const Configuration& configuration, Sink sink, Clock clock)
      : configuration_(configuration),
        sink_(std::move(sink)),
        clock_(std::move(clock)),
        body_bytes_max_(configuration.body_bytes_max),
        front_(configuration.front_socket, kFrontSockets),
        operator_(configuration.operator_socket) {}

  ~Impl() {
    stop_accepting();
    finish();
  }

  void start() {
    for (std::uint64_t i = 0; i < configuration_.accept_threads; ++i) add_reader(front_, Door::Public);
    for (int i = 0; i < kOperatorThreads; ++i) add_reader(operator_, Door::Operator);
    for (std::uint64_t i = 0; i < configuration_.responder_threads; ++i) {
      TimeLimit& limit = limits_.emplace_back();
      responding_.emplace_back([this, &limit] { write_answers(limit); });
    }
  }

  void sweep() {
    for (TimeLimit& limit : limits_) limit.sweep(TimeLimit::Clock::now());
  }

  void stop_accepting() {
    front_.stop();
    operator_.stop();
    for (std::thread& thread : accepting_) thread.join();
    accepting_.clear();
  }

  void finish() {
    {
      const std::lock_guard lock(answers_mutex_);
      finished_ = true;
    }
    answers_ready_.notify_all();
    for (std::thread& thread : responding_) thread.join();
    responding_.clear();
  }

  void queue(core::RequestId id, std::variant<core::Answer, Response> content) {
    bool wake = false;
    {
      const std::lock_guard lock(answers_mutex_);
      // Only the first of several wakes a responder, and only if none is about to look here by itself.
      wake = answers_.empty() && quick_responders_ == 0;
      answers_.push_back({id, std::move(content)});
    }
    if (wake) answers_ready_.notify_one();
  }

  ParkedRequests& parked() { return parked_; }
  std::atomic<std::uint64_t>& body_bytes_max() { return body_bytes_max_; }

 private:
  struct Queued {
    core::RequestId id{};
    std::variant<core::Answer, Response> content;
  };

  void add_reader(Listener& listener, Door door) {
    TimeLimit& limit = limits_.emplace_back();
    accepting_.emplace_back([this, &listener, door, &limit] {
      pthread_setname_np(pthread_self(), "reads requests");
      let_the_waker_go_on();
      Listener::Turn turn = listener.turn();
      for (int connection = listener.next(turn); connection >= 0; connection = listener.next(turn)) take(connection, door, limit);
    });
  }

  // nginx connects, then sends. A reader that its connect() wakes would take the processor from it in between, to find nothing, and
  // every request would cost two more switches: under this policy a woken thread waits for the end of another's slice
  // (sched(7)). Where that is forbidden it is slower, and no more.
  static void let_the_waker_go_on() {
    const sched_param none{};
    (void)sched_setscheduler(0, SCHED_BATCH, &none);   // of this thread alone
  }

  void take(int connection, Door door, TimeLimit& limit) {
    auto parked = std::make_unique<ParkedRequest>(connection);
    std::optional<std::string> body;
    const std::uint64_t body_bytes_max = body_bytes_max_;
    limit.begin(connection, kReadMax);
    const bool read = parked->request.read_parameters();
    if (read) body = parked->request.read_body(body_bytes_max);
    limit.end();
    if (!read || parked->request.failed()) return;
    const Parameters parameters = parked->request.parameters();
    parked->facts.instance = std::string(parameters.request_id.substr(0, kInstanceLengthMax));
    parked->facts.host = configuration_.core.host;
    parked->facts.head = parameters.method == "HEAD";
    parked->facts.operator_door = door == Door::Operator;
    auto target = understand(door, parameters, body, body_bytes_max);
    if (const auto* refusal = std::get_if<Refusal>(&target)) return refuse(*parked, *refusal);
    hand_on(door, std::move(parked), std::move(std::get<Target>(target)), *std::move(body));
  }

  void hand_on(Door door, std::unique_ptr<ParkedRequest> parked, Target target, std::string body) {
    if (const auto* eval = std::get_if<EvalTarget>(&target)) {
      parked->facts.debug = eval->wants_debug;
      parked->facts.wait = eval->wait;
    }
    Incoming incoming{core::RequestId{next_id_++}, door, std::move(target), std::move(body), parked->facts.instance, clock_()};
    parked_.park(incoming.id, std::move(parked));
    sink_(std::move(incoming));
  }

  static void refuse(ParkedRequest& parked, const Refusal& refusal) {
    parked.request.finish(cgi_text(problem_response(refusal.problem, parked.facts, refusal.allow), parked.facts.head));
  }

  void write_answers(TimeLimit& limit) {
    pthread_setname_np(pthread_self(), "writes answers");
    std::unique_lock lock(answers_mutex_);
    for (;;) {
      answers_ready_.wait(lock, [this] { return finished_ || !answers_.empty(); });
      if (answers_.empty()) return;
      Queued next = std::move(answers_.front());
      answers_.pop_front();
      ++quick_responders_;
      lock.unlock();
      const bool quick = write(std::move(next), limit);
      lock.lock();
      if (quick) --quick_responders_;
    }
  }

  // False: it has left quick_responders_, since the peer may have had to be waited for.
  bool write(Queued next, TimeLimit& limit) {
    const auto parked = parked_.take(next.id);
    if (!parked) return true;
    const auto* answer = std::get_if<core::Answer>(&next.content);
    const Response response = answer ? response_of(*answer, parked->facts) : std::get<Response>(std::move(next.content));
    const std::string text = cgi_text(response, parked->facts.head);
    const bool quick = text.size() <= kQuickBytes;
    if (!quick) leave_the_quick();
    limit.begin(parked->request.connection(), kWriteMax);
    parked->request.finish(text);
    limit.end();
    return quick;
  }

  void leave_the_quick() {
    bool others_wait = false;
    {
      const std::lock_guard lock(answers_mutex_);
      others_wait = --quick_responders_ == 0 && !answers_.empty();
    }
    if (others_wait) answers_ready_.notify_one();
  }

  const Configuration configuration_;
  const Sink sink_;
  const Clock clock_;
  std::atomic<std::uint64_t> body_bytes_max_;
  Listener front_, operator_;
  ParkedRequests parked_;
  std::atomic<std::uint64_t> next_id_ = 1;
  std::deque<TimeLimit> limits_;   // one for each thread; filled before the first starts to be swept
  std::vector<std::thread> accepting_, responding_;

  std::mutex answers_mutex_;   // of what follows
  std::condition_variable answers_ready_;
  std::deque<Queued> answers_;
  int quick_responders_ = 0;   // at work on what no peer can hold up: soon back
  bool finished_ = false;
};

Server::Server(const Configuration& configuration, Sink sink, Clock clock)
    : impl_(std::make_unique<Impl>(configuration, std::move(sink), std::move(clock))) {}
Server::~Server() = default;
void Server::start() { impl_->start(); }
void Server::sweep() { impl_->sweep(); }
void Server::stop_accepting() { impl_->stop_accepting(); }
void Server::finish() { impl_->finish(); }
void Server::answer(core::RequestId request, core::Answer answer) { impl_->queue(request, std::move(answer)); }
void Server::respond(core::RequestId request, Response response) { impl_->queue(request, std::move(response)); }
void Server::set_seed(core::RequestId request, std::string seed) { impl_->parked().set_seed(request, std::move(seed)); }
void Server::change_body_bytes_max(std::uint64_t bytes) { impl_->body_bytes_max() = bytes; }
std::string Server::instance_of(std::uint64_t request) const { return impl_->parked().instance_of(core::RequestId{request}); }
std::size_t Server::parked() const { return impl_->parked().size(); }

}  // namespace roost::front
