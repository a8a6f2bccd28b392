# SPDX-License-Identifier: MIT
"""roost repl, as a person types it, on a terminal of its own."""

import fcntl
import os
import pty
import re
import select
import socket
import subprocess
import termios
import time

import pytest

from test_cli import PROGRAM
from test_repl import LOOKUP, TOKEN

PROMPT = "roost> "


class Typist:
    """A person at a terminal."""

    def __init__(self, state):
        self.master, slave = pty.openpty()
        environment = dict(os.environ, XDG_STATE_HOME=str(state), TERM="xterm", LC_ALL="C.UTF-8")
        self.process = subprocess.Popen([PROGRAM, "repl"], stdin=slave, stdout=slave, stderr=slave, env=environment,
                                        start_new_session=True, preexec_fn=self.take_terminal)
        os.close(slave)
        self.seen = ""
        self.modes = []   # of pastes: whether each change switched their marks on

    @staticmethod
    def take_terminal():
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def type(self, text):
        os.write(self.master, text.encode())

    def expect(self, text, timeout_s=15):
        deadline = time.monotonic() + timeout_s
        while text not in self.visible():
            left = deadline - time.monotonic()
            assert left > 0 and select.select([self.master], [], [], left)[0], f"no {text!r} in {self.seen!r}"
            try:
                self.seen += os.read(self.master, 4096).decode(errors="replace")
            except OSError:
                raise AssertionError(f"it ended without {text!r}: {self.seen!r}") from None
        self.seen = self.seen.split(text, 1)[1]

    def visible(self):
        """Without the changes of the mode of pastes, which come between a line and its value."""
        self.modes += [change == "h" for change in re.findall("\x1b\\[\\?2004([hl])", self.seen)]
        self.seen = re.sub("\x1b\\[\\?2004[hl]", "", self.seen)
        return self.seen

    def paste(self, text, *more):
        """As terminals do that were asked for marks; what is one paste may come in pieces."""
        self.type("\x1b[200~" + text.replace("\n", "\r"))
        for piece in more:
            time.sleep(0.2)
            self.type(piece.replace("\n", "\r"))
        self.type("\x1b[201~")

    def wait_for_prompt(self, prompt=PROMPT):
        """Until keys are ours: what control-D and control-C are before that, the terminal decides."""
        self.expect(prompt)
        deadline = time.monotonic() + 15
        while termios.tcgetattr(self.master)[3] & termios.ICANON:
            assert time.monotonic() < deadline, "there is a prompt, but nobody reads keys"
            time.sleep(0.01)

    def end(self):
        self.type("1000 + 1\n")
        self.expect("\n1001")
        self.wait_for_prompt()
        self.type("\x04")
        assert self.process.wait(10) == 0
        os.close(self.master)


@pytest.fixture
def typist(tmp_path):
    made = []

    def make():
        made.append(Typist(tmp_path))
        made[-1].wait_for_prompt()
        return made[-1]

    yield make
    for one in made:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


class TestAtATerminal:
    def test_tab_completes_a_name(self, typist):
        person = typist()
        person.type("Vector.hist\t[1]")
        person.expect("ogram")   # what was typed stays on the screen
        person.type("\x15:type Vector.histog\t\n")
        person.expect("Order a")
        person.end()

    def test_tab_completes_commands_and_files(self, typist, tmp_path):
        (tmp_path / "plum-jam.u").write_text("jam = 42;")
        person = typist()
        person.type(f":lo\t{tmp_path}/plum\t\n")
        person.expect("jam : Number")
        person.end()

    def test_tab_completes_a_folder_and_what_is_in_it(self, typist, tmp_path):
        (tmp_path / "jams").mkdir()
        (tmp_path / "jams/plum.u").write_text("jam = 42;")
        person = typist()
        person.type(f":load {tmp_path}/ja\tpl\t\n")
        person.expect("jam : Number")
        person.end()

    def test_what_was_defined_is_completed(self, typist):
        person = typist()
        person.type("marmalade = 11;\n")
        person.expect("marmalade : Number")
        person.type("marm\t+ 1\n")
        person.expect("12")
        person.end()

    def test_more_lines_have_a_prompt_of_their_own(self, typist):
        person = typist()
        person.type("1 +\n")
        person.wait_for_prompt("     > ")
        person.type("41\n")
        person.expect("42")
        person.end()

    def test_an_empty_line_ends_what_is_typed(self, typist):
        person = typist()
        person.type("1 +\n")
        person.wait_for_prompt("     > ")
        person.type("\n")
        person.expect("found the end of the text")
        person.wait_for_prompt()
        person.end()

    def test_an_empty_line_in_what_is_pasted_does_not(self, typist):
        person = typist()
        person.type("let rec\n  fact n = if n <=_Number 1 then 1 else n * fact (n - 1);\n\n  fact 5;;\n")
        person.expect("\n120")
        person.wait_for_prompt()
        person.end()

    def test_marks_around_pastes_are_asked_for_while_a_line_is_edited(self, typist):
        person = typist()
        person.type("1 + 10\n")
        person.expect("\n11")
        person.wait_for_prompt()
        assert person.modes == [True, False, True]
        person.end()
        assert person.modes == [True, False, True, False, True]

    def test_tabs_and_empty_lines_in_a_paste_are_text_and_wait_for_enter(self, typist, tmp_path):
        person = typist()
        person.paste("let\n\t\tx = 31;\n\n", "\t\tx + 2;;\n")
        person.expect("x + 2;;")
        assert not (tmp_path / "roost/history").exists() or (tmp_path / "roost/history").read_text() == ""
        person.type("\n")
        person.expect("33")
        person.wait_for_prompt()
        person.end()

    def test_a_paste_in_pieces_is_one_program_and_one_entry_of_the_history(self, typist, tmp_path):
        person = typist()
        person.paste("let\n\tx = 31;\n\n", "\tx + 2;;\n")
        person.type("\n")
        person.expect("\n33")
        person.wait_for_prompt()
        assert (tmp_path / "roost/history").read_text() == "let\v\tx = 31;\v\v\tx + 2;;\n"
        person.type("\x1b[A\n")
        person.expect("\n33")
        person.wait_for_prompt()
        person.end()

    def test_a_paste_may_hold_several_programs_and_definitions(self, typist):
        person = typist()
        person.type("g = ")
        person.paste("20;\nf : Number -> Number;\n\nf x =\n\tx + 1;\nf g\n:type f\n1 +\n")
        person.type("\n")
        person.expect("\n21")
        person.expect("Number -> Number")
        person.wait_for_prompt("     > ")   # as what is typed goes on
        person.type("61\n")
        person.expect("\n62")
        person.wait_for_prompt()
        person.end()

    def test_control_c_ends_a_paste_without_an_end_and_drops_what_is_left_of_one(self, typist):
        person = typist()
        person.type("\x1b[200~1 + 1")
        time.sleep(0.2)
        person.type("\x03")
        person.expect("^C")
        person.wait_for_prompt()
        person.paste("let rec forever n = forever (n + 1); forever 0;;\n70 + 7\n")
        person.type("\n")
        person.expect("70 + 7")
        time.sleep(0.5)
        person.type("\x03")
        person.expect("stopped")
        person.type("1000 + 2\n")
        person.expect("1002")
        assert "77" not in person.seen
        person.wait_for_prompt()
        person.end()

    def test_long_pastes_and_completion_behind_them(self, typist):
        person = typist()
        for size in (1, 20, 100):
            person.paste("".join(f"-- {i:090}\n" for i in range(size * 10)) + "Vector.histog")
            person.type("\t\n")
            person.expect("\n(λ")   # Vector.histogram
            person.wait_for_prompt()
        person.paste("-- " + "x" * (1 << 20))
        person.expect("nothing was taken of what was pasted: it has more than 1048576 characters")
        person.end()

    def test_a_long_line_outlives_a_look_at_the_history(self, typist):
        person = typist()
        person.type("12 + 1\n")
        person.expect("\n13")
        person.wait_for_prompt()
        person.paste("1000 + " * 500 + "5")
        person.type("\x1b[A\x1b[B\n")
        person.expect("\n500005")
        person.wait_for_prompt()
        person.end()

    def test_names_that_tab_cannot_tell_apart_are_listed(self, typist):
        person = typist()
        person.type("Vector.dr\t\t")
        person.expect("Vector.drop")
        person.expect("Vector.drop-right")
        person.expect("Vector.drop")   # the line again
        person.type(" 1 [1, 12]\n")
        person.expect("\n[12]")
        person.wait_for_prompt()
        person.end()

    def test_more_names_than_rows_are_cut(self, typist):
        person = typist()
        person.type("\t")
        person.expect(" more\r\n")
        person.end()

    def test_control_r_searches_the_history(self, typist):
        person = typist()
        for program, value in (("10 + 11", "21"), ("10 + 12", "22"), ("30 + 1", "31")):
            person.type(program + "\n")
            person.expect("\n" + value)
            person.wait_for_prompt()
        person.type("\x121\x7f0 + 1\x12\x12\n")   # a character that is taken back; then two older ones
        person.expect("\n21")
        person.wait_for_prompt()
        person.type("4 + 4\x12plum")
        person.expect("none has `p")   # only what changes is drawn
        person.type("\x07\n")
        person.expect("\n8")
        person.wait_for_prompt()
        person.end()

    def test_what_was_typed_in_several_lines_is_one_entry_of_the_history(self, typist, tmp_path):
        person = typist()
        person.type("let\n")
        person.wait_for_prompt("     > ")
        person.type("  plums = 20;\n")
        person.wait_for_prompt("     > ")
        person.type("  plums + 3;;\n")
        person.expect("\n23")
        person.wait_for_prompt()
        assert (tmp_path / "roost/history").read_text() == "let\v  plums = 20;\v  plums + 3;;\n"
        person.type("\x1b[A\n")
        person.expect("\n23")
        person.end()
        other = typist()
        other.type("\x1b[A\x1b[A\n")
        other.expect("\n23")
        other.end()

    def test_what_was_typed_is_there_the_next_time(self, typist, tmp_path):
        person = typist()
        person.type("6 * 7\n")
        person.expect("42")
        person.wait_for_prompt()
        history = tmp_path / "roost/history"
        assert history.read_text() == "6 * 7\n"   # before the end: the terminal may go away
        assert history.stat().st_mode & 0o777 == 0o600
        person.end()
        other = typist()
        other.type("\x1b[A\x1b[A\n")
        other.expect("42")
        other.end()
        assert history.read_text() == "6 * 7\n1000 + 1\n6 * 7\n1000 + 1\n"

    def test_the_history_has_a_bound(self, typist, tmp_path):
        (tmp_path / "roost").mkdir()
        (tmp_path / "roost/history").write_text("".join(f"{i}\n" for i in range(2500)))
        typist()
        assert (tmp_path / "roost/history").read_text().splitlines() == [str(i) for i in range(500, 2500)]

    def test_without_a_place_for_the_history_it_works_as_well(self, typist, tmp_path):
        (tmp_path / "roost").write_text("not a folder")
        person = typist()
        person.type("1 + 1\n")
        person.expect("2")
        person.end()

    def test_control_c_drops_the_line(self, typist):
        person = typist()
        person.type("this is not what I")
        person.expect("what I")
        person.type("\x03")
        person.expect("^C")
        person.wait_for_prompt()
        person.type("20 + 3\n")
        person.expect("\n23")
        person.end()

    def test_control_c_leaves_nothing_of_a_long_line_behind_it(self, typist):
        person = typist()
        person.type("plums " * 30 + "\x01")   # and back to its beginning
        time.sleep(0.2)
        person.type("\x03")
        person.expect("\x1b[J^C")
        person.wait_for_prompt()
        person.end()

    def test_who_waits_for_forks_is_told_so(self, typist):
        person = typist()
        person.type("do Remote fork (Remote.sleep (Duration.seconds 50)); pure 11;;\n")
        person.expect("\n11")
        person.expect("waiting for computations that were forked (control-C stops them)")
        person.type("\x03")
        person.expect("stopped")
        person.wait_for_prompt()
        person.end()

    def test_control_c_drops_all_lines_of_what_is_not_complete(self, typist):
        person = typist()
        person.type("do Remote\n")
        person.wait_for_prompt("     > ")
        person.type("here :=\x03")
        person.expect("^C")
        person.wait_for_prompt()
        person.type("20 + 3\n")
        person.expect("\n23")
        person.end()

    def test_control_c_stops_a_program_that_computes(self, typist):
        person = typist()
        person.type("let rec forever n = forever (n + 1); forever 0;;\n")
        time.sleep(0.5)
        person.type("\x03")
        person.expect("stopped")
        person.wait_for_prompt()
        person.end()

    def test_control_c_stops_a_program_that_waits_and_its_nodes_keep_their_state(self, typist):
        person = typist()
        person.type(f'Index.insert# 1 "kept" "{TOKEN}"\n')
        person.wait_for_prompt()
        person.type("do Remote fork (Remote.sleep (Duration.seconds 100)); Remote.sleep (Duration.seconds 100);;\n")
        time.sleep(0.5)
        person.type("\x03")
        person.expect("stopped")
        person.wait_for_prompt()
        person.type(LOOKUP + "\n")
        person.expect('Optional.Some "kept"')
        person.wait_for_prompt()   # the fork is gone as well: nothing is waited for
        person.end()

    def test_control_c_stops_a_fetch_that_nobody_waits_for_afterwards(self, typist):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            person = typist()
            person.type(f'Http.get-url "http://127.0.0.1:{silent.getsockname()[1]}/"\n')
            peer, _ = silent.accept()
            person.type("\x03")
            person.expect("stopped")
            began = time.monotonic()
            person.end()
            assert time.monotonic() - began < 5   # http_timeout_ms is 20 s
            peer.close()

    def test_a_definition_that_takes_long_is_evaluated_where_it_is_used_and_can_be_stopped_there(self, typist):
        person = typist()
        person.type("f = let rec on n = on (n + 1); on 0;;;\n")
        person.expect("f : ")
        person.wait_for_prompt()
        person.type("f\n")
        time.sleep(0.3)
        person.type("\x03")
        person.expect("stopped")
        person.wait_for_prompt()
        person.end()

    def test_quit_ends_it(self, typist):
        person = typist()
        person.type(":quit\n")
        assert person.process.wait(10) == 0
