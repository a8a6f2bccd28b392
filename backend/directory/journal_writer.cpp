// SPDX-License-Identifier: MIT
#include "backend/directory/journal_writer.h"

#include <poll.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include <pqxx/pqxx>

#include "backend/directory/batch_rows.h"
#include "backend/directory/connection.h"
#include "worker/wire/check.h"

namespace roost::directory {
namespace {

using std::chrono::milliseconds;

// How long a predecessor that was killed a moment ago may take to let go of the lock. A server process notices that its
// client is gone when it next reads or writes, so within one statement (statement_timeout is an upper bound).
constexpr milliseconds kLockPatience{10'000};
// A batch that was lost with its session, and is known not to count, is sent again (it is the same transaction with the same
// number, so it cannot count twice).
constexpr int kTries = 3;
constexpr milliseconds kSignOfLifeEvery{1'000};
// A database whose last answer is older does not answer: several signs of life are missing, or one batch takes as long.
constexpr milliseconds kAnswerAgeMax{5'000};
// Between attempts to reach the database again; doubling.
constexpr milliseconds kRetryPauseMin{50};
constexpr milliseconds kRetryPauseMax{2'000};
constexpr char kOvertaken[] =
    "another roostd has used the database since this one lost its session; what this one remembers is not what is stored";

// What this roostd has in memory is not what is stored.
class OvertakenError final : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// `first`: the number of its first parameter.
std::string inserts_sql(int first, const std::string& condition = "") {
  std::string arrays;
  for (int i = 0; i < 5; ++i) arrays += (i == 0 ? "$" : ", $") + std::to_string(first + i) + "::bytea[]";
  return "INSERT INTO roost.index_entries (node, token, key_hash, key, value) SELECT * FROM unnest(" + arrays + ")" + condition +
         " ON CONFLICT (node, token, key_hash) DO UPDATE SET key = excluded.key, value = excluded.value";
}

void prepare(pqxx::connection& session) {
  const std::string move = "UPDATE roost.journal SET position = $1 WHERE writer = $2";
  // One statement is one transaction and one round trip, and most batches are nothing but inserts. Both parts of it run to the
  // end, or neither counts; if the first moves nothing, the second adds nothing.
  session.prepare("only_inserts", "WITH moved AS (" + move + " RETURNING 1) " + inserts_sql(3, " WHERE EXISTS (SELECT FROM moved)"));
  session.prepare("move", move);
  session.prepare("inserts", inserts_sql(1));
  session.prepare("deletes",
                  "DELETE FROM roost.index_entries e USING unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS d (node, token, "
                  "key_hash) WHERE e.node = d.node AND e.token = d.token AND e.key_hash = d.key_hash");
  // One that is there with other bytes was damaged, for the code store does not hold it: the core would not commit it again.
  session.prepare("definitions",
                  "INSERT INTO roost.definitions AS d (hash, definition) SELECT * FROM unnest($1::bytea[], $2::bytea[]) "
                  "ON CONFLICT (hash) DO UPDATE SET definition = excluded.definition WHERE d.definition <> excluded.definition");
  session.prepare("destroy", "SELECT roost.destroy_nodes($1::bytea[])");
}

// By COPY: it costs the server less than an INSERT of the same rows.
void insert_nodes(pqxx::transaction_base& transaction, const std::vector<NodeRow>& rows) {
  pqxx::stream_to copy(transaction, "roost.nodes", kNodeColumns);
  for (const NodeRow& row : rows) {
    std::array<const char*, kNodeColumns.size()> fields{};   // null pointers are nulls
    for (std::size_t i = 0; i < row.size(); ++i) fields[i] = row[i] ? row[i]->c_str() : nullptr;
    copy << fields;
  }
  copy.complete();
}

void require_moved(const pqxx::result& result) {
  if (result.affected_rows() == 0) throw OvertakenError(kOvertaken);
}

// One batch, one transaction. Throws OvertakenError if the journal is not `writer`'s, and what libpqxx throws.
void write_batch(pqxx::connection& session, const std::string& writer, std::uint64_t position, const BatchRows& rows) {
  const BatchRows::Inserts& in = rows.inserts;
  if (rows.only_inserts() && !in.node.empty()) {
    pqxx::nontransaction alone(session);
    return require_moved(alone.exec_prepared("only_inserts", position, writer, in.node.text(), in.token.text(), in.key_hash.text(),
                                             in.key.text(), in.value.text()));
  }
  pqxx::work transaction(session);
  require_moved(transaction.exec_prepared("move", position, writer));
  if (!rows.nodes.empty()) insert_nodes(transaction, rows.nodes);
  if (!in.node.empty())
    transaction.exec_prepared("inserts", in.node.text(), in.token.text(), in.key_hash.text(), in.key.text(), in.value.text());
  if (!rows.deletes.node.empty())
    transaction.exec_prepared("deletes", rows.deletes.node.text(), rows.deletes.token.text(), rows.deletes.key_hash.text());
  if (!rows.definitions.hash.empty())
    transaction.exec_prepared("definitions", rows.definitions.hash.text(), rows.definitions.definition.text());
  if (!rows.destroyed.empty()) transaction.exec_prepared("destroy", rows.destroyed.text());
  transaction.commit();
}

// Whose the journal is, and how far it got.
struct Standing {
  std::string writer;
  std::uint64_t position = 0;
};

Standing standing_by(pqxx::connection& session, const std::string& sql) {
  const pqxx::row row = pqxx::nontransaction(session).exec1(sql);
  return {row[0].as<std::string>(), row[1].as<std::uint64_t>()};
}
Standing standing_of(pqxx::connection& session) { return standing_by(session, "SELECT writer, position FROM roost.journal"); }
// Makes the caller the writer. Requires: the session has the lock.
Standing take_over(pqxx::connection& session) {
  return standing_by(session, "UPDATE roost.journal SET writer = gen_random_uuid() RETURNING writer, position");
}

// What the server says without being asked: mostly why it ends the session, which whoever finds it ended is not told.
class LastWords final : public pqxx::errorhandler {
 public:
  LastWords(pqxx::connection& session, std::string& text) : errorhandler(session), text_(text) {}
  bool operator()(const char text[]) noexcept override {
    text_ = text;
    text_.erase(text_.find_last_not_of('\n') + 1);
    return false;
  }

 private:
  std::string& text_;
};

// True if something came from the server that nobody asked for: mostly that it ends the session.
bool something_came(const pqxx::connection& session) {
  pollfd descriptor{session.sock(), POLLIN | POLLRDHUP, 0};
  return poll(&descriptor, 1, 0) != 0;
}

}  // namespace

class JournalWriter::Impl {
 public:
  Impl(std::string connection_string, Done done, Note note, Overtaken overtaken)
      : connection_string_(std::move(connection_string)), done_(std::move(done)), note_(std::move(note)), overtaken_(std::move(overtaken)) {
    enter(open(kLockPatience));
    const Standing mine = take_over(*session_);
    writer_ = mine.writer;
    position_ = mine.position;
    answered_at_ = Clock::now();
    thread_ = std::thread([this] { run(); });
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  void commit(core::Batch batch) {
    {
      const std::lock_guard lock(mutex_);
      CHECK(!waiting_);
      waiting_ = std::move(batch);
    }
    changed_.notify_all();
  }

  [[nodiscard]] bool healthy() const { return Clock::now() < answered_at_.load() + kAnswerAgeMax; }

 private:
  using Clock = std::chrono::steady_clock;

  // A session that has the lock.
  Session open(milliseconds patience) const {
    Session session = open_session(connection_string_, "journal");
    check_schema(*session);
    if (!lock_database(*session, patience)) {
      if (!writer_.empty()) require_mine(standing_of(*session));
      throw std::runtime_error("another roostd uses this database (it holds the database's lock); two containers cannot share nodes");
    }
    prepare(*session);
    return session;
  }

  void enter(Session session) {
    leave();
    session_ = std::move(session);
    listener_ = std::make_unique<LastWords>(*session_, last_words_);
  }
  void leave() {
    listener_.reset();
    session_.reset();
    last_words_.clear();
  }

  void require_mine(const Standing& standing) const {
    if (standing.writer != writer_) throw OvertakenError(kOvertaken);
  }

  // How far the journal got: to the last batch that is known to count, or to the one that is in doubt.
  std::uint64_t look(std::uint64_t in_doubt) const {
    const Standing standing = standing_of(*session_);
    require_mine(standing);
    if (standing.position != position_ && standing.position != in_doubt)
      throw OvertakenError("the journal in the database is at batch " + std::to_string(standing.position) + ", and this roostd left it at " +
                           std::to_string(position_) + ": the database was restored or changed by hand");
    return standing.position;
  }

  void run() {
    pthread_setname_np(pthread_self(), "journal");
    try {
      while (work()) {}
    } catch (const OvertakenError& error) {
      answered_at_ = kNever;
      leave();   // its successor need not wait for the lock
      overtaken_(error.what());
    }
  }

  // False: it is time to stop.
  bool work() {
    const std::optional<core::Batch> batch = next();
    if (!batch && stopping()) return false;
    if (batch) finish(*batch);
    else sign_of_life();
    return true;
  }

  // The batch that waits, or nothing after a second or when it is time to stop.
  std::optional<core::Batch> next() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kSignOfLifeEvery, [this] { return waiting_ || stopping_; });
    return std::exchange(waiting_, std::nullopt);
  }

  [[nodiscard]] bool stopping() {
    const std::lock_guard lock(mutex_);
    return stopping_;
  }

  // Waits a while; false: it is time to stop. A batch that came in the meantime cuts the wait short.
  bool pause(milliseconds time) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, time, [this] { return stopping_ || waiting_; });
    return !stopping_;
  }

  // Does what talks to the database. False: the session broke.
  template <typename Talk>
  bool survives(Talk talk) {
    try {
      talk();
      answered_at_ = Clock::now();
      last_words_.clear();   // they were not the last
      return true;
    } catch (const OvertakenError&) {
      throw;
    } catch (const std::exception& error) {
      lost(cause_of(error));
      return false;
    }
  }

  void sign_of_life() {
    survives([this] {
      const bool away = !session_;
      if (away) enter(open(milliseconds(0)));
      look(position_);
      if (away) regained();
    });
  }

  // What libpqxx says of a session that ended in mid-statement is an after-effect: that it cannot be asked for its encoding.
  [[nodiscard]] std::string cause_of(const std::exception& error) const {
    if (!last_words_.empty()) return last_words_;
    if (session_ && dynamic_cast<const pqxx::broken_connection*>(&error)) return "the session ended in mid-statement; the database's log says why";
    return error.what();
  }

  void lost(const std::string& why) {
    answered_at_ = kNever;
    if (!std::exchange(lost_, true)) note_(core::LogLevel::Error, "the database is lost: " + why);
    leave();
  }

  void regained() {
    if (std::exchange(lost_, false)) note_(core::LogLevel::Warning, "the database is back");
  }

  void finish(const core::Batch& batch) { done_(batch.id, outcome_of(batch)); }

  core::CommitOutcome outcome_of(const core::Batch& batch) {
    const auto position = static_cast<std::uint64_t>(batch.id);
    const BatchRows rows = rows_of(batch.entries);
    for (int i = 0; i < kTries; ++i) {
      // A session that ended before the batch was sent leaves no doubt.
      if (!session_ || something_came(*session_)) sign_of_life();
      if (!session_) sign_of_life();   // by another one
      if (!session_) return {false, "the database cannot be reached", {}};
      if (auto outcome = try_once(position, rows)) return *outcome;
      const Settled settled = settle(position);
      if (settled == Settled::Committed) return {};
      if (settled == Settled::NotKnown) return {false, "roostd stopped while the database was away; whether the writes count is not known", {}};
    }
    return {false, "the database was lost " + std::to_string(kTries) + " times before the writes were committed", {}};
  }

  // nullopt: the session broke, and it is open whether the batch counts.
  std::optional<core::CommitOutcome> try_once(std::uint64_t position, const BatchRows& rows) {
    std::optional<core::CommitOutcome> outcome;
    survives([&] { outcome = write(position, rows); });
    return outcome;
  }

  core::CommitOutcome write(std::uint64_t position, const BatchRows& rows) {
    try {
      write_batch(*session_, writer_, position, rows);
      position_ = position;
      return {};
    } catch (const pqxx::sql_error& error) {
      // The server itself says that the statement failed, so the transaction does not count. (A session that breaks is a
      // different exception, but the server also speaks when it ends one: with an error of class 57P.)
      if (error.sqlstate().rfind("57P", 0) == 0 || !session_->is_open()) throw;
      look(position_);   // a position that someone else moved would refuse every batch to come
      return {false, "the database refused it", error.what()};
    }
  }

  enum class Settled { Committed, NotCommitted, NotKnown };

  // After a session that broke in mid-commit. Ends only when the truth is known, or roostd stops and no one waits for it.
  Settled settle(std::uint64_t position) {
    for (milliseconds wait = kRetryPauseMin;; wait = std::min(2 * wait, kRetryPauseMax)) {
      bool counts = false;
      const bool known = survives([&] {
        enter(open(kRetryPauseMax));
        counts = look(position) == position;
      });
      if (known) {
        regained();
        note_(core::LogLevel::Warning,
              "batch " + std::to_string(position) + " was in doubt: it " + (counts ? "was committed" : "was not committed"));
        if (counts) position_ = position;
        return counts ? Settled::Committed : Settled::NotCommitted;
      }
      if (!pause(wait)) return Settled::NotKnown;
    }
  }

  const std::string connection_string_;
  const Done done_;
  const Note note_;
  const Overtaken overtaken_;
  std::string last_words_;   // of the session's server
  Session session_;
  std::unique_ptr<LastWords> listener_;   // on the session
  std::string writer_;           // this roostd, as the journal names it; empty: it is not the writer yet
  std::uint64_t position_ = 0;   // the last batch that is known to count
  bool lost_ = false;            // and the log says so
  static constexpr Clock::time_point kNever{};
  std::atomic<Clock::time_point> answered_at_{kNever};   // when the database last did what it was asked
  std::mutex mutex_;   // of waiting_ and stopping_
  std::condition_variable changed_;
  std::optional<core::Batch> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

JournalWriter::JournalWriter(const std::string& connection_string, Done done, Note note, Overtaken overtaken)
    : impl_(std::make_unique<Impl>(connection_string, std::move(done), std::move(note), std::move(overtaken))) {}
JournalWriter::~JournalWriter() = default;
void JournalWriter::commit(core::Batch batch) { impl_->commit(std::move(batch)); }
bool JournalWriter::healthy() const { return impl_->healthy(); }

}  // namespace roost::directory
