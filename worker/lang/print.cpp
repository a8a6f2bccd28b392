// SPDX-License-Identifier: MIT
#include "worker/lang/print.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <deque>

#include "worker/lang/as_written.h"
#include "worker/lang/characters.h"
#include "worker/lang/hash.h"

namespace roost::lang {
namespace {

// Where a term stands decides whether it needs parentheses: each place takes what the ones behind it take, and more.
enum class Position { Whole, Chain, Operand, Argument };

class Printer {
 public:
  explicit Printer(std::size_t bytes_max, bool as_written = false, const NameOf* name_of = nullptr)
      : bytes_max_(bytes_max), as_written_(as_written), name_of_(name_of) {}

  void term(const Term& term, Position position);
  void type(const Type& type, Position position);
  void function(const Term& lambda);
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void put(std::string_view text);
  void name(std::string_view name);
  void infix(std::string_view name);
  void number(double number);
  void nameless(std::uint32_t index);
  void reference(const Hash& hash);
  void application(const Term& term, Position position);
  void block(const Term& term, Position position);
  bool sugar(const Term& head, const std::vector<const Term*>& arguments, Position position);
  bool tuple(const Term& first, const Term& rest);
  void items(std::span<const Term* const> items);
  void conditional(const std::vector<const Term*>& arguments);
  void lambda(const Term& term);
  void let(const Term& term);
  void let_rec(const Term& term);
  bool type_tuple(const Type& type);
  std::string_view name_not_taken(std::string_view name);
  template <typename Print>
  void parenthesised(bool needed, Print print) {
    if (needed) put("(");
    print();
    if (needed) put(")");
  }

  std::size_t bytes_max_;
  const bool as_written_;   // names of the text, not their meanings
  const NameOf* const name_of_;
  bool full_ = false;
  std::string text_;
  std::vector<std::string_view> quantified_;   // the variables of the ∀s around, innermost last
  std::deque<std::string> names_made_;         // for some of these
  std::uint32_t next_letter_ = 0;
};

void Printer::put(std::string_view text) {
  if (full_) return;
  if (text_.size() + text.size() > bytes_max_) {
    std::size_t fits = bytes_max_ - std::min(bytes_max_, text_.size());
    while (fits > 0 && (static_cast<unsigned char>(text[fits]) & 0xC0) == 0x80) --fits;
    text_.append(text.substr(0, fits)).append("…");
    full_ = true;
    return;
  }
  text_ += text;
}

struct Spelling {
  std::string_view qualifier;   // "Number" of `Number.<=`; else empty
  std::string_view operator_;   // "<="; empty: an ordinary word
};

Spelling spelling_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  const std::string_view last = dot == std::string_view::npos ? name : name.substr(dot + 1);
  if (last.empty() || last == "()") return {};
  for (std::size_t at = 0; at < last.size();) {
    const Character character = character_at(last, at);
    if ((character.traits & kOperator) == 0) return {};
    at += character.bytes;
  }
  return {dot == std::string_view::npos ? std::string_view{} : name.substr(0, dot), last};
}

// What source text calls the thing that a leaf stands for; empty if the term is no name.
std::string_view name_in_source(const Term& term, bool as_written) {
  const bool has_meaning = term.kind == TermKind::Builtin || term.kind == TermKind::Reference;
  if (as_written && has_meaning && !term.text.empty()) return term.text;
  if (term.kind == TermKind::Name || term.kind == TermKind::Local) return term.text;
  if (term.kind != TermKind::Builtin) return {};
  switch (term.builtin) {
    case Builtin::Unit: return "Unit";
    case Builtin::NumberAdd: return "+";
    case Builtin::NumberSubtract: return "-";
    case Builtin::NumberMultiply: return "*";
    case Builtin::NumberDivide: return "/";
    default: return name_of(term.builtin);
  }
}

void Printer::name(std::string_view name) {
  if (spelling_of(name).operator_.empty()) return put(name);
  put("(");
  infix(name);
  put(")");
}

void Printer::infix(std::string_view name) {
  const Spelling spelling = spelling_of(name);
  put(spelling.operator_);
  if (spelling.qualifier.empty()) return;
  put("_");
  put(spelling.qualifier);
}

[[gnu::noinline]] void Printer::number(double number) {
  if (std::isnan(number)) return put("NaN");
  if (std::isinf(number)) return put(number > 0 ? "(1 / 0)" : "(0 - 1 / 0)");
  char digits[512];   // the smallest double in fixed notation has some 330 of them
  const auto end = std::to_chars(digits, digits + sizeof digits, std::abs(number), std::chars_format::fixed);
  if (std::signbit(number)) put("(0 - ");
  put({digits, static_cast<std::size_t>(end.ptr - digits)});
  if (std::signbit(number)) put(")");
}

[[gnu::noinline]] void Printer::nameless(std::uint32_t index) { put("v" + std::to_string(index)); }
[[gnu::noinline]] void Printer::reference(const Hash& hash) {
  const std::string known = name_of_ ? (*name_of_)(hash) : std::string();
  if (known.empty()) put("#" + base64url(view_of(hash)));
  else name(known);
}

void Printer::term(const Term& term, Position position) {
  if (full_) return;
  switch (term.kind) {
    case TermKind::Name: return name(term.text);
    case TermKind::Local: return term.text.empty() ? nameless(term.index) : name(term.text);
    case TermKind::Builtin: return name(name_in_source(term, as_written_));
    case TermKind::Number: return number(term.number);
    case TermKind::If: return put("if");
    case TermKind::Blank: return put("_");
    case TermKind::Reference: return as_written_ && !term.text.empty() ? name(term.text) : reference(*term.hash);
    case TermKind::Text: put("\""); put(term.text); return put("\"");
    case TermKind::Vector: return items(term.items);
    case TermKind::Apply: return application(term, position);
    case TermKind::Lambda: return parenthesised(position != Position::Whole, [&] { lambda(term); });
    case TermKind::Let: return parenthesised(position != Position::Whole, [&] { let(term); });
    case TermKind::LetRec: return parenthesised(position != Position::Whole, [&] { let_rec(term); });
    case TermKind::Annotate:
      // Always in parentheses: an annotation would else reach for more, or less, than it had.
      put("(");
      this->term(*term.left, Position::Chain);
      put(" : ");
      type(*term.type, Position::Whole);
      return put(")");
  }
}

[[gnu::noinline]] void Printer::application(const Term& term, Position position) {
  if (is_vector_literal(term)) return items(term.right->items);
  if (as_written_ && is_do(term)) return block(term, position);
  std::vector<const Term*> arguments;
  const Term* head = &term;
  // A vector literal is an application too, but one that takes no more arguments into itself.
  while (head->kind == TermKind::Apply && (head == &term || !is_vector_literal(*head))) {
    arguments.push_back(head->right);
    head = head->left;
  }
  std::reverse(arguments.begin(), arguments.end());
  if (sugar(*head, arguments, position)) return;
  parenthesised(position == Position::Argument, [&] {
    this->term(*head, Position::Argument);
    for (const Term* argument : arguments) {
      put(" ");
      this->term(*argument, Position::Argument);
    }
  });
}

// Of a `do` that is left in the text no more than how it begins.
[[gnu::noinline]] void Printer::block(const Term& term, Position position) {
  const std::string_view bind = bind_of(term).text;
  parenthesised(position > Position::Chain, [&] {
    put("do ");
    put(bind.substr(0, bind.rfind('.')));
    put(" …");
  });
}

[[gnu::noinline]] bool Printer::sugar(const Term& head, const std::vector<const Term*>& arguments, Position position) {
  if (head.kind == TermKind::Builtin && head.builtin == Builtin::Pair && arguments.size() == 2 &&
      tuple(*arguments[0], *arguments[1])) {
    return true;
  }
  if (head.kind == TermKind::If && arguments.size() == 3) {
    parenthesised(position != Position::Whole, [&] { conditional(arguments); });
    return true;
  }
  if (arguments.size() != 2 || spelling_of(name_in_source(head, as_written_)).operator_.empty()) return false;
  parenthesised(position > Position::Chain, [&] {
    term(*arguments[0], Position::Chain);
    put(" ");
    infix(name_in_source(head, as_written_));
    put(" ");
    term(*arguments[1], Position::Operand);
  });
  return true;
}

// `pair x (pair y Unit)`; false, and nothing printed, if the chain of pairs does not end in Unit.
[[gnu::noinline]] bool Printer::tuple(const Term& first, const Term& rest) {
  std::vector<const Term*> elements = {&first};
  const Term* tail = &rest;
  while (tail->kind == TermKind::Apply && tail->left->kind == TermKind::Apply &&
         tail->left->left->kind == TermKind::Builtin && tail->left->left->builtin == Builtin::Pair) {
    elements.push_back(tail->left->right);
    tail = tail->right;
  }
  if (elements.size() < 2 || tail->kind != TermKind::Builtin || tail->builtin != Builtin::Unit) return false;
  for (std::size_t i = 0; i < elements.size() && !full_; ++i) {
    put(i == 0 ? "(" : ", ");
    term(*elements[i], Position::Whole);
  }
  put(")");
  return true;
}

void Printer::items(std::span<const Term* const> items) {
  put("[");
  for (std::size_t i = 0; i < items.size() && !full_; ++i) {
    if (i > 0) put(", ");
    term(*items[i], Position::Whole);
  }
  put("]");
}

// `if` as a function at the very front of a condition would take the `then` for its own.
bool begins_with_if(const Term& term, bool as_written) {
  const Term* first = &term;
  while (first->kind == TermKind::Apply && !is_vector_literal(*first)) {
    const Term* function = first->left;
    const bool is_infix =
        function->kind == TermKind::Apply && !spelling_of(name_in_source(*function->left, as_written)).operator_.empty();
    first = is_infix ? function->right : function;
  }
  return first->kind == TermKind::If;
}

void Printer::conditional(const std::vector<const Term*>& arguments) {
  put("if ");
  parenthesised(begins_with_if(*arguments[0], as_written_), [&] { term(*arguments[0], Position::Whole); });
  put(" then ");
  term(*arguments[1], Position::Whole);
  put(" else ");
  term(*arguments[2], Position::Whole);
}

void Printer::lambda(const Term& term) {
  const Term* body = &term;
  for (; body->kind == TermKind::Lambda && !full_; body = body->left) {
    name(body->text.empty() ? std::string_view("_") : body->text);
    put(" ");
  }
  put("-> ");
  this->term(*body, Position::Whole);
}

void Printer::let(const Term& term) {
  put("let ");
  name(term.text);
  put(" = ");
  this->term(*term.left, Position::Whole);
  put("; ");
  this->term(*term.right, Position::Whole);
  put(";;");
}

void Printer::let_rec(const Term& term) {
  put("let rec ");
  for (std::size_t i = 0; i < term.items.size() && !full_; ++i) {
    name(term.names[i]);
    put(" = ");
    this->term(*term.items[i], Position::Whole);
    put("; ");
  }
  this->term(*term.right, Position::Whole);
  put(";;");
}

void Printer::function(const Term& term) {
  put("(λ ");
  lambda(term);
  put(")");
}

void Printer::type(const Type& type, Position position) {
  if (full_) return;
  switch (type.kind) {
    case TypeKind::Variable:
      return put(type.index < quantified_.size() ? quantified_[quantified_.size() - 1 - type.index] : type.name);
    case TypeKind::Constructor: return put(type.name);
    case TypeKind::Arrow:
      return parenthesised(position > Position::Chain, [&] {
        this->type(*type.left, Position::Operand);
        put(" -> ");
        this->type(*type.right, Position::Chain);
      });
    case TypeKind::Apply:
      if (type_tuple(type)) return;
      return parenthesised(position == Position::Argument, [&] {
        this->type(*type.left, Position::Operand);
        put(" ");
        this->type(*type.right, Position::Argument);
      });
    case TypeKind::Forall:
      return parenthesised(position != Position::Whole, [&] {
        put("∀ ");
        const Type* body = &type;
        const std::size_t outside = quantified_.size();
        for (; body->kind == TypeKind::Forall && !full_; body = body->left) {
          quantified_.push_back(name_not_taken(body->name));
          put(quantified_.back());
          put(" ");
        }
        put(". ");
        this->type(*body, Position::Chain);
        quantified_.resize(outside);
      });
  }
}

// Aliases put a ∀ inside another of the same name, of which the inside may speak, too.
std::string_view Printer::name_not_taken(std::string_view name) {
  const auto is_taken = [&](std::string_view one) { return std::find(quantified_.begin(), quantified_.end(), one) != quantified_.end(); };
  if (!is_taken(name)) return name;
  std::string& made = names_made_.emplace_back();
  do made = letter_name(next_letter_++);
  while (is_taken(made));
  return made;
}

bool Printer::type_tuple(const Type& type) {
  std::vector<const Type*> elements;
  const Type* tail = &type;
  const auto is = [](const Type& one, std::string_view name) {
    return one.kind == TypeKind::Constructor && one.name == name;
  };
  while (tail->kind == TypeKind::Apply && tail->left->kind == TypeKind::Apply && is(*tail->left->left, "Pair")) {
    elements.push_back(tail->left->right);
    tail = tail->right;
  }
  if (elements.size() < 2 || !is(*tail, "Unit")) return false;
  for (std::size_t i = 0; i < elements.size() && !full_; ++i) {
    put(i == 0 ? "(" : ", ");
    this->type(*elements[i], Position::Whole);
  }
  put(")");
  return true;
}

}  // namespace

std::string letter_name(std::uint32_t number) {
  constexpr std::uint32_t kLetters = 26;
  std::string name(1, static_cast<char>('a' + number % kLetters));
  if (number >= kLetters) name += std::to_string(number / kLetters);
  return name;
}

std::string spelled(std::string_view name) {
  const Spelling spelling = spelling_of(name);
  if (spelling.operator_.empty() || spelling.qualifier.empty()) return std::string(name);
  return std::string(spelling.operator_) + "_" + std::string(spelling.qualifier);
}

std::string print_term(const Term& term, std::size_t bytes_max) {
  Printer printer(bytes_max);
  printer.term(term, Position::Whole);
  return printer.take();
}

std::string print_source(const Term& term, std::size_t bytes_max) {
  Printer printer(bytes_max, true);
  printer.term(term, Position::Whole);
  return printer.take();
}

std::string print_named(const Term& term, const NameOf& name_of, std::size_t bytes_max) {
  Printer printer(bytes_max, false, &name_of);
  printer.term(term, Position::Whole);
  return printer.take();
}

std::string print_type(const Type& type, std::size_t bytes_max) {
  Printer printer(bytes_max);
  printer.type(type, Position::Whole);
  return printer.take();
}

std::string print_function(const Term& lambda, std::size_t bytes_max) {
  Printer printer(bytes_max);
  printer.function(lambda);
  return printer.take();
}

}  // namespace roost::lang
