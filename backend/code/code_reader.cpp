// SPDX-License-Identifier: MIT
#include "backend/code/code_reader.h"

#include <boost/interprocess/mapped_region.hpp>
#include <boost/interprocess/shared_memory_object.hpp>

#include "backend/code/code_store.h"

namespace roost::code {
namespace {

namespace bip = boost::interprocess;

const char* hint_for(const bip::interprocess_exception& error) {
  switch (error.get_error_code()) {
    case bip::not_found_error: return " (roostd makes it when it starts; is roostd running, and is `status_map` the name before -code?)";
    case bip::security_error: return " (only the user that roostd runs as may read it)";
    default: return "";
  }
}

}  // namespace

class CodeReader::Mapping {
 public:
  explicit Mapping(const std::string& name)
      : object_(bip::open_only, name.c_str(), bip::read_only), region_(object_, bip::read_only) {}
  [[nodiscard]] std::span<const std::byte> memory() const {
    return {static_cast<const std::byte*>(region_.get_address()), region_.get_size()};
  }

 private:
  bip::shared_memory_object object_;
  bip::mapped_region region_;
};

CodeReader::CodeReader(std::unique_ptr<Mapping> mapping, StoreView view) : mapping_(std::move(mapping)), view_(view) {}
CodeReader::~CodeReader() = default;

Result<std::unique_ptr<CodeReader>, std::string> CodeReader::open(const std::string& status_map) {
  const std::string name = store_name(status_map);
  try {
    auto mapping = std::make_unique<Mapping>(name);
    auto view = StoreView::of(mapping->memory());
    if (!view.ok()) return Refused{"the code store `" + name + "` cannot be used: " + view.error()};
    return std::unique_ptr<CodeReader>(new CodeReader(std::move(mapping), view.value()));
  } catch (const bip::interprocess_exception& error) {
    return Refused{"the code store `" + name + "` cannot be opened: " + error.what() + hint_for(error)};
  }
}

}  // namespace roost::code
