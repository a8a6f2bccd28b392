// SPDX-License-Identifier: MIT
// code show and code deps: definitions of the container's code store, read in shared memory. Nothing of roostd's is asked.

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include <nlohmann/json.hpp>

#include "backend/code/code_reader.h"
#include "ops/cli/commands.h"
#include "ops/cli/language.h"
#include "ops/cli/node_view.h"
#include "ops/cli/terminal.h"
#include "worker/lang/definition_codec.h"
#include "worker/lang/hash.h"
#include "worker/lang/print.h"
#include "worker/runtime/universe.h"

namespace roost::cli {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kTermBytesMax = 1'000'000;   // of one definition on the terminal
constexpr std::size_t kHeapBytesMax = 1u << 30;
constexpr std::size_t kPrefixMin = 4;              // letters of a hash that are taken for one
constexpr std::size_t kCandidatesShown = 5;

std::string text_of(const lang::Hash& hash) { return lang::base64url(view_of(hash)); }

// The store, and the library that names some of what is in it.
class CodeStore {
 public:
  CodeStore(const Home& home, const Text& text) : reader_(open(home)), library_(load_library(text)) {
    for (const std::string_view name : library_->names().all()) names_.emplace(*library_->names().find(name), name);
  }

  struct Definition {
    lang::Hash hash;
    const lang::Term* term = nullptr;
    std::optional<std::size_t> bytes;   // in the store
  };

  // The definition that a person means. Throws Ended: there is none, or there are several.
  [[nodiscard]] Definition meant_by(std::string given) {
    if (given.starts_with('#')) given.erase(0, 1);
    const std::set<lang::Hash> candidates = given.size() < kPrefixMin ? std::set<lang::Hash>() : that_begin(given);
    if (candidates.size() == 1) return *definition(*candidates.begin());
    if (const lang::Hash* named = library_->names().find(given)) return *definition(*named);
    if (candidates.empty())
      throw Ended(ExitCode::Refused, "neither the code store nor the library has a definition `" + given + "`\n(a hash, at least " +
                                         std::to_string(kPrefixMin) + " letters of its beginning, or a name of the library)");
    std::string message = std::to_string(candidates.size()) + " definitions begin with `" + given + "`:";
    for (auto at = candidates.begin(); at != candidates.end() && static_cast<std::size_t>(std::distance(candidates.begin(), at)) < kCandidatesShown; ++at)
      message += "\n  " + text_of(*at) + " " + name_of(*at);
    throw Ended(ExitCode::Refused, message);
  }

  // nullopt: neither the store nor the library has it. Throws Ended if it cannot be read.
  [[nodiscard]] std::optional<Definition> definition(const lang::Hash& hash) {
    const auto bytes = reader_->view().find(hash);
    if (!bytes) {
      const lang::Term* term = library_->term_of(hash);
      return term ? std::optional<Definition>({hash, term, std::nullopt}) : std::nullopt;
    }
    const auto term = lang::decode_definition(arena_, *bytes, lang::kDefinitionMemoryMax);
    if (!term.ok()) throw Ended(ExitCode::Refused, "the definition " + text_of(hash) + " is damaged: " + term.error().what);
    return Definition{hash, term.value(), bytes->size()};
  }

  [[nodiscard]] std::string name_of(const lang::Hash& hash) const {
    const auto found = names_.find(hash);
    return found == names_.end() ? std::string() : std::string(found->second);
  }

  // Empty: it has no type by itself.
  [[nodiscard]] std::string type_of(const lang::Hash& hash) const {
    runtime::Heap heap(kHeapBytesMax);
    const runtime::HeapScope scope(heap);
    std::uint64_t work = 0;
    runtime::BuiltinContext context(work);
    runtime::Universe universe(*library_, reader_->view(), context, [](const wire::Define&) {});
    const lang::Type* type = universe.type_of(hash);
    std::string text = type ? lang::print_type(*type, kTypeBytesMax) : std::string();
    universe.clear();
    return text;
  }

  // What the definition refers to, directly or not, each behind those that it refers to itself; not the definition.
  [[nodiscard]] std::vector<lang::Hash> references_below(const Definition& of) {
    std::vector<lang::Hash> order;
    std::set<lang::Hash> met{of.hash};
    std::vector<std::pair<lang::Hash, std::vector<lang::Hash>>> open{{of.hash, lang::references_of(*of.term)}};
    while (!open.empty()) {
      auto& [hash, rest] = open.back();
      if (rest.empty()) {
        if (open.size() > 1) order.push_back(hash);
        open.pop_back();
        continue;
      }
      const lang::Hash next = rest.front();
      rest.erase(rest.begin());
      if (!met.insert(next).second) continue;
      const auto known = definition(next);
      open.emplace_back(next, known ? lang::references_of(*known->term) : std::vector<lang::Hash>());
    }
    return order;
  }

 private:
  static std::unique_ptr<code::CodeReader> open(const Home& home) {
    auto reader = code::CodeReader::open(home.map_name());
    if (!reader.ok()) throw Ended(ExitCode::CannotReach, reader.error());
    return std::move(reader).value();
  }
  static std::unique_ptr<runtime::Library> load_library(const Text& text) {
    auto library = runtime::Library::load(library_files(text));
    if (!library.ok()) throw Ended(ExitCode::Refused, library.error());
    return std::move(library).value();
  }

  [[nodiscard]] std::set<lang::Hash> that_begin(const std::string& given) const {
    std::set<lang::Hash> found;
    const auto look = [&](const lang::Hash& hash) {
      if (text_of(hash).starts_with(given)) found.insert(hash);
    };
    reader_->view().for_each([&](const lang::Hash& hash, BytesView) { look(hash); });
    for (const auto& [hash, name] : names_) look(hash);
    return found;
  }

  std::unique_ptr<code::CodeReader> reader_;
  std::unique_ptr<runtime::Library> library_;
  std::map<lang::Hash, std::string_view> names_;   // one for each
  lang::Arena arena_;
};

Json json_of(const CodeStore& store, const CodeStore::Definition& definition) {
  const std::string name = store.name_of(definition.hash);
  Json json = {{"hash", text_of(definition.hash)}, {"name", nullptr}, {"stored_bytes", nullptr}};
  if (!name.empty()) json["name"] = name;
  if (definition.bytes) json["stored_bytes"] = *definition.bytes;
  return json;
}

std::string size_text(const CodeStore::Definition& definition) {
  return definition.bytes ? std::to_string(*definition.bytes) + " bytes" : "not in the store: the library has it, and nothing stored refers to it";
}

void print_line(const std::string& label, const std::string& value, const Terminal& terminal) {
  std::cout << terminal.paint(Color::Dim, cell(label, 10)) << "  " << value << '\n';
}

}  // namespace

ExitCode run_code_show(const CodeShow& command, const Home& home, const Surroundings& surroundings) {
  CodeStore store(home, command.text);
  const CodeStore::Definition definition = store.meant_by(command.definition);
  const std::string type = store.type_of(definition.hash);
  const std::string term = lang::print_named(*definition.term, [&](const lang::Hash& hash) { return store.name_of(hash); }, kTermBytesMax);
  const std::size_t references = lang::references_of(*definition.term).size();
  if (command.output == Output::Json) {
    Json json = json_of(store, definition);
    json["type"] = type.empty() ? Json(nullptr) : Json(type);
    json["refers_to"] = references;
    json["term"] = term;
    std::cout << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
    return ExitCode::Done;
  }
  const Terminal terminal(1, surroundings.color);
  const std::string name = store.name_of(definition.hash);
  print_line("hash", text_of(definition.hash), terminal);
  print_line("name", name.empty() ? "-" : printable(name), terminal);
  print_line("type", type.empty() ? "none by itself" : printable(type), terminal);
  print_line("size", size_text(definition), terminal);
  print_line("refers to", references == 1 ? "1 definition" : std::to_string(references) + " definitions", terminal);
  std::cout << '\n' << printable(term) << '\n';
  return ExitCode::Done;
}

ExitCode run_code_deps(const CodeDeps& command, const Home& home, const Surroundings& surroundings) {
  CodeStore store(home, command.text);
  const CodeStore::Definition definition = store.meant_by(command.definition);
  const std::vector<lang::Hash> direct = lang::references_of(*definition.term);
  Json list = Json::array();
  const Terminal terminal(1, surroundings.color);
  for (const lang::Hash& hash : store.references_below(definition)) {
    const bool is_direct = std::find(direct.begin(), direct.end(), hash) != direct.end();
    const auto known = store.definition(hash);
    if (command.output == Output::Json) {
      Json one = known ? json_of(store, *known) : Json{{"hash", text_of(hash)}, {"name", nullptr}, {"stored_bytes", nullptr}};
      one["direct"] = is_direct;
      one["missing"] = !known;
      list.push_back(std::move(one));
      continue;
    }
    const std::string name = store.name_of(hash);
    std::cout << text_of(hash) << "  " << terminal.paint(is_direct ? Color::Plain : Color::Dim, is_direct ? "direct  " : "indirect") << "  "
              << (known ? name.empty() ? "-" : printable(name) : terminal.paint(Color::Red, "missing")) << '\n';
  }
  if (command.output == Output::Json) {
    Json json = json_of(store, definition);
    json["refers_to"] = std::move(list);
    std::cout << json.dump(2) << '\n';
  }
  return ExitCode::Done;
}

}  // namespace roost::cli
