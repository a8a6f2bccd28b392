// SPDX-License-Identifier: MIT
#include "backend/directory/batch_rows.h"

#include <gtest/gtest.h>

#include "tests/unit/backend/test_records.h"

namespace roost::directory {
namespace {

TEST(TextForm, BytesSurviveTheWayThereAndBack) {
  Bytes all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(bytea_from(bytea_text(all)), all);
  EXPECT_EQ(bytea_text(Bytes("\0\xab", 2)), "\\x00ab");
}

TEST(TextForm, WhatIsNotHexadecimalIsRefused) {
  for (const char* text : {"", "abc", "\\x0", "\\xzz", "\\000"}) EXPECT_THROW((void)bytea_from(text), std::runtime_error) << text;
}

TEST(ArrayText, ElementsAreWrittenAsPostgresReadsThem) {
  ArrayText array;
  array.add_bytea(Bytes("\0", 1));
  array.add_bytea(Bytes("\xff"));
  EXPECT_EQ(array.text(), R"({"\\x00","\\xff"})");
}

TEST(BatchRows, TheLastWriteOfAKeyCounts) {
  const BatchRows rows = rows_of({insertion(1, "h", "first"), insertion(1, "h", "second")});
  EXPECT_EQ(rows.inserts.value.text(), "{\"\\\\x" + bytea_text("second").substr(2) + "\"}");
}

TEST(BatchRows, ADeletionAfterAnInsertionLeavesNothingToInsert) {
  const BatchRows rows = rows_of({insertion(1, "h", "v"), deletion(1, "h")});
  EXPECT_TRUE(rows.inserts.node.empty());
  EXPECT_FALSE(rows.deletes.node.empty());
}

TEST(BatchRows, TheSameKeyOfAnotherNodeIsAnotherKey) {
  const BatchRows rows = rows_of({insertion(1, "h", "a"), deletion(2, "h")});
  EXPECT_FALSE(rows.inserts.node.empty());
  EXPECT_FALSE(rows.deletes.node.empty());
}

TEST(BatchRows, OnlyInsertsAreToldFromTheRest) {
  EXPECT_TRUE(rows_of({insertion(1, "h", "a")}).only_inserts());
  EXPECT_FALSE(rows_of({insertion(1, "h", "a"), core::NodeCreation{root_numbered(2)}}).only_inserts());
  EXPECT_FALSE(rows_of({insertion(1, "h", "a"), definition_numbered(1, "x")}).only_inserts());
  EXPECT_FALSE(rows_of({core::NodeDestruction{{key_numbered(1)}}}).only_inserts());
  EXPECT_FALSE(rows_of({deletion(1, "h")}).only_inserts());
}

}  // namespace
}  // namespace roost::directory
