# SPDX-License-Identifier: MIT
"""What roostd does when its database changes hands or does not answer."""

import pytest

from roost_container import Container, Process, wait_until


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
