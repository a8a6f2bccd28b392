# SPDX-License-Identifier: MIT
"""Programs as long as real ones (tests/programs), in a container and in a terminal. Each ends with the value that it gives."""

import pytest

from roost_container import REPOSITORY
from test_cli import run_program

FOLDER = REPOSITORY / "tests/programs"
HEAVY = FOLDER / "heavy.u"   # needs more memory than a node has by default
PROGRAMS = sorted(set(FOLDER.glob("*.u")) - {HEAVY, FOLDER / "crawler.u"})   # test_crawler.py has that one


def expected_of(program):
    last = program.read_text().splitlines()[-1]
    assert last.startswith("-- ⇒ "), f"{program} does not say what it gives"
    return last.removeprefix("-- ⇒ ") + "\n"


def test_there_are_enough():
    assert len(PROGRAMS) >= 8


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_a_program_gives_its_value_in_a_container(container, program):
    answer = container.post(container.spawn_root(), program.read_text())
    assert (answer.text, answer.status) == (expected_of(program), 200)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_a_program_gives_its_value_in_a_terminal(program):
    done = run_program("run", str(program))
    assert (done.stdout, done.returncode) == (expected_of(program), 0), done.stderr


def test_ten_megabytes_travel_and_come_back(make_container):
    container = make_container({"worker_memory_bytes": 1 << 28})
    answer = container.post(container.spawn_root(), HEAVY.read_text())
    assert (answer.text, answer.status) == (expected_of(HEAVY), 200)


def test_ten_megabytes_travel_in_a_terminal():
    done = run_program("run", str(HEAVY))
    assert (done.stdout, done.returncode) == (expected_of(HEAVY), 0), done.stderr
