// SPDX-License-Identifier: MIT
#include "backend/front/roostd.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <thread>

#include <nlohmann/json.hpp>
#include <sodium.h>
#include <sys/epoll.h>

#include "backend/code/code_store.h"
#include "backend/code/definition_checker.h"
#include "backend/code/stored_code.h"
#include "backend/core/container.h"
#include "backend/directory/directory.h"
#include "backend/directory/journal_writer.h"
#include "backend/directory/master_key.h"
#include "backend/directory/state_reads.h"
#include "backend/fetch/fetcher.h"
#include "backend/front/fastcgi_request.h"
#include "backend/front/file_lock.h"
#include "backend/front/listener.h"
#include "backend/front/log.h"
#include "backend/front/operator_orders.h"
#include "backend/front/server.h"
#include "backend/front/service_manager.h"
#include "backend/front/task_queue.h"
#include "backend/launch/event_loop.h"
#include "backend/launch/workers.h"
#include "backend/status/status_map.h"

namespace roost::front {

namespace {

constexpr auto kBeat = std::chrono::seconds(1);
constexpr auto kEndPatience = std::chrono::seconds(5);

// Wall-clock time that never goes back: the monotonic clock plus its offset when roostd started.
class WallClock {
 public:
  core::Instant operator()() const { return core::Instant(std::chrono::steady_clock::now().time_since_epoch() + offset_); }

 private:
  core::Duration offset_ = std::chrono::system_clock::now().time_since_epoch() - std::chrono::steady_clock::now().time_since_epoch();
};

launch::WorkersOptions workers_options(const Configuration& c, int code_store_fd) {
  const auto ms = [](core::Duration d) { return static_cast<std::uint64_t>(d / std::chrono::milliseconds(1)); };
  launch::WorkersOptions options;
  options.worker = c.worker;
  options.library_files = c.libraries;
  options.host = c.core.host;
  options.allow_weak_sandbox = c.allow_weak_sandbox;
  options.compute_ms = ms(c.core.compute_timeout);
  options.receive_ms = ms(c.core.receive_timeout);
  options.code_store_fd = code_store_fd;
  return options;
}

// A thread that waits for a database that does not answer cannot be joined. When this is called all that counts is done, so what has not
// ended after a while goes with the process, as after SIGKILL.
void end_soon(int status) {
  std::thread([status] {
    std::this_thread::sleep_for(kEndPatience);
    std::_Exit(status);
  }).detach();
}

struct Libfcgi {
  Libfcgi() { start_libfcgi(); }
};

class Roostd final : launch::WorkerEvents, core::Fetcher {
 public:
  Roostd(const Configuration& c, std::string file)
      : configuration_(c), file_(std::move(file)), master_key_(c.master_key_file),
        map_lock_("/dev/shm" + c.status_map + ".lock", "the status map `" + c.status_map + "`"),
        code_store_(code::store_name(c.status_map), c.core.code_bytes_max,
                    [this](const std::string& what) { say(core::LogLevel::Error, "code-store", what); }),
        queue_(loop_),
        workers_(loop_, workers_options(c, code_store_.read_only_descriptor()),
                 [this](const PublicKey& node, BytesView sealed) { return master_key_.unseal(node, sealed); }, clock_),
        log_(c.log_format, c.log_level, [this](std::uint64_t request) { return server_.instance_of(request); }),
        server_(c, [this](Incoming incoming) { post(std::move(incoming)); }, clock_),
        journal_(c.database, [this](core::BatchId batch, core::CommitOutcome outcome) {
              queue_.post([this, batch, outcome] { container_->committed(clock_(), batch, outcome); });
            }, [this](core::LogLevel level, const std::string& what) { log_.log({level, "database", {}, 0, what}); },
            [this](const std::string& why) {
              log_.log({core::LogLevel::Error, "database", {}, 0, why});
              queue_.post([this, why] { overtaken_ = why; });
            }),
        reads_(c.database, static_cast<unsigned>(c.reader_threads),
               [this](core::ReadId read, directory::StateReads::ReadResult result) {
                 queue_.post([this, read, result = std::move(result)] { container_->read_done(clock_(), read, result); });
               }),
        fetcher_(c.http),
        checker_(code_store_.view(), [this](core::WorkerId worker, const std::string& fault) {
          queue_.post([this, worker, fault] { workers_.definition_checked(worker, fault); });
        }),
        map_(c.status_map, c.core.nodes_max, c.core.host) {}

  // Until it is told to end. Throws std::runtime_error if the start fails, or another roostd took the database over.
  void run() {
    load();
    workers_.set_events(*this);
    loop_.add(signals_.fd(), EPOLLIN, [this](std::uint32_t) { take_signals(); });
    server_.start();
    say(core::LogLevel::Info, "ready",
        "serving https://" + configuration_.core.host + ", " + std::to_string(container_->counts().nodes) + " nodes");
    notify_manager("READY=1\nSTATUS=serving");
    while (overtaken_.empty() && !stop_now_ && !(stopping_ && container_->drained())) turn();
    notify_manager("STOPPING=1");
    if (!overtaken_.empty()) drain();   // refuses what comes: nothing is answered from what is not stored
    server_.stop_accepting();
    queue_.run_all();   // requests that were read meanwhile are refused: the container drains
    server_.finish();
    end_soon(overtaken_.empty() ? 0 : 1);
    if (!overtaken_.empty()) throw std::runtime_error(overtaken_);
    if (container_->drained()) say(core::LogLevel::Info, "stopped", "drained");
    else
      say(core::LogLevel::Warning, "stopped",
          "at the second signal, not drained: what ran was cut off, and whether writes under way count is not known");
  }

 private:
  void load() {
    directory::Directory directory(configuration_.database);
    code::StoredCode stored(code_store_, [this](const std::string& what) { say(core::LogLevel::Error, "code-damaged", what); });
    directory.for_each_definition_page([&stored](const std::vector<wire::Define>& page) { stored.add(page); });
    stored.require_room();
    const core::Doors doors{workers_, journal_, reads_, *this, server_, map_, master_key_, log_, code_store_};
    container_ = std::make_unique<core::Container>(configuration_.core, doors, directory.journal_position());
    directory.for_each_tombstone([this](const PublicKey& key) { container_->load_tombstone(key); });
    std::uint64_t sealed = 0, foreign = 0;   // keys of the operator's nodes; those that the master key does not open
    directory.for_each_node([&, this](core::NodeRecord record) {
      if (!record.parent) {
        ++sealed;
        foreign += !master_key_.opens(record.key, record.sealed_key);
      }
      if (!container_->load(std::move(record)))
        throw std::runtime_error("the directory has more nodes than the status map has slots: raise nodes_max (now " +
                                 std::to_string(configuration_.core.nodes_max) + ")");
    });
    if (foreign > 0) tell_foreign(sealed, foreign);
    auto reader = status::MapReader::open(configuration_.status_map);
    if (!reader.ok()) throw std::runtime_error(reader.error());
    map_reader_ = std::move(reader).value();
  }

  // A lost master key that was made anew would leave nodes that wake without their keys, and spawn nothing. If there are keys of both, as
  // after that happened once, those nodes that can work do.
  void tell_foreign(std::uint64_t sealed, std::uint64_t foreign) {
    const std::string what = "the master key `" + configuration_.master_key_file + "` (master_key_file) does not open the keys of " +
                             std::to_string(foreign) + " of the " + std::to_string(sealed) + " nodes without a parent: they were sealed under another";
    if (foreign == sealed) throw std::runtime_error(what + "; put that one there again, from a backup");
    say(core::LogLevel::Error, "master-key", what + ", and spawn nothing, nor do those below them");
  }

  void turn() {
    core::Instant now = clock_();
    if (now >= next_beat_) beat(now);
    core::Duration wait = next_beat_ - now;
    if (const auto deadline = container_->next_deadline(); deadline && *deadline - now < wait) wait = *deadline - now;
    loop_.run_once(queue_.may_sleep() ? std::max(wait, core::Duration::zero()) : core::Duration::zero());
    queue_.run_all();
    container_->tick(clock_());
  }

  void beat(core::Instant now) {
    next_beat_ = now + kBeat;
    map_.beat();
    server_.sweep();
    notify_manager("WATCHDOG=1");
  }

  void take_signals() {
    while (const auto signal = signals_.next()) {
      if (*signal == SIGHUP) {
        reread();
      } else {
        stop_now_ = stopping_;   // who asks twice does not want to wait
        stopping_ = true;
        drain();
      }
    }
  }

  void drain() {
    if (draining_) return;
    draining_ = true;
    container_->drain(clock_());
  }

  void reread() {
    // The manager orders this against the time at which it sent the signal.
    const auto monotonic = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch());
    notify_manager("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic.count()));
    const auto fresh = read_configuration(file_);
    if (!fresh.ok()) {
      say(core::LogLevel::Error, "configuration", fresh.error() + "; the settings in force stay");
    } else {
      core::Settings settings = fresh.value().core;
      settings.nodes_max = configuration_.core.nodes_max;   // fixed at the start
      settings.code_bytes_max = configuration_.core.code_bytes_max;
      settings.host = configuration_.core.host;
      container_->change_settings(clock_(), settings);
      const launch::WorkersOptions options = workers_options(fresh.value(), code_store_.read_only_descriptor());
      workers_.change_limits(options.compute_ms, options.receive_ms);
      server_.change_body_bytes_max(fresh.value().body_bytes_max);
      fetcher_.change_rules(fresh.value().http);
      log_.change_level(fresh.value().log_level);
      const std::vector<std::string> waiting = needs_start(configuration_, fresh.value());
      std::string waits;
      for (const std::string& key : waiting) waits += (waits.empty() ? "" : ", ") + key;
      if (waiting.empty()) say(core::LogLevel::Info, "configuration", "read again");
      else say(core::LogLevel::Warning, "configuration", "read again; changed, but in force only from the next start on: " + waits);
    }
    notify_manager("READY=1");
  }

  void say(core::LogLevel level, std::string_view event, std::string message) { log_.log({level, event, {}, 0, std::move(message)}); }

  // ---- requests. Thread: post() runs on accepting threads, the rest on the core's.

  void post(Incoming incoming) {
    if (const auto* list = std::get_if<ListTarget>(&incoming.target))
      return server_.respond(incoming.id, list_nodes(*map_reader_, list->query, facts_of(incoming)));
    queue_.post([this, incoming = std::move(incoming)]() mutable { std::visit(Take{*this, incoming}, incoming.target); });
  }

  [[nodiscard]] RequestFacts facts_of(const Incoming& incoming) const {
    RequestFacts facts;
    facts.instance = incoming.instance;
    facts.host = configuration_.core.host;
    facts.operator_door = incoming.door == Door::Operator;
    return facts;
  }

  struct Take {
    Roostd& roostd;
    Incoming& incoming;
    void operator()(const EvalTarget& target) const { roostd.evaluate(incoming, target); }
    void operator()(const DescribeTarget& target) const { roostd.container_->describe(roostd.clock_(), incoming.id, target.node); }
    void operator()(const HealthTarget&) const {
      roostd.server_.respond(incoming.id, {200, "application/json", {}, "{\"status\":\"alive\"}\n"});
    }
    void operator()(const ReadyTarget&) const { roostd.server_.respond(incoming.id, roostd.readiness()); }
    void operator()(const ListTarget&) const {}   // answered by post()
    void operator()(const CreateTarget&) const { roostd.create(incoming); }
    void operator()(const DestroyTarget& target) const { roostd.container_->destroy(roostd.clock_(), incoming.id, target.node); }
    void operator()(const SleepTarget& target) const { roostd.container_->put_to_sleep(roostd.clock_(), incoming.id, target.node); }
    void operator()(const DrainTarget&) const {
      roostd.server_.respond(incoming.id, {200, "application/json", {}, "{\"status\":\"draining\"}\n"});
      roostd.drain();
    }
  };

  void evaluate(Incoming& incoming, const EvalTarget& target) {
    core::EvalRequest request;
    request.id = incoming.id;
    request.node = target.node;
    if (incoming.door == Door::Operator) request.sender = core::Operator{};
    request.program = std::move(incoming.body);
    request.format = target.format;
    request.wants_debug = target.wants_debug;
    request.wait = target.wait;
    request.received = incoming.received;
    container_->evaluate(clock_(), std::move(request));
  }

  void create(const Incoming& incoming) {
    auto parsed = parse_new_node(incoming.body);
    if (auto* problem = std::get_if<core::Problem>(&parsed))
      return server_.answer(incoming.id, {std::move(*problem), {}});
    core::NodeRecord record = std::move(std::get<NewNode>(parsed).record);
    unsigned char secret[crypto_sign_SECRETKEYBYTES];
    crypto_sign_keypair(record.key.bytes.data(), secret);
    const BytesView seed(reinterpret_cast<const char*>(secret), crypto_sign_SEEDBYTES);   // libsodium: seed | public key
    record.sealed_key = master_key_.seal(record.key, seed);
    char text[sodium_base64_ENCODED_LEN(crypto_sign_SEEDBYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
    sodium_bin2base64(text, sizeof text, secret, crypto_sign_SEEDBYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    server_.set_seed(incoming.id, text);
    sodium_memzero(secret, sizeof secret);
    sodium_memzero(text, sizeof text);
    container_->create(clock_(), incoming.id, std::move(record));
  }

  Response readiness() const {
    const launch::SandboxState sandbox = workers_.sandbox();
    nlohmann::ordered_json json{{"ready", true}, {"database", journal_.healthy()}, {"zygote", sandbox.zygote_running},
                                {"zygote_build_id", sandbox.build_id}, {"status_map", map_reader_->writer_alive()},
                                {"code_definitions", code_store_.view().definitions()}, {"code_bytes_used", code_store_.view().bytes_used()}};
    bool weak = false;
    for (const launch::SandboxLayer& layer : sandbox.layers) {
      json["sandbox"][layer.name] = layer.in_force ? nlohmann::ordered_json(true) : nlohmann::ordered_json(layer.detail);
      weak |= !layer.in_force;
    }
    json["weak_sandbox"] = weak;
    if (!sandbox.last_error.empty()) json["zygote_error"] = sandbox.last_error;
    const bool ready = !draining_ && journal_.healthy() && sandbox.zygote_running && (!weak || configuration_.allow_weak_sandbox);
    json["draining"] = draining_;
    json["ready"] = ready;
    return {ready ? 200 : 503, "application/json", {}, json.dump() + "\n"};
  }

  // ---- workers

  void worker_started(core::Instant now, core::WorkerId worker, std::int32_t pid) override { container_->worker_started(now, worker, pid); }
  void worker_frame(core::Instant now, core::WorkerId worker, wire::FromWorker frame) override {
    container_->worker_frame(now, worker, std::move(frame));
  }
  void worker_took(core::Instant now, core::WorkerId worker) override { container_->worker_took(now, worker); }
  void worker_exited(core::Instant now, core::WorkerId worker, const core::WorkerExit& exit) override {
    checker_.forget(worker);
    container_->worker_exited(now, worker, exit);
  }
  bool check_definition(core::WorkerId worker, const wire::Define& definition) override {
    if (code_store_.holds(definition.hash)) return true;   // then the core does nothing with it
    checker_.check(worker, definition);
    return false;
  }
  void zygote_changed(core::Instant, const std::string& what) override { say(core::LogLevel::Warning, "zygote", what); }

  void fetch(core::FetchOrder order) override {
    fetcher_.fetch(std::string(order.node.view()), std::move(order.url), [this, id = order.id](fetch::Fetcher::Page page) {
      queue_.post([this, id, page = std::move(page)] { container_->fetch_done(clock_(), id, page); });
    });
  }

  void forget_fetches(const PublicKey& node) override { fetcher_.forget(std::string(node.view())); }

  // In the order of construction: the zygote is forked before there is any thread; libfcgi is started before there are threads and
  // before the signals are set up; the locks are taken before anything that they protect is touched, the status map's before the code
  // store, which the zygote gets.
  const Configuration configuration_;
  const std::string file_;
  WallClock clock_;
  directory::MasterKey master_key_;
  const FileLock map_lock_;
  code::CodeStore code_store_;
  launch::EventLoop loop_;
  TaskQueue queue_;
  launch::Workers workers_;
  const Libfcgi libfcgi_;
  const Signals signals_;
  Log log_;
  Server server_;
  directory::JournalWriter journal_;
  directory::StateReads reads_;
  fetch::Fetcher fetcher_;
  code::DefinitionChecker checker_;
  status::StatusMap map_;
  std::unique_ptr<status::MapReader> map_reader_;
  std::unique_ptr<core::Container> container_;
  core::Instant next_beat_{};
  bool draining_ = false;   // no new work
  bool stopping_ = false;   // the end of the draining is the end of roostd
  bool stop_now_ = false;
  std::string overtaken_;   // why what is in memory is not what is stored; empty: it is
};

}  // namespace

void run_roostd(const Configuration& configuration, const std::string& configuration_file) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium could not be initialised");
  raise_descriptor_limit();
  Roostd(configuration, configuration_file).run();
}

}  // namespace roost::front
