// SPDX-License-Identifier: MIT
#pragma once

// Text to tokens, on demand. A Lexer is a cursor: copying it is how the parser looks ahead. Layout means nothing; every
// token swallows the white space and comments before it. Whatever is no token comes out as Malformed, with the reason.
// Requires: the text is valid UTF-8, and lives as long as the tokens.

#include <string_view>

#include "worker/lang/parser.h"

namespace roost::lang {

enum class TokenKind : std::uint8_t {
  End,
  Word,           // text: the name
  OperatorName,   // (op)  text: the name. `OP_Word` is another spelling of `Word.OP`
  Operator,       // op    text: the name
  InfixWord,      // `w`   text: the name
  Number, Text, HashReference, Blank,
  LeftParen, RightParen, LeftBracket, RightBracket, Comma, Semicolon, Colon, Dot,
  Define,         // :=
  Equals, Arrow,
  Alias, Do, Let, Rec, In, Where, Then, Else, If,
  Malformed,      // text: why
};

struct Token {
  TokenKind kind = TokenKind::End;
  Place place;
  std::size_t begin = 0;    // bytes
  std::size_t end = 0;
  std::string_view text;    // Text: what is between the quotes. HashReference: base64url
  double number = 0;
};

// Whether a term begins with such a token.
[[nodiscard]] bool begins_term(TokenKind kind);

class Lexer {
 public:
  Lexer(Arena& arena, std::string_view source, Effort& effort)
      : source_(source), arena_(&arena), effort_(&effort) {}

  [[nodiscard]] Token next();

 private:
  struct Run {   // a maximal run of characters that are neither space nor reserved
    std::size_t end = 0;
    bool all_digits = false;
    bool legal = false;   // as a segment of a word
    TokenKind keyword = TokenKind::End;
  };

  [[nodiscard]] bool at_comment(std::size_t at) const;
  [[nodiscard]] std::size_t skip_blanks(std::size_t at) const;
  void move_to(std::size_t end);
  [[nodiscard]] Run run_at(std::size_t at) const;
  [[nodiscard]] std::size_t more_segments(std::size_t end) const;
  [[nodiscard]] std::size_t word_end(std::size_t at) const;
  [[nodiscard]] std::size_t operators_end(std::size_t at) const;
  void scan(Token& token) const;
  void scan_reserved(Token& token) const;
  void scan_left_paren(Token& token) const;
  void scan_backtick(Token& token) const;
  void scan_text(Token& token) const;
  void scan_plain(Token& token) const;
  void scan_number(Token& token) const;
  void scan_operator(Token& token) const;
  void scan_hash(Token& token) const;

  std::string_view source_;
  Arena* arena_;
  Effort* effort_;
  std::size_t at_ = 0;
  std::size_t line_start_ = 0;
  std::uint32_t line_ = 1;
  std::uint32_t continuation_bytes_ = 0;   // of the line, so that columns count code points
};

}  // namespace roost::lang
