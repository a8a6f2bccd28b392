# SPDX-License-Identifier: MIT
"""docs/language.md: every block that is marked `roost` is a text, with its value behind `⇒`, or its type behind `∷`."""

import re

import pytest

from roost_container import REPOSITORY
from test_cli import run_program

PAGE = (REPOSITORY / "docs/language.md").read_text()
BLOCKS = re.findall(r"^```roost\n(.*?)^(⇒|∷) (.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_every_block_says_what_comes_of_it():
    assert len(BLOCKS) == PAGE.count("```roost\n") > 20


@pytest.mark.parametrize("text,mark,expected", BLOCKS)
def test_an_example_does_what_it_says(text, mark, expected):
    done = run_program("run" if mark == "⇒" else "check", stdin=text)
    assert (done.stdout, done.stderr, done.returncode) == (expected, "", 0)


def test_the_messages_are_what_is_printed():
    for shown in re.findall(r"^    \$ roost (check|run) -e '(.*?)'\n((?:    .*\n)*)", PAGE, re.MULTILINE):
        command, text, printed = shown
        done = run_program(command, "-e", text)
        assert done.stdout + done.stderr == re.sub(r"^    ", "", printed, flags=re.MULTILINE)
