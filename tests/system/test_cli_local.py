# SPDX-License-Identifier: MIT
"""roost check, run and hash: the language without a container."""

import os
import signal
import subprocess
import time

import pytest

from test_cli import PROGRAM, run_program


def refused(*arguments, stdin=""):
    done = run_program(*arguments, stdin=stdin)
    assert done.returncode == 1 and done.stdout == "", done
    return done.stderr


class TestCheck:
    def test_a_program_has_its_type_on_stdout(self):
        done = run_program("check", "-e", "x -> [x, x]")
        assert (done.returncode, done.stdout, done.stderr) == (0, "∀ a . a -> Vector a\n", "")

    def test_a_library_has_the_types_of_its_definitions(self, tmp_path):
        (tmp_path / "plums.u").write_text("double n = n * 2;\nquadruple n = double (double n);\n")
        done = run_program("check", str(tmp_path / "plums.u"))
        assert done.stdout == "double : Number -> Number\nquadruple : Number -> Number\n" and done.returncode == 0

    def test_what_is_wrong_has_file_place_line_caret_and_reason(self, tmp_path):
        file = tmp_path / "plums.u"
        file.write_text('do Remote\n  x := pure 3;\n  pure (x + "k");;\n')
        said = refused("check", str(file))
        assert said.startswith(f'{file}:3:13: `"k"` has type Text, but the 2nd argument of `+` must have type Number\n')
        assert '  3 |   pure (x + "k");;\n    |             ^\n' in said

    def test_every_unknown_name_is_said_with_near_ones(self):
        said = refused("check", "-e", "Vector.lenght (nowhere 1)")
        assert "`Vector.lenght` is not defined" in said and "`nowhere` is not defined" in said and said.endswith("roost: 2 errors\n")
        assert "perhaps `Text.length`" not in said and "perhaps `Vector.size`" in said

    def test_an_unknown_option_is_said_before_what_its_value_was_taken_for(self):
        for option, value in (("--wait", "3"), ("--nope", "x")):
            done = run_program("check", "-e", "1", option, value)
            assert (done.returncode, done.stderr) == (2, f"roost: `{option}` is not known here\n(`roost check --help` says what is)\n")

    def test_it_reads_stdin(self):
        assert run_program("check", stdin="1 + 1").stdout == "Number\n"

    def test_nothing_is_no_program(self):
        assert "found the end of the text, expected a term" in refused("check", stdin="")

    def test_a_file_that_is_not_there_is_named(self):
        done = run_program("check", "/nowhere/plums.u")
        assert done.returncode == 2 and "cannot read the text /nowhere/plums.u: No such file or directory\n(a program that is no file stands behind -e)" in done.stderr

    @pytest.mark.parametrize("command", ["check", "run", "hash"])
    def test_a_folder_is_no_text_and_no_library(self, command, tmp_path):
        for arguments, what in (([tmp_path], "text"), (["-e", "1", "--library", tmp_path], "library")):
            done = run_program(command, *map(str, arguments))
            assert (done.returncode, done.stderr) == (2, f"roost: cannot read the {what} {tmp_path}: Is a directory\n")

    @pytest.mark.parametrize("command", ["check", "repl"])
    def test_a_folder_on_stdin_is_no_text_either(self, command, tmp_path):
        folder = os.open(tmp_path, os.O_RDONLY)
        done = subprocess.run([PROGRAM, command], stdin=folder, capture_output=True, text=True)
        os.close(folder)
        assert done.returncode == 2 and "the standard input: Is a directory" in done.stderr

    def test_a_byte_order_mark_is_no_part_of_a_text(self, tmp_path):
        (tmp_path / "plums.u").write_text("\ufeffplums = 3;")
        assert run_program("check", str(tmp_path / "plums.u")).stdout == "plums : Number\n"
        assert run_program("check", "--library", str(tmp_path / "plums.u"), stdin="\ufeffplums").stdout == "Number\n"
        assert "1:1:" in refused("check", "-e", "\ufeff1")   # of the command line it is


class TestOutput:
    COMMANDS = [["check", "-e", "1"], ["hash", "-e", "1"], ["run", "-e", "Vector.range 0 100000"], ["repl"], ["--help"], ["completion"]]

    @pytest.mark.parametrize("command", COMMANDS)
    def test_what_cannot_be_written_is_said(self, command):
        with open("/dev/full", "w") as full:
            done = subprocess.run([PROGRAM, *command], input="1\n", stdout=full, stderr=subprocess.PIPE, text=True)
        assert (done.returncode, done.stderr) == (1, "roost: cannot write to the standard output: No space left on device\n")

    def test_so_is_a_closed_output(self):
        done = subprocess.run(["sh", "-c", '"$0" check -e 1 >&-', PROGRAM], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (1, "roost: cannot write to the standard output: Bad file descriptor\n")

    @pytest.mark.parametrize("ignored", ["", "trap '' PIPE; "])
    def test_a_reader_that_is_gone_is_not(self, ignored):
        done = subprocess.run(["sh", "-c", ignored + '"$0" run -e "Vector.range 0 100000" | head -c 4', PROGRAM], capture_output=True, text=True)
        assert (done.stdout, done.stderr) == ("[0,1", "")


class TestLibraries:
    def test_other_libraries_stand_in_place_of_the_standard_one(self, tmp_path):
        (tmp_path / "one.u").write_text("half n = n / 2;")
        (tmp_path / "two.u").write_text("quarter n = half (half n);")
        libraries = ["--library", str(tmp_path / "one.u"), "--library", str(tmp_path / "two.u")]
        assert run_program("run", *libraries, "-e", "quarter 8").stdout == "2\n"
        assert "`identity` is not defined" in refused("run", *libraries, "-e", "identity 8")

    def test_the_standard_one_may_be_among_them(self, tmp_path):
        (tmp_path / "one.u").write_text("half n = n / 2; halves = Vector.map half;")
        own = ["--library", str(tmp_path / "one.u")]
        for command, expected in (("run", "[1,2]\n"), ("check", "Vector Number\n")):
            assert run_program(command, "--library", "standard", *own, "-e", "halves (Remote.traverse |> (f -> [2, 4]))").stdout == expected
        said = refused("run", "--library", "/dev/null", "-e", "identity 1")
        assert "`identity` is not defined" in said and "`--library standard` in front of it keeps that too" in said
        assert "--library" not in refused("run", "--library", "standard", "-e", "nowhere")

    def test_the_text_may_stand_behind_its_libraries(self, tmp_path):
        (tmp_path / "one.u").write_text("half n = n / 2;")
        (tmp_path / "program.u").write_text("half 8")
        assert run_program("check", "--library", str(tmp_path / "one.u"), str(tmp_path / "program.u")).stdout == "Number\n"

    def test_their_order_counts_and_the_wrong_file_is_named(self, tmp_path):
        (tmp_path / "one.u").write_text("half n = n / 2;")
        (tmp_path / "two.u").write_text("quarter n = half (half n);")
        said = refused("check", "--library", str(tmp_path / "two.u"), "--library", str(tmp_path / "one.u"), "-e", "1")
        assert f"{tmp_path}/two.u:1:13: `half` is not defined" in said


class TestRun:
    def test_the_value_goes_to_stdout_and_debug_lines_to_stderr(self):
        done = run_program("run", "-e", 'Debug.watch "seen" [1, 2]')
        assert (done.returncode, done.stdout, done.stderr) == (0, "[1,2]\n", "seen: [1,2]\n")

    def test_the_value_comes_as_json(self):
        assert run_program("run", "--json", "-e", '("plum", [1, 2], None)').stdout == '["plum",[1,2],null]\n'

    def test_programs_hop_between_nodes_that_keep_their_state(self):
        program = """do Remote
          n := Remote.spawn;
          Remote.transfer n;
          i := Index.empty;
          Index.insert "tea" 9 i;
          m := Remote.spawn;
          Remote.transfer m;
          here := Remote.here;
          tea := Index.lookup "tea" i;
          pure (tea, Vector.size [n, m, here]);;"""
        done = run_program("run", stdin=program)
        assert (done.stdout, done.stderr, done.returncode) == ("Pair (Optional.Some 9) (Pair 3 ())\n", "", 0)

    def test_time_passes_as_it_does(self):
        started = time.monotonic()
        assert run_program("run", "-e", "Remote.map (u -> 1) (Remote.sleep (Duration.seconds 0.5))").stdout == "1\n"
        assert time.monotonic() - started >= 0.5

    def test_forks_go_on_behind_the_answer_and_their_failures_are_said(self):
        program = 'do Remote fork (Remote.map (u -> Debug.watch "late" u) (Remote.sleep (Duration.seconds 0.2))); fork (Remote.fail "no jam"); pure 1;;'
        done = run_program("run", "-e", program)
        assert done.stdout == "1\n" and "late: ()" in done.stderr and "no jam" in done.stderr and done.returncode == 0

    def test_a_failure_is_said_and_ends_with_1(self):
        assert refused("run", "-e", 'Remote.fail "no jam"') == "roost: the program failed: no jam\n"

    @pytest.mark.parametrize("program,who", [
        ("Remote.race (Duration.seconds 0.1) []", "Remote.race"),
        ("Remote.quorum (Duration.seconds 0.1) 3 pure [1, 2]", "Remote.quorum"),
        ("do Remote answer := Remote.start (Duration.seconds 0.1) (Remote.sleep (Duration.seconds 9)); answer;;", "Remote.start"),
    ])
    def test_who_waits_in_vain_is_named(self, program, who):
        assert refused("run", "-e", program) == f"roost: the program failed: `{who}` waited 0.1 s, its time limit, and nothing came\n"

    def test_nodes_may_not_wait_for_each_other_in_a_circle(self):
        program = """do Remote
          a := Remote.here;
          b := Remote.spawn;
          Remote.attempt (do Remote
            Remote.transfer b;
            c := Remote.spawn;
            Remote.attempt (do Remote Remote.transfer c; Remote.transfer a;;);;);;"""
        said = run_program("run", stdin=program).stdout
        assert said.startswith('Either.Right (Either.Left "A computation hopped from node ')
        circle = said.split("in a circle, ")[1].split(".")[0].split(" → ")
        assert circle[0] == circle[-1] and len(circle) == 3

    def test_an_attempt_may_return_to_the_node_that_asked(self):
        program = "do Remote a := Remote.here; Remote.attempt (do Remote b := Remote.spawn; Remote.transfer b; Remote.transfer a; pure 1;;);;"
        assert run_program("run", stdin=program).stdout == "Either.Right 1\n"

    def test_waiting_for_nobody_is_said(self):
        said = refused("run", "-e", "do Remote c := Remote.channel; Remote.map (n -> n + 1) (Remote.receive c);;")
        assert "waits for a message that nobody is left to send" in said

    def test_an_interrupt_ends_it(self):
        # Whoever runs the tests in the background may have had interrupts ignored; a terminal does not.
        child = subprocess.Popen([PROGRAM, "run", "-e", "let rec f n = f (n + 1); f 0;;"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        try:
            time.sleep(0.3)
            child.send_signal(signal.SIGINT)
            assert child.wait(10) == -signal.SIGINT
        finally:
            child.kill()
            child.communicate()

    def test_a_million_nested_calls_and_a_million_binds_overflow_nothing(self):
        assert run_program("run", "-e", "let rec count n = if n ==_Number 0 then 0 else 1 + count (n - 1); count 1000000;;").stdout == "1000000\n"
        loop = "let rec loop n = if n ==_Number 0 then pure 0 else bind (u -> loop (n - 1)) (pure n); loop 1000000;;"
        assert run_program("run", "-e", loop).stdout == "0\n"


class TestHash:
    def test_names_and_layout_do_not_matter(self):
        one, other = run_program("hash", "-e", "x -> x").stdout, run_program("hash", "-e", " plum  ->\n plum ;").stdout
        assert one == other and len(one) == 89

    def test_a_library_has_a_line_for_every_definition_and_signatures_do_not_matter(self, tmp_path):
        (tmp_path / "one.u").write_text("double : Number -> Number; double n = n * 2; twin = double;")
        (tmp_path / "two.u").write_text("double n = n * 2;")
        lines = run_program("hash", str(tmp_path / "one.u")).stdout.splitlines()
        assert [line.split()[1] for line in lines] == ["double", "twin"] and lines[0].split()[0] == lines[1].split()[0]
        assert run_program("hash", str(tmp_path / "two.u")).stdout.split()[0] == lines[0].split()[0]
