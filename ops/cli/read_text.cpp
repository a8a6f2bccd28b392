// SPDX-License-Identifier: MIT
#include "ops/cli/read_text.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>

#include "ops/cli/exit_code.h"

namespace roost::cli {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File opened(const std::string& file) {
  if (file == "-") return File(stdin, [](std::FILE*) { return 0; });
  return File(std::fopen(file.c_str(), "rbe"), std::fclose);
}

// nullopt: errno says why.
std::optional<std::string> all_of(const File& file) {
  if (!file) return std::nullopt;
  std::string text;
  char part[16384];
  while (const std::size_t size = std::fread(part, 1, sizeof part, file.get())) text.append(part, size);
  return std::ferror(file.get()) == 0 ? std::optional(std::move(text)) : std::nullopt;
}

}  // namespace

std::string read_text(const std::string& file, const std::string& what, const std::string& advice) {
  const auto text = all_of(opened(file));
  if (text) return std::string(without_byte_order_mark(*text));
  const int error = errno;
  throw Ended(ExitCode::Usage, "cannot read the " + what + " " + (file == "-" ? "from the standard input" : file) + ": " + std::strerror(error) +
                                   (error == ENOENT ? advice : ""));
}

std::string_view without_byte_order_mark(std::string_view text) {
  return text.starts_with(kByteOrderMark) ? text.substr(kByteOrderMark.size()) : text;
}

}  // namespace roost::cli
