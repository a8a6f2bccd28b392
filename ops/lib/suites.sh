# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The suites of ops/test. Each is a function suite_<name> that runs in a process of its own, writes what it does to its log, and
# ends with a line `N passed, N failed`; run_suite adds these up. A suite that ends without such a line has failed.
# Requires: all other parts of ops/lib.

readonly kSeeds=2000 kSeedsLong=20000 kFuzzSeconds=20 kFuzzSecondsLong=3600
readonly kSanitizedStackKib=131072
readonly kSystemTestLimit_s=300   # of one test with its fixtures; the longest takes a minute or so
total_passed=0
total_failed=0

run_suite() {
  local suite=$1 logfile=$logs/$1.log status=0 count passed failed
  step "$suite"
  set +e   # not `|| status=$?`: that would switch off the suite's own `set -e`
  (set -e; "suite_$suite") >"$logfile" 2>&1 </dev/null
  status=$?
  set -e
  count=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$logfile" | tail -1 || true)
  passed=$(sed 's/ passed.*//' <<<"${count:-0}")
  failed=$(sed 's/.*, \([0-9]*\) failed/\1/' <<<"${count:-0}")
  if [ "$failed" = 0 ] && { [ -z "$count" ] || [ "$status" != 0 ]; }; then failed=1; fi
  total_passed=$((total_passed + passed))
  total_failed=$((total_failed + failed))
  step_done "$passed passed, $failed failed"
  if [ "$failed" != 0 ]; then
    what_failed "$logfile" | sed 's/^/    | /'
    echo "    all of it: $logfile"
  fi
}

# The places of a log that tell of a failure, and its end.
what_failed() {
  grep -aE -A8 '^(FAIL|FAILED|not ok|E  |ERROR)|: Failure$|\[  FAILED  \]|ERROR: |Sanitizer|error:|assert' "$1" | head -60 || true
  echo …
  tail -12 "$1"
}

# ---- counting single checks

checks_passed=0
checks_failed=0

# check NAME COMMAND…: one check; its output is shown if it fails.
check() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then
    echo "ok    $name"
    checks_passed=$((checks_passed + 1))
  else
    printf 'FAIL  %s\n%s\n' "$name" "$output"
    checks_failed=$((checks_failed + 1))
  fi
}
checks_done() {
  echo "$checks_passed passed, $checks_failed failed"
  [ "$checks_failed" = 0 ]
}

# ---- programs

suite_build() {
  lock_build "$build"
  configure test "$build"
  build_targets "$build"
  echo "$build_note"
  checks_passed=1
  check "cmake --install puts everything in its place (docs/operating.md)" installs
  unlock_build
  checks_done
}

installs() {
  local root=$build/installed file status=0
  rm -rf "$root"
  DESTDIR=$root cmake --install "$build" --prefix /usr || return 1
  for file in bin/roostd bin/roost libexec/roost-worker share/man/man1/roost.1 share/man/man8/roostd.8 share/roost/www/problems.html \
      share/roost/snippets/roost-operator.conf share/roost/sql/sqitch.plan lib/systemd/system/roostd.service; do
    [ -e "$root/usr/$file" ] || { echo "$file is missing"; status=1; }
  done
  "$root/usr/bin/roost" --version && "$root/usr/bin/roostd" --version || status=1
  rm -rf "$root"
  return $status
}

# run_ctest FOLDER OPTION…: counts GoogleTest's cases where a program prints them; a program that dies without counts as one.
run_ctest() {
  local folder=$1 status=0 output passed failed programs_passed programs_failed silent
  shift
  output=$(mktemp)
  ctest --test-dir "$folder" -V "$@" >"$output" 2>&1 || status=$?
  cat "$output"
  passed=$(sed -n 's/.*\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$output" | awk '{ n += $1 } END { print n + 0 }')
  failed=$(sed -n 's/.*\[  FAILED  \] \([0-9]*\) tests\{0,1\}, listed below.*/\1/p' "$output" | awk '{ n += $1 } END { print n + 0 }')
  programs_passed=$(grep -cE '^ *[0-9]+/[0-9]+ Test .* Passed ' "$output" || true)
  programs_failed=$(sed -n 's/.* \([0-9]*\) tests failed out of .*/\1/p' "$output" | tail -1)
  silent=$((programs_passed - $(grep -c '\[  PASSED  \]' "$output" || true)))
  rm -f "$output"
  if [ "$silent" -gt 0 ]; then passed=$((passed + silent)); fi
  if [ "$failed" -lt "${programs_failed:-1}" ]; then failed=${programs_failed:-1}; fi
  echo "$passed passed, $failed failed"
  return "$status"
}

suite_unit() { run_ctest "$build" -E '^simulation' --timeout 300; }

run_simulation() {   # run_simulation FOLDER SEEDS
  local status=0
  "$1/tests/simulation/simulation" --seeds "$2" || status=$?
  if [ "$status" = 0 ]; then echo "$2 passed, 0 failed"; else echo "0 passed, 1 failed"; fi
  return $status
}
suite_simulation() { run_simulation "$build" "$(if $long; then echo $kSeedsLong; else echo $kSeeds; fi)"; }

# suite_asan, suite_tsan: the units and a part of the seeds, with other instruments. The hostile workers are static, which no sanitizer can
# be: they are those of the ordinary build. Instrumented frames are several times as large, and so must the stack be.
sanitized() {
  local folder=$repository/build-$1
  lock_build "$build"
  configure test "$build"
  build_targets "$build" hostile
  unlock_build
  lock_build "$folder"
  configure "$1" "$folder" -DROOST_HOSTILE_DIR="$build/hostile"
  build_targets "$folder"
  unlock_build
  ulimit -s $kSanitizedStackKib
  run_simulation "$folder" $kSeeds
  run_ctest "$folder" -E '^simulation' --timeout 900
}
suite_asan() {
  export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1
  sanitized asan
}
suite_tsan() {
  export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
  sanitized tsan
}

# The ordinary run tries the same inputs each time, so that it fails for what changed; the long one hunts.
suite_fuzz() {
  if $long; then "$repository/ops/fuzz" --seconds $kFuzzSecondsLong
  else "$repository/ops/fuzz" --seconds $kFuzzSeconds --seed 1; fi
}

# ---- a folder and servers of a suite's own

borrow_home() {
  home=$(mktemp -d /tmp/roost-suite.XXXXXX)
  chmod 755 "$home"
  make_server_user
  locate
  make_folders
  trap return_home EXIT
}
return_home() {
  stop_nginx || true
  stop_cluster || true
  rm -rf -- "$home"
}

# A port that nobody listens on now.
free_port() { "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# A directory with a family and state, dumped and restored into an empty database, is the same.
restores() {
  local query="select md5(string_agg(t::text, '' order by t::text)) from (select n::text from roost.nodes n union all
    select e::text from roost.index_entries e union all select j::text from roost.journal j union all select b::text from roost.tombstones b
    union all select d::text from roost.definitions d) t"
  as_postgres psql -XAtqc "insert into roost.nodes (public_key, sealed_key, lifetime, access, capabilities)
      select sha256(i::text::bytea), sha256(i::text::bytea), 'root', 'anyone', i from generate_series(1, 9) i;
    insert into roost.index_entries select public_key, decode(repeat('00', 64), 'hex'), sealed_key, '\\x00', '\\x0001' from roost.nodes;
    insert into roost.definitions (hash, definition) select sha512(i::text::bytea), '\\x0001' from generate_series(1, 9) i;
    update roost.journal set position = 7; select roost.destroy_nodes(array[sha256('1')])" || return 1
  as_postgres psql -XAtqc "$query" >"$home/before" && as_postgres pg_dump -Fc -f "$home/dump" && as_postgres dropdb "$kDatabase" &&
    as_postgres pg_restore -C -d postgres "$home/dump" || return 1
  as_postgres psql -XAtqc "$query" | diff "$home/before" - &&
    test "$(as_postgres psql -XAtqc "select has_database_privilege('public', current_database(), 'connect')")" = f
}

suite_sql() {
  local target output status=0 passed failed
  borrow_home
  start_cluster
  make_database
  export SQITCH_FULLNAME=roost SQITCH_EMAIL=roost@localhost SQITCH_USER_CONFIG=/dev/null SQITCH_SYSTEM_CONFIG=/dev/null
  target="db:pg://postgres@/$kDatabase?host=$run"
  cd "$repository/sql"
  check "deploy, each change verified" sqitch deploy --verify "$target"
  check "verify" sqitch verify "$target"
  check "revert, to nothing" sqitch revert -y "$target"
  check "nothing of ours is left" test -z "$(as_postgres psql -XAtqc "select nspname from pg_namespace where nspname = 'roost'
    union all select rolname from pg_roles where rolname like 'roost\_%'")"
  check "deploy again" sqitch deploy --verify "$target"
  as_postgres psql -XAtqc 'create extension pgtap'
  output=$(mktemp)
  as_postgres pg_prove -v "$repository"/tests/sql/*.sql >"$output" 2>&1 || status=$?
  cat "$output"
  passed=$(grep -cE '^ok [0-9]' "$output" || true)
  failed=$(grep -cE '^not ok [0-9]' "$output" || true)
  rm -f "$output"
  if [ "$status" != 0 ] && [ "$failed" = 0 ]; then failed=1; fi
  checks_passed=$((checks_passed + passed)) checks_failed=$((checks_failed + failed))
  check "a dump is restored whole (docs/operating.md)" restores
  checks_done
}

suite_system() {
  local report passed failed errors folder
  report=$logs/system.txt
  folder=$(mktemp -d /tmp/roost-pytest.XXXXXX)
  cd "$repository"
  "$python" -m pytest -q --maxfail=10 -p no:cacheprovider --timeout=$kSystemTestLimit_s --basetemp="$folder" --durations=15 tests/system 2>&1 | tee "$report" || true
  rm -rf "$folder"
  passed=$(grep -oE '[0-9]+ passed' "$report" | tail -1 | tr -dc 0-9 || true)
  failed=$(grep -oE '[0-9]+ failed' "$report" | tail -1 | tr -dc 0-9 || true)
  errors=$(grep -oE '[0-9]+ errors?' "$report" | tail -1 | tr -dc 0-9 || true)
  if [ -z "$passed$failed$errors" ]; then failed=1; fi   # it did not even begin
  echo "${passed:-0} passed, $((${failed:-0} + ${errors:-0})) failed"
}
