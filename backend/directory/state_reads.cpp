// SPDX-License-Identifier: MIT
#include "backend/directory/state_reads.h"

#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include <pqxx/pqxx>

#include "backend/directory/connection.h"
#include "backend/directory/text_form.h"

namespace roost::directory {
namespace {

constexpr int kTries = 2;
// What an entry costs in a frame beyond its bytes, at most.
constexpr std::size_t kEntryOverhead = 32;

void prepare(pqxx::connection& session) {
  const std::string from = " FROM roost.index_entries WHERE node = $1::bytea AND token = $2::bytea";
  session.prepare("lookup", "SELECT key_hash, key, value" + from + " AND key_hash = $3::bytea");
  session.prepare("first", "SELECT key_hash, key, value" + from + " ORDER BY key_hash LIMIT 1");
  session.prepare("after", "SELECT key_hash, key, value" + from + " AND key_hash > $3::bytea ORDER BY key_hash LIMIT 1");
  // As much as one read may give and one entry more, which tells that there is more: libpq holds a whole answer in memory, as hex.
  const std::string bytes = "octet_length(key_hash) + octet_length(key) + " + std::to_string(kEntryOverhead);
  const std::string entries = "SELECT key_hash, key, " + bytes + " AS bytes" + from + " ORDER BY key_hash LIMIT " +
                              std::to_string(kReadBytesMax / kEntryOverhead + 1);
  const std::string sized = "SELECT key_hash, key, sum(bytes) OVER (ORDER BY key_hash) - bytes AS before FROM (" + entries + ") AS entries";
  session.prepare("all", "SELECT key_hash, key, ''::bytea FROM (" + sized + ") AS sized WHERE before <= " + std::to_string(kReadBytesMax) +
                             " ORDER BY key_hash");
}

pqxx::result rows_for(pqxx::connection& session, const core::StateRead& read) {
  pqxx::nontransaction look(session);
  const std::string node = bytea_text(read.node.view()), token = bytea_text(read.read.token);
  switch (read.read.kind) {
    case wire::ReadKind::Lookup: return look.exec_prepared("lookup", node, token, bytea_text(read.read.key_hash));
    case wire::ReadKind::First: return look.exec_prepared("first", node, token);
    case wire::ReadKind::After: return look.exec_prepared("after", node, token, bytea_text(read.read.key_hash));
    case wire::ReadKind::All: return look.exec_prepared("all", node, token);
  }
  check_failed("a kind of read", __FILE__, __LINE__);
}

Bytes bytes_of(const pqxx::field& field) { return bytea_from({field.c_str(), field.size()}); }

StateReads::ReadResult entries_of(const pqxx::result& rows) {
  std::vector<wire::Entry> entries;
  entries.reserve(rows.size());
  std::size_t bytes = 0;
  for (const pqxx::row& row : rows) {
    wire::Entry& entry = entries.emplace_back(wire::Entry{bytes_of(row[0]), bytes_of(row[1]), bytes_of(row[2])});
    bytes += entry.key_hash.size() + entry.key.size() + entry.value.size() + kEntryOverhead;
    if (bytes > kReadBytesMax)
      return Refused{"one read of an index may give at most " + std::to_string(kReadBytesMax) + " bytes; this index has more"};
  }
  return entries;
}

}  // namespace

class StateReads::Impl {
 public:
  Impl(std::string connection_string, unsigned threads, Done done)
      : connection_string_(std::move(connection_string)), done_(std::move(done)) {
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void add(core::StateRead read) {
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back(std::move(read));
    }
    changed_.notify_one();
  }

 private:
  void run() {
    pthread_setname_np(pthread_self(), "reads state");
    Session session;
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (stopping_) return;
      const core::StateRead read = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      done_(read.id, perform(session, read));
    }
  }

  ReadResult perform(Session& session, const core::StateRead& read) const {
    std::string why;
    for (int i = 0; i < kTries; ++i) {
      try {
        if (!session) {
          session = open_session(connection_string_, "reader");
          prepare(*session);
        }
        return entries_of(rows_for(*session, read));
      } catch (const std::exception& error) {
        why = error.what();
        session.reset();
      }
    }
    return Refused{"the database cannot be read: " + why};
  }

  const std::string connection_string_;
  const Done done_;
  std::mutex mutex_;   // of queue_ and stopping_
  std::condition_variable changed_;
  std::deque<core::StateRead> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

StateReads::StateReads(std::string connection_string, unsigned threads, Done done)
    : impl_(std::make_unique<Impl>(std::move(connection_string), threads, std::move(done))) {}
StateReads::~StateReads() = default;
void StateReads::read(core::StateRead read) { impl_->add(std::move(read)); }

}  // namespace roost::directory
