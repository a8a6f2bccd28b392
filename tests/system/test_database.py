# SPDX-License-Identifier: MIT
"""What roostd does when its database changes hands or does not answer."""

import contextlib
import os
import signal
import threading

import pytest

from roost_container import Container, Process, wait_until

TOKEN = "A" * 85 + "A=="


@pytest.fixture(scope="module")
def own():
    """A container whose roostd the tests may end."""
    with Container(name="database") as one:
        yield one


def test_a_roostd_whose_database_another_one_used_ends_and_says_why(own):
    process = Process(own.roostd_pid())
    own.sql("UPDATE roost.journal SET writer = gen_random_uuid()")   # as another roostd does at its start
    wait_until(lambda: not process.alive, 10, "roostd's end")
    assert "another roostd has used the database" in own.log()
    own.restart()
    assert own.value("1 + 1") == "2"


@contextlib.contextmanager
def silent_database(container):
    """The server of the journal's session is stopped: it neither answers nor lets go."""
    pid = int(container.sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'roostd journal'"))
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_container_whose_database_does_not_answer_is_not_ready(own):
    with silent_database(own):
        wait_until(lambda: own.get("/-/readyz").status == 503, 10, "not ready")
        assert own.get("/-/readyz").json()["database"] is False
    wait_until(lambda: own.get("/-/readyz").status == 200, 10, "ready again")


def test_an_idle_roostd_ends_although_its_database_does_not_answer(own):
    process = Process(own.roostd_pid())
    with silent_database(own):
        wait_until(lambda: own.get("/-/readyz").status == 503, 10, "not ready")
        own.signal_roostd(signal.SIGTERM)
        wait_until(lambda: not process.alive, 10, "roostd's end")
    own.restart()
    assert own.value("1 + 1") == "2"


def test_the_second_signal_ends_a_roostd_whose_commit_is_in_doubt(own):
    url = own.spawn_root()
    process, said = Process(own.roostd_pid()), len(own.log())
    with silent_database(own):
        write = threading.Thread(target=own.post, args=(url, f'Index.insert# 1 1 "{TOKEN}"'))   # nginx answers it with 502
        write.start()
        wait_until(lambda: own.get("/-/readyz").status == 503, 10, "not ready")
        own.signal_roostd(signal.SIGTERM)
        wait_until(lambda: "no new work" in own.log()[said:], 5, "draining")
        assert process.alive
        own.signal_roostd(signal.SIGTERM)
        wait_until(lambda: not process.alive, 10, "roostd's end")
        write.join()
    assert "whether writes under way count is not known" in own.log()[said:]
    assert "stopped drained" not in own.log()[said:]
    own.restart()
    assert own.value("1 + 1", url) == "2"
