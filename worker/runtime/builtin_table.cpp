// SPDX-License-Identifier: MIT
#include "worker/runtime/builtin_table.h"

#include "worker/runtime/render.h"

namespace roost::runtime {

namespace {

BuiltinTable make_table() {
  BuiltinTable table;
  add_numbers(table);
  add_texts(table);
  add_vectors(table);
  add_orders(table);
  add_hashes(table);
  add_web(table);
  return table;
}

// Filled when the process starts, before the zygote forks: its page stays shared.
const BuiltinTable kTable = make_table();

}  // namespace

FirstOrder first_order(lang::Builtin builtin) { return kTable.get(builtin); }

void require_items(BuiltinContext& context, lang::Builtin builtin, double items, std::size_t bytes_each) {
  if (items > static_cast<double>(kItemsMax)) {
    context.crash(wire::FailureKind::MemoryLimit,
                  std::string(lang::name_of(builtin)) + " would make " + render_number(items) +
                      " items; no value can hold more than " + std::to_string(kItemsMax));
  }
  Heap::current().require(static_cast<std::uint64_t>(items) * bytes_each);
}

}  // namespace roost::runtime
