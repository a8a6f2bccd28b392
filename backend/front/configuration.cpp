// SPDX-License-Identifier: MIT
#include "backend/front/configuration.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <variant>
#include <vector>

#include <toml++/toml.h>

#include "worker/code/layout.h"

namespace roost::front {

namespace {

struct Count { std::uint64_t* place; std::uint64_t least, most; };
struct Milliseconds { core::Duration* place; std::uint64_t least, most; };
struct Word { std::string* place; bool required; bool may_be_empty = false; };
struct Words { std::vector<std::string>* place; };
struct Files { std::vector<std::string>* place; };
struct Switch { bool* place; };
struct Choice { std::string* place; std::vector<std::string> values; };
enum class From : std::uint8_t { Start, Hangup };   // when a change of the file takes effect
struct Setting {
  const char* key;
  std::variant<Count, Milliseconds, Word, Words, Files, Switch, Choice> form;
  From from = From::Hangup;
};

// A flat table: one row a setting.
std::vector<Setting> settings_of(Configuration& c) {
  constexpr std::uint64_t kMillion = 1'000'000, kHour = 3'600'000, kGiB = 1u << 30;
  core::Settings& s = c.core;
  return {
      {"host", Word{&s.host, false}, From::Start},
      {"front_socket", Word{&c.front_socket, true}, From::Start},
      {"operator_socket", Word{&c.operator_socket, true}, From::Start},
      {"database", Word{&c.database, true}, From::Start},
      {"master_key_file", Word{&c.master_key_file, true}, From::Start},
      {"status_map", Word{&c.status_map, true}, From::Start},
      {"worker", Word{&c.worker, true}, From::Start},
      {"accept_threads", Count{&c.accept_threads, 1, 64}, From::Start},
      {"responder_threads", Count{&c.responder_threads, 1, 64}, From::Start},
      {"reader_threads", Count{&c.reader_threads, 1, 64}, From::Start},
      {"allow_weak_sandbox", Switch{&c.allow_weak_sandbox}, From::Start},
      {"log_format", Choice{&c.log_format, {"text", "json"}}, From::Start},
      {"log_level", Choice{&c.log_level, {"debug", "info", "warning", "error"}}},
      {"body_bytes_max", Count{&c.body_bytes_max, 1, 15u << 20}},
      {"libraries", Files{&c.libraries}, From::Start},
      {"http_hosts", Words{&c.http.hosts}},
      {"http_private_addresses", Switch{&c.http.private_addresses}},
      {"http_proxy", Word{&c.http.proxy, false, true}},
      {"http_bytes_max", Count{&c.http.bytes_max, 1, 5u << 20}},
      {"http_timeout_ms", Milliseconds{&c.http.timeout, 1, kHour}},
      {"nodes_max", Count{&s.nodes_max, 1, 16 * kMillion}, From::Start},
      {"awake_max", Count{&s.awake_max, 1, 100'000}},
      {"attempts_max", Count{&c.core.attempts_max, 1, 1u << 24}},
      {"requests_max", Count{&s.requests_max, 1, kMillion}},
      {"mailbox_max", Count{&s.mailbox_max, 1, kMillion}},
      {"mailbox_bytes_max", Count{&s.mailbox_bytes_max, 1u << 20, kGiB}},
      {"worker_memory_bytes", Count{&s.worker_memory_bytes, 1u << 20, 64 * kGiB}},
      {"journal_batch_max", Count{&s.journal_batch_max, 1, kMillion}},
      {"journal_bytes_max", Count{&s.journal_bytes_max, 1u << 20, 16 * kGiB}},
      {"code_bytes_max", Count{&s.code_bytes_max, code::kStoreBytesMin, 64 * kGiB}, From::Start},
      {"idle_timeout_ms", Milliseconds{&s.idle_timeout, 1, 24 * kHour}},
      {"request_timeout_ms", Milliseconds{&s.request_timeout, 1, kHour}},
      {"compute_timeout_ms", Milliseconds{&s.compute_timeout, 1, kHour}},
      {"receive_timeout_ms", Milliseconds{&s.receive_timeout, 0, 24 * kHour}},
      {"wake_timeout_ms", Milliseconds{&s.wake_timeout, 1, kHour}},
      {"unresponsive_timeout_ms", Milliseconds{&s.unresponsive_timeout, 1, kHour}},
      {"drain_timeout_ms", Milliseconds{&s.drain_timeout, 1, kHour}},
  };
}

bool same(const Setting& a, const Setting& b) {
  return std::visit([&b](const auto& one) {
    const auto& other = std::get<std::decay_t<decltype(one)>>(b.form);
    return *one.place == *other.place;
  }, a.form);
}

using Complaint = std::optional<std::string>;

std::string range_text(std::uint64_t least, std::uint64_t most) {
  return "an integer from " + std::to_string(least) + " to " + std::to_string(most);
}

std::optional<std::uint64_t> number_in(const toml::node& node, std::uint64_t least, std::uint64_t most) {
  const auto value = node.value_exact<std::int64_t>();
  if (!value || *value < 0) return std::nullopt;
  const auto number = static_cast<std::uint64_t>(*value);
  if (number < least || number > most) return std::nullopt;
  return number;
}

struct Apply {
  const toml::node& node;
  Complaint operator()(const Count& form) const {
    const auto number = number_in(node, form.least, form.most);
    if (!number) return "must be " + range_text(form.least, form.most);
    *form.place = *number;
    return {};
  }
  Complaint operator()(const Milliseconds& form) const {
    const auto number = number_in(node, form.least, form.most);
    if (!number) return "must be " + range_text(form.least, form.most) + " (milliseconds)";
    *form.place = std::chrono::milliseconds(*number);
    return {};
  }
  Complaint operator()(const Word& form) const {
    const auto value = node.value_exact<std::string>();
    if (!value || (value->empty() && !form.may_be_empty)) return "must be a text that is not empty";
    *form.place = *value;
    return {};
  }
  Complaint operator()(const Words& form) const {
    std::vector<std::string> words;
    const toml::array* array = node.as_array();
    if (!array) return "must be a list of texts";
    for (const toml::node& one : *array) {
      const auto word = one.value_exact<std::string>();
      if (!word || word->empty()) return "must be a list of texts that are not empty";
      words.push_back(*word);
    }
    *form.place = std::move(words);
    return {};
  }
  Complaint operator()(const Files& form) const {
    if (Complaint complaint = (*this)(Words{form.place})) return complaint;
    // roostd and the zygote may have been started in any folder, and are started again in another.
    for (const std::string& file : *form.place)
      if (!file.starts_with('/')) return "must be a list of absolute paths; \"" + file + "\" does not begin with /";
    return {};
  }
  Complaint operator()(const Switch& form) const {
    const auto value = node.value_exact<bool>();
    if (!value) return "must be true or false";
    *form.place = *value;
    return {};
  }
  Complaint operator()(const Choice& form) const {
    const auto value = node.value_exact<std::string>();
    if (value && std::find(form.values.begin(), form.values.end(), *value) != form.values.end()) {
      *form.place = *value;
      return {};
    }
    std::string text = "must be one of";
    for (const std::string& one : form.values) text += " \"" + one + "\"";
    return text;
  }
};

std::string text_of(std::uint64_t number) { return std::to_string(number); }
std::string text_of(core::Duration duration) { return std::to_string(duration / std::chrono::milliseconds(1)); }
std::string text_of(bool on) { return on ? "true" : "false"; }
std::string text_of(const std::string& text) { return text; }
std::string text_of(const std::vector<std::string>& list) {
  std::string lines;
  for (const std::string& one : list) lines += (lines.empty() ? "" : "\n") + one;
  return lines;
}

std::size_t distance(std::string_view a, std::string_view b) {   // Levenshtein's
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t best = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = std::exchange(row[j], best);
    }
  }
  return row[b.size()];
}

std::string nearest(const std::vector<Setting>& settings, std::string_view key) {
  const auto best = std::min_element(settings.begin(), settings.end(), [&](const Setting& a, const Setting& b) {
    return distance(a.key, key) < distance(b.key, key);
  });
  return best->key;
}

// Why the file cannot be read. What it says is for the workers to judge.
Complaint unreadable(const std::string& file) {
  std::error_code error;
  if (std::filesystem::exists(file, error) && !std::filesystem::is_regular_file(file, error)) return "it is not a regular file";
  errno = 0;
  if (!std::ifstream(file)) return errno == 0 ? "it cannot be opened" : std::strerror(errno);
  return {};
}

}  // namespace

Result<Configuration, std::string> parse_configuration(std::string_view text, const std::string& file) {
  Configuration configuration;
  const std::vector<Setting> settings = settings_of(configuration);
  toml::table table;
  try {
    table = toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    return Refused{file + ": line " + std::to_string(error.source().begin.line) + ": " + std::string(error.description())};
  }
  for (const auto& [key, node] : table) {
    const std::string where = file + ": line " + std::to_string(node.source().begin.line) + ": `" + std::string(key.str()) + "` ";
    const auto setting = std::find_if(settings.begin(), settings.end(), [&key = key](const Setting& s) { return key.str() == s.key; });
    if (setting == settings.end())
      return Refused{where + "is not a setting; did you mean `" + nearest(settings, key.str()) + "`?"};
    if (const Complaint complaint = std::visit(Apply{node}, setting->form)) return Refused{where + *complaint};
  }
  // A name of shm_overview(7), from which the names of other files in /dev/shm are made.
  if (const std::string& name = configuration.status_map; !name.empty() && (name[0] != '/' || name.size() == 1 || name.find('/', 1) != name.npos))
    return Refused{file + ": `status_map` must begin with / and have no other, e.g. \"/roost\""};
  // Not all work can say meanwhile that it goes on. It shall end at the limit that says why, and alone.
  if (const auto& core = configuration.core; core.compute_timeout >= core.unresponsive_timeout)
    return Refused{file + ": `compute_timeout_ms` (" + std::to_string(core.compute_timeout / std::chrono::milliseconds(1)) +
                   ") must be less than `unresponsive_timeout_ms` (" + std::to_string(core.unresponsive_timeout / std::chrono::milliseconds(1)) + ")"};
  for (const Setting& setting : settings)
    if (const auto* word = std::get_if<Word>(&setting.form); word && word->required && word->place->empty())
      return Refused{file + ": `" + setting.key + "` is required"};
  return configuration;
}

std::vector<std::string> needs_start(Configuration in_force, Configuration wanted) {
  std::vector<std::string> keys;
  const std::vector<Setting> before = settings_of(in_force), after = settings_of(wanted);
  for (std::size_t i = 0; i < before.size(); ++i)
    if (before[i].from == From::Start && !same(before[i], after[i])) keys.emplace_back(before[i].key);
  return keys;
}

std::optional<std::string> value_of(Configuration configuration, std::string_view key) {
  const std::vector<Setting> settings = settings_of(configuration);
  const auto setting = std::find_if(settings.begin(), settings.end(), [key](const Setting& s) { return key == s.key; });
  if (setting == settings.end()) return std::nullopt;
  return std::visit([](const auto& form) { return text_of(*form.place); }, setting->form);
}

Result<Configuration, std::string> read_configuration(const std::string& file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  if (!in) return Refused{file + ": cannot be read"};
  auto configuration = parse_configuration(text.str(), file);
  if (configuration.ok())
    for (const std::string& library : configuration.value().libraries)
      if (const Complaint complaint = unreadable(library)) return Refused{file + ": `libraries`: cannot read " + library + ": " + *complaint};
  return configuration;
}

}  // namespace roost::front
