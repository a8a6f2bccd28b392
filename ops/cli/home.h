// SPDX-License-Identifier: MIT
#pragma once

// Where the container lives: its folder (ROOST_HOME) with roost.json, what `ops/up` wrote for clients, and roost.toml,
// roostd's configuration. Commands that can do without a file say what is missing only when they need it.
//
// The folder is, in this order: --home or ROOST_HOME; the folder above the program's own (an installed container keeps
// its programs in HOME/bin); the nearest folder `var` with a roost.json, from the working directory upwards.

#include <filesystem>
#include <string>

#include "ops/cli/command_line.h"

namespace roost::cli {

struct ClientFacts {   // roost.json
  std::string base_url;
  std::string ca_file;
  std::string playground_url;
  std::string root_url;
  std::string admin_socket;   // a path
};

class Home {
 public:
  explicit Home(const Surroundings& surroundings);

  // Empty: none was found.
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  // Throws Ended(CannotReach) that says where was looked.
  [[nodiscard]] ClientFacts client_facts() const;
  // As client_facts(), with empty members if there is no roost.json.
  [[nodiscard]] ClientFacts client_facts_if_any() const;
  // The status map's name: --map, or what roost.toml says. Throws Ended(CannotReach).
  [[nodiscard]] std::string map_name() const;

 private:
  std::string map_given_;
  std::filesystem::path folder_;
};

}  // namespace roost::cli
