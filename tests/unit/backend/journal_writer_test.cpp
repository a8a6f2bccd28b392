// SPDX-License-Identifier: MIT
#include "backend/directory/journal_writer.h"

#include <gtest/gtest.h>

#include <csignal>
#include <future>
#include <thread>

#include "backend/directory/directory.h"
#include "backend/directory/text_form.h"
#include "tests/unit/backend/test_database.h"
#include "tests/unit/backend/test_records.h"

namespace roost::directory {
namespace {

using namespace std::chrono_literals;

// A journal on a database of its own that has the nodes 1 and 2.
class JournalWriterTest : public testing::Test {
 protected:
  JournalWriterTest() {
    open();
    EXPECT_TRUE(commit({core::NodeCreation{root_numbered(1)}, core::NodeCreation{root_numbered(2)}}).ok);
  }

  void open() {
    journal_ = std::make_unique<JournalWriter>(
        database_.as_roostd(),
        [this](core::BatchId id, core::CommitOutcome outcome) {
          EXPECT_EQ(id, core::BatchId{position_});
          outcome_->set_value(std::move(outcome));
        },
        [this](core::LogLevel, const std::string& note) {
          const std::lock_guard lock(notes_mutex_);
          notes_ += note + "\n";
        },
        [this](const std::string& why) { overtaken_.set_value(why); });
  }
  std::future<core::CommitOutcome> begin(std::vector<core::JournalEntry> entries) {
    outcome_.emplace();
    journal_->commit({core::BatchId{++position_}, std::move(entries)});
    return outcome_->get_future();
  }
  core::CommitOutcome commit(std::vector<core::JournalEntry> entries) {
    auto outcome = begin(std::move(entries));
    if (outcome.wait_for(20s) != std::future_status::ready) throw std::runtime_error("no outcome");
    return outcome.get();
  }
  // Why the journal says that it was overtaken.
  std::string overtaken() {
    auto why = overtaken_.get_future();
    return why.wait_for(20s) == std::future_status::ready ? why.get() : "it does not";
  }
  // Loses the session while the batch of these entries waits for a lock; meanwhile `sql` happens, by somebody else.
  std::future<core::CommitOutcome> lose_batch(std::vector<core::JournalEntry> entries, const std::string& sql) {
    std::thread holder([&] { database_.query("BEGIN; LOCK TABLE roost.index_entries IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(1); COMMIT"); });
    std::this_thread::sleep_for(300ms);
    auto outcome = begin(std::move(entries));
    std::this_thread::sleep_for(200ms);
    database_.shut_out();
    database_.end_sessions("journal");
    database_.query(sql);
    holder.join();
    database_.admit();
    return outcome;
  }
  std::string notes() {
    const std::lock_guard lock(notes_mutex_);
    return notes_;
  }
  std::string count(const std::string& table) { return database_.query("SELECT count(*) FROM roost." + table); }
  std::string position() { return database_.query("SELECT position FROM roost.journal"); }
  std::string value_of(const Bytes& key_hash) {
    return database_.query("SELECT value FROM roost.index_entries WHERE key_hash = '" + bytea_text(key_hash) + "'");
  }

  TestDatabase database_;
  std::uint64_t position_ = 0;
  std::optional<std::promise<core::CommitOutcome>> outcome_;
  std::mutex notes_mutex_;
  std::string notes_;
  std::promise<std::string> overtaken_;
  std::unique_ptr<JournalWriter> journal_;
};

TEST_F(JournalWriterTest, AnInsertionIsDurableAndMovesThePosition) {
  EXPECT_TRUE(commit({insertion(1, Bytes("h\0h", 3), Bytes("v\0v", 3))}).ok);
  EXPECT_EQ(value_of(Bytes("h\0h", 3)), bytea_text(Bytes("v\0v", 3)));
  EXPECT_EQ(database_.query("SELECT key, node FROM roost.index_entries"),
            bytea_text(Bytes("k\0y", 3)) + "|" + bytea_text(key_numbered(1).view()));
  EXPECT_EQ(position(), "2");
}

TEST_F(JournalWriterTest, TheLastWriteWinsWithinABatchAndBetweenBatches) {
  EXPECT_TRUE(commit({insertion(1, "h", "a"), deletion(1, "h"), insertion(1, "h", "b")}).ok);
  EXPECT_EQ(value_of("h"), bytea_text("b"));
  EXPECT_TRUE(commit({insertion(1, "h", "c")}).ok);
  EXPECT_EQ(value_of("h"), bytea_text("c"));
  EXPECT_TRUE(commit({insertion(1, "h", "d"), deletion(1, "h")}).ok);
  EXPECT_EQ(count("index_entries"), "0");
}

TEST_F(JournalWriterTest, ADeletionTakesItsEntryAlone) {
  EXPECT_TRUE(commit({insertion(1, "h", "a"), insertion(1, "i", "b"), insertion(2, "h", "c")}).ok);
  EXPECT_TRUE(commit({deletion(1, "h")}).ok);
  EXPECT_EQ(count("index_entries"), "2");
}

TEST_F(JournalWriterTest, ANodeIsStoredWhole) {
  core::NodeRecord child = child_numbered(3, 1);
  child.access = {core::AccessKind::Only, {key_numbered(1), key_numbered(2)}};
  child.budget.awake = 4;
  EXPECT_TRUE(commit({core::NodeCreation{child}}).ok);
  std::vector<core::NodeRecord> records;
  Directory(database_.as_roostd()).for_each_node([&](core::NodeRecord record) { records.push_back(std::move(record)); });
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[2].key, child.key);
  EXPECT_EQ(records[2].parent, child.parent);
  EXPECT_EQ(records[2].access.only, child.access.only);
  EXPECT_EQ(records[2].budget.awake, 4u);
  EXPECT_EQ(records[2].sealed_key, child.sealed_key);
  EXPECT_EQ(database_.query("SELECT envelope_sealed, envelope_signature, enclosed_key FROM roost.nodes WHERE parent IS NOT NULL"),
            bytea_text(child.envelope.sealed) + "|" + bytea_text(child.envelope.signature) + "|" + bytea_text(child.enclosed_key));
}

TEST_F(JournalWriterTest, ChildrenMayStandBeforeTheirParentsAndStateBeforeItsNode) {
  EXPECT_TRUE(commit({insertion(5, "h", "v"), core::NodeCreation{child_numbered(5, 4)}, core::NodeCreation{root_numbered(4)}}).ok);
  EXPECT_EQ(count("nodes"), "4");
  EXPECT_EQ(count("index_entries"), "1");
}

TEST_F(JournalWriterTest, AThousandNodesAreOneBatch) {
  std::vector<core::JournalEntry> entries;
  for (unsigned i = 0; i < 1000; ++i) entries.push_back(core::NodeCreation{child_numbered(100 + i, 1)});
  EXPECT_TRUE(commit(std::move(entries)).ok);
  EXPECT_EQ(count("nodes"), "1002");
}

TEST_F(JournalWriterTest, DestroyedNodesGoWithTheirStateAndNeverComeBack) {
  EXPECT_TRUE(commit({insertion(1, "h", "a"), core::NodeCreation{child_numbered(3, 1)}}).ok);
  EXPECT_TRUE(commit({insertion(3, "h", "b"), core::NodeDestruction{{key_numbered(1), key_numbered(3)}}}).ok);
  EXPECT_EQ(count("nodes"), "1");
  EXPECT_EQ(count("index_entries"), "0");
  EXPECT_EQ(count("tombstones"), "2");
  EXPECT_FALSE(commit({core::NodeCreation{root_numbered(1)}}).ok);
}

TEST_F(JournalWriterTest, NodesThatAreRefusedLeaveTheSessionInOrder) {
  core::NodeRecord broken = child_numbered(4, 1);
  broken.enclosed_key.pop_back();
  const core::CommitOutcome outcome = commit({core::NodeCreation{child_numbered(3, 1)}, core::NodeCreation{broken}, core::NodeCreation{child_numbered(5, 1)}});
  EXPECT_FALSE(outcome.ok);
  EXPECT_NE(outcome.detail.find("enclosed_key_is_72_bytes"), std::string::npos) << outcome.detail;
  EXPECT_EQ(count("nodes"), "2");
  EXPECT_EQ(position(), "1");
  EXPECT_TRUE(commit({core::NodeCreation{child_numbered(3, 1)}}).ok);
  EXPECT_EQ(count("nodes"), "3");
  EXPECT_EQ(notes(), "");   // by the same session
}

TEST_F(JournalWriterTest, DefinitionsAreStoredOnce) {
  EXPECT_TRUE(commit({definition_numbered(1, Bytes("a\0", 2)), insertion(1, "h", "v"), definition_numbered(1, Bytes("a\0", 2))}).ok);
  EXPECT_TRUE(commit({definition_numbered(2, "b"), definition_numbered(1, Bytes("a\0", 2))}).ok);
  EXPECT_EQ(count("definitions"), "2");
  EXPECT_EQ(database_.query("SELECT definition FROM roost.definitions ORDER BY hash"), bytea_text(Bytes("a\0", 2)));
  EXPECT_EQ(count("index_entries"), "1");
  EXPECT_EQ(position(), "3");
}

TEST_F(JournalWriterTest, ADamagedDefinitionIsReplaced) {
  EXPECT_TRUE(commit({definition_numbered(1, "damaged"), definition_numbered(2, "b")}).ok);
  EXPECT_TRUE(commit({definition_numbered(1, "whole"), definition_numbered(1, "named otherwise")}).ok);
  EXPECT_EQ(database_.query("SELECT definition FROM roost.definitions ORDER BY hash"), bytea_text("whole"));
  EXPECT_EQ(count("definitions"), "2");
}

TEST_F(JournalWriterTest, ABatchThatBreaksARuleLeavesNothingBehind) {
  const core::CommitOutcome outcome = commit({insertion(1, "h", "a"), insertion(77, "h", "b")});
  EXPECT_FALSE(outcome.ok);
  EXPECT_NE(outcome.detail.find("node_is_alive"), std::string::npos) << outcome.detail;
  EXPECT_EQ(outcome.error, "the database refused it");
  EXPECT_EQ(count("index_entries"), "0");
  EXPECT_EQ(position(), "1");
  EXPECT_TRUE(commit({insertion(1, "h", "a")}).ok);   // and the journal goes on
}

TEST_F(JournalWriterTest, ASessionThatEndedBetweenBatchesIsReplaced) {
  database_.end_sessions("journal");
  EXPECT_TRUE(commit({insertion(1, "h", "a")}).ok);
  EXPECT_EQ(value_of("h"), bytea_text("a"));
  EXPECT_NE(notes().find("the database is lost: FATAL:  terminating connection due to administrator command"), std::string::npos) << notes();
}

// The server ends the session while the batch waits for a lock: it is not committed, which the journal finds out, and sent again.
TEST_F(JournalWriterTest, ASessionThatEndsInMidCommitIsSettledByThePosition) {
  std::promise<void> locked;
  std::thread holder([&] {
    database_.query("BEGIN; LOCK TABLE roost.index_entries IN ACCESS EXCLUSIVE MODE; "
                    "SELECT set_config('roost.x', pg_sleep(1.5)::text, false); COMMIT");
  });
  std::this_thread::sleep_for(500ms);
  auto outcome = begin({insertion(1, "h", "a")});
  std::this_thread::sleep_for(300ms);
  database_.end_sessions("journal");
  EXPECT_TRUE(outcome.get().ok);
  holder.join();
  EXPECT_EQ(value_of("h"), bytea_text("a"));
  EXPECT_EQ(position(), "2");
  EXPECT_NE(notes().find("batch 2 was in doubt: it was not committed"), std::string::npos) << notes();
  EXPECT_NE(notes().find("the database is lost: the session ended in mid-statement"), std::string::npos) << notes();
}

// The same while new nodes go over, which is another way of talking to the server.
TEST_F(JournalWriterTest, ASessionThatEndsWhileNodesGoOverIsSettledByThePosition) {
  std::thread holder([&] { database_.query("BEGIN; LOCK TABLE roost.nodes IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(1); COMMIT"); });
  std::this_thread::sleep_for(300ms);
  std::vector<core::JournalEntry> entries;
  for (unsigned i = 0; i < 1000; ++i) entries.push_back(core::NodeCreation{child_numbered(100 + i, 1)});
  auto outcome = begin(std::move(entries));
  std::this_thread::sleep_for(200ms);
  database_.end_sessions("journal");
  EXPECT_TRUE(outcome.get().ok);
  holder.join();
  EXPECT_EQ(count("nodes"), "1002");
  EXPECT_NE(notes().find("batch 2 was in doubt: it was not committed"), std::string::npos) << notes();
  EXPECT_NE(notes().find("the database is lost: the session ended in mid-statement"), std::string::npos) << notes();
}

// The batch counts, but its session ends before the answer: a trigger that runs at the commit ends it from within is not to be had,
// so the position is moved by hand, as the lost session would have.
TEST_F(JournalWriterTest, ABatchThatCountsIsNotSentAgain) {
  auto outcome = lose_batch({insertion(1, "h", "a")}, "UPDATE roost.journal SET position = 2");
  EXPECT_TRUE(outcome.get().ok);
  EXPECT_EQ(count("index_entries"), "0");
  EXPECT_NE(notes().find("batch 2 was in doubt: it was committed"), std::string::npos) << notes();
}

// Another roostd committed a batch of the same number: the one in doubt does not count, whatever the position says.
TEST_F(JournalWriterTest, ABatchInDoubtIsNotAnsweredByAnothersBatch) {
  auto outcome = lose_batch({insertion(1, "h", "a")}, "UPDATE roost.journal SET writer = gen_random_uuid(), position = 2");
  EXPECT_NE(overtaken().find("another roostd has used the database"), std::string::npos);
  EXPECT_EQ(outcome.wait_for(0s), std::future_status::timeout);
}

TEST_F(JournalWriterTest, AJournalThatWasReplacedWritesNoMore) {
  auto second = std::async(std::launch::async, [this] {
    std::promise<bool> committed;
    JournalWriter other(database_.as_roostd(), [&](auto, const core::CommitOutcome& outcome) { committed.set_value(outcome.ok); },
                        [](auto, auto&) {}, [](auto&) {});
    other.commit({core::BatchId{2}, {insertion(1, "h", "other")}});
    return committed.get_future().get();
  });
  std::this_thread::sleep_for(500ms);   // it waits for the lock
  database_.query("SELECT pg_terminate_backend(pid, 5000) FROM pg_locks JOIN pg_database d ON d.oid = database "
                  "WHERE locktype = 'advisory' AND granted AND datname = current_database()");
  EXPECT_TRUE(second.get());
  EXPECT_NE(overtaken().find("another roostd has used the database"), std::string::npos);
  EXPECT_FALSE(journal_->healthy());
  auto outcome = begin({insertion(1, "h", "a")});
  EXPECT_EQ(outcome.wait_for(1500ms), std::future_status::timeout);
  EXPECT_EQ(value_of("h"), bytea_text("other"));
}

// The batch waits for the journal's row while somebody becomes the writer without the lock: the update finds it no longer its own.
class JournalWriterWithoutItsRow : public JournalWriterTest, public testing::WithParamInterface<bool> {};

TEST_P(JournalWriterWithoutItsRow, WritesNothing) {
  std::thread thief([&] {
    database_.query("BEGIN; UPDATE roost.journal SET writer = gen_random_uuid(); SELECT pg_sleep(1); COMMIT");
  });
  std::this_thread::sleep_for(400ms);
  std::vector<core::JournalEntry> entries{insertion(1, "h", "a")};
  if (GetParam()) entries.push_back(core::NodeCreation{child_numbered(3, 1)});
  auto outcome = begin(std::move(entries));
  thief.join();
  EXPECT_NE(overtaken().find("another roostd has used the database"), std::string::npos);
  EXPECT_EQ(outcome.wait_for(0s), std::future_status::timeout);
  EXPECT_EQ(count("index_entries") + count("nodes") + position(), "021");
}
INSTANTIATE_TEST_SUITE_P(OfInsertsAloneAndOfMore, JournalWriterWithoutItsRow, testing::Bool());

TEST_F(JournalWriterTest, ADatabaseThatWasPutBackIsNotWrittenTo) {
  EXPECT_TRUE(commit({insertion(1, "h", "a")}).ok);
  database_.query("ALTER TABLE roost.journal DISABLE TRIGGER USER; UPDATE roost.journal SET position = 1; "
                  "ALTER TABLE roost.journal ENABLE TRIGGER USER");
  EXPECT_NE(overtaken().find("is at batch 1, and this roostd left it at 2"), std::string::npos);
}

TEST_F(JournalWriterTest, OnlyOneJournalUsesADatabase) {
  const auto start = std::chrono::steady_clock::now();
  auto second = std::async(std::launch::async, [this] {
    JournalWriter other(database_.as_roostd(), [](auto, auto) {}, [](auto, auto&) {}, [](auto&) {});
  });
  // It waits for a predecessor that is being buried; when that one ends, it has the lock.
  EXPECT_EQ(second.wait_for(500ms), std::future_status::timeout);
  journal_.reset();
  EXPECT_NO_THROW(second.get());
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
}

TEST_F(JournalWriterTest, ADatabaseThatAnswersIsHealthy) { EXPECT_TRUE(journal_->healthy()); }

TEST_F(JournalWriterTest, ADatabaseThatDoesNotAnswerIsNotHealthyUntilItDoes) {
  const auto within = [this](std::chrono::seconds time, bool healthy) {
    const auto until = std::chrono::steady_clock::now() + time;
    while (journal_->healthy() != healthy && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(50ms);
    return journal_->healthy() == healthy;
  };
  const pid_t server = std::stoi(database_.query("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'roostd journal'"));
  ASSERT_EQ(kill(server, SIGSTOP), 0);
  EXPECT_TRUE(within(10s, false));
  kill(server, SIGCONT);
  EXPECT_TRUE(within(10s, true));
  EXPECT_EQ(notes(), "");   // by the same session
}

}  // namespace
}  // namespace roost::directory
