# SPDX-License-Identifier: MIT
"""roostd is killed with SIGKILL under load and started again: no worker outlives it, every node is there and asleep, and
every index entry whose insertion was answered is there."""

import threading
import time

import pytest

from roost_container import Container, Process, wait_until

NODES, WRITERS = 20, 16
TOKEN = "B" * 85 + "A=="
LOAD_S = 2.5


class Writer(threading.Thread):
    """Inserts one entry after the other and remembers those that were answered."""

    def __init__(self, container, url, number, ended):
        super().__init__(daemon=True)
        self.container, self.url, self.number, self.ended = container, url, number, ended
        self.answered = 0

    def run(self):
        with self.container.client(10) as client:
            while not self.ended.is_set():
                key = self.number * 1_000_000 + self.answered
                try:
                    answer = client.post(self.url, f'Index.insert# {key} {self.answered} "{TOKEN}"')
                except OSError:
                    return
                if answer.status != 200:
                    return
                self.answered += 1


@pytest.fixture(scope="module")
def crashed():
    """A container after its crash and restart, with the writers and what was there before."""
    with Container({"request_timeout_ms": 8000}, name="crash") as container:
        urls = container.spawn_many(NODES)
        before = {node.key for node in container.map().nodes()}
        ended = threading.Event()
        writers = [Writer(container, urls[i % NODES], i, ended) for i in range(WRITERS)]
        for writer in writers:
            writer.start()
        time.sleep(LOAD_S)
        pids = container.kill_roostd()
        killed = time.monotonic()
        wait_until(lambda: not any(Process(pid).alive for pid in pids), 1, "the end of all workers")
        gone_after = time.monotonic() - killed
        ended.set()
        for writer in writers:
            writer.join(15)
        container.restart()
        yield container, writers, before, pids, gone_after


def test_no_worker_outlives_roostd_by_a_second(crashed):
    _, _, _, pids, gone_after = crashed
    assert len(pids) > WRITERS / 2 and gone_after <= 1


def test_all_nodes_are_there_and_asleep(crashed):
    container, _, before, _, _ = crashed
    nodes = container.map().nodes()
    assert {node.key for node in nodes} == before
    assert {node.state for node in nodes} == {"asleep"}


def test_every_answered_insertion_is_there(crashed):
    container, writers, _, _, _ = crashed
    answered = sum(writer.answered for writer in writers)
    assert answered > 200, "the load was too small to say anything"
    for url in {writer.url for writer in writers}:
        keys = container.post(url, f'Index.keys# "{TOKEN}"', {"Accept": "application/json"}).json()
        present = set(keys)
        for writer in writers:
            if writer.url == url:
                first = writer.number * 1_000_000
                missing = [key for key in range(first, first + writer.answered) if key not in present]
                assert not missing, f"{len(missing)} of {writer.answered} answered insertions are lost"
                # At most the one that was under way may be there besides.
                extra = [key for key in present if first + writer.answered <= key < first + 1_000_000]
                assert len(extra) <= 1


def test_the_container_goes_on(crashed):
    container = crashed[0]
    assert container.value("1 + 1") == "2"
    assert len(container.spawn_many(3)) == 3
