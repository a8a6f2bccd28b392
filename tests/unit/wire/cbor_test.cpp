// SPDX-License-Identifier: MIT
#include "worker/wire/cbor.h"

#include <gtest/gtest.h>

namespace roost::cbor {
namespace {

Bytes written(std::uint64_t value) {
  Bytes out;
  Writer(out).unsigned_integer(value);
  return out;
}

// From RFC 8949, appendix A.
TEST(Cbor, WritesNumbersInTheirShortestForm) {
  EXPECT_EQ(written(0), Bytes("\x00", 1));
  EXPECT_EQ(written(23), "\x17");
  EXPECT_EQ(written(24), "\x18\x18");
  EXPECT_EQ(written(100), "\x18\x64");
  EXPECT_EQ(written(1000), "\x19\x03\xe8");
  EXPECT_EQ(written(1000000), Bytes("\x1a\x00\x0f\x42\x40", 5));
  EXPECT_EQ(written(1000000000000), Bytes("\x1b\x00\x00\x00\xe8\xd4\xa5\x10\x00", 9));
  EXPECT_EQ(written(18446744073709551615u), "\x1b\xff\xff\xff\xff\xff\xff\xff\xff");
}

TEST(Cbor, ReadsBackEveryWidth) {
  for (unsigned bit = 0; bit < 64; ++bit) {
    for (const std::uint64_t value : {(std::uint64_t{1} << bit) - 1, std::uint64_t{1} << bit}) {
      const Bytes bytes = written(value);
      Reader reader(bytes);
      EXPECT_EQ(reader.unsigned_integer(), value);
      EXPECT_TRUE(reader.at_end() && !reader.failed());
    }
  }
}

bool refuses_number(BytesView bytes) {
  Reader reader(bytes);
  (void)reader.unsigned_integer();
  return reader.failed();
}

TEST(Cbor, RefusesLongerForms) {
  EXPECT_TRUE(refuses_number("\x18\x17"));
  EXPECT_TRUE(refuses_number(Bytes("\x19\x00\xff", 3)));
  EXPECT_TRUE(refuses_number(Bytes("\x1a\x00\x00\xff\xff", 5)));
  EXPECT_TRUE(refuses_number(Bytes("\x1b\x00\x00\x00\x00\xff\xff\xff\xff", 9)));
  EXPECT_TRUE(refuses_number("\x1c"));
  EXPECT_TRUE(refuses_number("\x1f"));
}

TEST(Cbor, RefusesIndefiniteLengths) {
  Reader text("\x7f\x61\x61\xff");
  EXPECT_EQ(text.text(), "");
  EXPECT_TRUE(text.failed());
}

TEST(Cbor, RefusesLengthsBeyondTheInput) {
  Reader text("\x7b\xff\xff\xff\xff\xff\xff\xff\xff");
  EXPECT_EQ(text.text(), "");
  EXPECT_TRUE(text.failed());
  Reader array("\x9a\x00\xff\xff\xff");
  EXPECT_EQ(array.array(), 0u);
  EXPECT_TRUE(array.failed());
}

TEST(Cbor, StaysFailedAfterTheFirstFault) {
  Reader reader("\x61\xff\x01");
  EXPECT_EQ(reader.text(), "");
  const std::string first = reader.error();
  EXPECT_EQ(reader.unsigned_integer(), 0u);
  EXPECT_EQ(reader.error(), first);
}

TEST(Cbor, KnowsUtf8) {
  EXPECT_TRUE(is_utf8("plain, longer than eight"));
  EXPECT_TRUE(is_utf8("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\xa6\x89"));
  EXPECT_TRUE(is_utf8("\xf4\x8f\xbf\xbf"));
  for (const char* bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3", "\xe2\x82", "abcdefgh\xff", "\xc3("}) {
    EXPECT_FALSE(is_utf8(bad)) << bad;
  }
}

}  // namespace
}  // namespace roost::cbor
