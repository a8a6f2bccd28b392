// SPDX-License-Identifier: MIT
#include "worker/lang/lexer.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "worker/lang/characters.h"

namespace roost::lang {
namespace {

constexpr std::size_t kNone = std::string_view::npos;
constexpr std::size_t kKeywordLengthMax = 5;
constexpr std::size_t kExactDigits = 15;   // so many decimal digits are exact in a double without any care

TokenKind keyword_of(std::string_view word) {
  switch (word[0]) {
    case 'a': return word == "alias" ? TokenKind::Alias : TokenKind::End;
    case 'd': return word == "do" ? TokenKind::Do : TokenKind::End;
    case 'e': return word == "else" ? TokenKind::Else : TokenKind::End;
    case 'i': return word == "if" ? TokenKind::If : word == "in" ? TokenKind::In : TokenKind::End;
    case 'l': return word == "let" ? TokenKind::Let : TokenKind::End;
    case 'r': return word == "rec" ? TokenKind::Rec : TokenKind::End;
    case 't': return word == "then" ? TokenKind::Then : TokenKind::End;
    case 'w': return word == "where" ? TokenKind::Where : TokenKind::End;
    default: return TokenKind::End;
  }
}

double number_of(std::string_view digits) {
  if (digits.size() <= kExactDigits && digits.find('.') == kNone) {
    std::uint64_t whole = 0;
    for (const char c : digits) whole = whole * 10 + static_cast<std::uint64_t>(c - '0');
    return static_cast<double>(whole);
  }
  double value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (read.ec != std::errc::result_out_of_range) return value;
  // Out of range: too big, or a fraction too small.
  return digits.find_first_not_of("0") < digits.find('.') ? std::numeric_limits<double>::infinity() : 0.0;
}

void malformed(Token& token, std::size_t end, std::string_view why) {
  token.kind = TokenKind::Malformed;
  token.end = end;
  token.text = why;
}

bool is_base64url(char c) {
  return static_cast<unsigned char>(c) < 128 &&
         ((kAsciiTraits[static_cast<unsigned char>(c)] & kLetterOrDigit) != 0 || c == '-' || c == '_');
}

}  // namespace

bool begins_term(TokenKind kind) {
  switch (kind) {
    case TokenKind::Word: case TokenKind::OperatorName: case TokenKind::Number: case TokenKind::Text:
    case TokenKind::HashReference: case TokenKind::Blank: case TokenKind::If: case TokenKind::Do: case TokenKind::Let:
    case TokenKind::LeftParen: case TokenKind::LeftBracket:
      return true;
    default: return false;
  }
}

Token Lexer::next() {
  ++effort_->tokens;
  move_to(skip_blanks(at_));
  Token token;
  token.place = {line_, static_cast<std::uint32_t>(at_ - line_start_ - continuation_bytes_ + 1)};
  token.begin = token.end = at_;
  if (at_ < source_.size()) scan(token);
  move_to(token.end);
  return token;
}

void Lexer::move_to(std::size_t end) {
  for (; at_ < end; ++at_) {
    const auto byte = static_cast<unsigned char>(source_[at_]);
    if (byte == '\n') {
      ++line_;
      line_start_ = at_ + 1;
      continuation_bytes_ = 0;
    } else if ((byte & 0xC0) == 0x80) {
      ++continuation_bytes_;
    }
  }
}

bool Lexer::at_comment(std::size_t at) const {
  return source_[at] == '-' && at + 1 < source_.size() && source_[at + 1] == '-';
}

std::size_t Lexer::skip_blanks(std::size_t at) const {
  while (at < source_.size()) {
    const Character character = character_at(source_, at);
    if ((character.traits & kSpace) != 0) {
      at += character.bytes;
    } else if (at_comment(at)) {
      at = std::min(source_.find('\n', at), source_.size());
    } else {
      break;
    }
  }
  return at;
}

Lexer::Run Lexer::run_at(std::size_t at) const {
  Run run{at};
  std::uint8_t any = 0, all = 0xFF;
  while (run.end < source_.size()) {
    const Character character = character_at(source_, run.end);
    if ((character.traits & (kSpace | kReserved)) != 0) break;
    any |= character.traits;
    all &= character.traits;
    run.end += character.bytes;
  }
  if (run.end == at) return run;
  run.all_digits = (all & kDigit) != 0;
  if (run.end - at <= kKeywordLengthMax) run.keyword = keyword_of(source_.substr(at, run.end - at));
  run.legal = !run.all_digits && (any & kLetterOrDigit) != 0 && run.keyword == TokenKind::End;
  return run;
}

// From the end of a legal segment: over as many `.segment` as are legal.
std::size_t Lexer::more_segments(std::size_t end) const {
  while (end < source_.size() && source_[end] == '.') {
    const Run run = run_at(end + 1);
    if (!run.legal) break;
    end = run.end;
  }
  return end;
}

// The end of the word that begins at `at`, or kNone.
std::size_t Lexer::word_end(std::size_t at) const {
  if (at >= source_.size() || (character_at(source_, at).traits & kOperator) != 0) return kNone;
  const Run run = run_at(at);
  return run.legal ? more_segments(run.end) : kNone;
}

std::size_t Lexer::operators_end(std::size_t at) const {
  while (at < source_.size()) {
    const Character character = character_at(source_, at);
    if ((character.traits & kOperator) == 0) break;
    at += character.bytes;
  }
  return at;
}

void Lexer::scan(Token& token) const {
  const std::uint8_t traits = character_at(source_, token.begin).traits;
  if ((traits & kReserved) != 0) {
    scan_reserved(token);
  } else if ((traits & kOperator) != 0) {
    scan_operator(token);
  } else {
    scan_plain(token);
  }
}

void Lexer::scan_reserved(Token& token) const {
  const auto single = [&](TokenKind kind) {
    token.kind = kind;
    token.end = token.begin + 1;
  };
  switch (source_[token.begin]) {
    case '(': return scan_left_paren(token);
    case '`': return scan_backtick(token);
    case '"': return scan_text(token);
    case ')': return single(TokenKind::RightParen);
    case '[': return single(TokenKind::LeftBracket);
    case ']': return single(TokenKind::RightBracket);
    case ',': return single(TokenKind::Comma);
    case ';': return single(TokenKind::Semicolon);
    case '.': return single(TokenKind::Dot);
    case ':':
      single(TokenKind::Colon);
      if (token.end < source_.size() && source_[token.end] == '=') {
        token.kind = TokenKind::Define;
        ++token.end;
      }
      return;
    default: return malformed(token, token.begin + 1, "`{` and `}` are reserved and mean nothing; a block is written `let … ;;` or `do M … ;;`, a choice `if … then … else …`");
  }
}

// `(op)` is one token: a name. White space may stand before the closing parenthesis only.
void Lexer::scan_left_paren(Token& token) const {
  token.kind = TokenKind::LeftParen;
  token.end = token.begin + 1;
  if (token.end >= source_.size() || (character_at(source_, token.end).traits & kOperator) == 0) return;
  if (at_comment(token.end)) return;
  Token inner;
  inner.begin = inner.end = token.end;
  scan_operator(inner);
  if (inner.kind != TokenKind::Operator) return;
  const std::size_t close = skip_blanks(inner.end);
  if (close >= source_.size() || source_[close] != ')') return;
  token.kind = TokenKind::OperatorName;
  token.text = inner.text;
  token.end = close + 1;
}

void Lexer::scan_backtick(Token& token) const {
  constexpr std::string_view kWhy = "a backtick begins a name used as an operator: `` `name` ``, with no space before the name";
  const std::size_t begin = token.begin + 1, end = word_end(begin);
  if (end == kNone) return malformed(token, begin, kWhy);
  const std::size_t close = skip_blanks(end);
  if (close >= source_.size() || source_[close] != '`') return malformed(token, end, kWhy);
  token.kind = TokenKind::InfixWord;
  token.text = source_.substr(begin, end - begin);
  token.end = close + 1;
}

void Lexer::scan_text(Token& token) const {
  const std::size_t begin = token.begin + 1, close = source_.find('"', begin);
  if (close == kNone) return malformed(token, source_.size(), "this text is never closed");
  token.kind = TokenKind::Text;
  token.text = source_.substr(begin, close - begin);
  token.end = close + 1;
}

void Lexer::scan_plain(Token& token) const {
  const Run run = run_at(token.begin);
  token.end = run.end;
  if (run.all_digits) return scan_number(token);
  if (run.keyword != TokenKind::End) {
    token.kind = run.keyword;
  } else if (run.legal) {
    token.kind = TokenKind::Word;
    token.end = more_segments(run.end);
    token.text = source_.substr(token.begin, token.end - token.begin);
  } else if (source_.substr(token.begin, run.end - token.begin) == "_") {
    token.kind = TokenKind::Blank;
  } else {
    malformed(token, run.end, "this is not a name: a name has a letter or a digit in each part");
  }
}

void Lexer::scan_number(Token& token) const {
  if (token.end < source_.size() && source_[token.end] == '.') {
    const Run fraction = run_at(token.end + 1);
    if (fraction.all_digits) token.end = fraction.end;
  }
  token.kind = TokenKind::Number;
  token.number = number_of(source_.substr(token.begin, token.end - token.begin));
}

void Lexer::scan_operator(Token& token) const {
  const std::size_t second = token.begin + 1;
  if (source_[token.begin] == '#' && second < source_.size() && is_base64url(source_[second])) return scan_hash(token);
  token.end = operators_end(token.begin);
  token.text = source_.substr(token.begin, token.end - token.begin);
  if (token.text == "#") return malformed(token, token.end, "`#` begins a hash and is no operator of its own; a comment begins with `--`");
  token.kind = token.text == "->" ? TokenKind::Arrow : token.text == "=" ? TokenKind::Equals : TokenKind::Operator;
  if (token.kind != TokenKind::Operator || token.end >= source_.size() || source_[token.end] != '_') return;
  const std::size_t word = token.end + 1, end = word_end(word);
  if (end == kNone) return;   // the `_` is a token of its own
  std::string name(source_.substr(word, end - word));
  name.append(".").append(token.text);
  token.text = arena_->copy(name);
  token.end = end;
}

// The text is checked by the parser, which needs the bytes.
void Lexer::scan_hash(Token& token) const {
  token.kind = TokenKind::HashReference;
  token.end = run_at(token.begin).end;
  token.text = source_.substr(token.begin + 1, token.end - token.begin - 1);
}

}  // namespace roost::lang
