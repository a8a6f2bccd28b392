// SPDX-License-Identifier: MIT
#include "backend/directory/state_reads.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <fstream>
#include <map>
#include <mutex>

#include "backend/directory/text_form.h"
#include "tests/unit/backend/test_database.h"
#include "tests/unit/backend/test_records.h"

namespace roost::directory {
namespace {

// A figure of this process, as the kernel tells it.
std::size_t status_kib(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name)) return std::stoul(line.substr(name.size()));
  throw std::runtime_error("no " + name + " in /proc/self/status");
}

class StateReadsTest : public testing::Test {
 protected:
  StateReadsTest() : StateReadsTest("") {}
  explicit StateReadsTest(const std::string&) {
    for (const unsigned node : {1u, 2u})
      database_.query("INSERT INTO roost.nodes (public_key, lifetime, access, capabilities, sealed_key) VALUES ('" +
                      bytea_text(key_numbered(node).view()) + "', 'root', 'only', 0, '\\x00')");
    for (const char* hash : {"b", "a", "c"}) put(1, Bytes(hash) + '\0', Bytes("v\0", 2) + hash);
    put(2, "other", "o");
  }
  void put(unsigned node, const Bytes& key_hash, const Bytes& value) {
    const auto text = [](const Bytes& bytes) { return "'" + bytea_text(bytes) + "'"; };
    database_.query("INSERT INTO roost.index_entries VALUES (" + text(Bytes(key_numbered(node).view())) + ", " + text(kToken) + ", " +
                    text(key_hash) + ", " + text(Bytes("k\0", 2)) + ", " + text(value) + ")");
  }

  StateReads::ReadResult read(wire::ReadKind kind, const Bytes& key_hash = {}, unsigned node = 1, const Bytes& token = kToken) {
    const core::ReadId id{++reads_made_};
    reads_.read({id, key_numbered(node), {reads_made_, kind, token, key_hash}});
    std::unique_lock lock(mutex_);
    if (!came_.wait_for(lock, std::chrono::seconds(20), [&] { return results_.contains(id); })) throw std::runtime_error("no result");
    return std::move(results_.extract(id).mapped());
  }
  static std::vector<Bytes> hashes(const StateReads::ReadResult& result) {
    std::vector<Bytes> hashes;
    for (const wire::Entry& entry : result.value()) hashes.push_back(entry.key_hash);
    return hashes;
  }

  const Bytes a_ = Bytes("a\0", 2), b_ = Bytes("b\0", 2), c_ = Bytes("c\0", 2);
  TestDatabase database_;
  std::uint64_t reads_made_ = 0;
  std::mutex mutex_;
  std::condition_variable came_;
  std::map<core::ReadId, StateReads::ReadResult> results_;
  StateReads reads_{database_.as_roostd(), 2, [this](core::ReadId id, StateReads::ReadResult result) {
                      const std::lock_guard lock(mutex_);
                      results_.emplace(id, std::move(result));
                      came_.notify_all();
                    }};
};

TEST_F(StateReadsTest, AnEntryIsFoundByItsKeysHash) {
  const auto result = read(wire::ReadKind::Lookup, b_);
  ASSERT_EQ(result.value().size(), 1u);
  EXPECT_EQ(result.value()[0], (wire::Entry{b_, Bytes("k\0", 2), Bytes("v\0b", 3)}));
  EXPECT_TRUE(read(wire::ReadKind::Lookup, "b").value().empty());
}

TEST_F(StateReadsTest, EntriesFollowEachOtherInTheOrderOfTheirHashes) {
  EXPECT_EQ(hashes(read(wire::ReadKind::First)), std::vector<Bytes>{a_});
  EXPECT_EQ(hashes(read(wire::ReadKind::After, a_)), std::vector<Bytes>{b_});
  EXPECT_EQ(hashes(read(wire::ReadKind::After, "bzz")), std::vector<Bytes>{c_});
  EXPECT_TRUE(read(wire::ReadKind::After, c_).value().empty());
}

TEST_F(StateReadsTest, AllEntriesComeWithoutTheirValues) {
  const auto result = read(wire::ReadKind::All);
  EXPECT_EQ(hashes(result), (std::vector<Bytes>{a_, b_, c_}));
  EXPECT_EQ(result.value()[1].value, "");
  EXPECT_EQ(result.value()[1].key, Bytes("k\0", 2));
}

TEST_F(StateReadsTest, AnotherNodeOrTokenIsAnotherIndex) {
  EXPECT_EQ(hashes(read(wire::ReadKind::All, {}, 2)), std::vector<Bytes>{"other"});
  EXPECT_TRUE(read(wire::ReadKind::All, {}, 1, Bytes(64, 'x')).value().empty());
}

TEST_F(StateReadsTest, ASessionThatEndedIsReplaced) {
  for (int i = 0; i < 8; ++i) (void)read(wire::ReadKind::First);
  database_.end_sessions("reader");
  for (int i = 0; i < 8; ++i) EXPECT_EQ(hashes(read(wire::ReadKind::First)), std::vector<Bytes>{a_});
}

TEST_F(StateReadsTest, AnIndexTooLargeForAFrameIsRefusedWithTheLimit) {
  database_.query("INSERT INTO roost.index_entries SELECT '" + bytea_text(key_numbered(2).view()) + "', '" + bytea_text(kToken) +
                  "', int4send(n), decode(repeat('ab', 200000), 'hex'), '\\x00' FROM generate_series(1, 90) n");
  const auto result = read(wire::ReadKind::All, {}, 2);
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().find(std::to_string(kReadBytesMax)), std::string::npos) << result.error();
}

// 512 MiB of keys, which compress to little in the database; what is read of them is bounded. The peak is the kernel's, of this process.
TEST_F(StateReadsTest, AnIndexTooLargeForAFrameIsNotReadToItsEnd) {
  database_.query("INSERT INTO roost.index_entries SELECT '" + bytea_text(key_numbered(2).view()) + "', '" + bytea_text(kToken) +
                  "', int4send(n), decode(repeat('ab', 1 << 20), 'hex'), '\\x00' FROM generate_series(1, 512) n");
  (void)read(wire::ReadKind::First);
  std::ofstream("/proc/self/clear_refs") << "5";   // the peak begins anew
  const std::size_t before = status_kib("VmRSS:");
  ASSERT_FALSE(read(wire::ReadKind::All, {}, 2).ok());
  EXPECT_LT(status_kib("VmHWM:") - before, 256u << 10);
}

TEST_F(StateReadsTest, AnIndexThatJustFitsAFrameIsReadWhole) {
  constexpr std::size_t kEntries = 64, kOverhead = 32 + sizeof(std::int32_t);
  const auto fill = [this](std::size_t bytes) {
    database_.query("INSERT INTO roost.index_entries SELECT '" + bytea_text(key_numbered(2).view()) + "', '" + bytea_text(Bytes(64, 'f')) +
                    "', int4send(n), decode(repeat('ab', " + std::to_string(bytes) + "), 'hex'), '\\x00' FROM generate_series(1, 64) n");
  };
  static_assert(kReadBytesMax % kEntries == 0);
  fill(kReadBytesMax / kEntries - kOverhead);
  const auto whole = read(wire::ReadKind::All, {}, 2, Bytes(64, 'f'));
  ASSERT_TRUE(whole.ok()) << whole.error();
  EXPECT_EQ(whole.value().size(), kEntries);
  database_.query("UPDATE roost.index_entries SET key = key || '\\x00' WHERE key_hash = int4send(64)");
  EXPECT_FALSE(read(wire::ReadKind::All, {}, 2, Bytes(64, 'f')).ok());
}

TEST(StateReadsWithoutADatabase, AreAnsweredWithWhatIsWrong) {
  std::mutex mutex;
  std::condition_variable came;
  std::string error;
  StateReads reads("host=/nonexistent dbname=none user=roost_app", 1, [&](core::ReadId, StateReads::ReadResult result) {
    const std::lock_guard lock(mutex);
    error = result.ok() ? "ok" : result.error();
    came.notify_all();
  });
  reads.read({core::ReadId{1}, key_numbered(1), {1, wire::ReadKind::First, kToken, {}}});
  std::unique_lock lock(mutex);
  ASSERT_TRUE(came.wait_for(lock, std::chrono::seconds(20), [&] { return !error.empty(); }));
  EXPECT_NE(error.find("cannot be read"), std::string::npos) << error;
}

}  // namespace
}  // namespace roost::directory
