// SPDX-License-Identifier: MIT
// roostd: the node container's backend. Reads the configuration, makes the parts, joins them, runs (roostd.cpp).

#include <exception>
#include <iostream>

#include <CLI/CLI.hpp>

#include "backend/directory/master_key.h"
#include "backend/front/configuration.h"
#include "backend/front/roostd.h"

namespace {

constexpr int kFailed = 1, kUsage = 2;

int run(const std::string& file, bool check_only, const std::string& setting) {
  const auto configuration = roost::front::read_configuration(file);
  if (!configuration.ok()) {
    std::cerr << "roostd: " << configuration.error() << '\n';
    return kUsage;
  }
  if (!setting.empty()) {
    const auto value = roost::front::value_of(configuration.value(), setting);
    if (value) std::cout << *value << '\n';
    else std::cerr << "roostd: `" << setting << "` is not a setting\n";
    return value ? 0 : kUsage;
  }
  if (check_only) {
    std::cout << file << ": ok\n";
    return 0;
  }
  roost::front::run_roostd(configuration.value(), file);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"roostd, the backend of the roost node container"};
  app.set_version_flag("--version", "roostd " ROOST_VERSION);
  std::string file, key_file, setting;
  bool check_only = false;
  app.add_option("--config", file, "The configuration (TOML)");
  app.add_flag("--check-config", check_only, "Check the configuration and exit");
  app.add_option("--print-setting", setting, "Print what this setting is, by the configuration or its default, and exit");
  app.add_option("--make-master-key", key_file, "Make a new master key in this file and exit");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  try {
    if (!key_file.empty()) {
      roost::directory::MasterKey::make(key_file);
      return 0;
    }
    if (file.empty()) {
      std::cerr << "roostd: --config FILE is required; see --help\n";
      return kUsage;
    }
    return run(file, check_only, setting);
  } catch (const std::exception& error) {
    std::cerr << "roostd: " << error.what() << '\n';
    return kFailed;
  }
}
