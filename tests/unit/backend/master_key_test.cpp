// SPDX-License-Identifier: MIT
#include "backend/directory/master_key.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/backend/test_records.h"

namespace roost::directory {
namespace {

class MasterKeyTest : public testing::Test {
 protected:
  MasterKeyTest() {
    char folder[] = "/tmp/roost-master-key-XXXXXX";
    folder_ = mkdtemp(folder);
    file_ = folder_ + "/key";
    MasterKey::make(file_);
  }
  ~MasterKeyTest() override { std::filesystem::remove_all(folder_); }

  std::string folder_, file_;
  const Bytes seed_ = [] {
    Bytes seed(32, '\x9c');
    seed[0] = '\0';
    return seed;
  }();
};

TEST_F(MasterKeyTest, ASealedSeedIsOpenedForItsNode) {
  MasterKey key(file_);
  const Bytes sealed = key.seal(key_numbered(1), seed_);
  EXPECT_EQ(sealed.size(), 104u);
  EXPECT_EQ(MasterKey(file_).unseal(key_numbered(1), sealed), seed_);
}

TEST_F(MasterKeyTest, ASealedSeedIsNotOpenedForAnotherNode) {
  MasterKey key(file_);
  EXPECT_EQ(key.unseal(key_numbered(2), key.seal(key_numbered(1), seed_)), "");
}

TEST_F(MasterKeyTest, OneChangedBitIsNoticed) {
  MasterKey key(file_);
  const Bytes sealed = key.seal(key_numbered(1), seed_);
  for (std::size_t i = 0; i < sealed.size(); i += 7) {
    Bytes changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_EQ(key.unseal(key_numbered(1), changed), "") << i;
  }
  EXPECT_EQ(key.unseal(key_numbered(1), sealed.substr(1)), "");
}

TEST_F(MasterKeyTest, TwoSealsOfOneSeedDiffer) {
  MasterKey key(file_);
  EXPECT_NE(key.seal(key_numbered(1), seed_), key.seal(key_numbered(1), seed_));
}

TEST_F(MasterKeyTest, AnotherMasterKeyOpensNothing) {
  const std::string other = folder_ + "/other";
  MasterKey::make(other);
  MasterKey key(file_);
  const Bytes sealed = key.seal(key_numbered(1), seed_);
  EXPECT_EQ(MasterKey(other).unseal(key_numbered(1), sealed), "");
  EXPECT_FALSE(MasterKey(other).opens(key_numbered(1), sealed));
  EXPECT_TRUE(key.opens(key_numbered(1), sealed));
}

TEST_F(MasterKeyTest, TheFileIsForItsOwnerAlone) {
  struct stat status {};
  ASSERT_EQ(stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  chmod(file_.c_str(), 0640);
  EXPECT_THROW(MasterKey{file_}, std::runtime_error);
}

TEST_F(MasterKeyTest, AKeyIsNeverOverwritten) { EXPECT_THROW(MasterKey::make(file_), std::runtime_error); }

TEST_F(MasterKeyTest, AFileOfAnotherLengthIsRefused) {
  std::filesystem::resize_file(file_, 31);
  EXPECT_THROW(MasterKey{file_}, std::runtime_error);
}

TEST_F(MasterKeyTest, AMissingFileIsRefusedWithItsName) {
  try {
    MasterKey key(folder_ + "/none");
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("/none"), std::string::npos);
  }
}

}  // namespace
}  // namespace roost::directory
