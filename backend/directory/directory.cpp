// SPDX-License-Identifier: MIT
#include "backend/directory/directory.h"

#include <algorithm>
#include <stdexcept>
#include <unordered_map>

#include <pqxx/pqxx>

#include "backend/directory/text_form.h"

namespace roost::directory {
namespace {

// Rows a page: some megabytes of text at once.
constexpr int kPageRows = 10'000;

std::string_view text_of(const pqxx::field& field) { return {field.c_str(), field.size()}; }

PublicKey key_from(const pqxx::field& field) {
  const Bytes bytes = bytea_from(text_of(field));
  if (bytes.size() != 32) throw std::runtime_error("a key of " + std::to_string(bytes.size()) + " bytes, not 32");
  return public_key_from(bytes);
}

template <typename Enum>
Enum named(std::string_view name, Enum last, const char* what) {
  for (int i = 0; i <= static_cast<int>(last); ++i)
    if (name == core::name_of(static_cast<Enum>(i))) return static_cast<Enum>(i);
  throw std::runtime_error("an unknown " + std::string(what) + " `" + std::string(name) + "`");
}

std::optional<std::uint64_t> limit_from(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return field.as<std::uint64_t>();
}

core::NodeRecord record_from(const pqxx::row& row) {
  core::NodeRecord record;
  record.key = key_from(row[0]);
  if (!row[1].is_null()) record.parent = key_from(row[1]);
  record.lifetime = named(text_of(row[2]), core::Lifetime::Leased, "lifetime");
  record.access.kind = named(text_of(row[3]), core::AccessKind::Only, "kind of access");
  const Bytes only = bytea_from(text_of(row[4]));   // the keys one after the other
  if (only.size() % 32 != 0) throw std::runtime_error("a list of access that is not of keys");
  for (std::size_t at = 0; at < only.size(); at += 32)
    record.access.only.push_back(public_key_from(BytesView(only).substr(at, 32)));
  record.budget = {limit_from(row[5]), limit_from(row[6]), limit_from(row[7])};
  record.capabilities = row[8].as<wire::Capabilities>();
  record.sealed_key = bytea_from(text_of(row[9]));
  return record;
}

// Every page of `sql`, whose first column is the primary key that it is ordered by and whose only parameter is the key after which to go
// on. The last page is followed by an empty one.
void for_each_page(pqxx::connection& session, const std::string& name, const std::string& sql,
                   const std::function<void(const pqxx::result&)>& sink) {
  session.prepare(name, sql);
  pqxx::read_transaction transaction(session);
  std::string after = "\\x";
  for (;;) {
    const pqxx::result page = transaction.exec_prepared(name, after);
    if (page.empty()) return;
    sink(page);
    after = page.back()[0].c_str();
  }
}

// Every row of `sql`, as above, but that order and pages are added here: its key is `public_key`.
void for_each_row(pqxx::connection& session, const std::string& name, const std::string& sql,
                  const std::function<void(const pqxx::row&)>& sink) {
  const auto sink_page = [&sink](const pqxx::result& page) {
    for (const pqxx::row& row : page) {
      try {
        sink(row);
      } catch (const std::exception& error) {
        throw std::runtime_error("the directory's row " + std::string(row[0].c_str()) + " cannot be used: " + error.what());
      }
    }
  };
  for_each_page(session, name, sql + " ORDER BY public_key LIMIT " + std::to_string(kPageRows), sink_page);
}

wire::Define definition_from(const pqxx::row& row) {
  wire::Define definition;
  const Bytes hash = bytea_from(text_of(row[0]));
  if (hash.size() != definition.hash.size())
    throw std::runtime_error("the database has a definition whose hash has " + std::to_string(hash.size()) + " bytes, not 64");
  std::copy(hash.begin(), hash.end(), definition.hash.begin());
  definition.definition = bytea_from(text_of(row[1]));
  return definition;
}

// Hands on the nodes so that each comes after its parent. The order within is that of the rows.
void hand_on(std::vector<core::NodeRecord>& records, const std::function<void(core::NodeRecord)>& sink) {
  std::unordered_map<PublicKey, std::size_t, PublicKeyHash> place;
  place.reserve(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) place.emplace(records[i].key, i);

  std::vector<bool> done(records.size());
  std::vector<std::size_t> line;   // a node and its ancestors that have not been handed on, the youngest first
  for (std::size_t i = 0; i < records.size(); ++i) {
    for (std::size_t at = i; !done[at];) {
      line.push_back(at);
      if (line.size() > records.size()) throw std::runtime_error("the directory has a node that is its own ancestor");
      if (!records[at].parent) break;
      const auto parent = place.find(*records[at].parent);
      if (parent == place.end())
        throw std::runtime_error("the directory has no parent for " + fingerprint_of(records[at].key));
      at = parent->second;
    }
    for (; !line.empty(); line.pop_back()) {
      done[line.back()] = true;
      sink(std::move(records[line.back()]));
    }
  }
}

}  // namespace

Directory::Directory(const std::string& connection_string) : session_(open_session(connection_string, "directory")) {
  check_schema(*session_);
}

core::BatchId Directory::journal_position() {
  pqxx::nontransaction look(*session_);
  return core::BatchId{look.exec1("SELECT position FROM roost.journal")[0].as<std::uint64_t>()};
}

void Directory::for_each_node(const std::function<void(core::NodeRecord)>& sink) {
  std::vector<core::NodeRecord> records;
  for_each_row(*session_, "nodes",
               "SELECT public_key, parent, lifetime, access, "
               "CASE WHEN access_only = '{}' THEN '' ELSE (SELECT string_agg(key, ''::bytea) FROM unnest(access_only) key) END, "
               "budget_nodes, budget_awake, budget_memory_bytes, capabilities, sealed_key FROM roost.nodes WHERE public_key > $1::bytea",
               [&records](const pqxx::row& row) { records.push_back(record_from(row)); });
  hand_on(records, sink);
}

void Directory::for_each_tombstone(const std::function<void(const PublicKey&)>& sink) {
  for_each_row(*session_, "tombstones", "SELECT public_key FROM roost.tombstones WHERE public_key > $1::bytea",
               [&sink](const pqxx::row& row) { sink(key_from(row[0])); });
}

void Directory::for_each_definition_page(const std::function<void(std::vector<wire::Define>)>& sink) {
  // Definitions have up to 4 MiB, so a page ends by bytes; `before`: those of the page in front of a row.
  const std::string rows = "SELECT hash, definition FROM roost.definitions WHERE hash > $1::bytea ORDER BY hash LIMIT " + std::to_string(kPageRows);
  const std::string sized = "SELECT hash, definition, sum(octet_length(definition)) OVER (ORDER BY hash) - octet_length(definition) AS before "
                            "FROM (" + rows + ") AS page";
  for_each_page(*session_, "definitions",
                "SELECT hash, definition FROM (" + sized + ") AS sized WHERE before < " + std::to_string(kDefinitionsPageBytes) + " ORDER BY hash",
                [&sink](const pqxx::result& page) {
                  std::vector<wire::Define> definitions;
                  definitions.reserve(page.size());
                  for (const pqxx::row& row : page) definitions.push_back(definition_from(row));
                  sink(std::move(definitions));
                });
}

}  // namespace roost::directory
