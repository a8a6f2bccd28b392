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
    EXPECT_TRUE(reads_to_its_end(bytes));
    EXPECT_TRUE(reads_to_its_end(bytes + "more"));
    for (std::size_t length = 0; length < bytes.size(); length += length < 300 ? 1 : 997)
      EXPECT_FALSE(reads_to_its_end(std::string_view(bytes).substr(0, length))) << length;
  }
}

TEST(FastcgiRecords, PaddingBelongsToItsRecord) {
  const std::string bytes = kBegin + kParams + kParamsEnd + kBody + record(5, 1, "", 7);
  EXPECT_TRUE(reads_to_its_end(bytes));
  EXPECT_FALSE(reads_to_its_end(std::string_view(bytes).substr(0, bytes.size() - 1)));
}

TEST(FastcgiRecords, OnlyItsOwnRecordsEndARequest) {
  EXPECT_FALSE(reads_to_its_end(kBegin + kParams + kParamsEnd + kBody + record(5, 2, "")));
  EXPECT_FALSE(reads_to_its_end(kBegin + kParams + record(4, 2, "") + kBodyEnd));
  EXPECT_FALSE(reads_to_its_end(record(1, 0, "12345678") + record(4, 0, "") + record(5, 0, "")));
  EXPECT_FALSE(reads_to_its_end(kParamsEnd + kBodyEnd));
  EXPECT_TRUE(reads_to_its_end(record(9, 0, "") + kBegin + kParams + record(5, 2, "") + kParamsEnd + kBodyEnd));
}

TEST(FastcgiRecords, TheBodyEndsAfterTheParameters) {
  EXPECT_FALSE(reads_to_its_end(kBegin + kParams + kBodyEnd));
  EXPECT_FALSE(reads_to_its_end(kBegin + kParams + kBodyEnd + kParamsEnd));
  EXPECT_TRUE(reads_to_its_end(kBegin + kParams + kParamsEnd + kBodyEnd));
}

TEST(FastcgiRecords, AnotherVersionIsRefusedByAWholeHeader) {   // libfcgi reads one before it looks at it
  EXPECT_TRUE(reads_to_its_end("GET / HT"));
  EXPECT_FALSE(reads_to_its_end("GET / H"));
  EXPECT_TRUE(reads_to_its_end(kBegin + kParams + std::string("\2\0\0\0\0\0\0\0", 8)));
  EXPECT_FALSE(reads_to_its_end(kBegin + kParams + "\2"));
  EXPECT_FALSE(reads_to_its_end(kBegin + kParams + "\1"));
}

}  // namespace
}  // namespace roost::front
