// SPDX-License-Identifier: MIT
#pragma once

// roost.toml. Every setting has one row in a table (configuration.cpp): its key, its range, where it goes. An unknown key, a
// value out of range or of another type is a refusal that names the key, the value and what is allowed; nothing is guessed.
// docs/configuration.md explains the keys. Reading it also makes sure that the `libraries` can be read. Thread: any.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backend/core/types.h"
#include "backend/fetch/target.h"
#include "worker/wire/result.h"

namespace roost::front {

struct Configuration {
  core::Settings core;
  std::string front_socket, operator_socket, database, master_key_file, status_map, worker;
  std::uint64_t accept_threads = 4, responder_threads = 2, reader_threads = 2;
  bool allow_weak_sandbox = false;
  std::string log_format = "text", log_level = "info";
  std::uint64_t body_bytes_max = 1u << 20;
  fetch::Rules http;
  std::vector<std::string> libraries;   // absolute paths; none: the standard library
};

// The error is one line: file, place, what is wrong, what is allowed.
[[nodiscard]] Result<Configuration, std::string> read_configuration(const std::string& file);
[[nodiscard]] Result<Configuration, std::string> parse_configuration(std::string_view text, const std::string& file);
// What a setting is, whether the file names it or not, for scripts: a number or a text as it is, true or false, a list with one a line.
// nullopt: there is no such setting.
[[nodiscard]] std::optional<std::string> value_of(Configuration configuration, std::string_view key);
// The keys in which the two differ and that take effect only at a start.
[[nodiscard]] std::vector<std::string> needs_start(Configuration in_force, Configuration wanted);

}  // namespace roost::front
