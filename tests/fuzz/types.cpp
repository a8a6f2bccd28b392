// SPDX-License-Identifier: MIT

// Programs made of well-formed pieces, as the input's bytes choose: most parse, many are refused for their types, some are accepted. What is
// accepted does not go wrong: no builtin meets a value that it cannot handle, nothing but a function is applied. (Blanks and the index
// primitives, whose types promise more than is checked, are not among the pieces.)

#include <cstdint>
#include <string>
#include <vector>

#include "tests/fuzz/fuzzed_node.h"
#include "worker/wire/check.h"

namespace {

using namespace roost;

constexpr int kDepthMax = 7;
constexpr std::size_t kProgramBytesMax = 4000;

constexpr const char* kNames[] = {
    "True", "False", "Unit", "None", "Some", "Left", "Right", "Less", "Equal", "pair", "Pair", "Pair.fold", "Optional.fold", "Either.fold",
    "Comparison.fold", "and", "or", "not", "(+)", "(-)", "(*)", "(/)", "(<_Number)", "(==_Text)", "Text.concatenate", "Text.take", "Text.length",
    "Text.words", "Text.lowercase", "Vector.append", "Vector.map", "Vector.fold-left", "Vector.at", "Vector.range", "Vector.zip", "Vector.size",
    "Vector.sort", "Vector.sort-by", "Vector.sort-keyed", "Vector.bind", "Vector.halve", "Vector.concatenate", "Vector.reverse", "empty?", "single",
    "Number.Order", "Text.Order", "Unit.Order", "Order.invert", "Order.key", "Order.compare", "Order.tuple2", "Order.by-2nd", "Hash.Order",
    "hash#", "Hash.base64", "Hash.erase", "(==_Hash)", "1st", "2nd", "3rd", "rest", "identity", "const", "flip", "and-then", "set-1st",
    "Optional.map", "Optional.bind", "Optional.get-or", "Optional.somes", "Either.map", "Either.swap", "pure", "bind", "fork", "Remote.map",
    "Remote.here", "Remote.spawn", "Remote.at", "Remote.transfer", "Remote.sleep", "Remote.channel", "Remote.send", "Remote.receive-async",
    "Remote.race", "Remote.timeout", "Remote.traverse", "Remote.replicate", "Remote.fail", "Remote.attempt", "Duration.seconds", "Debug.watch", "Debug.log",
    "Index.empty", "Index.insert", "Index.lookup", "Index.keys", "Number.floor", "Number.to-text", "Text.to-number", "Text.split",
    "Clock.now", "Random.number", "Html.plain-text", "Html.get-links", "Html.get-href", "Uri.parse-scheme", "if",
};
constexpr const char* kTypes[] = {"Number", "Text", "Boolean", "Unit", "Vector Number", "Optional Text", "Number -> Number",
                                  "∀ a . a -> a", "∀ a b . a -> b -> a", "Remote Number", "(∀ a . a -> a) -> Number", "Order Number"};
constexpr const char* kOperators[] = {"+", "-", "|>", "<|", "==_Number", "`Vector.append`", "`and-then`", "`pair`"};
constexpr const char* kMonads[] = {"Remote", "Optional", "Vector", "Either"};

class Generator {
 public:
  Generator(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  std::string program() { return term(0); }

 private:
  std::uint8_t next() { return at_ < size_ ? data_[at_++] : 0; }
  template <std::size_t count>
  const char* one_of(const char* const (&words)[count]) { return words[next() % count]; }
  std::string fresh() { return scope_.emplace_back("v" + std::to_string(scope_.size())); }

  std::string leaf() {
    const std::uint8_t choice = next();
    if (choice % 3 == 0 && !scope_.empty()) return scope_[next() % scope_.size()];
    if (choice % 8 == 1) return std::to_string(next() % 5);
    if (choice % 8 == 2) return "\"" + std::string(1, static_cast<char>('a' + next() % 3)) + "\"";
    return one_of(kNames);
  }

  std::string term(int depth) {
    if (depth >= kDepthMax || written_ > kProgramBytesMax || at_ >= size_) return leaf();
    const std::string made = composite(depth, next() % 12);
    written_ += made.size();
    return made;
  }

  std::string composite(int depth, int kind) {
    switch (kind) {
      case 0: return "(" + bound(1, depth) + ")";
      case 1: return "(" + bound(2, depth) + ")";
      case 2: return "[" + term(depth + 1) + ", " + term(depth + 1) + "]";
      case 3: return "(" + term(depth + 1) + ", " + term(depth + 1) + ")";
      case 4: return "(if " + term(depth + 1) + " then " + term(depth + 1) + " else " + term(depth + 1) + ")";
      case 5: return "(" + term(depth + 1) + " " + one_of(kOperators) + " " + term(depth + 1) + ")";
      case 6: return "(" + term(depth + 1) + " : " + one_of(kTypes) + ")";
      case 7: return let(depth);
      case 8: return block(depth);
      case 9: return leaf();
      default: return "(" + term(depth + 1) + " " + term(depth + 1) + (next() % 2 ? " " + term(depth + 1) : "") + ")";
    }
  }

  // Function literals; what they bind is in scope in their bodies alone.
  std::string bound(int parameters, int depth) {
    const std::size_t outside = scope_.size();
    std::string text;
    for (int i = 0; i < parameters; ++i) text += fresh() + " ";
    text += "-> " + term(depth + 1);
    scope_.resize(outside);
    return text;
  }

  std::string let(int depth) {
    const std::size_t outside = scope_.size();
    const bool recursive = next() % 2 == 0;
    const std::string before = recursive ? "" : term(depth + 1);
    const std::string name = fresh();
    const std::string value = recursive ? bound(1, depth) : before;
    const std::string text = std::string("(let ") + (recursive ? "rec " : "") + name + " = " + value + "; " + term(depth + 1) + ";;)";
    scope_.resize(outside);
    return text;
  }

  std::string block(int depth) {
    const std::size_t outside = scope_.size();
    const std::string step = term(depth + 1);
    std::string text = std::string("(do ") + one_of(kMonads) + " " + fresh() + (next() % 2 ? " := " : " = ") + step + "; ";
    text += (next() % 2 ? "pure " : "") + term(depth + 1) + ";;)";
    scope_.resize(outside);
    return text;
  }

  const std::uint8_t* data_;
  std::size_t size_, at_ = 0, written_ = 0;
  std::vector<std::string> scope_;
};

bool went_wrong(const std::string& reason) {
  for (const char* sign : {" needs ", " is not a function", "which is not a Remote"})
    if (reason.find(sign) != std::string::npos) return true;
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  fuzz::load_library();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string program = Generator(data, size).program();
  const auto failed = fuzz::run_program(program);
  if (failed && failed->kind == wire::FailureKind::ProgramFailed && went_wrong(failed->reason)) {
    std::fprintf(stderr, "%s\n%s\n", program.c_str(), failed->reason.c_str());
    CHECK(!"a program that was accepted went wrong");
  }
  return 0;
}
