# SPDX-License-Identifier: MIT
"""roostd with each hostile worker of tests/worker/hostile: the forbidden act is stopped, its caller is told what happened, and
the container goes on."""

import concurrent.futures
import os
import pathlib
import re
import shutil
import signal
import time

import pytest

from roost_container import REPOSITORY, Container, Process, wait_until

UNRESPONSIVE_S = 2

DIED, UNRESPONSIVE, MEMORY = ("worker-died", 503), ("worker-unresponsive", 503), ("memory-limit", 422)
FORBIDDEN = r"forbidden system call"
ACTS = {   # program: what its caller is told, and what the detail says
    "open-file": (DIED, FORBIDDEN),
    "connect": (DIED, FORBIDDEN),
    "fork": (DIED, FORBIDDEN),
    "exec": (DIED, FORBIDDEN),
    "ptrace": (DIED, FORBIDDEN),
    "kill-sibling": (DIED, FORBIDDEN),
    "read-memory": (DIED, FORBIDDEN),
    "map-executable": (DIED, FORBIDDEN),
    "make-executable": (DIED, FORBIDDEN),
    "unmap-code-store": (DIED, FORBIDDEN),
    "map-over-code-store": (DIED, FORBIDDEN),
    "shrink-code-store": (DIED, FORBIDDEN),
    "move-over-code-store": (DIED, FORBIDDEN),
    "x32-call": (DIED, FORBIDDEN),
    "old-interface": (DIED, FORBIDDEN),
    "close-stdout": (DIED, FORBIDDEN),
    "allocate": (MEMORY, r"worker_memory_bytes"),
    "allocate-shared": (MEMORY, r"worker_memory_bytes"),
    "garbage": (DIED, r"malformed frame"),
    "oversize-frame": (DIED, r"frame"),
    "endless-frame": (UNRESPONSIVE, r"unresponsive_timeout_ms"),
    "loop": (UNRESPONSIVE, r"unresponsive_timeout_ms"),
    "flood": (UNRESPONSIVE, r"unresponsive_timeout_ms"),
    "exit-at-once": (DIED, r"status 3"),
    "crash": (DIED, r"SIGSEGV"),
    "false-answer": (DIED, r"request"),
    "false-definition": (DIED, r"not to its name"),
    "garbage-definition": (DIED, r"definition cannot be read"),
    "write-code-store": (DIED, r"SIGSEGV"),
}


def folder_of_hostile_workers():
    given = os.environ.get("ROOST_HOSTILE_DIR")
    if given:
        return pathlib.Path(given)
    found = sorted(REPOSITORY.glob("build*/hostile"), key=lambda folder: folder.stat().st_mtime)
    assert found, "no hostile workers: build the target `hostile` (ROOST_TESTS=ON), or set ROOST_HOSTILE_DIR"
    return found[-1]


class HostileContainer:
    """One container whose worker is exchanged between the tests; its database and its nginx go on."""

    def __init__(self, container):
        self.container = container
        container.start()
        self.nodes = [container.spawn_root() for _ in range(3)]

    def take(self, name):
        worker = self.container.home / "bin" / f"hostile-{name}"
        worker.unlink(missing_ok=True)   # it may run
        shutil.copy(folder_of_hostile_workers() / worker.name, worker)
        worker.chmod(0o755)
        configuration = self.container.home / "roost.toml"
        configuration.write_text(re.sub(r"(?m)^worker *=.*$", f'worker = "{worker}"', configuration.read_text()))
        roostd = Process(self.container.roostd_pid())
        os.kill(roostd.pid, signal.SIGKILL)
        wait_until(lambda: not roostd.alive, 5, "roostd's end")
        self.container.restart()


@pytest.fixture(scope="module")
def hostile():
    container = Container({"unresponsive_timeout_ms": UNRESPONSIVE_S * 1000, "compute_timeout_ms": UNRESPONSIVE_S * 500, "request_timeout_ms": 12000}, name="hostile")
    try:
        yield HostileContainer(container)
    finally:
        container.remove()


# The identity's hash, and its bytes in the form of worker/lang/definition_codec.h.
IDENTITY_HASH = ("f36ad45d0be13d7ddfad0ee04bd53c4fcbbcbc39659206fd30e7313471eb78e7"
                 "9257596872dea5f2e8bdde761065048ad2152c34cbf954f73b8efc623f8560da")
IDENTITY = "010008000178000001"


def definitions(container):
    return container.get("/-/readyz").json()["code_definitions"]


def test_a_definition_outlives_the_container(hostile):
    hostile.take("define")
    container, before = hostile.container, definitions(hostile.container)
    assert container.post(hostile.nodes[0], IDENTITY_HASH + IDENTITY).status == 200
    wait_until(lambda: definitions(container) == before + 1, 5, "the definition")   # nobody waits for what a client is not told
    assert container.post(hostile.nodes[1], IDENTITY_HASH + IDENTITY).status == 200
    container.kill_roostd()
    container.restart()
    assert definitions(container) == before + 1


def test_a_definition_under_a_false_hash_ends_its_process_and_is_not_kept(hostile):
    hostile.take("define")
    container, before = hostile.container, definitions(hostile.container)
    false_hash = "0" * 8 + IDENTITY_HASH[8:]
    for program in (false_hash + IDENTITY, false_hash + "00" * 100):
        assert "definition" in container.post(hostile.nodes[0], program).problem("worker-died", 503)["detail"]
        assert container.post(hostile.nodes[1], "hello").text == "hello\n"
    assert definitions(container) == before


def test_a_worker_that_obeys_is_served(hostile):
    """The others are compared with this one: what stops them is what they do."""
    hostile.take("obedient")
    answers = [hostile.container.post(url, "hello") for url in hostile.nodes]
    assert [answer.text for answer in answers] == ["hello\n"] * len(hostile.nodes)


def test_answers_that_are_not_read_take_little_of_roostds_memory(hostile):
    hostile.take("deaf")
    container = hostile.container
    detail = container.post(hostile.nodes[0], "act").problem("worker-died", 503)["detail"]
    assert "status 3" in detail, "it was to live until it gave up"
    status = pathlib.Path(f"/proc/{container.roostd_pid()}/status").read_text()
    assert int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) < 400 << 10


@pytest.mark.parametrize("name", ACTS)
def test_a_forbidden_act_is_stopped_and_the_container_goes_on(hostile, name):
    (kind, status), detail = ACTS[name]
    hostile.take(name)
    container, roostd = hostile.container, hostile.container.roostd_pid()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = [pool.submit(container.post, url, "act") for url in hostile.nodes]
        started = time.monotonic()   # meanwhile nobody else is delayed
        assert container.get("/-/healthz").status == 200 and container.get(hostile.nodes[0]).status == 200
        assert time.monotonic() - started < 1
        answers = [future.result() for future in waiting]
    for answer in answers:
        assert re.search(detail, answer.problem(kind, status)["detail"], re.IGNORECASE), answer.text
    wait_until(lambda: container.map().counts()["asleep"] == sum(container.map().counts().values()), 5, "all nodes asleep")
    # The same again: the node wakes, and the one who did it is told again.
    container.post(hostile.nodes[0], "act").problem(kind, status)
    assert container.roostd_pid() == roostd and Process(roostd).alive
