// SPDX-License-Identifier: MIT

// Any bytes as what is in a code store: chains that lead anywhere, entries of any size. A reader finds what it finds inside the store, and
// comes to an end.
//
// Input: pairs of bytes are the heads of the first chains, in entries' alignment; from byte 16 on the bytes behind the header.

#include <cstdint>
#include <cstring>
#include <vector>

#include "worker/code/store_view.h"
#include "worker/wire/check.h"

namespace {

using namespace roost;

constexpr std::size_t kHeadBytes = 16;
constexpr std::size_t kContentBytes = 8192;

struct alignas(8) Store {
  code::Header header;
  std::byte content[kContentBytes];
};

bool is_inside(const Store& store, BytesView bytes) {
  const auto* begin = reinterpret_cast<const char*>(&store);
  return bytes.data() >= begin && bytes.data() + bytes.size() <= begin + sizeof store;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Store store;
  if (size < kHeadBytes) return 0;
  store.header.magic = code::kMagic;
  store.header.layout_version = code::kLayoutVersion;
  store.header.bytes = sizeof store;
  store.header.chain_key = 1;   // the chain of a hash is then its bytes 6 and 7
  for (std::size_t i = 0; i < kHeadBytes / 2; ++i) {
    std::uint16_t head;
    std::memcpy(&head, data + 2 * i, sizeof head);
    store.header.heads[i] = head == 0 ? 0 : sizeof(code::Header) + (head % (kContentBytes / 8 + 2)) * 8 - (head > 60'000 ? 4 : 0);
  }
  std::memset(store.content, 0, sizeof store.content);
  std::memcpy(store.content, data + kHeadBytes, std::min(size - kHeadBytes, sizeof store.content));
  const auto view = code::StoreView::of({reinterpret_cast<const std::byte*>(&store), sizeof store});
  CHECK(view.ok());
  std::size_t met = 0;
  view.value().for_each([&](const wire::DefinitionHash& hash, BytesView definition) {
    CHECK(is_inside(store, definition));
    ++met;
    const auto found = view.value().find(hash);
    if (found) CHECK(is_inside(store, *found));
  });
  CHECK(met <= (kHeadBytes / 2) * kContentBytes / 8);
  wire::DefinitionHash hash{};
  std::memcpy(hash.data(), data, std::min(size, std::size_t{6}));
  for (std::uint8_t chain = 0; chain < kHeadBytes / 2; ++chain) {
    hash[6] = chain;
    if (const auto found = view.value().find(hash)) CHECK(is_inside(store, *found));
  }
  return 0;
}
