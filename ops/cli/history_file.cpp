// SPDX-License-Identifier: MIT
#include "ops/cli/history_file.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace roost::cli {
namespace {

namespace fs = std::filesystem;

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
  for (std::string line; std::getline(in, line);) lines_.push_back(line);
  if (lines_.size() <= kLinesMax) return;
  lines_.erase(lines_.begin(), lines_.end() - kLinesMax);
  std::ofstream out(path_, std::ios::trunc);
  for (const std::string& line : lines_) out << line << '\n';
}

void HistoryFile::append(const std::string& line) const {
  if (!path_.empty()) std::ofstream(path_, std::ios::app) << line << '\n';
}

}  // namespace roost::cli
