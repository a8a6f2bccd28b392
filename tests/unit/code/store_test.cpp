// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include "worker/code/private_store.h"

namespace roost::code {
namespace {

wire::DefinitionHash hash_of(std::uint64_t number) {
  std::mt19937_64 random(number);
  wire::DefinitionHash hash;
  for (std::uint8_t& byte : hash) byte = static_cast<std::uint8_t>(random());
  return hash;
}
Bytes definition_of(std::uint64_t number) { return "definition " + std::to_string(number) + std::string(number % 50, '.'); }

TEST(CodeStore, WhatIsPublishedIsFoundInPlace) {
  PrivateStore store;
  EXPECT_FALSE(store.view().holds(hash_of(1)));
  for (std::uint64_t i = 1; i <= 10'000; ++i) ASSERT_TRUE(store.publish({hash_of(i), definition_of(i)}));
  for (std::uint64_t i = 1; i <= 10'000; ++i) ASSERT_EQ(store.view().find(hash_of(i)), definition_of(i));
  EXPECT_FALSE(store.view().holds(hash_of(10'001)));
  EXPECT_EQ(store.view().definitions(), 10'000u);
  EXPECT_EQ(store.view().find(hash_of(7))->data(), store.view().find(hash_of(7))->data());   // no copy
}

TEST(CodeStore, TheFirstOfAHashStays) {
  PrivateStore store;
  ASSERT_TRUE(store.publish({hash_of(1), "first"}) && store.publish({hash_of(1), "second"}));
  EXPECT_EQ(store.view().find(hash_of(1)), "first");
  EXPECT_EQ(store.view().definitions(), 1u);
}

TEST(CodeStore, AllAreSeenOnce) {
  PrivateStore store;
  std::map<wire::DefinitionHash, Bytes> expected;
  for (std::uint64_t i = 1; i <= 1'000; ++i) {
    expected[hash_of(i)] = definition_of(i);
    ASSERT_TRUE(store.publish({hash_of(i), definition_of(i)}));
  }
  std::map<wire::DefinitionHash, Bytes> seen;
  store.view().for_each([&](const wire::DefinitionHash& hash, BytesView definition) { EXPECT_TRUE(seen.emplace(hash, definition).second); });
  EXPECT_EQ(seen, expected);
}

TEST(CodeStore, AFullStoreRefuses) {
  PrivateStore store(kStoreBytesMin);
  EXPECT_TRUE(store.view().has_room(wire::kDefinitionBytesMax));
  std::uint64_t number = 0;
  while (store.publish({hash_of(number), Bytes(100'000, 'x')})) ++number;
  EXPECT_EQ(number, (kStoreBytesMin - sizeof(Header)) / entry_bytes(100'000));
  EXPECT_LE(store.view().bytes_used(), store.view().bytes_max());
  for (std::uint64_t i = 0; i < number; ++i) EXPECT_TRUE(store.view().holds(hash_of(i)));
}

TEST(CodeStore, WhatIsNoStoreIsRefusedWithTheReason) {
  alignas(8) static std::byte zeros[sizeof(Header) + 64];
  const auto said = [](std::span<const std::byte> memory) {
    const auto view = StoreView::of(memory);
    return view.ok() ? std::string() : view.error();
  };
  EXPECT_NE(said({zeros, 100}).find("smaller than its header"), std::string::npos);
  EXPECT_NE(said(zeros).find("not ready"), std::string::npos);
  auto& header = *reinterpret_cast<Header*>(zeros);
  header.magic = kMagic;
  header.layout_version = kLayoutVersion + 1;
  EXPECT_NE(said(zeros).find("another build"), std::string::npos);
  header.layout_version = kLayoutVersion;
  EXPECT_NE(said(zeros).find("not as long as"), std::string::npos);
  header.bytes = sizeof zeros;
  EXPECT_EQ(said(zeros), "");
}

TEST(CodeStore, AViewOfNothingHasNothing) {
  const StoreView nothing;
  EXPECT_FALSE(nothing.holds(hash_of(1)));
  EXPECT_EQ(nothing.definitions(), 0u);
  EXPECT_FALSE(nothing.has_room(1));
  nothing.for_each([](const wire::DefinitionHash&, BytesView) { FAIL(); });
}

// Any byte of a store may be wrong: what is in it is then not found, or found to be something else, and nothing more happens.
TEST(CodeStore, DamagedBytesDoNoHarm) {
  constexpr std::uint64_t kBytes = kStoreBytesMin;
  void* place = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(place, MAP_FAILED);
  const std::span<std::byte> memory(static_cast<std::byte*>(place), kBytes);
  StoreWriter writer(memory, 12345);
  for (std::uint64_t i = 1; i <= 300; ++i) writer.publish(hash_of(i), definition_of(i));
  const std::uint64_t used = writer.view().bytes_used();
  std::mt19937_64 random(5);
  for (int round = 0; round < 2'000; ++round) {
    const bool in_heads = random() % 2 == 0;
    const std::uint64_t at = in_heads ? offsetof(Header, heads) + random() % sizeof(Header::heads) : sizeof(Header) + random() % (used - sizeof(Header));
    memory[at] = static_cast<std::byte>(random());
    std::uint64_t sum = 0;
    if (const auto found = writer.view().find(hash_of(1 + random() % 300)))
      for (const char c : *found) sum += static_cast<unsigned char>(c);
    EXPECT_LT(sum, std::uint64_t{1} << 40);
  }
  writer.view().for_each([&](const wire::DefinitionHash&, BytesView definition) {
    EXPECT_GE(reinterpret_cast<const std::byte*>(definition.data()), memory.data());
    EXPECT_LE(reinterpret_cast<const std::byte*>(definition.data() + definition.size()), memory.data() + memory.size());
  });
  munmap(place, kBytes);
}

// Readers meet the writer anywhere: what they find is whole. (ThreadSanitizer runs this in the long tests.)
TEST(CodeStore, ReadersNeverSeeAHalfWrittenDefinition) {
  PrivateStore store;
  constexpr std::uint64_t kDefinitions = 20'000;
  std::atomic<bool> done = false;
  std::atomic<std::uint64_t> found = 0, torn = 0;
  std::vector<std::thread> readers;
  for (unsigned reader = 0; reader < 2; ++reader) {
    readers.emplace_back([&, reader] {
      std::mt19937_64 random(reader);
      while (!done) {
        const std::uint64_t number = 1 + random() % kDefinitions;
        const auto definition = store.view().find(hash_of(number));
        if (!definition) continue;
        ++found;
        if (*definition != definition_of(number)) ++torn;
      }
    });
  }
  for (std::uint64_t i = 1; i <= kDefinitions; ++i) ASSERT_TRUE(store.publish({hash_of(i), definition_of(i)}));
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_GT(found, 0u);
  EXPECT_EQ(torn, 0u);
}

// The writer dies at a random instant: whoever reads on finds whole definitions alone, and can be written after.
TEST(CodeStore, AWriterThatDiesLeavesAWholeStore) {
  constexpr std::uint64_t kBytes = kStoreBytesMin + (16u << 20);
  for (int round = 0; round < 20; ++round) {
    void* place = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(place, MAP_FAILED);
    const std::span<std::byte> memory(static_cast<std::byte*>(place), kBytes);
    const pid_t child = fork();
    if (child == 0) {
      StoreWriter writer(memory, 99);
      for (std::uint64_t i = 1; i <= 50'000; ++i) writer.publish(hash_of(i), definition_of(i));
      for (;;) pause();
    }
    usleep(static_cast<useconds_t>(1'000 + 1'500 * round));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    const auto view = StoreView::of(memory);
    if (view.ok()) {
      std::map<wire::DefinitionHash, Bytes> seen;
      view.value().for_each([&](const wire::DefinitionHash& hash, BytesView definition) { seen.emplace(hash, definition); });
      for (std::uint64_t i = 1; i <= seen.size(); ++i) ASSERT_EQ(seen[hash_of(i)], definition_of(i));
    }
    munmap(place, kBytes);
  }
}

}  // namespace
}  // namespace roost::code
