// SPDX-License-Identifier: MIT
#include "backend/code/code_store.h"

#include <gtest/gtest.h>
#include <sodium.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <condition_variable>
#include <map>
#include <mutex>

#include "backend/code/code_reader.h"
#include "backend/code/definition_checker.h"
#include "backend/code/stored_code.h"
#include "tests/unit/backend/test_definitions.h"
#include "worker/code/private_store.h"

namespace roost::code {
namespace {

wire::DefinitionHash hash(std::uint8_t number) {
  wire::DefinitionHash made;
  made.fill(number);
  return made;
}

class CodeStoreTest : public ::testing::Test {
 protected:
  CodeStoreTest() {
    EXPECT_GE(sodium_init(), 0);
    open(kStoreBytesMin);
  }
  void open(std::uint64_t bytes_max) {
    store_.reset();
    store_ = std::make_unique<CodeStore>(store_name(map_), bytes_max, [this](const std::string& note) { notes_.push_back(note); });
  }
  struct stat status() {
    struct stat found {};
    EXPECT_EQ(fstat(store_->read_only_descriptor(), &found), 0);
    return found;
  }

  static std::uint64_t free_bytes() {
    struct statvfs found {};
    EXPECT_EQ(statvfs("/dev/shm", &found), 0);
    return found.f_bavail * found.f_frsize;
  }

  const std::string map_ = "/roost-code-test-" + std::to_string(getpid());
  std::vector<std::string> notes_;
  std::unique_ptr<CodeStore> store_;
};

TEST_F(CodeStoreTest, WhatIsPublishedIsFoundByOtherMappings) {
  ASSERT_TRUE(store_->reserve(3));
  store_->publish(hash(1), "abc");
  const auto reader = CodeReader::open(map_);
  ASSERT_TRUE(reader.ok()) << reader.error();
  EXPECT_EQ(reader.value()->view().find(hash(1)), "abc");
  ASSERT_TRUE(store_->reserve(1));
  store_->publish(hash(2), "d");
  EXPECT_EQ(reader.value()->view().find(hash(2)), "d");
  EXPECT_FALSE(reader.value()->view().holds(hash(3)));
  EXPECT_TRUE(store_->holds(hash(2)));
}

TEST_F(CodeStoreTest, OnlyItsUserMayReadIt) { EXPECT_EQ(status().st_mode & 0777, 0600u); }

TEST_F(CodeStoreTest, TheDescriptorForTheZygoteCannotWrite) {
  void* const memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, store_->read_only_descriptor(), 0);
  EXPECT_EQ(memory, MAP_FAILED);
  void* const readable = mmap(nullptr, 4096, PROT_READ, MAP_SHARED, store_->read_only_descriptor(), 0);
  ASSERT_NE(readable, MAP_FAILED);
  EXPECT_NE(mprotect(readable, 4096, PROT_READ | PROT_WRITE), 0);
  munmap(readable, 4096);
}

TEST_F(CodeStoreTest, MemoryIsTakenWhenItIsReserved) {
  open(64u << 20);
  const auto bytes = [this] { return static_cast<std::uint64_t>(status().st_blocks) * 512; };
  EXPECT_EQ(status().st_size, 64 << 20);
  EXPECT_EQ(bytes(), 1u << 20);
  ASSERT_TRUE(store_->reserve(3u << 20));
  EXPECT_EQ(bytes(), 4u << 20);
  store_->give_up(3u << 20);
  ASSERT_TRUE(store_->reserve(3u << 20));
  EXPECT_EQ(bytes(), 4u << 20);
}

TEST_F(CodeStoreTest, ReservedRoomCountsUntilItIsUsedOrGivenUp) {
  ASSERT_TRUE(store_->reserve(wire::kDefinitionBytesMax));
  EXPECT_FALSE(store_->reserve(1));
  store_->give_up(wire::kDefinitionBytesMax);
  ASSERT_TRUE(store_->reserve(wire::kDefinitionBytesMax));
  store_->publish(hash(1), Bytes(wire::kDefinitionBytesMax, 'x'));
  EXPECT_FALSE(store_->reserve(1));
  EXPECT_EQ(store_->bytes_used(), store_->view().bytes_max());
}

TEST_F(CodeStoreTest, ASecondOfOneHashFreesItsRoom) {
  ASSERT_TRUE(store_->reserve(3) && store_->reserve(3));
  store_->publish(hash(1), "abc");
  const std::uint64_t used = store_->view().bytes_used();
  store_->publish(hash(1), "abc");
  EXPECT_EQ(store_->bytes_used(), used);
}

TEST_F(CodeStoreTest, MoreThanTheMachineHasIsRefusedAndSaid) {
  open(std::uint64_t{64} << 30);
  if (free_bytes() > std::uint64_t{60} << 30) GTEST_SKIP() << "/dev/shm has room for all of it";
  EXPECT_FALSE(store_->reserve(std::uint64_t{63} << 30));
  ASSERT_EQ(notes_.size(), 1u);
  EXPECT_NE(notes_[0].find("/dev/shm"), std::string::npos) << notes_[0];
  EXPECT_TRUE(store_->reserve(100));
}

TEST_F(CodeStoreTest, ItsNameGoesWithIt) {
  store_.reset();
  const auto reader = CodeReader::open(map_);
  ASSERT_FALSE(reader.ok());
  EXPECT_NE(reader.error().find("is roostd running"), std::string::npos) << reader.error();
}

TEST_F(CodeStoreTest, IsMadeAnewOverWhatAPredecessorLeft) {
  ASSERT_TRUE(store_->reserve(3));
  store_->publish(hash(1), "abc");
  CodeStore next(store_name(map_), kStoreBytesMin, [](const std::string&) {});
  EXPECT_FALSE(next.holds(hash(1)));
  EXPECT_TRUE(CodeReader::open(map_).ok());
}

TEST_F(CodeStoreTest, WhatTheDatabaseHoldsIsAddedButForWhatIsDamaged) {
  const wire::Define one = definition_of("x -> x"), two = definition_of("x y -> x");
  std::vector<std::string> complaints;
  StoredCode stored(*store_, [&](const std::string& what) { complaints.push_back(what); });
  stored.add({one, {two.hash, one.definition}, two, {hash(3), "garbage"}});
  stored.require_room();
  EXPECT_TRUE(store_->holds(one.hash) && store_->holds(two.hash));
  EXPECT_FALSE(store_->holds(hash(3)));
  ASSERT_EQ(complaints.size(), 2u);
  EXPECT_NE(complaints[1].find("0303030303"), std::string::npos) << complaints[1];
}

TEST_F(CodeStoreTest, MoreStoredThanThereIsRoomForNamesTheSettingAndWhatItMustBe) {
  const wire::Define one = definition_of("x -> x"), two = definition_of("x y -> x");
  ASSERT_TRUE(store_->reserve(wire::kDefinitionBytesMax));
  const std::uint64_t needed = store_->bytes_used() + entry_bytes(one.definition.size()) + entry_bytes(two.definition.size());
  StoredCode stored(*store_, [](const std::string&) {});
  stored.add({one});
  stored.add({two});
  try {
    stored.require_room();
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("code_bytes_max"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find(std::to_string(needed)), std::string::npos) << error.what();
  }
}

TEST_F(CodeStoreTest, AReaderThatCannotOpenItIsNotToldOfRightsForNothing) {
  const auto reader = CodeReader::open("/" + std::string(300, 'n'));
  ASSERT_FALSE(reader.ok());
  EXPECT_EQ(reader.error().find("only the user"), std::string::npos) << reader.error();
}

// ---- the checker

class DefinitionCheckerTest : public ::testing::Test {
 protected:
  std::string fault_of(std::uint64_t worker, wire::Define definition) {
    checker_.check(core::WorkerId{worker}, std::move(definition));
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(came_.wait_for(lock, std::chrono::seconds(20), [&] { return faults_.contains(worker); }));
    const std::string fault = faults_[worker];
    faults_.erase(worker);
    return fault;
  }
  std::mutex mutex_;
  std::condition_variable came_;
  std::map<std::uint64_t, std::string> faults_;
  code::PrivateStore store_{kStoreBytesMin};
  DefinitionChecker checker_{store_.view(), [this](core::WorkerId worker, std::string fault) {
    const std::lock_guard lock(mutex_);
    faults_[static_cast<std::uint64_t>(worker)] = std::move(fault);
    came_.notify_all();
  }};
};

TEST_F(DefinitionCheckerTest, ATrueDefinitionHasNoFault) { EXPECT_EQ(fault_of(1, definition_of("x -> (x, 1)")), ""); }

TEST_F(DefinitionCheckerTest, AnotherHashIsAFault) {
  EXPECT_NE(fault_of(1, {hash(1), definition_of("x -> x").definition}), "");
  EXPECT_EQ(fault_of(2, definition_of("x -> x")), "");
}

TEST_F(DefinitionCheckerTest, GarbageIsAFault) { EXPECT_NE(fault_of(1, {hash(1), "garbage"}), ""); }

TEST_F(DefinitionCheckerTest, WhatItRefersToMustBeThere) {
  const wire::Define below = definition_of("x -> x"), stored = definition_of("x -> 1");
  const wire::Define above = definition_of("y -> #" + lang::base64url(view_of(below.hash)) + " y");
  ASSERT_TRUE(store_.publish(stored));
  EXPECT_EQ(fault_of(1, definition_of("y -> #" + lang::base64url(view_of(stored.hash)) + " y")), "");
  EXPECT_EQ(fault_of(2, below), "");
  EXPECT_EQ(fault_of(2, above), "");
  EXPECT_NE(fault_of(3, above).find("which nothing defines"), std::string::npos) << "another worker's may never be stored";
  checker_.forget(core::WorkerId{2});
  EXPECT_NE(fault_of(2, above).find("which nothing defines"), std::string::npos);
}

// Takes about half a second to hash.
wire::Define long_to_check() {
  std::string program = "1";
  for (int i = 0; i < 17; ++i) program = "let rec a = " + program + "; b = 1; a;;";
  return definition_of(program);
}

TEST_F(DefinitionCheckerTest, TheEndDoesNotWaitForALongCheck) {
  const wire::Define define = long_to_check();
  const auto seconds = [](auto&& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  const double whole = seconds([&] { EXPECT_EQ(lang::check_definition(define.hash, define.definition), ""); });
  auto checker = std::make_unique<DefinitionChecker>(store_.view(), [](core::WorkerId, const std::string&) {});
  checker->check(core::WorkerId{1}, define);
  std::this_thread::sleep_for(std::chrono::duration<double>(whole / 8));
  EXPECT_LT(seconds([&] { checker.reset(); }), whole / 2);
}

TEST_F(DefinitionCheckerTest, ACheckThatIsForgottenEnds) {
  const wire::Define define = long_to_check();
  for (std::uint64_t worker = 1; worker <= 40; ++worker) {   // to be checked, these take many seconds
    checker_.check(core::WorkerId{worker}, define);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    checker_.forget(core::WorkerId{worker});
  }
  EXPECT_EQ(fault_of(100, definition_of("x -> x")), "");
  const std::lock_guard lock(mutex_);
  EXPECT_LT(faults_.size(), 20u) << "most of them ended before their checks did";
}

// A long check holds the thread while the others wait: of these one is forgotten.
TEST_F(DefinitionCheckerTest, WhatIsForgottenIsNotChecked) {
  for (std::uint64_t worker = 1; worker <= 200; ++worker) checker_.check(core::WorkerId{worker}, definition_of("x -> x"));
  checker_.check(core::WorkerId{1000}, definition_of("x -> x"));
  checker_.forget(core::WorkerId{1000});
  EXPECT_EQ(fault_of(1001, definition_of("x -> x")), "");
  const std::lock_guard lock(mutex_);
  if (faults_.contains(1000)) GTEST_SKIP() << "it was already under way";
  EXPECT_EQ(faults_.size(), 200u);
}

}  // namespace
}  // namespace roost::code
