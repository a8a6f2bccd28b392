// SPDX-License-Identifier: MIT
#pragma once

// What could stand at a place, in words for people. The parser notes every attempt here and forgets them when it takes a
// token; when it must give up, the notes are what it expected. Noting costs one bit, so that good programs pay nothing.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace roost::lang {

enum class Expect : std::uint8_t {
  Term, Argument, Operator, OperatorArgument, Annotation, Arrow,
  Binding, Name, Parameter, SecondName, Equals, Rec,
  BindingEnd,      // of the binding of …
  SignatureEnd, AliasName, AliasParameter, AliasEnd,
  LetEnd, LetEndAgain, DoWord, Statement, StatementEnd, DoEnd,
  Then, Else, Comma, RightParen, RightBracket,
  Type, TypeArgument, TypeArrow, TypeVariable, Dot,
  LastSemicolon, End,
};
inline constexpr std::size_t kExpects = static_cast<std::size_t>(Expect::End) + 1;
static_assert(kExpects <= 64);

class Expectations {
 public:
  void clear() { noted_ = 0; }
  // `about` is the name that the words speak of, where they do.
  void note(Expect what, std::string_view about = {}) {
    noted_ |= std::uint64_t{1} << static_cast<unsigned>(what);
    about_[static_cast<std::size_t>(what)] = about;
  }
  [[nodiscard]] bool has(Expect what) const { return noted_ >> static_cast<unsigned>(what) & 1; }
  [[nodiscard]] std::vector<std::string> words() const;   // sorted, each once

 private:
  std::uint64_t noted_ = 0;
  std::array<std::string_view, kExpects> about_;   // only where noted
};

}  // namespace roost::lang
