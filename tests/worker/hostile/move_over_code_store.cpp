// SPDX-License-Identifier: MIT
// Moves private memory to the place of the code store.
// Must happen: SIGSYS. Else the worker would have as much beyond its memory limit as the store is large.

#include <sys/mman.h>

#include "tests/worker/hostile/hostile.h"
#include "worker/sandbox/code_mapping.h"

namespace {

class MoveOverCodeStore final : public roost::hostile::HostileWorker {
  void load(const std::vector<std::string>&, int code_store) override {
    if (code_store >= 0) (void)roost::sandbox::map_code_store(code_store);
  }
  void act(const roost::wire::Eval& eval) override {
    constexpr std::size_t kPage = 4096;
    void* const code = reinterpret_cast<void*>(roost::sandbox::kCodeStart);
    void* const own = mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    (void)mremap(own, kPage, kPage, MREMAP_MAYMOVE | MREMAP_FIXED, code);
    answer(eval, "it could be done");
  }
};

}  // namespace

int main(int argc, char** argv) {
  MoveOverCodeStore worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
