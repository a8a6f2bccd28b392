// SPDX-License-Identifier: MIT
#include <cmath>

#include "tests/unit/runtime/builtin_bench.h"
#include "tests/unit/runtime/fake_container.h"
#include "worker/runtime/html.h"
#include "worker/runtime/uri.h"

namespace roost::runtime {
namespace {

using Texts = std::vector<std::string>;

Texts hrefs_of(std::string_view html) {
  Texts found;
  for (const HtmlLink& link : html_links(html)) found.push_back(link.href);
  return found;
}

std::string description_of(std::string_view html) {
  const auto links = html_links(html);
  return links.empty() ? "none" : links[0].description;
}

TEST(PlainText, HeadingsComeFirstAndAgain) {
  EXPECT_EQ(html_plain_text("<h1>Jam</h1><p>plum  <i>or</i> fig &amp; lime</p><style>p{}</style><!-- no -->"), "Jam Jamplum or fig & lime");
  EXPECT_EQ(html_plain_text("<h1>A <b>b</b></h1>x<H1>C</H1>"), "A b C A bxC");
  EXPECT_EQ(html_plain_text("<p>one</p> <p>two</p>"), "one two");
}

TEST(PlainText, WhiteSpaceIsOneSpaceAndNoneAtTheEnds) {
  EXPECT_EQ(html_plain_text("  a\t\n b&nbsp;\xe2\x80\x83 c  "), "a b c");
  EXPECT_EQ(html_plain_text(" \n "), "");
  EXPECT_EQ(html_plain_text(""), "");
}

TEST(PlainText, WhatIsNoTextIsLeftOut) {
  EXPECT_EQ(html_plain_text("<script>if (a < b) x</script>a<style>a{}</style>b<!-- c -->d"), "abd");
  EXPECT_EQ(html_plain_text("<title>T</title><body onload='x'>b<img alt=no>"), "Tb");
}

TEST(PlainText, EntitiesAreDecoded) {
  EXPECT_EQ(html_plain_text("&lt;&#65;&#x42;&eacute;&amp;amp; &unknown;"), "<AB\xc3\xa9&amp; &unknown;");
  EXPECT_EQ(html_plain_text("a &#xD800; &#0; b"), "a \xef\xbf\xbd \xef\xbf\xbd b");
}

TEST(PlainText, MalformedTextIsReadAsBrowsersDo) {
  EXPECT_EQ(html_plain_text("<p>a<p>b</i></p></p>c"), "abc");
  EXPECT_EQ(html_plain_text("a < b"), "a < b");
  EXPECT_EQ(html_plain_text("<"), "<");
  EXPECT_EQ(html_plain_text("<!-- never closed"), "");
}

TEST(Links, OnlyAnchorsWithAnHrefInOrder) {
  EXPECT_EQ(hrefs_of("<A HREF='/jam'>our <b>jam</b></A> and <a name=x>no link</a>"), (Texts{"/jam"}));
  EXPECT_EQ(hrefs_of("<a href=/1>1</a><p><a title=t href=\"/2?a=1&amp;b=2\">2</a><area href=/no><link href=/no>"), (Texts{"/1", "/2?a=1&b=2"}));
  EXPECT_EQ(hrefs_of("<a href>empty</a>"), (Texts{""}));
  EXPECT_EQ(hrefs_of("<!-- <a href=/no>x</a> --><script>'<a href=/no>'</script>"), Texts{});
}

TEST(Links, ADescriptionReachesToTheNextEnd) {
  EXPECT_EQ(description_of("<a href=/1>our <b>jam</b>\n &amp; more</a> not this"), "our jam\n & more");
  EXPECT_EQ(description_of("<a href=/1>a<!-- </a> -->b</a>c"), "ab");
  EXPECT_EQ(description_of("<a href=/1>a<img alt='</a>'>b</a>c"), "ab");
  EXPECT_EQ(description_of("<a href=/1>a<script>'</a>'</script>b</a>c"), "ab");
  EXPECT_EQ(description_of("<a href=/1>never closed"), "never closed");
  EXPECT_EQ(description_of("<a href=/1></a>x"), "");
}

TEST(Links, AnAnchorInsideAnotherStartsNone) {
  EXPECT_EQ(hrefs_of("<a href=/1>x<a href=/2>y</a><a href=/3>z</a>"), (Texts{"/1", "/3"}));
  EXPECT_EQ(description_of("<a href=/1>x<a href=/2>y</a>z"), "xy");
}

TEST(Links, MisnestedAnchorsAreCountedOnce) {
  EXPECT_EQ(hrefs_of("<p><a href=/1>a<p>b</a>c<table><a href=/2>d</a></table>"), (Texts{"/1", "/2"}));
}

TEST(HostileHtml, DeepAndLargeTextsAreReadOrRefused) {
  for (const char* tag : {"<div>", "<b>", "<a href=x>", "<table>", "<p><b><i>", "<h1>", "<svg>", "<select>", "<template>", "<li>", "<button>"}) {
    std::string html;
    while (html.size() < 300'000) html += tag;
    try {
      (void)html_plain_text(html);
      (void)html_links(html);
    } catch (const HtmlTooHard&) {
    }
  }
  std::string attributes = "<a ";
  for (int i = 0; attributes.size() < 300'000; ++i) attributes += "a" + std::to_string(i) + "=1 ";
  try {
    (void)html_links(attributes + "href=/1>x</a>");
  } catch (const HtmlTooHard&) {
  }
}

TEST(Uris, SchemesAreThoseOfAbsoluteUris) {
  EXPECT_EQ(uri_scheme("http://plum.test/a"), "http:");
  EXPECT_EQ(uri_scheme("mailto:me@plum.test"), "mailto:");
  EXPECT_EQ(uri_scheme("git+ssh://x"), "git+ssh:");
  for (const char* text : {"", "plum", "/a/b", "//plum.test/a", "1http://x", ":x", "http://a b", "http://pl\xc3\xbcm.test", "http://x/%zz", "http://x/#a#b", "http://[::1"})
    EXPECT_EQ(uri_scheme(text), std::nullopt) << text;
}

TEST(Uris, AuthoritiesAreWithoutSlashes) {
  EXPECT_EQ(uri_authority("ftp://me@files.test:21/a?b"), "me@files.test:21");
  EXPECT_EQ(uri_authority("http://plum.test"), "plum.test");
  EXPECT_EQ(uri_authority("http://plum.test?q"), "plum.test");
  EXPECT_EQ(uri_authority("http://[::1]:80/"), "[::1]:80");
  EXPECT_EQ(uri_authority("http:///p"), "");
  EXPECT_EQ(uri_authority("mailto:me@plum.test"), std::nullopt);
  EXPECT_EQ(uri_authority("http://plum.test:port/"), std::nullopt);
  EXPECT_EQ(uri_authority("plum.test/a"), std::nullopt);
}

class Web : public BuiltinBench {};

TEST_F(Web, TheBuiltinsGiveValues) {
  EXPECT_EQ(shown(B::HtmlPlainText, {t("<b>a</b>")}), "\"a\"");
  EXPECT_EQ(shown(B::UriParseScheme, {t("http://x")}), "Optional.Some \"http:\"");
  EXPECT_EQ(shown(B::UriParseAuthority, {t("x")}), "Optional.None");
}

TEST(Http, APageIsRightAndNoResponseIsLeft) {
  FakeContainer container;
  container.pages["http://a.example/"] = "<h1>Jam</h1>";
  EXPECT_EQ(container.run("Http.get-url \"http://a.example/\"").value, "Either.Right \"<h1>Jam</h1>\"");
  EXPECT_EQ(container.run("Http.get-url \"http://b.example/\"").value, "Either.Left \"no such page\"");
}

TEST(Http, OthersGoOnWhileAPageIsWaitedFor) {
  FakeContainer container;
  container.pages["http://a.example/"] = "a";
  EXPECT_EQ(container.run("Remote.traverse Http.get-url [\"http://a.example/\", \"http://b.example/\"]").value,
            "[Either.Right \"a\",Either.Left \"no such page\"]");
}

TEST(Http, ANodeWithoutTheCapabilityIsRefused) {
  FakeContainer container;
  container.defaults().capabilities &= ~(1u << static_cast<unsigned>(wire::Capability::Http));
  const auto outcome = container.run("Http.get-url \"http://a.example/\"");
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->kind, wire::FailureKind::CapabilityDenied);
  EXPECT_EQ(outcome.failure->names, std::vector<std::string>{"Capability.http"});
}

}  // namespace
}  // namespace roost::runtime
