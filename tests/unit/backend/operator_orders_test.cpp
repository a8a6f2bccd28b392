// SPDX-License-Identifier: MIT
#include "backend/front/operator_orders.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "backend/status/status_map.h"

namespace roost::front {
namespace {

using nlohmann::json;

core::NodeRecord record_of(const std::string& body) {
  auto parsed = parse_new_node(body);
  if (const auto* problem = std::get_if<core::Problem>(&parsed)) {
    ADD_FAILURE() << problem->detail;
    return {};
  }
  return std::move(std::get<NewNode>(parsed).record);
}
std::string refusal_of(const std::string& body) {
  const auto parsed = parse_new_node(body);
  const auto* problem = std::get_if<core::Problem>(&parsed);
  return problem == nullptr ? "" : problem->detail;
}

TEST(NewNode, NothingSaidMeansNobodyMayDoAnything) {
  const core::NodeRecord record = record_of("{}");
  EXPECT_EQ(record.access.kind, core::AccessKind::Only);
  EXPECT_TRUE(record.access.only.empty());
  EXPECT_EQ(record.capabilities, 0u);
  EXPECT_EQ(record.budget.nodes, std::nullopt);
}

TEST(NewNode, EveryMemberIsUnderstood) {
  const PublicKey key = public_key_from(std::string(32, 'k'));
  const core::NodeRecord record =
      record_of(R"({"access": "only", "only": [")" + fingerprint_of(key) +
                R"("], "capabilities": ["spawn", "contact-all"], "budget": {"nodes": 1, "awake": 2, "memory_bytes": 3}})");
  EXPECT_EQ(record.access.only, std::vector<PublicKey>{key});
  EXPECT_EQ(record.capabilities, 0b10001u);
  EXPECT_EQ(record.budget.nodes, 1u);
  EXPECT_EQ(record.budget.awake, 2u);
  EXPECT_EQ(record.budget.memory_bytes, 3u);
}

TEST(NewNode, WhatIsWrongIsNamed) {
  EXPECT_NE(refusal_of(R"({"acces": "anyone"})").find("`acces`"), std::string::npos);
  EXPECT_NE(refusal_of(R"({"access": "some"})").find("access"), std::string::npos);
  EXPECT_NE(refusal_of(R"({"only": ["x"]})").find("only"), std::string::npos);
  EXPECT_NE(refusal_of(R"({"access": "anyone", "only": [")" + fingerprint_of({}) + R"("]})"), "");
  EXPECT_NE(refusal_of(R"({"capabilities": ["fly"]})").find("fly"), std::string::npos);
  EXPECT_NE(refusal_of(R"({"budget": {"nodes": -1}})").find("nodes"), std::string::npos);
  EXPECT_NE(refusal_of(R"({"budget": {"node": 1}})").find("`node`"), std::string::npos);
  EXPECT_NE(refusal_of("[]"), "");
  EXPECT_NE(refusal_of("{"), "");
}

TEST(NewNode, NestingWithoutEndIsRefusedAndHarmless) {
  EXPECT_NE(refusal_of(std::string(1 << 20, '[')), "");
  EXPECT_NE(refusal_of("{\"only\": " + std::string(500'000, '[') + std::string(500'000, ']') + "}"), "");
}

class NodeList : public testing::Test {
 protected:
  NodeList() {
    for (std::uint32_t i = 0; i < 20; ++i) {
      core::NodeStatus status;
      status.slot = i;
      status.key.bytes.fill(static_cast<std::uint8_t>(13 * i + 1));
      if (i >= 10) status.parent = parent_;
      status.state = i % 2 == 0 ? core::NodeState::Asleep : core::NodeState::Idle;
      map_.publish(status);
    }
    reader_ = status::MapReader::open(name_).value().release();
  }
  ~NodeList() override { delete reader_; }

  json page(const std::string& query) {
    const Response response = list_nodes(*reader_, query, {});
    return json::parse(response.body);
  }

  const PublicKey parent_ = public_key_from(std::string(32, 'p'));
  const std::string name_ = "/roost-node-list-test-" + std::to_string(getpid());
  status::StatusMap map_{name_, 32, "h"};
  status::MapReader* reader_ = nullptr;
};

TEST_F(NodeList, PagesFollowEachOtherInTheOrderOfFingerprints) {
  std::vector<std::string> seen;
  std::string after;
  for (int pages = 0; pages < 10; ++pages) {
    const json answer = page("limit=3&after=" + after);
    for (const json& node : answer["nodes"]) seen.push_back(node["fingerprint"]);
    if (!answer.contains("next")) break;
    after = answer["next"];
  }
  EXPECT_EQ(seen.size(), 20u);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST_F(NodeList, StateAndParentChoose) {
  EXPECT_EQ(page("state=idle")["nodes"].size(), 10u);
  EXPECT_EQ(page("parent=" + fingerprint_of(parent_))["nodes"].size(), 10u);
  EXPECT_EQ(page("state=idle&parent=" + fingerprint_of(parent_))["nodes"].size(), 5u);
}

TEST_F(NodeList, AnswersThatCannotBeRightAreRefused) {
  for (const char* query : {"limit=0", "limit=x", "limit=99999999", "parent=abc", "state=tired", "sort=up"})
    EXPECT_EQ(list_nodes(*reader_, query, {}).status, 400) << query;
}

}  // namespace
}  // namespace roost::front
