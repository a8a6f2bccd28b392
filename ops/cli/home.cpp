// SPDX-License-Identifier: MIT
#include "ops/cli/home.h"

#include <fstream>
#include <optional>

#include <nlohmann/json.hpp>
#include <toml++/toml.h>

namespace roost::cli {
namespace {

namespace fs = std::filesystem;

bool has_container(const fs::path& folder) {
  std::error_code ignored;   // a folder that cannot be read is not the one
  return fs::exists(folder / "roost.json", ignored) || fs::exists(folder / "roost.toml", ignored);
}

fs::path find_folder(const std::string& given) {
  if (!given.empty()) return given;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error && has_container(program.parent_path().parent_path())) return program.parent_path().parent_path();
  fs::path at = fs::current_path(error);
  while (!error && !at.empty()) {
    if (has_container(at / "var")) return at / "var";
    if (at == at.parent_path()) break;
    at = at.parent_path();
  }
  return {};
}

std::string missing(const fs::path& folder, const char* file) {
  if (folder.empty())
    return "no container was found: ROOST_HOME is not set, and no folder `var` with a roost.json is here or above; "
           "start one with ops/up, or say where it is with --home";
  return "cannot read " + (folder / file).string() + ": start the container with ops/up, or say where it is with --home";
}

ClientFacts facts_from(const nlohmann::json& json) {
  const auto text = [&](const char* name) {
    const auto member = json.find(name);
    return member != json.end() && member->is_string() ? member->get<std::string>() : std::string();
  };
  return {text("base_url"), text("ca"), text("playground"), text("root"), text("admin_socket")};
}

std::optional<ClientFacts> read_facts(const fs::path& file) {
  std::ifstream stream(file);
  if (!stream) return std::nullopt;
  const auto json = nlohmann::json::parse(stream, nullptr, false);
  if (!json.is_object())
    throw Ended(ExitCode::CannotReach, file.string() + " is not a JSON object; ops/up writes it anew");
  return facts_from(json);
}

}  // namespace

Home::Home(const Surroundings& surroundings) : map_given_(surroundings.map), folder_(find_folder(surroundings.home)) {}

ClientFacts Home::client_facts() const {
  const auto facts = folder_.empty() ? std::nullopt : read_facts(folder_ / "roost.json");
  if (!facts) throw Ended(ExitCode::CannotReach, missing(folder_, "roost.json"));
  return *facts;
}

ClientFacts Home::client_facts_if_any() const {
  if (folder_.empty()) return {};
  return read_facts(folder_ / "roost.json").value_or(ClientFacts{});
}

std::string Home::map_name() const {
  if (!map_given_.empty()) return map_given_;
  std::ifstream stream(folder_ / "roost.toml");
  if (folder_.empty() || !stream) throw Ended(ExitCode::CannotReach, missing(folder_, "roost.toml") + " or --map");
  try {
    const auto configuration = toml::parse(stream, (folder_ / "roost.toml").string());
    if (const auto name = configuration["status_map"].value<std::string>()) return *name;
  } catch (const toml::parse_error& error) {
    throw Ended(ExitCode::CannotReach, (folder_ / "roost.toml").string() + ": " + std::string(error.description()));
  }
  throw Ended(ExitCode::CannotReach, (folder_ / "roost.toml").string() + " does not set status_map; name the map with --map");
}

}  // namespace roost::cli
