// SPDX-License-Identifier: MIT
// Texts meant to hurt: deep, long, ambiguous, broken. Each must end in a tree or a refusal, in linear work (counted in
// tokens, not in time), on a stack as small as a worker's.

#include <gtest/gtest.h>
#include <pthread.h>

#include <functional>

#include "tests/unit/lang/same_tree.h"
#include "worker/lang/hash.h"
#include "worker/lang/print.h"
#include "worker/lang/scc.h"

namespace roost::lang {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kStackBytes = 16u << 20;   // instruments make frames many times as large
#else
constexpr std::size_t kStackBytes = 1u << 20;
#endif

void on_small_stack(const std::function<void()>& work) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, kStackBytes), 0);
  pthread_t thread;
  const auto run = [](void* argument) -> void* {
    (*static_cast<const std::function<void()>*>(argument))();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, run, const_cast<std::function<void()>*>(&work)), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

std::string repeated(std::string_view piece, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += piece;
  return text;
}

// What it took, and what came out, with every later walk over the tree done too.
struct Outcome {
  std::string message = "accepted";
  std::uint64_t tokens = 0;
};
Outcome handle(const std::string& text) {
  Outcome outcome;
  on_small_stack([&] {
    Arena arena;
    Effort effort;
    const auto parsed = parse_program(arena, text, &effort);
    outcome.tokens = effort.tokens;
    if (!parsed.ok()) {
      outcome.message = parsed.error().message();
      return;
    }
    const Term* program = minimise(arena, parsed.value());
    (void)print_term(*program, 1'000'000);
    const auto resolved = resolve(arena, program, Names());
    if (resolved.ok()) (void)hash_term(*resolved.value());
  });
  return outcome;
}

struct Shape {
  const char* open;
  const char* middle;
  const char* close;
};
constexpr Shape kShapes[] = {
    {"(", "1", ")"}, {"[", "1", "]"}, {"x -> ", "x", ""}, {"if True then 1 else ", "1", ""}, {"if True then ", "1", " else 1"},
    {"if ", "True", " then 1 else 1"}, {"if (", "True", ") 1 1"}, {"(1, ", "1", ")"}, {"let k = 1; ", "k", ";;"},
    {"let k = ", "1", "; k;;"}, {"let rec k = ", "1", "; k;;"}, {"do M ", "1", ";;"}, {"do M x := ", "1", "; x;;"}, {"do M x = ", "pure", "; pure;;"},
    {"1 + (", "1", ")"}, {"(x -> ", "x", ") 1"}, {"f x -> ", "x", ""}};

TEST(HostileText, NestingIsRefusedBeyondItsLimitAndNotBefore) {
  for (const Shape& shape : kShapes) {
    const auto nested = [&](std::size_t levels) { return repeated(shape.open, levels) + shape.middle + repeated(shape.close, levels); };
    const Outcome some = handle(nested(400));
    EXPECT_EQ(some.message.find("nested"), std::string::npos) << shape.open << some.message;
    const Outcome many = handle(nested(100'000));
    EXPECT_NE(many.message.find("nested deeper than 1000 levels"), std::string::npos) << shape.open << ": " << many.message;
  }
}

TEST(HostileText, AMebibyteOfOneCharacterIsHandled) {
  for (const char c : std::string("([{`\"#.,;:)]}+-_x1= \n\x01\xff'") + '\0') {
    const Outcome outcome = handle(std::string(1u << 20, c));
    EXPECT_LE(outcome.tokens, 3u << 20) << c;
    EXPECT_FALSE(outcome.message.empty());
  }
}

TEST(HostileText, LookingAheadIsLinear) {
  const std::size_t n = 900;
  for (const std::string& text :
       {repeated("if (", n) + "1" + repeated(") 2 3", n), repeated("if ", n) + "1", repeated("(f x y ", n) + repeated(")", n),
        repeated("f ", 2'900) + "1", repeated("let a : Number; a = 1; ", 300) + "a" + repeated(";;", 300),
        repeated("let a = 1; b : (Text, ", 300), "let " + repeated("a = 1; ", 2'500) + "a;;", "let " + repeated("a : Text; a = 1; ", 2'500) + "a;;",
        "do M " + repeated("a b c; ", 900) + ";", repeated("a -> a ", n), "let a = 1; " + repeated("b ", 2'900) + ";;",
        "do M " + repeated("a \n", n) + "let a = ;;", "let k = " + repeated("do M a \nb ", 300),
        "(" + repeated("(+ ", n), repeated("if a then b else ", n) + "c", repeated("do M x = (", 400) + "pure" + repeated("); pure;;", 400)}) {
    const Outcome outcome = handle(text);
    const std::size_t words = 1 + std::count(text.begin(), text.end(), ' ') + std::count(text.begin(), text.end(), ';') +
                              std::count(text.begin(), text.end(), ')') + std::count(text.begin(), text.end(), '(');
    EXPECT_LE(outcome.tokens, 4 * words + 16) << text.substr(0, 40) << "… " << outcome.message;
  }
}

TEST(HostileText, LongChainsAreBoundedByTheTreesDepth) {
  for (const auto& [piece, fits] : {std::pair{" + 1", 1'400}, {" 1", 2'900}}) {
    EXPECT_EQ(handle("f" + repeated(piece, fits)).message, "accepted") << piece;
    EXPECT_NE(handle("f" + repeated(piece, 200'000)).message.find("a tree of more than 3000 levels"), std::string::npos) << piece;
  }
  EXPECT_EQ(handle("do Remote " + repeated("a := 1; ", 990) + "1;;").message, "accepted");
  EXPECT_NE(handle("do Remote " + repeated("a := 1; ", 50'000) + "1;;").message.find("more than 3000 levels"), std::string::npos);
  EXPECT_NE(handle("(" + repeated("1, ", 50'000) + "1)").message.find("more than 3000 levels"), std::string::npos);
  EXPECT_NE(handle(repeated("x ", 100'000) + "-> x").message.find("more than 3000 levels"), std::string::npos);
  EXPECT_EQ(handle("[" + repeated("1, ", 200'000) + "1]").message, "accepted");   // flat
}

TEST(HostileText, NestedRecursionThatCannotBeHashedIsRefused) {
  const Outcome outcome = handle(repeated("let rec b = 1; a = ", 60) + "b" + repeated("; a;;", 60));
  EXPECT_NE(outcome.message.find("hashing the program"), std::string::npos) << outcome.message;
  EXPECT_EQ(handle(repeated("let rec a = ", 400) + "a" + repeated("; a;;", 400)).message, "accepted");
  EXPECT_EQ(handle(repeated("let rec b = a; a = ", 10) + "b" + repeated("; a;;", 10)).message, "accepted");
}

TEST(HostileText, AliasesThatDoubleAreRefused) {
  std::string text = "let alias A0 = Text; ";
  for (int i = 1; i < 100; ++i) text += "alias A" + std::to_string(i) + " = (A" + std::to_string(i - 1) + ", A" + std::to_string(i - 1) + "); ";
  EXPECT_NE(handle(text + "k = 1; (k : A99);;").message.find("the type aliases of this text expand to more than"), std::string::npos);
  text = "let alias D a = (a, a); k = 1; (k : " + repeated("D (", 60) + "Text" + repeated(")", 60) + ");;";
  EXPECT_NE(handle(text).message.find("the type aliases of this text expand to more than"), std::string::npos);
  text = "let alias W a = Vector a; k = 1; (k : " + repeated("W (", 400) + "Text" + repeated(")", 400) + ");;";
  EXPECT_EQ(handle(text).message, "accepted");
}

TEST(HostileText, LongTypesAreBounded) {
  EXPECT_NE(handle("_ : " + repeated("Text -> ", 100'000) + "Text").message.find("more than 1000 levels deep"), std::string::npos);
  EXPECT_NE(handle("_ : Vector" + repeated(" Text", 100'000)).message.find("more than 1000 levels deep"), std::string::npos);
  EXPECT_NE(handle("_ : ∀" + repeated(" a", 100'000) + " . a").message, "accepted");
  EXPECT_NE(handle("_ : " + repeated("(", 100'000)).message.find("nested deeper"), std::string::npos);
}

TEST(HostileText, BrokenUtf8IsRefusedWithTheByte) {
  struct Case {
    std::string text;
    std::size_t offset;
  };
  for (const auto& [text, offset] : {Case{"ab \xff", 3}, Case{"\xc3", 0}, Case{"x\n\xe2\x82", 2}, Case{"\xc0\x80", 0}, Case{"\xed\xa0\x80", 0},
                                    Case{"12345678\x80", 8}, Case{"\"\xf4\x90\x80\x80\"", 1}, Case{"日\xe6\x97", 3}}) {
    const Parsed parsed(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().offset, offset);
    EXPECT_NE(parsed.message().find("is not UTF-8: byte " + std::to_string(offset)), std::string::npos) << parsed.message();
  }
}

TEST(HostileText, EveryPrefixOfAProgramIsHandled) {
  const std::string text =
      "let alias Two a = (a, a); rec' : Two Number -> Number; rec' p = 1st p; x <+> y = do M q := [1.5, _]; z = pure \"λ\"; "
      "if q then `a` else #abc;; ; rec' (1, 2) `and` (+) : ∀ a . a;; -- end";
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const Outcome outcome = handle(text.substr(0, length));
    EXPECT_FALSE(outcome.message.empty());
  }
}

TEST(HostileText, NulsArePlainCharacters) {
  EXPECT_FALSE(Parsed(std::string_view("\0", 1)).ok());
  EXPECT_TRUE(Parsed(std::string_view("a\0b", 3)).ok());
  EXPECT_NE(Parsed(std::string_view("(1 \0)", 5)).message().find("column 4"), std::string::npos);
}

}  // namespace
}  // namespace roost::lang
