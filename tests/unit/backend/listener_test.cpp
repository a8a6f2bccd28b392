// SPDX-License-Identifier: MIT
#include "backend/front/listener.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <array>
#include <deque>
#include <filesystem>
#include <fstream>
#include <future>

#include "backend/front/file_lock.h"
#include "tests/unit/backend/fastcgi_client.h"

namespace roost::front {
namespace {

using Time = std::chrono::steady_clock;

const std::string kRequest = FastcgiClient::request("POST", "/", "1 + 1");

std::string numbered(std::size_t n) { return FastcgiClient::request("POST", "/" + std::to_string(n)); }

// What it has sent so far. Closes it.
std::string text_of(int connection) {
  std::array<char, 4096> bytes;
  const ssize_t count = read(connection, bytes.data(), bytes.size());
  close(connection);
  return count < 0 ? "unreadable" : std::string(bytes.data(), static_cast<std::size_t>(count));
}

class ListenerTest : public testing::Test {
 protected:
  ListenerTest() {
    char folder[] = "/tmp/roost-listener-XXXXXX";
    folder_ = mkdtemp(folder);
    path_ = folder_ + "/s";
    listener_.emplace(path_);
  }
  ~ListenerTest() override {
    listener_.reset();
    std::filesystem::remove_all(folder_);
  }
  // The next one, for a caller that takes one alone.
  int next() {
    Listener::Turn turn = listener_->turn();
    return listener_->next(turn);
  }

  std::string folder_, path_;
  std::optional<Listener> listener_;
};

TEST_F(ListenerTest, AWholeRequestIsGivenOutUnreadAndWithTheTurn) {
  FastcgiClient client(path_);
  client.send(kRequest);
  Listener::Turn turn = listener_->turn();
  const int connection = listener_->next(turn);
  EXPECT_EQ(text_of(connection), kRequest);
  EXPECT_TRUE(turn.owns_lock());
}

TEST_F(ListenerTest, WhatNoWebServerSendsIsClosedUnheard) {
  FastcgiClient foreign(path_), client(path_);
  foreign.send("GET / HTTP/1.1\r\n");
  client.send(kRequest);
  EXPECT_EQ(text_of(next()), kRequest);
  EXPECT_THROW(foreign.answer(), std::runtime_error);   // reset, since what it sent was never read
}

TEST_F(ListenerTest, ALargeRequestIsGivenOutWithoutTheTurn) {
  FastcgiClient client(path_);
  client.send(kRequest.substr(0, kRequest.size() - 8) + FastcgiClient::request("POST", "/", std::string(40'000, 'x')));
  Listener::Turn turn = listener_->turn();
  close(listener_->next(turn));
  EXPECT_FALSE(turn.owns_lock());
}

TEST_F(ListenerTest, ASilentConnectionDoesNotKeepOthersWaiting) {
  FastcgiClient first(path_), second(path_), third(path_);
  third.send(kRequest);
  EXPECT_EQ(text_of(next()), kRequest);
}

TEST_F(ListenerTest, ARequestThatComesInPartsIsGivenOutWhenItIsThere) {
  FastcgiClient late(path_);
  auto given = std::async(std::launch::async, [this] { return text_of(next()); });
  for (std::size_t at = 0; at < kRequest.size(); at += 7) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    late.send(kRequest.substr(at, 7));
  }
  EXPECT_EQ(given.get(), kRequest);
}

TEST_F(ListenerTest, OneThatIsGivenUpHalfwayIsNotGivenOut) {
  FastcgiClient prompt(path_);
  {
    FastcgiClient unheard(path_), aside(path_);
    unheard.send(kRequest.substr(0, 10));
    aside.send(kRequest.substr(0, 20));
    prompt.send(kRequest);
    close(next());
  }
  FastcgiClient after(path_);
  after.send(kRequest);
  EXPECT_EQ(text_of(next()), kRequest);
}

TEST_F(ListenerTest, OneThatNeverEndsIsClosed) {
  FastcgiClient half(path_);
  half.send(kRequest.substr(0, 20));
  auto given = std::async(std::launch::async, [this] { return next(); });
  std::string end;
  try {
    end = half.answer();
  } catch (const std::runtime_error& error) {
    end = error.what();
  }
  EXPECT_NE(end.find("reset"), std::string::npos) << end;   // since what it sent was never read
  listener_->stop();
  EXPECT_EQ(given.get(), -1);
}

TEST_F(ListenerTest, ABurstIsTakenFromTheKernelAtOnceAndGivenOutInTurn) {
  constexpr std::size_t kBurst = 300;
  std::deque<FastcgiClient> clients;
  for (std::size_t i = 0; i < kBurst; ++i) clients.emplace_back(path_).send(numbered(i));
  Listener::Turn turn = listener_->turn();
  close(listener_->next(turn));
  // Nobody is left in the kernel's queue: what was not given out yet is ours to close.
  listener_->stop();
  for (std::size_t i = 1; i < kBurst; ++i) {
    const int connection = listener_->next(turn);
    ASSERT_GE(connection, 0) << i;
    EXPECT_EQ(text_of(connection), numbered(i));
  }
  EXPECT_EQ(listener_->next(turn), -1);
}

TEST_F(ListenerTest, ABurstIsSharedByAllThatWait) {
  constexpr std::size_t kThreads = 3;
  std::vector<std::future<int>> waiting;
  for (std::size_t i = 0; i < kThreads; ++i) waiting.push_back(std::async(std::launch::async, [this] { return next(); }));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  std::deque<FastcgiClient> clients;
  for (std::size_t i = 0; i < kThreads; ++i) clients.emplace_back(path_).send(kRequest);
  for (auto& one : waiting) {   // none of them takes another's and keeps it
    const int connection = one.get();
    EXPECT_GE(connection, 0);
    close(connection);
  }
}

TEST_F(ListenerTest, StoppingEndsEveryWait) {
  auto one = std::async(std::launch::async, [this] { return next(); });
  auto other = std::async(std::launch::async, [this] { return next(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  listener_->stop();
  EXPECT_EQ(one.get(), -1);
  EXPECT_EQ(other.get(), -1);
}

TEST_F(ListenerTest, ItsSocketIsForOwnerAndGroup) {
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0660u);
}

TEST_F(ListenerTest, EachOfSeveralSocketsIsHeardAndTakenAwayInTheEnd) {
  const std::string door = folder_ + "/door";
  std::optional<Listener> several(std::in_place, door, 3);
  Listener::Turn turn = several->turn();
  for (int n = 1; n <= 3; ++n) {
    FastcgiClient client(socket_path(door, n));
    client.send(kRequest);
    close(several->next(turn));
  }
  EXPECT_FALSE(std::filesystem::exists(door + ".4"));
  turn.unlock();
  several.reset();
  for (int n = 1; n <= 3; ++n) EXPECT_FALSE(std::filesystem::exists(socket_path(door, n)));
}

TEST_F(ListenerTest, ASecondOneOnTheSamePathIsRefused) {
  try {
    Listener second(path_);
    FAIL() << "two listeners on one path";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("in use by another roostd"), std::string::npos) << error.what();
  }
  FastcgiClient client(path_);   // the first is unharmed
  client.send(kRequest);
  close(next());
}

TEST_F(ListenerTest, OneThatIsAboutToEndIsWaitedFor) {
  auto second = std::async(std::launch::async, [this] { Listener next_one(path_); });
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_EQ(second.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  listener_.reset();
  EXPECT_NO_THROW(second.get());
  listener_.emplace(path_);
}

TEST_F(ListenerTest, ASocketThatWasLeftBehindIsReplaced) {
  const std::string stale = folder_ + "/stale";
  const int socket_left = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, stale.c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(bind(socket_left, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  close(socket_left);
  Listener fresh(stale);
  FastcgiClient client(stale);
}

TEST_F(ListenerTest, ANameThatIsTooLongIsRefusedWithTheLimit) {
  EXPECT_THROW(Listener("/tmp/" + std::string(200, 'x')), std::runtime_error);
}

TEST_F(ListenerTest, ALockIsHeldByOneAndLeavesNothingBehind) {
  const std::string file = folder_ + "/lock";
  {
    const FileLock lock(file, "it");
    EXPECT_THROW(FileLock(file, "it"), std::runtime_error);
    EXPECT_TRUE(std::filesystem::exists(file));   // the refused one did not take it away
  }
  EXPECT_FALSE(std::filesystem::exists(file));
  std::ofstream(file).close();   // left behind by one that was killed
  const FileLock lock(file, "it");
}

TEST(TimeLimit, AConnectionIsShutDownWhenItsTimeIsOver) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  TimeLimit limit;
  limit.begin(ends[0], std::chrono::milliseconds(100));
  limit.sweep(Time::now());
  char byte;
  EXPECT_EQ(recv(ends[0], &byte, 1, MSG_DONTWAIT), -1);   // not yet
  limit.sweep(Time::now() + std::chrono::milliseconds(200));
  EXPECT_EQ(recv(ends[0], &byte, 1, MSG_DONTWAIT), 0);
  limit.end();
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace roost::front
