// SPDX-License-Identifier: MIT
// Where fetches may go, what becomes of a body, and fetches from a server of our own on loopback.
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <map>
#include <thread>

#include <gtest/gtest.h>

#include "backend/fetch/address.h"
#include "backend/fetch/fetcher.h"
#include "backend/fetch/page_text.h"

// Instead of the C library's, for libcurl too: below slow.example every look-up takes a while, and private.example is this machine.
extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints, addrinfo** found) {
  const std::string_view host = name ? name : "";
  if (host.ends_with("slow.example")) {
    sleep(4);
    return EAI_AGAIN;
  }
  static const auto real = reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
  return real(host == "private.example" ? "127.0.0.1" : name, service, hints, found);
}

namespace roost::fetch {
namespace {

TEST(FetchAddress, WhatIsNotEverybodysIsPrivate) {
  for (const char* address : {"127.0.0.1", "127.255.0.9", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
                              "100.64.0.1", "0.0.0.0", "192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1",
                              "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
                              "2001:db8::1", "2001::1", "fe80::1%eth0"})
    EXPECT_EQ(literal_is_public(address), false) << address;
}

TEST(FetchAddress, EverybodysIsPublic) {
  for (const char* address : {"1.1.1.1", "172.15.0.1", "172.32.0.1", "128.0.0.1", "100.128.0.1", "198.20.0.1", "2606:4700::1111",
                              "2001:4860:4860::8888", "::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::"})
    EXPECT_EQ(literal_is_public(address), true) << address;
}

TEST(FetchAddress, ANameIsNoAddress) {
  for (const char* host : {"example.org", "127.0.0.1.example.org", "1.2.3", ""}) EXPECT_EQ(literal_is_public(host), std::nullopt) << host;
}

bool refused(std::string_view url, const Rules& rules = {}) { return refusal_of(url, rules).has_value(); }

TEST(FetchTarget, PublicPagesMayBeFetched) {
  for (const char* url : {"http://example.org", "https://example.org:8443/a?b#c", "HTTP://EXAMPLE.ORG/", "https://1.1.1.1/"})
    EXPECT_EQ(refusal_of(url, {}), std::nullopt) << url;
}

TEST(FetchTarget, OtherSchemesMayNot) {
  for (const char* url : {"file:///etc/passwd", "ftp://example.org/", "gopher://example.org/", "data:text/plain,x", "unix:///x", "jar:http://x/"})
    EXPECT_TRUE(refused(url)) << url;
}

TEST(FetchTarget, WhatIsNoUrlIsRefused) {
  for (const std::string url : {"", "/page", "example", "http://", "http://a b/", "//example.org/", "http://[::1"}) EXPECT_TRUE(refused(url)) << url;
  EXPECT_TRUE(refused(std::string("http://example.org\0.evil.org/", 29)));
  EXPECT_TRUE(refused("http://example.org/" + std::string(9000, 'x')));
}

TEST(FetchTarget, PrivateHostsAreRefusedHoweverTheyAreWritten) {
  for (const char* url : {"http://localhost/", "http://LOCALHOST./", "http://db.localhost/", "http://127.0.0.1/", "http://127.1/", "http://2130706433/",
                          "http://0x7f000001/", "http://017700000001/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://user@127.0.0.1/",
                          "http://example.org@127.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://0/"})
    EXPECT_TRUE(refused(url)) << url;
  Rules open;
  open.private_addresses = true;
  EXPECT_FALSE(refused("http://127.0.0.1:8080/", open));
}

TEST(FetchTarget, OnlyTheHostsOfTheListAreReached) {
  Rules rules;
  rules.hosts = {"Example.org", "*.example.net", "1.1.1.1"};
  for (const char* url : {"http://example.org/", "http://EXAMPLE.ORG./", "http://a.example.net/", "http://a.b.example.net/", "http://1.1.1.1/"})
    EXPECT_FALSE(refused(url, rules)) << url;
  for (const char* url : {"http://www.example.org/", "http://example.net/", "http://badexample.net/", "http://1.1.1.2/"})
    EXPECT_TRUE(refused(url, rules)) << url;
  rules.hosts.clear();
  EXPECT_TRUE(refused("http://example.org/", rules));
}

TEST(PageText, IsUtf8WhateverTheServerSends) {
  EXPECT_EQ(page_text("gr\xc3\xbc\xc3\x9f", "text/html"), "gr\xc3\xbc\xc3\x9f");
  EXPECT_EQ(page_text("gr\xfc\xdf", "text/html; charset=ISO-8859-1"), "gr\xc3\xbc\xc3\x9f");
  EXPECT_EQ(page_text("gr\xfc\xdf", "text/html; Charset=\"latin1\"; x=y"), "gr\xc3\xbc\xc3\x9f");
  EXPECT_EQ(page_text("\xef\xbb\xbfx", "text/plain; charset=utf-8"), "x");
  EXPECT_EQ(page_text("a\xff" "b\xc3", "text/plain"), "a\xef\xbf\xbd" "b\xef\xbf\xbd");
  EXPECT_EQ(page_text("a\xff", "text/plain; charset=no-such-charset"), "a\xef\xbf\xbd");
  EXPECT_EQ(page_text("\x82\xa0\xff\x82\xa2", "text/plain; charset=shift_jis"), "\xe3\x81\x82\xef\xbf\xbd\xe3\x81\x84");
  EXPECT_EQ(page_text("", ""), "");
}

TEST(PageText, KeepsTheLastLetter) {
  EXPECT_EQ(page_text("Hanoi a", "text/html; charset=windows-1258"), "Hanoi a");
  EXPECT_EQ(page_text("a\xcc", "text/html; charset=windows-1258"), "\xc3\xa0") << "a letter and its accent are one";
  EXPECT_EQ(page_text("Hanoi a", "text/html; charset=tcvn"), "Hanoi a");
}

TEST(PageText, IsWholeHoweverMuchItGrows) {
  std::string body(1000, '\x82');   // a letter of twelve bytes in UTF-8
  body += "end";
  const std::string text = page_text(body, "text/html; charset=tscii");
  EXPECT_EQ(text.size(), 12'003u);
  EXPECT_TRUE(text.ends_with("end"));
}

// Answers each request with what its path asks for. One connection at a time, each closed after its answer.
class Server {
 public:
  Server() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), length), 0);
    EXPECT_EQ(listen(socket_, 64), 0);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length), 0);
    base_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { serve(); });
  }
  ~Server() {
    shutdown(socket_, SHUT_RDWR);
    thread_.join();
    close(socket_);
  }

  [[nodiscard]] std::string url(const std::string& path) const { return base_ + path; }
  std::map<std::string, std::string> answers;   // whole, by path; set before the first fetch
  std::atomic<int> asked = 0;

 private:
  void serve() {
    for (int connection = accept(socket_, nullptr, nullptr); connection >= 0; connection = accept(socket_, nullptr, nullptr)) {
      std::string request;
      char bytes[4096];
      while (request.find("\r\n\r\n") == std::string::npos) {
        const ssize_t count = read(connection, bytes, sizeof bytes);
        if (count <= 0) break;
        request.append(bytes, static_cast<std::size_t>(count));
      }
      ++asked;
      const std::string path = request.substr(4, request.find(' ', 4) - 4);
      if (path == "/silent") usleep(1'500'000);
      const auto found = answers.find(path);
      const std::string answer = found != answers.end() ? found->second : "HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\n\r\nno page";
      (void)!send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
      close(connection);
    }
  }

  int socket_;
  std::string base_;
  std::thread thread_;
};

std::string ok(const std::string& body) { return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body; }
std::string redirect(const std::string& to) { return "HTTP/1.1 302 Found\r\nLocation: " + to + "\r\nContent-Length: 0\r\n\r\n"; }

class Fetching : public testing::Test {
 protected:
  Fetching() { rules_.private_addresses = true; }
  std::string fetch(const std::string& url) {
    Fetcher fetcher(rules_);
    std::promise<Fetcher::Page> page;
    fetcher.fetch("owner", url, [&](Fetcher::Page found) { page.set_value(std::move(found)); });
    const Fetcher::Page found = page.get_future().get();
    return found.ok() ? found.value() : "✗ " + found.error();
  }
  static bool says(const std::string& text, std::string_view part) { return text.starts_with("✗") && text.find(part) != std::string::npos; }

  Server server_;
  Rules rules_;
};

TEST_F(Fetching, GivesTheBodyWhateverTheStatus) {
  server_.answers["/jam"] = ok("plum jam");
  EXPECT_EQ(fetch(server_.url("/jam")), "plum jam");
  EXPECT_EQ(fetch(server_.url("/none")), "no page");
}

TEST_F(Fetching, FollowsRedirectsAndJudgesEach) {
  server_.answers["/a"] = redirect("/b");
  server_.answers["/b"] = redirect(server_.url("/c"));
  server_.answers["/c"] = ok("there");
  server_.answers["/file"] = redirect("file:///etc/passwd");
  server_.answers["/away"] = redirect("http://elsewhere.example/");
  server_.answers["/round"] = redirect("/round");
  rules_.hosts = {"127.0.0.1"};
  EXPECT_EQ(fetch(server_.url("/a")), "there");
  EXPECT_TRUE(says(fetch(server_.url("/file")), "`file` URLs cannot be fetched"));
  EXPECT_TRUE(says(fetch(server_.url("/away")), "http_hosts"));
  EXPECT_TRUE(says(fetch(server_.url("/round")), "more than 10 redirects"));
}

TEST_F(Fetching, AnAddressIsJudgedWhenItIsConnectedTo) {
  rules_.private_addresses = false;
  const auto refused = fetch(server_.url("/"));
  EXPECT_TRUE(says(refused, "http_private_addresses")) << refused;
  // A name that leads to this machine, which only the connection shows.
  char name[256] = "";
  ASSERT_EQ(gethostname(name, sizeof name - 1), 0);
  const auto by_name = fetch("http://" + std::string(name) + server_.url("/").substr(std::string("http://127.0.0.1").size()));
  EXPECT_TRUE(by_name.starts_with("✗")) << by_name;
  EXPECT_EQ(server_.asked, 0);
}

TEST_F(Fetching, WhatTheEnvironmentExemptsFromTheProxyIsNotReached) {
  rules_.private_addresses = false;
  rules_.proxy = "http://127.0.0.1:1";
  setenv("NO_PROXY", "*", 1);
  setenv("no_proxy", "*", 1);
  const auto refused = fetch("http://private.example" + server_.url("/").substr(std::string("http://127.0.0.1").size()));
  unsetenv("NO_PROXY");
  unsetenv("no_proxy");
  EXPECT_TRUE(refused.starts_with("✗")) << refused;
  EXPECT_EQ(server_.asked, 0);
}

TEST_F(Fetching, ASlowLookUpHoldsUpNoOtherFetchAndNoEnd) {
  using Clock = std::chrono::steady_clock;
  server_.answers["/x"] = ok("x");
  rules_.timeout = std::chrono::milliseconds(300);
  const auto started = Clock::now();
  {
    Fetcher fetcher(rules_);
    std::promise<void> gave_up;
    fetcher.fetch("slow", "http://slow.example/", [&](const Fetcher::Page&) { gave_up.set_value(); });
    gave_up.get_future().wait();
    std::promise<Fetcher::Page> page;
    fetcher.fetch("other", server_.url("/x"), [&](Fetcher::Page found) { page.set_value(std::move(found)); });
    EXPECT_TRUE(page.get_future().get().ok());
    fetcher.fetch("slow", "http://also.slow.example/", [](const Fetcher::Page&) {});
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_LT(Clock::now() - started, std::chrono::seconds(2));
}

TEST_F(Fetching, ALargeBodyIsCutOffWithTheSetting) {
  server_.answers["/big"] = ok(std::string(2000, 'x'));
  rules_.bytes_max = 1999;
  EXPECT_TRUE(says(fetch(server_.url("/big")), "http_bytes_max"));
  rules_.bytes_max = 2000;
  EXPECT_EQ(fetch(server_.url("/big")).size(), 2000u);
}

TEST_F(Fetching, ABodyThatIsLargeAsTextIsRefused) {
  server_.answers["/tamil"] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=tscii\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, '\x82');
  rules_.bytes_max = 1000;
  EXPECT_TRUE(says(fetch(server_.url("/tamil")), "http_bytes_max"));
  rules_.bytes_max = 4000;
  EXPECT_EQ(fetch(server_.url("/tamil")).size(), 12'000u);
}

TEST_F(Fetching, ASlowServerIsGivenUp) {
  rules_.timeout = std::chrono::milliseconds(300);
  const auto started = std::chrono::steady_clock::now();
  EXPECT_TRUE(says(fetch(server_.url("/silent")), "timed out"));
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(1));
}

TEST_F(Fetching, WhoeverIsNotThereIsSaid) { EXPECT_TRUE(says(fetch("http://127.0.0.1:1/"), "")); }

TEST_F(Fetching, ManyAreAllAnsweredOnce) {
  server_.answers["/x"] = ok("x");
  Fetcher fetcher(rules_);
  std::atomic<int> pages = 0;
  std::promise<void> all;
  constexpr int kFetches = 100;
  for (int i = 0; i < kFetches; ++i)
    fetcher.fetch(std::to_string(i % 3), server_.url("/x"), [&](const Fetcher::Page& page) {
      EXPECT_TRUE(page.ok() && page.value() == "x");
      if (++pages == kFetches) all.set_value();
    });
  EXPECT_EQ(all.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
}

// Of one fetch: its end can be waited for.
struct Ended {
  std::promise<Fetcher::Page> promise;
  Fetcher::Done done = [this](Fetcher::Page page) { promise.set_value(std::move(page)); };
  std::string text() {
    const Fetcher::Page page = promise.get_future().get();
    return page.ok() ? page.value() : "✗ " + page.error();
  }
};

TEST_F(Fetching, WhatAnOwnerAskedForIsDroppedWhenItIsForgotten) {
  Fetcher fetcher(rules_);
  std::vector<Ended> first(20);   // some under way, the rest waiting
  for (Ended& one : first) fetcher.fetch("one", server_.url("/silent"), one.done);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const auto started = std::chrono::steady_clock::now();
  fetcher.forget("one");
  Ended second;
  fetcher.fetch("one", "file:///x", second.done);
  for (Ended& one : first) EXPECT_EQ(one.text(), "✗ nobody waits for it any more");
  EXPECT_TRUE(says(second.text(), "cannot be fetched")) << "it was asked for afterwards";
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(1));
}

TEST_F(Fetching, OneOwnerDoesNotFillTheQueueOfAll) {
  Fetcher fetcher(rules_);
  std::atomic<int> refused = 0;
  for (std::size_t i = 0; i < kUnderWayOfOneMax + kWaitingMax; ++i)
    fetcher.fetch("one", "http://slow.example/", [&](const Fetcher::Page& page) { refused += !page.ok() && page.error().starts_with("4096 fetches wait"); });
  Ended other;
  fetcher.fetch("other", "file:///x", other.done);
  EXPECT_TRUE(says(other.text(), "cannot be fetched"));
  EXPECT_GE(refused, static_cast<int>(kWaitingMax - kWaitingOfOneMax));
}

TEST_F(Fetching, WhatIsUnderWayGoesWithTheFetcher) {
  std::atomic<int> pages = 0;
  {
    Fetcher fetcher(rules_);
    for (int i = 0; i < 20; ++i) fetcher.fetch("one", server_.url("/silent"), [&](const Fetcher::Page&) { ++pages; });
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  EXPECT_EQ(pages, 0);
}

}  // namespace
}  // namespace roost::fetch
