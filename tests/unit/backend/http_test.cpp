// SPDX-License-Identifier: MIT
#include "backend/front/http.h"

#include <gtest/gtest.h>

namespace roost::front {
namespace {

using core::ProblemKind;

const PublicKey kKey = public_key_from(std::string(32, 'k'));
const std::string kPath = "/" + fingerprint_of(kKey);

Parameters request(std::string_view method, std::string_view uri) {
  Parameters parameters;
  parameters.method = method;
  parameters.uri = uri;
  return parameters;
}

template <typename Wanted>
Wanted target(const Parameters& parameters, Door door = Door::Public) {
  auto routed = route(door, parameters);
  if (const auto* refusal = std::get_if<Refusal>(&routed)) {
    ADD_FAILURE() << refusal->problem.detail;
    return Wanted{};
  }
  return std::get<Wanted>(std::get<Target>(routed));
}

Refusal refusal(const Parameters& parameters, Door door = Door::Public) {
  auto routed = route(door, parameters);
  if (auto* refused = std::get_if<Refusal>(&routed)) return std::move(*refused);
  ADD_FAILURE() << "not refused";
  return {};
}
ProblemKind kind(const Parameters& parameters, Door door = Door::Public) { return refusal(parameters, door).problem.kind; }

Parameters program(std::string_view accept = {}, std::string_view prefer = {}, std::string_view type = {}) {
  Parameters parameters = request("POST", kPath);
  parameters.accept = accept;
  parameters.prefer = prefer;
  parameters.content_type = type;
  return parameters;
}

TEST(Routing, AProgramGoesToItsNode) { EXPECT_EQ(target<EvalTarget>(program()).node, kKey); }
TEST(Routing, AQueryDoesNotChangeThePath) { EXPECT_EQ(target<EvalTarget>(request("POST", kPath + "?x=/y")).node, kKey); }
TEST(Routing, GetAndHeadDescribe) {
  EXPECT_EQ(target<DescribeTarget>(request("GET", kPath)).node, kKey);
  EXPECT_EQ(target<DescribeTarget>(request("HEAD", kPath)).node, kKey);
}
TEST(Routing, HealthAndReadinessHavePathsOfTheirOwn) {
  target<HealthTarget>(request("GET", "/-/healthz"));
  target<ReadyTarget>(request("HEAD", "/-/readyz"));
}
TEST(Routing, AnotherMethodIsRefusedWithThoseThatAreAllowed) {
  const Refusal refused = refusal(request("PUT", kPath));
  EXPECT_EQ(refused.problem.kind, ProblemKind::MethodNotAllowed);
  EXPECT_EQ(refused.allow, "GET, HEAD, POST");
  EXPECT_EQ(refusal(request("POST", "/-/readyz")).allow, "GET, HEAD");
}
TEST(Routing, WhatIsNoFingerprintIsMalformed) {
  EXPECT_EQ(kind(request("POST", "/short")), ProblemKind::MalformedFingerprint);
  std::string mistyped = kPath;
  mistyped[1] = mistyped[1] == 'a' ? 'b' : 'a';
  EXPECT_NE(refusal(request("GET", mistyped)).problem.detail.find("checksum"), std::string::npos);
}
TEST(Routing, OtherPathsAreNotFound) {
  EXPECT_EQ(kind(request("GET", "/")), ProblemKind::NotFound);
  EXPECT_EQ(kind(request("GET", kPath + "/name")), ProblemKind::NotFound);
}
TEST(Routing, ARequestWithoutAPathIsBad) {
  EXPECT_EQ(kind(request("GET", "")), ProblemKind::BadRequest);
  EXPECT_EQ(kind(request("GET", "http://x/")), ProblemKind::BadRequest);
}

TEST(OperatorRouting, TheOperatorsPathsAreNotThePublics) {
  for (const char* path : {"/nodes", "/drain"}) EXPECT_EQ(kind(request("GET", path)), ProblemKind::MalformedFingerprint);
}
TEST(OperatorRouting, NodesAreListedMadeShownDestroyedAndPutToSleep) {
  EXPECT_EQ(target<ListTarget>(request("GET", "/nodes?limit=3"), Door::Operator).query, "limit=3");
  target<CreateTarget>(request("POST", "/nodes"), Door::Operator);
  EXPECT_EQ(target<DescribeTarget>(request("GET", "/nodes" + kPath), Door::Operator).node, kKey);
  EXPECT_EQ(target<DestroyTarget>(request("DELETE", "/nodes" + kPath), Door::Operator).node, kKey);
  EXPECT_EQ(target<SleepTarget>(request("POST", "/nodes" + kPath + "/sleep"), Door::Operator).node, kKey);
  target<DrainTarget>(request("POST", "/drain"), Door::Operator);
}
TEST(OperatorRouting, OtherMethodsAreRefused) {
  EXPECT_EQ(refusal(request("DELETE", "/nodes"), Door::Operator).allow, "GET, HEAD, POST");
  EXPECT_EQ(refusal(request("GET", "/drain"), Door::Operator).allow, "POST");
  EXPECT_EQ(refusal(request("POST", "/nodes" + kPath), Door::Operator).allow, "GET, HEAD, DELETE");
  EXPECT_EQ(refusal(request("GET", "/nodes" + kPath + "/sleep"), Door::Operator).allow, "POST");
}
TEST(OperatorRouting, TheOperatorMayEvaluateToo) { EXPECT_EQ(target<EvalTarget>(program(), Door::Operator).node, kKey); }

TEST(Accept, TextIsTheDefault) {
  for (const char* accept : {"", "*/*", "text/*", "text/plain", "text/html, */*;q=0.8"})
    EXPECT_EQ(target<EvalTarget>(program(accept)).format, wire::Format::Text) << accept;
}
TEST(Accept, JsonIsGivenToWhoPrefersIt) {
  for (const char* accept : {"application/json", "Application/JSON", "application/json, text/plain;q=0.5",
                             "text/plain;q=0.2, application/*;q=0.9", "application/json, */*"})
    EXPECT_EQ(target<EvalTarget>(program(accept)).format, wire::Format::Json) << accept;
}
TEST(Accept, AMediaTypeThatIsRefusedByItsNameIsNotGivenByAWildcard) {
  EXPECT_EQ(target<EvalTarget>(program("*/*, text/plain;q=0")).format, wire::Format::Json);
}
TEST(Accept, WhatThereIsNotIsNotAcceptable) {
  for (const char* accept : {"text/html", "image/*", "text/plain;q=0", "application/xml, text/html;q=0.3"})
    EXPECT_EQ(kind(program(accept)), ProblemKind::NotAcceptable) << accept;
}

TEST(Prefer, NothingIsAskedForByDefault) {
  const auto eval = target<EvalTarget>(program());
  EXPECT_FALSE(eval.wants_debug);
  EXPECT_EQ(eval.wait, std::nullopt);
}
TEST(Prefer, DebugAndWaitAreUnderstood) {
  const auto eval = target<EvalTarget>(program({}, "respond-async, Debug , wait=3; x=y"));
  EXPECT_TRUE(eval.wants_debug);
  EXPECT_EQ(eval.wait, std::chrono::seconds(3));
}
TEST(Prefer, AQuotedWaitIsUnderstood) {
  EXPECT_EQ(target<EvalTarget>(program({}, "wait=\"7\"")).wait, std::chrono::seconds(7));
}
TEST(Prefer, AWaitThatIsNoNumberIsIgnored) {
  for (const char* prefer : {"wait", "wait=", "wait=-1", "wait=3s", "wait=99999999999999999999"})
    EXPECT_EQ(target<EvalTarget>(program({}, prefer)).wait, std::nullopt) << prefer;
}

TEST(ContentType, ProgramsAreText) {
  for (const char* type : {"", "text/plain", "TEXT/plain; charset=utf-8", "application/x-www-form-urlencoded"})
    target<EvalTarget>(program({}, {}, type));
}
TEST(ContentType, AnotherTypeOrCharsetIsRefused) {
  for (const char* type : {"application/json", "text/html", "text/plain; charset=utf-16"})
    EXPECT_EQ(kind(program({}, {}, type)), ProblemKind::UnsupportedMediaType) << type;
}

TEST(BodyLength, ANumberUpToTheLimitIsTaken) {
  Parameters parameters;
  EXPECT_EQ(std::get<std::uint64_t>(body_length(parameters, 5)), 0u);
  parameters.content_length = "5";
  EXPECT_EQ(std::get<std::uint64_t>(body_length(parameters, 5)), 5u);
}
TEST(BodyLength, MoreThanTheLimitNamesLimitValueAndSetting) {
  Parameters parameters;
  parameters.content_length = "6";
  const core::Problem problem = std::get<Refusal>(body_length(parameters, 5)).problem;
  EXPECT_EQ(problem.kind, ProblemKind::BodyTooLarge);
  EXPECT_EQ(problem.limit, "5");
  EXPECT_EQ(problem.value, "6");
  EXPECT_EQ(problem.setting, "body_bytes_max");
}
TEST(BodyLength, WhatIsNoNumberIsBad) {
  for (const char* text : {"x", "-1", "1 ", "99999999999999999999999"}) {
    Parameters parameters;
    parameters.content_length = text;
    EXPECT_EQ(std::get<Refusal>(body_length(parameters, 5)).problem.kind, ProblemKind::BadRequest) << text;
  }
}

TEST(Utf8, TextIsTextThroughout) {
  for (const char* text : {"", "plain", "gr\xc3\xbc\xc3\x9f", "\xe2\x82\xac", "\xf0\x9f\x90\xa6"})
    EXPECT_FALSE(not_utf8_at(text)) << text;
}
TEST(Utf8, WhatIsNotTextIsFoundAtItsPlace) {
  const auto place = not_utf8_at("gr\xc3\xbcn\n\xc3\xbc\xff");
  ASSERT_TRUE(place);
  EXPECT_EQ(place->line, 2u);
  EXPECT_EQ(place->column, 2u);
}
TEST(Utf8, OverlongFormsSurrogatesAndHalvesAreNotText) {
  for (const char* text : {"\xc0\x80", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80"})
    EXPECT_TRUE(not_utf8_at(text));
}

}  // namespace
}  // namespace roost::front
