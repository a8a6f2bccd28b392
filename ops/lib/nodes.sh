# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The two nodes that every container starts with, made over the operator's socket.
# Requires: settings.sh, say.sh.

# member NAME: the string member of the flat JSON object on standard input.
member() { sed -n "s/.*\"$1\"[[:space:]]*:[[:space:]]*\"\([^\"]*\)\".*/\1/p" | head -1; }

operator() {   # operator METHOD PATH [BODY]
  as_server curl -s -m 30 --unix-socket "$run/admin.sock" -X "$1" ${3:+-H 'Content-Type: application/json' -d "$3"} "http://localhost$2"
}
node_status() { as_server curl -s -m 30 --unix-socket "$run/admin.sock" -o /dev/null -w '%{http_code}' "http://localhost/nodes/$1"; }

# fingerprint_of NAME: of a node that an earlier run made.
fingerprint_of() { as_server cat "$keys/$1.fingerprint" 2>/dev/null; }

# ensure_node NAME DESCRIPTION: makes it unless it is there. The key is told once, so it is written before anything else.
ensure_node() {
  local name=$1 description=$2 fingerprint status answer
  fingerprint=$(fingerprint_of "$name") || true
  if [ -n "$fingerprint" ]; then
    status=$(node_status "$fingerprint")
    [ "$status" = 200 ] && return
    case $status in
      404|410) ;;   # destroyed, or the database is another one
      *) fail "asking for node $name ($fingerprint) was answered with $status" "See $log/roostd.log" ;;
    esac
  fi
  answer=$(operator POST /nodes "$description")
  fingerprint=$(member fingerprint <<<"$answer")
  [ -n "$fingerprint" ] || fail "making the node $name was refused:" "$answer"
  (umask 077
   member seed <<<"$answer" | server_write "$keys/$name.key"
   server_write "$keys/$name.fingerprint" <<<"$fingerprint")
  nodes_note+="$name "
}

# The playground is everybody's: it may do all that harms only itself, within a budget.
ensure_nodes() {
  nodes_note=
  ensure_node playground '{"access": "anyone", "capabilities": ["spawn", "state", "clock", "random", "contact-all"],
    "budget": {"nodes": 256, "awake": 64, "memory_bytes": 1073741824}}'
  ensure_node root '{"access": "only", "only": [], "capabilities": ["spawn", "state", "clock", "random", "contact-all", "http"],
    "budget": {}}'
  if [ -n "$nodes_note" ]; then nodes_note="made ${nodes_note% }"; else nodes_note="playground and root are there"; fi
}

# What programs read to find the container; whole or not at all.
write_summary() {
  cat >"$data/roost.json.new" <<END
{
  "base_url": "https://localhost:$port",
  "ca": "$tls/ca.crt",
  "playground": "https://localhost:$port/$(fingerprint_of playground)",
  "root": "https://localhost:$port/$(fingerprint_of root)",
  "keys": "$keys",
  "admin_socket": "$run/admin.sock"
}
END
  mv "$data/roost.json.new" "$data/roost.json"
}
