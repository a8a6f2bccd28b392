// SPDX-License-Identifier: MIT
// What a person reads when a text is refused, in full.

#include <gtest/gtest.h>

#include "tests/unit/lang/same_tree.h"

namespace roost::lang {
namespace {

struct Case {
  const char* text;
  const char* message;
};

void expect_messages(std::initializer_list<Case> cases) {
  for (const auto& [text, message] : cases) EXPECT_EQ(Parsed(text).message(), message) << text;
}

TEST(SyntaxErrors, Terms) {
  expect_messages({
    {"", "line 1, column 1: found the end of the text, expected a term"},
    {"+ 1", "line 1, column 1: found `+`, expected a term"},
    {"1 +", "line 1, column 4: found the end of the text, expected a term after the operator `+`"},
    {"1 <=_Number )", "line 1, column 13: found `)`, expected a term after the operator `<=_Number`"},
    {"(1, 2,)", "line 1, column 7: found `)`, expected a term"},
    {"(1, 2", "line 1, column 6: found the end of the text, expected `)`, `,`, `:` and a type, an argument or an operator; `(` stands at line 1, column 1"},
    {"[1 2; 3]", "line 1, column 5: found `;`, expected `,`, `:` and a type, `]`, an argument or an operator; `[` stands at line 1, column 1"},
    {"5.", "line 1, column 2: found `.`, expected `:` and a type, `;`, an argument, an operator or the end of the text"},
    {"f x )", "line 1, column 5: found `)`, expected `->`, `:` and a type, `;`, an argument, an operator or the end of the text"},
    {"w _ -> 3", "line 1, column 5: found `->`, expected `:` and a type, `;`, an argument, an operator or the end of the text; a parameter needs a "
                 "name, and `_` is none"},
    {"1; 2", "line 1, column 4: found `2`, expected the end of the text"},
    {"f <| let k = 3; k;;", "line 1, column 6: found `let`, expected a term after the operator `<|`"},
    {"then", "line 1, column 1: found `then`, expected a term"},
  });
}

TEST(SyntaxErrors, WhatIsSaidSoElsewhere) {
  expect_messages({
    {"\\x -> x", "line 1, column 1: found `\\`, expected a term; a function is written `x -> …`"},
    {"'a'", "line 1, column 1: found `'`, expected a term; a text stands between double quotes, `\"`"},
    {"// one", "line 1, column 1: found `//`, expected a term; a comment begins with `--`"},
    {"-1", "line 1, column 1: found `-`, expected a term; a number below zero is written `(0 - 1)`"},
    {"!True", "line 1, column 1: found `!`, expected a term; it is called `not`"},
    {"$x", "line 1, column 1: found `$`, expected a term; `f <| x` applies `f` to all that follows"},
    {"()", "line 1, column 2: found `)`, expected a term; the value that holds nothing is `unit`"},
    {"f (* 2)", "line 1, column 4: found `*`, expected a term; an operator by itself is written `(+)`, with one argument `x -> x + 1`"},
    {"1 = 1", "line 1, column 3: found `=`, expected `:` and a type, `;`, an argument, an operator or the end of the text; numbers are compared "
              "with `==_Number`, texts with `==_Text`"},
    {"let x := 1; x;;", "line 1, column 7: found `:=`, expected `=` and what `x` stands for, a parameter of `x` or an operator; a binding is "
                         "written `x = …`; `x := …` is a statement of `do`"},
    {"let x = 1 in x", "line 1, column 11: found `in`, expected `:` and a type, `;` after the binding of `x`, an argument or an operator; a `let` "
                        "ends with its body: `let x = 1; x + 1;;`"},
  });
}

TEST(SyntaxErrors, Conditionals) {
  expect_messages({
    {"if p then q", "line 1, column 12: found the end of the text, expected `->`, `:` and a type, `else`, an argument or an operator; every `if` has an `else`"},
    {"if 1 else 2", "line 1, column 6: found `else`, expected `:` and a type, `;`, `then`, an argument, an operator or the end of the text; an `if` is "
                    "written `if … then … else …`"},
    {"if p then else 2", "line 1, column 11: found `else`, expected a term"},
  });
}

TEST(SyntaxErrors, Bindings) {
  expect_messages({
    {"let ;;", "line 1, column 5: found `;`, expected `rec` or a binding"},
    {"let rec 1", "line 1, column 9: found `1`, expected a binding"},
    {"let k _ = 3; k;;", "line 1, column 7: found `_`, expected `=` and what `k` stands for, a parameter of `k` or an operator; a parameter needs a name, and "
                     "`_` is none"},
    {"let k = 3; k;", "line 1, column 14: found the end of the text, expected a second `;` after the body of `let`"},
    {"let k = 3;;", "line 1, column 11: found `;`, expected a binding or a term; a `let` ends with its body: `let x = 1; x + 1;;`"},
    {"let k = 3\nm = 4; k;;", "line 2, column 3: found `=`, expected `->`, `:` and a type, `;` after the binding of `k`, an argument or an operator; "
                             "perhaps a `;` is missing at the end of line 1"},
    {"let a + 3 = 1; 2;;", "line 1, column 9: found `3`, expected the second parameter of `+`"},
    {"let k : Number; m = 3; m;;", "line 1, column 17: the signature is of `k`, but the binding after it is of `m`"},
    {"let k : Number; 3;;", "line 1, column 5: the signature of `k` has no binding after it"},
    {"let rec f = 1; g = 2; f x = 3; f;;", "line 1, column 23: `f` is bound twice in one `let rec`"},
    {"let alias = Text; k = 1; k;;", "line 1, column 11: found `=`, expected the name of the alias"},
    {"let alias T 3; k = 1; k;;", "line 1, column 13: found `3`, expected `=` and what `T` stands for or a parameter of the alias `T`"},
  });
}

TEST(SyntaxErrors, DoBlocks) {
  expect_messages({
    {"do Remote x := Remote.here;;", "line 1, column 28: found `;`, expected a statement; a `do` ends with a step that is given no name, as in `pure x;;`"},
    {"do Remote ;;", "line 1, column 11: found `;`, expected a statement; a `do` ends with a step that is given no name, as in `pure x;;`"},
    {"do 3", "line 1, column 4: found `3`, expected the name that the `do` block is for"},
    {"do Remote 3;", "line 1, column 13: found the end of the text, expected `;` to end the `do` block or a statement"},
    {"do Remote 3)", "line 1, column 12: found `)`, expected `:` and a type, `;` after the statement, an argument or an operator"},
    {"do Remote\n  x := 1;\n  y := ;\n  x;;", "line 3, column 8: found `;`, expected a term"},
  });
}

TEST(SyntaxErrors, Types) {
  expect_messages({
    {"_ : ()", "line 1, column 6: found `)`, expected a type; the type of `unit` is `Unit`"},
    {"_ : Text -> ∀ a . a", "line 1, column 13: found `∀`, expected a type"},
    {"_ : ∀ A . A", "line 1, column 7: found `A`, expected a type variable"},
    {"_ : ∀ a Text", "line 1, column 9: found `Text`, expected `.` after the type variables or a type variable"},
    {"a : Text : Text", "line 1, column 10: found `:`, expected `->` and a type, `;`, a type as argument or the end of the text"},
    {"1 : Vector Banana", "line 1, column 12: unknown type `Banana`"},
    {"(v -> v) : a -> a", "line 1, column 12: unknown type `a`; a type variable is named in front of the whole type: `∀ a . …`, or `forall a . …`"},
    {"let alias P a b = (a, b); k = 1; (k : P Text);;", "line 1, column 39: the alias `P` is used with 1 of its 2 parameters; an alias that is an argument itself goes into parentheses with its own"},
    {"let alias P a = (a, a); k = 1; (k : Vector P);;",
     "line 1, column 44: the alias `P` is used with 0 of its 1 parameters; an alias that is an argument itself goes into parentheses with its own"},
  });
}

TEST(SyntaxErrors, Tokens) {
  expect_messages({
    {"f \"open", "line 1, column 3: this text is never closed"},
    {"f ` g ` h", "line 1, column 3: a backtick begins a name used as an operator: `` `name` ``, with no space before the name"},
    {"{x}", "line 1, column 1: `{` and `}` are reserved and mean nothing; a block is written `let … ;;` or `do M … ;;`, a choice `if … then … else …`"},
    {"a + __", "line 1, column 5: this is not a name: a name has a letter or a digit in each part"},
    {"#abc", "line 1, column 1: this is not a hash: `#` is followed by base64url, padded with `=`, of 64 bytes; a comment begins with `--`"},
    {"é日 \xff", "line 1, column 4: the text is not UTF-8: byte 6 (counted from 0) is 0xff"},
    {"1;\n \"a very long text that goes\non and on and on\"",
     "line 2, column 2: found `\"a very long text that goes on and on an…`, expected the end of the text"},
  });
}

TEST(SyntaxErrors, WhatOnlyEndsTooEarlyIsToldFromWhatIsWrong) {
  for (const char* text : {"", "1 +", "(1, 2", "do Remote", "let x = 1;", "if p then q", "f \"open", "f -- \"open\n ("})
    EXPECT_TRUE(Parsed(text).error().ended_early) << text;
  for (const char* text : {"1 + )", "1; 2", "{", "then", "f ` g", "a + __", "x : Banana"}) EXPECT_FALSE(Parsed(text).error().ended_early) << text;
}

TEST(SyntaxErrors, ALineThatGoesOnAsFarLeftAsItsStatementLacksASemicolon) {
  for (const char* text : {"do M\n x := a\n y := b;\n x;;", "do M\n x := (a\n  b)\n y := b;\n x;;", "let x = \"two\nlines\"\n  y = 1; x;;", "do M\n f -- why\n\n x = 2;\n x;;"}) {
    const Parsed parsed(text);
    EXPECT_NE(parsed.message().find("; perhaps a `;` is missing at the end of line "), std::string::npos) << parsed.message();
  }
  for (const char* text : {"do M\n x := a\n  y := b;\n x;;", "do M\n x := a +\n y := b;\n x;;", "do M\n x := (a\n y) := b;\n x;;", "f\na )", "do M\n x := if a\n then b\n else)"})
    EXPECT_EQ(Parsed(text).message().find("is missing"), std::string::npos) << Parsed(text).message();
}

TEST(SyntaxErrors, TheLineBreakNextBeforeThePlaceIsBlamed) {
  EXPECT_NE(Parsed("do M\n a\n b\n c := d;\n c;;").message().find("end of line 3"), std::string::npos);
}

TEST(SyntaxErrors, ATextThatOnlyEndsIsBlamedWhereAPersonSeesItsEnd) {
  const Parsed parsed("let x = (1 +\n  2\n\n\n");
  EXPECT_EQ(parsed.message(), "line 2, column 4: found the end of the text, expected `)`, `,`, `:` and a type, an argument or an operator; `(` stands at line 1, column 9");
}

TEST(SyntaxErrors, ATextThatBeginsWithADefinitionIsToldFromAProgram) {
  for (const char* text : {"f x = 1;", "a + b = 1;", "a `mix` b = 1;", "(<+>) a b = 1;", "f (x, y) = 1;", "f 0 = 1;", "alias T = Text; x = 1;", "f : Text;\nf = 1;", "f : ∀ a . (a, a) -> a; f"})
    EXPECT_TRUE(begins_with_definition(text)) << text;
  for (const char* text : {"", "f", "1 = 1", "f : Text", "f : Text;", "let x = 1; x;;", "f (x -> x) = 1", "a + 1 = 2", "f x; y = 1", "\"", "f \""})
    EXPECT_FALSE(begins_with_definition(text)) << text;
}

TEST(SyntaxErrors, PlacesAreGivenAsData) {
  const Parsed parsed("let k = 3;\n    k = ;");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().place.line, 2u);
  EXPECT_EQ(parsed.error().place.column, 9u);
  EXPECT_EQ(parsed.error().offset, 19u);
  EXPECT_EQ(parsed.error().found, "`;`");
  EXPECT_EQ(parsed.error().expected, std::vector<std::string>{"a term"});
}

}  // namespace
}  // namespace roost::lang
