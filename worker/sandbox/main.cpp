// SPDX-License-Identifier: MIT
// roost-worker: the zygote, whose children run nodes.

#include <malloc.h>
#include <sodium.h>

#include <memory>
#include <stdexcept>

#include "worker/code/store_view.h"
#include "worker/runtime/library.h"
#include "worker/sandbox/code_mapping.h"
#include "worker/sandbox/node_loop.h"
#include "worker/sandbox/zygote.h"

namespace {

class NodeProgram final : public roost::sandbox::ChildProgram {
 public:
  void load(const std::vector<std::string>& library_files, int code_store) override {
    if (sodium_init() < 0) throw std::runtime_error("libsodium could not be initialised");
    give_memory_back_early();
    library_ = roost::runtime::Library::load(library_files);
    if (code_store < 0) return;
    auto store = roost::code::StoreView::of(roost::sandbox::map_code_store(code_store));
    if (!store.ok()) throw std::runtime_error("the code store cannot be read: " + store.error());
    store_ = std::move(store).value();
  }

  int run() override { roost::sandbox::run_node(*library_, store_); }

 private:
  // A worker that had much to do must become small again: large blocks are mapped on their own for ever (the C library
  // would otherwise raise the bound with use), and the top of the heap is given back.
  static void give_memory_back_early() {
    mallopt(M_MMAP_THRESHOLD, 256 << 10);
    mallopt(M_TRIM_THRESHOLD, 128 << 10);
  }

  std::unique_ptr<const roost::runtime::Library> library_;
  roost::code::StoreView store_;
};

}  // namespace

int main(int argc, char** argv) {
  NodeProgram program;
  return roost::sandbox::zygote_main(argc, argv, program);
}
