// SPDX-License-Identifier: MIT
// The builtins that only build Remote values (8.1): descriptions of computations, first step outside.
#include <array>

#include "worker/runtime/code.h"
#include "worker/runtime/compile.h"
#include "worker/runtime/machine_builtin.h"
#include "worker/wire/check.h"

namespace roost::runtime {
namespace {

using lang::Builtin;
using lang::Term;
using lang::TermKind;

// ---- the two continuations -----------------------------------------------------------------------------------

class NoDefinitions final : public Definitions {
 public:
  const Value* value_of(const lang::Hash&) const override { return nullptr; }
};

class Continuations {
 public:
  Continuations() {
    program_->make_immortal();
    const Term* x = local(0, "x");
    mapped_ = compiled({0}, apply(builtin(Builtin::RemotePure), apply(local(1, "f"), x)));
    bound_ = compiled({0, 1}, apply(apply(builtin(Builtin::RemoteBind), local(1, "g")), apply(local(2, "f"), x)));
  }
  [[nodiscard]] const Code& mapped() const { return *mapped_; }
  [[nodiscard]] const Code& bound() const { return *bound_; }

 private:
  Term* make(TermKind kind) {
    Term* term = program_->arena().make<Term>();
    term->kind = kind;
    return term;
  }
  const Term* local(std::uint32_t index, std::string_view name) {
    Term* term = make(TermKind::Local);
    term->index = index;
    term->text = name;
    return term;
  }
  const Term* builtin(Builtin which) {
    Term* term = make(TermKind::Builtin);
    term->builtin = which;
    return term;
  }
  const Term* apply(const Term* function, const Term* argument) {
    Term* term = make(TermKind::Apply);
    term->left = function;
    term->right = argument;
    return term;
  }
  const Code* compiled(const std::vector<std::uint32_t>& outside, const Term* body) {
    Term* lambda = make(TermKind::Lambda);
    lambda->text = "x";
    lambda->left = body;
    const auto code = compile_function(*program_, lambda, outside, NoDefinitions());
    CHECK(code.ok());
    return code.value();
  }

  Program* program_ = Program::make();
  const Code* mapped_ = nullptr;
  const Code* bound_ = nullptr;
};

const Continuations& continuations() {
  static const Continuations made;
  return made;
}

// ---- builtins ------------------------------------------------------------------------------------------------

Value with_continuation(const Remote& remote, Value next) {
  return make_bind(remote.step(), remote.first, remote.second, std::move(next));
}

const Remote& remote_of(BuiltinContext& context, Builtin builtin, const Value& value) {
  if (!value.is(Kind::Remote)) context.wrong(builtin, "a Remote", value);
  return *value.as_remote();
}

void require_kind(BuiltinContext& context, Builtin builtin, const Value& value, Kind kind, std::string_view what) {
  if (!value.is(kind)) context.wrong(builtin, what, value);
}

void require_number(BuiltinContext& context, Builtin builtin, const Value& value) {
  if (!value.is_number()) context.wrong(builtin, "a Duration", value);
}

Value bind(BuiltinContext& context, Value* arguments) {
  const Remote& remote = remote_of(context, Builtin::RemoteBind, arguments[1]);
  if (!remote.is_bind()) return with_continuation(remote, std::move(arguments[0]));
  return with_continuation(remote, bound_continuation(std::move(arguments[0]), remote.next));
}

Value map(BuiltinContext& context, Value* arguments) {
  const Remote& remote = remote_of(context, Builtin::RemoteMap, arguments[1]);
  Value mapped = mapped_continuation(std::move(arguments[0]));
  if (!remote.is_bind()) return with_continuation(remote, std::move(mapped));
  return with_continuation(remote, bound_continuation(std::move(mapped), remote.next));
}

Value pure(BuiltinContext&, Value* arguments) { return make_step(Step::Pure, std::move(arguments[0])); }

Value at(BuiltinContext& context, Value* arguments) {
  require_kind(context, Builtin::RemoteAt, arguments[0], Kind::Node, "a Node");
  return make_step(Step::At, std::move(arguments[0]), std::move(arguments[1]));
}

Value fork(BuiltinContext& context, Value* arguments) {
  require_kind(context, Builtin::RemoteFork, arguments[0], Kind::Remote, "a Remote");
  return make_step(Step::Fork, std::move(arguments[0]));
}

Value attempt(BuiltinContext& context, Value* arguments) {
  require_kind(context, Builtin::RemoteAttempt, arguments[0], Kind::Remote, "a Remote");
  return make_step(Step::Attempt, std::move(arguments[0]));
}

Value sleep(BuiltinContext& context, Value* arguments) {
  require_number(context, Builtin::RemoteSleep, arguments[0]);
  return make_step(Step::Sleep, std::move(arguments[0]));
}

Value send(BuiltinContext& context, Value* arguments) {
  require_kind(context, Builtin::RemoteSend, arguments[0], Kind::Channel, "a Channel");
  return make_step(Step::Send, std::move(arguments[0]), std::move(arguments[1]));
}

Value receive(BuiltinContext& context, Value* arguments) {
  require_kind(context, Builtin::RemoteReceive, arguments[0], Kind::Channel, "a Channel");
  return make_step(Step::Receive, std::move(arguments[0]));
}

Value receive_async(BuiltinContext& context, Value* arguments) {
  require_kind(context, Builtin::RemoteReceiveAsync, arguments[0], Kind::Channel, "a Channel");
  require_number(context, Builtin::RemoteReceiveAsync, arguments[1]);
  return make_step(Step::ReceiveAsync, std::move(arguments[0]), std::move(arguments[1]));
}

Value fail(BuiltinContext& context, Value* arguments) {
  require_kind(context, Builtin::RemoteFail, arguments[0], Kind::Text, "a text");
  return make_step(Step::Fail, std::move(arguments[0]));
}

Value representation(BuiltinContext& context, Value* arguments) {
  const Value& index = arguments[0];
  if (!index.is(Kind::Data) || index.as_data()->constructor() != Builtin::IndexConstructor || index.as_data()->size() != 2)
    context.wrong(Builtin::IndexRepresentation, "an Index", index);
  return make_tuple(index.as_data()->items()[0], index.as_data()->items()[1]);
}

FirstOrder remote_builtin(Builtin builtin) {
  switch (builtin) {
    case Builtin::RemotePure: return pure;
    case Builtin::RemoteBind: return bind;
    case Builtin::RemoteMap: return map;
    case Builtin::RemoteAt: return at;
    case Builtin::RemoteFork: return fork;
    case Builtin::RemoteAttempt: return attempt;
    case Builtin::RemoteSleep: return sleep;
    case Builtin::RemoteSend: return send;
    case Builtin::RemoteReceive: return receive;
    case Builtin::RemoteReceiveAsync: return receive_async;
    case Builtin::RemoteFail: return fail;
    case Builtin::IndexRepresentation: return representation;
    default: return nullptr;
  }
}

using Table = std::array<FirstOrder, lang::kBuiltins>;

Table make_table() {
  Table table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const auto builtin = static_cast<Builtin>(i);
    const FirstOrder remote = remote_builtin(builtin);
    table[i] = remote ? remote : first_order(builtin);
  }
  return table;
}

}  // namespace

void prepare_builtins() {
  (void)continuations();
  (void)direct_builtin(Builtin::RemotePure);
  (void)code_of_builtin(Builtin::VectorMap);
}

Value mapped_continuation(Value function) { return make_closure(continuations().mapped(), {&function, 1}); }

Value bound_continuation(Value after, Value function) {
  const Value captures[] = {std::move(after), std::move(function)};
  return make_closure(continuations().bound(), captures);
}

namespace {
constexpr std::uint64_t kWorkPerTurn = 100;   // nanoseconds: two closures

const Function* as_bound(const Value& value) {
  if (!value.is(Kind::Closure)) return nullptr;
  const Function& function = *value.as_function();
  return function.code == &continuations().bound() ? &function : nullptr;
}
}  // namespace

Value first_on_the_outside(BuiltinContext& context, Value continuation) {
  for (const Function* outer = as_bound(continuation); outer != nullptr; outer = as_bound(continuation)) {
    const Function* inner = as_bound(outer->slots()[1]);
    if (inner == nullptr) break;
    context.charge(kWorkPerTurn);
    continuation = bound_continuation(bound_continuation(outer->slots()[0], inner->slots()[0]), inner->slots()[1]);
  }
  return continuation;
}

const Value* first_called(const Value& continuation) {
  if (!continuation.is(Kind::Closure)) return nullptr;
  const Function& function = *continuation.as_function();
  const bool is_one = function.code == &continuations().mapped() || function.code == &continuations().bound();
  return is_one ? function.slots() + function.tag - 1 : nullptr;
}

bool is_host_builtin(Builtin builtin) {
  switch (builtin) {
    case Builtin::DebugWatch:
    case Builtin::DebugLog:
    case Builtin::IndexEmpty:
    case Builtin::IndexKeys:
    case Builtin::IndexFirstKey:
    case Builtin::IndexIncrement:
    case Builtin::IndexLookup:
    case Builtin::IndexInsert:
    case Builtin::IndexDelete:
    case Builtin::HttpGetUrl: return true;
    default: return false;
  }
}

FirstOrder direct_builtin(Builtin builtin) {
  static const Table table = make_table();
  return table[static_cast<std::size_t>(builtin)];
}

Value constant_builtin(Builtin builtin) {
  switch (builtin) {
    case Builtin::RemoteHere: return make_step(Step::Here);
    case Builtin::RemoteSpawn: return make_step(Step::Spawn);
    case Builtin::RemoteChannel: return make_step(Step::CreateChannel);
    case Builtin::ClockNow: return make_step(Step::ClockNow);
    case Builtin::RandomNumber: return make_step(Step::RandomNumber);
    default: break;
  }
  std::uint64_t work = 0;
  BuiltinContext context(work);
  const FirstOrder function = first_order(builtin);
  CHECK(function != nullptr);
  return function(context, nullptr);
}

}  // namespace roost::runtime
