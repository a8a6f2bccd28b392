// SPDX-License-Identifier: MIT
#include "backend/directory/connection.h"

#include <stdexcept>
#include <thread>

#include <pqxx/pqxx>

namespace roost::directory {
namespace {

// Names the lock among the advisory locks of the database: "roost" in ASCII.
constexpr long long kLockKey = 0x726f6f7374;
constexpr std::chrono::milliseconds kLockPause{50};

// The roles have the same limits; set here too, they hold whatever role the connection string names.
constexpr char kSessionSettings[] =
    "SET bytea_output = 'hex'; SET synchronous_commit = 'on'; SET statement_timeout = '30s'; SET lock_timeout = '5s'; "
    "SET idle_in_transaction_session_timeout = '30s'; SET client_min_messages = 'warning'";

}  // namespace

void CloseSession::operator()(pqxx::connection* session) const noexcept { delete session; }

Session open_session(const std::string& connection_string, const std::string& purpose) {
  Session session(new pqxx::connection(connection_string));
  // A session that reconnects by itself would come back without its statements and its lock. (libpqxx 7 has no such
  // sessions any more, and calls the switch deprecated.)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  session->inhibit_reactivation(true);
#pragma GCC diagnostic pop
  pqxx::nontransaction setup(*session);
  setup.exec(kSessionSettings);
  setup.exec("SET application_name = " + setup.quote("roostd " + purpose));
  return session;
}

void check_schema(pqxx::connection& session) {
  pqxx::nontransaction look(session);
  int version = 0;
  try {
    version = look.exec1("SELECT roost.schema_version()")[0].as<int>();
  } catch (const pqxx::sql_error& error) {
    throw std::runtime_error(std::string("the database has no roost schema that this role may use (deploy sql/ with sqitch): ") +
                             error.what());
  }
  if (version != kSchemaVersion)
    throw std::runtime_error("the database's schema is version " + std::to_string(version) + " and this roostd knows version " +
                             std::to_string(kSchemaVersion) +
                             (version < kSchemaVersion ? ": deploy sql/ with sqitch" : ": install the newer roostd"));
}

bool lock_database(pqxx::connection& session, std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    pqxx::nontransaction attempt(session);
    if (attempt.exec1("SELECT pg_try_advisory_lock(" + std::to_string(kLockKey) + ")")[0].as<bool>()) return true;
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(kLockPause);
  }
}

}  // namespace roost::directory
