// SPDX-License-Identifier: MIT
#include "worker/lang/definition_codec.h"

#include <gtest/gtest.h>

#include <random>

#include "worker/lang/codec_bytes.h"
#include "worker/lang/parser.h"
#include "worker/lang/print.h"
#include "worker/lang/resolve.h"

namespace roost::lang {
namespace {

class DefinitionCodec : public ::testing::Test {
 protected:
  const Term* term(std::string_view source) {
    const auto parsed = parse_program(arena_, source);
    EXPECT_TRUE(parsed.ok()) << parsed.error().message();
    const auto resolved = resolve(arena_, parsed.value(), names_);
    EXPECT_TRUE(resolved.ok()) << resolved.error().message();
    return resolved.value();
  }
  // The term that comes back, or null with the error in error_.
  const Term* back(BytesView bytes, std::size_t memory_bytes_max = kDefinitionMemoryMax) {
    const auto decoded = decode_definition(arena_, bytes, memory_bytes_max);
    error_ = decoded.ok() ? DefinitionError{} : decoded.error();
    return decoded.ok() ? decoded.value() : nullptr;
  }
  Arena arena_;
  Names names_;
  DefinitionError error_;
};

constexpr const char* kPrograms[] = {
    "x -> x", "x y -> x", "x -> [x, 1, \"two\", _]", "x -> let y = x; z = y; (y, z);;",
    "x -> let rec f a = g a; g a = f (a + 1); f x;;", "x -> (x : ∀ a . Vector a -> Either a Text)",
    "x -> if x then 1 else 2", "f -> do Remote a := f 1; pure a;;", "x -> (y -> (z -> x + y * z))",
    "3", "Some 3", "let rec f a = f a; f;;",
};

TEST_F(DefinitionCodec, ADefinitionKeepsItsHash) {
  for (const char* program : kPrograms) {
    const Term* defined = term(program);
    const Bytes bytes = encode_definition(*defined);
    const Term* again = back(bytes);
    ASSERT_NE(again, nullptr) << program << ": " << error_.what;
    EXPECT_EQ(hash_term(*again), hash_term(*defined)) << program;
    EXPECT_EQ(encode_definition(*again), bytes) << program;
    EXPECT_EQ(check_definition(hash_term(*defined), bytes), "") << program;
  }
}

TEST_F(DefinitionCodec, WhatIsNotItsNameIsToldSo) {
  const Bytes bytes = encode_definition(*term("x -> x"));
  const Hash other = hash_term(*term("x -> 1"));
  EXPECT_NE(check_definition(other, bytes).find("not to its name " + base64url(view_of(other))), std::string::npos);
  EXPECT_NE(check_definition(other, "\x01").find("cannot be read"), std::string::npos);
}

// `b = a` has the hash of `a`: whoever could store it could keep any definition out.
TEST_F(DefinitionCodec, AMereReferenceIsNoDefinition) {
  const Hash hash = hash_term(*term("x -> x"));
  ASSERT_TRUE(names_.add("peel", hash));
  EXPECT_NE(check_definition(hash, encode_definition(*term("peel"))).find("nothing but a reference"), std::string::npos);
  EXPECT_EQ(check_definition(hash_term(*term("x -> peel")), encode_definition(*term("x -> peel"))), "");
}

// ---- lifting

TEST_F(DefinitionCodec, CapturedVariablesBecomeParametersInFront) {
  // The inner function of `a b c -> (x -> [x, c, a])` captures a and c; lifted it is `a c x -> [x, c, a]`.
  const Term* inner = term("a b c -> (x -> [x, c, a])")->left->left->left;
  const std::uint32_t outside[] = {0, 2};
  const LiftedFunction function{inner, outside};
  const Term* lifted = term("a c x -> [x, c, a]");
  EXPECT_EQ(hash_lifted(function), hash_term(*lifted));
  const Term* again = back(encode_definition(function));
  ASSERT_NE(again, nullptr) << error_.what;
  EXPECT_EQ(hash_term(*again), hash_term(*lifted));
  EXPECT_EQ(again->text, "a");   // names are kept for display
  EXPECT_EQ(again->left->text, "c");
}

TEST_F(DefinitionCodec, WhereAFunctionIsMadeDoesNotMatter) {
  const Term* near = term("a b -> (x -> a)")->left->left;
  const Term* far = term("a b c -> (x -> b)")->left->left->left;
  const std::uint32_t from_near[] = {1}, from_far[] = {1};
  EXPECT_EQ(hash_lifted({near, from_near}), hash_lifted({far, from_far}));
  EXPECT_EQ(hash_lifted({near, from_near}), hash_term(*term("a x -> a")));
}

TEST_F(DefinitionCodec, CapturesUnderFurtherBindersAreFound) {
  const Term* inner = term("a b -> (x -> let rec f = g a; g y = f b; (f, x);;)")->left->left;
  const std::uint32_t outside[] = {0, 1};
  EXPECT_EQ(hash_lifted({inner, outside}), hash_term(*term("a b x -> let rec f = g a; g y = f b; (f, x);;")));
  const Term* again = back(encode_definition(LiftedFunction{inner, outside}));
  ASSERT_NE(again, nullptr) << error_.what;
  EXPECT_EQ(hash_term(*again), hash_lifted({inner, outside}));
}

TEST_F(DefinitionCodec, AMemberOfAGroupStaysOneOfItsItems) {
  Term group = *term("let rec f n = g n; g n = f n; f;;");
  group.right = group.items[1];
  const Term* again = back(encode_definition(group));
  ASSERT_NE(again, nullptr) << error_.what;
  EXPECT_EQ(again->right, again->items[1]);
  EXPECT_EQ(hash_term(*again), hash_term(group));
}

TEST_F(DefinitionCodec, ReferencesAreListedOnceInOrder) {
  Hash first = hash_term(*term("1")), second = hash_term(*term("2"));
  ASSERT_TRUE(names_.add("one", first) && names_.add("two", second));
  EXPECT_EQ(references_of(*term("x -> [two, one, two, let rec f = one; f;;]")), (std::vector<Hash>{second, first}));
  EXPECT_TRUE(references_of(*term("x -> x")).empty());
}

// ---- hostile bytes

TEST_F(DefinitionCodec, RefusalsSayWhatIsWrongAndWhere) {
  const auto said = [&](BytesView bytes) { return back(bytes) ? std::string("fine") : error_.what; };
  using namespace std::string_literals;
  EXPECT_EQ(said(""), "at byte 0: the bytes end too early");
  EXPECT_EQ(said("\x09"), "at byte 1: the version is 9, this container reads 1");
  EXPECT_EQ(said("\x01\x00\x04"s), "fine");   // the blank
  EXPECT_EQ(said("\x01\x00\x04\x04"s), "at byte 3: bytes follow its end");
  EXPECT_EQ(said("\x01\x00\x63"s), "at byte 3: there is no term with the tag 99");
  EXPECT_EQ(said("\x01\x00\x00\x00\x00\x01x"s), "at byte 7: a variable is bound nowhere");
  EXPECT_EQ(said("\x01\xe9\x07"s), "at byte 3: the number of captured variables is 1001, at most 1000 is possible");
  EXPECT_EQ(said("\x01\x00\x0c\x00"s), "at byte 4: a `let rec` binds nothing");
  EXPECT_EQ(said("\x01\x00\x0d\x01\x00\x01" "f\x04\x01"s), "at byte 9: the place of a member in its group is 1, at most 0 is possible");
}

TEST_F(DefinitionCodec, NestingIsBounded) {
  const auto nested = [](std::size_t levels) {   // no captures; lambdas around a blank, one name for all
    Bytes bytes("\1\0\x08\0\1x", 6);
    for (std::size_t i = 1; i < levels; ++i) bytes += "\x08\x01";
    return bytes + "\x04";
  };
  EXPECT_NE(back(nested(kTermDepthMax)), nullptr) << error_.what;
  EXPECT_EQ(back(nested(kTermDepthMax + 2)), nullptr);
  EXPECT_NE(error_.what.find("nested deeper than"), std::string::npos);
}

TEST_F(DefinitionCodec, AFunctionOfTheDeepestNestingWithTheMostCapturesHashes) {
  Bytes bytes("\1", 1);
  bytes += "\xe8\x07";   // 1000 parameters, one name for all
  bytes += std::string("\0\1x", 3);
  for (std::size_t i = 1; i < kLiftedParametersMax; ++i) bytes += "\x01";
  for (std::size_t i = 0; i < kTermDepthMax; ++i) bytes += "\x08\x01";
  bytes += "\x04";
  const Term* deep = back(bytes);
  ASSERT_NE(deep, nullptr) << error_.what;
  EXPECT_EQ(check_definition(hash_term(*deep), bytes), "");
}

// `let rec`s of two, each in the other, around something: hashing visits it 2^levels times.
Bytes in_groups(int levels, const Bytes& innermost) {
  Bytes bytes("\1\0\x08\0\1x", 6);
  for (int i = 0; i < levels; ++i) bytes += "\x0c\x02\x01\x01\x04";
  bytes += innermost;
  return bytes + Bytes(static_cast<std::size_t>(levels), '\4');
}

TEST_F(DefinitionCodec, TheWorkOfHashingIsBounded) {
  EXPECT_EQ(back(in_groups(40, "\4")), nullptr);
  EXPECT_NE(error_.what.find("hashing it would visit"), std::string::npos) << error_.what;
  EXPECT_FALSE(error_.too_large);
}

Bytes varint(std::size_t number) {
  CodecWriter out;
  out.varint(number);
  return out.take();
}

TEST_F(DefinitionCodec, LongTextsAreWorkToo) {
  const Bytes text = "\2" + varint(3'000'000) + Bytes(3'000'000, 'x');
  EXPECT_NE(back(in_groups(3, text)), nullptr) << error_.what;
  EXPECT_EQ(back(in_groups(9, text)), nullptr);
  EXPECT_NE(error_.what.find("hashing it would visit"), std::string::npos) << error_.what;
}

TEST_F(DefinitionCodec, TypesAreWorkToo) {
  Bytes vector = "\x0a" + varint(30);   // of blanks, each annotated with `T -> T -> …`
  for (int i = 0; i < 30; ++i) {
    vector += "\x09\4";
    for (int j = 0; j < 900; ++j) {
      vector += i + j == 0 ? Bytes("\2\1\0\1T", 5) : Bytes("\2\1\2");
    }
    vector += "\1\2";
  }
  EXPECT_NE(back(in_groups(3, vector)), nullptr) << error_.what;
  EXPECT_EQ(back(in_groups(6, vector)), nullptr);
  EXPECT_NE(error_.what.find("hashing it would visit"), std::string::npos) << error_.what;
}

// A name is written once, and then by its number.
TEST_F(DefinitionCodec, LongNamesAreWorkWhereverTheyOccur) {
  const auto types_with_name_of = [](std::size_t size) {
    Bytes bytes = "\x0a" + varint(1000) + "\x09\4\1" + Bytes(1, '\0') + varint(size) + Bytes(size, 'T');
    for (int i = 1; i < 1000; ++i) bytes += "\x09\4\1\2";
    return bytes;
  };
  EXPECT_NE(back(in_groups(0, types_with_name_of(1000))), nullptr) << error_.what;
  EXPECT_EQ(back(in_groups(0, types_with_name_of(1'000'000))), nullptr);
  EXPECT_NE(error_.what.find("hashing it would visit"), std::string::npos) << error_.what;
}

TEST_F(DefinitionCodec, LongNamesOfCapturedVariablesAreWorkToo) {
  Bytes bytes("\1", 1);
  bytes += varint(1000);
  bytes += Bytes(1, '\0') + varint(1'000'000) + Bytes(1'000'000, 'x');
  bytes += Bytes(999, '\1');
  EXPECT_EQ(back(bytes + "\4"), nullptr);
  EXPECT_NE(error_.what.find("hashing it would visit"), std::string::npos) << error_.what;
}

TEST_F(DefinitionCodec, TheMeterHearsOfEveryVisitAndMayEndThem) {
  struct Meter final : HashMeter {
    void spend(std::uint64_t visits) override {
      if ((all += visits) > most) throw all;
    }
    std::uint64_t all = 0, most = 1u << 30;
  } meter;
  const Term* small = term("x -> (2 : Number)");
  EXPECT_EQ(hash_term(*small, &meter), hash_term(*small));
  EXPECT_EQ(meter.all, 4u);
  const Term* large = back(in_groups(16, "\4"));
  ASSERT_NE(large, nullptr) << error_.what;
  meter = {};
  meter.most = 10'000;
  EXPECT_THROW((void)hash_term(*large, &meter), std::uint64_t);
  EXPECT_LT(meter.all, 20'000u);
}

TEST_F(DefinitionCodec, TheNumberOfTermsIsBounded) {
  Bytes bytes("\1\0\x0a\xff\xff\x3f", 6);   // a vector of 2^20 - 1 blanks
  bytes += Bytes((1u << 20) - 1, '\4');
  EXPECT_EQ(back(bytes), nullptr);
  EXPECT_NE(error_.what.find("more than 524288 terms"), std::string::npos) << error_.what;
}

TEST_F(DefinitionCodec, TheMemoryIsBounded) {
  Bytes bytes("\1\0\x0a\xff\xff\x03", 6);   // a vector of 2^16 - 1 blanks
  bytes += Bytes((1u << 16) - 1, '\4');
  EXPECT_EQ(back(bytes, 1u << 20), nullptr);
  EXPECT_TRUE(error_.too_large) << error_.what;
  EXPECT_NE(back(bytes), nullptr) << error_.what;
}

TEST_F(DefinitionCodec, MutatedBytesNeverDoHarm) {
  std::mt19937_64 random(11);
  std::vector<Bytes> originals;
  for (const char* program : kPrograms) originals.push_back(encode_definition(*term(program)));
  int good = 0;
  for (int i = 0; i < 10'000; ++i) {
    Bytes bytes = originals[random() % originals.size()];
    for (std::uint64_t changes = 1 + random() % 3; changes > 0; --changes)
      bytes[random() % bytes.size()] = static_cast<char>(random() % (random() % 2 == 0 ? 256 : 16));
    const Term* read = back(bytes);
    if (!read) continue;
    ++good;
    (void)hash_term(*read);
    (void)references_of(*read);
  }
  EXPECT_GT(good, 0);
}

}  // namespace
}  // namespace roost::lang
