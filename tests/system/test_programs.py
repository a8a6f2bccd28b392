# SPDX-License-Identifier: MIT
"""Programs as long as real ones (tests/programs), in a container and in a terminal. Each ends with the value that it gives."""

import pytest

from roost_container import REPOSITORY
from test_cli import run_program

PROGRAMS = sorted(set((REPOSITORY / "tests/programs").glob("*.u")) - {REPOSITORY / "tests/programs/crawler.u"})   # test_crawler.py


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
