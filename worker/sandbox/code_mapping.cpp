// SPDX-License-Identifier: MIT
#include "worker/sandbox/code_mapping.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace roost::sandbox {

std::span<const std::byte> map_code_store(int descriptor) {
  struct stat file {};
  if (fstat(descriptor, &file) != 0) throw std::runtime_error(std::string("the code store: ") + std::strerror(errno));
  const auto bytes = static_cast<std::size_t>(file.st_size);
  if (bytes > kCodeEnd - kCodeStart) throw std::runtime_error("the code store is larger than the place for it");
  void* const memory =
      mmap(reinterpret_cast<void*>(kCodeStart), bytes, PROT_READ, MAP_SHARED | MAP_FIXED_NOREPLACE, descriptor, 0);
  if (memory == MAP_FAILED) throw std::runtime_error(std::string("mapping the code store: ") + std::strerror(errno));
  return {static_cast<const std::byte*>(memory), bytes};
}

}  // namespace roost::sandbox
