// SPDX-License-Identifier: MIT
#include "tests/unit/lang/same_tree.h"

#include <gtest/gtest.h>

namespace roost::lang {
namespace {

using Scope = std::vector<std::string_view>;

// The binder of a name, counted from the innermost; -1: free.
long binder_of(const Scope& scope, std::string_view name) {
  for (std::size_t i = scope.size(); i > 0; --i)
    if (scope[i - 1] == name) return static_cast<long>(scope.size() - i);
  return -1;
}

bool same_type(const Type& left, const Type& right) {
  if (left.kind != right.kind) return false;
  switch (left.kind) {
    case TypeKind::Variable: return left.index == right.index;
    case TypeKind::Constructor: return left.name == right.name;
    case TypeKind::Forall: return same_type(*left.left, *right.left);
    case TypeKind::Arrow:
    case TypeKind::Apply: return same_type(*left.left, *right.left) && same_type(*left.right, *right.right);
  }
  return false;
}

struct Comparison {
  Scope left_scope, right_scope;

  bool under(const std::vector<std::string_view>& left_names, const std::vector<std::string_view>& right_names,
             const Term& left, const Term& right) {
    left_scope.insert(left_scope.end(), left_names.begin(), left_names.end());
    right_scope.insert(right_scope.end(), right_names.begin(), right_names.end());
    const bool same = (*this)(left, right);
    left_scope.resize(left_scope.size() - left_names.size());
    right_scope.resize(right_scope.size() - right_names.size());
    return same;
  }

  bool operator()(const Term& left, const Term& right) {
    if (left.kind != right.kind) return false;
    switch (left.kind) {
      case TermKind::Name: {
        const long bound = binder_of(left_scope, left.text);
        return bound == binder_of(right_scope, right.text) && (bound >= 0 || left.text == right.text);
      }
      case TermKind::Local: return left.index == right.index;
      case TermKind::Number: return left.number == right.number;
      case TermKind::Text: return left.text == right.text;
      case TermKind::If:
      case TermKind::Blank: return true;
      case TermKind::Builtin: return left.builtin == right.builtin;
      case TermKind::Reference: return *left.hash == *right.hash;
      case TermKind::Apply: return (*this)(*left.left, *right.left) && (*this)(*left.right, *right.right);
      case TermKind::Lambda: return under({left.text}, {right.text}, *left.left, *right.left);
      case TermKind::Annotate: return (*this)(*left.left, *right.left) && same_type(*left.type, *right.type);
      case TermKind::Let:
        return (*this)(*left.left, *right.left) && under({left.text}, {right.text}, *left.right, *right.right);
      case TermKind::Vector:
      case TermKind::LetRec: return items(left, right);
    }
    return false;
  }

  bool items(const Term& left, const Term& right) {
    if (left.items.size() != right.items.size()) return false;
    const std::vector<std::string_view> left_names(left.names.begin(), left.names.end());
    const std::vector<std::string_view> right_names(right.names.begin(), right.names.end());
    for (std::size_t i = 0; i < left.items.size(); ++i)
      if (!under(left_names, right_names, *left.items[i], *right.items[i])) return false;
    return left.kind == TermKind::Vector || under(left_names, right_names, *left.right, *right.right);
  }
};

}  // namespace

bool same_tree(const Term& left, const Term& right) { return Comparison{}(left, right); }

Parsed::Parsed(std::string_view text) {
  auto result = parse_program(arena_, text);
  if (result.ok()) {
    term_ = result.value();
  } else {
    error_ = result.error();
  }
}

bool same_text(std::string_view left, std::string_view right) {
  const Parsed one(left), other(right);
  EXPECT_TRUE(one.ok()) << left << "\n" << one.message();
  EXPECT_TRUE(other.ok()) << right << "\n" << other.message();
  return one.ok() && other.ok() && same_tree(one.term(), other.term());
}

std::vector<std::string> example_lines(const std::string& kind) {
  std::ifstream file("tests/language/" + kind + ".txt");
  EXPECT_TRUE(file.good()) << "tests/language/" << kind << ".txt cannot be read from the working directory";
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);)
    if (!line.empty()) lines.push_back(line);
  return lines;
}

std::pair<std::string, std::string> cut(const std::string& line, const std::string& separator) {
  const std::string padded = "  " + separator + "  ";
  const std::size_t at = line.find(padded);
  EXPECT_NE(at, std::string::npos) << line;
  return {line.substr(0, at), line.substr(at + padded.size())};
}

}  // namespace roost::lang
