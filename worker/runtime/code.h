// SPDX-License-Identifier: MIT
#pragma once

// Programs as code. A Program owns an arena with terms and the code compiled from them; it is counted, because closures outlive the
// message that brought them. A Code is one function's (or group's) instructions with what is needed to turn a closure back into the closed
// term that it is.
//
// Instructions are 32-bit words, an opcode in the low byte and an operand above it (code_ops.h). They work on the fiber's stack: a
// frame's arguments and locals are slots counted from its base, temporaries are above them. Captured values are slots of the
// frame's environment (a Closure or Group).
// Thread: one per Heap.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "worker/lang/syntax.h"
#include "worker/runtime/value.h"
#include "worker/wire/result.h"

namespace roost::lang {
class HashMeter;
}

namespace roost::runtime {

class Program;

class Code {
 public:
  explicit Code(Program& owner) : program(owner) {}

  Program& program;
  const lang::Term* term = nullptr;      // Lambda, or LetRec for a member (value.h, FunctionParts); null: a whole program, or a group
  std::string_view name;                 // of the definition or binding around it, for messages; may be empty
  const lang::Hash* definition = nullptr;
  const lang::Hash* lifted = nullptr;    // of `term` as a definition (lang::hash_lifted), once it is known
  bool once = false;                     // made only once, by the program itself: not inside a function
  std::uint16_t arity = 0;
  std::uint16_t lazy = 0;                // of a group: how many members are not functions. Their memo cells are the slots behind the captures
  std::uint32_t locals = 0;              // slots of the frame: arguments first
  std::uint32_t temporaries = 0;         // the most that lies above the locals
  std::vector<std::uint32_t> words;
  std::vector<Value> constants;
  std::vector<const Code*> functions;    // codes of the functions made in it. Of a group: its members
  std::vector<std::uint32_t> outside;    // FunctionParts::outside, for each capture
};

// Counted by hand, as objects are. Immortal programs (the library's) are never counted.
class Program {
 public:
  [[nodiscard]] static Program* make(std::shared_ptr<const lang::Arena> code = {});   // with one count
  void hold() { if (count_ < kImmortal) ++count_; }
  void let_go() { if (count_ < kImmortal && --count_ == 0) free(this); }
  void make_immortal() { count_ = kImmortal; }
  [[nodiscard]] bool is_immortal() const { return count_ == kImmortal; }
  // Makes the lifted hashes of its functions known, so that no fork has to fill them in, on pages of its own.
  void name_functions();
  // Makes all constants immortal, and adds what became so to `objects`. Requires: an immortal program.
  void keep_constants(std::vector<Object*>& objects);
  // The end of an immortal program. Requires: nothing uses it any more, and its immortal objects are freed.
  static void destroy_immortal(Program* program);

  lang::Arena& arena() { return arena_; }
  Code& new_code();
  // Counts the program's own memory to the entered heap; it is given back when the program goes. Throws Crash.
  void settle();
  [[nodiscard]] std::uint64_t counted_bytes() const { return counted_bytes_; }
  [[nodiscard]] bool is_shared() const { return count_ > 1; }

  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

 private:
  Program() = default;
  ~Program();
  // Programs that die with one, since its constants held them, are freed one after the other: a long chain of them takes no stack.
  static void free(Program* dead) noexcept;
  std::uint32_t count_ = 1;
  Program* next_dead_ = nullptr;
  std::uint64_t counted_bytes_ = 0;
  lang::Arena arena_;                         // terms that the program made itself
  std::shared_ptr<const lang::Arena> code_;   // terms that came from elsewhere
  std::vector<std::unique_ptr<Code>> codes_;
};

// Holds one count of a program.
class ProgramHandle {
 public:
  explicit ProgramHandle(Program* taken) : program_(taken) {}
  ProgramHandle(ProgramHandle&& other) noexcept : program_(std::exchange(other.program_, nullptr)) {}
  ProgramHandle& operator=(ProgramHandle other) noexcept { std::swap(program_, other.program_); return *this; }
  ~ProgramHandle() { if (program_) program_->let_go(); }
  Program& operator*() const { return *program_; }
  Program* operator->() const { return program_; }

 private:
  Program* program_;
};

// A closure, group or member of compiled code. Requires: as many captures as the code has.
[[nodiscard]] Value make_closure(const Code& code, std::span<const Value> captures);
[[nodiscard]] Value make_group(const Code& code, std::span<const Value> captures);
[[nodiscard]] Value make_member(Value group, std::uint16_t index);

// Of the function's code; found out at the first call. Throws what the meter throws. Requires: a function's code.
[[nodiscard]] const lang::Hash& lifted_hash(const Code& code, lang::HashMeter* meter = nullptr);

// Notes that a function is the value of a definition, if its code was made for nothing else. Requires: immortal code.
void name_definition(const Value& value, const Program& program, const lang::Hash* hash);

// What references by hash stand for.
class Definitions {
 public:
  virtual ~Definitions() = default;
  // The value of the definition, or null if there is none of that hash.
  [[nodiscard]] virtual const Value* value_of(const lang::Hash& hash) const = 0;
  // Of a definition whose evaluation was put off: a function that evaluates it, whatever it is given. Else null.
  [[nodiscard]] virtual const Value* evaluator_of(const lang::Hash&) const { return nullptr; }
};

}  // namespace roost::runtime
