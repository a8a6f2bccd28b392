// SPDX-License-Identifier: MIT
#include "backend/front/fastcgi_records.h"

#include <gtest/gtest.h>

#include "tests/unit/backend/fastcgi_client.h"

namespace roost::front {
namespace {

std::string record(int type, int request, const std::string& content, int padding = 0) {
  const auto byte = [](std::size_t value) { return static_cast<char>(value & 255); };
  return std::string{1, static_cast<char>(type), 0, static_cast<char>(request), byte(content.size() >> 8), byte(content.size()),
                     static_cast<char>(padding), 0} +
         content + std::string(static_cast<std::size_t>(padding), '\0');
}

const std::string kBegin = record(1, 1, std::string("\0\1\0\0\0\0\0\0", 8));
const std::string kParams = record(4, 1, "\1\1ab", 5), kParamsEnd = record(4, 1, "");
const std::string kBody = record(5, 1, "body", 3), kBodyEnd = record(5, 1, "");

TEST(FastcgiRecords, ARequestIsWholeWithItsLastByteAndNotBefore) {
  for (const std::string& body : {std::string{}, std::string("1 + 1"), std::string(100'000, 'x')}) {
    const std::string bytes = FastcgiClient::request("POST", "/", body);
    EXPECT_EQ(extent_of(bytes), Extent::Whole);
    EXPECT_EQ(extent_of(bytes + "more"), Extent::Whole);
    for (std::size_t length = 0; length < bytes.size(); length += length < 300 ? 1 : 997)
      EXPECT_EQ(extent_of(std::string_view(bytes).substr(0, length)), Extent::Part) << length;
  }
}

TEST(FastcgiRecords, PaddingBelongsToItsRecord) {
  const std::string bytes = kBegin + kParams + kParamsEnd + kBody + record(5, 1, "", 7);
  EXPECT_EQ(extent_of(bytes), Extent::Whole);
  EXPECT_EQ(extent_of(std::string_view(bytes).substr(0, bytes.size() - 1)), Extent::Part);
}

TEST(FastcgiRecords, OnlyItsOwnRecordsEndARequest) {
  EXPECT_EQ(extent_of(kBegin + kParams + kParamsEnd + kBody + record(5, 2, "")), Extent::Part);
  EXPECT_EQ(extent_of(kBegin + kParams + record(4, 2, "") + kBodyEnd), Extent::Part);
  EXPECT_EQ(extent_of(kParamsEnd + kBodyEnd), Extent::Part);
  EXPECT_EQ(extent_of(kBegin + kParams + record(5, 2, "") + kParamsEnd + kBodyEnd), Extent::Whole);
}

TEST(FastcgiRecords, TheBodyEndsAfterTheParameters) {
  EXPECT_EQ(extent_of(kBegin + kParams + kBodyEnd), Extent::Part);
  EXPECT_EQ(extent_of(kBegin + kParams + kBodyEnd + kParamsEnd), Extent::Part);
  EXPECT_EQ(extent_of(kBegin + kParams + kParamsEnd + kBodyEnd), Extent::Whole);
}

TEST(FastcgiRecords, AnotherVersionIsForeignFromAWholeHeaderOn) {
  EXPECT_EQ(extent_of("GET / HT"), Extent::Foreign);
  EXPECT_EQ(extent_of("GET / H"), Extent::Part);
  EXPECT_EQ(extent_of(kBegin + kParams + std::string("\2\0\0\0\0\0\0\0", 8)), Extent::Foreign);
  EXPECT_EQ(extent_of(kBegin + kParams + "\2"), Extent::Part);
  EXPECT_EQ(extent_of(kBegin + kParams + kParamsEnd + kBodyEnd + "GET / HT"), Extent::Whole);
}

TEST(FastcgiRecords, PaddingThatLibfcgiForgetsIsForeign) {
  const std::string body(8, '\0');
  EXPECT_EQ(extent_of(record(1, 1, body, 8) + kParams + kParamsEnd + kBodyEnd), Extent::Foreign);
  EXPECT_EQ(extent_of(kBegin + kParams + record(4, 1, "", 1) + kBodyEnd), Extent::Foreign);
  EXPECT_EQ(extent_of(kBegin + record(1, 2, body, 8) + record(4, 2, "", 8) + kParamsEnd + kBodyEnd), Extent::Whole);   // another request's
}

TEST(FastcgiRecords, ARecordOfNoRequestIsForeign) {
  EXPECT_EQ(extent_of(record(9, 0, "")), Extent::Foreign);
  EXPECT_EQ(extent_of(kBegin + kParams + record(9, 0, "\1")), Extent::Foreign);
  EXPECT_EQ(extent_of(record(1, 0, "12345678") + kParamsEnd), Extent::Foreign);
}

}  // namespace
}  // namespace roost::front
