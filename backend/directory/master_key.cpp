// SPDX-License-Identifier: MIT
#include "backend/directory/master_key.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

#include "worker/wire/check.h"

namespace roost::directory {
namespace {

constexpr std::size_t kSeedBytes = 32;
constexpr std::size_t kPlainBytes = 32 + kSeedBytes;
constexpr std::size_t kSealedBytes = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + kPlainBytes;

[[noreturn]] void fail(const std::string& file, const std::string& why) {
  throw std::runtime_error("the master key `" + file + "` (master_key_file) " + why);
}

class File {
 public:
  File(const std::string& name, int flags) : fd_(::open(name.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

unsigned char* locked_key(const std::string& file) {
  if (sodium_init() < 0) fail(file, "cannot be used: libsodium does not start");
  auto* key = static_cast<unsigned char*>(sodium_malloc(crypto_secretbox_KEYBYTES));
  if (key == nullptr) fail(file, std::string("cannot be kept in memory: ") + std::strerror(errno));
  return key;
}

unsigned char* as_bytes(Bytes& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }
const unsigned char* as_bytes(BytesView bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

}  // namespace

void MasterKey::Free::operator()(unsigned char* key) const noexcept { sodium_free(key); }

MasterKey::MasterKey(const std::string& file) : key_(locked_key(file)) {
  const File source(file, O_RDONLY);
  if (source.fd() < 0)
    fail(file, std::string("cannot be opened: ") + std::strerror(errno) + "; make one with roostd --make-master-key");
  struct stat status {};
  if (fstat(source.fd(), &status) != 0 || !S_ISREG(status.st_mode)) fail(file, "is not a file");
  if ((status.st_mode & 077) != 0)
    fail(file, "can be read or written by others than its owner; allow only the owner (chmod 600)");
  if (status.st_size != crypto_secretbox_KEYBYTES)
    fail(file, "is " + std::to_string(status.st_size) + " bytes long, not " + std::to_string(crypto_secretbox_KEYBYTES));
  if (::read(source.fd(), key_.get(), crypto_secretbox_KEYBYTES) != crypto_secretbox_KEYBYTES)
    fail(file, std::string("cannot be read: ") + std::strerror(errno));
  sodium_mprotect_readonly(key_.get());
}

MasterKey::~MasterKey() = default;

void MasterKey::make(const std::string& file) {
  const std::unique_ptr<unsigned char, Free> key(locked_key(file));
  randombytes_buf(key.get(), crypto_secretbox_KEYBYTES);
  const File target(file, O_WRONLY | O_CREAT | O_EXCL);
  if (target.fd() < 0) fail(file, std::string("cannot be made: ") + std::strerror(errno));
  if (::write(target.fd(), key.get(), crypto_secretbox_KEYBYTES) != crypto_secretbox_KEYBYTES || fsync(target.fd()) != 0)
    fail(file, std::string("cannot be written: ") + std::strerror(errno));
}

Bytes MasterKey::seal(const PublicKey& node, BytesView seed) {
  CHECK(seed.size() == kSeedBytes);
  unsigned char plain[kPlainBytes];
  std::memcpy(plain, node.bytes.data(), 32);
  std::memcpy(plain + 32, seed.data(), kSeedBytes);
  Bytes sealed(kSealedBytes, '\0');
  randombytes_buf(sealed.data(), crypto_secretbox_NONCEBYTES);
  crypto_secretbox_easy(as_bytes(sealed) + crypto_secretbox_NONCEBYTES, plain, sizeof plain, as_bytes(sealed), key_.get());
  sodium_memzero(plain, sizeof plain);
  return sealed;
}

Bytes MasterKey::unseal(const PublicKey& node, BytesView sealed) const {
  if (sealed.size() != kSealedBytes) return {};
  unsigned char plain[kPlainBytes];
  const unsigned char* nonce = as_bytes(sealed);
  Bytes seed;
  if (crypto_secretbox_open_easy(plain, nonce + crypto_secretbox_NONCEBYTES, sealed.size() - crypto_secretbox_NONCEBYTES, nonce,
                                 key_.get()) == 0 &&
      sodium_memcmp(plain, node.bytes.data(), 32) == 0)
    seed.assign(reinterpret_cast<char*>(plain) + 32, kSeedBytes);
  sodium_memzero(plain, sizeof plain);
  return seed;
}

bool MasterKey::opens(const PublicKey& node, BytesView sealed) const {
  Bytes seed = unseal(node, sealed);
  sodium_memzero(seed.data(), seed.size());
  return !seed.empty();
}

}  // namespace roost::directory
