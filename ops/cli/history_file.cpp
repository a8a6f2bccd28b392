// SPDX-License-Identifier: MIT
#include "ops/cli/history_file.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace roost::cli {
namespace {

namespace fs = std::filesystem;

constexpr char kLineBreak = '\v';   // inside an entry of the file: a terminal shows it as one

std::string with(char wanted, char instead_of, std::string text) {
  std::replace(text.begin(), text.end(), instead_of, wanted);
  return text;
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

fs::path folder() {
  const std::string state = variable("XDG_STATE_HOME"), home = variable("HOME");
  if (!state.empty()) return fs::path(state) / "roost";
  return home.empty() ? fs::path() : fs::path(home) / ".local/state/roost";
}

// Before there is a line in it: programs may hold what is nobody's business.
bool make_private(const fs::path& file) {
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  std::ofstream(file, std::ios::app).flush();
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write, error);
  return !error;
}

}  // namespace

HistoryFile::HistoryFile() {
  const fs::path where = folder();
  if (where.empty() || !make_private(where / "history")) return;
  path_ = (where / "history").string();
  std::ifstream in(path_);
  for (std::string line; std::getline(in, line);) entries_.push_back(with('\n', kLineBreak, line));
  if (entries_.size() <= kEntriesMax) return;
  entries_.erase(entries_.begin(), entries_.end() - kEntriesMax);
  std::ofstream out(path_, std::ios::trunc);
  for (const std::string& entry : entries_) out << with(kLineBreak, '\n', entry) << '\n';
}

void HistoryFile::append(const std::string& entry) const {
  if (!path_.empty()) std::ofstream(path_, std::ios::app) << with(kLineBreak, '\n', entry) << '\n';
}

}  // namespace roost::cli
