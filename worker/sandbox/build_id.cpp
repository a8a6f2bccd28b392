// SPDX-License-Identifier: MIT
#include "worker/sandbox/build_id.h"

#include <elf.h>
#include <link.h>

#include <cstring>
#include <string_view>

namespace roost::sandbox {
namespace {

constexpr std::size_t padded(std::size_t length) { return (length + 3) & ~std::size_t{3}; }

std::string hex_of(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char each : bytes) {
    text += kDigits[static_cast<unsigned char>(each) >> 4];
    text += kDigits[static_cast<unsigned char>(each) & 15];
  }
  return text;
}

// The build id among the notes of one segment, or nothing.
std::string_view build_id_in(std::string_view notes) {
  while (notes.size() >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) note;
    std::memcpy(&note, notes.data(), sizeof note);
    notes.remove_prefix(sizeof note);
    const std::size_t length = padded(note.n_namesz) + padded(note.n_descsz);
    if (length > notes.size()) return {};
    const bool found = note.n_type == NT_GNU_BUILD_ID && notes.substr(0, note.n_namesz) == std::string_view("GNU", 4);
    if (found) return notes.substr(padded(note.n_namesz), note.n_descsz);
    notes.remove_prefix(length);
  }
  return {};
}

// The first object that is told is the program itself; it ends the search.
int look_at_program(dl_phdr_info* program, std::size_t, void* result) {
  for (int i = 0; i < program->dlpi_phnum; ++i) {
    const auto& segment = program->dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    const auto* notes = reinterpret_cast<const char*>(program->dlpi_addr + segment.p_vaddr);
    const std::string_view found = build_id_in({notes, segment.p_memsz});
    if (!found.empty()) *static_cast<std::string*>(result) = hex_of(found);
  }
  return 1;
}

}  // namespace

std::string build_id() {
  std::string id = "unknown";
  dl_iterate_phdr(look_at_program, &id);
  return id;
}

}  // namespace roost::sandbox
