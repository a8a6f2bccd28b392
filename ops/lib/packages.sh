# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The packages of ops/packages: which are missing, and installing them without starting anybody else's servers.

# packages_for PHASE…: their names.
packages_for() {
  local phase
  for phase in "$@"; do awk -v phase="$phase" '$1 == phase { print $2 }' "$repository/ops/packages"; done
}

# packages_missing PHASE…: those that are not installed, one a line.
packages_missing() {
  local wanted present
  wanted=$(packages_for "$@" | sort -u)
  # shellcheck disable=SC2086
  present=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null | sed -n 's/^installed //p' | sort -u)
  comm -23 <(echo "$wanted") <(echo "$present")
}

# Debian starts a server as soon as its package is installed, and makes a PostgreSQL cluster. We run our own of both, so
# while installing, nothing may be started and no cluster made. What is installed already is left exactly as it is.
install_packages() {
  local logfile=$1 policy=/usr/sbin/policy-rc.d no_cluster=/etc/postgresql-common/createcluster.d/roost.conf made_policy=false
  local nginx_is_new=false
  shift
  if [[ " $* " == *" nginx "* ]]; then nginx_is_new=true; fi
  mkdir -p "$(dirname "$no_cluster")"
  echo 'create_main_cluster = false' >"$no_cluster"
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    made_policy=true
  fi
  # The two files go away whatever becomes of apt-get.
  # shellcheck disable=SC2064
  trap "rm -f '$no_cluster'; if $made_policy; then rm -f '$policy'; fi" EXIT
  export DEBIAN_FRONTEND=noninteractive
  apt-get install -y --no-install-recommends "$@" >"$logfile" 2>&1 || {
    quietly "$logfile" apt-get update
    quietly "$logfile" apt-get install -y --no-install-recommends "$@"
  }
  rm -f "$no_cluster"
  if $made_policy; then rm -f "$policy"; fi
  trap - EXIT
  if $nginx_is_new && [ -d /run/systemd/system ]; then systemctl disable --now nginx >>"$logfile" 2>&1 || true; fi
}

# need_packages PHASE…: installs what is missing (as root) or says what is.
need_packages() {
  local missing logfile
  command -v dpkg-query >/dev/null || fail "this is not a Debian system: dpkg-query is missing" \
    "Install by hand what ops/packages names, then see ops/doctor."
  missing=$(packages_missing "$@" | tr '\n' ' ')
  missing=${missing% }
  if [ -z "$missing" ]; then step_done "all present"; return; fi
  [ "$(id -u)" = 0 ] || fail "these packages are missing: $missing" "As root: apt-get install $missing"
  logfile=$(mktemp /tmp/roost-packages.XXXXXX)
  # shellcheck disable=SC2086
  install_packages "$logfile" $missing
  rm -f "$logfile"
  step_done "installed $(echo "$missing" | wc -w)"
}
