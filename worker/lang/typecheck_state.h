// SPDX-License-Identifier: MIT
#pragma once

// The checker's insides (typecheck.h is its face). `synthesise` finds a term's type; `check` pushes a wanted type inward. A wish
// travels with its Origin, so that a refusal can say where it came from.

#include <exception>
#include <string>
#include <unordered_map>
#include <vector>

#include "worker/lang/subsume.h"
#include "worker/lang/type_store.h"
#include "worker/lang/typecheck.h"

namespace roost::lang {

// Why a type is wanted.
struct Origin {
  enum class Kind : std::uint8_t {
    Argument,     // of `function`, the `number`-th (from 1)
    Condition,    // of an `if`
    Branch,       // the `else` of an `if`, after `function`, its `then`
    Statement,    // of a `do`; function: the bind that it stands for, whose `number`-th argument it is; name: what it names, or `_`
    Element,      // of a vector, after `function`, its first
    Annotation,   // an annotation or signature at `place`
    Recursion,    // a binding of a `let rec` that is used inside its group; function: what it is bound to
  };
  Kind kind;
  std::uint32_t number = 0;
  bool in_branch = false;      // of an `if` that is what the wish is about
  std::uint32_t inside = 0;    // of so many function literals of what the wish is about: the type is that of their result
  const Term* function = nullptr;
  Ty* type = nullptr;      // Argument: of the function. (The scope has changed when a refusal asks.)
  Ty* wanted = nullptr;    // Argument: as the function's type has it, before anything was solved
  Place place{};
  std::string_view name{};   // Annotation, Recursion: of the binding, if it is one
};

class Checker {
 public:
  static constexpr std::size_t kShownTypeMax = 300;   // bytes of a type in a message

  Checker(Arena& scratch, const TypeTable& types) : store_(scratch), subsumption_(store_), types_(types) {}

  // Both throw TypeError, TypesTooLarge.
  Ty* program(const Term& term, std::string_view name);
  std::vector<Ty*> group(const Term& let_rec);
  [[nodiscard]] TypeStore& store() { return store_; }

 private:
  struct Argument {
    const Term* term;
    Ty* wanted;
    std::uint32_t number;
  };
  struct Blame {
    const Term& term;     // what is refused
    const Term& source;   // source_of() it
  };

  Ty* synthesise(const Term& term);
  Ty* synthesise_plain(const Term& term) { return store_.instantiate(synthesise(term), level_); }
  Ty* name_type(const Term& term);
  Ty* reference(const Term& term);
  Ty* function(const Term& term);
  Ty* annotated(const Term& term, std::string_view name);
  Ty* vector(const Term& term);
  Ty* application(const Term& term);
  Ty* apply_to(const Term& head, Ty* type, std::size_t base);
  Ty* conditional(std::size_t base, Ty* wanted, const Origin* origin);
  Ty* arrow_of(Ty* type, const Origin& origin, std::size_t base, std::uint32_t number);
  void check_argument(Origin& origin, const Argument& argument);

  void check(const Term& term, Ty* wanted, const Origin& origin);
  void check_function(const Term& term, Ty* wanted, const Origin& origin);
  bool check_conditional(const Term& term, Ty* wanted, const Origin& origin);
  void require(const Term& term, Ty* found, Ty* wanted, const Origin& origin);

  void bind_let(const Term& term);
  void bind_group(const Term& term);
  Ty* function_of_metas(const Term& item);
  void infer_recursive(const Term& item, Ty* type, std::string_view name);
  void infer_component(const Term& term, std::size_t base, const std::vector<std::uint32_t>& members, bool recursive);
  [[nodiscard]] std::size_t unwind(const Term& term);

  // typecheck_refusals.cpp
  [[nodiscard]] const Term& source_of(const Term& term) const;
  [[noreturn]] void refuse(const Term& term, Ty* found, Ty* wanted, const Origin& origin, const Misfit& misfit);
  [[noreturn]] void refuse_application(const Origin& origin, Ty* type, std::size_t base, std::uint32_t number);
  [[noreturn]] void refuse_function(const Term& term, Ty* wanted, const Origin& origin);
  [[noreturn]] void refuse_reference(const Term& term);
  std::string shown_type(Ty* type) { return store_.print(type, kShownTypeMax); }
  void explain_head(const Origin& origin, TypeError& error);
  void explain_wish(const Origin& origin, Ty* wanted, const Blame& blame, TypeError& error);
  void explain_variables(const Origin& origin, const Blame& blame, TypeError& error);
  void explain_metas(Ty* type, const Blame& blame, TypeError& error, const Term* shown = nullptr);
  void explain_found(Ty* found, const Blame& blame, TypeError& error);
  void collect_variables(Ty* scheme, Ty* type, std::vector<Ty*>& metas);
  void collect_metas(Ty* type, const Blame& blame, std::vector<Ty*>& metas);

  // typecheck_hints.cpp
  [[nodiscard]] std::string suggestion(const Blame& blame, Ty* found, Ty* wanted, const Origin& origin, const Misfit& misfit);
  [[nodiscard]] std::string misread_operator(const Blame& blame, Ty* found, Ty* wanted, const Origin& origin) const;
  [[nodiscard]] std::string missing_arguments(const Blame& blame, Ty* found, Ty* wanted, const Origin& origin);

  TypeStore store_;
  Subsumption subsumption_;
  const TypeTable& types_;
  std::uint32_t level_ = 0;
  std::vector<Ty*> scope_;                 // types of the variables around, innermost last
  std::vector<const Term*> arguments_;     // of the applications being looked at
  std::unordered_map<const Type*, Ty*> imported_;
};

// The types of builtins, as closed trees that live for ever. Made at the first call; thread-safe.
[[nodiscard]] const Type& type_of(Builtin builtin);
[[nodiscard]] const Type& type_of_if();

// `w w`
[[nodiscard]] bool is_given_itself(const Term& term, const Origin& origin);

// "2 arguments"
[[nodiscard]] std::string counted(std::size_t count, const char* what);

}  // namespace roost::lang
