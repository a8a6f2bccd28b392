# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What can be known without running anything: the scripts are sound, and lists that must agree do. Requires: suites.sh.

scripts() { { grep -lE '^#!.*(ba)?sh' ops/* .ci/* 2>/dev/null || true; ls ops/lib/*.sh; } | sort -u; }

# The kinds of core/problem.h as problem names: MailboxFull is mailbox-full.
problem_kinds() {
  sed -n '/^enum class ProblemKind/,/^};/p' backend/core/problem.h | sed '1d;s|//.*||' | grep -oE '[A-Z][A-Za-z]+' |
    sed -E 's/([a-z])([A-Z])/\1-\2/g' | tr '[:upper:]' '[:lower:]' | sort
}
# name|status|title|retryable, from roostd's table, from the page, and from nginx's own problems.
table_of_roostd() { sed -nE 's/^ *\{"([a-z-]+)", ([0-9]+), "(.*)", (true|false), k.*/\1|\2|\3|\4/p' backend/core/problem.cpp | sort; }
table_of_page() {
  awk -F'[">]' '/<h3 id=/ { name = $2 } /class="facts"/ { print name "|" $4 }' nginx/www/problems.html | sed 's|</p$||' |
    sed -E 's/^([a-z-]+)\|([0-9]+)(, 503 or 504)?(, worth repeating)?\. (.*)$/\1|\2|\5|\4/; s/\|, worth repeating$/|true/; s/\|$/|false/' |
    sed 's/^unavailable|502|/unavailable|503|/' | sort
}
table_of_nginx() {
  sed -nE 's/.*"type":"[^#]*#([a-z-]+)","title":"([^"]*)","status":([0-9]+),.*"retryable":(true|false).*/\1|\3|\2|\4/p' \
    nginx/snippets/roost-problems.conf | sed -E 's/^unavailable\|50[24]/unavailable|503/' | sort -u
}

# Together, roostd's and nginx's problems are those of the page, in name, status, title and whether repeating helps.
page_has_every_problem() { diff <(sort -u <(table_of_roostd) <(table_of_nginx)) <(table_of_page); }
nginx_problems_are_json() {
  local body
  sed -nE "s/^ *return [0-9]+ '(.*)';$/\1/p" nginx/snippets/roost-problems.conf | while IFS= read -r body; do
    "$python" -m json.tool <<<"$body" >/dev/null || return 1
  done
}
error_pages_lead_somewhere() {
  diff <(sed -nE 's/^error_page .* (\/-\/nginx\/[0-9]+);.*/\1/p' nginx/snippets/roost-errors.conf | sort) \
       <(sed -nE 's/^location = (\/-\/nginx\/[0-9]+) .*/\1/p' nginx/snippets/roost-problems.conf | sort)
}
settings_are_documented() {
  local key
  for key in $(default_configuration | sed -nE 's/^([a-z_]+) = .*/\1/p'); do
    grep -q "^| \`$key\`" docs/configuration.md || { echo "$key is not in docs/configuration.md"; return 1; }
  done
}
# What a comment says must hold: every line is a phase and a package, each once, and the package is there.
packages_are_well_formed() {
  ! grep -vE '^(#.*|(run|build|test) +[a-z0-9.+-]+( +#.*)?|)$' ops/packages &&
    test -z "$(awk '!/^#/ && NF { print $2 }' ops/packages | sort | uniq -d)" && test -z "$(packages_missing run build test)"
}
changes_are_whole() {
  local change
  for change in $(sed -nE 's/^([a-z_]+) .*/\1/p' sql/sqitch.plan); do
    ls "sql/deploy/$change.sql" "sql/verify/$change.sql" "sql/revert/$change.sql" >/dev/null || return 1
  done
  test "$(ls sql/deploy | wc -l)" = "$(sed -nE 's/^([a-z_]+) .*/\1/p' sql/sqitch.plan | wc -l)"
}
# A file over the limit is a missing name, not a big problem (generated pages, data and lock files aside).
files_are_short() {
  local long_files
  long_files=$(git ls-files -- '*.cpp' '*.h' '*.sh' '*.sql' '*.py' '*.conf' 'ops/*' | xargs -r wc -l | awk '$2 != "total" && $1 > 600')
  echo "$long_files"
  test -z "$long_files"
}
# What the sandbox makes, the unit must not forbid: this has no systemd to try it under.
unit_allows_the_sandbox() {
  local made namespace
  made=$(grep -o 'CLONE_NEW[A-Z]*' worker/sandbox/isolation.cpp | sort -u | sed 's/CLONE_NEWNS/mnt/; s/CLONE_NEW//' | tr '[:upper:]' '[:lower:]')
  [ -n "$made" ] || return 1
  for namespace in $made; do
    grep -qE "^RestrictNamespaces=(.* )?$namespace( |\$)" ops/systemd/roostd.service || { echo "the unit forbids $namespace"; return 1; }
  done
  for call in pivot_root seccomp; do
    grep -qE "^SystemCallFilter=@.* $call( |\$)" ops/systemd/roostd.service || { echo "the unit forbids $call"; return 1; }
  done
}
unit_is_good() {
  local unit
  command -v systemd-analyze >/dev/null || { echo "systemd-analyze is not on this machine"; return 0; }
  unit=$(mktemp -d)
  sed 's|/usr/bin/roostd|/bin/true|' ops/systemd/roostd.service >"$unit/roostd.service"
  systemd-analyze verify --man=no "$unit/roostd.service" && systemd-analyze security --offline=true --threshold=22 --no-pager "$unit/roostd.service"
  local status=$?
  rm -rf "$unit"
  return $status
}

suite_scripts() {
  local script
  cd "$repository"
  for script in $(scripts); do
    head -1 "$script" | grep -q python && continue
    check "$script is a script" bash -n "$script"
    # Variables and `set -e` cross from part to part, which shellcheck cannot see; a folder's name with a dash is no sum.
    check "$script: shellcheck" shellcheck -S warning -e SC2154,SC2034,SC2164,SC2100 "$script"
  done
  check "every problem is on the page, as roostd and nginx tell it" page_has_every_problem
  check "every kind has its row" diff <(problem_kinds) <(table_of_roostd | cut -d'|' -f1)
  check "nginx's problems are JSON" nginx_problems_are_json
  check "each error page of nginx's leads to a problem" error_pages_lead_somewhere
  check "the settings that ops/up writes are documented" settings_are_documented
  check "ops/packages is well formed, and what it names is installed" packages_are_well_formed
  check "each change of the schema has deploy, verify and revert" changes_are_whole
  check "no file is over 600 lines" files_are_short
  check "the presets are good" cmake --list-presets
  check "the systemd unit allows what the sandbox makes" unit_allows_the_sandbox
  check "the systemd unit is good" unit_is_good
  checks_done
}
