// SPDX-License-Identifier: MIT
#include "worker/runtime/html.h"

#include <gumbo.h>
#include <setjmp.h>
#include <time.h>
#include <utf8proc.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <utility>

#include "worker/wire/check.h"

namespace roost::runtime {
namespace {

std::int64_t thread_time_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// Where gumbo gets its memory. It cannot be told that there is none, and takes no break: so it is left by a jump, from the only place
// of ours that it comes by. It keeps nothing outside this memory, so nothing is lost.
class Arena {
 public:
  explicit Arena(std::size_t bytes_max)
      : bytes_left_(bytes_max), until_ns_(thread_time_ns() + std::chrono::nanoseconds(kHtmlReadMax).count()) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() {
    for (Block* block = blocks_; block != nullptr;) std::free(std::exchange(block, block->next));
  }

  static void* allocate(void* arena, std::size_t bytes) { return static_cast<Arena*>(arena)->take(bytes); }
  static void release(void*, void*) {}

  jmp_buf left;                 // set by whoever calls gumbo
  bool out_of_memory = false;   // why it was left

 private:
  struct Block {
    Block* next;
  };
  static constexpr std::size_t kBlockBytes = 64u << 10;
  static constexpr std::size_t kAlignment = alignof(std::max_align_t);
  static constexpr std::uint32_t kLooksAtClock = 64;   // once in so many allocations

  void* take(std::size_t bytes) {
    if (++taken_ % kLooksAtClock == 0 && thread_time_ns() > until_ns_) longjmp(left, 1);
    bytes = (std::max<std::size_t>(bytes, 1) + kAlignment - 1) / kAlignment * kAlignment;
    if (bytes > left_in_block_) new_block(bytes);
    left_in_block_ -= bytes;
    return std::exchange(next_, next_ + bytes);
  }

  void new_block(std::size_t bytes) {
    const std::size_t size = std::max(bytes + kAlignment, kBlockBytes);
    auto* const block = size <= bytes_left_ ? static_cast<Block*>(std::malloc(size)) : nullptr;
    if (block == nullptr) {
      out_of_memory = true;
      longjmp(left, 1);
    }
    bytes_left_ -= size;
    block->next = std::exchange(blocks_, block);
    next_ = reinterpret_cast<char*>(block) + kAlignment;
    left_in_block_ = size - kAlignment;
  }

  std::size_t bytes_left_;
  const std::int64_t until_ns_;
  std::uint32_t taken_ = 0;
  Block* blocks_ = nullptr;
  char* next_ = nullptr;
  std::size_t left_in_block_ = 0;
};

// Null: it was left. Apart from what has destructors, because of the jump.
GumboOutput* parse_or_leave(Arena& arena, const char* text, std::size_t size) {
  GumboOptions options = kGumboDefaultOptions;
  options.allocator = Arena::allocate;
  options.deallocator = Arena::release;
  options.userdata = &arena;
  options.max_errors = 0;
  if (setjmp(arena.left) != 0) return nullptr;
  return gumbo_parse_with_options(&options, text, size);
}

const GumboNode* parse(Arena& arena, std::string_view html) {
  const GumboOutput* output = parse_or_leave(arena, html.data(), html.size());
  if (output == nullptr) throw HtmlTooHard{arena.out_of_memory};
  return output->document;
}

std::size_t arena_bytes(std::string_view html) { return kHtmlBytesAtLeast + kHtmlBytesPerByte * html.size(); }

bool is_text(const GumboNode& node) {
  return node.type == GUMBO_NODE_TEXT || node.type == GUMBO_NODE_WHITESPACE || node.type == GUMBO_NODE_CDATA;
}

bool is_element(const GumboNode& node) { return node.type == GUMBO_NODE_ELEMENT || node.type == GUMBO_NODE_TEMPLATE; }

bool is(const GumboNode& node, GumboTag tag) { return is_element(node) && node.v.element.tag == tag; }

const GumboVector* children_of(const GumboNode& node) {
  if (is_element(node)) return &node.v.element.children;
  return node.type == GUMBO_NODE_DOCUMENT ? &node.v.document.children : nullptr;
}

// In the order of the document. `enter` says whether to go into the node; `leave` is called for each that was gone into.
template <typename Enter, typename Leave>
void walk(const GumboNode* root, Enter enter, Leave leave) {
  std::vector<std::pair<const GumboNode*, unsigned>> path;
  if (enter(*root)) path.emplace_back(root, 0);
  while (!path.empty()) {
    auto& [node, next] = path.back();
    const GumboVector* children = children_of(*node);
    if (children == nullptr || next >= children->length) {
      leave(*node);
      path.pop_back();
      continue;
    }
    const auto* child = static_cast<const GumboNode*>(children->data[next++]);
    if (enter(*child)) path.emplace_back(child, 0);
  }
}

bool holds_no_text(const GumboNode& node) { return is(node, GUMBO_TAG_SCRIPT) || is(node, GUMBO_TAG_STYLE) || node.type == GUMBO_NODE_COMMENT; }

bool is_space(utf8proc_int32_t point) {
  if ((point >= '\t' && point <= '\r') || point == 0x85) return true;
  const utf8proc_category_t category = utf8proc_category(point);
  return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

// Every run of white space one space, none at the ends.
std::string collapsed(std::string_view text) {
  std::string made;
  bool gap = false;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  for (std::size_t at = 0; at < text.size();) {
    utf8proc_int32_t point = 0;
    const utf8proc_ssize_t used = utf8proc_iterate(bytes + at, static_cast<utf8proc_ssize_t>(text.size() - at), &point);
    CHECK(used > 0);   // texts are UTF-8, and gumbo makes no other
    if (is_space(point)) {
      gap = !made.empty();
    } else {
      if (gap) made += ' ';
      gap = false;
      made.append(text.substr(at, static_cast<std::size_t>(used)));
    }
    at += static_cast<std::size_t>(used);
  }
  return made;
}

// A stretch of the source that is markup: a start tag, a comment, or the inside of an element whose text is no HTML.
struct Stretch {
  std::size_t begin, end;
};

struct Anchor {
  std::size_t begin, end;   // of its start tag
  std::string href;
};

struct Piece {
  std::size_t begin;
  std::string_view text;
};

// The document by places in the source: what a tree has put elsewhere, or twice, is where it was written.
struct BySource {
  std::vector<Stretch> markup;
  std::vector<Anchor> anchors;
  std::vector<Piece> pieces;
};

BySource by_source(const GumboNode* document, std::string_view html) {
  BySource found;
  int untold = 0;   // elements around whose text is no text of the document
  const auto offset = [&](const char* at) { return static_cast<std::size_t>(at - html.data()); };
  walk(document, [&](const GumboNode& node) {
    if (is_text(node)) {
      const GumboText& text = node.v.text;
      const std::size_t begin = offset(text.original_text.data);
      if (untold == 0) found.pieces.push_back({begin, text.text});
      else found.markup.push_back({begin, begin + text.original_text.length});
    } else if (node.type == GUMBO_NODE_COMMENT) {
      const std::size_t begin = offset(node.v.text.original_text.data);
      found.markup.push_back({begin, begin + node.v.text.original_text.length});
    } else if (is_element(node) && node.v.element.original_tag.length > 0) {
      const GumboStringPiece& tag = node.v.element.original_tag;
      const std::size_t begin = offset(tag.data);
      found.markup.push_back({begin, begin + tag.length});
      const GumboAttribute* href = gumbo_get_attribute(&node.v.element.attributes, "href");
      if (is(node, GUMBO_TAG_A) && href != nullptr) found.anchors.push_back({begin, begin + tag.length, href->value});
    }
    untold += holds_no_text(node) ? 1 : 0;
    return true;
  }, [&](const GumboNode& node) { untold -= holds_no_text(node) ? 1 : 0; });
  const auto earlier = [](const auto& a, const auto& b) { return a.begin < b.begin; };
  std::stable_sort(found.markup.begin(), found.markup.end(), earlier);
  std::stable_sort(found.anchors.begin(), found.anchors.end(), earlier);
  std::stable_sort(found.pieces.begin(), found.pieces.end(), earlier);
  return found;
}

bool is_end_of_anchor(std::string_view html, std::size_t at) {
  if (html.size() - at < 4 || html[at] != '<' || html[at + 1] != '/' || (html[at + 2] | 0x20) != 'a') return false;
  const char after = html[at + 3];
  return after == '>' || after == '/' || after == ' ' || after == '\t' || after == '\n' || after == '\r' || after == '\f';
}

// Where the first `</a>` behind `from` stands, outside all markup. `markup`: the first stretch that may end behind `from`; moved along.
std::size_t end_of_anchor(std::string_view html, std::size_t from, const std::vector<Stretch>& stretches, std::size_t& markup) {
  for (std::size_t at = from; at < html.size(); ++at) {
    while (markup < stretches.size() && stretches[markup].end <= at) ++markup;
    if (markup < stretches.size() && stretches[markup].begin <= at) {
      at = stretches[markup].end - 1;
    } else if (is_end_of_anchor(html, at)) {
      return at;
    }
  }
  return html.size();
}

}  // namespace

std::string html_plain_text(std::string_view html) {
  Arena arena(arena_bytes(html));
  std::string headings, all;
  int in_heading = 0;
  walk(parse(arena, html), [&](const GumboNode& node) {
    if (holds_no_text(node)) return false;
    if (is(node, GUMBO_TAG_H1)) ++in_heading;
    if (is_text(node)) {
      all += node.v.text.text;
      if (in_heading > 0) headings += node.v.text.text;
    }
    return true;
  }, [&](const GumboNode& node) {
    if (is(node, GUMBO_TAG_H1) && --in_heading == 0) headings += ' ';
  });
  return collapsed(headings + " " + all);
}

std::vector<HtmlLink> html_links(std::string_view html) {
  Arena arena(arena_bytes(html));
  const BySource found = by_source(parse(arena, html), html);
  std::vector<HtmlLink> links;
  std::size_t end = 0, markup = 0, piece = 0;
  for (const Anchor& anchor : found.anchors) {
    if (anchor.begin < end || (!links.empty() && anchor.end == end)) continue;   // inside another, or the same put in twice
    end = end_of_anchor(html, anchor.end, found.markup, markup);
    HtmlLink& link = links.emplace_back(HtmlLink{anchor.href, {}});
    while (piece < found.pieces.size() && found.pieces[piece].begin < anchor.end) ++piece;
    for (; piece < found.pieces.size() && found.pieces[piece].begin < end; ++piece) link.description += found.pieces[piece].text;
    end = std::max(end, anchor.end);
  }
  return links;
}

}  // namespace roost::runtime
