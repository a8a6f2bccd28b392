# SPDX-License-Identifier: MIT
"""Containers for the tests. Most share one with the settings that ops/up writes
(but a log that a test can parse, and leave to fetch from this machine); those that need tight limits share another."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from roost_container import Container  # noqa: E402

# Small enough to meet within a second, so that each limit has a test.
TIGHT = {
    "mailbox_max": 4,
    "requests_max": 12,
    "request_timeout_ms": 3000,
    "compute_timeout_ms": 500,
    "idle_timeout_ms": 600,
    "receive_timeout_ms": 1000,
    "worker_memory_bytes": 8388608,
}


@pytest.fixture(scope="session")
def container():
    with Container({"log_format": "json", "log_level": "debug", "http_private_addresses": True, "http_hosts": ["127.0.0.1"]}, name="shared") as one:
        yield one


@pytest.fixture(scope="session")
def tight():
    with Container(TIGHT, name="tight") as one:
        yield one


@pytest.fixture
def make_container():
    made = []

    def make(settings=None, name="own"):
        one = Container(settings, name)
        made.append(one)
        one.start()
        return one

    yield make
    for one in made:
        one.remove()
