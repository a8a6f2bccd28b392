// SPDX-License-Identifier: MIT
#include "backend/front/response.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace roost::front {
namespace {

using nlohmann::json;

const PublicKey kKey = public_key_from(std::string(32, 'k'));

RequestFacts facts() {
  RequestFacts facts;
  facts.instance = "abc";
  facts.host = "example.org";
  return facts;
}
Response value(const std::string& content, wire::Format format, std::vector<std::string> debug, const RequestFacts& of) {
  core::Answer answer;
  answer.content = core::Value{content, std::move(debug), format};
  return response_of(answer, of);
}
bool has_line(const Response& response, const std::string& line) { return response.headers.find(line + "\r\n") != std::string::npos; }

core::Problem full_problem() {
  core::Problem problem;
  problem.kind = core::ProblemKind::MailboxFull;
  problem.detail = "mailbox \"x\" is\nfull";
  problem.node = kKey;
  problem.definition = "f";
  problem.line = 3;
  problem.column = 4;
  problem.names = {"a", "b"};
  problem.limit = "4";
  problem.value = "5";
  problem.setting = "mailbox_max";
  problem.retry_after_s = 2;
  return problem;
}

TEST(ProblemDocument, HasAllItsMembers) {
  const Response response = problem_response(full_problem(), facts());
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(response.status, 429);
  EXPECT_TRUE(has_line(response, "Retry-After: 2"));
  const json document = json::parse(response.body);
  EXPECT_EQ(document["type"], "/-/problems#mailbox-full");
  EXPECT_EQ(document["status"], 429);
  EXPECT_EQ(document["detail"], "mailbox \"x\" is\nfull");
  EXPECT_EQ(document["instance"], "/-/requests/abc");
  EXPECT_EQ(document["retryable"], true);
  EXPECT_EQ(document["node"], fingerprint_of(kKey));
  EXPECT_EQ(document["definition"], "f");
  EXPECT_EQ(document["line"], 3);
  EXPECT_EQ(document["column"], 4);
  EXPECT_EQ(document["names"], json({"a", "b"}));
  EXPECT_EQ(document["limit"], "4");
  EXPECT_EQ(document["value"], "5");
  EXPECT_EQ(document["setting"], "mailbox_max");
}

TEST(ProblemDocument, LeavesOutWhatIsNotKnown) {
  core::Problem problem;
  problem.kind = core::ProblemKind::UnknownNode;
  const json document = json::parse(problem_response(problem, facts()).body);
  for (const char* name : {"node", "definition", "line", "column", "names", "expected", "limit", "value", "setting"})
    EXPECT_FALSE(document.contains(name)) << name;
}

TEST(ProblemDocument, ASyntaxErrorsNamesAreWhatWasExpected) {
  core::Problem problem;
  problem.kind = core::ProblemKind::SyntaxError;
  problem.names = {"a term"};
  EXPECT_EQ(json::parse(problem_response(problem, facts()).body)["expected"], json({"a term"}));
}

TEST(ProblemDocument, TextThatIsNotUtf8IsShownWithReplacements) {
  core::Problem problem;
  problem.detail = "bad \xff byte \x01";
  const json document = json::parse(problem_response(problem, facts()).body);
  EXPECT_EQ(document["detail"], "bad \xef\xbf\xbd byte \x01");
}

TEST(ProblemDocument, EveryKindHasAStatusAndAName) {
  for (std::size_t i = 0; i < core::kProblemKinds; ++i) {
    core::Problem problem;
    problem.kind = static_cast<core::ProblemKind>(i);
    const Response response = problem_response(problem, facts());
    EXPECT_GE(response.status, 400);
    EXPECT_EQ(cgi_text(response, false).find("Status: " + std::to_string(response.status) + " Status"), std::string::npos)
        << response.status << " has no reason phrase";
  }
}

TEST(ValueAnswer, TextEndsWithALine) {
  const Response response = value("[1, 2]", wire::Format::Text, {}, facts());
  EXPECT_EQ(response.content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(response.body, "[1, 2]\n");
}

TEST(ValueAnswer, DebugLinesComeBeforeTheText) {
  RequestFacts asked = facts();
  asked.debug = true;
  const Response response = value("7", wire::Format::Text, {"seen: 7", "again"}, asked);
  EXPECT_EQ(response.body, "seen: 7\nagain\n7\n");
  EXPECT_TRUE(has_line(response, "Preference-Applied: debug"));
}

TEST(ValueAnswer, DebugLinesComeBesideTheJson) {
  RequestFacts asked = facts();
  asked.debug = true;
  asked.wait = std::chrono::seconds(3);
  const Response response = value("[1,{\"a\":2}]", wire::Format::Json, {"say \"hi\""}, asked);
  EXPECT_EQ(json::parse(response.body), (json{{"value", {1, {{"a", 2}}}}, {"debug", {"say \"hi\""}}}));
  EXPECT_TRUE(has_line(response, "Preference-Applied: debug, wait=3"));
}

TEST(ValueAnswer, JsonIsGivenAsItIs) {
  const Response response = value("{\"a\":1.50}", wire::Format::Json, {}, facts());
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body, "{\"a\":1.50}\n");
}

TEST(ValueAnswer, SaysWhereTheTimeWent) {
  core::Answer answer;
  answer.content = core::Value{"1", {}, wire::Format::Text};
  answer.timings.eval = std::chrono::microseconds(1500);
  EXPECT_NE(response_of(answer, facts()).headers.find("eval;dur=1.500"), std::string::npos);
}

core::Answer description() {
  core::NodeDescription node;
  node.key = kKey;
  node.state = core::NodeState::Idle;
  node.capabilities = 1;
  node.budget.nodes = 9;
  node.children = 3;
  core::Answer answer;
  answer.content = node;
  return answer;
}

TEST(Description, ThePublicSeesNoBudget) {
  const json document = json::parse(response_of(description(), facts()).body);
  EXPECT_EQ(document["fingerprint"], fingerprint_of(kKey));
  EXPECT_EQ(document["state"], "idle");
  EXPECT_FALSE(document.contains("budget"));
  EXPECT_FALSE(document.contains("children"));
}

TEST(Description, TheOperatorSeesBudgetAndChildren) {
  RequestFacts operators = facts();
  operators.operator_door = true;
  const json document = json::parse(response_of(description(), operators).body);
  EXPECT_EQ(document["budget"]["nodes"]["limit"], 9);
  EXPECT_EQ(document["children"], 3);
}

TEST(Created, TellsTheSeedOnce) {
  RequestFacts creators = facts();
  creators.seed = "c2VlZA";
  core::Answer answer;
  answer.content = core::Done{kKey};
  const Response response = response_of(answer, creators);
  EXPECT_EQ(response.status, 201);
  const json document = json::parse(response.body);
  EXPECT_EQ(document["seed"], "c2VlZA");
  EXPECT_EQ(document["url"], "https://example.org/" + fingerprint_of(kKey));
}

TEST(CgiText, AHeadRequestGetsTheLengthAndNoBody) {
  const std::string text = cgi_text({200, "text/plain", {}, "12345"}, true);
  EXPECT_NE(text.find("Content-Length: 5\r\n"), std::string::npos);
  EXPECT_TRUE(text.ends_with("\r\n\r\n"));
}

}  // namespace
}  // namespace roost::front
