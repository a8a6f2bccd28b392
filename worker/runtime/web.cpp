// SPDX-License-Identifier: MIT
// Html and Uri: what programs read of pages and addresses.

#include "worker/runtime/builtin_table.h"
#include "worker/runtime/html.h"
#include "worker/runtime/uri.h"

namespace roost::runtime {
namespace {

using lang::Builtin;

constexpr std::uint64_t kUnitsPerByte = 30;   // nanoseconds to read a byte of HTML

// Reading that is too hard is the program's failure.
template <typename Read>
auto read_html(BuiltinContext& context, Builtin builtin, const Value& argument, Read read) {
  const std::string_view html = text_of(context, builtin, argument)->view();
  context.charge(html.size() * kUnitsPerByte);
  try {
    return read(html);
  } catch (const HtmlTooHard& why) {
    const std::string name(lang::name_of(builtin));
    if (why.out_of_memory) context.crash(wire::FailureKind::MemoryLimit, name + " would need more memory than it may use for a text of this size");
    context.crash(wire::FailureKind::ComputeLimit, name + " takes longer than " + std::to_string(kHtmlReadMax.count()) + " ms for this text");
  }
}

Value plain_text(BuiltinContext& context, Value* arguments) {
  return make_text(read_html(context, Builtin::HtmlPlainText, arguments[0], html_plain_text));
}

Value get_links(BuiltinContext& context, Value* arguments) {
  const auto links = read_html(context, Builtin::HtmlGetLinks, arguments[0], html_links);
  Value found = make_vector(links.size());
  for (const HtmlLink& link : links) {
    const Value parts[2] = {make_text(link.href), make_text(link.description)};
    vector_push(found, make_data(Builtin::HtmlLinkConstructor, parts));
  }
  return found;
}

template <Builtin builtin, std::size_t part>
Value part_of_link(BuiltinContext& context, Value* arguments) {
  const Data* link = data_of(arguments[0], Builtin::HtmlLinkConstructor, 2);
  if (link == nullptr) context.wrong(builtin, "an Html.Link", arguments[0]);
  return link->items()[part];
}

template <Builtin builtin, std::optional<std::string_view> (*parse)(std::string_view)>
Value part_of_uri(BuiltinContext& context, Value* arguments) {
  const std::string_view text = text_of(context, builtin, arguments[0])->view();
  context.charge(text.size() * 4);
  const auto part = parse(text);
  return part ? make_data(Builtin::OptionalSome, make_text(*part)) : Value::builtin(Builtin::OptionalNone);
}

}  // namespace

void add_web(BuiltinTable& table) {
  table.set(Builtin::HtmlPlainText, plain_text);
  table.set(Builtin::HtmlGetLinks, get_links);
  table.set(Builtin::HtmlGetHref, part_of_link<Builtin::HtmlGetHref, 0>);
  table.set(Builtin::HtmlGetDescription, part_of_link<Builtin::HtmlGetDescription, 1>);
  table.set(Builtin::UriParseScheme, part_of_uri<Builtin::UriParseScheme, uri_scheme>);
  table.set(Builtin::UriParseAuthority, part_of_uri<Builtin::UriParseAuthority, uri_authority>);
}

}  // namespace roost::runtime
