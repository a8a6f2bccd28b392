// SPDX-License-Identifier: MIT
// roost-worker: the zygote, whose children run nodes.

#include <malloc.h>
#include <sodium.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "worker/code/store_view.h"
#include "worker/runtime/library.h"
#include "worker/sandbox/node_loop.h"
#include "worker/sandbox/zygote.h"

namespace {

class NodeProgram final : public roost::sandbox::ChildProgram {
 public:
  void load(const std::vector<std::string>& library_files, int code_store) override {
    if (sodium_init() < 0) throw std::runtime_error("libsodium could not be initialised");
    give_memory_back_early();
    library_ = roost::runtime::Library::load(library_files);
    if (code_store >= 0) map_code_store(code_store);
  }

  int run() override { roost::sandbox::run_node(*library_, store_); }

 private:
  // For all nodes: a fork shares the mapping, and no process of ours can write to it, since the descriptor is read-only.
  void map_code_store(int descriptor) {
    struct stat file {};
    if (fstat(descriptor, &file) != 0) throw std::runtime_error(std::string("the code store: ") + std::strerror(errno));
    const auto bytes = static_cast<std::size_t>(file.st_size);
    void* const memory = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, descriptor, 0);
    if (memory == MAP_FAILED) throw std::runtime_error(std::string("mapping the code store: ") + std::strerror(errno));
    auto store = roost::code::StoreView::of({static_cast<const std::byte*>(memory), bytes});
    if (!store.ok()) throw std::runtime_error("the code store cannot be read: " + store.error());
    store_ = std::move(store).value();
  }

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
