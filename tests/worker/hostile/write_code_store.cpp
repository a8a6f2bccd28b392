// SPDX-License-Identifier: MIT
// Tries to make its mapping of the code store writable, and writes to it.
// Must happen: the mapping stays read-only, so the write ends it with SIGSEGV; what others read is as it was.

#include <sys/mman.h>
#include <sys/stat.h>

#include "tests/worker/hostile/hostile.h"

namespace {

class WriteCodeStore final : public roost::hostile::HostileWorker {
 public:
  void load(const std::vector<std::string>&, int code_store) override {
    struct stat file {};
    if (code_store < 0 || fstat(code_store, &file) != 0) return;
    bytes_ = static_cast<std::size_t>(file.st_size);
    // Not even the zygote can map it for writing.
    if (mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, code_store, 0) != MAP_FAILED) std::abort();
    memory_ = static_cast<volatile char*>(mmap(nullptr, bytes_, PROT_READ, MAP_SHARED, code_store, 0));
  }

 private:
  void act(const roost::wire::Eval& eval) override {
    const bool writable = mprotect(const_cast<char*>(memory_), bytes_, PROT_READ | PROT_WRITE) == 0;
    memory_[0] = 0;
    answer(eval, writable ? "it can be made writable" : "it could be written");
  }

  volatile char* memory_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  WriteCodeStore worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
