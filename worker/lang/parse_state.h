// SPDX-License-Identifier: MIT
#pragma once

// The parser as a class: recursive descent, one token of look-ahead, and three looks further that read tokens only, never
// terms (is this a function literal? a binding? a signature?). Nothing is parsed twice, so that there is no text whose
// parsing takes more than linear work. Each function of the grammar has the EBNF's name and lives in the file of its topic:
// parse_terms.cpp, parse_bindings.cpp, parse_do.cpp, parse_types.cpp.
//
// A function that fails has set error_ and returns an empty Piece; the first error is the only one.

#include <optional>

#include "worker/lang/expectation.h"
#include "worker/lang/lexer.h"
#include "worker/lang/scope.h"
#include "worker/lang/second_look.h"

namespace roost::lang {

// A piece of the tree with the measures that are bounded.
struct Piece {
  Term* term = nullptr;      // null: failed
  std::uint32_t depth = 0;
  std::uint64_t work = 0;    // nodes that hashing it visits
  explicit operator bool() const { return term != nullptr; }
};

struct TypePiece {
  const Type* type = nullptr;   // null: failed
  std::uint32_t depth = 0;
  std::uint64_t nodes = 0;
  explicit operator bool() const { return type != nullptr; }
};

// A term that may still turn out to be the arguments of a function-like `if`. `head` is where its very first item hangs
// in the tree (null: the item is the whole term), so that the `if` can be put in front of it whatever was read since.
struct OpenTerm {
  Piece piece;
  const Term** head = nullptr;
  bool is_chain = false;   // operands and operators, perhaps annotated; not a `let` or a finished conditional
  bool annotated = false;
};

class Parser {
 public:
  Parser(Arena& arena, std::string_view source, Effort& effort);

  const Term* program();
  const Type* whole_type();
  bool library(std::vector<Binding>& bindings);
  [[nodiscard]] SyntaxError take_error() { return std::move(*error_); }

 private:
  struct Alias {
    std::uint32_t parameters = 0;
    TypePiece body;
  };
  struct Statement {
    enum class Kind : std::uint8_t { Expression, Bind, Define } kind = Kind::Expression;
    std::string_view name;
    bool is_let = false;         // without a name: a term that begins with `let`
    bool is_recursive = false;   // the same with `let rec`
    Place place;
    Piece piece;
  };
  struct LocalBinding {
    std::string_view name;
    Place place;
    Piece piece;
  };
  // What the name `pure` means at this place: inside a statement of `do M` it is `M.pure`. Scopes are told apart by
  // number, since a `let rec` learns only at its end whether it binds `pure` itself.
  struct PureMeaning {
    std::string_view replacement;   // empty: left alone
    const Term* word = nullptr;     // of the `do`
    std::uint32_t scope = 0;
  };
  class Nesting;

  // parser.cpp: tokens, errors, pieces
  void advance();
  [[nodiscard]] TokenKind next_kind() const;                // of the token behind the one at hand
  [[nodiscard]] bool at(TokenKind kind) const { return token_.kind == kind; }
  bool accept(TokenKind kind, Expect expected, std::string_view about = {});
  bool fail();                                              // the token at hand is not among the expected; false
  bool fail_to_close(std::string_view opener, Place place); // the same; what should have been closed stands there
  bool fail_at_entry(const Lexer& behind, const Token& first);
  void refuse_malformed(const SecondLook& look);
  [[nodiscard]] std::string found(const Token& token) const;
  bool refuse(Place place, std::size_t offset, std::string reason);   // false
  bool refuse_here(std::string reason);
  Piece leaf_piece(TermKind kind, Place place);
  Piece name_piece(std::string_view name, Place place);
  Piece builtin_piece(Builtin builtin, Place place);
  Piece apply(const Piece& function, const Piece& argument, Place place);
  Piece lambda(std::string_view parameter, const Piece& body, Place place);
  Piece annotate(const Piece& piece, const TypePiece& type, Place place);
  Piece checked(const Piece& piece);
  Piece do_name_piece(std::string_view name, const Term* word, Place place);
  std::uint32_t enter_pure_scope(std::string_view replacement, const Term* word = nullptr);

  // parse_terms.cpp
  Piece term();
  OpenTerm open_term();
  void annotation(OpenTerm& open);
  OpenTerm conditional();
  OpenTerm finish_conditional(const Piece& condition, Place place);
  OpenTerm chain(const Piece* first);
  Piece operand(const Piece* first, const Term**& head);
  [[nodiscard]] bool at_item();
  [[nodiscard]] bool at_term();
  [[nodiscard]] bool at_infix() const;
  [[nodiscard]] bool at_name() const { return at(TokenKind::Word) || at(TokenKind::OperatorName); }
  Piece item();
  Piece leaf();
  Piece simple_leaf();
  Piece hash_reference();
  [[nodiscard]] bool at_function();
  Piece function();
  Piece parentheses();
  Piece tuple(std::size_t base, Place place);
  Piece vector();

  // parse_bindings.cpp
  Piece let();
  bool bindings_of_let(bool recursive, std::size_t base);
  Piece nested_lets(std::size_t base, Piece body);
  Piece let_rec(std::size_t base, const Piece& body, Place place);
  [[nodiscard]] std::optional<std::size_t> find_duplicate(std::size_t base) const;
  [[nodiscard]] bool at_binding();
  [[nodiscard]] bool looks_like_left(Lexer lexer, Token token) const;
  bool binding(bool recursive);
  bool aliases();
  bool alias();
  std::optional<TypePiece> signature(std::string_view& name);
  bool refuse_signature(const LocalBinding& binding, std::size_t begin, std::string_view signed_name);
  bool refuse_lone_signature(std::string_view name, Place place);
  bool refuse_duplicate(const LocalBinding& binding);
  bool left_side(LocalBinding& binding, std::vector<std::pair<std::string_view, Place>>& parameters);
  bool fail_at_equals(std::string_view name);
  Piece right_side(bool binds_pure, const std::vector<std::pair<std::string_view, Place>>& parameters);
  void protect_pure(std::size_t first_use, std::uint32_t scope);

  // parse_do.cpp
  Piece do_block();
  bool statements(std::string_view pure_name, const Term* word, std::size_t base, Place place);
  bool statement(std::string_view pure_name, const Term* word, PureMeaning& outside);
  bool fail_in_statements(std::size_t base, Place place);
  Piece chain_statements(std::size_t base, const Term* word, std::string_view pure_name);

  // parse_types.cpp
  Type* new_type(TypeKind kind);
  TypePiece type();
  TypePiece quantified();
  TypePiece arrows();
  TypePiece type_application();
  TypePiece type_leaf();
  TypePiece type_tuple();
  [[nodiscard]] bool at_type_leaf();
  [[nodiscard]] bool at_forall() const;
  TypePiece named_type(const Token& name);
  TypePiece expand(const Alias& alias, const Token& name);
  TypePiece substitute(const Type& body, std::uint32_t bound, std::span<const TypePiece> arguments);
  const Type* shifted(const Type& type, std::uint32_t bound, std::uint32_t by);
  TypePiece type_node(TypeKind kind, const TypePiece& left, const TypePiece& right);
  TypePiece checked_type(const TypePiece& piece);
  TypePiece refuse_unknown(const Token& name);
  TypePiece refuse_arguments(const Token& name, std::uint32_t wanted, std::size_t given);
  bool charge_type_nodes(std::uint64_t nodes);

  Arena& arena_;
  std::string_view source_;
  Lexer lexer_;
  Token token_;
  Expectations expected_;
  std::optional<SyntaxError> error_;
  std::uint32_t nesting_ = 0;
  std::size_t no_function_before_ = 0;   // names up to here are known not to be parameters of a function literal …
  std::size_t arrow_missing_at_ = SIZE_MAX;   // … since no `->` stands here

  PureMeaning pure_;
  std::uint32_t pure_scopes_ = 0;
  std::vector<std::pair<Term*, std::uint32_t>> pure_uses_;   // replaced `pure`s with the number of their scope

  Scope alias_names_;
  std::vector<Alias> aliases_;         // as alias_names_
  Scope type_variables_;
  std::uint32_t alias_parameters_ = 0;   // how many of type_variables_, outermost, are parameters of an alias
  bool is_signature_ = true;              // the type at hand is no annotation of a term
  std::uint64_t type_nodes_ = 0;         // made by aliases so far

  std::vector<Piece> items_;             // stacks that the recursion shares, so that its frames stay small
  std::vector<TypePiece> type_items_;
  std::vector<Statement> statements_;
  std::vector<LocalBinding> bindings_;
};

// One level of nesting, for as long as it lives. Not entered: the text is too deep, and the parser has failed.
class Parser::Nesting {
 public:
  explicit Nesting(Parser& parser) : parser_(parser), entered_(++parser.nesting_ <= kNestingMax) {
    if (!entered_)
      parser.refuse_here("the text is nested deeper than " + std::to_string(kNestingMax) +
                         " levels (the language's limit); give inner parts names");
  }
  ~Nesting() { --parser_.nesting_; }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;
  explicit operator bool() const { return entered_; }

 private:
  Parser& parser_;
  bool entered_;
};

}  // namespace roost::lang
