// SPDX-License-Identifier: MIT
#pragma once

// The frames that the container and a worker exchange over the worker's stdin and stdout. Each is a 32-bit
// little-endian length (of what follows, at most kFrameBytesMax) and one deterministic CBOR (RFC 8949 section 4.2) array
// whose first element is the frame's type number. PROTOCOL.md describes every field; this header is that text as types.
//
// Both ends check every field; a decoder accepts exactly what the encoder writes (shortest forms, definite lengths,
// exact arity, no trailing bytes). What a worker sends is as untrusted as what the network sends.
// Thread: pure functions; a FrameSplitter belongs to one thread.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "worker/wire/bytes.h"
#include "worker/wire/fingerprint.h"
#include "worker/wire/result.h"

namespace roost::wire {

inline constexpr std::uint64_t kProtocolVersion = 2;
inline constexpr std::size_t kFrameBytesMax = 16u << 20;   // the CBOR part
inline constexpr std::size_t kTokenBytes = 64;             // an index's random token
inline constexpr std::size_t kDefinitionBytesMax = 4u << 20;   // of one definition, encoded (worker/lang/definition_codec.h)
inline constexpr std::size_t kHostBytesMax = 259;          // a DNS name (253), a colon, a port
inline constexpr std::size_t kLogLineBytesMax = 256u << 10;   // of what is logged at once; the rest is cut off
inline constexpr std::size_t kFailureChainMax = 32;
inline constexpr std::size_t kFailureNamesMax = 65536;     // names of one failure; the encoder leaves out the rest

// The content hash that names a definition: SHA3-512, in the scheme of worker/lang/hash.h.
using DefinitionHash = FixedBytes<64>;

// How the value that answers a request is to be written. Value: not at all, it goes to the computation of another node that attempts this
// one (Attempt); a request from outside never has that.
enum class Format : std::uint8_t { Text = 0, Json = 1, Value = 2 };

// Where a computation came from. It travels with the computation over every hop.
struct Origin {
  std::uint64_t request = 0;   // the request that its value or failure answers; 0: nobody waits for it (a fork)
  std::uint64_t trace = 0;     // the request that started it, directly or through forks: where debug lines belong
  Format format = Format::Text;
  bool operator==(const Origin&) const = default;
};

// What code at a node may use beyond pure functions (extensions of the language, "Capability").
enum class Capability : std::uint8_t { Spawn = 0, State = 1, Clock = 2, Random = 3, ContactAll = 4, Http = 5 };
inline constexpr unsigned kCapabilitiesCount = 6;
using Capabilities = std::uint32_t;   // bit n: Capability n
[[nodiscard]] constexpr bool allows(Capabilities set, Capability one) {
  return (set >> static_cast<unsigned>(one)) & 1u;
}

enum class FailureKind : std::uint8_t {
  SyntaxError = 0,       // line, column, names = what was expected
  UnboundNames = 1,      // names = all of them
  TypeError = 2,         // line, column, names = the type wanted, the type found, then why: a sentence each
  ProgramFailed = 3,     // a crash of the language (5.4): reason, definition
  ComputeLimit = 4,      // the message used up its compute allowance
  MemoryLimit = 5,       // the node used up its memory allowance
  TimeLimit = 6,         // a future or a receive waited past its limit
  NotRepresentable = 7,  // the value has no form in the format asked for (a function as JSON)
  CapabilityDenied = 8,  // the sandbox does not allow an effect; names = the capability
  BudgetExhausted = 9,   // a spawn was refused; reason names the limit
  Unreachable = 10,      // a hop to a node that this container does not host
  ContainerFull = 11,    // the container has no room for what the node would leave there; reason names the limit
};
inline constexpr std::uint64_t kFailureKinds = 12;

struct Failure {
  FailureKind kind = FailureKind::ProgramFailed;
  std::string reason;        // a sentence: what went wrong
  std::string definition;    // the definition it happened in, where known
  std::uint64_t line = 0;    // 1-based; 0: no place
  std::uint64_t column = 0;  // 1-based, in code points
  std::vector<std::string> names;
  std::string source{};      // the line of the place, as people are shown it, and a caret below; empty: none
  std::vector<std::string> chain{};   // the definitions that led there, each called by the next; at most kFailureChainMax
  bool operator==(const Failure&) const = default;
};

// ---- container to worker -------------------------------------------------------------------------------------

struct Start {  // always the first frame
  std::uint64_t version = kProtocolVersion;
  std::string host;                    // "name[:port]" of the container, as in node URLs
  PublicKey node;
  Bytes seed;                          // the node's Ed25519 seed (32 bytes), or empty if it is not to be had
  Capabilities capabilities = 0;
  std::uint64_t memory_bytes = 0;      // what values and code of this node may occupy
  std::uint64_t compute_ms = 0;        // CPU time a message may use
  std::uint64_t receive_ms = 0;        // how long a `receive` may wait; 0: without limit
  bool operator==(const Start&) const = default;
};
struct Eval {  // a program that came by a request
  Origin origin;
  std::string program;
  bool operator==(const Eval&) const = default;
};
struct Run {  // a computation that hopped here from another node
  Origin origin;
  PublicKey sender;
  Bytes computation;
  bool operator==(const Run&) const = default;
};
struct Entry {
  Bytes key_hash;
  Bytes key;
  Bytes value;
  bool operator==(const Entry&) const = default;
};
struct ReadResult {  // answers a Read; in ascending order of key_hash; a lookup has none or one
  std::uint64_t read = 0;
  bool ok = true;      // false: the container could not read; `entries` is empty
  std::vector<Entry> entries;
  bool operator==(const ReadResult&) const = default;
};
struct Reserved {  // answers a Reserve
  std::uint64_t granted = 0;   // at most what was asked for; 0: refused
  std::string reason;          // why nothing was granted: names the limit, the value and the setting
  bool operator==(const Reserved&) const = default;
};
struct Fetched {  // answers a Fetch
  std::uint64_t read = 0;
  bool ok = true;      // false: there was no response, or the fetch was refused; `text` says why
  std::string text;    // the body
  bool operator==(const Fetched&) const = default;
};
struct Attempting {  // answers an Attempt
  std::uint64_t attempt = 0;
  std::uint64_t request = 0;   // the computation's from now on, which the process now has; 0: refused
  std::string reason;          // why
  bool operator==(const Attempting&) const = default;
};
struct Attempted {  // what an attempt came to, wherever it ended: once for each that was not refused
  std::uint64_t attempt = 0;
  bool ok = true;
  Bytes value;           // if ok; in the runtime's own form
  std::string failure;   // else: where, in what, and why, as a sentence
  bool operator==(const Attempted&) const = default;
};
struct Stop {  // finish nothing, exit 0: only sent to an idle node, or when the container drains
  bool operator==(const Stop&) const = default;
};
struct Ping {
  std::uint64_t nonce = 0;
  bool operator==(const Ping&) const = default;
};

using ToWorker = std::variant<Start, Eval, Run, ReadResult, Reserved, Stop, Ping, Fetched, Attempting, Attempted>;   // types 0..9

// ---- worker to container -------------------------------------------------------------------------------------

struct Ready {
  std::uint64_t version = kProtocolVersion;
  bool operator==(const Ready&) const = default;
};
// The node has no computation that runs, sleeps or waits. `received` counts the Eval and Run frames it has taken since
// it started: the container ignores an Idle that was said before the node saw its newest message.
// After an Idle that counts, only Idle, Log and Pong may follow until the next Eval or Run.
struct Idle {
  std::uint64_t received = 0;
  std::uint64_t memory_bytes = 0;   // what the process holds privately now
  bool operator==(const Idle&) const = default;
};
struct Answer {  // a computation with an origin ended here: its value, written in origin.format, or its failure
  Origin origin;
  std::variant<std::string, Failure> outcome;
  bool operator==(const Answer&) const = default;
};
struct Send {  // a computation leaves for another node; it is no longer here
  Origin origin;
  std::string host;
  PublicKey destination;
  Bytes computation;
  bool operator==(const Send&) const = default;
};
enum class LogLevel : std::uint8_t { Debug = 0, Info = 1, Warning = 2, Error = 3 };
struct Log {  // Debug: a line of Debug.watch or Debug.log, without its line end
  std::uint64_t trace = 0;
  LogLevel level = LogLevel::Debug;
  std::string line;
  bool operator==(const Log&) const = default;
};
enum class WriteKind : std::uint8_t { Insert = 0, Delete = 1 };
struct Write {  // a change of this node's durable state; it is not answered: what is sent after it waits for it
  WriteKind kind = WriteKind::Insert;
  Bytes token;      // kTokenBytes
  Bytes key_hash;   // 1 to 255 bytes
  Bytes key;        // empty for Delete
  Bytes value;      // empty for Delete
  bool operator==(const Write&) const = default;
};
enum class ReadKind : std::uint8_t {
  Lookup = 0,   // the entry at key_hash
  First = 1,    // the entry with the smallest key_hash; key_hash is empty
  After = 2,    // the entry with the smallest key_hash greater than this one
  All = 3,      // every entry, values left empty; key_hash is empty
};
struct Read {
  std::uint64_t read = 0;   // chosen by the worker, echoed in ReadResult
  ReadKind kind = ReadKind::Lookup;
  Bytes token;
  Bytes key_hash;
  bool operator==(const Read&) const = default;
};
struct Fetch {   // HTTP GET, redirects followed; Capability::Http
  std::uint64_t read = 0;   // chosen by the worker, echoed in Fetched; another than those of open Reads
  std::string url;
  bool operator==(const Fetch&) const = default;
};
// Asks for leave to spawn `count` more nodes. Leave that is granted is reserved in every budget above this node until it is
// used by a Spawn or the process is idle or gone, so a Spawn itself needs no answer. At most one Reserve is
// open, but for those from before an Idle: their Reserved still comes, and grants nothing.
struct Reserve {
  std::uint64_t count = 0;   // 1 to 4096
  bool operator==(const Reserve&) const = default;
};
// The envelope under which a parent keeps its children's keys: one symmetric key a process, sealed (crypto_box_seal) to
// the parent's own key and signed by it, because a sealed box alone does not say who made it.
struct KeyEnvelope {
  Bytes sealed;      // 80 bytes: crypto_box_seal of the 32-byte key-encryption key
  Bytes signature;   // 64 bytes: Ed25519 by the parent over "roost key envelope" | sealed
  bool operator==(const KeyEnvelope&) const = default;
};
struct Spawn {  // a child of this node; uses one reservation
  PublicKey child;
  Bytes seed;           // the child's Ed25519 seed, for the container to keep sealed with its own key
  KeyEnvelope envelope;
  Bytes enclosed_key;   // nonce (24) | XChaCha20-Poly1305 of the child's seed under the envelope's key, with
                        // parent | child public keys as associated data
  bool operator==(const Spawn&) const = default;
};
struct Pong {
  std::uint64_t nonce = 0;
  bool operator==(const Pong&) const = default;
};

// A definition that the code store lacks, and that something which leaves the node refers to. It is not answered: what is sent after
// it waits until it is committed; then every worker can read it. Those it refers to itself were defined before it.
struct Define {
  DefinitionHash hash{};
  Bytes definition;   // 1 to kDefinitionBytesMax bytes, which hash to `hash`
  bool operator==(const Define&) const = default;
};

// A computation of this node waits for what another one comes to, and that one is about to leave the node: it needs a request of its own,
// by which its value or failure finds back. Answered by one Attempting, then by one Attempted.
struct Attempt {
  std::uint64_t attempt = 0;   // chosen by the worker, not 0, used once
  Origin waits;                // of the computation that waits
  bool operator==(const Attempt&) const = default;
};
struct Return {  // the computation of an attempt ended here with a value; origin.format is Value. One that fails is an Answer
  Origin origin;
  Bytes value;
  bool operator==(const Return&) const = default;
};

// Types 0 to 13.
using FromWorker = std::variant<Ready, Idle, Answer, Send, Log, Write, Read, Reserve, Spawn, Pong, Fetch, Define, Attempt, Return>;

// ---- encoding ------------------------------------------------------------------------------------------------

// What made a frame unacceptable, for the log; a malformed frame ends the worker that sent it.
struct FrameError {
  std::string what;
};

// The whole frame, length included, ready for the pipe.
[[nodiscard]] Bytes encode(const ToWorker& frame);
[[nodiscard]] Bytes encode(const FromWorker& frame);
// Appends the whole frame to `out`.
void encode_to(Bytes& out, const FromWorker& frame);
void encode_to(Bytes& out, const ToWorker& frame);

// `body` is a frame without its length.
[[nodiscard]] Result<ToWorker, FrameError> decode_to_worker(BytesView body);
[[nodiscard]] Result<FromWorker, FrameError> decode_from_worker(BytesView body);

// Cuts a byte stream into frame bodies. Feed what was read, then take bodies until there are none.
class FrameSplitter {
 public:
  explicit FrameSplitter(std::size_t body_bytes_max = kFrameBytesMax) : body_bytes_max_(body_bytes_max) {}

  void feed(BytesView bytes);
  // The next whole body; nullopt: more bytes are needed; an error: a length over the limit (or zero), after which
  // the stream cannot be read on. The view is valid until the next call of a member.
  [[nodiscard]] Result<std::optional<BytesView>, FrameError> next();
  // Bytes taken in but not yet given out.
  [[nodiscard]] std::size_t pending() const { return buffer_.size() - consumed_; }

 private:
  void make_room(std::size_t bytes);
  void give_back();

  std::size_t body_bytes_max_;
  Bytes buffer_;
  std::size_t consumed_ = 0;
};

}  // namespace roost::wire
