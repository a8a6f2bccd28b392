// SPDX-License-Identifier: MIT
#include "backend/front/listener.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <future>

#include "tests/unit/backend/fastcgi_client.h"

namespace roost::front {
namespace {

using Time = std::chrono::steady_clock;

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
  std::string folder_, path_;
  std::optional<Listener> listener_;
};

TEST_F(ListenerTest, AConnectionThatSpeaksIsGivenOut) {
  FastcgiClient client(path_);
  client.send("x");
  const int connection = listener_->next();
  char byte;
  EXPECT_EQ(read(connection, &byte, 1), 1);
  close(connection);
}

TEST_F(ListenerTest, ASilentConnectionDoesNotKeepOthersWaiting) {
  FastcgiClient first(path_), second(path_), third(path_);
  third.send("x");
  const auto start = Time::now();
  close(listener_->next());
  EXPECT_LT(Time::now() - start, std::chrono::milliseconds(500));
}

TEST_F(ListenerTest, AConnectionThatSpeaksLateIsGivenOutApart) {
  FastcgiClient late(path_), prompt(path_);
  prompt.send("x");
  close(listener_->next());   // puts the silent one aside on the way
  late.send("y");
  const int connection = listener_->next_late();
  char byte = 0;
  EXPECT_EQ(read(connection, &byte, 1), 1);
  EXPECT_EQ(byte, 'y');
  close(connection);
}

TEST_F(ListenerTest, ABurstIsTakenFromTheKernelAtOnceAndGivenOutInTurn) {
  constexpr std::size_t kBurst = 300;
  std::deque<FastcgiClient> clients;
  for (std::size_t i = 0; i < kBurst; ++i) clients.emplace_back(path_).send(std::to_string(i));
  close(listener_->next());
  // Nobody is left in the kernel's queue: what was not given out yet is ours to close.
  listener_->stop();
  char text[8] = {};
  for (std::size_t i = 1; i < kBurst; ++i) {
    const int connection = listener_->next();
    ASSERT_GE(connection, 0) << i;
    const ssize_t count = read(connection, text, sizeof text);
    EXPECT_EQ(std::string(text, static_cast<std::size_t>(count)), std::to_string(i));
    close(connection);
  }
  EXPECT_EQ(listener_->next(), -1);
}

TEST_F(ListenerTest, ABurstIsSharedByAllThatWait) {
  constexpr std::size_t kThreads = 3;
  std::vector<std::future<int>> waiting;
  for (std::size_t i = 0; i < kThreads; ++i) waiting.push_back(std::async(std::launch::async, [this] { return listener_->next(); }));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  std::deque<FastcgiClient> clients;
  for (std::size_t i = 0; i < kThreads; ++i) clients.emplace_back(path_).send("x");
  for (auto& one : waiting) {   // none of them takes another's and keeps it
    const int connection = one.get();
    EXPECT_GE(connection, 0);
    close(connection);
  }
}

TEST_F(ListenerTest, StoppingEndsEveryWait) {
  auto next = std::async(std::launch::async, [this] { return listener_->next(); });
  auto late = std::async(std::launch::async, [this] { return listener_->next_late(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  listener_->stop();
  EXPECT_EQ(next.get(), -1);
  EXPECT_EQ(late.get(), -1);
}

TEST_F(ListenerTest, ItsSocketIsForOwnerAndGroup) {
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0660u);
}

TEST_F(ListenerTest, ASecondOneOnTheSamePathIsRefused) {
  try {
    Listener second(path_);
    FAIL() << "two listeners on one path";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("in use by another roostd"), std::string::npos) << error.what();
  }
  FastcgiClient client(path_);   // the first is unharmed
  client.send("x");
  close(listener_->next());
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
