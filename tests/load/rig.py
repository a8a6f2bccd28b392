# SPDX-License-Identifier: MIT
"""What the bench's figures are measured with: a container, wrk, the ceilings, and medians over rounds."""

import contextlib
import dataclasses
import json
import os
import pathlib
import pwd
import re
import statistics
import subprocess
import sys
import time
import tomllib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))

from roost_container import REPOSITORY, Container, Process, fingerprint_of, free_port, wait_until  # noqa: E402

LOAD = REPOSITORY / "tests/load"
BUILD = REPOSITORY / "build-bench"
LANGUAGE = REPOSITORY / "tests/load/language"
CONNECTIONS = 64
# As roostd has them by default: accept_threads and responder_threads together.
RESPONDER_THREADS = 6


class Refused(Exception):
    """A measurement that must not be used: something in it failed."""


def build():
    BUILD.mkdir(exist_ok=True)
    with open(BUILD / "build.log", "w") as log:
        for command in (["cmake", "-S", REPOSITORY, "-B", BUILD, "-G", "Ninja", "-DROOST_BENCH=ON"], ["ninja", "-C", BUILD, "load"]):
            if subprocess.run(command, stdout=log, stderr=log).returncode != 0:
                raise Refused(f"cannot build the load programs: see {BUILD / 'build.log'}")


def tool(name):
    return str(BUILD / "tests/load" / name)


@dataclasses.dataclass
class Pace:
    rounds: int
    seconds: int    # of each wrk run
    warm_s: int
    wakes: int      # nodes that are woken one by one


FULL = Pace(rounds=5, seconds=5, warm_s=1, wakes=500)
QUICK = Pace(rounds=1, seconds=2, warm_s=1, wakes=100)


def median(values):
    return statistics.median(values)


def run_json(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Refused(f"{command[0]} ended with {done.returncode}: {done.stderr[-500:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


class Load:
    """Requests in a file, and wrk runs of them."""

    def __init__(self, folder, name, base_url, requests):
        self.base_url = base_url
        self.file = folder / f"{name}.requests"
        self.file.write_text("".join(f"{path} {program}\n" for path, program in requests))

    def run(self, seconds, connections=CONNECTIONS):
        result = run_json(["wrk", "-t", "2" if connections > 1 else "1", "-c", str(connections), "-d", f"{seconds}s", "--timeout", "20s",
                           "-s", str(LOAD / "messages.lua"), self.base_url, "--", str(self.file)])
        if result["not_ok"] or result["broken"] or not result["requests"]:
            raise Refused(f"a load run had failures: {result}")
        return result


def interleaved(pace, **loads):
    """Every load once a round, so that the host's drift meets all alike. Medians of requests a second, by name."""
    rates = {name: [] for name in loads}
    for _ in range(pace.rounds):
        for name, load in loads.items():
            load.run(pace.warm_s)
            rates[name].append(load.run(pace.seconds)["per_s"])
    return {name: median(values) for name, values in rates.items()}


@contextlib.contextmanager
def empty_responder(container):
    """The ceiling for messages: the container's own nginx configuration, on another port, in front of a responder that does
    nothing. Gives its base URL."""
    folder = container.folder / "ceiling"
    folder.mkdir()
    for name in ("log", "run", "temp"):
        (folder / name).mkdir()
    port, home = free_port(), container.home.resolve()
    source = home / "nginx"
    subprocess.run(["cp", "-r", source, folder / "nginx"], check=True)
    configuration = folder / "nginx/roost.conf"
    text = configuration.read_text()
    text = text.replace(f"{home}/run", f"{folder}/run").replace(f"{home}/log", f"{folder}/log").replace(f"{home}/temp", f"{folder}/temp")
    text = re.sub(rf"(listen\s+\S*?)\b{container.port}\b", rf"\g<1>{port}", text)
    configuration.write_text(text)
    responder = subprocess.Popen([tool("load-responder"), str(folder / "run/front.sock"), str(RESPONDER_THREADS)])
    wait_until(lambda: (folder / "run/front.sock").exists(), 5, "the empty responder")
    for n in (2, 3, 4):   # where nginx looks for roostd's; wrk's 64 connections fit into one queue
        (folder / f"run/front.sock.{n}").symlink_to("front.sock")
    subprocess.run(["chmod", "-R", "a+rwX", folder], check=True)
    nginx = subprocess.Popen(["nginx", "-p", str(folder), "-c", str(configuration), "-g", "daemon off;"], stderr=subprocess.DEVNULL)
    try:
        base_url = f"https://127.0.0.1:{port}"
        wait_until(lambda: subprocess.run(["curl", "-ks", "-o", "/dev/null", base_url]).returncode == 0, 10, "the ceiling's nginx")
        yield base_url
    finally:
        for process in (nginx, responder):
            process.terminate()
            process.wait(10)


def fork_to_first_byte():
    return run_json([tool("load-fork"), "2000"])


def evaluate_us(what, count):
    """Median time of a program of tests/load/language on a fresh node of a warm process, from its text to its answer."""
    path = what if what.startswith("--") else str(LANGUAGE / f"{what}.u")
    return run_json([tool("load-evaluate"), str(count), path])["p50_us"]


def lua_us(name):
    """CPU time of the same in Lua, without reading the file."""
    source = f"local f = assert(loadfile('{LANGUAGE / name}.lua')); local t = os.clock(); f(); print((os.clock() - t) * 1e6)"
    return float(subprocess.run(["lua5.4", "-e", source], capture_output=True, text=True, check=True).stdout)


def latency(container, program, urls):
    file = container.folder / "latency.urls"
    file.write_text("\n".join(urls) + "\n")
    result = run_json([tool("load-latency"), container.ca, program, str(file)])
    if result["not_ok"]:
        raise Refused(f"{result['not_ok']} requests of a latency run failed")
    return result


class Database:
    """The container's own PostgreSQL, asked as the user who owns it."""

    def __init__(self, container):
        self.container = container
        settings = tomllib.loads((container.home / "roost.toml").read_text())
        self.connection = dict(part.split("=", 1) for part in re.findall(r"\w+=[^\s']+|\w+='[^']*'", settings["database"]))
        self.user = pwd.getpwuid((container.home / "run").stat().st_uid).pw_name

    def command(self, *command):
        """As that user, against that server."""
        place = ["-h", self.connection["host"].strip("'")]
        if "port" in self.connection:
            place += ["-p", self.connection["port"]]
        su = ["runuser", "-u", self.user, "--"] if os.geteuid() == 0 and self.user != "root" else []
        return [*su, command[0], *place, *command[1:]]

    def single_row_commits_per_s(self, seconds):
        """One connection, one row a transaction, prepared: what a spawn would cost if each were committed by itself."""
        database = "bench_ceiling"
        run = lambda *command: subprocess.run(self.command(*command), check=True, capture_output=True, text=True)  # noqa: E731
        if not getattr(self, "ready", False):
            run("createdb", "-U", self.superuser(), database)
            run("psql", "-U", self.superuser(), "-qd", database, "-c", "create table one_row (k bigint primary key, v bytea)",
                "-c", "create sequence k")
            self.ready = True
        script = self.container.folder / "one_row.sql"
        script.write_text("insert into one_row values (nextval('k'), '\\x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff');\n")
        script.chmod(0o644)
        done = run("pgbench", "-U", self.superuser(), "-n", "-M", "prepared", "-c", "1", "-j", "1", "-T", str(seconds), "-f", str(script), database)
        return float(re.search(r"tps = ([\d.]+)", done.stdout)[1])

    def superuser(self):
        for name in ("postgres", self.user, "roost_owner"):
            done = subprocess.run(self.command("psql", "-U", name, "-Atqd", "postgres", "-c",
                                               "select rolsuper or rolcreatedb from pg_roles where rolname = current_user"),
                                  capture_output=True, text=True)
            if done.stdout.strip() == "t":
                return name
        raise Refused("no role of the container's cluster may make a database for the ceiling")


def machine():
    """The facts that a figure without a machine is nothing without."""
    cpu = next((line.partition(":")[2].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), "unknown processor")
    memory = int(re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())[1]) // 1024 // 1024
    system = next((line.partition("=")[2].strip('"') for line in pathlib.Path("/etc/os-release").read_text().splitlines()
                   if line.startswith("PRETTY_NAME")), "")
    return f"{os.cpu_count()} × {cpu}, {memory + 1} GiB, {system}, Linux {os.uname().release}"


__all__ = ["CONNECTIONS", "Container", "Database", "FULL", "Load", "Process", "QUICK", "Refused", "build", "empty_responder",
           "fingerprint_of", "fork_to_first_byte", "interleaved", "latency", "machine", "median", "time", "wait_until"]
