// SPDX-License-Identifier: MIT
#include "ops/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <cwchar>

namespace roost::cli {
namespace {

const char* code_of(Color color) {
  switch (color) {
    case Color::Plain: return "";
    case Color::Green: return "\033[32m";
    case Color::Yellow: return "\033[33m";
    case Color::Red: return "\033[31m";
    case Color::Blue: return "\033[34m";
    case Color::Dim: return "\033[2m";
    case Color::Bold: return "\033[1m";
  }
  return "";
}

winsize size_of(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
    size.ws_col = 80;
    size.ws_row = 24;
  }
  return size;
}

}  // namespace

Terminal::Terminal(int descriptor, const std::string& color)
    : descriptor_(descriptor), interactive_(isatty(descriptor) == 1),
      colored_(color == "always" || (color == "auto" && interactive_ && !std::getenv("NO_COLOR"))) {}

std::string Terminal::paint(Color color, std::string_view text) const {
  if (!colored_ || color == Color::Plain) return std::string(text);
  return code_of(color) + std::string(text) + "\033[0m";
}

unsigned Terminal::columns() const { return size_of(descriptor_).ws_col; }
unsigned Terminal::rows() const { return size_of(descriptor_).ws_row; }

std::string printable(std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f)
      out += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    else
      out += character;
  }
  return out;
}

std::size_t display_width(std::string_view text) {
  std::mbstate_t state{};
  std::size_t width = 0;
  while (!text.empty()) {
    wchar_t character = 0;
    const std::size_t bytes = std::mbrtowc(&character, text.data(), text.size(), &state);
    if (bytes == 0 || bytes > text.size()) return width + text.size();   // not text: count bytes
    const int columns = wcwidth(character);
    width += columns > 0 ? static_cast<std::size_t>(columns) : 0;
    text.remove_prefix(bytes);
  }
  return width;
}

}  // namespace roost::cli
