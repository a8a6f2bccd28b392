# SPDX-License-Identifier: MIT
"""Sleep, wake, drain, reload: the life of a node as one sees it from outside."""

import concurrent.futures
import os
import signal
import time

import pytest

from roost_container import Process, fingerprint_of, wait_until

SLOW = "Remote.map (u -> 1) (Remote.sleep (Duration.seconds 1))"


def test_a_node_without_messages_has_no_process(container):
    url = container.spawn_root()
    described = container.node(url)
    assert described["state"] == "asleep" and not described.get("pid")


def test_an_idle_node_falls_asleep_and_its_process_ends(tight):
    url = tight.spawn_root()
    tight.value("1", url)
    pid = next(node.pid for node in tight.map().nodes() if node.fingerprint == fingerprint_of(url))
    assert Process(pid).alive
    tight.wait_for_state(url, "asleep", 5)
    assert not Process(pid).alive


def test_a_message_wakes_a_sleeping_node_which_still_has_its_state(tight):
    url = tight.spawn_root()
    token = "A" * 85 + "A=="
    tight.value(f'Index.insert# "k" 7 "{token}"', url)
    tight.wait_for_state(url, "asleep", 5)
    assert tight.value(f'Index.lookup# "k" "{token}"', url) == "Optional.Some 7"


def test_a_busy_node_does_not_fall_asleep(tight):
    url = tight.spawn_root()
    answer = tight.post(url, "Remote.map (u -> 5) (Remote.sleep (Duration.seconds 2))")   # idle_timeout_ms is 600
    assert answer.text == "5\n"


def test_messages_that_race_with_falling_asleep_are_all_answered(tight):
    url = tight.spawn_root()
    for pause in (0.55, 0.58, 0.59, 0.6, 0.6, 0.61, 0.62, 0.65):
        assert tight.value("1 + 1", url) == "2"
        time.sleep(pause)


def test_two_racing_messages_wake_a_node_once(container):
    url = container.spawn_root()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert {answer.text for answer in pool.map(lambda _: container.post(url, "3"), range(8))} == {"3\n"}
    wakes = [line for line in container.log().splitlines() if '"wake"' in line and fingerprint_of(url)[:12] in line]
    assert len(wakes) == 1


def test_a_worker_that_is_killed_fails_its_callers_and_wakes_again(container):
    url = container.spawn_root()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(container.post, url, SLOW) for _ in range(3)]
        container.wait_for_state(url, "active")
        time.sleep(0.3)
        pid = next(node.pid for node in container.map().nodes() if node.fingerprint == fingerprint_of(url))
        os.kill(pid, signal.SIGKILL)
        for answer in waiting:
            told = answer.result().problem("worker-died", 503)
            assert told["retryable"] and told["node"] == fingerprint_of(url)
            lines = [line for line in container.log().splitlines() if told["instance"].rpartition("/")[2] in line]
            assert len(lines) == 1 and "request-failed" in lines[0] and "worker-died" in lines[0], lines
    assert container.value("1", url) == "1"


class TestWholeContainer:
    """These stop or reload the container that they run in."""

    @pytest.fixture(scope="class")
    def own(self):
        from roost_container import Container
        with Container({"drain_timeout_ms": 4000}, name="life") as one:
            yield one

    def test_sighup_takes_new_settings(self, own):
        configuration = own.home / "roost.toml"
        configuration.write_text("mailbox_max = 2\n" + configuration.read_text())
        own.signal_roostd(signal.SIGHUP)
        url = own.spawn_root()

        def refused():
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                return 429 in [answer.status for answer in pool.map(lambda _: own.post(url, SLOW), range(4))]
        wait_until(refused, 10, "the new mailbox_max")

    def test_sighup_names_the_settings_that_wait_for_a_start(self, own):
        configuration = own.home / "roost.toml"
        good = configuration.read_text()
        configuration.write_text("reader_threads = 3\n" + good)
        own.signal_roostd(signal.SIGHUP)
        wait_until(lambda: "only from the next start on: reader_threads" in own.log(), 5, "the setting in the log")
        configuration.write_text(good)

    def test_sighup_with_a_mistake_keeps_the_old_settings(self, own):
        configuration = own.home / "roost.toml"
        good = configuration.read_text()
        configuration.write_text("mailbox_maximum = 2\n" + good)
        own.signal_roostd(signal.SIGHUP)
        wait_until(lambda: "mailbox_maximum" in own.log(), 5, "the refusal in the log")
        configuration.write_text(good)
        assert own.value("1") == "1"

    def test_sigterm_lets_what_runs_end_and_refuses_what_comes(self, own):
        pid = own.roostd_pid()
        nodes = [own.spawn_root() for _ in range(3)]
        for url in nodes:
            own.value("1", url)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            running = pool.submit(own.post, nodes[0], "Remote.map (u -> 5) (Remote.sleep (Duration.seconds 2))")
            time.sleep(0.5)
            own.signal_roostd(signal.SIGTERM)
            time.sleep(0.3)
            refused = own.post(nodes[1], "1")
            assert refused.status in (502, 503), refused.text
            assert running.result().text == "5\n"
        wait_until(lambda: not Process(pid).alive, 6, "roostd's end")

    def test_started_again_every_node_is_there_and_asleep(self, own):
        own.restart()
        counts = own.map().counts()
        assert counts["asleep"] >= 5 and sum(counts.values()) == counts["asleep"]
        assert own.value("1 + 1") == "2"
