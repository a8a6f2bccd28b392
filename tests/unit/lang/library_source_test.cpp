// SPDX-License-Identifier: MIT
#include "worker/lang/library_source.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "worker/lang/hash.h"

namespace roost::lang {
namespace {

class Loading : public ::testing::Test {
 protected:
  // The names in the order of definition, or the error.
  std::string load(std::string_view text) {
    const auto result = load_library(arena_, text, names_, types_);
    if (!result.ok()) return result.error().message;
    definitions_ = result.value();
    std::string shown;
    for (const Definition& definition : definitions_) shown += (shown.empty() ? "" : " ") + std::string(definition.name);
    return shown;
  }
  const Definition& defined(std::string_view name) {
    for (const Definition& definition : definitions_)
      if (definition.name == name) return definition;
    ADD_FAILURE() << name << " is not defined";
    return definitions_.front();
  }
  Arena arena_;
  Names names_;
  DefinitionTypes types_;
  std::vector<Definition> definitions_;
};

TEST_F(Loading, DefinitionsComeBehindWhatTheyUse) {
  EXPECT_EQ(load("a = b 1; b x = c; c = 2;"), "c b a");
  EXPECT_EQ(defined("a").term->left->kind, TermKind::Reference);
  EXPECT_EQ(*defined("a").term->left->hash, defined("b").hash);
  EXPECT_EQ(*names_.find("c"), defined("c").hash);
}

TEST_F(Loading, ARecursiveBindingIsAGroupWithItsRightHandSideAsBody) {
  EXPECT_EQ(load("loop x = loop x;"), "loop");
  const Term& term = *defined("loop").term;
  ASSERT_EQ(term.kind, TermKind::LetRec);
  EXPECT_EQ(term.right, term.items[0]);
  EXPECT_EQ(defined("loop").hash, hash_term(term));
}

TEST_F(Loading, MembersOfAGroupShareItAndDiffer) {
  EXPECT_EQ(load("even n = odd n; odd n = even (n - 1); other = even;"), "even odd other");
  EXPECT_EQ(defined("even").term->items.size(), 2u);
  EXPECT_NE(defined("even").hash, defined("odd").hash);
  EXPECT_EQ(defined("other").hash, defined("even").hash);
  EXPECT_FALSE(defined("other").is_new);
}

TEST_F(Loading, AReleasedNameMeansWhatItDidUntilItIsDefinedAnew) {
  load("size = 1; twice = size + size;");
  const Hash before = *names_.find("size"), user = *names_.find("twice");
  EXPECT_EQ(load("size = 2;"), "line 1, column 1: the name `size` is taken");
  names_.release("size");
  EXPECT_EQ(*names_.find("size"), before);
  EXPECT_EQ(load("size = size;"), "size");   // its own new self, not the old one
  EXPECT_NE(*names_.find("size"), before);
  EXPECT_EQ(*names_.find("twice"), user);
  EXPECT_EQ(load("size = 3;"), "line 1, column 1: the name `size` is taken");
}

TEST_F(Loading, ASecondNameIsTheSameDefinition) {
  EXPECT_EQ(load("skin x = x; peel = skin; take = Text.take;"), "skin peel take");
  EXPECT_EQ(defined("peel").hash, defined("skin").hash);
  EXPECT_FALSE(defined("peel").is_new);
  EXPECT_TRUE(defined("skin").is_new);
  EXPECT_EQ(defined("take").term->builtin, Builtin::TextTake);
}

TEST_F(Loading, TextsBuildOnEarlierOnes) {
  EXPECT_EQ(load("a = 1;"), "a");
  EXPECT_EQ(load("b = a;"), "b");
  EXPECT_EQ(load("a = 2;"), "line 1, column 1: the name `a` is taken");
}

TEST_F(Loading, ClashesAreRefused) {
  EXPECT_EQ(load("x = 1; pure = 2;"), "line 1, column 8: the name `pure` is taken");
  EXPECT_EQ(load("x = 1;\nx = 2;"), "line 2, column 1: `x` is defined twice");
  EXPECT_EQ(load("x + y = 2;"), "line 1, column 3: the name `+` is taken");
}

TEST_F(Loading, AllUnresolvedNamesAreListedAndNothingIsLoaded) {
  EXPECT_EQ(load("a = nowhere 1; b = a; c = send nowhere;"),
            "line 1, column 5: unresolved names: `nowhere` (line 1, column 5), `send` (line 1, column 27; perhaps `Remote.send`)");
  EXPECT_EQ(names_.size(), 0u);
  EXPECT_EQ(load("a = 1;"), "a");
}

TEST_F(Loading, SyntaxErrorsHaveTheirPlace) {
  EXPECT_EQ(load("a = 1;\nb = ;"), "line 2, column 5: found `;`, expected a term");
  EXPECT_EQ(load("a = 1; then"), "line 1, column 8: found `then`, expected `;`, a binding or the end of the text");
}

TEST_F(Loading, AliasesAndSignaturesAreUnderstood) {
  EXPECT_EQ(load("alias Duo a = (a, a); f : Duo Text -> Text; f p = g p; g : ∀ a . Duo a -> a; g p = _; ;"), "g f");
  EXPECT_EQ(defined("g").term->kind, TermKind::Annotate);
}

TEST_F(Loading, EmptyTextsAreLibraries) {
  EXPECT_EQ(load(""), "");
  EXPECT_EQ(load("-- nothing yet\n"), "");
}

TEST_F(Loading, TheStandardLibraryLoads) {
  for (const char* file : {"base", "extra", "distributed-index"}) {
    std::ifstream in(std::string("worker/library/") + file + ".u");
    ASSERT_TRUE(in.good()) << file;
    std::stringstream text;
    text << in.rdbuf();
    const auto result = load_library(arena_, text.str(), names_, types_);
    EXPECT_TRUE(result.ok()) << file << ": " << (result.ok() ? "" : result.error().message);
  }
}

}  // namespace
}  // namespace roost::lang
