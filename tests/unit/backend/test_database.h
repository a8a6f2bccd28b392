// SPDX-License-Identifier: MIT
#pragma once

// Databases for tests: one PostgreSQL cluster a program, made in a temporary folder when the first test asks for it and gone with
// the program; in it one database a test, with roost's schema. The server runs as an unprivileged user if the tests run as root.
// Thread: one.

#include <memory>
#include <string>

namespace roost::directory {

class TestDatabase {
 public:
  TestDatabase();    // throws std::runtime_error with what a failed command said
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  // A libpq connection string, with the rights of roostd.
  [[nodiscard]] std::string as_roostd() const;
  // Runs a statement as the superuser; returns its first row's columns, separated by '|'.
  std::string query(const std::string& sql) const;
  // Ends roostd's sessions of this purpose ("journal", "reader").
  void end_sessions(const std::string& purpose) const;
  // Keeps roostd from opening sessions (those that are open stay). Requires: admit() follows, for the role is the whole cluster's.
  void shut_out() const;
  void admit() const;

 private:
  std::string name_;
};

}  // namespace roost::directory
