// SPDX-License-Identifier: MIT
#include "worker/lang/library_source.h"

#include <set>

#include "worker/lang/hash.h"
#include "worker/lang/scc.h"

namespace roost::lang {

namespace {

// The names known before, and those of the text itself: what its right-hand sides may use.
class Growing final : public NameTable {
 public:
  Growing(const Names& before, Names& added) : before_(before), added_(added) {}
  const Hash* find(std::string_view name) const override {
    const Hash* hash = added_.find(name);
    return hash ? hash : before_.find(name);
  }

 private:
  const Names& before_;
  Names& added_;
};

LibraryError refusal(Place place, const std::string& what) {
  return {place, "line " + std::to_string(place.line) + ", column " + std::to_string(place.column) + ": " + what};
}

std::optional<LibraryError> clash(const std::vector<Binding>& bindings, const Names& names) {
  std::set<std::string_view> own;
  for (const Binding& binding : bindings) {
    if (builtin_named(binding.name) || names.find(binding.name))
      return refusal(binding.place, "the name `" + std::string(binding.name) + "` is taken");
    if (!own.insert(binding.name).second)
      return refusal(binding.place, "`" + std::string(binding.name) + "` is defined twice");
  }
  return std::nullopt;
}

// A member of a recursive group is stored as the group with the member's right-hand side as its body.
const Term* stored_form(Arena& arena, const std::vector<Binding>& bindings, const Component& component, std::uint32_t member) {
  if (!component.recursive) return bindings[member].term;
  std::vector<std::string_view> names;
  std::vector<const Term*> items;
  for (const std::uint32_t other : component.members) {
    names.push_back(bindings[other].name);
    items.push_back(bindings[other].term);
  }
  Term* group = arena.make<Term>();
  group->kind = TermKind::LetRec;
  group->place = bindings[member].place;
  group->names = arena.copy(names);
  group->items = arena.copy(items);
  group->right = bindings[member].term;
  return group;
}

// Every name that means nothing, over the whole text.
std::optional<LibraryError> unbound(const std::vector<Binding>& bindings, const Names& names) {
  Names own;
  for (const Binding& binding : bindings) CHECK(own.add(binding.name, Hash{}));
  const Growing known(names, own);
  UnboundNames all;
  std::set<std::string> seen;
  Arena scratch;
  for (const Binding& binding : bindings) {
    const auto resolved = resolve(scratch, binding.term, known);
    if (resolved.ok()) continue;
    for (const UnboundName& name : resolved.error().names)
      if (seen.insert(name.name).second) all.names.push_back(name);
  }
  if (all.names.empty()) return std::nullopt;
  return refusal(all.names[0].place, all.message());
}

}  // namespace

Result<std::vector<Definition>, LibraryError> load_library(Arena& arena, std::string_view source, Names& names) {
  auto parsed = parse_library(arena, source);
  if (!parsed.ok()) return Refused{LibraryError{parsed.error().place, parsed.error().message()}};
  const std::vector<Binding> bindings = std::move(parsed).value();
  if (auto error = clash(bindings, names)) return Refused{std::move(*error)};
  if (auto error = unbound(bindings, names)) return Refused{std::move(*error)};

  std::vector<std::string_view> group;
  std::vector<const Term*> terms;
  for (const Binding& binding : bindings) {
    group.push_back(binding.name);
    terms.push_back(binding.term);
  }
  Names added;
  const Growing known(names, added);
  std::vector<Definition> definitions;
  for (const Component& component : components_of(group, terms)) {
    for (const std::uint32_t member : component.members) {
      const auto resolved = resolve(arena, stored_form(arena, bindings, component, member), known);
      CHECK(resolved.ok());   // unbound() saw every name
      const Term* term = resolved.value();
      const bool is_new = term->kind != TermKind::Reference && term->kind != TermKind::Builtin;
      definitions.push_back({bindings[member].name, term, hash_term(*term), is_new, bindings[member].place});
    }
    for (std::size_t i = definitions.size() - component.members.size(); i < definitions.size(); ++i)
      CHECK(added.add(definitions[i].name, definitions[i].hash));
  }
  for (const Definition& definition : definitions) CHECK(names.add(definition.name, definition.hash));
  return definitions;
}

}  // namespace roost::lang
