// SPDX-License-Identifier: MIT
// Makes its mapping of the code store smaller, to have private memory in its place.
// Must happen: SIGSYS. Else the worker would have as much beyond its memory limit as the store is large.

#include <sys/mman.h>

#include "tests/worker/hostile/hostile.h"
#include "worker/sandbox/code_mapping.h"

namespace {

class ShrinkCodeStore final : public roost::hostile::HostileWorker {
  void load(const std::vector<std::string>&, int code_store) override {
    if (code_store >= 0) (void)roost::sandbox::map_code_store(code_store);
  }
  void act(const roost::wire::Eval& eval) override {
    constexpr std::size_t kPage = 4096;
    void* const code = reinterpret_cast<void*>(roost::sandbox::kCodeStart);
    (void)mremap(code, 2 * kPage, kPage, 0);
    answer(eval, "it could be done");
  }
};

}  // namespace

int main(int argc, char** argv) {
  ShrinkCodeStore worker;
  return roost::sandbox::zygote_main(argc, argv, worker);
}
