// SPDX-License-Identifier: MIT
#include "worker/lang/expectation.h"

#include <algorithm>

#include "worker/lang/print.h"

namespace roost::lang {
namespace {

// `@` stands for the name that the words speak of.
const char* words_for(Expect what) {
  switch (what) {
    case Expect::Term: return "a term";
    case Expect::Argument: return "an argument";
    case Expect::Operator: return "an operator";
    case Expect::OperatorArgument: return "a term after the operator `@`";
    case Expect::Annotation: return "`:` and a type";
    case Expect::Arrow: return "`->`";
    case Expect::Binding: return "a binding";
    case Expect::Name: return "a name";
    case Expect::Parameter: return "a parameter of `@`";
    case Expect::SecondName: return "the second parameter of `@`";
    case Expect::Equals: return "`=` and what `@` stands for";
    case Expect::Rec: return "`rec`";
    case Expect::BindingEnd: return "`;` after the binding of `@`";
    case Expect::SignatureEnd: return "`;` after the signature of `@`";
    case Expect::AliasName: return "the name of the alias";
    case Expect::AliasParameter: return "a parameter of the alias `@`";
    case Expect::AliasEnd: return "`;` after the alias `@`";
    case Expect::LetEnd: return "`;;` after the body of `let`";
    case Expect::LetEndAgain: return "a second `;` after the body of `let`";
    case Expect::DoWord: return "the name that the `do` block is for";
    case Expect::Statement: return "a statement";
    case Expect::StatementEnd: return "`;` after the statement";
    case Expect::DoEnd: return "`;` to end the `do` block";
    case Expect::Then: return "`then`";
    case Expect::Else: return "`else`";
    case Expect::Comma: return "`,`";
    case Expect::RightParen: return "`)`";
    case Expect::RightBracket: return "`]`";
    case Expect::Type: return "a type";
    case Expect::TypeArgument: return "a type as argument";
    case Expect::TypeArrow: return "`->` and a type";
    case Expect::TypeVariable: return "a type variable";
    case Expect::Dot: return "`.` after the type variables";
    case Expect::LastSemicolon: return "`;`";
    case Expect::End: return "the end of the text";
  }
  return "";
}

}  // namespace

std::vector<std::string> Expectations::words() const {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < kExpects; ++i) {
    if ((noted_ >> i & 1) == 0) continue;
    std::string words = words_for(static_cast<Expect>(i));
    if (const auto at = words.find('@'); at != std::string::npos) words.replace(at, 1, spelled(about_[i]));
    all.push_back(std::move(words));
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace roost::lang
