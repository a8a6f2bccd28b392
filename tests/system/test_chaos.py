# SPDX-License-Identifier: MIT
"""While 64 clients send messages to 500 nodes, workers are killed at random: every request gets an answer, a failed one
says that the worker died and that the request may be repeated, and there are never two processes of one node.

ROOST_CHAOS_SECONDS (60) is how long, ROOST_CHAOS_SEED which nodes and victims; a failure prints the seed.
"""

import collections
import os
import pathlib
import random
import subprocess
import sys
import threading
import time

from roost_container import Process, wait_until

SECONDS = int(os.environ.get("ROOST_CHAOS_SECONDS", "60"))
SEED = int(os.environ.get("ROOST_CHAOS_SEED") or random.randrange(1 << 32))
CLIENTS, NODES = 64, 500
KILLS_PER_S = 20
# The map is written before a launch is, and read after the process table: for so long a process may be in one alone.
UNKNOWN_FOR_S = 2


class Watch(threading.Thread):
    """Looks at the status map and at /proc as often as it can. A process that the map once showed for a node must be gone before
    the map shows another; and no process may live on that belongs to no node."""

    def __init__(self, container):
        super().__init__(daemon=True)
        self.container, self.map = container, container.map()
        self.zygote = container.zygote_pid()
        self.ended = threading.Event()
        self.process_of = {}      # key: (pid, start time)
        self.node_of = {}         # (pid, start time): key
        self.unknown = {}         # (pid, start time): since when
        self.violations, self.looks = [], 0

    def run(self):
        while not self.ended.is_set():
            self.look_at_map()
            if self.looks % 20 == 0:
                self.look_at_processes()
            self.looks += 1
            time.sleep(0.01)

    def look_at_map(self):
        for node in self.map.nodes():
            if not node.pid:
                continue
            started = Process(node.pid).started
            if started is None:
                continue   # ended between the two looks
            new, old = (node.pid, started), self.process_of.get(node.key)
            if old and old != new and Process(old[0]).started == old[1] and Process(old[0]).alive:
                self.violations.append(f"{node.fingerprint} has {new} while {old} still lives")
            other = self.node_of.setdefault(new, node.key)
            if other != node.key:
                self.violations.append(f"process {new} belongs to two nodes")
            self.process_of[node.key] = new

    def look_at_processes(self):
        now, living = time.monotonic(), set()
        for pid in Process(self.zygote).children():
            started = Process(pid).started
            if started is None:
                continue
            living.add((pid, started))
            if (pid, started) not in self.node_of:
                since = self.unknown.setdefault((pid, started), now)
                if now - since > UNKNOWN_FOR_S:
                    self.violations.append(f"process {pid} lives and belongs to no node")
        self.unknown = {process: since for process, since in self.unknown.items() if process in living}


class ChaosClient(threading.Thread):
    def __init__(self, container, urls, seed, ended):
        super().__init__(daemon=True)
        self.container, self.urls, self.ended = container, urls, ended
        self.random = random.Random(seed)
        self.counts, self.wrong = collections.Counter(), []

    def run(self):
        with self.container.client() as client:
            while not self.ended.is_set():
                n = self.random.randrange(1000)
                # Some are at once done, some are likely to be met by a kill while they run.
                pause = self.random.choice((0, 0, 0, 0.05))
                program = f"{n} + 1" if not pause else f"Remote.map (u -> {n} + 1) (Remote.sleep (Duration.seconds {pause}))"
                try:
                    self.judge(client.post(self.random.choice(self.urls), program), f"{n + 1}\n")
                except Exception as error:   # no answer at all: what this test looks for
                    self.wrong.append(f"no answer: {error!r}")
                    return

    def judge(self, answer, expected):
        self.counts[answer.status] += 1
        if answer.status == 200:
            if answer.text != expected:
                self.wrong.append(f"{answer.text!r} instead of {expected!r}")
            return
        try:
            told = answer.problem("worker-died", 503)
            assert told["retryable"] is True
        except AssertionError as error:
            self.wrong.append(f"{answer.status}: {error}")


def kill_at_random(container, seed, seconds):
    done = subprocess.run([sys.executable, pathlib.Path(__file__).with_name("kill_workers.py"), str(container.zygote_pid()), str(seed),
                           str(seconds), str(KILLS_PER_S)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_killed_workers_lose_no_request_and_no_node(make_container):
    print(f"ROOST_CHAOS_SEED={SEED}")
    container = make_container({"idle_timeout_ms": 1500}, "chaos")
    urls = container.spawn_many(NODES)
    ended = threading.Event()
    watch = Watch(container)
    clients = [ChaosClient(container, urls, SEED + i, ended) for i in range(CLIENTS)]
    for thread in [watch, *clients]:
        thread.start()
    kills = kill_at_random(container, SEED, SECONDS)
    ended.set()
    for client in clients:
        client.join(40)
        assert not client.is_alive(), "a request was never answered"
    watch.ended.set()
    watch.join()

    counts = sum((client.counts for client in clients), collections.Counter())
    print(f"{kills} kills, answers {dict(counts)}, {watch.looks} looks at the map, {len(watch.node_of)} processes seen")
    wrong = [text for client in clients for text in client.wrong]
    assert not wrong, f"{len(wrong)} wrong, seed {SEED}: {wrong[:5]}"
    assert not watch.violations, f"seed {SEED}: {watch.violations[:5]}"
    assert counts[200] > 1000 and counts[503] > 0 and kills > SECONDS * KILLS_PER_S / 4, "the test did not do what it says"

    with container.client() as client:
        for url in urls:
            assert client.post(url, "1 + 1").text == "2\n"
    wait_until(lambda: container.map().counts()["asleep"] >= NODES, 20, "all nodes are asleep again")
