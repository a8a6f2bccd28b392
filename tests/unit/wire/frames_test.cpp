// SPDX-License-Identifier: MIT
// Frames: what is written is read back, PROTOCOL.md shows the true bytes, and nothing but the one form is accepted.

#include "worker/wire/frames.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>

#include "tests/unit/wire/frame_samples.h"

namespace roost::wire {
namespace {

BytesView body_of(const Bytes& frame) { return BytesView(frame).substr(4); }

std::string hex_of(BytesView bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char each : bytes) {
    const auto byte = static_cast<unsigned char>(each);
    if (!text.empty()) text += ' ';
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

// The examples of PROTOCOL.md: a line "Example: NAME", then lines of hex digits up to the next line that is neither.
std::map<std::string, std::string> documented_examples() {
  std::ifstream file("worker/wire/PROTOCOL.md");
  std::map<std::string, std::string> examples;
  std::string line, name;
  while (std::getline(file, line)) {
    constexpr std::string_view kMark = "Example: ";
    if (line.starts_with(kMark)) {
      name = line.substr(kMark.size());
    } else if (!name.empty() && line.starts_with("    ")) {
      std::istringstream words(line);
      for (std::string word; words >> word;) examples[name] += (examples[name].empty() ? "" : " ") + word;
    } else if (!line.empty()) {
      name.clear();
    }
  }
  return examples;
}

std::map<std::string, Bytes> encoded_samples() {
  std::map<std::string, Bytes> encoded;
  for (const auto& [name, frame] : to_worker_samples()) encoded[name] = encode(frame);
  for (const auto& [name, frame] : from_worker_samples()) encoded[name] = encode(frame);
  return encoded;
}

TEST(Frames, AreReadBackAsTheyWereWritten) {
  for (const auto& [name, frame] : to_worker_samples()) {
    const auto decoded = decode_to_worker(body_of(encode(frame)));
    ASSERT_TRUE(decoded.ok()) << name << ": " << decoded.error().what;
    EXPECT_TRUE(decoded.value() == frame) << name;
  }
  for (const auto& [name, frame] : from_worker_samples()) {
    const auto decoded = decode_from_worker(body_of(encode(frame)));
    ASSERT_TRUE(decoded.ok()) << name << ": " << decoded.error().what;
    EXPECT_TRUE(decoded.value() == frame) << name;
  }
}

TEST(Frames, SamplesCoverEveryType) {
  std::vector<bool> to_worker(std::variant_size_v<ToWorker>), from_worker(std::variant_size_v<FromWorker>);
  for (const auto& [name, frame] : to_worker_samples()) to_worker[frame.index()] = true;
  for (const auto& [name, frame] : from_worker_samples()) from_worker[frame.index()] = true;
  EXPECT_EQ(std::count(to_worker.begin(), to_worker.end(), false), 0);
  EXPECT_EQ(std::count(from_worker.begin(), from_worker.end(), false), 0);
}

TEST(Frames, ProtocolDocumentShowsTheBytesThatAreWritten) {
  const auto documented = documented_examples();
  for (const auto& [name, bytes] : encoded_samples()) {
    const auto example = documented.find(name);
    ASSERT_NE(example, documented.end()) << "PROTOCOL.md lacks an example of " << name << ": " << hex_of(bytes);
    EXPECT_EQ(example->second, hex_of(bytes)) << name;
  }
  EXPECT_EQ(documented.size(), encoded_samples().size()) << "PROTOCOL.md has an example that no test knows";
}

TEST(Frames, EveryTruncationIsRefused) {
  for (const auto& [name, frame] : encoded_samples()) {
    const BytesView body = body_of(frame);
    for (std::size_t length = 0; length < body.size(); ++length) {
      EXPECT_FALSE(decode_to_worker(body.substr(0, length)).ok()) << name << " cut to " << length;
      EXPECT_FALSE(decode_from_worker(body.substr(0, length)).ok()) << name << " cut to " << length;
    }
  }
}

TEST(Frames, BytesAfterTheEndAreRefused) {
  for (const auto& [name, frame] : encoded_samples()) {
    const Bytes longer = Bytes(body_of(frame)) + '\0';
    EXPECT_FALSE(decode_to_worker(longer).ok()) << name;
    EXPECT_FALSE(decode_from_worker(longer).ok()) << name;
  }
}

// Whatever is accepted is the one encoding of what it means. Seeded: a failure repeats.
TEST(Frames, AcceptedMutationsAreCanonical) {
  std::mt19937_64 random(20260401);
  for (const auto& [name, frame] : encoded_samples()) {
    for (int round = 0; round < 4000; ++round) {
      Bytes body(body_of(frame));
      for (std::uint64_t changes = 1 + random() % 3; changes > 0; --changes) {
        body[random() % body.size()] = static_cast<char>(random());
      }
      if (const auto decoded = decode_to_worker(body); decoded.ok()) {
        EXPECT_EQ(hex_of(body_of(encode(decoded.value()))), hex_of(body)) << name;
      }
      if (const auto decoded = decode_from_worker(body); decoded.ok()) {
        EXPECT_EQ(hex_of(body_of(encode(decoded.value()))), hex_of(body)) << name;
      }
    }
  }
}

std::string refusal_of(const FromWorker& frame) {
  const auto decoded = decode_from_worker(body_of(encode(frame)));
  return decoded.ok() ? "accepted" : decoded.error().what;
}

std::string refusal_of_order(const ToWorker& frame) {
  const auto decoded = decode_to_worker(body_of(encode(frame)));
  return decoded.ok() ? "accepted" : decoded.error().what;
}

TEST(Frames, FieldsAreHeldToTheirLimits) {
  const Bytes token(kTokenBytes, 't');
  EXPECT_NE(refusal_of(Write{WriteKind::Insert, "short", "h", "", ""}).find("token has 5 bytes"), std::string::npos);
  EXPECT_NE(refusal_of(Write{WriteKind::Insert, token, "", "", ""}).find("key_hash has 0"), std::string::npos);
  EXPECT_EQ(refusal_of(Write{WriteKind::Insert, token, Bytes(255, 'h'), "", ""}), "accepted");
  EXPECT_NE(refusal_of(Write{WriteKind::Insert, token, Bytes(256, 'h'), "", ""}).find("key_hash"), std::string::npos);
  EXPECT_NE(refusal_of(Write{WriteKind::Delete, token, "h", "k", ""}).find("key has 1"), std::string::npos);
  EXPECT_NE(refusal_of(Read{1, ReadKind::First, token, "h"}).find("key_hash"), std::string::npos);
  EXPECT_NE(refusal_of(Read{1, ReadKind::After, token, ""}).find("key_hash"), std::string::npos);
  EXPECT_NE(refusal_of(Reserve{0}).find("nothing"), std::string::npos);
  EXPECT_EQ(refusal_of(Reserve{4096}), "accepted");
  EXPECT_NE(refusal_of(Reserve{4097}).find("4097"), std::string::npos);
  EXPECT_NE(refusal_of(Ready{kProtocolVersion + 1}).find("protocol version 3"), std::string::npos);
  EXPECT_NE(refusal_of(Define{{}, ""}).find("definition has 0"), std::string::npos);
  EXPECT_NE(refusal_of(Attempt{0, {}}).find("without a number"), std::string::npos);
  EXPECT_NE(refusal_of(Return{{500, 7, Format::Text}, "v"}).find("nobody that attempts"), std::string::npos);
  EXPECT_NE(refusal_of(Return{{0, 7, Format::Value}, "v"}).find("nobody that attempts"), std::string::npos);
  EXPECT_NE(refusal_of(Answer{{500, 7, Format::Value}, "v"}).find("a value is to go to"), std::string::npos);
  EXPECT_EQ(refusal_of(Answer{{500, 7, Format::Value}, Failure{}}), "accepted");
  EXPECT_NE(refusal_of(Log{0, LogLevel::Debug, "\xff"}).find("UTF-8"), std::string::npos);
  EXPECT_NE(refusal_of(Send{{}, std::string(kHostBytesMax + 1, 'h'), {}, ""}).find("host has 260 bytes"), std::string::npos);
  EXPECT_EQ(refusal_of(Send{{}, std::string(kHostBytesMax, 'h'), {}, ""}), "accepted");
  EXPECT_NE(refusal_of_order(ReadResult{1, true, {{"b", "", ""}, {"a", "", ""}}}).find("ascending"), std::string::npos);
  EXPECT_NE(refusal_of_order(ReadResult{1, false, {{"b", "", ""}}}).find("failed read"), std::string::npos);
}

TEST(Frames, ManyNamesAreCutToTheLimit) {
  Failure failure;
  failure.names.assign(kFailureNamesMax + 5, "x");
  const auto decoded = decode_from_worker(body_of(encode(FromWorker(Answer{{}, failure}))));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(std::get<Failure>(std::get<Answer>(decoded.value()).outcome).names.size(), kFailureNamesMax);
}

TEST(FrameSplitter, GivesTheSameFramesHoweverTheBytesArrive) {
  Bytes stream;
  for (const auto& [name, frame] : from_worker_samples()) encode_to(stream, frame);
  for (const std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{7}, std::size_t{100}, stream.size()}) {
    FrameSplitter splitter;
    std::vector<FromWorker> taken;
    for (std::size_t at = 0; at < stream.size(); at += step) {
      splitter.feed(BytesView(stream).substr(at, step));
      for (;;) {
        auto body = splitter.next();
        ASSERT_TRUE(body.ok());
        if (!body.value()) break;
        taken.push_back(std::move(decode_from_worker(*body.value()).value()));
      }
    }
    std::vector<FromWorker> expected;
    for (const auto& [name, frame] : from_worker_samples()) expected.push_back(frame);
    EXPECT_TRUE(taken == expected) << "step " << step;
    EXPECT_EQ(splitter.pending(), 0u);
  }
}

TEST(FrameSplitter, RefusesLengthsBeyondItsLimit) {
  FrameSplitter splitter(100);
  splitter.feed(Bytes("\x65\x00\x00\x00", 4));
  const auto next = splitter.next();
  ASSERT_FALSE(next.ok());
  EXPECT_NE(next.error().what.find("101"), std::string::npos);
}

TEST(FrameSplitter, RefusesAFrameOfNothing) {
  FrameSplitter splitter;
  splitter.feed(Bytes(4, '\0'));
  EXPECT_FALSE(splitter.next().ok());
}

TEST(FrameSplitter, AcceptsAFrameOfTheGreatestLength) {
  FrameSplitter splitter;
  Bytes frame(4 + kFrameBytesMax, 'x');
  frame[0] = frame[1] = frame[2] = 0;
  frame[3] = 1;
  for (std::size_t at = 0; at < frame.size(); at += 65536) splitter.feed(BytesView(frame).substr(at, 65536));
  const auto next = splitter.next();
  ASSERT_TRUE(next.ok() && next.value());
  EXPECT_EQ(next.value()->size(), kFrameBytesMax);
}

}  // namespace
}  // namespace roost::wire
