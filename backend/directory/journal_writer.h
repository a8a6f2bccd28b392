// SPDX-License-Identifier: MIT
#pragma once

// The core's Journal over PostgreSQL: a thread with a session of its own commits one batch at a time, each as one transaction
// that also moves roost.journal.position to the batch's number.
//
// What it promises:
//  - every batch has exactly one outcome, and it is the truth. A session that is lost while a batch is being committed
//    leaves open whether the batch counts; then the journal opens another session, takes the lock of the database (which
//    proves that the old session is over), reads the position, and sends the batch again if it does not count. It does not
//    answer before it knows, however long the database stays away; the requests that wait have a time limit of their own;
//  - it writes only to the database that it knows. At its start it makes itself the writer of roost.journal; once another roostd has
//    done so since, or the position is not where this one left it, what this roostd has in memory is not what is stored. Then
//    nothing is written or answered any more, and `overtaken` is called, once: roostd is to end and be started anew;
//  - a batch that did not reach the database is answered at once with what is wrong;
//  - while there is nothing to do it asks the database for a sign of life once a second; healthy() is true only while the last answer
//    is at most 5 s old.
//
// Thread: commit() by the core's thread; healthy() by any; `done`, `note` and `overtaken` are called on the journal's thread.

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "backend/core/container.h"
#include "backend/core/doors.h"

namespace roost::directory {

class JournalWriter final : public core::Journal {
 public:
  using Done = std::function<void(core::BatchId, core::CommitOutcome)>;
  // What is worth a line in the log: the database was lost, is back.
  using Note = std::function<void(core::LogLevel, const std::string&)>;

  using Overtaken = std::function<void(const std::string&)>;

  // Takes the lock of the database. Throws std::exception if it cannot be reached or another roostd uses it.
  JournalWriter(const std::string& connection_string, Done done, Note note, Overtaken overtaken);
  // Finishes the batch that is under way, unless the database is lost. Waits for a database that does not answer, without a limit.
  ~JournalWriter() override;
  JournalWriter(const JournalWriter&) = delete;
  JournalWriter& operator=(const JournalWriter&) = delete;

  void commit(core::Batch batch) override;
  [[nodiscard]] bool healthy() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace roost::directory
