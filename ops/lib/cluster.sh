# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The container's own PostgreSQL cluster: one folder, one unix socket, no port. The operating system says who comes
# (peer), and pg_ident.conf says which roles that user may be. Debian's clusters are not touched.
# Requires: settings.sh, say.sh; to make one, configuration.sh.

readonly kDatabase=roost

# pg_ctl takes a dead process that nobody has reaped yet for a running one; the link to its program is gone, though.
cluster_running() {
  local pid
  pid=$(head -1 "$cluster/postmaster.pid" 2>/dev/null) && [ "$(readlink "/proc/${pid:-none}/exe")" = "$(readlink -f "$postgres_bin/postgres")" ]
}

# After a crash: PostgreSQL refuses to start over a pid file whose number is taken, by whatever. The file may go once no process
# works in the cluster's folder; what a killed server left behind notices its death and ends by itself.
clear_stale_pid() {
  local holders until=$(($(now_ms) + 10000))
  [ -e "$cluster/postmaster.pid" ] || return 0
  while holders=$(find /proc/[0-9]*/cwd -maxdepth 0 -lname "$cluster" 2>/dev/null || true) && [ -n "$holders" ]; do
    [ "$(now_ms)" -lt "$until" ] || fail "processes still work in $cluster, without their server: $holders" "End them, then try again."
    sleep 0.1
  done
  rm -f "$cluster/postmaster.pid" "$run/$kLongestSocket" "$run/$kLongestSocket.lock"
}

# Written at every ops/up, so that a moved folder and a newer roost get what they need.
write_cluster_settings() {
  server_write "$cluster/roost.conf" <<END
listen_addresses = ''
unix_socket_directories = '$run'
unix_socket_permissions = 0770
max_connections = 40
shared_buffers = '128MB'
fsync = on
synchronous_commit = on
wal_compression = on
max_wal_size = '1GB'
checkpoint_timeout = '15min'
jit = off
autovacuum_naptime = '15s'
log_line_prefix = '%m [%p] %q%u@%d '
log_lock_waits = on
END
  server_write "$cluster/pg_hba.conf" <<<"local all all peer map=roost"
  {
    for user in "$server_user" root; do
      for role in postgres roost_owner roost_app roost_readonly; do echo "roost $user $role"; done
    done
  } | sort -u | server_write "$cluster/pg_ident.conf"
}

make_cluster() {
  [ -s "$cluster/PG_VERSION" ] && return
  rm -rf "$cluster" "$cluster.new"   # half-made, by an initdb that was interrupted
  serve_folder 700 "$cluster.new"
  server_output "$log/initdb.log" "$postgres_bin/initdb" -D "$cluster.new" -U postgres -A peer -E UTF8 --locale=C.UTF-8 --data-checksums ||
    fail "initdb failed; the end of $log/initdb.log:" "$(server_tail "$log/initdb.log" 25)"
  echo "include 'roost.conf'" | as_server tee -a "$cluster.new/postgresql.conf" >/dev/null
  mv "$cluster.new" "$cluster"
}

start_cluster() {
  make_cluster
  write_cluster_settings
  if cluster_running; then return; fi
  clear_stale_pid
  server_output "$log/pg_ctl.log" "$postgres_bin/pg_ctl" -D "$cluster" -l "$log/postgres.log" -w -t 60 start 9<&- ||
    fail "PostgreSQL did not start; the end of $log/postgres.log:" "$(server_tail "$log/postgres.log" 15)"
}

stop_cluster() {
  if ! cluster_running; then return 1; fi
  as_server "$postgres_bin/pg_ctl" -D "$cluster" -w -t 60 -m fast stop >/dev/null ||
    fail "PostgreSQL did not stop within 60 s" "See $log/postgres.log"
}

# as_postgres PROGRAM…: psql and its like, as the cluster's superuser.
as_postgres() { PGHOST=$run PGUSER=postgres PGDATABASE=${PGDATABASE:-$kDatabase} "$@"; }

make_database() {
  local exists
  exists=$(PGDATABASE=postgres as_postgres psql -XAtqc "select 1 from pg_database where datname = '$kDatabase'")
  [ "$exists" = 1 ] || PGDATABASE=postgres as_postgres createdb "$kDatabase"
}

migration() {   # migration COMMAND [OPTION…], in sql/
  (cd "$repository/sql" && LC_ALL=C.UTF-8 SQITCH_FULLNAME=roost SQITCH_EMAIL=roost@localhost SQITCH_USER_CONFIG=/dev/null \
    SQITCH_SYSTEM_CONFIG=/dev/null sqitch "$@" "db:pg://postgres@/$kDatabase?host=$run" 2>&1)
}
schema_is_current() { [[ $(migration status) == *$'\nNothing to deploy'* ]]; }

# Applies what sql/ has and the database has not; each change is verified before the next.
migrate() {
  local said
  said=$(migration deploy --verify) ||
    fail "sqitch deploy failed:" "$(tail -25 <<<"$said" | sed '2,$s/^/    /')"
  grep -c '^  + ' <<<"$said" || true
}
