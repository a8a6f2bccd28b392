# SPDX-License-Identifier: MIT
"""The examples of tests/language through the whole container: what `eval` lines are rendered as, and what `run` lines print.

`run` lines are sent all at once: they sleep for seconds, and real time is the only time here.
"""

import concurrent.futures
import json
import pathlib
import re
import time

import pytest

LANGUAGE = pathlib.Path(__file__).resolve().parents[1] / "language"
AFTER_THE_ANSWER_S = 2.5   # the longest that an example's fork prints after the answer


def lines_of(name, separator):
    for line in (LANGUAGE / name).read_text().splitlines():
        program, found, expected = line.partition(separator)
        if found and not line.startswith("#"):
            yield program.strip(), expected.strip().removesuffix("†").strip()


@pytest.mark.parametrize("program,expected", list(lines_of("eval.txt", "  ⇒  ")))
def test_an_expression_is_rendered(container, program, expected):
    value = container.value(program)
    if expected == "(function)":   # how a function is rendered is not fixed, only how it begins
        assert value.startswith("(λ")
    else:
        assert value == expected


RUNS = list(lines_of("run.txt", "  prints  "))


@pytest.fixture(scope="module")
def printed(container):
    """All run lines at once. The debug lines of each request in order, from the log: a fork prints after the answer."""
    with concurrent.futures.ThreadPoolExecutor(len(RUNS)) as pool:
        list(pool.map(lambda run: container.post(container.spawn_root(), run[0]), RUNS))
    time.sleep(AFTER_THE_ANSWER_S)
    lines = {}
    for event in map(json.loads, container.log().splitlines()):
        if event["event"] == "debug":
            lines.setdefault(event["request"], []).append(event["message"])
    return list(lines.values())


@pytest.mark.parametrize("program,expected", RUNS)
def test_a_computation_prints(printed, program, expected):
    if expected == "nothing":   # the label that would be printed if the computation went on
        label = re.search(r'Debug\.watch "(.*?)"', program)[1]
        assert not [line for lines in printed for line in lines if line.startswith(label + ":")]
    else:
        assert expected.split(" | ") in printed
