// SPDX-License-Identifier: MIT
#pragma once

// The code store for tools: opened by its name, read-only, without any help of roostd, so also while roostd is stuck, stopped or dead.
// Only the user that roostd runs as may open it. Thread: any number may read at once.

#include <memory>
#include <string>

#include "worker/code/store_view.h"

namespace roost::code {

class CodeReader {
 public:
  // `status_map` as in the setting of that name, e.g. "/roost". The error is a sentence: what was opened, what is wrong with it, and what
  // to do.
  [[nodiscard]] static Result<std::unique_ptr<CodeReader>, std::string> open(const std::string& status_map);
  ~CodeReader();
  CodeReader(const CodeReader&) = delete;
  CodeReader& operator=(const CodeReader&) = delete;

  // What it gives lives as long as the reader.
  [[nodiscard]] const StoreView& view() const { return view_; }

 private:
  class Mapping;
  CodeReader(std::unique_ptr<Mapping> mapping, StoreView view);
  std::unique_ptr<Mapping> mapping_;
  StoreView view_;
};

}  // namespace roost::code
