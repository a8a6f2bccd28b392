// SPDX-License-Identifier: MIT
#include "worker/lang/typecheck.h"

#include "worker/lang/as_written.h"
#include "worker/lang/scc.h"
#include "worker/lang/typecheck_state.h"

namespace roost::lang {
namespace {

// Runs a check on a store of its own, and makes closed types of what it gives.
template <typename Run>
auto checked(const TypeTable& types, Place place, Run run) -> Result<decltype(run(std::declval<Checker&>())), TypeError> {
  Arena scratch;
  try {
    Checker checker(scratch, types);
    return run(checker);
  } catch (TypeError& error) {
    return Refused{std::move(error)};
  } catch (const TypesTooLarge& error) {
    return Refused{TypeError{place, std::string("this cannot be checked: ") + error.limit + "; annotations or smaller definitions help", {}, {}, {}}};
  }
}

}  // namespace

Result<const Type*, TypeError> infer_type(Arena& arena, const Term& term, const TypeTable& types, std::string_view name) {
  return checked(types, term.place, [&](Checker& checker) { return checker.store().to_type(arena, checker.program(term, name)); });
}

Result<std::vector<const Type*>, TypeError> infer_group(Arena& arena, const Term& let_rec, const TypeTable& types) {
  return checked(types, let_rec.place, [&](Checker& checker) {
    std::vector<const Type*> found;
    for (Ty* type : checker.group(let_rec)) found.push_back(checker.store().to_type(arena, type));
    return found;
  });
}

bool same_type(const Type& left, const Type& right) {
  const Type* a = &left;
  const Type* b = &right;
  for (;;) {
    if (a == b) return true;
    if (a->kind != b->kind) return false;
    switch (a->kind) {
      case TypeKind::Variable: return a->index == b->index;
      case TypeKind::Constructor: return a->name == b->name;
      case TypeKind::Forall:
        a = a->left;
        b = b->left;
        break;
      case TypeKind::Arrow:
      case TypeKind::Apply:
        if (!same_type(*a->left, *b->left)) return false;
        a = a->right;
        b = b->right;
        break;
    }
  }
}

const Type* DefinitionTypes::type_of(const Hash& hash) const {
  const auto found = types_.find(hash);
  return found == types_.end() ? nullptr : found->second;
}

std::string TypeError::message() const {
  return "line " + std::to_string(place.line) + ", column " + std::to_string(place.column) + ": " + reason;
}

Ty* Checker::program(const Term& term, std::string_view name) {
  ++level_;
  Ty* type = term.kind == TermKind::Annotate ? annotated(term, name) : synthesise(term);
  --level_;
  return store_.generalise(type, level_);
}

std::vector<Ty*> Checker::group(const Term& let_rec) {
  bind_group(let_rec);
  return scope_;
}

// ---- finding a type

Ty* Checker::synthesise(const Term& term) {
  store_.step();
  switch (term.kind) {
    case TermKind::Local: return scope_[scope_.size() - 1 - term.index];
    case TermKind::Number: case TermKind::Text: case TermKind::If: case TermKind::Blank: case TermKind::Builtin:
    case TermKind::Reference:
      return name_type(term);
    case TermKind::Apply: return is_vector_literal(term) ? vector(*term.right) : application(term);
    case TermKind::Lambda: return function(term);
    case TermKind::Annotate: return annotated(term, {});
    case TermKind::Vector: return vector(term);
    case TermKind::Let:
    case TermKind::LetRec: {
      const std::size_t outside = scope_.size();
      term.kind == TermKind::Let ? bind_let(term) : bind_group(term);
      Ty* type = synthesise(*term.right);
      scope_.resize(outside);
      return type;
    }
    case TermKind::Name: break;
  }
  check_failed("a checked term is resolved", __FILE__, __LINE__);
}

// What has its type from elsewhere. Closed types are taken over once for a check.
[[gnu::noinline]] Ty* Checker::name_type(const Term& term) {
  static const Type number{.kind = TypeKind::Constructor, .name = "Number"};
  static const Type text{.kind = TypeKind::Constructor, .name = "Text"};
  const Type* type = nullptr;
  switch (term.kind) {
    case TermKind::Number: type = &number; break;
    case TermKind::Text: type = &text; break;
    case TermKind::Blank: return store_.meta(level_);
    case TermKind::If: type = &type_of_if(); break;
    case TermKind::Builtin: type = &type_of(term.builtin); break;
    default: type = types_.type_of(*term.hash); break;
  }
  if (type == nullptr) refuse_reference(term);
  Ty*& known = imported_[type];
  if (known == nullptr) known = store_.import(*type);
  return known;
}

[[gnu::noinline]] Ty* Checker::function(const Term& term) {
  Ty* parameter = store_.meta(level_);
  scope_.push_back(parameter);
  Ty* result = synthesise_plain(*term.left);
  scope_.pop_back();
  return store_.arrow(parameter, result);
}

[[gnu::noinline]] Ty* Checker::annotated(const Term& term, std::string_view name) {
  Ty* type = store_.import(*term.type);
  check(*term.left, type, {.kind = Origin::Kind::Annotation, .place = term.place, .name = name});
  return type;
}

[[gnu::noinline]] Ty* Checker::vector(const Term& term) {
  Ty* element = store_.meta(level_);
  Origin origin{.kind = Origin::Kind::Element};
  for (const Term* item : term.items) {
    check(*item, element, origin);
    if (origin.function == nullptr) origin.function = item;
  }
  return store_.apply(store_.constructor("Vector"), element);
}

// ---- applications

// Puts the arguments of `f a b c` on arguments_, the last first. Gives where they begin.
std::size_t Checker::unwind(const Term& term) {
  const std::size_t base = arguments_.size();
  for (const Term* at = &term; at->kind == TermKind::Apply && !is_vector_literal(*at); at = at->left) arguments_.push_back(at->right);
  return base;
}

[[gnu::noinline]] Ty* Checker::application(const Term& term) {
  const std::size_t base = unwind(term);
  const Term* head = &term;
  for (std::size_t i = base; i < arguments_.size(); ++i) head = head->left;
  Ty* type;
  if (head->kind == TermKind::If && arguments_.size() - base == 3) {
    type = conditional(base, nullptr, nullptr);
  } else {
    type = apply_to(*head, synthesise(*head), base);
  }
  arguments_.resize(base);
  return type;
}

// Function literals among the arguments are checked behind the others, which know more: then what is wrong in their bodies is found
// there, and not where their result is used.
Ty* Checker::apply_to(const Term& head, Ty* type, std::size_t base) {
  Origin origin{.kind = Origin::Kind::Argument, .function = &head, .type = type};
  if (arguments_.size() - base >= 2 && is_statement(head, *arguments_.back())) {
    origin.kind = Origin::Kind::Statement;
    origin.name = arguments_.back()->text;
  }
  type = store_.instantiate(type, level_);
  std::vector<Argument> later;
  std::uint32_t number = 0;
  for (std::size_t at = arguments_.size(); at > base; --at) {
    if (TypeStore::prune(type)->kind != TyKind::Arrow) {
      for (const Argument& argument : later) check_argument(origin, argument);
      later.clear();
    }
    Ty* const arrow = arrow_of(type, origin, base, ++number);
    const Argument argument{arguments_[at - 1], arrow->left, number};
    if (argument.term->kind == TermKind::Lambda) {
      later.push_back(argument);
    } else {
      check_argument(origin, argument);
    }
    type = store_.instantiate(arrow->right, level_);
  }
  for (const Argument& argument : later) check_argument(origin, argument);
  return type;
}

void Checker::check_argument(Origin& origin, const Argument& argument) {
  origin.number = argument.number;
  origin.wanted = argument.wanted;
  check(*argument.term, argument.wanted, origin);
}

// The type as that of a function; a meta becomes one.
Ty* Checker::arrow_of(Ty* type, const Origin& origin, std::size_t base, std::uint32_t number) {
  type = TypeStore::prune(type);
  if (type->kind == TyKind::Arrow) return type;
  if (type->kind != TyKind::Meta) refuse_application(origin, type, base, number);
  Ty* from = store_.meta(type->level);
  type->left = store_.arrow(from, store_.meta(type->level));
  type->cause = origin.function;
  return type->left;
}

// `if c then a else b`, its parts on arguments_. wanted: of the branches, or null.
Ty* Checker::conditional(std::size_t base, Ty* wanted, const Origin* origin) {
  static const Type boolean{.kind = TypeKind::Constructor, .name = "Boolean"};
  check(*arguments_[base + 2], store_.import(boolean), {.kind = Origin::Kind::Condition});
  const Term& yes = *arguments_[base + 1];
  const Term& no = *arguments_[base];
  if (wanted != nullptr) {
    Origin in_branch = *origin;
    in_branch.in_branch = true;
    check(yes, wanted, in_branch);
    check(no, wanted, origin->kind == Origin::Kind::Statement ? Origin{.kind = Origin::Kind::Branch, .function = &yes} : in_branch);
    return wanted;
  }
  Ty* type = store_.meta(level_);
  require(yes, synthesise_plain(yes), type, {.kind = Origin::Kind::Branch, .function = &yes});
  check(no, type, {.kind = Origin::Kind::Branch, .function = &yes});
  return type;
}

// ---- checking against a type

void Checker::check(const Term& term, Ty* wanted, const Origin& origin) {
  store_.step();
  wanted = TypeStore::prune(wanted);
  if (wanted->kind == TyKind::Forall) {
    ++level_;
    check(term, store_.skolemise(wanted, level_), origin);
    --level_;
    return;
  }
  switch (term.kind) {
    case TermKind::Blank: return;
    case TermKind::Lambda: return check_function(term, wanted, origin);
    case TermKind::Let:
    case TermKind::LetRec: {
      const std::size_t outside = scope_.size();
      term.kind == TermKind::Let ? bind_let(term) : bind_group(term);
      check(*term.right, wanted, origin);
      scope_.resize(outside);
      return;
    }
    case TermKind::Apply:
      if (check_conditional(term, wanted, origin)) return;
      [[fallthrough]];
    default: return require(term, synthesise(term), wanted, origin);
  }
}

[[gnu::noinline]] void Checker::check_function(const Term& term, Ty* wanted, const Origin& origin) {
  if (wanted->kind == TyKind::Meta) return require(term, function(term), wanted, origin);
  if (wanted->kind != TyKind::Arrow) refuse_function(term, wanted, origin);
  Origin inside = origin;
  ++inside.inside;
  inside.wanted = wanted->right;
  scope_.push_back(wanted->left);
  check(*term.left, wanted->right, inside);
  scope_.pop_back();
}

[[gnu::noinline]] bool Checker::check_conditional(const Term& term, Ty* wanted, const Origin& origin) {
  const Term* head = &term;
  int count = 0;
  for (; head->kind == TermKind::Apply && count < 4; ++count) head = head->left;
  if (head->kind != TermKind::If || count != 3 || wanted->has_forall || wanted->kind == TyKind::Meta) return false;
  const std::size_t base = unwind(term);
  conditional(base, wanted, &origin);
  arguments_.resize(base);
  return true;
}

void Checker::require(const Term& term, Ty* found, Ty* wanted, const Origin& origin) {
  const Term* cause = &term;
  if (origin.number == 2 && is_comma(*origin.function)) cause = nullptr;   // the rest of a tuple
  if (origin.kind == Origin::Kind::Statement && is_definition(term, *origin.function, origin.name)) cause = term.right;
  try {
    subsumption_.require(found, wanted, level_, cause);
  } catch (const Misfit& misfit) {
    refuse(term, found, wanted, origin, misfit);
  }
}

// ---- bindings

[[gnu::noinline]] void Checker::bind_let(const Term& term) {
  if (term.left->kind == TermKind::Annotate) {
    scope_.push_back(annotated(*term.left, term.text));
    return;
  }
  ++level_;
  Ty* type = synthesise(*term.left);
  --level_;
  scope_.push_back(store_.generalise(type, level_));
}

// Pushes the types of all bindings, component by component: one that another merely uses is generalised before that one is looked at.
[[gnu::noinline]] void Checker::bind_group(const Term& term) {
  const std::size_t base = scope_.size();
  for (const Term* item : term.items) scope_.push_back(item->kind == TermKind::Annotate ? store_.import(*item->type) : nullptr);
  for (const Component& component : components_of(term)) infer_component(term, base, component.members, component.recursive);
}

// What is known of a recursive binding before it is looked at: that it takes the parameters which are written.
Ty* Checker::function_of_metas(const Term& item) {
  std::vector<Ty*> parameters;
  for (const Term* at = &item; at->kind == TermKind::Lambda; at = at->left) parameters.push_back(store_.meta(level_));
  Ty* type = store_.meta(level_);
  for (std::size_t i = parameters.size(); i > 0; --i) type = store_.arrow(parameters[i - 1], type);
  return type;
}

// `type`: function_of_metas(item), which uses of it may have solved.
void Checker::infer_recursive(const Term& item, Ty* type, std::string_view name) {
  const std::size_t outside = scope_.size();
  const Term* body = &item;
  for (; body->kind == TermKind::Lambda; body = body->left) {
    scope_.push_back(type->left);
    type = type->right;
  }
  require(*body, synthesise_plain(*body), type, {.kind = Origin::Kind::Recursion, .function = &item, .name = name});
  scope_.resize(outside);
}

// Those without a signature are monomorphic while they are looked at. Those with one are used at their declared types, and checked last.
void Checker::infer_component(const Term& term, std::size_t base, const std::vector<std::uint32_t>& members, bool recursive) {
  ++level_;
  for (const std::uint32_t member : members)
    if (recursive && scope_[base + member] == nullptr) scope_[base + member] = function_of_metas(*term.items[member]);
  for (const std::uint32_t member : members) {
    const Term& item = *term.items[member];
    if (item.kind == TermKind::Annotate) continue;
    if (recursive) {
      infer_recursive(item, scope_[base + member], term.names[member]);
    } else {
      scope_[base + member] = synthesise(item);
    }
  }
  --level_;
  for (const std::uint32_t member : members)
    if (term.items[member]->kind != TermKind::Annotate) scope_[base + member] = store_.generalise(scope_[base + member], level_);
  for (const std::uint32_t member : members) {
    const Term& item = *term.items[member];
    if (item.kind != TermKind::Annotate) continue;
    check(*item.left, scope_[base + member], {.kind = Origin::Kind::Annotation, .place = item.place, .name = term.names[member]});
  }
}

}  // namespace roost::lang
