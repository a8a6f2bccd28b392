// SPDX-License-Identifier: MIT
#include "backend/directory/directory.h"

#include <gtest/gtest.h>

#include <set>

#include "backend/directory/text_form.h"
#include "tests/unit/backend/test_database.h"
#include "tests/unit/backend/test_records.h"

namespace roost::directory {
namespace {

class DirectoryTest : public testing::Test {
 protected:
  void add_node(unsigned number, const std::string& parent = "NULL", const std::string& more_columns = "",
                const std::string& more_values = "") {
    const std::string kept = parent == "NULL" ? "NULL, NULL, NULL"
                                              : "decode(repeat('00', 80), 'hex'), decode(repeat('00', 64), 'hex'), "
                                                "decode(repeat('00', 72), 'hex')";
    database_.query("INSERT INTO roost.nodes (public_key, parent, lifetime, access, capabilities, sealed_key, envelope_sealed, "
                    "envelope_signature, enclosed_key" + more_columns + ") VALUES (" + sql(number) + ", " + parent +
                    ", 'linked', " + (more_columns.find("access_only") == std::string::npos ? "'anyone'" : "'only'") +
                    ", 5, '\\x7300', " + kept + more_values + ")");
  }
  static std::string sql(unsigned number) { return "'" + bytea_text(key_numbered(number).view()) + "'"; }
  std::vector<core::NodeRecord> nodes() {
    std::vector<core::NodeRecord> records;
    Directory(database_.as_roostd()).for_each_node([&](core::NodeRecord record) { records.push_back(std::move(record)); });
    return records;
  }

  TestDatabase database_;
};

TEST_F(DirectoryTest, ANodeIsReadWithAllThatIsKnownOfIt) {
  add_node(7, "NULL", ", access_only, budget_nodes, budget_memory_bytes",
           ", ARRAY[" + sql(1) + ", " + sql(2) + "]::bytea[], 9, 0");
  const auto records = nodes();
  ASSERT_EQ(records.size(), 1u);
  const core::NodeRecord& record = records[0];
  EXPECT_EQ(record.key, key_numbered(7));
  EXPECT_EQ(record.parent, std::nullopt);
  EXPECT_EQ(record.lifetime, core::Lifetime::Linked);
  EXPECT_EQ(record.access.kind, core::AccessKind::Only);
  EXPECT_EQ((std::set<PublicKey>{record.access.only.begin(), record.access.only.end()}),
            (std::set<PublicKey>{key_numbered(1), key_numbered(2)}));
  EXPECT_EQ(record.budget.nodes, 9u);
  EXPECT_EQ(record.budget.awake, std::nullopt);
  EXPECT_EQ(record.budget.memory_bytes, 0u);
  EXPECT_EQ(record.capabilities, 5u);
  EXPECT_EQ(record.sealed_key, Bytes("s\0", 2));
}

TEST_F(DirectoryTest, ParentsComeBeforeTheirChildren) {
  // The order of keys is the opposite of the order of birth.
  add_node(90);
  for (unsigned number = 89; number >= 40; --number) add_node(number, sql(number + 1));
  const auto records = nodes();
  ASSERT_EQ(records.size(), 51u);
  std::set<PublicKey> seen;
  for (const core::NodeRecord& record : records) {
    EXPECT_TRUE(!record.parent || seen.contains(*record.parent));
    seen.insert(record.key);
  }
}

TEST_F(DirectoryTest, ManyPagesAreReadToTheEnd) {
  database_.query("INSERT INTO roost.nodes (public_key, lifetime, access, capabilities, sealed_key) "
                  "SELECT sha256(n::text::bytea), 'root', 'only', 0, '\\x00' FROM generate_series(1, 25000) n");
  std::set<PublicKey> keys;
  for (const core::NodeRecord& record : nodes()) keys.insert(record.key);
  EXPECT_EQ(keys.size(), 25'000u);
}

TEST_F(DirectoryTest, TombstonesAreRead) {
  database_.query("INSERT INTO roost.tombstones (public_key) VALUES (" + sql(3) + ")");
  std::vector<PublicKey> destroyed;
  Directory(database_.as_roostd()).for_each_tombstone([&](const PublicKey& key) { destroyed.push_back(key); });
  EXPECT_EQ(destroyed, std::vector<PublicKey>{key_numbered(3)});
}

TEST_F(DirectoryTest, DefinitionsAreReadInTheOrderOfTheirHashes) {
  database_.query("INSERT INTO roost.definitions (hash, definition) SELECT decode(repeat(h, 64), 'hex'), decode(h || '00', 'hex') "
                  "FROM unnest(ARRAY['07', '00', 'ff']) h");
  std::vector<wire::Define> definitions;
  Directory(database_.as_roostd()).for_each_definition_page([&](const std::vector<wire::Define>& page) {
    definitions.insert(definitions.end(), page.begin(), page.end());
  });
  ASSERT_EQ(definitions.size(), 3u);
  EXPECT_EQ(definitions[0].hash, wire::DefinitionHash{});
  EXPECT_EQ(definitions[1].hash[63], 7);
  EXPECT_EQ(definitions[1].definition, Bytes("\7\0", 2));
  EXPECT_EQ(definitions[2].definition, Bytes("\xff\0", 2));
}

TEST_F(DirectoryTest, APageOfDefinitionsEndsByBytes) {
  database_.query("INSERT INTO roost.definitions (hash, definition) SELECT sha512(n::text::bytea), decode(repeat('ab', 3000000), 'hex') "
                  "FROM generate_series(1, 10) n");
  std::size_t all = 0;
  Directory(database_.as_roostd()).for_each_definition_page([&](const std::vector<wire::Define>& page) {
    EXPECT_LE(page.size(), 3u);
    all += page.size();
  });
  EXPECT_EQ(all, 10u);
}

TEST_F(DirectoryTest, ManySmallDefinitionsAreReadToTheEnd) {
  database_.query("INSERT INTO roost.definitions (hash, definition) SELECT sha512(n::text::bytea), '\\x01' FROM generate_series(1, 25000) n");
  std::size_t all = 0;
  Directory(database_.as_roostd()).for_each_definition_page([&](const std::vector<wire::Define>& page) { all += page.size(); });
  EXPECT_EQ(all, 25'000u);
}

TEST_F(DirectoryTest, TheJournalsPositionIsRead) {
  database_.query("UPDATE roost.journal SET position = 41");
  EXPECT_EQ(Directory(database_.as_roostd()).journal_position(), core::BatchId{41});
}

TEST_F(DirectoryTest, AnUnknownSchemaIsRefusedWithBothVersions) {
  database_.query("CREATE OR REPLACE FUNCTION roost.schema_version() RETURNS integer LANGUAGE sql RETURN 99");
  try {
    Directory directory(database_.as_roostd());
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("99"), std::string::npos) << error.what();
  }
}

TEST_F(DirectoryTest, ADatabaseWithoutTheSchemaIsRefusedWithWhatToDo) {
  database_.query("DROP SCHEMA roost CASCADE");
  try {
    Directory directory(database_.as_roostd());
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("sqitch"), std::string::npos) << error.what();
  }
}

TEST_F(DirectoryTest, ADatabaseThatIsNotThereIsAnError) {
  EXPECT_THROW(Directory("host=/nonexistent dbname=none user=roost_app"), std::exception);
}

}  // namespace
}  // namespace roost::directory
