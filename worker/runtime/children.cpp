// SPDX-License-Identifier: MIT
#include "worker/runtime/children.h"

#include <sodium.h>

#include <algorithm>

#include "worker/wire/check.h"

namespace roost::runtime {
namespace {

constexpr std::uint64_t kReserveMax = 4096;   // wire::Reserve
// A smaller grant is used up before more is asked for: most programs that spawn make only a few.
constexpr std::uint64_t kAheadMin = 8;
constexpr std::string_view kEnvelopeContext = "roost key envelope";

unsigned char* raw(Bytes& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }
const unsigned char* raw(BytesView bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

void wipe(Bytes& secret) {
  sodium_memzero(secret.data(), secret.size());
  secret.clear();
}

// Whichever way its scope is left.
struct WipedAtTheEnd {
  Bytes& secret;
  ~WipedAtTheEnd() { wipe(secret); }
};

// A key pair from its seed; the secret half is wiped at the end.
struct KeyPair {
  unsigned char public_key[crypto_sign_PUBLICKEYBYTES];
  unsigned char secret_key[crypto_sign_SECRETKEYBYTES];

  explicit KeyPair(BytesView seed) {
    CHECK(seed.size() == crypto_sign_SEEDBYTES);
    crypto_sign_seed_keypair(public_key, secret_key, raw(seed));
  }
  ~KeyPair() { sodium_memzero(secret_key, sizeof secret_key); }
  KeyPair(const KeyPair&) = delete;
  KeyPair& operator=(const KeyPair&) = delete;
};

}  // namespace

Children::Children(const PublicKey& parent, Bytes seed, Send send)
    : parent_(parent), seed_(std::move(seed)), send_(std::move(send)) {}

Children::~Children() {
  wipe(seed_);
  wipe(key_);
}

bool Children::spawn(PublicKey& child) {
  CHECK(can_spawn());
  if (leave_ == 0) {
    ask_for_leave();
    return false;
  }
  if (leave_ == ask_ahead_at_) ask_for_leave();
  if (key_.empty()) make_envelope();
  wire::FromWorker frame = wire::Spawn{{}, Bytes(crypto_sign_SEEDBYTES, '\0'), envelope_, {}};
  auto& spawn = std::get<wire::Spawn>(frame);
  const WipedAtTheEnd wiped{spawn.seed};
  randombytes_buf(spawn.seed.data(), spawn.seed.size());
  const KeyPair keys(spawn.seed);
  std::copy(std::begin(keys.public_key), std::end(keys.public_key), spawn.child.bytes.begin());
  spawn.enclosed_key = enclosed(spawn.child, spawn.seed);
  send_(frame);
  --leave_;   // nothing fails from here on
  child = spawn.child;
  return true;
}

void Children::ask_for_leave() {
  if (open_ != Question::None) return;
  send_(wire::Reserve{next_reserve_});
  open_ = leave_ > 0 ? Question::Ahead : Question::Needed;
}

bool Children::reserved(const wire::Reserved& frame) {
  if (void_answers_ > 0) {
    --void_answers_;
    return false;
  }
  const bool refused = frame.granted == 0 && open_ == Question::Needed;   // a refusal ahead may be out of date by now
  open_ = Question::None;
  leave_ += frame.granted;
  const bool granted_all = frame.granted == next_reserve_;   // else there is no more to be had ahead
  ask_ahead_at_ = granted_all && frame.granted >= kAheadMin ? frame.granted / 2 : 0;
  next_reserve_ = frame.granted == 0 ? 1 : std::min(next_reserve_ * 2, kReserveMax);
  return refused;
}

void Children::forget_leave() {
  if (open_ != Question::None) ++void_answers_;
  open_ = Question::None;
  leave_ = 0;
  next_reserve_ = 1;
  ask_ahead_at_ = 0;
}

// Wholly, or not at all if there is no memory for it.
void Children::make_envelope() {
  Bytes key(crypto_aead_xchacha20poly1305_ietf_KEYBYTES, '\0');
  const WipedAtTheEnd wiped{key};
  randombytes_buf(key.data(), key.size());
  wire::KeyEnvelope envelope;
  const KeyPair own(seed_);
  unsigned char sealing_key[crypto_box_PUBLICKEYBYTES];
  CHECK(crypto_sign_ed25519_pk_to_curve25519(sealing_key, own.public_key) == 0);   // made by us: a point of the curve
  envelope.sealed.assign(crypto_box_SEALBYTES + key.size(), '\0');
  CHECK(crypto_box_seal(raw(envelope.sealed), raw(BytesView(key)), key.size(), sealing_key) == 0);
  Bytes message(kEnvelopeContext);
  message += envelope.sealed;
  envelope.signature.assign(crypto_sign_BYTES, '\0');
  crypto_sign_detached(raw(envelope.signature), nullptr, raw(BytesView(message)), message.size(), own.secret_key);
  envelope_ = std::move(envelope);
  key_.swap(key);
}

Bytes Children::enclosed(const PublicKey& child, BytesView seed) const {
  Bytes box(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES + seed.size() + crypto_aead_xchacha20poly1305_ietf_ABYTES, '\0');
  randombytes_buf(box.data(), crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
  Bytes associated(parent_.view());
  associated.append(child.view());
  crypto_aead_xchacha20poly1305_ietf_encrypt(raw(box) + crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, nullptr, raw(seed), seed.size(),
                                             raw(BytesView(associated)), associated.size(), nullptr, raw(BytesView(box)),
                                             raw(BytesView(key_)));
  return box;
}

}  // namespace roost::runtime
