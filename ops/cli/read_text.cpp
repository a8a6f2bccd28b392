// SPDX-License-Identifier: MIT
#include "ops/cli/read_text.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>

#include "ops/cli/exit_code.h"

namespace roost::cli {

std::string read_text(const std::string& file, const std::string& what) {
  std::ifstream opened;
  if (file != "-") {
    opened.open(file, std::ios::binary);
    if (!opened) throw Ended(ExitCode::Usage, "cannot read the " + what + " " + file + ": " + std::strerror(errno));
  }
  std::istream& stream = file == "-" ? std::cin : opened;
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (stream.bad()) throw Ended(ExitCode::Usage, "reading the " + what + " " + file + " failed");
  return text;
}

}  // namespace roost::cli
