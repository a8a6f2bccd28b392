# SPDX-License-Identifier: MIT
"""The figures that the bench measures, one function each. Each gives Figures: what was measured, the ceiling that it was
compared with in the same run, their ratio, and whether the goal is met."""

import concurrent.futures
import dataclasses
import os
import re
import signal
import subprocess
import urllib.parse

from rig import (CONNECTIONS, LANGUAGE, Database, Load, Process, Refused, empty_responder, evaluate_us, fingerprint_of,
                 fork_to_first_byte, interleaved, latency, lua_us, median, time, wait_until)

AWAKE_AT_ONCE = 2000
DIRECTORY_NODES = 100_000
SPAWNS = 1000
SPAWNS_AT_ONCE = 4000      # in one request, to fill the directory
PARKED = 10_000
PARKED_S = 6               # each of them waits
KIB = 1024
TOKEN = "D" * 85 + "A=="   # 64 bytes in base64url


@dataclasses.dataclass
class Figure:
    name: str
    measured: float
    unit: str
    ceiling: float | None      # None: the goal is absolute
    ceiling_name: str
    goal: float
    at_most: bool              # the ratio (or the measured value) may be at most the goal; otherwise at least
    note: str = ""

    @property
    def ratio(self):
        return self.measured / self.ceiling if self.ceiling else None

    @property
    def met(self):
        value = self.measured if self.ratio is None else self.ratio
        return value <= self.goal if self.at_most else value >= self.goal


def path_of(url):
    return urllib.parse.urlsplit(url).path


def messages(container, pace):
    one, many = container.spawn_root(), container.spawn_many(100)
    loads = {
        "one": Load(container.folder, "one", container.base_url, [(path_of(one), "1 + 1")]),
        "many": Load(container.folder, "many", container.base_url, [(path_of(url), "1 + 1") for url in many]),
    }
    with empty_responder(container) as base_url:
        loads["ceiling"] = Load(container.folder, "ceiling", base_url, [(path_of(one), "1 + 1")])
        rates = interleaved(pace, **loads)
    about = f"nginx → empty libfcgi responder, {CONNECTIONS} connections"
    return [Figure("messages to one awake node", rates["one"], "/s", rates["ceiling"], about, 0.5, False),
            Figure("messages spread over 100 nodes", rates["many"], "/s", rates["ceiling"], about, 0.5, False)]


def insertions(container, pace):
    paths = [path_of(url) for url in container.spawn_many(100)]
    keys = range(50)
    # The same programs in length and form; one inserts, the other only makes the same arguments.
    insert = [(path, f'Index.insert# {key} 1 "{TOKEN}"') for key in keys for path in paths]
    without = [(path, f'const Unit ({key}, 1, "{TOKEN}")') for key in keys for path in paths]
    rates = interleaved(pace, insert=Load(container.folder, "insert", container.base_url, insert),
                        without=Load(container.folder, "without", container.base_url, without))
    return [Figure("index insertions spread over 100 nodes", rates["insert"], "/s", rates["without"],
                   f"the same requests without it, {CONNECTIONS} connections", 0.5, False)]


def spawns(container, pace):
    database, rates, commits = Database(container), [], []
    for _ in range(pace.rounds):
        commits.append(database.single_row_commits_per_s(pace.seconds))
        parent = container.spawn_root()
        container.value("1", parent)   # awake: this is about spawning, not waking
        with container.client() as client:
            client.request("GET", "/-/healthz")   # the connection is set up
            started = time.monotonic()
            answer = client.post(parent, f"Remote.map Vector.size (Remote.replicate {SPAWNS} Remote.spawn)")
            rates.append(SPAWNS / (time.monotonic() - started))
        if answer.text != f"{SPAWNS}\n":
            raise Refused(f"{SPAWNS} spawns were answered with {answer.text}")
    return [Figure(f"nodes spawned by one program ({SPAWNS})", median(rates), "/s", median(commits),
                   "single-row commits on one connection", 4, False)]


def wakes(container, pace):
    asleep, awake, forks, slowest = [], [], [], []
    for _ in range(pace.rounds):
        urls = container.spawn_many(pace.wakes)
        first = latency(container, "1 + 1", urls)     # every node is asleep
        second = latency(container, "1 + 1", urls)    # every node is awake
        asleep.append(first["p50_us"])
        slowest.append(first["p99_us"])
        awake.append(second["p50_us"])
        forks.append(fork_to_first_byte()["p50_us"])
    note = f"p99 {median(slowest):.0f} µs; awake {median(awake):.0f} µs, bare fork {median(forks):.0f} µs"
    return [Figure("asleep → answer, p50", median(asleep), "µs", median(awake) + median(forks),
                   "the same message awake + a bare zygote fork to its first byte, one connection", 3, True, note)]


def memory(container, pace):
    urls = container.spawn_many(AWAKE_AT_ONCE)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        def wake(part):
            with container.client() as client:
                return sum(client.post(url, "1 + 1").text == "2\n" for url in part)
        answered = sum(pool.map(wake, [urls[i::8] for i in range(8)]))
    ours = {fingerprint_of(url) for url in urls}
    nodes = [node for node in container.map().nodes() if node.fingerprint in ours]
    alive = [node.pid for node in nodes if node.pid and Process(node.pid).alive]
    figures = [Figure("workers awake at once", min(len(alive), answered), "", None, "", AWAKE_AT_ONCE, False)]
    try:
        private = median([Process(pid).private_bytes() for pid in alive[::max(1, len(alive) // 50)]])
        figures.insert(0, Figure("private memory of an idle worker", private / KIB, "KiB", None, "", 300, True))
    except PermissionError:
        print("private memory: /proc/<pid>/smaps_rollup of a worker is readable for root only; not measured")
    return figures


def start(container, pace):
    parent = container.spawn_root()
    while (nodes := len(container.map().nodes())) < DIRECTORY_NODES:
        answer = container.post(parent, f"Remote.replicate! {min(SPAWNS_AT_ONCE, DIRECTORY_NODES - nodes)} Remote.spawn")
        if answer.status != 200:
            raise Refused(f"filling the directory: {answer.text}")
    roostd = Process(container.roostd_pid())
    command = open(f"/proc/{roostd.pid}/cmdline").read().split("\0")[:-1]
    owner = os.stat(f"/proc/{roostd.pid}")
    times = []
    for _ in range(min(pace.rounds, 3)):
        os.kill(roostd.pid, signal.SIGKILL)
        wait_until(lambda: not roostd.alive, 10, "roostd's end")
        started = time.monotonic()
        words = open(container.folder / "start.log", "w+")   # of a failed start; goes with the folder
        child = subprocess.Popen(command, user=owner.st_uid, group=owner.st_gid, extra_groups=[], stderr=words)
        try:
            wait_until(lambda: container.get("/-/readyz").status == 200 or child.poll() is not None, 60, "readiness")
            if child.poll() is not None:
                words.seek(0)
                raise Refused(f"roostd did not start (exit code {child.returncode}): {words.read()[-1000:]}")
            times.append(time.monotonic() - started)
        finally:
            child.terminate()
            child.wait(30)
        container.restart()
        roostd = Process(container.roostd_pid())
    return [Figure(f"start with {DIRECTORY_NODES:,} nodes to ready", median(times), "s", None, "", 3, True)]


def parked(container, pace):
    urls = container.spawn_many(100)
    body = container.folder / "parked"
    body.write_text(f"Remote.map (u -> 1) (Remote.sleep (Duration.seconds {PARKED_S}))")
    done = subprocess.run(["h2load", "-n", str(PARKED), "-c", "100", "-m", str(PARKED // 100), "-t", "2", "-d", str(body), *urls],
                          capture_output=True, text=True, timeout=120)
    counts = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", done.stdout)
    if not counts:
        raise Refused(f"h2load: {done.stdout[-500:]}{done.stderr[-500:]}")
    took = re.search(r"finished in ([\d.]+)s", done.stdout)
    threads = len(os.listdir(f"/proc/{container.roostd_pid()}/task"))
    note = f"each waited {PARKED_S} s, all were answered after {took[1] if took else '?'} s; roostd has {threads} threads"
    return [Figure(f"parked requests answered (of {PARKED:,})", int(counts[1]), "", None, "", PARKED, False, note)]


# In this order: what fills the directory comes last.
LUA = {   # program: (what it is, goal)
    "fibonacci": ("naive Fibonacci of 30", 2),
    "fold": ("a fold over a range of 1,000,000", 2),
    "texts": ("building and joining 100,000 texts", 2),
    "sort": ("sorting 100,000 numbers", 2),
    "binds": ("1,000,000 Remote binds", 4),
}


def language(container, pace):
    figures = []
    for program, (what, goal) in LUA.items():
        ours, lua = [], []
        for _ in range(pace.rounds):
            ours.append(evaluate_us(program, 3))
            lua.append(lua_us(program))
        about = "closure calls in Lua 5.4" if program == "binds" else "the same in Lua 5.4"
        figures.append(Figure(what, median(ours) / 1000, "ms", median(lua) / 1000, about, goal, True))
    figures.append(Figure("a program of 300 lines, read, checked and started", evaluate_us("long", 50) / 1000, "ms", None, "", 5, True))
    figures.append(Figure("the standard library, checked from nothing", evaluate_us("--library", 20) / 1000, "ms", None, "", 150, True))
    return figures + [closures(container, pace)]


def closures(container, pace):
    """100 times to another node and back, with a function that captured 1,000 numbers, and with the numbers alone."""
    times = {"closure": [], "numbers": []}
    for _ in range(pace.rounds):
        for what, taken in times.items():
            program = (LANGUAGE / f"{what}-there-and-back.u").read_text()
            taken.append(latency(container, program, [container.spawn_root() for _ in range(10)])["p50_us"])
    return Figure("a closure over 1,000 numbers, there and back", median(times["closure"]) / 200, "µs", median(times["numbers"]) / 200,
                  "the numbers alone; time of one hop", 1.5, True)


ALL = {"language": language, "messages": messages, "insertions": insertions, "spawns": spawns, "wakes": wakes, "parked": parked, "memory": memory, "start": start}
