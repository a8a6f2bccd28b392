// SPDX-License-Identifier: MIT
#include "ops/cli/paste.h"

#include <editline/readline.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

namespace roost::cli {
namespace {

constexpr std::string_view kEndMark = "\033[201~";
constexpr std::size_t kPasteBytesMax = 1u << 20;   // with what the line has already

bool knows_pastes() {
  const char* terminal = std::getenv("TERM");
  return isatty(STDOUT_FILENO) == 1 && terminal && std::string_view(terminal) != "dumb";
}

struct Pasted {
  std::string text;
  bool is_whole = true;   // false: it is too long, and the beginning is gone
};

// Up to the mark that ends it. nullopt: it was interrupted, or the terminal is gone.
// libedit reads byte by byte, so it has none of these.
std::optional<Pasted> read_paste() {
  Pasted pasted;
  std::string& text = pasted.text;
  char byte = 0;
  while (!text.ends_with(kEndMark)) {
    if (read(STDIN_FILENO, &byte, 1) != 1) return std::nullopt;
    if (text.size() == kPasteBytesMax + kEndMark.size()) {
      pasted.is_whole = false;
      text.erase(0, kPasteBytesMax);
    }
    text += byte;
  }
  text.resize(text.size() - kEndMark.size());
  return pasted;
}

// Terminals send a carriage return for a line break, as the key does.
std::string with_line_feeds(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\r' && text.substr(at + 1, 1) == "\n") continue;
    if (text[at] != '\0') out += text[at] == '\r' ? '\n' : text[at];
  }
  return out;
}

int paste(int, int) {
  const auto pasted = read_paste();
  if (!pasted) rl_done = 1;   // as when a key cannot be read
  else if (pasted->is_whole && pasted->text.size() + static_cast<std::size_t>(rl_end) <= kPasteBytesMax) rl_insert_text(with_line_feeds(pasted->text).c_str());
  else std::cerr << "\r\nnothing was taken of what was pasted: the line would have more than " << kPasteBytesMax << " bytes\r\n";
  return 0;
}

}  // namespace

// libedit shows nothing of what a function like ours inserts, so the mark stands for two sequences that no key sends: one for the
// function, one that draws the line anew. The function is found by the last character of its sequence, and must not be had for that alone.
void bind_paste() {
  rl_add_defun("roost-paste", paste, '~');
  for (const char* binding : {"bind '~' ed-insert", R"(bind '\e[20001~' roost-paste)", R"(bind '\e[20002~' ed-redisplay)",
                              R"(bind -s '\e[200~' '\e[20001~\e[20002~')"})
    rl_parse_and_bind(binding);
}

MarkedPastes::MarkedPastes() {
  if (knows_pastes()) std::cout << "\033[?2004h" << std::flush;
}

MarkedPastes::~MarkedPastes() {
  if (knows_pastes()) std::cout << "\033[?2004l" << std::flush;
}

}  // namespace roost::cli
