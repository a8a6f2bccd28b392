// SPDX-License-Identifier: MIT
#pragma once

// The container's master key, and the nodes' seeds under it. The key is a file of 32 bytes that only roostd may
// read; in memory it lies in guarded, locked pages (sodium_malloc) and is in nothing that can be printed or copied.
//
// A sealed seed is nonce (24) | crypto_secretbox(public key (32) | seed (32)): 104 bytes. The public key inside binds it
// to its node: whoever can write the table cannot give one node another's key.
// Thread: any; nothing changes after construction.

#include <memory>
#include <string>

#include "backend/core/doors.h"

namespace roost::directory {

class MasterKey final : public core::KeyVault {
 public:
  // Throws std::runtime_error: the file cannot be read, is of another length, or others than its owner may read it.
  explicit MasterKey(const std::string& file);
  ~MasterKey() override;
  MasterKey(const MasterKey&) = delete;
  MasterKey& operator=(const MasterKey&) = delete;

  // Makes a new key in a new file (0600). Throws std::runtime_error, also if the file exists: a key is never overwritten.
  static void make(const std::string& file);

  // Requires: seed.size() == 32.
  [[nodiscard]] Bytes seal(const PublicKey& node, BytesView seed) override;
  // Empty: it was not sealed under this key for this node.
  [[nodiscard]] Bytes unseal(const PublicKey& node, BytesView sealed) const;
  // Whether unseal() gives a seed.
  [[nodiscard]] bool opens(const PublicKey& node, BytesView sealed) const;

 private:
  struct Free {
    void operator()(unsigned char* key) const noexcept;
  };
  std::unique_ptr<unsigned char, Free> key_;
};

}  // namespace roost::directory
