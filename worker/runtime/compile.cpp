// SPDX-License-Identifier: MIT
#include "worker/runtime/compile.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <optional>

#include "worker/lang/hash.h"
#include "worker/runtime/builtin.h"
#include "worker/runtime/code_ops.h"
#include "worker/runtime/compile_free.h"
#include "worker/runtime/machine_builtin.h"
#include "worker/runtime/object.h"

namespace roost::runtime {
namespace {

using lang::Builtin;
using lang::Term;
using lang::TermKind;

constexpr std::size_t kCallArgumentsMax = 200;   // of one call instruction; longer applications are several calls
constexpr std::size_t kSlotsMax = 0xffff;        // of one function or group, and of a group's members: Object::tag counts them
constexpr std::size_t kParametersMax = 200;      // of one Code; longer literals are functions that give functions

struct Refusal {
  std::string reason;
};

const Term* stripped(const Term* term) {
  while (term->kind == TermKind::Annotate) term = term->left;
  return term;
}

std::optional<Op> arithmetic(Builtin builtin) {
  switch (builtin) {
    case Builtin::NumberAdd: return Op::Add;
    case Builtin::NumberSubtract: return Op::Subtract;
    case Builtin::NumberMultiply: return Op::Multiply;
    case Builtin::NumberDivide: return Op::Divide;
    case Builtin::NumberLess: return Op::Less;
    case Builtin::NumberLessEqual: return Op::LessEqual;
    case Builtin::NumberGreater: return Op::Greater;
    case Builtin::NumberGreaterEqual: return Op::GreaterEqual;
    case Builtin::NumberEqual: return Op::Equal;
    default: return std::nullopt;
  }
}

// What the compilers of one program's functions share.
struct Unit {
  Program& program;
  const Definitions& definitions;
  FreeVariables free;
  std::size_t captures = 0;

  // Of one function or group, for each of so many.
  void count_captures(std::size_t each, std::size_t times = 1) {
    if (each > kSlotsMax) throw Refusal{"a function of the program captures more than " + std::to_string(kSlotsMax) + " variables"};
    const std::size_t more = each * times;
    captures += more;
    if (captures > kCapturesMax)
      throw Refusal{"the functions of the program capture more than " + std::to_string(kCapturesMax) + " variables together"};
  }
};

// Where the value of a bound variable is.
struct Binder {
  enum class Place { Slot, MemberOf, Sibling } place = Place::Slot;
  std::uint32_t slot = 0;         // Slot; MemberOf: of the group
  std::uint32_t member = 0;       // MemberOf, Sibling
  const Code* code = nullptr;     // of the member
};

// Which captured variables may be lazy members, in the order of Code::outside.
using LazyCaptures = std::vector<bool>;

class FunctionCompiler {
 public:
  // `siblings`: of the group whose environment the function has.
  FunctionCompiler(Unit& unit, Code& code, LazyCaptures lazy_captures, std::span<const Code* const> siblings = {})
      : unit_(unit), code_(code), lazy_captures_(std::move(lazy_captures)), siblings_(siblings) {}

  void bind_parameters(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) binders_.push_back({Binder::Place::Slot, new_slot(), 0, nullptr});
  }
  void compile_body(const Term* body) {
    value(body, Tail::Yes);
    finish();
  }
  void compile_lazy(const Term* body, std::uint32_t cell) {
    value(body, Tail::No);
    emit(Op::ReturnLazy, cell);
    finish();
  }

 private:
  enum class Tail : bool { No, Yes };

  void finish() {
    take_at_last_use(code_);
    code_.words.shrink_to_fit();
    code_.constants.shrink_to_fit();
  }

  // ---- emitting --------------------------------------------------------------------------------------------
  void emit(Op op, std::size_t operand = 0) {
    if (operand > kOperandMax || code_.words.size() > kOperandMax)
      throw Refusal{"a function's code would have more than " + std::to_string(kOperandMax) + " words"};
    code_.words.push_back(word_of(op, static_cast<std::uint32_t>(operand)));
  }
  void pushed(std::uint32_t count = 1) {
    depth_ += count;
    code_.temporaries = std::max(code_.temporaries, depth_);
  }
  void popped(std::size_t count) { depth_ -= static_cast<std::uint32_t>(count); }
  std::size_t place() const { return code_.words.size(); }
  void jump_here(std::size_t from) { code_.words[from] = word_of(op_of(code_.words[from]), static_cast<std::uint32_t>(place())); }
  std::uint32_t new_slot() {
    const std::uint32_t slot = next_slot_++;
    code_.locals = std::max(code_.locals, next_slot_);
    return slot;
  }
  void constant(Value value) {
    std::size_t index = code_.constants.size();
    for (std::size_t i = 0; i < code_.constants.size() && i < 16; ++i)
      if (code_.constants[i].same(value)) index = i;
    if (index == code_.constants.size()) code_.constants.push_back(std::move(value));
    emit(Op::Constant, index);
    pushed();
  }
  void end(Tail tail) {
    if (tail == Tail::Yes) emit(Op::Return);
  }

  // ---- terms -----------------------------------------------------------------------------------------------
  // Leaves the term's value on the stack, or returns it.
  void value(const Term* term, Tail tail, std::string_view name = {}) {
    switch (term->kind) {
      case TermKind::Annotate: return value(term->left, tail, name);
      case TermKind::Apply: return application(term, tail);
      case TermKind::Let: return let(term, tail);
      case TermKind::LetRec: return let_rec(term, tail);
      case TermKind::Lambda: closure(term, name); break;
      case TermKind::Local: variable(term->index); break;
      case TermKind::Vector: vector(term); break;
      case TermKind::Reference: reference(term); break;
      case TermKind::Builtin: builtin_by_itself(term->builtin); break;
      case TermKind::Number: number(term->number); break;
      case TermKind::Text: constant(make_text(term->text)); break;
      case TermKind::If: constant(Value::if_function()); break;
      case TermKind::Blank: constant(Value::blank()); break;
      case TermKind::Name: throw Refusal{"the name " + std::string(term->text) + " is not resolved"};
    }
    end(tail);
  }

  void number(double number) {
    if (number == std::floor(number) && number >= 0 && number <= 0x7f'ffff && !std::signbit(number)) {
      emit(Op::Integer, static_cast<std::size_t>(number));
      return pushed();
    }
    constant(Value::canonical_number(number));
  }

  void reference(const Term* term) {
    if (const Value* value = unit_.definitions.value_of(*term->hash)) return constant(*value);
    const Value* evaluator = unit_.definitions.evaluator_of(*term->hash);
    if (!evaluator) throw Refusal{"no definition has the hash " + lang::base64url(view_of(*term->hash))};
    constant(*evaluator);
    constant(Value::unit());
    emit(Op::Call, 1);
    popped(1);
  }

  void builtin_by_itself(Builtin builtin) {
    if (lang::arity_of(builtin) == 0) return constant(constant_builtin(builtin));
    emit(Op::Immediate, static_cast<std::size_t>(builtin));
    pushed();
  }

  // Siblings are bound around everything else.
  [[nodiscard]] std::optional<Binder> binder_of(std::uint32_t index) const {
    if (index < binders_.size()) return binders_[binders_.size() - 1 - index];
    const std::size_t further = index - binders_.size();
    if (further >= siblings_.size()) return std::nullopt;
    const std::size_t member = siblings_.size() - 1 - further;
    return Binder{Binder::Place::Sibling, 0, static_cast<std::uint32_t>(member), siblings_[member]};
  }

  [[nodiscard]] bool may_be_lazy(std::uint32_t index) const {
    const std::optional<Binder> binder = binder_of(index);
    return binder ? binder->code && binder->code->arity == 0 : lazy_captures_[capture_of(index)];
  }

  // Using a variable evaluates a lazy member; capturing it does not.
  enum class For { Use, Capture };
  void variable(std::uint32_t index, For what = For::Use) {
    const bool lazy = what == For::Use && may_be_lazy(index);
    pushed();
    const std::optional<Binder> binder = binder_of(index);
    if (!binder) return emit(lazy ? Op::CaptureLazy : Op::Capture, capture_of(index));
    switch (binder->place) {
      case Binder::Place::Slot: return emit(Op::Local, binder->slot);
      case Binder::Place::Sibling: return emit(lazy ? Op::LazySibling : Op::Sibling, binder->member);
      case Binder::Place::MemberOf:
        emit(lazy ? Op::LazyOf : Op::MemberOf, binder->slot);
        code_.words.push_back(binder->member);
    }
  }

  std::size_t capture_of(std::uint32_t index) const {
    const std::uint32_t outside = index - static_cast<std::uint32_t>(binders_.size() + siblings_.size());
    const auto at = std::lower_bound(code_.outside.begin(), code_.outside.end(), outside);
    if (at == code_.outside.end() || *at != outside) throw Refusal{"a variable of the code is bound nowhere"};
    return static_cast<std::size_t>(at - code_.outside.begin());
  }

  void vector(const Term* term) {
    emit(Op::NewVector, std::min<std::size_t>(term->items.size(), kOperandMax));
    pushed();
    for (const Term* item : term->items) {
      value(item, Tail::No);
      emit(Op::PushItem);
      popped(1);
    }
  }

  void let(const Term* term, Tail tail) {
    value(term->left, Tail::No, term->text);
    const std::uint32_t slot = new_slot();
    emit(Op::Store, slot);
    popped(1);
    binders_.push_back({Binder::Place::Slot, slot, 0, nullptr});
    value(term->right, tail);
    binders_.pop_back();
    --next_slot_;
  }

  LazyCaptures push_captures(const Outside& outside) {
    unit_.count_captures(outside.size());
    LazyCaptures lazy;
    for (const std::uint32_t index : outside) {
      lazy.push_back(may_be_lazy(index));
      variable(index, For::Capture);
    }
    return lazy;
  }

  std::size_t add_function(const Code* code) {
    code_.functions.push_back(code);
    return code_.functions.size() - 1;
  }

  void closure(const Term* term, std::string_view name);
  void let_rec(const Term* term, Tail tail);

  // ---- applications ----------------------------------------------------------------------------------------
  using Arguments = std::span<const Term* const>;

  void application(const Term* term, Tail tail) {
    std::vector<const Term*> arguments;
    const Term* head = term;
    while (head->kind == TermKind::Apply) {
      arguments.push_back(head->right);
      head = stripped(head->left);
    }
    std::reverse(arguments.begin(), arguments.end());
    if (head->kind == TermKind::If && arguments.size() >= 3) return conditional(arguments, tail);
    if (head->kind == TermKind::Builtin && builtin_application(head->builtin, arguments, tail)) return;
    if (head->kind == TermKind::Local && member_call(head->index, arguments, tail)) return;
    value(head, Tail::No);
    call(arguments, tail);
  }

  // Calls what is on the stack.
  void call(Arguments arguments, Tail tail) {
    while (!arguments.empty()) {
      const std::size_t now = std::min(arguments.size(), kCallArgumentsMax);
      for (const Term* argument : arguments.first(now)) value(argument, Tail::No);
      arguments = arguments.subspan(now);
      emit(tail == Tail::Yes && arguments.empty() ? Op::TailCall : Op::Call, now);
      popped(now);
    }
  }

  void conditional(Arguments arguments, Tail tail) {
    const bool more = arguments.size() > 3;
    const Tail branch_tail = more ? Tail::No : tail;
    value(arguments[0], Tail::No);
    const std::size_t to_else = place();
    emit(Op::JumpIfFalse);
    popped(1);
    value(arguments[1], branch_tail);
    popped(1);
    const std::size_t to_end = place();
    if (branch_tail == Tail::No) emit(Op::Jump);
    jump_here(to_else);
    value(arguments[2], branch_tail);
    if (branch_tail == Tail::No) jump_here(to_end);
    if (more) call(arguments.subspan(3), tail);
  }

  // False: it is to be called like any function.
  bool builtin_application(Builtin builtin, Arguments arguments, Tail tail) {
    const int arity = lang::arity_of(builtin);
    if (builtin == Builtin::VectorForce && arguments.size() == 1 && stripped(arguments[0])->kind == TermKind::Vector) {
      value(arguments[0], tail);
      return true;
    }
    const bool constructs = arity == lang::kConstructor && arguments.size() <= kCallArgumentsMax;
    if (!constructs && arguments.size() != static_cast<std::size_t>(arity)) return false;
    const bool is_pair = builtin == Builtin::Pair;
    if (!constructs && !is_pair && !arithmetic(builtin) && !direct_builtin(builtin) && !is_host_builtin(builtin)) return false;
    for (const Term* argument : arguments) value(argument, Tail::No);
    popped(arguments.size());
    if (constructs || is_pair) {
      emit(Op::Data, arguments.size());
      code_.words.push_back(static_cast<std::uint32_t>(is_pair ? Builtin::PairConstructor : builtin));
    } else if (const auto op = arithmetic(builtin)) {
      emit(*op);
    } else {
      emit(is_host_builtin(builtin) ? Op::Host : Op::Builtin, static_cast<std::size_t>(builtin));
    }
    pushed();
    end(tail);
    return true;
  }

  bool member_call(std::uint32_t index, Arguments arguments, Tail tail) {
    const std::optional<Binder> binder = binder_of(index);
    if (!binder || !binder->code || binder->code->arity == 0 || binder->code->arity != arguments.size()) return false;
    const std::uint32_t member = binder->member;
    if (binder->place == Binder::Place::Sibling) emit(Op::Environment);
    else emit(Op::Local, binder->slot);
    pushed();
    for (const Term* argument : arguments) value(argument, Tail::No);
    emit(tail == Tail::Yes ? Op::TailCallMember : Op::CallMember, arguments.size());
    code_.words.push_back(member);
    popped(arguments.size());
    return true;
  }

  Unit& unit_;
  Code& code_;
  const LazyCaptures lazy_captures_;
  const std::span<const Code* const> siblings_;
  std::vector<Binder> binders_;
  std::uint32_t next_slot_ = 0;
  std::uint32_t depth_ = 0;
};

// The parameters of a literal that are entered together, and what is behind them.
struct Literal {
  std::size_t parameters = 0;
  const Term* body = nullptr;
};

Literal literal_of(const Term* lambda) {
  Literal literal{1, lambda->left};
  while (literal.parameters < kParametersMax && stripped(literal.body)->kind == TermKind::Lambda) {
    literal.body = stripped(literal.body)->left;
    ++literal.parameters;
  }
  return literal;
}

void compile_literal(Unit& unit, Code& code, const Term* lambda, std::span<const Code* const> siblings, const LazyCaptures& lazy) {
  const Literal literal = literal_of(lambda);
  code.arity = static_cast<std::uint16_t>(literal.parameters);
  FunctionCompiler compiler(unit, code, lazy, siblings);
  compiler.bind_parameters(literal.parameters);
  compiler.compile_body(literal.body);
}

// The group of a `let rec`. Members see each other as siblings, so their codes exist before any of them is compiled.
Code& compile_group(Unit& unit, const Term* term, Outside outside, const LazyCaptures& lazy, bool once) {
  if (term->items.size() > kSlotsMax) throw Refusal{"a let rec has more than " + std::to_string(kSlotsMax) + " bindings"};
  unit.count_captures(outside.size(), term->items.size());
  Code& group = unit.program.new_code();
  group.outside = std::move(outside);
  std::vector<Code*> members;
  for (std::size_t i = 0; i < term->items.size(); ++i) {
    Code& member = unit.program.new_code();
    const Term* item = stripped(term->items[i]);
    member.term = unit.program.arena().make<Term>(*term);
    const_cast<Term*>(member.term)->right = term->items[i];
    member.name = term->names[i];
    member.outside = group.outside;
    member.once = once;
    if (item->kind == TermKind::Lambda) member.arity = static_cast<std::uint16_t>(literal_of(item).parameters);
    else member.lazy = group.lazy++;
    members.push_back(&member);
    group.functions.push_back(&member);
  }
  if (group.outside.size() + group.lazy > kSlotsMax)
    throw Refusal{"a let rec binds and captures more than " + std::to_string(kSlotsMax) + " values together"};
  for (std::size_t i = 0; i < members.size(); ++i) {
    const Term* item = stripped(term->items[i]);
    if (item->kind == TermKind::Lambda) {
      compile_literal(unit, *members[i], item, group.functions, lazy);
    } else {
      FunctionCompiler compiler(unit, *members[i], lazy, group.functions);
      compiler.compile_lazy(item, members[i]->lazy);
    }
  }
  return group;
}

void FunctionCompiler::closure(const Term* term, std::string_view name) {
  const Outside& outside = unit_.free.of(term);
  const std::uint32_t before = depth_;
  const LazyCaptures lazy = push_captures(outside);
  Code& code = unit_.program.new_code();
  code.term = term;
  code.name = name.empty() ? code_.name : name;
  code.outside = outside;
  code.once = code_.term == nullptr;
  compile_literal(unit_, code, term, {}, lazy);
  emit(Op::Closure, add_function(&code));
  depth_ = before;
  pushed();
}

void FunctionCompiler::let_rec(const Term* term, Tail tail) {
  const Outside& outside = unit_.free.of(term);
  const std::uint32_t before = depth_;
  const LazyCaptures lazy = push_captures(outside);
  const Code& group = compile_group(unit_, term, outside, lazy, code_.term == nullptr);
  emit(Op::Group, add_function(&group));
  depth_ = before;
  pushed();
  const std::uint32_t slot = new_slot();
  emit(Op::Store, slot);
  popped(1);
  for (std::uint32_t i = 0; i < group.functions.size(); ++i)
    binders_.push_back({Binder::Place::MemberOf, slot, i, group.functions[i]});
  const auto body = std::find(term->items.begin(), term->items.end(), term->right);
  if (body != term->items.end()) {   // how definitions of recursive components are stored
    variable(static_cast<std::uint32_t>(term->items.end() - body - 1));
    end(tail);
  } else {
    value(term->right, tail);
  }
  binders_.resize(binders_.size() - group.functions.size());
  --next_slot_;
}

}  // namespace

Result<const Code*, CompileError> compile(Program& program, const Term* term, const Definitions& definitions, std::string_view name) {
  Unit unit{program, definitions, {}};
  try {
    if (!unit.free.walk(term)) return Refused{CompileError{"the program has too many variables inside too many functions"}};
    Code& code = program.new_code();
    code.name = name;
    FunctionCompiler compiler(unit, code, {});
    compiler.compile_body(term);
    return &code;
  } catch (const Refusal& refusal) {
    return Refused{CompileError{refusal.reason}};
  }
}

Result<const Code*, CompileError> compile_function(Program& program, const Term* term, std::span<const std::uint32_t> outside,
                                                   const Definitions& definitions) {
  Unit unit{program, definitions, {}};
  try {
    if (!unit.free.walk(term)) return Refused{CompileError{"the function has too many variables inside too many functions"}};
    unit.count_captures(outside.size());
    const LazyCaptures lazy(outside.size(), true);   // where it comes from they may be
    if (term->kind == TermKind::LetRec)
      return &compile_group(unit, term, {outside.begin(), outside.end()}, lazy, false);
    Code& code = program.new_code();
    code.term = term;
    code.outside.assign(outside.begin(), outside.end());
    compile_literal(unit, code, term, {}, lazy);
    return &code;
  } catch (const Refusal& refusal) {
    return Refused{CompileError{refusal.reason}};
  }
}

}  // namespace roost::runtime
