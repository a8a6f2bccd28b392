# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What a person sees: numbered steps with the time each took, and failures that say what to do.

step_number=0
step_since=0
step_open=false

now_ms() { date +%s%3N; }
seconds() { printf '%d.%d' $(($1 / 1000)) $(($1 % 1000 / 100)); }

# step TEXT: begins a step. step_done [NOTE]: ends it.
step() {
  step_number=$((step_number + 1))
  step_since=$(now_ms)
  step_open=true
  printf '%2d. %-44s ' "$step_number" "$1"
}
step_done() {
  step_open=false
  printf '%6ss  %s\n' "$(seconds $(($(now_ms) - step_since)))" "${1:-}"
}

# fail WHAT [REMEDY…]: ends the program. Each further argument is a line of advice.
fail() {
  if $step_open; then echo; step_open=false; fi
  printf '%s: %s\n' "$(basename "$0")" "$1" >&2
  shift
  for line in "$@"; do printf '    %s\n' "$line" >&2; done
  exit 1
}

# quietly LOGFILE COMMAND…: runs it; if it fails, its last lines are shown and the program ends.
quietly() {
  local logfile=$1
  shift
  "$@" >"$logfile" 2>&1 || fail "\`$(basename "$1") ${*:2:3} …\` failed; the end of $logfile:" \
    "$(tail -25 "$logfile" | sed '2,$s/^/    /')"
}
