// SPDX-License-Identifier: MIT
#include "backend/front/server.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <thread>

#include "backend/front/fastcgi_request.h"
#include "backend/front/listener.h"
#include "tests/unit/backend/fastcgi_client.h"

namespace roost::front {
namespace {

const std::string kPath = "/" + fingerprint_of(public_key_from(std::string(32, 'k')));

core::Answer value_answer(const std::string& text) {
  core::Answer answer;
  answer.content = core::Value{text, {}, wire::Format::Text};
  return answer;
}
std::string body_of(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

// A server whose core is the test: it takes what came in and answers when it likes.
class ServerTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { start_libfcgi(); }

  ServerTest() {
    char folder[] = "/tmp/roost-server-XXXXXX";
    folder_ = mkdtemp(folder);
    configuration_.front_socket = folder_ + "/front";
    configuration_.operator_socket = folder_ + "/operator";
    configuration_.accept_threads = 2;
    configuration_.body_bytes_max = 100'000;
    server_ = std::make_unique<Server>(configuration_, [this](Incoming incoming) { take(std::move(incoming)); },
                                       [] { return core::Instant(std::chrono::seconds(1)); });
    server_->start();
  }
  ~ServerTest() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  void take(Incoming incoming) {
    const std::lock_guard lock(mutex_);
    incoming_.push_back(std::move(incoming));
    came_.notify_all();
  }
  Incoming next() {
    std::unique_lock lock(mutex_);
    if (!came_.wait_for(lock, std::chrono::seconds(10), [this] { return !incoming_.empty(); }))
      throw std::runtime_error("no request came in");
    Incoming first = std::move(incoming_.front());
    incoming_.pop_front();
    return first;
  }
  std::unique_ptr<FastcgiClient> send(const std::string& bytes) {
    auto client = std::make_unique<FastcgiClient>(configuration_.front_socket);
    client->send(bytes);
    return client;
  }
  std::string refusal(const std::string& bytes) { return send(bytes)->answer(); }
  // As roostd's core does once a second.
  void sweep_for(std::chrono::milliseconds time) {
    for (const auto end = std::chrono::steady_clock::now() + time; std::chrono::steady_clock::now() < end;) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      server_->sweep();
    }
  }

  std::string folder_;
  Configuration configuration_;
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<Incoming> incoming_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, AProgramIsHandedOnAndItsAnswerComesBack) {
  const auto client = send(FastcgiClient::request("POST", kPath, "1 + 1"));
  const Incoming incoming = next();
  EXPECT_EQ(incoming.body, "1 + 1");
  EXPECT_EQ(incoming.instance, "id-of-nginx");
  EXPECT_EQ(incoming.door, Door::Public);
  EXPECT_TRUE(std::holds_alternative<EvalTarget>(incoming.target));
  server_->answer(incoming.id, value_answer("2"));
  EXPECT_EQ(body_of(client->answer()), "2\n");
}

TEST_F(ServerTest, ARequestIsKnownByItsNameAlsoAfterItsAnswer) {
  const auto client = send(FastcgiClient::request("POST", kPath, "1"));
  const Incoming incoming = next();
  const auto number = static_cast<std::uint64_t>(incoming.id);
  EXPECT_EQ(server_->instance_of(number), "id-of-nginx");
  server_->answer(incoming.id, value_answer("1"));
  client->answer();
  EXPECT_EQ(server_->instance_of(number), "id-of-nginx");
  EXPECT_EQ(server_->instance_of(number + 1), "");
}

TEST_F(ServerTest, ASecondAnswerToOneRequestGoesNowhere) {
  const auto client = send(FastcgiClient::request("POST", kPath, "1"));
  const Incoming incoming = next();
  server_->answer(incoming.id, value_answer("first"));
  EXPECT_EQ(body_of(client->answer()), "first\n");
  server_->answer(incoming.id, value_answer("second"));
  const auto another = send(FastcgiClient::request("POST", kPath, "1"));
  server_->answer(next().id, value_answer("third"));
  EXPECT_EQ(body_of(another->answer()), "third\n");
}

TEST_F(ServerTest, HundredsWaitWithoutAThread) {
  constexpr int kRequests = 400;   // each needs two descriptors, and a test may have 1024
  std::vector<std::unique_ptr<FastcgiClient>> clients;
  for (int i = 0; i < kRequests; ++i) clients.push_back(send(FastcgiClient::request("POST", kPath, std::to_string(i))));
  std::vector<Incoming> parked;
  for (std::size_t i = 0; i < clients.size(); ++i) parked.push_back(next());
  EXPECT_EQ(server_->parked(), clients.size());
  for (const Incoming& incoming : parked) server_->answer(incoming.id, value_answer("value of " + incoming.body));
  for (std::size_t i = 0; i < clients.size(); ++i) EXPECT_EQ(body_of(clients[i]->answer()), "value of " + std::to_string(i) + "\n");
  EXPECT_EQ(server_->parked(), 0u);
}

TEST_F(ServerTest, ALargeBodyArrivesWhole) {
  std::string body;
  for (int i = 0; body.size() < 99'000; ++i) body += std::to_string(i) + " ";
  const auto client = send(FastcgiClient::request("POST", kPath, body));
  const Incoming incoming = next();
  EXPECT_EQ(incoming.body, body);
  server_->answer(incoming.id, value_answer(std::string(1 << 20, 'v')));
  EXPECT_EQ(body_of(client->answer()).size(), (1u << 20) + 1);
}

TEST_F(ServerTest, ABodyOverTheLimitIsReadAndRefused) {
  const std::string answer = refusal(FastcgiClient::request("POST", kPath, std::string(300'000, 'x')));
  EXPECT_TRUE(answer.starts_with("Status: 413 ")) << answer;
  EXPECT_NE(answer.find("\"setting\":\"body_bytes_max\""), std::string::npos);
}

TEST_F(ServerTest, ABodyLongerThanAnnouncedAndOverTheLimitIsRefused) {
  const std::string answer = refusal(FastcgiClient::request("POST", kPath, std::string(300'000, 'x'), {{"CONTENT_LENGTH", "3"}}));
  EXPECT_TRUE(answer.starts_with("Status: 400 ")) << answer;
}

TEST_F(ServerTest, ABodyShorterThanAnnouncedIsRefused) {
  const std::string answer = refusal(FastcgiClient::request("POST", kPath, "abc", {{"CONTENT_LENGTH", "5"}}));
  EXPECT_TRUE(answer.starts_with("Status: 400 ")) << answer;
}

TEST_F(ServerTest, TextThatIsNotUtf8IsASyntaxErrorWithItsPlace) {
  const std::string answer = refusal(FastcgiClient::request("POST", kPath, "\"a\xff\""));
  EXPECT_TRUE(answer.starts_with("Status: 422 ")) << answer;
  EXPECT_NE(answer.find("\"line\":1,\"column\":3"), std::string::npos) << answer;
}

TEST_F(ServerTest, AMalformedFingerprintIsRefusedWithoutTheCore) {
  EXPECT_TRUE(refusal(FastcgiClient::request("POST", "/abc", "1")).starts_with("Status: 400 "));
  EXPECT_EQ(server_->parked(), 0u);
}

TEST_F(ServerTest, AHeadRequestIsAnsweredWithoutABody) {
  const auto client = send(FastcgiClient::request("HEAD", kPath));
  server_->respond(next().id, {200, "application/json", {}, "{}"});
  EXPECT_TRUE(client->answer().ends_with("\r\n\r\n"));
}

TEST_F(ServerTest, TheOperatorsDoorIsAnotherSocket) {
  FastcgiClient client(configuration_.operator_socket);
  client.send(FastcgiClient::request("POST", "/drain"));
  const Incoming incoming = next();
  EXPECT_EQ(incoming.door, Door::Operator);
  server_->respond(incoming.id, {});
  client.answer();
}

TEST_F(ServerTest, SilentPeersDelayNobody) {
  std::vector<std::unique_ptr<FastcgiClient>> silent;
  for (int i = 0; i < 20; ++i) silent.push_back(send(""));
  const auto client = send(FastcgiClient::request("POST", kPath, "1"));
  const auto start = std::chrono::steady_clock::now();
  server_->answer(next().id, value_answer("1"));
  EXPECT_EQ(body_of(client->answer()), "1\n");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
}

TEST_F(ServerTest, APeerThatWasSilentIsHeardWhenItSpeaks) {
  const auto late = send("");
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  late->send(FastcgiClient::request("POST", kPath, "late"));
  const Incoming incoming = next();
  EXPECT_EQ(incoming.body, "late");
  server_->answer(incoming.id, value_answer("heard"));
  EXPECT_EQ(body_of(late->answer()), "heard\n");
}

TEST_F(ServerTest, HalfRequestsAreCutOff) {
  const std::string whole = FastcgiClient::request("POST", kPath, std::string(1000, 'x'));
  std::vector<std::unique_ptr<FastcgiClient>> halves;
  for (int i = 0; i < 4; ++i) halves.push_back(send(whole.substr(0, whole.size() - 600)));   // more than there are threads
  const auto client = send(FastcgiClient::request("POST", kPath, "1"));
  sweep_for(kReadMax * 3);
  server_->answer(next().id, value_answer("1"));
  EXPECT_EQ(body_of(client->answer()), "1\n");
}

TEST_F(ServerTest, GarbageEndsItsOwnConnectionOnly) {
  std::string garbage;
  for (unsigned i = 0; i < 5000; ++i) garbage += static_cast<char>(i * 2654435761u >> 24);
  const auto bad = send(garbage);
  const auto client = send(FastcgiClient::request("POST", kPath, "1"));
  server_->answer(next().id, value_answer("1"));
  EXPECT_EQ(body_of(client->answer()), "1\n");
}

TEST_F(ServerTest, GarbageAmongManyParametersEndsItsConnectionAtOnce) {
  // More parameters than are looked at before a thread reads them.
  std::string bytes = FastcgiClient::request("POST", kPath, {}, {{"HTTP_COOKIE", std::string(30'000, 'x')}});
  bytes.resize(bytes.size() - 16);   // without the ends of the parameters and of the body
  const auto bad = send(bytes + "GET / HTTP/1.1\r\n");
  EXPECT_EQ(bad->answer(), "");   // and no sweep was needed
}

TEST_F(ServerTest, ALargeBodyThatBreaksOffIsNotHandedOn) {
  std::string bytes = FastcgiClient::request("POST", kPath, std::string(100'000, 'x'));
  bytes.resize(bytes.size() - 8);   // without the end of the body
  auto bad = send(bytes);
  bad.reset();
  const auto client = send(FastcgiClient::request("POST", kPath, "1"));
  const Incoming incoming = next();
  EXPECT_EQ(incoming.body, "1");
  server_->answer(incoming.id, value_answer("1"));
  EXPECT_EQ(body_of(client->answer()), "1\n");
}

TEST_F(ServerTest, APeerThatHungUpCostsNothing) {
  send(FastcgiClient::request("POST", kPath, "1")).reset();
  server_->answer(next().id, value_answer("nobody hears this"));
  const auto client = send(FastcgiClient::request("POST", kPath, "2"));
  server_->answer(next().id, value_answer("2"));
  EXPECT_EQ(body_of(client->answer()), "2\n");
}

TEST_F(ServerTest, WhatWasReadIsAnsweredAfterAcceptingEnded) {
  const auto client = send(FastcgiClient::request("POST", kPath, "1"));
  const Incoming incoming = next();
  server_->stop_accepting();
  server_->answer(incoming.id, value_answer("1"));
  server_->finish();
  EXPECT_EQ(body_of(client->answer()), "1\n");
}

}  // namespace
}  // namespace roost::front
