// SPDX-License-Identifier: MIT
#include "worker/lang/resolve.h"

#include <gtest/gtest.h>

#include "tests/unit/lang/same_tree.h"
#include "worker/lang/hash.h"
#include "worker/lang/scc.h"

namespace roost::lang {
namespace {

class Resolving : public ::testing::Test {
 protected:
  const Term* resolved(std::string_view text) {
    const auto parsed = parse_program(arena_, text);
    EXPECT_TRUE(parsed.ok()) << text;
    const auto result = resolve(arena_, parsed.value(), names_);
    message_ = result.ok() ? "" : result.error().message();
    return result.ok() ? result.value() : nullptr;
  }
  Hash define(std::string_view name, std::string_view text) {
    const Hash hash = hash_term(*resolved(text));
    EXPECT_TRUE(names_.add(name, hash));
    return hash;
  }
  Arena arena_;
  Names names_;
  std::string message_;
};

TEST_F(Resolving, LocalsComeFirstInnermostFirst) {
  const Term* term = resolved("x y -> x -> (x, y)");
  const Term& pair = *term->left->left->left;
  EXPECT_EQ(pair.left->right->kind, TermKind::Local);
  EXPECT_EQ(pair.left->right->index, 0u);
  EXPECT_EQ(pair.right->left->right->index, 1u);
  EXPECT_EQ(resolved("pure -> pure")->left->kind, TermKind::Local);
  EXPECT_EQ(resolved("let (+) = 1; (+);;")->right->kind, TermKind::Local);
}

TEST_F(Resolving, ALetDoesNotSeeItself) {
  EXPECT_EQ(resolved("x -> let x = x; x;;")->left->left->index, 0u);
  EXPECT_EQ(resolved("let k = k; k;;"), nullptr);
  EXPECT_EQ(message_, "unresolved names: `k` (line 1, column 9)");
}

TEST_F(Resolving, TheLastNameOfALetRecIsInnermost) {
  const Term* term = resolved("let rec a = b; b = a; (a, b);;");
  EXPECT_EQ(term->items[0]->index, 0u);
  EXPECT_EQ(term->items[1]->index, 1u);
}

TEST_F(Resolving, BuiltinsHaveInternalSourceAndShortNames) {
  for (const auto& [name, builtin] :
       {std::pair{"+", Builtin::NumberAdd}, {"Number.+", Builtin::NumberAdd}, {"Some", Builtin::OptionalSome}, {"unit", Builtin::Unit},
        {"Unit", Builtin::Unit}, {"single", Builtin::VectorSingle}, {"and", Builtin::BooleanAnd}, {"Boolean.and", Builtin::BooleanAnd},
        {"empty?", Builtin::VectorIsEmpty}, {"Vector.empty?", Builtin::VectorIsEmpty}, {"pure", Builtin::RemotePure}, {"fork", Builtin::RemoteFork},
        {"Number.<=", Builtin::NumberLessEqual}, {"hash#", Builtin::HashOf}}) {
    EXPECT_EQ(builtin_named(name), builtin) << name;
  }
}

TEST_F(Resolving, EveryInternalNameFindsItsBuiltin) {
  for (std::size_t i = 0; i < kBuiltins; ++i) {
    const auto builtin = static_cast<Builtin>(i);
    EXPECT_EQ(builtin_named(name_of(builtin)), builtin) << name_of(builtin);
  }
  for (const char* name : {"", "send", "map", "Number", "==", "<", "()x", "Remote"}) EXPECT_FALSE(builtin_named(name)) << name;
}

TEST_F(Resolving, HashAndIndexCannotBeForged) {
  EXPECT_EQ(resolved("Hash \"x\""), nullptr);
  EXPECT_EQ(resolved("Index 1 \"x\""), nullptr);
}

TEST_F(Resolving, AnUnboundOperatorIsListedBehindItsLeftOperand) {
  EXPECT_EQ(resolved("plums == figs"), nullptr);
  EXPECT_EQ(message_.find("unresolved names: `plums` (line 1, column 1), `==` (line 1, column 7; "), 0u) << message_;
}

TEST_F(Resolving, AFunctionThatCallsItselfInALetIsToldOfLetRec) {
  EXPECT_EQ(resolved("let f n = f n; f 1;;"), nullptr);
  EXPECT_EQ(message_, "unresolved names: `f` (line 1, column 11; perhaps `let rec`)");
}

TEST_F(Resolving, AWordThatHoldsAnOperatorIsSuggestedWithBlanks) {
  for (const auto& [text, suggestion] : {std::pair{"n -> n-1", "n - 1"}, {"1+2*3", "1 + 2 * 3"}, {"7+ 8", "7 +"}, {"q->q", "q -> q"}, {"3<4", "3 <_Number 4"}}) {
    EXPECT_EQ(resolved(text), nullptr) << text;
    EXPECT_NE(message_.find("; perhaps `" + std::string(suggestion) + "`"), std::string::npos) << message_;
  }
}

TEST_F(Resolving, ANameOfAnotherLanguageIsTranslated) {
  EXPECT_EQ(resolved("True && False"), nullptr);
  EXPECT_EQ(message_, "unresolved names: `&&` (line 1, column 6; perhaps `` `and` ``)");
  EXPECT_EQ(resolved("length 1"), nullptr);
  EXPECT_EQ(message_, "unresolved names: `length` (line 1, column 1; perhaps `Vector.size` or `Text.length`)");
}

TEST_F(Resolving, ANameIsSoughtInTheNamespaceThatWasMeantFirst) {
  for (const auto& [text, suggestion] : {std::pair{"Vector.length", "Vector.size"}, {"Vector.lenght", "Vector.size"}, {"Txet.length", "Text.length"}, {"list.map", "Vector.map"},
                                        {"Text.append", "Text.concatenate"}, {"Number.from-text", "Text.to-number"}, {"Order.Text", "Text.Order"}, {"Number.toText", "Number.to-text"},
                                        {"Nubmer.to-text", "Number.to-text"}, {"Text.!=", "not (x ==_Text y)"}}) {
    const std::string name = text == std::string_view("Text.!=") ? "1 !=_Text 2" : text;
    EXPECT_EQ(resolved(name), nullptr) << text;
    EXPECT_TRUE(message_.ends_with("; perhaps `" + std::string(suggestion) + "`)")) << message_;
  }
}

TEST_F(Resolving, WhatIsFarFetchedOrNotThereIsNotSuggested) {
  for (const char* text : {"height", "Index.length", "Vector.to-text", "match", "kite", "List.flatten"}) {
    EXPECT_EQ(resolved(text), nullptr) << text;
    EXPECT_EQ(message_.find("perhaps"), std::string::npos) << message_;
  }
}

TEST_F(Resolving, AnOperatorIsNamedAsItIsWritten) {
  EXPECT_EQ(resolved("3 <_number 4"), nullptr);
  EXPECT_EQ(message_, "unresolved names: `<_number` (line 1, column 3; perhaps `<_Number`)");
}

TEST_F(Resolving, BothNamesOfADoAreOneMistakeAtItsWord) {
  EXPECT_EQ(resolved("do remote x := Remote.here; y = 1; pure x;;"), nullptr);
  EXPECT_EQ(message_, "unresolved names: `remote.bind` (line 1, column 4; perhaps `Remote`)");
  EXPECT_EQ(resolved("do Jar x = 1; pure (Jar.pure x);;"), nullptr);
  EXPECT_EQ(message_, "unresolved names: `Jar.bind` (line 1, column 4), `Jar.pure` (line 1, column 21; perhaps `Remote.pure` or `pure`)") << "the last is written";
}

TEST_F(Resolving, AWordWhosePartsAreUnknownKeepsItsOperators) {
  for (const char* text : {"plum-jam", "n-1", "hop--skip", "x'"}) {
    EXPECT_EQ(resolved(text), nullptr) << text;
    EXPECT_EQ(message_.find("perhaps"), std::string::npos) << message_;
  }
}

TEST_F(Resolving, AllUnboundNamesAreListedOnceInOrder) {
  EXPECT_EQ(resolved("f 1\n  (q -> g f q) (send h)"), nullptr);
  EXPECT_EQ(message_, "unresolved names: `f` (line 1, column 1), `g` (line 2, column 9), `send` (line 2, column 17; perhaps `Remote.send`), `h` (line 2, column 22)");
}

TEST_F(Resolving, DefinitionsBecomeReferences) {
  const Hash hash = define("peel", "x -> x");
  const Term* term = resolved("peel 1");
  ASSERT_NE(term, nullptr);
  EXPECT_EQ(term->left->kind, TermKind::Reference);
  EXPECT_EQ(*term->left->hash, hash);
  EXPECT_EQ(resolved("peel -> peel")->left->kind, TermKind::Local);
}

TEST_F(Resolving, AHashPrefixPicksTheDefinition) {
  const std::string hash = base64url(view_of(define("peel", "x -> x")));
  const Term* term = resolved("peel#" + hash.substr(0, 6));
  ASSERT_NE(term, nullptr);
  EXPECT_EQ(base64url(view_of(*term->hash)), hash);
  EXPECT_EQ(resolved("peel#" + std::string(hash[0] == 'A' ? "B" : "A")), nullptr);
  EXPECT_EQ(resolved("skin#" + hash.substr(0, 6)), nullptr);
  EXPECT_EQ(resolved("pair#" + base64url(view_of(hash_builtin(Builtin::Pair))).substr(0, 5))->builtin, Builtin::Pair);
  EXPECT_EQ(resolved("peel#"), nullptr);
}

class Grouping : public ::testing::Test {
 protected:
  // "[a][b*][c d*]": the components, a star for a recursive one.
  std::string components(std::string_view group) {
    const std::string text = "let rec " + std::string(group) + " 0;;";
    const auto parsed = parse_program(arena_, text);
    EXPECT_TRUE(parsed.ok()) << text;
    const Term& term = *parsed.value();
    std::string shown;
    for (const Component& component : components_of(term.names, term.items)) {
      shown += '[';
      for (const std::uint32_t member : component.members) shown += std::string(term.names[member]) + (member == component.members.back() ? "" : " ");
      shown += component.recursive ? "*]" : "]";
    }
    return shown;
  }
  Arena arena_;
};

TEST_F(Grouping, ComponentsComeBehindWhatTheyUse) {
  EXPECT_EQ(components("a = b; b = c; c = 1;"), "[c][b][a]");
  EXPECT_EQ(components("a = 1; b = 2; c = 3;"), "[a][b][c]");
  EXPECT_EQ(components("a = b; b = a; c = a;"), "[a b*][c]");
  EXPECT_EQ(components("c = a; a = b; b = a;"), "[a b*][c]");
  EXPECT_EQ(components("a = a; b = 1;"), "[a*][b]");
  EXPECT_EQ(components("a = d; b = c; c = b; d = c;"), "[b c*][d][a]");
}

TEST_F(Grouping, BoundNamesAreNotUses) {
  EXPECT_EQ(components("a = b -> b; b = (let a = 1; a;;); c = (let rec c = a; c;;);"), "[a][b][c]");
  EXPECT_EQ(components("a = (let b = b; b;;); b = 1;"), "[b][a]");
}

TEST_F(Grouping, AHundredThousandBindingsAreGrouped) {
  std::vector<std::string> names;
  for (int i = 0; i < 100'000; ++i) names.push_back("v" + std::to_string(i));
  std::vector<std::string_view> views(names.begin(), names.end());
  std::vector<const Term*> terms;
  for (int i = 0; i < 100'000; ++i) {   // each uses the next; the last uses the first
    Term* term = arena_.make<Term>();
    term->kind = TermKind::Name;
    term->text = views[(i + 1) % 100'000];
    terms.push_back(term);
  }
  EXPECT_EQ(components_of(views, terms).size(), 1u);
}

TEST_F(Grouping, MinimisingSplitsTheOutermostLetRecOnly) {
  const auto minimised = [&](const char* text) {
    const auto parsed = parse_program(arena_, text);
    EXPECT_TRUE(parsed.ok()) << text;
    return minimise(arena_, parsed.value());
  };
  const Parsed nested("let b = 1; (let a = b; a + b;;);;");
  EXPECT_TRUE(same_tree(*minimised("let rec a = b; b = 1; a + b;;"), nested.term()));
  const Parsed mixed("let rec f = g; g = f; (let a = f; a;;);;");
  EXPECT_TRUE(same_tree(*minimised("let rec a = f; f = g; g = f; a;;"), mixed.term()));
  const Parsed single("let rec f = f; f;;");
  EXPECT_TRUE(same_tree(*minimised("let rec f = f; f;;"), single.term()));
  const Parsed inner("f (let rec a = b; b = 1; a;;)");
  EXPECT_TRUE(same_tree(*minimised("f (let rec a = b; b = 1; a;;)"), inner.term()));
  const Parsed plain("let k = 1; k;;");
  EXPECT_TRUE(same_tree(*minimised("let rec k = 1; k;;"), Parsed("let rec k = 1; k;;").term())) << "one component is left as it is";
}

}  // namespace
}  // namespace roost::lang
