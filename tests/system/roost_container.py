# SPDX-License-Identifier: MIT
"""A real container for tests and the bench: nginx, roostd, PostgreSQL and workers, started by ops/up in a folder of its own
and removed by ops/down --purge. What a test may do to it are the verbs of Container; what it may know without asking are
the status map (StatusMap) and /proc (Process).

Requires: the programs are built (ops/up does it). Everything stays on loopback.
"""

import base64
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from roost_client import Answer, Client, UnixConnection
from roost_map import StatusMap

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 480     # the first start builds everything
STOP_TIMEOUT_S = 60
ALL_CAPABILITIES = ["spawn", "state", "clock", "random", "contact-all", "http"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, timeout_s, what):
    """Polls until `condition()` gives something true, and returns that."""
    deadline = time.monotonic() + timeout_s
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {timeout_s} s")
        time.sleep(0.02)


class Process:
    """What /proc says about one process. `alive` is false for a zombie."""

    def __init__(self, pid):
        self.pid = pid

    def stat(self):
        try:
            text = pathlib.Path(f"/proc/{self.pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return text.rpartition(")")[2].split()

    @property
    def alive(self):
        stat = self.stat()
        return stat is not None and stat[0] not in "ZX"

    @property
    def started(self):
        """Ticks since boot: with the pid it names a process for good."""
        stat = self.stat()
        return int(stat[19]) if stat else None

    def children(self):
        found = []
        for entry in os.scandir("/proc"):
            if entry.name.isdigit():
                stat = Process(int(entry.name)).stat()
                if stat and int(stat[1]) == self.pid and stat[0] not in "ZX":
                    found.append(int(entry.name))
        return found

    def private_bytes(self):
        """Memory that no other process shares: what the process costs."""
        total = 0
        for line in pathlib.Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith(("Private_Clean:", "Private_Dirty:")):
                total += int(line.split()[1]) * 1024
        return total


class Container:
    """One container in a temporary folder. Use as a context manager, or call start() and remove()."""

    def __init__(self, settings=None, name="test"):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"roost-{name}-", dir="/tmp"))
        # The servers run as a user of their own when root starts them; that user must be able to get here.
        self.folder.chmod(0o755)
        self.home = self.folder / "h"
        self.port = free_port()
        self.settings = dict(settings or {})
        self.facts = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *exception):
        self.remove()

    # ---- life

    def environment(self):
        environment = dict(os.environ, ROOST_HOME=str(self.home), ROOST_PORT=str(self.port))
        if self.settings:
            extra = self.folder / "extra.toml"
            extra.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in self.settings.items()))
            extra.chmod(0o644)
            environment["ROOST_EXTRA_CONFIG"] = str(extra)
        return environment

    def start(self, forget_port=False):
        """ops/up. Returns what it printed. `forget_port`: the port is for roost.toml to say."""
        environment = self.environment()
        if forget_port:
            del environment["ROOST_PORT"]
        done = subprocess.run([REPOSITORY / "ops/up"], env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=START_TIMEOUT_S)
        if done.returncode != 0:
            raise RuntimeError(f"ops/up ended with {done.returncode}:\n{done.stdout}\n{self.log()[-4000:]}")
        self.facts = json.loads((self.home / "roost.json").read_text())
        return done.stdout

    def stop(self, *options):
        subprocess.run([REPOSITORY / "ops/down", *options], env=self.environment(), stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, timeout=STOP_TIMEOUT_S, check=True)

    def remove(self):
        try:
            self.stop("--purge")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def kill_roostd(self):
        """SIGKILL: as a crash or the kernel's memory killer would. Returns the pids that belonged to it."""
        process = Process(self.roostd_pid())
        pids, next_ones = [], process.children()
        while next_ones:   # the zygote's waiting parent, the zygote, its workers
            pids += next_ones
            next_ones = [child for pid in next_ones for child in Process(pid).children()]
        os.kill(process.pid, signal.SIGKILL)
        wait_until(lambda: not process.alive, 5, "roostd's end")
        return pids

    def restart(self):
        """Starts what was killed."""
        self.start()

    def signal_roostd(self, number):
        os.kill(self.roostd_pid(), number)

    # ---- what is there

    def roostd_pid(self):
        return int((self.home / "run/roostd.pid").read_text())

    def zygote_pid(self):
        """The zygote is the one child of the process that waits for it, which is roostd's one child."""
        pid = self.roostd_pid()
        for _ in range(2):
            children = Process(pid).children()
            assert len(children) == 1, f"process {pid} has the children {children}, not one"
            pid = children[0]
        return pid

    def worker_pids(self):
        return Process(self.zygote_pid()).children()

    def log(self):
        """roostd's log so far."""
        for name in ("log/roostd.log", "roostd.log"):
            path = self.home / name
            if path.exists():
                return path.read_text(errors="replace")
        return ""

    def sql(self, query):
        """What psql prints for it, as the database's superuser."""
        environment = dict(os.environ, PGHOST=str(self.home / "run"), PGDATABASE="roost", PGUSER="postgres")
        done = subprocess.run(["psql", "-XAtqc", query], env=environment, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def map(self):
        return StatusMap(self.home / "roost.toml")

    @property
    def ca(self):
        return self.facts["ca"]

    @property
    def base_url(self):
        return self.facts["base_url"]

    @property
    def playground(self):
        return self.facts["playground"]

    def url(self, fingerprint):
        return f"{self.base_url}/{fingerprint}"

    # ---- talking to it

    def client(self, timeout_s=90):
        """One keep-alive connection."""
        return Client(self.base_url, self.ca, timeout_s)

    def post(self, url, program, headers=None):
        with self.client() as client:
            return client.post(url, program, headers)

    def get(self, path, headers=None):
        with self.client() as client:
            return client.request("GET", path, headers=headers)

    def value(self, program, url=None):
        """The text that a program is answered with. Fails with the problem otherwise."""
        answer = self.post(url or self.playground, program)
        assert answer.status == 200, f"{program!r} was answered with {answer.status}: {answer.text}"
        return answer.text.removesuffix("\n")

    def operate(self, method, path, body=None):
        """One request to the operator's socket."""
        connection = UnixConnection(self.facts["admin_socket"])
        try:
            data = None if body is None else json.dumps(body)
            connection.request(method, path, data, {"Content-Type": "application/json"} if data else {})
            return Answer.read(connection)
        finally:
            connection.close()

    def spawn_root(self, access="anyone", only=(), capabilities=tuple(ALL_CAPABILITIES), budget=None):
        """A node without a parent. Returns its URL."""
        order = {"access": access, "only": list(only), "capabilities": list(capabilities), "budget": budget or {}}
        answer = self.operate("POST", "/nodes", order)
        assert answer.status == 201, f"POST /nodes was answered with {answer.status}: {answer.text}"
        assert len(base64.urlsafe_b64decode(answer.json()["seed"] + "==")) == 32
        return answer.json()["url"]

    def spawn_many(self, count, parent=None):
        """Children of a root node of their own. Returns their URLs."""
        parent = parent or self.spawn_root()
        answer = self.post(parent, f"Remote.replicate {count} Remote.spawn", {"Accept": "application/json"})
        assert answer.status == 200, f"{count} spawns were answered with {answer.status}: {answer.text}"
        return answer.json()

    def destroy(self, url):
        return self.operate("DELETE", f"/nodes/{fingerprint_of(url)}")

    def node(self, url):
        """What GET /nodes/<fingerprint> says to the operator."""
        answer = self.operate("GET", f"/nodes/{fingerprint_of(url)}")
        assert answer.status == 200, answer.text
        return answer.json()

    def state(self, url):
        return self.node(url)["state"]

    def wait_for_state(self, url, state, timeout_s=10):
        wait_until(lambda: self.state(url) == state, timeout_s, f"{url} is {state}")


def fingerprint_of(url):
    return url.rpartition("/")[2]
