// SPDX-License-Identifier: MIT
#include "worker/lang/scc.h"

#include <algorithm>
#include <unordered_map>

#include "worker/lang/scope.h"

namespace roost::lang {

namespace {

// Which names of the group occur free in one term.
class FreeNames {
 public:
  FreeNames(const std::unordered_map<std::string_view, std::uint32_t>& group, std::vector<std::uint32_t>& found)
      : group_(group), found_(found) {}

  void walk(const Term& term) {
    switch (term.kind) {
      case TermKind::Name: return name(term.text);
      case TermKind::Apply:
        walk(*term.left);
        return walk(*term.right);
      case TermKind::Lambda: return under({&term.text, 1}, *term.left);
      case TermKind::Annotate: return walk(*term.left);
      case TermKind::Vector:
        for (const Term* item : term.items) walk(*item);
        return;
      case TermKind::Let:
        walk(*term.left);
        return under({&term.text, 1}, *term.right);
      case TermKind::LetRec:
        for (const Term* item : term.items) under(term.names, *item);
        return under(term.names, *term.right);
      case TermKind::Local: case TermKind::Number: case TermKind::Text: case TermKind::If: case TermKind::Blank:
      case TermKind::Builtin: case TermKind::Reference: return;
    }
  }

 private:
  void name(std::string_view text) {
    if (bound_.find(text) != Scope::kNotFound) return;
    if (const auto member = group_.find(text); member != group_.end()) found_.push_back(member->second);
  }

  void under(std::span<const std::string_view> names, const Term& body) {
    for (const std::string_view one : names) bound_.push(one);
    walk(body);
    bound_.pop(static_cast<std::uint32_t>(names.size()));
  }

  const std::unordered_map<std::string_view, std::uint32_t>& group_;
  std::vector<std::uint32_t>& found_;
  Scope bound_;
};

// Which bindings of a resolved group one of its terms uses. `depth`: variables bound inside, around this part of it.
void used_members(const Term& term, std::uint32_t depth, std::uint32_t count, std::vector<std::uint32_t>& found) {
  switch (term.kind) {
    case TermKind::Local:
      if (term.index >= depth && term.index - depth < count) found.push_back(count - 1 - (term.index - depth));
      return;
    case TermKind::Apply:
      used_members(*term.left, depth, count, found);
      return used_members(*term.right, depth, count, found);
    case TermKind::Lambda: return used_members(*term.left, depth + 1, count, found);
    case TermKind::Annotate: return used_members(*term.left, depth, count, found);
    case TermKind::Vector:
      for (const Term* item : term.items) used_members(*item, depth, count, found);
      return;
    case TermKind::Let:
      used_members(*term.left, depth, count, found);
      return used_members(*term.right, depth + 1, count, found);
    case TermKind::LetRec: {
      const std::uint32_t inside = depth + static_cast<std::uint32_t>(term.names.size());
      for (const Term* item : term.items) used_members(*item, inside, count, found);
      return used_members(*term.right, inside, count, found);
    }
    case TermKind::Name: case TermKind::Number: case TermKind::Text: case TermKind::If: case TermKind::Blank:
    case TermKind::Builtin: case TermKind::Reference: return;
  }
}

using Edges = std::vector<std::vector<std::uint32_t>>;

// Tarjan's algorithm with a stack of its own: a group may be as long as a text.
class Tarjan {
 public:
  explicit Tarjan(const Edges& edges)
      : edges_(edges), number_(edges.size(), 0), low_(edges.size(), 0), open_(edges.size(), false) {}

  std::vector<Component> run() {
    for (std::uint32_t v = 0; v < edges_.size(); ++v)
      if (number_[v] == 0) visit(v);
    return std::move(components_);
  }

 private:
  void enter(std::uint32_t v) {
    number_[v] = low_[v] = ++count_;
    open_[v] = true;
    stack_.push_back(v);
    path_.emplace_back(v, 0);
  }

  void visit(std::uint32_t first) {
    enter(first);
    while (!path_.empty()) {
      auto& [v, next] = path_.back();
      if (next < edges_[v].size()) {
        const std::uint32_t w = edges_[v][next++];
        if (number_[w] == 0) enter(w);
        else if (open_[w]) low_[v] = std::min(low_[v], number_[w]);
        continue;
      }
      const std::uint32_t done = v;
      path_.pop_back();
      if (!path_.empty()) low_[path_.back().first] = std::min(low_[path_.back().first], low_[done]);
      if (low_[done] == number_[done]) close(done);
    }
  }

  void close(std::uint32_t root) {
    Component component;
    for (std::uint32_t v = ~root; v != root;) {
      v = stack_.back();
      stack_.pop_back();
      open_[v] = false;
      component.members.push_back(v);
    }
    std::sort(component.members.begin(), component.members.end());
    component.recursive = component.members.size() > 1 || std::binary_search(edges_[root].begin(), edges_[root].end(), root);
    components_.push_back(std::move(component));
  }

  const Edges& edges_;
  std::vector<std::uint32_t> number_, low_;
  std::vector<bool> open_;
  std::uint32_t count_ = 0;
  std::vector<std::uint32_t> stack_;
  std::vector<std::pair<std::uint32_t, std::size_t>> path_;
  std::vector<Component> components_;
};

std::vector<Component> components_along(Edges& edges) {
  for (std::vector<std::uint32_t>& uses : edges) {
    std::sort(uses.begin(), uses.end());
    uses.erase(std::unique(uses.begin(), uses.end()), uses.end());
  }
  return Tarjan(edges).run();
}

const Term* wrap(Arena& arena, const Term& group, const Component& component, const Term* body) {
  Term* term = arena.make<Term>();
  term->place = group.place;
  term->right = body;
  if (!component.recursive) {
    term->kind = TermKind::Let;
    term->text = group.names[component.members[0]];
    term->left = group.items[component.members[0]];
    return term;
  }
  std::vector<std::string_view> names;
  std::vector<const Term*> items;
  for (const std::uint32_t member : component.members) {
    names.push_back(group.names[member]);
    items.push_back(group.items[member]);
  }
  term->kind = TermKind::LetRec;
  term->names = arena.copy(names);
  term->items = arena.copy(items);
  return term;
}

}  // namespace

std::vector<Component> components_of(std::span<const std::string_view> names, std::span<const Term* const> terms) {
  std::unordered_map<std::string_view, std::uint32_t> group;
  for (std::uint32_t i = 0; i < names.size(); ++i) group.emplace(names[i], i);
  Edges edges(names.size());
  for (std::size_t i = 0; i < terms.size(); ++i) {
    FreeNames(group, edges[i]).walk(*terms[i]);
  }
  return components_along(edges);
}

std::vector<Component> components_of(const Term& let_rec) {
  const auto count = static_cast<std::uint32_t>(let_rec.items.size());
  Edges edges(count);
  for (std::uint32_t i = 0; i < count; ++i) used_members(*let_rec.items[i], 0, count, edges[i]);
  return components_along(edges);
}

const Term* minimise(Arena& arena, const Term* program) {
  if (program->kind != TermKind::LetRec) return program;
  const std::vector<Component> components = components_of(program->names, program->items);
  if (components.size() == 1) return program;
  const Term* body = program->right;
  for (auto component = components.rbegin(); component != components.rend(); ++component)
    body = wrap(arena, *program, *component, body);
  return body;
}

}  // namespace roost::lang
