// SPDX-License-Identifier: MIT
#include "ops/cli/line_editor.h"

#include <histedit.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <new>
#include <string_view>
#include <utility>

#include "ops/cli/terminal.h"

namespace roost::cli {
namespace {

constexpr std::wstring_view kPasteEnd = L"\033[201~";
constexpr std::size_t kPasteCharactersMax = 1u << 20;
constexpr std::size_t kColumnsBetween = 2;

constexpr wchar_t control(char letter) { return static_cast<wchar_t>(letter & 0x1f); }
constexpr wchar_t kDelete = 0x7f;

// Each step of a search is a command, because libedit draws the line only between commands; it is this key, which no terminal sends.
constexpr wchar_t kSearchKey[] = L"\033[20001~";

// Beside those that libedit binds on its own.
constexpr std::pair<const char*, const char*> kKeys[] = {
    {"\\e[H", "ed-move-to-beg"},    {"\\e[1~", "ed-move-to-beg"},  {"\\e[7~", "ed-move-to-beg"},  {"\\e[3~", "ed-delete-next-char"},
    {"\\e[F", "ed-move-to-end"},    {"\\e[4~", "ed-move-to-end"},  {"\\e[8~", "ed-move-to-end"},  {"\\e[1;5C", "em-next-word"},
    {"\\e[1;5D", "ed-prev-word"},   {"\\e[1;3C", "em-next-word"},  {"\\e[1;3D", "ed-prev-word"},
};
constexpr std::pair<const char*, const char*> kOwnKeys[] = {
    {"^I", "roost-complete"},   {"\\e[200~", "roost-paste"}, {"^R", "roost-search"},     {"\\e[20001~", "roost-search-on"},
    {"\\e[A", "roost-older"},   {"\\eOA", "roost-older"},    {"^P", "roost-older"},      {"\\ep", "roost-older"},
    {"\\e[B", "roost-newer"},   {"\\eOB", "roost-newer"},    {"^N", "roost-newer"},      {"\\en", "roost-newer"},
};

// A terminal that is asked to marks what is pasted (xterm's mode 2004), so that its tabs and line breaks can be told from keys.
class MarkedPastes {
 public:
  MarkedPastes() { ask("\033[?2004h"); }
  ~MarkedPastes() { ask("\033[?2004l"); }
  MarkedPastes(const MarkedPastes&) = delete;
  MarkedPastes& operator=(const MarkedPastes&) = delete;

 private:
  static void ask(const char* sequence) {
    const char* terminal = std::getenv("TERM");
    if (isatty(STDOUT_FILENO) == 1 && terminal && std::string_view(terminal) != "dumb") std::cout << sequence << std::flush;
  }
};

struct Pasted {
  std::wstring text;
  bool is_whole = true;   // false: it is too long, and its beginning is gone
};

// Up to the mark that ends it. nullopt: it was interrupted, or the terminal is gone.
std::optional<Pasted> read_paste(EditLine* edited) {
  Pasted pasted;
  std::wstring& text = pasted.text;
  for (wchar_t character = 0; !text.ends_with(kPasteEnd); text += character) {
    if (el_wgetc(edited, &character) != 1) return std::nullopt;
    if (text.size() < kPasteCharactersMax + kPasteEnd.size()) continue;
    pasted.is_whole = false;
    text.erase(0, kPasteCharactersMax);
  }
  text.resize(text.size() - kPasteEnd.size());
  return pasted;
}

// Terminals send a carriage return for a line break, as the key does.
std::wstring with_line_feeds(const std::wstring& text) {
  std::wstring out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == L'\0' || (text[at] == L'\r' && at + 1 < text.size() && text[at + 1] == L'\n')) continue;
    out += text[at] == L'\r' ? L'\n' : text[at];
  }
  return out;
}

std::string utf8(wchar_t character) {
  std::string bytes(MB_CUR_MAX, '\0');
  const int size = std::wctomb(bytes.data(), character);
  bytes.resize(static_cast<std::size_t>(std::max(size, 0)));
  return bytes;
}

// Without what cannot be encoded. libedit's own conversion ends there.
std::string utf8(const wchar_t* begin, const wchar_t* end) {
  std::string bytes;
  for (; begin < end; ++begin)
    if (*begin != L'\0') bytes += utf8(*begin);
  return bytes;
}

std::string text_of(EditLine* edited) {
  const LineInfoW& line = *el_wline(edited);
  return utf8(line.buffer, line.lastchar);
}

void replace_line(EditLine* edited, const std::string& text) {
  const LineInfoW& line = *el_wline(edited);
  const auto size = static_cast<int>(line.lastchar - line.buffer);
  el_cursor(edited, size);   // to its end
  el_deletestr(edited, size);
  el_insertstr(edited, text.c_str());
}

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

void remove_last_character(std::string& text) {
  while (!text.empty() && continues_character(text.back())) text.pop_back();
  if (!text.empty()) text.pop_back();
}

// Requires: `words` is not empty.
std::string common_beginning(const std::vector<std::string>& words) {
  std::string common = words.front();
  for (const std::string& word : words) common.resize(static_cast<std::size_t>(std::ranges::mismatch(common, word).in1 - common.begin()));
  if (common.size() < words.front().size() && continues_character(words.front()[common.size()])) remove_last_character(common);
  return common;
}

// Below each other, in as many columns as there is room for, and at most as many rows.
void list(const std::vector<std::string>& words) {
  const Terminal terminal(STDOUT_FILENO, "never");
  std::size_t widest = 1;
  for (const std::string& word : words) widest = std::max(widest, display_width(word));
  const std::size_t columns = std::max<std::size_t>(1, terminal.columns() / (widest + kColumnsBetween));
  const std::size_t rows = std::min<std::size_t>((words.size() + columns - 1) / columns, std::max(terminal.rows(), 4u) - 3);
  const std::size_t shown = std::min(words.size(), rows * columns);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t at = row; at < shown; at += rows) {
      std::cout << words[at];
      if (at + rows < shown) std::cout << std::string(widest + kColumnsBetween - display_width(words[at]), ' ');
    }
    std::cout << '\n';
  }
  if (shown < words.size()) std::cout << "… and " << words.size() - shown << " more\n";
}

}  // namespace

LineEditor::LineEditor(std::size_t history_entries_max)
    : history_entries_max_(history_entries_max), editor_(el_init("roost", stdin, stdout, stderr), el_end) {
  if (!editor_) throw std::bad_alloc();
  EditLine* const edited = editor_.get();
  el_set(edited, EL_CLIENTDATA, this);
  el_set(edited, EL_PROMPT, &shown_prompt);
  el_set(edited, EL_SIGNAL, 1);
  bind_keys();
}

void LineEditor::bind_keys() {
  EditLine* const edited = editor_.get();
  el_set(edited, EL_EDITOR, "emacs");
  for (const auto& [key, command] : kKeys) el_set(edited, EL_BIND, key, command, nullptr);
  el_source(edited, nullptr);   // ~/.editrc may choose other keys
  el_set(edited, EL_ADDFN, "roost-complete", "Complete a name", &complete);
  el_set(edited, EL_ADDFN, "roost-paste", "Insert what is pasted", &paste);
  el_set(edited, EL_ADDFN, "roost-older", "Show the entry of the history before this", &show_older);
  el_set(edited, EL_ADDFN, "roost-newer", "Show the entry of the history behind this", &show_newer);
  el_set(edited, EL_ADDFN, "roost-search", "Search the history", &begin_search);
  el_set(edited, EL_ADDFN, "roost-search-on", "Go on searching", &go_on_searching);
  for (const auto& [key, command] : kOwnKeys) el_set(edited, EL_BIND, key, command, nullptr);
}

LineEditor& LineEditor::of(EditLine* edited) {
  void* object = nullptr;
  el_get(edited, EL_CLIENTDATA, &object);
  return *static_cast<LineEditor*>(object);
}

std::optional<std::string> LineEditor::edit(const char* prompt) {
  prompt_ = prompt;
  age_ = 0;
  search_.reset();
  const MarkedPastes marked;
  int characters = 0;
  const wchar_t* const typed = el_wgets(editor_.get(), &characters);
  if (!typed || characters <= 0) return std::nullopt;
  std::string text = utf8(typed, typed + characters);
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

void LineEditor::remember(const std::string& entry) {
  entries_.push_front(entry);
  if (entries_.size() > history_entries_max_) entries_.pop_back();
}

char* LineEditor::shown_prompt(EditLine* edited) {
  LineEditor& editor = of(edited);
  if (!editor.search_) return editor.prompt_.data();
  editor.search_prompt_ = (editor.search_->failed ? "none has `" : "search `") + printable(editor.search_->sought) + "`: ";
  return editor.search_prompt_.data();
}

// As far as all that begin so agree; where that is no further than what is there already, they are listed.
unsigned char LineEditor::complete(EditLine* edited, int) {
  const LineInfoW& line = *el_wline(edited);
  const LineEditor& editor = of(edited);
  const Completions found = editor.complete_ ? editor.complete_(utf8(line.buffer, line.cursor)) : Completions{};
  if (found.words.empty()) return CC_REFRESH_BEEP;
  std::string rest = common_beginning(found.words).substr(found.beginning.size());
  if (found.words.size() == 1 && !found.words.front().ends_with('/')) rest += ' ';
  if (!rest.empty()) return el_insertstr(edited, rest.c_str()) == 0 ? CC_REFRESH : CC_REFRESH_BEEP;
  std::cout << '\n';
  list(found.words);
  std::cout << std::flush;
  return CC_REDISPLAY;
}

unsigned char LineEditor::paste(EditLine* edited, int) {
  const auto pasted = read_paste(edited);
  if (!pasted) return CC_EOF;   // as when a key cannot be read
  if (pasted->is_whole && el_winsertstr(edited, with_line_feeds(pasted->text).c_str()) == 0) return CC_REFRESH;
  std::cerr << "\nnothing was taken of what was pasted: it has more than " << kPasteCharactersMax << " characters" << std::endl;
  return CC_REDISPLAY;
}

unsigned char LineEditor::show_entry(std::size_t age) {
  if (age > entries_.size()) return CC_ERROR;
  if (age_ == 0 && age > 0) own_line_ = text_of(editor_.get());
  if (age_ != age) replace_line(editor_.get(), age == 0 ? own_line_ : entries_[age - 1]);
  age_ = age;
  return CC_REFRESH;
}

unsigned char LineEditor::show_older(EditLine* edited, int) {
  LineEditor& editor = of(edited);
  return editor.show_entry(editor.age_ + 1);
}

unsigned char LineEditor::show_newer(EditLine* edited, int) {
  LineEditor& editor = of(edited);
  return editor.age_ == 0 ? CC_ERROR : editor.show_entry(editor.age_ - 1);
}

unsigned char LineEditor::begin_search(EditLine* edited, int) {
  LineEditor& editor = of(edited);
  editor.search_ = Search{{}, editor.age_, false};
  el_wpush(edited, kSearchKey);
  return CC_REFRESH;
}

unsigned char LineEditor::go_on_searching(EditLine* edited, int) {
  LineEditor& editor = of(edited);
  wchar_t key = 0;
  if (editor.search_ && el_wgetc(edited, &key) == 1) return editor.take_search_key(key);
  editor.search_.reset();
  return CC_EOF;   // as when a key cannot be read
}

// The newest entry of `age` or older that has what is sought.
void LineEditor::find_from(std::size_t age) {
  std::size_t at = std::max<std::size_t>(age, 1);
  while (at <= entries_.size() && entries_[at - 1].find(search_->sought) == std::string::npos) ++at;
  search_->failed = at > entries_.size();
  if (!search_->failed) show_entry(at);
}

// As in shells: control-R goes on to older entries, control-G gives the line back, and every other key that is no character ends the search,
// with what was found, and does what it does.
unsigned char LineEditor::take_search_key(wchar_t key) {
  const bool goes_back = key == kDelete || key == control('H');
  if (key == control('G')) show_entry(search_->begun_at);
  if (key < L' ' && key != control('R') && !goes_back) {
    search_.reset();
    if (key != control('G')) el_wpush(editor_.get(), std::wstring(1, key).c_str());
    return CC_REFRESH;
  }
  if (goes_back) remove_last_character(search_->sought);
  else if (key != control('R')) search_->sought += utf8(key);
  find_from(goes_back ? 1 : key == control('R') ? age_ + 1 : age_);
  el_wpush(editor_.get(), kSearchKey);
  return CC_REFRESH;
}

}  // namespace roost::cli
