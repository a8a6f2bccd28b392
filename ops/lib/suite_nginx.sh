# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# nginx's side without roostd: both configurations are good, and every error that nginx makes by itself is a problem document
# with the right status. Requires: suites.sh.

# problem STATUS TYPE CURL-ARGUMENT…: curl's answer is this problem, as docs/http.md describes it.
problem() {
  local status=$1 type=$2 answer
  shift 2
  answer=$(curl -s -m 10 --cacert "$tls/ca.crt" -w '\n%{http_code} %{content_type}' "$@")
  "$python" - "$status" "$type" "$answer" <<'END'
import json, re, sys
status, kind, answer = sys.argv[1:]
body, _, last = answer.rpartition("\n")
assert last == f"{status} application/problem+json", f"{last}\n{body}"
document = json.loads(body)
assert document["type"] == f"/-/problems#{kind}" and document["status"] == int(status), body
assert re.fullmatch(r"/-/requests/[0-9a-f]{32}", document["instance"]), body
assert isinstance(document["retryable"], bool) and document["fault"] in ("caller", "container"), body
assert document["title"] and document["detail"], body
END
}

# What curl cannot say: a request line that is none.
garbage() {
  printf 'GARBAGE\r\n\r\n' | timeout 5 openssl s_client -quiet -CAfile "$tls/ca.crt" -connect "localhost:$port" 2>/dev/null |
    grep -q '"type":"/-/problems#bad-request"'
}

limited() {   # more requests at once than the example's burst
  local codes
  codes=$(seq 600 | xargs -P 16 -n 50 sh -c 'for i in "$@"; do printf "url = %s\noutput = /dev/null\n" "$0"; done |
    curl -s -m 20 --cacert "$1" -w "%{http_code}\n" -K -' "$1" "$tls/ca.crt" 2>/dev/null | sort | uniq -c)
  echo "$codes"
  grep -q ' 429$' <<<"$codes"
}

start_example() {
  sed -e "s|@HOME@|$data|g" -e "s|@TLS@|$tls|g" -e "s|@PORT@|$port|g" -e "s|unix:/run/roost-operator/|unix:$run/example-|" \
    "$repository/nginx/example.conf" >"$data/nginx/example.conf"
  sed -i "s|^events|pid $run/example.pid;\nevents|; s|^http {|http {\n  access_log off;\n  client_body_temp_path $data/nginx/temp/b;\n  fastcgi_temp_path $data/nginx/temp/f;\n  proxy_temp_path $data/nginx/temp/p;\n  scgi_temp_path $data/nginx/temp/s;\n  uwsgi_temp_path $data/nginx/temp/u;|" "$data/nginx/example.conf"
}

suite_nginx() {
  local a url
  borrow_home
  port=$(free_port)
  make_certificates
  write_nginx_files
  url=https://localhost:$port
  a=$(printf 'a%.0s' $(seq 56))
  check "roost.conf is good" as_server nginx -t -p "$data" -e "$log/nginx-error.log" -c "$data/nginx/roost.conf"
  check "roost.conf leaves no word to fill in" test -z "$(grep -h '@[A-Z_]*@' "$data/nginx/roost.conf" || true)"
  start_nginx
  check "502: roostd is not there" problem 502 unavailable "$url/$a" -d 1
  check "502: also to the operator" problem 502 unavailable --unix-socket "$run/admin.sock" http://localhost/nodes
  check "404: no such path" problem 404 not-found "$url/nothing"
  check "404: nor below /-/" problem 404 not-found "$url/-/nothing"
  check "404: the pages of errors are not for visitors" problem 404 not-found "$url/-/nginx/400"
  check "405: TRACE" problem 405 method-not-allowed -X TRACE "$url/"
  check "405: POST to a page" problem 405 method-not-allowed -d 1 "$url/-/problems"
  head -c 1048577 /dev/zero >"$data/large"
  check "413: a body over 1 MiB" problem 413 body-too-large --data-binary "@$data/large" "$url/$a"
  check "413: over HTTP/1.1 too" problem 413 body-too-large --http1.1 --data-binary "@$data/large" "$url/$a"
  check "414: a long URI" problem 414 uri-too-long --http1.1 "$url/$(head -c 9000 /dev/zero | tr '\0' a)"
  check "431: a large header" problem 431 header-too-large --http1.1 -H "X-Large: $(head -c 9000 /dev/zero | tr '\0' a)" "$url/$a"
  check "400: plain text to the TLS port" problem 400 bad-request "http://localhost:$port/"
  check "400: not HTTP at all" garbage
  check "the page of problems" curl -sf --cacert "$tls/ca.crt" -o /dev/null "$url/-/problems"
  check "TLS 1.1 is refused" bash -c "! openssl s_client -connect localhost:$port -tls1_1 -cipher ALL:@SECLEVEL=0 </dev/null"
  check "TLS 1.2 is spoken" bash -c "openssl s_client -connect localhost:$port -CAfile $tls/ca.crt -verify_return_error -tls1_2 </dev/null"
  check "HTTP/2 is spoken" test "$(curl -s --cacert "$tls/ca.crt" -o /dev/null -w '%{http_version}' "$url/-/problems")" = 2
  check "the operator's socket is closed to others" test "$(stat -c %a "$run/admin.sock") $(stat -c %a "$run")" = "660 750"
  stop_nginx

  port=$(free_port)
  url=https://localhost:$port
  start_example
  check "a server that includes the snippets is good" as_server nginx -t -p "$data" -e "$log/nginx-error.log" -c "$data/nginx/example.conf"
  as_server nginx -p "$data" -e "$log/nginx-error.log" -c "$data/nginx/example.conf"
  check "its own pages stay its own" test "$(curl -s --cacert "$tls/ca.crt" "$url/page")" = "your own site"
  check "502 in roost's form" problem 502 unavailable "$url/$a" -d 1
  check "429 when a client floods" limited "$url/$a"
  stop_stray_nginx
  checks_done
}
