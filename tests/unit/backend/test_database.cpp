// SPDX-License-Identifier: MIT
#include "tests/unit/backend/test_database.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <pqxx/pqxx>

namespace roost::directory {
namespace {

// What the command wrote. Throws if it failed.
std::string run(const std::string& command) {
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run: " + command);
  std::string output;
  std::array<char, 4096> buffer;
  while (const std::size_t count = fread(buffer.data(), 1, buffer.size(), pipe)) output.append(buffer.data(), count);
  if (pclose(pipe) != 0) throw std::runtime_error(command + ": " + output);
  return output;
}

class Cluster {
 public:
  Cluster() {
    char folder[] = "/tmp/roost-database-XXXXXX";
    folder_ = mkdtemp(folder);
    bin_ = run("pg_config --bindir");
    bin_.pop_back();
    if (getuid() == 0) {   // PostgreSQL does not run as root
      if (chown(folder_.c_str(), getpwnam("postgres")->pw_uid, getpwnam("postgres")->pw_gid) != 0)
        throw std::runtime_error("cannot give " + folder_ + " to postgres");
      user_ = "runuser -u postgres -- ";
    }
    run(user_ + bin_ + "/initdb -D " + folder_ + "/data -A trust -U postgres -N");
    // No TCP, and no waiting for the disk: nothing here outlives the test.
    run(user_ + bin_ + "/pg_ctl -D " + folder_ + "/data -w -l " + folder_ + "/log -o \"-c listen_addresses= -c fsync=off " +
        "-c unix_socket_directories=" + folder_ + "\" start");
    deploy();
  }
  ~Cluster() {
    try {
      run(user_ + bin_ + "/pg_ctl -D " + folder_ + "/data -m immediate stop");
      std::filesystem::remove_all(folder_);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
    }
  }
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  [[nodiscard]] std::string connection(const std::string& database, const std::string& role) const {
    return "host=" + folder_ + " dbname=" + database + " user=" + role;
  }
  std::string fresh_database() {
    std::string name = "test_" + std::to_string(++databases_);
    pqxx::connection session(connection("postgres", "postgres"));
    pqxx::nontransaction(session).exec("CREATE DATABASE " + name + " TEMPLATE deployed");
    // Rights on the database itself are not copied with it.
    pqxx::nontransaction(session).exec("GRANT CONNECT ON DATABASE " + name + " TO roost_app");
    return name;
  }

 private:
  // Every change of the Sqitch plan, in its order.
  void deploy() {
    run("psql -qX -h " + folder_ + " -U postgres -c 'CREATE DATABASE deployed'");
    std::ifstream plan("sql/sqitch.plan");
    if (!plan) throw std::runtime_error("sql/sqitch.plan is not here: run from the top of the tree");
    for (std::string line; std::getline(plan, line);) {
      if (line.empty() || line[0] == '%' || line[0] == '@') continue;
      run("psql -qX -v ON_ERROR_STOP=1 -h " + folder_ + " -U postgres -d deployed -f sql/deploy/" + line.substr(0, line.find(' ')) + ".sql");
    }
  }

  std::string folder_, bin_, user_;
  int databases_ = 0;
};

Cluster& cluster() {
  static Cluster one;
  return one;
}

}  // namespace

TestDatabase::TestDatabase() : name_(cluster().fresh_database()) {}
TestDatabase::~TestDatabase() = default;   // goes with the cluster

std::string TestDatabase::as_roostd() const { return cluster().connection(name_, "roost_app"); }

std::string TestDatabase::query(const std::string& sql) const {
  pqxx::connection session(cluster().connection(name_, "postgres"));
  const pqxx::result rows = pqxx::nontransaction(session).exec(sql);
  std::string text;
  if (!rows.empty())
    for (const auto& field : rows[0]) text += (text.empty() ? "" : "|") + std::string(field.c_str());
  return text;
}

void TestDatabase::end_sessions(const std::string& purpose) const {
  query("SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE datname = current_database() AND "
        "application_name = 'roostd " + purpose + "'");
}

void TestDatabase::shut_out() const { query("ALTER ROLE roost_app NOLOGIN"); }
void TestDatabase::admit() const { query("ALTER ROLE roost_app LOGIN"); }

}  // namespace roost::directory

// libpqxx 6.4 forgets the result of a statement whose session broke (some kilobytes a lost session). Read by LeakSanitizer.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:PQmakeEmptyPGresult\n"; }
