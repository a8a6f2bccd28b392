# SPDX-License-Identifier: MIT
"""ops/up and ops/down: what they print works, a second start is quick and keeps everything, two containers stand side by
side, and nothing is left behind."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import time

import pytest

from roost_container import REPOSITORY, Container, Process, wait_until

TOKEN = "C" * 85 + "A=="


def processes_in(folder):
    """Every process that names this folder in its command line."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                command = pathlib.Path(entry.path, "cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if str(folder).encode() in command:
                found.append(int(entry.name))
    return found


@pytest.fixture(scope="module")
def own():
    container = Container(name="updown")
    try:
        container.printed = container.start()
        yield container
    finally:
        container.remove()


def test_the_commands_that_are_printed_work(own):
    commands = [line.strip() for line in own.printed.splitlines() if re.match(r"\s+(curl|\S*roost) ", line)]
    assert len(commands) >= 3, own.printed
    for command in commands:
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=30, cwd=REPOSITORY)
        assert done.returncode == 0 and done.stdout.strip() and "problems#" not in done.stdout, f"{command}\n{done.stdout}{done.stderr}"


def test_roost_json_names_what_is_there(own):
    facts = json.loads((own.home / "roost.json").read_text())
    assert set(facts) == {"base_url", "ca", "playground", "root", "keys", "admin_socket"}
    assert own.get(facts["playground"]).status == 200
    assert pathlib.Path(facts["admin_socket"]).is_socket() and pathlib.Path(facts["ca"]).is_file()


def test_the_root_node_admits_nobody(own):
    own.post(own.facts["root"], "1").problem("access-denied", 403)


def test_a_second_start_is_quick_and_keeps_everything(own):
    own.value(f'Index.insert# 1 "kept" "{TOKEN}"')
    facts, pid = own.facts, own.roostd_pid()
    started = time.monotonic()
    own.start()
    assert time.monotonic() - started < 10
    assert own.facts == facts and own.roostd_pid() == pid
    assert own.value(f'Index.lookup# 1 "{TOKEN}"') == 'Optional.Some "kept"'


def test_what_changed_before_a_start_that_failed_is_taken_by_the_next(own):
    def pids():
        return own.roostd_pid(), int((own.home / "run/nginx.pid").read_text())

    def install(file):   # as ops/up does, with what is there already: the next one finds no difference
        new = file.with_name("new")
        shutil.copy(file, new)
        shutil.copymode(file, new)
        shutil.chown(new, file.stat().st_uid, file.stat().st_gid)
        new.replace(file)

    for program in ["roostd", "roost-worker"]:
        before = pids()
        install(own.home / "bin" / program)
        own.start()
        assert pids()[0] != before[0] and pids()[1] == before[1], program
        assert not os.readlink(f"/proc/{own.roostd_pid()}/exe").endswith("(deleted)")
    for file in ["nginx/roost.conf", "nginx/www/problems.html", "tls/server.crt"]:
        before = pids()
        install(own.home / file)
        own.start()
        assert pids()[0] == before[0] and pids()[1] != before[1], file
    before = pids()
    own.start()
    assert pids() == before


def test_no_roostd_serves_while_the_schema_changes(own):
    run, pid = own.home.resolve() / "run", own.roostd_pid()
    subprocess.run(["sqitch", "revert", "-y", "--to", "@HEAD^", f"db:pg://postgres@/roost?host={run}"], cwd=REPOSITORY / "sql",
                   capture_output=True, timeout=60, check=True,
                   env=dict(os.environ, SQITCH_FULLNAME="roost", SQITCH_EMAIL="roost@localhost"))
    own.start()
    applied = subprocess.run(["psql", "-XAtq", "-h", run, "-U", "postgres", "roost", "-c",
                              """select to_char(max(committed_at) at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') from sqitch.changes"""],
                             capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    stopped = [line.split()[0] for line in own.log().splitlines() if " info stopped" in line][-1]
    assert own.roostd_pid() != pid and stopped < applied
    assert own.value("1") == "1"


def test_stopped_and_started_again_everything_is_there(own):
    facts = own.facts
    own.stop()
    assert not processes_in(own.home)
    own.start()
    assert own.facts == facts
    assert own.value(f'Index.lookup# 1 "{TOKEN}"') == 'Optional.Some "kept"'


def test_started_after_everything_was_killed_it_mends_itself(own):
    pids = processes_in(own.home)
    for pid in pids:
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            pass   # its parent took it along
    wait_until(lambda: not any(Process(pid).alive for pid in pids), 5, "the end of all processes")
    own.start()
    assert own.value(f'Index.lookup# 1 "{TOKEN}"') == 'Optional.Some "kept"'


def test_any_toml_is_understood(own):
    configuration = own.home / "roost.toml"
    kept = configuration.read_text()
    host = re.search(r'(?m)^host = "(.*)"$', kept)[1]
    settings = {"host": f"'{host}'   # \"ours\"", "request_timeout_ms": "60_000", "drain_timeout_ms": "5_000"}
    text = "".join(line for line in kept.splitlines(keepends=True) if line.split(" ")[0] not in settings)
    configuration.write_text(text + "".join(f"{key} = {value}\n" for key, value in settings.items()))
    try:
        own.start(forget_port=True)
        assert own.value("1") == "1" and own.base_url.endswith(host)
        assert "fastcgi_read_timeout 75s" in (own.home / "nginx/roost.conf").read_text()
        own.stop()
        assert not processes_in(own.home)
        own.port += 1
        own.start()
        assert own.value("1") == "1" and f"host = 'localhost:{own.port}'   #" in configuration.read_text()
    finally:
        own.port = int(host.rpartition(":")[2])
        configuration.write_text(kept)
        own.start()


def test_another_master_key_is_refused_with_its_reason(own):
    own.stop()
    key = own.home / "keys" / "master.key"
    kept = key.rename(key.with_name("kept.key"))
    try:
        with pytest.raises(RuntimeError, match="does not open the keys.*from a backup"):
            own.start()   # makes a new one
    finally:
        kept.replace(key)
    own.start()
    assert own.value("1") == "1"


def as_server(*command):
    return subprocess.run(["setpriv", "--reuid=roost", "--regid=roost", "--clear-groups", *map(str, command)],
                          capture_output=True, text=True, timeout=10)


def facts_of(file):
    facts = file.stat()
    return facts.st_uid, facts.st_gid, facts.st_mode, file.read_text()


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers have another user")


@pytest.fixture
def victim(tmp_path):
    file = tmp_path / "victim"
    file.write_text("of root")
    file.chmod(0o600)
    before = facts_of(file)
    yield file
    assert facts_of(file) == before


@as_root
def test_links_of_the_servers_user_lead_root_nowhere(own, victim):
    own.stop()
    names = ["run/up.lock", "run/readyz.json", "run/roostd.pid", "run/nginx.pid", "run/admin.sock", "log/roostd.log", "log/pg_ctl.log",
             "log/nginx-start.log", "log/sqitch.log", "log/check-config.log", "keys/root.key.new", "keys/root.fingerprint.new",
             "postgres/roost.conf", "postgres/pg_hba.conf", "postgres/pg_ident.conf"]
    assert as_server("rm", own.home / "keys/root.fingerprint").returncode == 0   # that node is made anew
    for name in names:
        done = as_server("ln", "-sfT", victim, own.home / name)
        assert done.returncode == 0, done.stderr
    own.start()
    assert own.value("1") == "1"


@as_root
def test_the_servers_user_cannot_replace_what_the_container_consists_of(own):
    for name in ["log", "keys", "tls", "bin", "nginx", "roost.toml", "roost.json", "tls/ca.key", "bin/roost", "nginx/roost.conf"]:
        assert as_server("mv", own.home / name, own.home / "run/moved").returncode != 0, name
        assert not os.stat(own.home / name).st_mode & 0o022, name
    assert as_server("cat", own.home / "tls/ca.key").returncode != 0


@as_root
def test_a_folder_of_an_older_version_is_taken_over_unless_there_are_links_in_it(own, victim):
    own.stop()
    log, data = own.home / "log", own.home.resolve()
    for folder in [data, data / "tls", data / "nginx"]:
        shutil.chown(folder, "roost", "roost")
    os.chown(log / "roostd.log", 0, 0)
    assert as_server("mv", log, own.home / "kept").returncode == 0
    assert as_server("ln", "-s", victim.parent, log).returncode == 0
    folder_before = victim.parent.stat()
    with pytest.raises(RuntimeError, match="log is a symbolic link"):
        own.start()
    assert victim.parent.stat().st_uid == folder_before.st_uid and victim.parent.stat().st_mode == folder_before.st_mode
    log.unlink()
    (own.home / "kept").rename(log)
    own.start()
    assert own.value("1") == "1"
    assert [os.stat(folder).st_uid for folder in [data, data / "tls", data / "nginx"]] == [0, 0, 0]


def test_two_containers_stand_side_by_side(own, container):
    assert own.base_url != container.base_url and own.playground != container.playground
    assert own.value("1") == container.value("1") == "1"
    path = container.playground.removeprefix(container.base_url)
    own.get(path).problem("unknown-node", 404)


def test_purged_nothing_is_left():
    container = Container(name="purged")
    try:
        container.start()
        name = next(line for line in (container.home / "roost.toml").read_text().splitlines() if line.startswith("status_map"))
        shared = pathlib.Path("/dev/shm", name.split('"')[1].lstrip("/"))
        code = shared.with_name(shared.name + "-code")
        assert shared.exists() and code.exists() and code.stat().st_mode & 0o777 == 0o600
        real = container.home.resolve()
        container.stop("--purge")
        assert not processes_in(container.home) and not processes_in(real)
        assert not shared.exists() and not code.exists() and not (container.home / "postgres").exists()
        assert not container.home.exists() or not any(container.home.iterdir())
    finally:
        container.remove()
