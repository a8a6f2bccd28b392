# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Where a container lives and who runs it. Sourced first by ops/up, down, doctor and test.
#
#   ROOST_HOME          the container's folder; default <repository>/var. All that a container owns is in it
#   ROOST_PORT          the TLS port; default 8443, later what roost.toml says
#   ROOST_BUILD         build folder; default <repository>/build
#   ROOST_EXTRA_CONFIG  a file of settings that go into roost.toml when it is first written
#
# Words: `home` is the folder as named by the caller, `data` is where it really is. They differ when the servers' user cannot
# reach `home` (a clone below /root); then `home` is a symbolic link into kRemoteHomes.

set -euo pipefail
umask 022

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
build=${ROOST_BUILD:-$repository/build}
home=$(realpath -ms "${ROOST_HOME:-$repository/var}")
postgres_bin=/usr/lib/postgresql/15/bin
python=/usr/bin/python3             # Debian's, which has Debian's pytest, whatever else is in PATH
PATH=$PATH:/usr/sbin:/sbin

readonly kDefaultPort=8443
readonly kRemoteHomes=/var/lib/roost
readonly kServerUser=roost           # as root; otherwise whoever calls
readonly kSocketPathMax=107          # bytes of a unix socket's path, without its closing zero
readonly kLongestSocket=.s.PGSQL.5432
readonly kFilesWanted=65536          # two for each parked request, four for each awake node

own_user=$(id -un)
if [ "$(id -u)" = 0 ]; then server_user=$kServerUser; else server_user=$own_user; fi

# Requires: `home` is final, or ops/up has prepared it. Sets where each thing is.
locate() {
  data=$(readlink -m "$home")
  run=$data/run log=$data/log tls=$data/tls bin=$data/bin keys=$data/keys cluster=$data/postgres
  config=$data/roost.toml marker=$data/.roost-home
}
locate

# Runs a command as the servers' user.
as_server() {
  if [ "$(id -un)" = "$server_user" ]; then "$@"; else setpriv --reuid="$server_user" --regid="$server_user" --init-groups -- "$@"; fi
}

# Folders of the servers' user hold whatever that user puts there, links too: root opens no file in them. These do it as that user.
server_output() {   # server_output LOGFILE COMMAND…: runs it as that user, with what it says in LOGFILE
  local logfile=$1
  shift
  # shellcheck disable=SC2016
  as_server sh -c 'rm -f -- "$0" && exec "$@" >"$0" 2>&1 </dev/null' "$logfile" "$@"
}
server_write() {   # server_write FILE: standard input; whole or not at all
  # shellcheck disable=SC2016
  as_server sh -c 'rm -f -- "$0.new" && cat >"$0.new" && mv -f -- "$0.new" "$0"' "$1"
}
server_tail() { as_server tail -n "$2" -- "$1" | sed '2,$s/^/    /'; }   # server_tail FILE LINES: for fail

# setting KEY: what roostd, as installed, takes it to be by roost.toml; nothing if there is none of the two yet, or the file is no good.
setting() {
  if [ -r "$config" ] && [ -x "$bin/roostd" ]; then as_server "$bin/roostd" --config "$config" --print-setting "$1" 2>/dev/null || true; fi
}

port_configured() { setting host | sed -n 's/.*:\([0-9]*\)$/\1/p'; }

find_port() {
  port=${ROOST_PORT:-$(port_configured)}
  port=${port:-$kDefaultPort}
}
find_port
