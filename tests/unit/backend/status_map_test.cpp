// SPDX-License-Identifier: MIT
#include "backend/status/status_map.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "backend/status/map_reader.h"

namespace {

clockid_t shifted_clock = CLOCK_BOOTTIME;
std::int64_t shift_s = 0;

}  // namespace

// Instead of the C library's, for std::chrono too: what it would say if the clock were set.
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const auto result = static_cast<int>(syscall(SYS_clock_gettime, clock, time));
  if (clock == shifted_clock) time->tv_sec += shift_s;
  return result;
}

namespace roost::status {
namespace {

struct ClockShift {
  ClockShift(clockid_t clock, std::int64_t seconds) {
    shifted_clock = clock;
    shift_s = seconds;
  }
  ~ClockShift() { shift_s = 0; }
};

constexpr std::uint64_t kSlots = 64;

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

// A status whose every field follows from `number`, so that a mixture of two is found out.
core::NodeStatus status_numbered(std::uint32_t slot, std::uint32_t number) {
  core::NodeStatus status;
  status.slot = slot;
  status.key.bytes.fill(static_cast<std::uint8_t>(number));
  status.parent.emplace().bytes.fill(static_cast<std::uint8_t>(number + 1));
  status.state = static_cast<core::NodeState>(number % 5);
  status.lifetime = static_cast<core::Lifetime>(number % 5);
  status.pid = static_cast<std::int32_t>(number);
  status.mailbox = number;
  status.last_activity_ms = number;
  status.memory_bytes_allotted = number;
  status.memory_bytes_in_use = number;
  status.messages = number;
  status.nodes_used = number;
  status.awake_used = number;
  return status;
}

bool same(const core::NodeStatus& a, const core::NodeStatus& b) {
  return a.slot == b.slot && a.key == b.key && a.parent == b.parent && a.state == b.state && a.lifetime == b.lifetime &&
         a.pid == b.pid && a.mailbox == b.mailbox && a.last_activity_ms == b.last_activity_ms &&
         a.memory_bytes_allotted == b.memory_bytes_allotted && a.memory_bytes_in_use == b.memory_bytes_in_use &&
         a.messages == b.messages && a.nodes_used == b.nodes_used && a.awake_used == b.awake_used;
}

class StatusMapTest : public testing::Test {
 protected:
  ~StatusMapTest() override { shm_unlink(name_.c_str()); }

  std::unique_ptr<MapReader> open_reader() {
    auto reader = MapReader::open(name_);
    EXPECT_TRUE(reader.ok()) << reader.error();
    return std::move(reader).value();
  }
  std::string refusal() {
    const auto reader = MapReader::open(name_);
    return reader.ok() ? "" : reader.error();
  }
  // Changes the map's bytes as no writer would.
  template <typename Change>
  void damage(Change change) {
    const int fd = shm_open(name_.c_str(), O_RDWR, 0);
    void* memory = mmap(nullptr, sizeof(Header), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    change(*static_cast<Header*>(memory), fd);
    munmap(memory, sizeof(Header));
    close(fd);
  }

  const std::string name_ = "/roost-status-map-test-" + std::to_string(getpid());
};

TEST_F(StatusMapTest, AReaderSeesWhatWasPublished) {
  StatusMap map(name_, kSlots, "example.org:8443");
  map.publish(status_numbered(3, 7));
  const auto reader = open_reader();
  ASSERT_TRUE(reader->read(3));
  EXPECT_TRUE(same(*reader->read(3), status_numbered(3, 7)));
}

TEST_F(StatusMapTest, ANodeWithoutAParentIsReadWithoutOne) {
  StatusMap map(name_, kSlots, "h");
  core::NodeStatus status = status_numbered(0, 1);
  status.parent.reset();
  map.publish(status);
  EXPECT_EQ(open_reader()->read(0)->parent, std::nullopt);
}

TEST_F(StatusMapTest, AClearedSlotIsEmpty) {
  StatusMap map(name_, kSlots, "h");
  map.publish(status_numbered(3, 7));
  map.clear(3);
  EXPECT_EQ(open_reader()->read(3), std::nullopt);
}

TEST_F(StatusMapTest, AllNodesAreReadAndNoEmptySlot) {
  StatusMap map(name_, kSlots, "h");
  for (const std::uint32_t slot : {0u, 5u, 63u}) map.publish(status_numbered(slot, slot));
  map.publish(status_numbered(6, 6));
  map.clear(6);
  const auto nodes = open_reader()->read_all();
  ASSERT_EQ(nodes.size(), 3u);
  EXPECT_EQ(nodes[2].slot, 63u);
}

TEST_F(StatusMapTest, TheHeaderSaysWhoseItIs) {
  StatusMap map(name_, kSlots, "example.org:8443");
  const MapFacts facts = open_reader()->facts();
  EXPECT_EQ(facts.host, "example.org:8443");
  EXPECT_EQ(facts.writer_pid, getpid());
  EXPECT_EQ(facts.slots, kSlots);
  EXPECT_NEAR(static_cast<double>(facts.started_ms), static_cast<double>(now_ms()), 5000);
}

TEST_F(StatusMapTest, OnlyItsOwnerWritesAndItsGroupReads) {
  const mode_t mask = umask(077);
  StatusMap map(name_, kSlots, "h");
  umask(mask);
  struct stat status {};
  ASSERT_EQ(stat(("/dev/shm" + name_).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
}

TEST_F(StatusMapTest, ReadersNeverSeeATornSlot) {
  StatusMap map(name_, kSlots, "h");
  map.publish(status_numbered(1, 0));
  std::atomic<bool> enough{false};
  std::uint32_t last = 0;
  std::thread writer([&] {
    while (!enough) map.publish(status_numbered(1, ++last));
  });
  const auto reader = open_reader();
  constexpr int kReads = 50'000;
  std::uint32_t newest = 0;
  for (int reads = 0; reads < kReads;) {
    const auto status = reader->read(1);
    if (!status) continue;   // the writer was in it at every look
    ++reads;
    EXPECT_TRUE(same(*status, status_numbered(1, status->mailbox)));
    EXPECT_GE(status->mailbox, newest);
    newest = status->mailbox;
    if (HasFailure()) break;
  }
  enough = true;
  writer.join();
  EXPECT_EQ(reader->read(1)->mailbox, last);
}

TEST_F(StatusMapTest, AReaderKeepsThePictureOfAWriterThatWasKilled) {
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const pid_t writer = fork();
  if (writer == 0) {
    StatusMap map(name_, kSlots, "h");
    map.publish(status_numbered(2, 9));
    map.beat();
    (void)!write(pipe_ends[1], "x", 1);
    pause();
    _exit(1);
  }
  char byte;
  ASSERT_EQ(read(pipe_ends[0], &byte, 1), 1);
  const auto reader = open_reader();
  EXPECT_TRUE(reader->writer_alive());
  kill(writer, SIGKILL);
  waitpid(writer, nullptr, 0);
  EXPECT_FALSE(reader->writer_alive());
  EXPECT_TRUE(same(*reader->read(2), status_numbered(2, 9)));
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}

TEST_F(StatusMapTest, AWriterThatDoesNotBeatIsNotAlive) {
  StatusMap map(name_, kSlots, "h");
  map.beat();
  const ClockShift later(CLOCK_MONOTONIC, kHeartbeatStaleMs / 1000 + 1);
  EXPECT_FALSE(open_reader()->writer_alive());
}

TEST_F(StatusMapTest, AWriterIsAliveThoughTheMachinesClockWasSet) {
  StatusMap map(name_, kSlots, "h");
  map.beat();
  for (const int hours : {-1, 1}) {
    const ClockShift shift(CLOCK_REALTIME, hours * 3600);
    const auto reader = open_reader();
    EXPECT_TRUE(reader->writer_alive());
    EXPECT_NEAR(static_cast<double>(reader->facts().heartbeat_ms), static_cast<double>(now_ms()), 1000);
  }
}

TEST_F(StatusMapTest, ASlotWhoseWriterDiedInsideItIsGivenUp) {
  StatusMap map(name_, kSlots, "h");
  map.publish(status_numbered(0, 1));
  const int fd = shm_open(name_.c_str(), O_RDWR, 0);
  const std::uint32_t odd = 3;
  ASSERT_EQ(pwrite(fd, &odd, sizeof odd, sizeof(Header)), static_cast<ssize_t>(sizeof odd));
  close(fd);
  EXPECT_EQ(open_reader()->read(0), std::nullopt);
}

TEST_F(StatusMapTest, ANewMapReplacesOneThatWasLeftBehind) {
  StatusMap first(name_, kSlots, "first");
  first.publish(status_numbered(0, 1));
  StatusMap second(name_, kSlots, "second");
  const auto reader = open_reader();
  EXPECT_EQ(reader->facts().host, "second");
  EXPECT_TRUE(reader->read_all().empty());
}

TEST_F(StatusMapTest, AMissingMapIsRefusedWithItsName) { EXPECT_NE(refusal().find(name_), std::string::npos); }

TEST_F(StatusMapTest, AMapWithoutItsMagicIsRefused) {
  StatusMap map(name_, kSlots, "h");
  damage([](Header& header, int) { header.magic = 0; });
  EXPECT_NE(refusal().find("being made"), std::string::npos);
}

TEST_F(StatusMapTest, AnotherLayoutIsRefusedWithBothVersions) {
  StatusMap map(name_, kSlots, "h");
  damage([](Header& header, int) { header.layout_version = 77; });
  EXPECT_NE(refusal().find("version 77"), std::string::npos);
}

TEST_F(StatusMapTest, AMapOfAnotherBootIsRefused) {
  StatusMap map(name_, kSlots, "h");
  damage([](Header& header, int) { header.boot_id[0] = '?'; });
  EXPECT_NE(refusal().find("started"), std::string::npos);
}

TEST_F(StatusMapTest, AMapShorterThanItSaysIsRefused) {
  StatusMap map(name_, kSlots, "h");
  damage([](Header& header, int) { header.slots = kSlots + 1; });
  EXPECT_NE(refusal().find("shorter"), std::string::npos);
}

TEST_F(StatusMapTest, ASlotWithAnImpossibleStateIsEmpty) {
  StatusMap map(name_, kSlots, "h");
  map.publish(status_numbered(0, 1));
  const int fd = shm_open(name_.c_str(), O_RDWR, 0);
  const std::uint8_t impossible = 200;
  ASSERT_EQ(pwrite(fd, &impossible, 1, sizeof(Header) + offsetof(Slot, state)), 1);
  close(fd);
  EXPECT_EQ(open_reader()->read(0), std::nullopt);
}

}  // namespace
}  // namespace roost::status
