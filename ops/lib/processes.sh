# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Starting and stopping roostd and nginx. A pid file is a hint that survives crashes and reboots: nothing is signalled unless the
# process with that number is the program that we would have started.
# Requires: settings.sh, say.sh.

readonly kReadyWait_s=120        # a code store of 256 MiB that is full of small definitions takes most of a minute to check
readonly kNginxQuitWait_s=5     # for answers that are being written
readonly kDrainSlack_s=10       # beyond drain_timeout_ms, before SIGKILL

# running PIDFILE PROGRAM WORD: the pid, if that process is PROGRAM and has WORD in its command line.
running() {
  local pid exe
  [ -s "$1" ] || return 1
  pid=$(tr -dc 0-9 <"$1")
  exe=$(readlink "/proc/${pid:-none}/exe" 2>/dev/null) || return 1
  [ "${exe% (deleted)}" = "$(readlink -f "$2")" ] || return 1
  tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF -- "$3" || return 1
  echo "$pid"
}
roostd_pid() { running "$run/roostd.pid" "$bin/roostd" "$config"; }
nginx_pid() { running "$run/nginx.pid" "$(command -v nginx || echo /usr/sbin/nginx)" "$data/nginx/roost.conf"; }

# started_after PIDFILE FILE…: its process began after all these files, or those in these folders, were made. What an earlier ops/up
# changed before it failed counts too.
started_after() { [ -z "$(find "${@:2}" -type f -newer "$1" -print -quit)" ]; }

# wait_gone PID SECONDS
wait_gone() {
  local until=$(($(now_ms) + $2 * 1000))
  while alive "$1"; do
    [ "$(now_ms)" -lt "$until" ] || return 1
    sleep 0.05
  done
}

# As root the limit is raised; anybody else keeps what they have.
raise_file_limit() {
  ulimit -n $kFilesWanted 2>/dev/null || ulimit -n "$(ulimit -Hn)" 2>/dev/null || true
}
file_limit() {
  local limit
  limit=$(raise_file_limit; ulimit -n)
  [ "$limit" = unlimited ] && limit=$kFilesWanted
  echo "$limit"
}

# It gets a session of its own (no terminal's hang-up reaches it) and nothing of our environment.
start_roostd() {
  rm -f "$run/roostd.pid" "$run/front.sock" "$run/front.sock".[2-4] "$run/operator.sock"
  # shellcheck disable=SC2016
  as_server sh -c '[ -w "$0" ] || mv -fT "$0" "$0.old" 2>/dev/null || :' "$log/roostd.log"   # older versions opened it as root
  local as_user=()
  if [ "$(id -u)" = 0 ]; then as_user=(setpriv --reuid="$server_user" --regid="$server_user" --init-groups); fi
  # shellcheck disable=SC2016
  (raise_file_limit
   umask 007
   cd "$data" || exit
   exec setsid env -i PATH=/usr/bin:/bin LANG=C.UTF-8 HOME="$data" "${as_user[@]}" \
     sh -c 'echo $$ >"$1" && exec "$2" --config "$3" >>"$4" 2>&1' sh "$run/roostd.pid" "$bin/roostd" "$config" "$log/roostd.log"
  ) </dev/null 9<&- &
  local starter=$!
  disown
  await_roostd "$starter"
}

roostd_failed() {
  fail "roostd $1; the end of $log/roostd.log:" "$(server_tail "$log/roostd.log" 15)" \
    "ops/doctor tells what is missing on this machine."
}
# alive PID: it is there and not merely waiting to be reaped.
alive() { [ -e "/proc/$1" ] && ! grep -qs '^State:.Z' "/proc/$1/status"; }

await_roostd() {   # await_roostd PID
  local until=$(($(now_ms) + kReadyWait_s * 1000))
  while [ ! -S "$run/front.sock" ] || [ ! -S "$run/operator.sock" ]; do
    alive "$1" || roostd_failed "ended at its start"
    [ "$(now_ms)" -lt "$until" ] || roostd_failed "did not open its sockets within $kReadyWait_s s"
    sleep 0.05
  done
}

# SIGTERM drains: running programs end or time out, and what they wrote is committed.
stop_roostd() {
  local pid drain_ms
  pid=$(roostd_pid) || return 1
  drain_ms=$(setting drain_timeout_ms)
  kill -TERM "$pid"
  if ! wait_gone "$pid" $((${drain_ms:-20000} / 1000 + kDrainSlack_s)); then
    echo "roostd ($pid) did not drain; killed" >&2
    kill -KILL "$pid"
    wait_gone "$pid" 5 || fail "roostd ($pid) survives SIGKILL" "A disk or kernel is stuck: see dmesg."
  fi
  rm -f "$run/roostd.pid"
}

# A master that was killed leaves workers, which keep the port. Their command line says nothing; our log that they hold does.
stop_stray_nginx() {
  local pid comm strays=
  for comm in $(grep -lx nginx /proc/[0-9]*/comm 2>/dev/null); do
    pid=$(basename "$(dirname "$comm")")
    if [ -n "$(find "/proc/$pid/fd" -lname "$log/nginx-error.log" 2>/dev/null)" ]; then strays+=" $pid"; fi
  done
  for pid in $strays; do
    kill -TERM "$pid" 2>/dev/null || true
    wait_gone "$pid" 5 || kill -KILL "$pid"
  done
}

start_nginx() {
  stop_stray_nginx
  rm -f "$run/nginx.pid" "$run/admin.sock"   # of an nginx that is no more: it would not start over them
  (raise_file_limit
   umask 007
   server_output "$log/nginx-start.log" nginx -p "$data" -e "$log/nginx-error.log" -c "$data/nginx/roost.conf" 9<&-) ||
    fail "nginx did not start:" "$(server_tail "$log/nginx-start.log" 5)" \
      "If the port is taken: ROOST_PORT=<another> $0"
  as_server chmod 660 "$run/admin.sock"
}
reload_nginx() { kill -HUP "$(nginx_pid)"; }

stop_nginx() {
  local pid
  pid=$(nginx_pid) || { stop_stray_nginx; return 1; }
  kill -QUIT "$pid"
  if ! wait_gone "$pid" $kNginxQuitWait_s; then
    kill -TERM "$pid"
    wait_gone "$pid" 10 || kill -KILL "$pid"
  fi
  rm -f "$run/nginx.pid" "$run/admin.sock"
}

# await_ready: nginx reaches roostd, and roostd can serve.
await_ready() {
  local until=$(($(now_ms) + kReadyWait_s * 1000)) answer status
  while :; do
    answer=$(curl -s -m 5 --cacert "$tls/ca.crt" -w ' %{http_code}' "https://localhost:$port/-/readyz") || true
    status=${answer##* }
    [ "$status" = 200 ] && return
    if [ "$(now_ms)" -ge "$until" ]; then
      fail "the container is not ready after $kReadyWait_s s; https://localhost:$port/-/readyz says ($status):" \
        "${answer:0:2000}" "See $log/roostd.log, and ops/doctor."
    fi
    roostd_pid >/dev/null || roostd_failed "ended at its start"
    sleep 0.1
  done
}
