// SPDX-License-Identifier: MIT
#include "worker/runtime/codec.h"

#include <random>

#include "tests/unit/runtime/builtin_bench.h"
#include "worker/lang/hash.h"
#include "worker/lang/parser.h"
#include "worker/lang/resolve.h"
#include "worker/runtime/term_codec.h"
#include "worker/runtime/value_hash.h"

namespace roost::runtime {
namespace {

// Stands in for the machine: one definition is known, and a function is a tuple of its code's hash and what it captured.
class FakeMachine final : public FunctionMaker {
 public:
  explicit FakeMachine(BuiltinContext& context) : context_(context), definition_(make_text("the definition")) { known_.fill(1); }

  const Value* definition(const lang::Hash& hash) override { return hash == known_ ? &definition_ : nullptr; }
  Value make_function(const DecodedCode&, const lang::Term& term, std::span<const std::uint32_t> outside,
                      std::span<const Value> captures) override {
    std::vector<lang::Hash> captured(outside.empty() ? 0 : outside.back() + std::size_t{1});
    for (std::size_t i = 0; i < outside.size(); ++i) captured[outside[i]] = hash_value(context_, captures[i]);
    const lang::Hash hash = lang::hash_term(term, captured);
    return make_tuple(make_text(lang::base64url(view_of(hash))), make_vector(captures));
  }
  [[nodiscard]] const lang::Hash& known() const { return known_; }

 private:
  BuiltinContext& context_;
  lang::Hash known_{};
  Value definition_;
};

class Codec : public BuiltinBench {
 protected:
  void TearDown() override {
    machine_.reset();
    BuiltinBench::TearDown();
  }

  std::string decoded(BytesView bytes) {
    const auto value = decode_value(bytes, *machine_);
    return value.ok() ? show(value.value()) : "✗ " + value.error().what;
  }
  void expect_round_trip(const Value& value) {
    const Bytes bytes = encode_value(value);
    const auto back = decode_value(bytes, *machine_);
    ASSERT_TRUE(back.ok()) << back.error().what;
    EXPECT_EQ(show(back.value()), show(value));
    EXPECT_EQ(hash_key_of(context_, back.value()), hash_key_of(context_, value));
    EXPECT_EQ(encode_value(back.value()), bytes);
  }
  Value random_value(std::mt19937_64& random, int depth);
  Value random_remote(std::mt19937_64& random, int depth);

  // A program as resolved code; the arena is the test's.
  const lang::Term* code(std::string_view source) {
    const auto parsed = lang::parse_program(arena_, source);
    EXPECT_TRUE(parsed.ok()) << parsed.error().message();
    const auto resolved = lang::resolve(arena_, parsed.value(), names_);
    EXPECT_TRUE(resolved.ok()) << resolved.error().message();
    return resolved.value();
  }

  std::unique_ptr<FakeMachine> machine_ = std::make_unique<FakeMachine>(context_);
  lang::Arena arena_;
  lang::Names names_;
};

Value Codec::random_remote(std::mt19937_64& random, int depth) {
  const Value channel = make_channel(std::string(48, static_cast<char>(random() % 256)) + "host");
  const auto step = static_cast<Step>(random() % kSteps);
  Value first, second;
  switch (step) {
    case Step::At: first = make_node("h:1", PublicKey{}), second = random_value(random, depth); break;
    case Step::Pure: first = random_value(random, depth); break;
    case Step::Sleep: first = n(1); break;
    case Step::Fork: first = random_remote(random, depth - 1); break;
    case Step::Send: first = channel, second = random_value(random, depth); break;
    case Step::Receive: first = channel; break;
    case Step::ReceiveAsync: first = channel, second = n(0.5); break;
    case Step::Fail: first = t("no"); break;
    case Step::Here:
    case Step::Spawn:
    case Step::CreateChannel:
    case Step::ClockNow:
    case Step::RandomNumber: break;
  }
  if (random() % 2 == 0) return make_step(step, first, second);
  return make_bind(step, first, second, b(B::RemotePure));
}

Value Codec::random_value(std::mt19937_64& random, int depth) {
  if (depth <= 0) return n(static_cast<double>(random() % 100) / 4);
  const auto some_values = [&] {
    std::vector<Value> items;
    for (std::size_t i = random() % 4; i > 0; --i) items.push_back(random_value(random, depth - 1));
    if (!items.empty()) items.push_back(items[0]);   // shared
    return items;
  };
  switch (random() % 12) {
    case 0: return t(std::string(random() % 20, 'x') + "ż");
    case 1: return v(some_values());
    case 2: return v({n(1), n(2), n(static_cast<double>(random()))});
    case 3: return some(random_value(random, depth - 1));
    case 4: return tuple(random_value(random, depth - 1), random_value(random, depth - 1));
    case 5: return make_node("localhost:8443", PublicKey{});
    case 6: return random_remote(random, depth - 1);
    case 7: return b(random() % 2 == 0 ? B::True : B::VectorMap);
    case 8: return make_partial(b(B::VectorFoldLeft), std::vector<Value>{random_value(random, depth - 1)});
    case 9: return Value::blank();
    case 10: return make_partial(Value::if_function(), std::vector<Value>{b(B::True), random_value(random, depth - 1)});
    default: return random_value(random, 0);
  }
}

// ---- values --------------------------------------------------------------------------------------------------

TEST_F(Codec, RandomValuesComeBackAsTheyWere) {
  std::mt19937_64 random(20161123);
  for (int i = 0; i < 2'000 && !HasFailure(); ++i) expect_round_trip(random_value(random, 6));
}

TEST_F(Codec, NumbersInVectorsTakeEightBytesEach) {
  std::vector<Value> items;
  for (int i = 0; i < 1000; ++i) items.push_back(n(i));
  EXPECT_LE(encode_value(v(items)).size(), 8'000u + 8);
}

TEST_F(Codec, WhatIsSharedIsWrittenOnceAndSharedAgain) {
  const Value text = t(std::string(1000, 'x'));
  const Bytes bytes = encode_value(v({text, text, some(text)}));
  EXPECT_LT(bytes.size(), 1'100u);
  const auto back = decode_value(bytes, *machine_);
  ASSERT_TRUE(back.ok());
  EXPECT_TRUE(back.value().as_vector()->items()[0].same(back.value().as_vector()->items()[1]));
}

TEST_F(Codec, SharingThatUnfoldsWithoutEndStaysSmall) {
  Value doubled = n(1);
  for (int i = 0; i < 1000; ++i) doubled = make_pair(doubled, doubled);
  const Bytes bytes = encode_value(doubled);
  EXPECT_LT(bytes.size(), 12'000u);
  EXPECT_TRUE(decode_value(bytes, *machine_).ok());
}

TEST_F(Codec, DepthNeedsNoStack) {
  Value deep = b(B::Unit);
  for (int i = 0; i < 100'000; ++i) deep = make_pair(n(1), std::move(deep));
  const Bytes bytes = encode_value(deep);
  const auto back = decode_value(bytes, *machine_);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(encode_value(back.value()), bytes);
}

TEST_F(Codec, WhatDoesNotFitAMessageFails) {
  EXPECT_THROW((void)encode_value(t(std::string(kEncodedBytesMax, 'x'))), Crash);
  EXPECT_NO_THROW((void)encode_value(t(std::string(kEncodedBytesMax - 100, 'x'))));
}

// ---- hostile bytes -------------------------------------------------------------------------------------------

TEST_F(Codec, RefusalsSayWhatIsWrongAndWhere) {
  using namespace std::string_literals;
  EXPECT_EQ(decoded(""), "✗ at byte 0: the bytes end too early");
  EXPECT_EQ(decoded("\x07"), "✗ at byte 1: the version is 7, this container reads 1");
  EXPECT_EQ(decoded("\x01"), "✗ at byte 1: 0 values are left over, there has to be one");
  EXPECT_EQ(decoded("\x01\x06\x06"), "✗ at byte 3: 2 values are left over, there has to be one");
  EXPECT_EQ(decoded("\x01\x63"), "✗ at byte 2: there is no operation 99");
  EXPECT_EQ(decoded("\x01\x01\x7f"), "✗ at byte 3: the length of a string is 127, at most 1 is possible");
  EXPECT_EQ(decoded("\x01\x01\x01\xff"), "✗ at byte 4: a text is not UTF-8");
  EXPECT_EQ(decoded("\x01\x02\x02"), "✗ at byte 3: 2 values are needed, 0 are there");
  EXPECT_EQ(decoded("\x01\x04\x00\x02no"s), "✗ at byte 6: no builtin is called `no`");
  EXPECT_EQ(decoded("\x01\x06\x05\x00\x08Number.+\x01"s), "✗ at byte 14: `Number.+` is not a constructor with arguments");
  EXPECT_EQ(decoded("\x01\x11\x00"s), "✗ at byte 3: value 0 was not kept");
  EXPECT_EQ(decoded("\x01\x06\x0c\x04"s), "✗ at byte 4: a step has an operand that does not fit");
  EXPECT_EQ(decoded("\x01\x04\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f"), "✗ at byte 12: a number is written wrongly");
}

TEST_F(Codec, AnUnknownDefinitionIsNamedByItsHash) {
  const Bytes unknown = std::string("\x01\x0a\x00", 3) + std::string(64, '\2');
  EXPECT_NE(decoded(unknown).find("no definition with the hash AgIC"), std::string::npos);
  const Bytes known = std::string("\x01\x0a\x00", 3) + std::string(64, '\1');
  EXPECT_EQ(decoded(known), "\"the definition\"");
}

TEST_F(Codec, AnAnnouncedSizeAllocatesNothing) {
  for (const char op : {'\x01', '\x02', '\x03'}) {
    const std::uint64_t before = heap_.peak();
    EXPECT_TRUE(decoded(std::string("\x01") + op + "\xff\xff\xff\xff\x0f").starts_with("✗"));
    EXPECT_LT(heap_.peak() - before, 10'000u);
  }
}

// Mutated bytes are refused or give some value; nothing else can happen. Run under ASan and UBSan in the long tests.
TEST_F(Codec, MutatedBytesNeverDoHarm) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 10'000; ++i) {
    Bytes bytes = encode_value(random_value(random, 4));
    for (std::uint64_t changes = 1 + random() % 4; changes > 0; --changes) {
      const std::size_t at = random() % bytes.size();
      switch (random() % 3) {
        case 0: bytes[at] = static_cast<char>(random()); break;
        case 1: bytes.erase(at, 1 + random() % 3); break;
        default: bytes.insert(at, 1, static_cast<char>(random() % 20)); break;
      }
      if (bytes.empty()) bytes = "\x01";
    }
    try {
      const auto value = decode_value(bytes, *machine_);
      if (value.ok()) (void)render_cut(value.value(), 1000);
      else EXPECT_TRUE(value.error().what.starts_with("at byte ")) << value.error().what;
    } catch (const Crash&) {
    }
  }
}

// ---- code ----------------------------------------------------------------------------------------------------

class TermCodec : public Codec {
 protected:
  static Bytes encoded(const lang::Term& term, std::span<const std::uint32_t> outside = {}) {
    CodecWriter writer;
    encode_code(writer, term, outside);
    return writer.take();
  }
  // The term that comes back, or null with the error in error_.
  const lang::Term* back(BytesView bytes) {
    CodecReader reader(bytes, arena_);
    const FunctionCode code = decode_code(reader, [&](const lang::Hash& hash) { return hash == machine_->known(); });
    error_ = reader.error();
    return reader.failed() ? nullptr : code.term;
  }
  std::string error_;
};

constexpr const char* kPrograms[] = {
    "x -> x", "x y -> x", "x -> [x, 1, \"two\", _]", "x -> let y = x; z = y; (y, z);;",
    "x -> let rec f a = g a; g a = f (a + 1); f x;;", "x -> (x : ∀ a . Vector a -> Either a Text)",
    "x -> if x then 1 else 2", "f -> do Remote a := f 1; pure a;;", "x -> (y -> (z -> x + y * z))",
};

TEST_F(TermCodec, CodeKeepsItsHash) {
  for (const char* program : kPrograms) {
    const lang::Term* term = code(program);
    const lang::Term* again = back(encoded(*term));
    ASSERT_NE(again, nullptr) << program << ": " << error_;
    EXPECT_EQ(lang::hash_term(*again), lang::hash_term(*term)) << program;
    EXPECT_EQ(encoded(*again), encoded(*term)) << program;
  }
}

TEST_F(TermCodec, VariablesMustBeBoundOrCaptured) {
  const lang::Term* inner = code("x y -> x")->left;   // y -> x: its x points outside by 0
  const std::uint32_t outside[] = {0};
  EXPECT_NE(back(encoded(*inner, outside)), nullptr) << error_;
  EXPECT_EQ(back(encoded(*inner)), nullptr);
  EXPECT_NE(error_.find("a variable is bound nowhere"), std::string::npos);
}

TEST_F(TermCodec, DefinitionsMustBeKnown) {
  lang::Hash unknown{};
  unknown.fill(9);
  lang::Term reference{}, lambda{};
  reference.kind = lang::TermKind::Reference;
  reference.hash = &unknown;
  lambda.kind = lang::TermKind::Lambda;
  lambda.text = "x";
  lambda.left = &reference;
  EXPECT_EQ(back(encoded(lambda)), nullptr);
  EXPECT_NE(error_.find(lang::base64url(view_of(unknown))), std::string::npos);
  reference.hash = &machine_->known();
  EXPECT_NE(back(encoded(lambda)), nullptr) << error_;
}

TEST_F(TermCodec, NestingIsBounded) {
  const auto nested = [](std::size_t levels) {   // no captures; lambdas around a blank, one name for all
    Bytes bytes = std::string("\0\x08\0\1x", 5);
    for (std::size_t i = 1; i < levels; ++i) bytes += "\x08\x01";
    return bytes + "\x04";
  };
  EXPECT_NE(back(nested(lang::kTermDepthMax)), nullptr) << error_;
  EXPECT_EQ(back(nested(lang::kTermDepthMax + 2)), nullptr);
  EXPECT_NE(error_.find("nested deeper than"), std::string::npos);
}

TEST_F(TermCodec, TheWorkOfHashingIsBounded) {
  // Each `let rec` of two holds the next: hashing visits the innermost 2^40 times.
  Bytes bytes = std::string("\0\x08\0\1x", 5);
  for (int i = 0; i < 40; ++i) bytes += "\x0c\x02\x01\x01\x04";
  for (int i = 0; i < 40; ++i) bytes += i == 0 ? "\x04\x04" : "\x04";
  EXPECT_EQ(back(bytes), nullptr);
  EXPECT_NE(error_.find("hashing this code"), std::string::npos) << error_;
}

TEST_F(TermCodec, MutatedCodeNeverDoesHarm) {
  std::mt19937_64 random(11);
  std::vector<Bytes> originals;
  for (const char* program : kPrograms) originals.push_back(encoded(*code(program)));
  int good = 0;
  for (int i = 0; i < 10'000; ++i) {
    Bytes bytes = originals[random() % originals.size()];
    for (std::uint64_t changes = 1 + random() % 3; changes > 0; --changes)
      bytes[random() % bytes.size()] = static_cast<char>(random() % (random() % 2 == 0 ? 256 : 16));
    if (const lang::Term* term = back(bytes)) {
      ++good;
      (void)lang::hash_term(*term);
    }
  }
  EXPECT_GT(good, 0);
}

}  // namespace
}  // namespace roost::runtime
