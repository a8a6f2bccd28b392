// SPDX-License-Identifier: MIT
#include "worker/runtime/codec.h"

#include <random>

#include "tests/unit/runtime/builtin_bench.h"
#include "worker/lang/hash.h"
#include "worker/runtime/value_hash.h"

namespace roost::runtime {
namespace {

// Stands in for the machine: one definition is known, and one function, which is a tuple of its name and what it captured.
class FakeMachine final : public FunctionMaker, public FunctionNamer {
 public:
  FakeMachine() : definition_(make_text("the definition")) { known_.fill(1); }

  const Value* definition(const lang::Hash& hash) override { return hash == known_ ? &definition_ : nullptr; }
  Result<Value, std::string> make_function(const lang::Hash& hash, std::span<const Value> captures) override {
    if (hash != known_) return Refused{std::string("there is no such function")};
    return make_tuple(make_text(lang::base64url(view_of(hash))), make_vector(captures));
  }
  const lang::Hash& name_of(const FunctionParts&) override { return known_; }
  void will_need(const lang::Hash&) override {}
  void charge(std::uint64_t work) override { charged += work; }
  std::uint64_t charged = 0;

 private:
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
    const Bytes bytes = encode_value(value, *machine_);
    const auto back = decode_value(bytes, *machine_);
    ASSERT_TRUE(back.ok()) << back.error().what;
    EXPECT_EQ(show(back.value()), show(value));
    EXPECT_EQ(hash_key_of(context_, back.value()), hash_key_of(context_, value));
    EXPECT_EQ(encode_value(back.value(), *machine_), bytes);
  }
  Value random_value(std::mt19937_64& random, int depth);
  Value random_remote(std::mt19937_64& random, int depth);

  std::unique_ptr<FakeMachine> machine_ = std::make_unique<FakeMachine>();
};

Value Codec::random_remote(std::mt19937_64& random, int depth) {
  const Value channel = make_channel(std::string(48, static_cast<char>(random() % 256)).append("host"));   // GCC 12 misreads `+`
  const auto step = static_cast<Step>(random() % kSteps);
  Value first, second;
  switch (step) {
    case Step::At: first = make_node("h:1", PublicKey{}), second = random_value(random, depth); break;
    case Step::Pure: first = random_value(random, depth); break;
    case Step::Sleep: first = n(1); break;
    case Step::Fork:
    case Step::Attempt: first = random_remote(random, depth - 1); break;
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
  EXPECT_LE(encode_value(v(items), *machine_).size(), 8'000u + 8);
}

TEST_F(Codec, WhatIsSharedIsWrittenOnceAndSharedAgain) {
  const Value text = t(std::string(1000, 'x'));
  const Bytes bytes = encode_value(v({text, text, some(text)}), *machine_);
  EXPECT_LT(bytes.size(), 1'100u);
  const auto back = decode_value(bytes, *machine_);
  ASSERT_TRUE(back.ok());
  EXPECT_TRUE(back.value().as_vector()->items()[0].same(back.value().as_vector()->items()[1]));
}

TEST_F(Codec, SharingThatUnfoldsWithoutEndStaysSmall) {
  Value doubled = n(1);
  for (int i = 0; i < 1000; ++i) doubled = make_pair(doubled, doubled);
  const Bytes bytes = encode_value(doubled, *machine_);
  EXPECT_LT(bytes.size(), 12'000u);
  EXPECT_TRUE(decode_value(bytes, *machine_).ok());
}

TEST_F(Codec, DepthNeedsNoStack) {
  Value deep = b(B::Unit);
  for (int i = 0; i < 100'000; ++i) deep = make_pair(n(1), std::move(deep));
  const Bytes bytes = encode_value(deep, *machine_);
  const auto back = decode_value(bytes, *machine_);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(encode_value(back.value(), *machine_), bytes);
}

TEST_F(Codec, BothWalksAreCharged) {
  const Value blanks = v(std::vector<Value>(100'000, Value::blank()));
  (void)encode_value(blanks, *machine_);
  const std::uint64_t once = machine_->charged;
  EXPECT_GE(once, 1'000'000u);
  const Value shared = v(std::vector<Value>(100'000, blanks));   // looks at 100,000 parts of one object more
  (void)encode_value(shared, *machine_);
  EXPECT_NEAR(static_cast<double>(machine_->charged - once), 2.0 * static_cast<double>(once), 0.1 * static_cast<double>(once));
}

TEST_F(Codec, WhatDoesNotFitAMessageFails) {
  EXPECT_THROW((void)encode_value(t(std::string(kEncodedBytesMax, 'x')), *machine_), Crash);
  EXPECT_NO_THROW((void)encode_value(t(std::string(kEncodedBytesMax - 100, 'x')), *machine_));
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

TEST_F(Codec, ALongNameIsCutBetweenCharacters) {   // an error is text
  Bytes bytes("\x01\x04\x00\x52", 4);
  bytes += std::string(79, 'x') + "ßß" + "y";
  bytes[3] = static_cast<char>(79 + 4 + 1);
  EXPECT_EQ(decoded(bytes), "✗ at byte 88: no builtin is called `" + std::string(79, 'x') + "`");
}

TEST_F(Codec, AnUnknownDefinitionIsNamedByItsHash) {
  const Bytes unknown = std::string("\x01\x0a\x00", 3) + std::string(64, '\2');
  EXPECT_NE(decoded(unknown).find("no definition with the hash AgIC"), std::string::npos);
  const Bytes known = std::string("\x01\x0a\x00", 3) + std::string(64, '\1');
  EXPECT_EQ(decoded(known), "\"the definition\"");
}

TEST_F(Codec, AFunctionIsItsNameAndWhatItCaptured) {
  const Bytes known = std::string("\x01\x06\x12\x00", 4) + std::string(64, '\1') + "\x01";   // blank; function with one value
  EXPECT_NE(decoded(known).find("[_]"), std::string::npos) << decoded(known);
  const Bytes unknown = std::string("\x01\x12\x00", 3) + std::string(64, '\2') + std::string(1, '\0');
  EXPECT_NE(decoded(unknown).find("there is no such function"), std::string::npos);
  const Bytes starved = std::string("\x01\x12\x00", 3) + std::string(64, '\1') + "\x01";
  EXPECT_NE(decoded(starved).find("1 values are needed, 0 are there"), std::string::npos);
}

TEST_F(Codec, CodeIsNotTaken) {   // as it was written before there was a code store
  EXPECT_EQ(decoded(std::string("\x01\x08\x00\x00\x08\x00\x01x\x00\x00\x01", 11)), "✗ at byte 2: there is no operation 8");
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
    Bytes bytes = encode_value(random_value(random, 4), *machine_);
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

}  // namespace
}  // namespace roost::runtime
