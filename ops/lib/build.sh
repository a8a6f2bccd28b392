# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Builds by the presets of CMakePresets.json. ninja decides what there is to do; one build of a folder at a time.
# Requires: settings.sh, say.sh.

# configure PRESET FOLDER [OPTION…]: CMake itself notices later changes of its files.
configure() {
  local preset=$1 folder=$2 launcher=
  shift 2
  if command -v ccache >/dev/null; then launcher=ccache; fi
  (cd "$repository" && CMAKE_C_COMPILER_LAUNCHER=$launcher CMAKE_CXX_COMPILER_LAUNCHER=$launcher \
    quietly "$folder/configure.log" cmake --preset "$preset" -B "$folder" "$@")
}

# build_targets FOLDER [TARGET…]: sets build_note.
build_targets() {
  local folder=$1
  shift
  # The tests have a precompiled header, which ccache takes only if told so.
  CCACHE_SLOPPINESS=pch_defines,time_macros ninja -C "$folder" "$@" >"$folder/build.log" 2>&1 ||
    fail "the build failed; from $folder/build.log:" "$(sed -n '/^FAILED\|error/,$p' "$folder/build.log" | head -25 | sed '2,$s/^/    /')"
  if grep -q 'no work to do' "$folder/build.log"; then build_note="nothing to do"
  else build_note="$(grep -c '^\[' "$folder/build.log") steps"; fi
}

# lock_build FOLDER; unlock_build: descriptor 8 is the lock.
lock_build() {
  mkdir -p "$1"
  exec 8>"$1/.lock"
  flock 8
}
unlock_build() { exec 8>&-; }

# What ops/up installs. A folder that ops/test configured serves as well.
build_programs() {
  lock_build "$build"
  if [ ! -e "$build/build.ninja" ]; then configure release "$build"; fi
  build_targets "$build" roostd roost-worker roost
  unlock_build
}

# built PROGRAM: its path in the build folder.
built() {
  case $1 in
    roostd) echo "$build/backend/front/roostd" ;;
    roost-worker) echo "$build/worker/sandbox/roost-worker" ;;
    roost) echo "$build/ops/cli/roost" ;;
  esac
}
