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
  std::vector<std::string_view> all() const override {
    std::vector<std::string_view> names = before_.all();
    for (const std::string_view name : added_.all()) names.push_back(name);
    return names;
  }

 private:
  const Names& before_;
  Names& added_;
};

LibraryError refusal(Place place, const std::string& what) {
  return {place, "line " + std::to_string(place.line) + ", column " + std::to_string(place.column) + ": " + what, what, {}, {}};
}

std::optional<LibraryError> clash(const std::vector<Binding>& bindings, const Names& names) {
  std::set<std::string_view> own;
  for (const Binding& binding : bindings) {
    if (builtin_named(binding.name) || names.is_taken(binding.name))
      return refusal(binding.place, "the name `" + std::string(binding.name) + "` is taken");
    if (!own.insert(binding.name).second)
      return refusal(binding.place, "`" + std::string(binding.name) + "` is defined twice");
  }
  return std::nullopt;
}

const Term* group_of(Arena& arena, const std::vector<Binding>& bindings, const Component& component) {
  std::vector<std::string_view> names;
  std::vector<const Term*> items;
  for (const std::uint32_t member : component.members) {
    names.push_back(bindings[member].name);
    items.push_back(bindings[member].term);
  }
  Term* group = arena.make<Term>();
  group->kind = TermKind::LetRec;
  group->place = bindings[component.members[0]].place;
  group->names = arena.copy(names);
  group->items = arena.copy(items);
  group->right = items[0];
  return group;
}

const Term* with_items(Arena& arena, const Term& group, const std::vector<const Term*>& items, std::size_t body) {
  Term* made = arena.make<Term>(group);
  made->items = arena.copy(items);
  made->right = made->items[body];
  return made;
}

const Term* without_annotation(const Term* term) { return term->kind == TermKind::Annotate ? term->left : term; }

LibraryError refusal(const TypeError& error) { return {error.place, error.message(), error.reason, {}, error.because}; }

struct Typed {
  std::vector<const Term*> terms;   // the right-hand sides, without annotations that say nothing new
  std::vector<const Type*> types;
};

Result<Typed, LibraryError> type_one(Arena& arena, const Term* term, const TypeTable& types, std::string_view name) {
  if (term->kind == TermKind::Annotate) {
    const auto bare = infer_type(arena, *term->left, types);
    if (bare.ok() && same_type(*bare.value(), *term->type)) return Typed{{term->left}, {bare.value()}};
  }
  const auto type = infer_type(arena, *term, types, name);
  if (!type.ok()) return Refused{refusal(type.error())};
  return Typed{{term}, {type.value()}};
}

// Annotations are put back, one round after the other, until the group has the types that they say.
constexpr int kRoundsMax = 4;

Result<Typed, LibraryError> type_group(Arena& arena, const Term& group, const TypeTable& types) {
  std::vector<const Term*> items;
  for (const Term* item : group.items) items.push_back(without_annotation(item));
  for (int round = 0; round < kRoundsMax; ++round) {
    const auto found = infer_group(arena, *with_items(arena, group, items, 0), types);
    if (!found.ok()) break;
    bool changed = false;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (items[i] == group.items[i] || same_type(*found.value()[i], *group.items[i]->type)) continue;
      items[i] = group.items[i];
      changed = true;
    }
    if (!changed) return Typed{std::move(items), found.value()};
  }
  const auto found = infer_group(arena, group, types);
  if (!found.ok()) return Refused{refusal(found.error())};
  return Typed{{group.items.begin(), group.items.end()}, found.value()};
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
  LibraryError error = refusal(all.names[0].place, all.message());
  error.unbound = std::move(all.names);
  return error;
}

}  // namespace

Result<std::vector<Definition>, LibraryError> load_library(Arena& arena, std::string_view source, Names& names,
                                                           DefinitionTypes& types) {
  auto parsed = parse_library(arena, source);
  if (!parsed.ok()) return Refused{LibraryError{parsed.error().place, parsed.error().message(), parsed.error().what(), {}, {}}};
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
    const Term* written = component.recursive ? group_of(arena, bindings, component) : bindings[component.members[0]].term;
    const auto resolved = resolve(arena, written, known);
    CHECK(resolved.ok());   // unbound() saw every name
    auto typed = component.recursive ? type_group(arena, *resolved.value(), types)
                                     : type_one(arena, resolved.value(), types, bindings[component.members[0]].name);
    if (!typed.ok()) return Refused{std::move(typed).error()};
    for (std::size_t i = 0; i < component.members.size(); ++i) {
      const Binding& binding = bindings[component.members[i]];
      // A member of a recursive group is stored as the group with the member's right-hand side as its body.
      const Term* term = component.recursive ? with_items(arena, *resolved.value(), typed.value().terms, i) : typed.value().terms[0];
      const bool is_new = term->kind != TermKind::Reference;
      definitions.push_back({binding.name, term, typed.value().types[i], hash_term(*term), is_new, binding.place});
      CHECK(added.add(binding.name, definitions.back().hash));
      types.add(definitions.back().hash, definitions.back().type);
    }
  }
  for (const Definition& definition : definitions) CHECK(names.add(definition.name, definition.hash));
  return definitions;
}

}  // namespace roost::lang
