// SPDX-License-Identifier: MIT
#pragma once

// Sessions with PostgreSQL, set up the way all of roostd's are. A session is never mended: whoever finds it broken drops
// it and opens another, because prepared statements, the lock and the settings belong to the old one.
// Thread: a session belongs to one thread.

#include <chrono>
#include <memory>
#include <string>

namespace pqxx {   // as libpqxx 6.4 declares it
class connect_direct;
template <typename ConnectPolicy> class basic_connection_base;
using connection = basic_connection_base<connect_direct>;
}  // namespace pqxx

namespace roost::directory {

inline constexpr int kSchemaVersion = 4;

struct CloseSession {
  void operator()(pqxx::connection* session) const noexcept;
};
using Session = std::unique_ptr<pqxx::connection, CloseSession>;

// Throws pqxx::broken_connection, or another std::exception if the session cannot be set up.
[[nodiscard]] Session open_session(const std::string& connection_string, const std::string& purpose);

// Throws std::runtime_error that names both versions if this program does not know the schema.
void check_schema(pqxx::connection& session);

// Takes the lock that only one roostd holds in a database, for as long as the session lives. So a second roostd on the same
// database does not start while the session of the first lives; and when a new session has the lock, the old one is over, and with it
// whatever it was committing. Whether another roostd had the lock in between is for the journal to tell (journal_writer.h).
// False: somebody held it for all of `patience`.
[[nodiscard]] bool lock_database(pqxx::connection& session, std::chrono::milliseconds patience);

}  // namespace roost::directory
