# SPDX-License-Identifier: MIT
"""The program `roost` against a real container, and its help, manual page and completion against each other."""

import functools
import json
import os
import re
import signal
import subprocess

import pytest

from roost_container import REPOSITORY, fingerprint_of


PROGRAM = os.environ.get("ROOST_PROGRAM", str(REPOSITORY / "build/ops/cli/roost"))


def run_program(*arguments, stdin=""):
    return subprocess.run([PROGRAM, *arguments], input=stdin, text=True, capture_output=True, timeout=60)


@pytest.fixture
def roost(container):
    return functools.partial(run_program, "--home", str(container.home))


class TestEval:
    def test_the_value_goes_to_stdout(self, roost):
        done = roost("eval", "playground", "-e", "1 + 1")
        assert (done.returncode, done.stdout, done.stderr) == (0, "2\n", "")

    def test_a_program_comes_from_stdin_or_a_file(self, roost, tmp_path, container):
        assert roost("eval", container.playground, "-", stdin="2 * 3").stdout == "6\n"
        assert roost("eval", container.playground, stdin="2 * 3").stdout == "6\n"
        (tmp_path / "program.u").write_text("4 * 5")
        assert roost("eval", fingerprint_of(container.playground), str(tmp_path / "program.u")).stdout == "20\n"

    def test_flags_stand_in_any_order(self, roost):
        assert roost("eval", "--json", "-e", '("a", 1)', "playground").stdout == '["a",1]\n'
        assert roost("eval", "-e", '("a", 1)', "playground", "--json").stdout == '["a",1]\n'

    def test_debug_lines_come_before_the_value(self, roost):
        assert roost("eval", "playground", "--debug", "-e", 'Debug.watch "k" 1').stdout == "k: 1\n1\n"

    def test_a_syntax_error_is_shown_with_its_line_and_a_caret(self, roost):
        done = roost("eval", "playground", "-e", "let größe = ;\ngröße;;")
        assert done.returncode == 1 and done.stdout == ""
        lines = done.stderr.splitlines()
        assert lines[0].startswith("syntax-error:")
        source = next(i for i, line in enumerate(lines) if "1 | let größe = ;" in line)
        assert lines[source + 1].index("^") == lines[source].index(";")
        assert any("expected:" in line for line in lines)

    def test_a_refused_program_as_json_is_the_problem_document(self, roost):
        done = roost("eval", "playground", "--json", "-e", "nope")
        assert done.returncode == 1 and json.loads(done.stdout)["names"] == ["nope"]

    def test_a_value_that_cannot_be_written_is_4_for_its_program_has_run(self, container):
        with open("/dev/full", "w") as full:
            done = subprocess.run([PROGRAM, "--home", str(container.home), "eval", "playground", "-e", "1"], stdout=full, stderr=subprocess.PIPE, text=True)
        assert (done.returncode, done.stderr) == (4, "roost: cannot write to the standard output: No space left on device\n")

    def test_nothing_to_reach_is_3(self, roost):
        done = roost("eval", "https://127.0.0.1:1/x", "-e", "1")
        assert done.returncode == 3 and "cannot reach" in done.stderr

    def test_a_certificate_of_another_ca_is_3(self, roost, container):
        done = roost("eval", container.playground, "--cacert", "/etc/ssl/certs/ca-certificates.crt", "-e", "1")
        assert done.returncode == 3

    def test_an_outcome_that_is_not_known_is_4(self, roost):
        done = roost("eval", "playground", "--wait", "1", "-e", "Remote.sleep (Duration.seconds 9)")
        assert done.returncode == 4 and "time-limit" in done.stderr

    def test_control_characters_of_a_problem_do_not_reach_the_terminal(self, roost):
        done = roost("eval", "playground", "-e", 'Remote.fail "a\x1b[31mb"')
        assert done.returncode == 1 and "\x1b" not in done.stderr


class TestNodes:
    def test_every_node_is_listed_and_none_is_woken(self, roost, container):
        parent = container.spawn_root()
        children = {fingerprint_of(url) for url in container.spawn_many(4, parent)}
        listed = json.loads(roost("node", "list", "--json", "--parent", fingerprint_of(parent)[:20]).stdout)
        assert {node["fingerprint"] for node in listed["nodes"]} == children
        assert {node["state"] for node in listed["nodes"]} == {"asleep"}
        assert listed["container"]["alive"] is True

    def test_nodes_are_chosen_by_state(self, roost, container):
        url = container.spawn_root()
        container.value("1", url)
        container.wait_for_state(url, "idle")
        listed = json.loads(roost("node", "list", "--state", "idle", "--json").stdout)["nodes"]
        assert fingerprint_of(url) in [node["fingerprint"] for node in listed]
        assert {node["state"] for node in listed} == {"idle"}

    def test_a_node_is_shown_by_the_beginning_of_its_fingerprint(self, roost, container):
        fingerprint = fingerprint_of(container.playground)
        shown = json.loads(roost("node", "show", fingerprint[:24], "--json").stdout)
        assert shown["node"]["fingerprint"] == fingerprint
        assert shown["details"]["budget"]["nodes"]["limit"] == 256

    def test_an_ambiguous_beginning_names_the_candidates(self, roost, container):
        container.spawn_many(40)
        done = roost("node", "show", "")
        assert done.returncode == 1 and len(re.findall(r"(?m)^  [a-z2-7]{56}$", done.stderr)) == 5

    def test_top_once_prints_one_picture(self, roost):
        done = roost("node", "top", "--once", "--rows", "3")
        assert done.returncode == 0 and "\x1b" not in done.stdout and len(done.stdout.splitlines()) == 7

    def test_nodes_are_listed_while_roostd_is_stopped(self, roost, container):
        container.signal_roostd(signal.SIGSTOP)
        try:
            assert roost("node", "list").returncode == 0
            shown = roost("node", "show", fingerprint_of(container.playground))
            assert shown.returncode == 0
        finally:
            container.signal_roostd(signal.SIGCONT)

    def test_a_dead_roostd_is_said_to_be_gone(self, make_container):
        own = make_container(name="gone")
        before = len(own.map().nodes())
        own.kill_roostd()
        done = run_program("--home", str(own.home), "node", "list", "--json")
        assert done.returncode == 0 and "gone" in done.stderr
        listed = json.loads(done.stdout)
        assert listed["container"]["alive"] is False and len(listed["nodes"]) == before


# What follows needs no container.

class TestUsage:
    @pytest.mark.parametrize("arguments,hint", [
        (["node", "lst"], "`list`"), (["nodes", "list"], "`node`"), (["list"], "`node list`"), (["evl", "x"], "`eval`"),
        (["node", "list", "--jsn"], "`--json`"), (["node", "list", "--state", "idel"], "`idle`"),
    ])
    def test_a_near_miss_is_answered_with_the_nearest_word(self, arguments, hint):
        done = run_program(*arguments)
        assert done.returncode == 2 and hint in done.stderr

    def test_a_word_that_is_far_from_all_is_not_answered_with_one(self):
        done = run_program("--nope")
        assert done.returncode == 2 and "`--nope` is not known here\n" in done.stderr

    def test_help_may_be_a_word(self):
        assert run_program("help").stdout == run_program("--help").stdout != ""
        assert run_program("help", "node", "top").stdout == run_program("node", "top", "--help").stdout

    def test_no_container_is_3_and_says_where_was_looked(self, tmp_path):
        done = run_program("--home", str(tmp_path), "node", "list")
        assert done.returncode == 3 and str(tmp_path) in done.stderr and "ops/up" in done.stderr


def options_of(text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)) - {"--"}


class TestDocuments:
    VERBS = [[], ["node"], ["node", "list"], ["node", "show"], ["node", "top"], ["code"], ["code", "show"], ["code", "deps"], ["eval"], ["check"], ["run"], ["repl"], ["hash"], ["completion"]]

    def helps(self):
        return "\n".join(run_program(*verb, "--help").stdout for verb in self.VERBS)

    def test_help_manual_and_completion_name_the_same_options(self):
        manual = (REPOSITORY / "ops/man/roost.1").read_text()
        in_manual = {"--" + name for name in re.findall(r"Fl Fl ([a-z][a-z-]*)", manual)}
        in_help = options_of(self.helps())
        assert in_help == in_manual
        completion = run_program("completion").stdout
        assert in_help - {"--help", "--version"} <= options_of(completion) and options_of(completion) <= in_help

    def test_help_manual_and_document_name_the_same_commands(self):
        manual = (REPOSITORY / "ops/man/roost.1").read_text()
        document = (REPOSITORY / "docs/cli.md").read_text()
        for verb in ("node list", "node show", "node top", "code show", "code deps", "eval", "check", "run", "repl", "hash", "completion"):
            assert f".Cm {verb}" in manual and f"roost {verb}" in document
            assert run_program(*verb.split(), "--help").returncode == 0

    def test_the_manual_of_roostd_names_its_options(self):
        roostd = REPOSITORY / "build/backend/front/roostd"
        shown = subprocess.run([roostd, "--help"], capture_output=True, text=True).stdout
        manual = (REPOSITORY / "ops/man/roostd.8").read_text()
        assert options_of(shown) == {"--" + name for name in re.findall(r"Fl Fl ([a-z][a-z-]*)", manual)}

    @pytest.mark.parametrize("page", ["roost.1", "roostd.8"])
    def test_a_manual_page_is_clean(self, page):
        done = subprocess.run(["groff", "-mandoc", "-Tutf8", "-ww", "-z", REPOSITORY / "ops/man" / page], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")

    def test_the_completion_script_is_bash(self):
        script = run_program("completion").stdout
        assert script == (REPOSITORY / "ops/completion/roost.bash").read_text()
        assert subprocess.run(["bash", "-n"], input=script, text=True).returncode == 0
