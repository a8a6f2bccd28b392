# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What is written into the container's folder before anything starts: the folder itself, roost.toml, nginx's files.
# Requires: settings.sh, say.sh, processes.sh.

readonly kReadMargin_s=15       # nginx waits this much longer for roostd than roostd lets a request take
readonly kConnectionsMax=20000  # of one nginx process

# The nearest folder above (or at) $1 that exists.
existing_ancestor() {
  local path=$1
  while [ ! -e "$path" ]; do path=$(dirname "$path"); done
  echo "$path"
}

make_server_user() {
  [ "$(id -u)" = 0 ] || return 0
  id "$server_user" >/dev/null 2>&1 ||
    useradd --system --user-group --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin \
      --comment "roost node containers" "$server_user"
}

# As root the servers run as a user who may be unable to reach `home`: a clone below /root, or a private folder of /tmp.
# Then the data are kept elsewhere and `home` points there.
place_home() {
  local parent
  place_note=
  if [ ! -L "$home" ] && [ "$(id -u)" = 0 ]; then
    parent=$(existing_ancestor "$(dirname "$home")")
    if ! as_server test -x "$parent"; then
      local elsewhere
      elsewhere=$kRemoteHomes/$(printf '%s' "$home" | sha256sum | cut -c1-12)
      if [ -d "$home" ]; then
        rmdir "$home" 2>/dev/null || fail "$home is not empty, and user $server_user cannot reach it" \
          "Choose another ROOST_HOME, or let others pass through its parent folders (chmod o+x)."
      fi
      mkdir -p "$elsewhere" "$(dirname "$home")"
      ln -s "$elsewhere" "$home"
    fi
  fi
  if [ -L "$home" ]; then mkdir -p "$(readlink -m "$home")"; fi
  locate
  if [ "$data" != "$home" ]; then place_note="in $data, which user $server_user can reach"; fi
}

make_folders() {
  local socket=$run/$kLongestSocket.lock
  # The path stands in five configuration files with five ways of quoting.
  [[ "$data" =~ ^[A-Za-z0-9._/+-]+$ ]] || fail "the path $data has characters other than letters, digits and ._/+-" "Choose another ROOST_HOME."
  [ "${#socket}" -le $kSocketPathMax ] ||
    fail "the path of a socket would have ${#socket} bytes ($socket); a unix socket's has at most $kSocketPathMax" \
      "Choose a shorter ROOST_HOME."
  if [ -d "$data" ] && [ ! -e "$marker" ] && [ -n "$(ls -A "$data")" ]; then
    fail "$data is not empty and is not a container's folder" "Choose another ROOST_HOME."
  fi
  own_folder "$data"
  echo "The folder of a roost container. ops/down --purge removes it." >"$marker"
  if [ -e "$bin" ] && [ ! -O "$bin" ]; then rm -rf "$bin"; fi   # programs that another may change
  own_folder "$bin" "$tls" "$data/nginx"
  serve_folder 750 "$run" "$log"
  serve_folder 700 "$keys" "$data/nginx/temp"
}

# Whoever may replace the entries of a folder leads what root does there to any other place. So the container's folder belongs to
# who calls, root above all, and the servers' user has those folders in it that the servers write to, and no more. Older versions gave
# that user the whole, so links that are there may be its.
own_folder() {   # own_folder FOLDER…
  local folder link
  for folder in "$@"; do
    mkdir -p "$folder"
    chown -h "$own_user:" "$folder"
    chmod 755 "$folder"
    link=$(find "$folder" -maxdepth 1 -type l -print -quit)
    [ -z "$link" ] || fail "$link is a symbolic link, which ops/up would follow as $own_user" "Put what it leads to in its place."
  done
}
serve_folder() {   # serve_folder MODE FOLDER…: each in a folder of ours, which has no links
  mkdir -p "${@:2}"
  chown -h "$server_user:" "${@:2}"
  chmod "$1" "${@:2}"
}

make_master_key() {
  [ -s "$keys/master.key" ] && return
  as_server "$bin/roostd" --make-master-key "$keys/master.key" || fail "no master key was made in $keys"
}

# Once; afterwards the file is the operator's. Only the port is ever changed, and only if ROOST_PORT asks for it.
write_configuration() {
  configuration_note=
  if [ ! -e "$config" ]; then
    default_configuration | with_extra "${ROOST_EXTRA_CONFIG:-}" >"$config.new"
    mv "$config.new" "$config"
    configuration_note="written"
  fi
  # The servers' user reads it, and does not choose what roostd and ops/ do by it.
  chown "$own_user:$(id -gn "$server_user")" "$config"
  chmod 640 "$config"
  local complaint
  complaint=$(as_server "$bin/roostd" --check-config --config "$config" 2>&1) ||
    fail "roostd refuses $config:" "$(tail -5 <<<"$complaint" | sed '2,$s/^/    /')"
  if [ -n "${ROOST_PORT:-}" ] && [ -z "$configuration_note" ] && [ "$(port_configured)" != "$port" ]; then
    sed -Ei "s/^([[:space:]]*host[[:space:]]*=[[:space:]]*)([\"'])([^:\"']*)[^\"']*\2/\1\2\3:$port\2/" "$config"
    [ "$(port_configured)" = "$port" ] || fail "the port of \`host\` in $config cannot be changed to $port" "Change it there: host = \"localhost:$port\""
    configuration_note="port is now $port"
  fi
}

default_configuration() {
  cat <<END
# Written by ops/up, and yours from then on. docs/configuration.md lists every setting. After a change: ops/up, or
# kill -HUP \$(cat $run/roostd.pid) for those that need no restart.
host = "localhost:$port"
front_socket = "$run/front.sock"
operator_socket = "$run/operator.sock"
database = "host=$run dbname=roost user=roost_app"
master_key_file = "$keys/master.key"
status_map = "/roost-$(printf '%s %s' "$server_user" "$data" | sha256sum | cut -c1-12)"
worker = "$bin/roost-worker"
END
}

# with_extra FILE: standard input without the settings that FILE has, then FILE.
with_extra() {
  if [ -z "$1" ]; then cat; return; fi
  [ -r "$1" ] || fail "cannot read $1 (ROOST_EXTRA_CONFIG)"
  local keys_of_file
  keys_of_file=$(sed -n 's/^[[:space:]]*\([a-z_]*\)[[:space:]]*=.*/\1/p' "$1" | paste -sd'|')
  grep -vE "^(${keys_of_file:-none})[[:space:]]*=" || true
  cat "$1"
}

# Copies nginx/ and fills in the words between @ signs.
write_nginx_files() {
  local new=$data/nginx.new files timeout_ms
  files=$(file_limit)
  timeout_ms=$(setting request_timeout_ms)
  timeout_ms=${timeout_ms:-30000}
  rm -rf "$new"
  mkdir "$new"
  cp -R "$repository/nginx/snippets" "$repository/nginx/www" "$new/"
  sed -e "s|@HOME@|$data|g" -e "s|@RUN@|$run|g" -e "s|@LOG@|$log|g" -e "s|@TLS@|$tls|g" -e "s|@TEMP@|$data/nginx/temp|g" \
      -e "s|@PORT@|$port|g" -e "s|@FILES@|$files|g" \
      -e "s|@CONNECTIONS@|$((files - 256 < kConnectionsMax ? files - 256 : kConnectionsMax))|g" \
      -e "s|@READ_TIMEOUT@|$((timeout_ms / 1000 + kReadMargin_s))|g" \
      "$repository/nginx/roost.conf" >"$new/roost.conf"
  # A machine without IPv6 cannot listen on ::1.
  grep -qs '^0\{31\}1 ' /proc/net/if_inet6 || sed -i '/listen \[::1\]/d' "$new/roost.conf"
  chmod -R a+rX "$new"
  if diff -qr -x temp "$data/nginx" "$new" >/dev/null; then rm -rf "$new"; return; fi
  rm -rf "$data/nginx/snippets" "$data/nginx/www"
  mv "$new"/* "$data/nginx/"
  rmdir "$new"
}

# Copies what the build made, if it differs.
install_programs() {
  local program from
  for program in roostd roost-worker roost; do
    from=$(built "$program")
    if ! cmp -s "$from" "$bin/$program"; then
      install -m 755 "$from" "$bin/$program.new"
      mv "$bin/$program.new" "$bin/$program"   # a running one keeps the file that it has
    fi
  done
}
