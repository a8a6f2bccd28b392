// SPDX-License-Identifier: MIT
#include "worker/runtime/code.h"

#include "worker/lang/hash.h"
#include "worker/runtime/object.h"

namespace roost::runtime {

Program* Program::make(std::shared_ptr<const lang::Arena> code) {
  auto* program = new Program;
  program->code_ = std::move(code);
  return program;
}

Program::~Program() {
  if (counted_bytes_ > 0) Heap::current().remove(counted_bytes_);
}

void Program::free(Program* dead) noexcept {
  thread_local Program* first_dead = nullptr;
  thread_local bool freeing = false;
  dead->next_dead_ = std::exchange(first_dead, dead);
  if (std::exchange(freeing, true)) return;
  while (first_dead) {
    const Program* next = std::exchange(first_dead, first_dead->next_dead_);
    delete next;
  }
  freeing = false;
}

Code& Program::new_code() {
  codes_.push_back(std::make_unique<Code>(*this));
  return *codes_.back();
}

const lang::Hash& lifted_hash(const Code& code, lang::HashMeter* meter) {
  if (!code.lifted) {
    const lang::Hash hash = lang::hash_lifted({code.term, code.outside}, meter);
    const_cast<Code&>(code).lifted = code.program.arena().make<lang::Hash>(hash);
  }
  return *code.lifted;
}

// Those of a large group are named when they are met: each hash visits the whole group.
void Program::name_functions() {
  constexpr std::size_t kGroupMax = 16;
  for (const auto& code : codes_)
    if (code->term && code->term->items.size() <= kGroupMax) (void)lifted_hash(*code);
}

void Program::keep_constants(std::vector<Object*>& objects) {
  for (const auto& code : codes_)
    for (const Value& constant : code->constants)
      if (constant.is_object()) roost::runtime::make_immortal(constant.object(), objects);
}

void Program::destroy_immortal(Program* program) {
  // The constants' objects are gone: their Values must not look at them.
  for (const auto& code : program->codes_)
    for (Value& constant : code->constants) (void)constant.release();
  delete program;
}

void name_definition(const Value& value, const Program& program, const lang::Hash* hash) {
  const Code* code = nullptr;
  if (value.is(Kind::Closure)) code = value.as_function()->code;
  if (value.is(Kind::Member)) code = value.as_member()->group.as_function()->code->functions[value.object()->tag];
  // Code that is made once stands for one value; the first definition that it is the value of names it.
  if (code && code->once && &code->program == &program && !code->definition) const_cast<Code*>(code)->definition = hash;
}

void Program::settle() {
  std::uint64_t bytes = sizeof(Program) + arena_.bytes() + (code_ ? code_->bytes() : 0);
  for (const auto& code : codes_) {
    bytes += sizeof(Code) + 4 * (code->words.capacity() + code->outside.capacity()) +
             8 * (code->constants.capacity() + code->functions.capacity());
  }
  Heap::current().remove(counted_bytes_);
  counted_bytes_ = 0;
  Heap::current().add(bytes);
  counted_bytes_ = bytes;
}

}  // namespace roost::runtime
