// SPDX-License-Identifier: MIT
#include "ops/cli/command_line.h"

#include <iostream>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "ops/cli/suggestion.h"

namespace roost::cli {
namespace {

constexpr double kIntervalMin = 0.1, kIntervalMax = 3600;   // seconds between two pictures of `node top`
constexpr unsigned kRowsMax = 10000;
constexpr unsigned kWaitMax = 86400;   // seconds; the container has a lower limit of its own
const char* const kStates = "asleep, waking, idle, active, draining or destroyed";

// Everything the option tables write into.
struct Parsed {
  Surroundings surroundings;
  NodeList list;
  NodeShow show;
  NodeTop top;
  CodeShow code_show;
  CodeDeps code_deps;
  Eval eval;
  Check check;
  Run run;
  Repl repl;
  HashText hash;
  Completion completion;
  bool list_json = false, show_json = false, code_show_json = false, code_deps_json = false, eval_json = false, run_json = false;
  unsigned wait_s = 0;
};

struct Verbs {
  CLI::App* node;
  CLI::App* list;
  CLI::App* show;
  CLI::App* top;
  CLI::App* code;
  CLI::App* code_show;
  CLI::App* code_deps;
  CLI::App* eval;
  CLI::App* check;
  CLI::App* run;
  CLI::App* repl;
  CLI::App* hash;
  CLI::App* completion;
};

void add_shared_options(CLI::App& app, Parsed& parsed) {
  app.add_option("--home", parsed.surroundings.home, "the container's folder (default: $ROOST_HOME, else the nearest var/)")
      ->envname("ROOST_HOME")->type_name("DIR");
  app.add_option("--map", parsed.surroundings.map, "the status map's name (default: status_map in roost.toml)")
      ->type_name("NAME");
  app.add_option("--color", parsed.surroundings.color, "auto, always or never")
      ->type_name("WHEN")->default_str("auto")->check(CLI::IsMember({"auto", "always", "never"}));
}

void add_node_verbs(CLI::App& app, Parsed& parsed, Verbs& verbs) {
  verbs.node = app.add_subcommand("node", "look at nodes; wakes none, and works while roostd does not");
  verbs.node->require_subcommand(1);
  verbs.list = verbs.node->add_subcommand("list", "every node of the container, sleeping ones too");
  verbs.list->add_option("--state", parsed.list.state, std::string("only nodes that are ") + kStates)->type_name("STATE");
  verbs.list->add_option("--parent", parsed.list.parent, "only children of this node")->type_name("FINGERPRINT");
  verbs.list->add_flag("--json", parsed.list_json, "print JSON");
  verbs.show = verbs.node->add_subcommand("show", "one node: state, process, memory, mailbox, budget use");
  verbs.show->add_option("fingerprint", parsed.show.fingerprint, "the node, or the beginning of its fingerprint")
      ->required()->type_name("FINGERPRINT");
  verbs.show->add_flag("--json", parsed.show_json, "print JSON");
  verbs.top = verbs.node->add_subcommand("top", "the busiest nodes, again and again");
  verbs.top->add_flag("--once", parsed.top.once, "print one picture and end");
  verbs.top->add_option("--interval", parsed.top.interval_s, "seconds between pictures")
      ->type_name("SECONDS")->default_str("1")->check(CLI::Range(kIntervalMin, kIntervalMax));
  verbs.top->add_option("--rows", parsed.top.rows, "nodes to show (default: what fits the terminal)")
      ->type_name("N")->check(CLI::Range(1u, kRowsMax));
}

void add_other_verbs(CLI::App& app, Parsed& parsed, Verbs& verbs) {
  verbs.eval = app.add_subcommand("eval", "send a program to a node and print its value");
  verbs.eval->add_option("url", parsed.eval.url, "the node's URL, its fingerprint, or `playground` or `root`")
      ->required()->type_name("URL");
  auto* file = verbs.eval->add_option("file", parsed.eval.file, "the program; - is stdin")->type_name("FILE");
  verbs.eval->add_option("-e,--expression", parsed.eval.expression, "the program itself")
      ->type_name("EXPR")->excludes(file);
  verbs.eval->add_flag("--json", parsed.eval_json, "ask for JSON, and print problems as JSON too");
  verbs.eval->add_flag("--debug", parsed.eval.debug, "print the program's debug lines before the value");
  verbs.eval->add_option("--wait", parsed.wait_s, "wait at most so many seconds")
      ->type_name("SECONDS")->check(CLI::Range(1u, kWaitMax));
  verbs.eval->add_option("--cacert", parsed.eval.ca_file, "trust this CA (default: the container's own)")->type_name("FILE");
  verbs.completion = app.add_subcommand("completion", "print the completion script for a shell");
  verbs.completion->add_option("shell", parsed.completion.shell, "bash")
      ->type_name("SHELL")->default_str("bash")->check(CLI::IsMember({"bash"}));
}

void add_library_option(CLI::App& verb, Text& text) {
  verb.add_option("--library", text.libraries,
                  "a library in place of the standard one (`standard` means that one); give the option again for each, in order")
      ->type_name("FILE")->allow_extra_args(false)->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

template <typename Verb>
void add_code_options(CLI::App& app, Verb& verb, bool& json) {
  app.add_option("definition", verb.definition, "its hash or the beginning of it, or a name of the library")->required()->type_name("HASH");
  add_library_option(app, verb.text);
  app.add_flag("--json", json, "print JSON");
}

void add_code_verbs(CLI::App& app, Parsed& parsed, Verbs& verbs) {
  verbs.code = app.add_subcommand("code", "look at the container's code store; works while roostd does not");
  verbs.code->require_subcommand(1);
  verbs.code_show = verbs.code->add_subcommand("show", "one definition: its term, its type, its size");
  add_code_options(*verbs.code_show, parsed.code_show, parsed.code_show_json);
  verbs.code_deps = verbs.code->add_subcommand("deps", "what a definition refers to, directly or not");
  add_code_options(*verbs.code_deps, parsed.code_deps, parsed.code_deps_json);
}

void add_text_options(CLI::App& verb, Text& text) {
  auto* file = verb.add_option("file", text.file, "the text; - is stdin")->type_name("FILE");
  verb.add_option("-e,--expression", text.expression, "the text itself")->type_name("EXPR")->excludes(file);
  add_library_option(verb, text);
}

void add_text_verbs(CLI::App& app, Parsed& parsed, Verbs& verbs) {
  verbs.check = app.add_subcommand("check", "check a program or a library, and print its types");
  add_text_options(*verbs.check, parsed.check.text);
  verbs.run = app.add_subcommand("run", "run a program on a node in this terminal");
  add_text_options(*verbs.run, parsed.run.text);
  verbs.run->add_flag("--json", parsed.run_json, "print the value as JSON");
  verbs.repl = app.add_subcommand("repl", "programs and definitions line by line, on a node in this terminal");
  add_library_option(*verbs.repl, parsed.repl.text);
  verbs.hash = app.add_subcommand("hash", "print the hash of a program, or of every definition of a library");
  add_text_options(*verbs.hash, parsed.hash.text);
}

// Neither a file nor -e: the text comes from stdin.
template <typename Verb>
Verb with_text(Verb verb, const CLI::App& app) {
  verb.text.has_expression = app.count("--expression") > 0;
  if (!verb.text.has_expression && verb.text.file.empty()) verb.text.file = "-";
  return verb;
}

CLI::App* deepest(CLI::App* app) {
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return app;
}

std::vector<std::string> words_known_to(const CLI::App& app, bool options) {
  std::vector<std::string> words;
  if (options) {
    for (const CLI::App* at = &app; at; at = at->get_parent())
      for (const CLI::Option* option : at->get_options())
        for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  } else {
    for (const CLI::App* verb : app.get_subcommands({})) words.push_back(verb->get_name());
  }
  return words;
}

// The first word that no part of the command line took, or the word that stands where a verb should.
std::string unexpected_word(const CLI::App& root, const CLI::App& at, int argc, const char* const* argv) {
  const auto remaining = root.remaining(true);
  if (!remaining.empty()) return remaining.front();
  const int depth = at.get_parent() == nullptr ? 1 : 2;
  for (int i = depth; i < argc; ++i)
    if (argv[i][0] != '-') return argv[i];
  return {};
}

// The whole command that leads to `at`: "roost node list".
std::string path_to(const CLI::App& app, const CLI::App& at) {
  std::string path = "roost";
  for (const CLI::App* verb = &app; verb != &at;) path += " " + (verb = verb->get_subcommands().front())->get_name();
  return path;
}

std::optional<std::string> suggestion_for(const std::string& word, const CLI::App& at) {
  if (word[0] == '-') return nearest(word.substr(0, word.find('=')), words_known_to(at, true));
  // A verb without its noun is the likeliest slip of all.
  for (const CLI::App* noun : at.get_subcommands({}))
    for (const CLI::App* verb : noun->get_subcommands({}))
      if (verb->get_name() == word) return noun->get_name() + " " + word;
  return nearest(word, words_known_to(at, false));
}

// What is behind one may have been taken for something else, which then is wrong as well.
bool has_unknown_option(const CLI::App& app) {
  const auto remaining = app.remaining(true);
  return !remaining.empty() && remaining.front().starts_with('-');
}

[[noreturn]] void refuse(CLI::App& app, const CLI::ParseError& error, int argc, const char* const* argv) {
  CLI::App* at = deepest(&app);
  std::string message = error.what();
  const bool misplaced = has_unknown_option(app) || dynamic_cast<const CLI::ExtrasError*>(&error) || dynamic_cast<const CLI::RequiredError*>(&error);
  const std::string word = misplaced ? unexpected_word(app, *at, argc, argv) : std::string();
  if (!word.empty() && (word[0] == '-' || !words_known_to(*at, false).empty())) {
    message = "`" + word + "` is not known here";
    if (const auto near = suggestion_for(word, *at)) message += "; did you mean `" + *near + "`?";
  }
  throw Ended(ExitCode::Usage, message + "\n(`" + path_to(app, *at) + " --help` says what is)");
}

// `roost help node` is `roost node --help`.
std::vector<const char*> with_help_as_an_option(std::vector<const char*> words) {
  if (words.size() < 2 || std::string_view(words[1]) != "help") return words;
  words.erase(words.begin() + 1);
  words.push_back("--help");
  return words;
}

Command command_of(Parsed& parsed, const Verbs& verbs) {
  if (verbs.list->parsed()) {
    parsed.list.output = parsed.list_json ? Output::Json : Output::Text;
    return parsed.list;
  }
  if (verbs.show->parsed()) {
    parsed.show.output = parsed.show_json ? Output::Json : Output::Text;
    return parsed.show;
  }
  if (verbs.top->parsed()) return parsed.top;
  if (verbs.code_show->parsed()) {
    parsed.code_show.output = parsed.code_show_json ? Output::Json : Output::Text;
    return parsed.code_show;
  }
  if (verbs.code_deps->parsed()) {
    parsed.code_deps.output = parsed.code_deps_json ? Output::Json : Output::Text;
    return parsed.code_deps;
  }
  if (verbs.completion->parsed()) return parsed.completion;
  if (verbs.repl->parsed()) return parsed.repl;
  if (verbs.check->parsed()) return with_text(parsed.check, *verbs.check);
  if (verbs.hash->parsed()) return with_text(parsed.hash, *verbs.hash);
  if (verbs.run->parsed()) {
    parsed.run.output = parsed.run_json ? Output::Json : Output::Text;
    return with_text(parsed.run, *verbs.run);
  }
  parsed.eval.output = parsed.eval_json ? Output::Json : Output::Text;
  parsed.eval.has_expression = verbs.eval->count("--expression") > 0;
  if (verbs.eval->count("--wait") > 0) parsed.eval.wait_s = parsed.wait_s;
  if (!parsed.eval.has_expression && parsed.eval.file.empty()) parsed.eval.file = "-";
  return parsed.eval;
}

}  // namespace

std::optional<CommandLine> parse_command_line(int argc, const char* const* argv) {
  Parsed parsed;
  parsed.surroundings.color = "auto";
  parsed.completion.shell = "bash";
  Verbs verbs{};
  CLI::App app("roost: look at a node container, send programs to its nodes, check and run programs", "roost");
  app.set_version_flag("--version", "roost " ROOST_VERSION, "print the version");
  app.set_help_flag("-h,--help", "print this help");
  app.fallthrough();
  app.require_subcommand(1);
  app.footer("Exit codes: 0 done, 1 refused, 2 wrong usage, 3 cannot reach the container, 4 outcome unknown.");
  add_shared_options(app, parsed);
  add_node_verbs(app, parsed, verbs);
  add_code_verbs(app, parsed, verbs);
  add_other_verbs(app, parsed, verbs);
  add_text_verbs(app, parsed, verbs);
  for (CLI::App* verb : {verbs.node, verbs.list, verbs.show, verbs.top, verbs.code, verbs.code_show, verbs.code_deps, verbs.eval, verbs.check, verbs.run, verbs.repl, verbs.hash, verbs.completion})
    verb->fallthrough();
  const std::vector<const char*> words = with_help_as_an_option({argv, argv + argc});
  try {
    app.parse(static_cast<int>(words.size()), words.data());
  } catch (const CLI::CallForHelp&) {
    const CLI::App* at = deepest(&app);
    const std::string path = path_to(app, *at);
    std::cout << at->help(at == &app ? "" : path.substr(0, path.rfind(' ')));
    return std::nullopt;
  } catch (const CLI::CallForVersion& version) {
    std::cout << version.what() << '\n';
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    refuse(app, error, argc, argv);
  }
  return CommandLine{parsed.surroundings, command_of(parsed, verbs)};
}

}  // namespace roost::cli
