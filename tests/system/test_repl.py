# SPDX-License-Identifier: MIT
"""roost repl, from a file."""

import subprocess

import pytest

from test_cli import PROGRAM, run_program

TOKEN = "C" * 85 + "A=="
LOOKUP = f'Index.lookup# 1 "{TOKEN}"'


def repl(text, *arguments):
    return run_program("repl", *arguments, stdin=text)


class TestFromAFile:
    def test_programs_are_run_one_after_the_other(self):
        done = repl('1 + 1\nText.join ["a", "b"]\n')
        assert (done.stdout, done.stderr, done.returncode) == ('2\n"ab"\n', "", 0)

    def test_a_remote_is_run_and_what_it_says_is_on_stderr(self):
        done = repl('do Remote\n  far := Remote.spawn;\n  Remote.transfer far;\n  Debug.log "there" 5 (pure 6);;\n')
        assert done.stdout == "6\n" and "there" in done.stderr and done.returncode == 0

    def test_definitions_are_kept(self):
        done = repl("double x = x * 2;\nquadruple x = double (double x);\nquadruple 5\n")
        assert done.stdout == "double : Number -> Number\nquadruple : Number -> Number\n20\n", done.stderr

    def test_a_definition_can_be_made_anew_and_its_users_keep_the_old_one(self):
        done = repl('size = 1;\ntwice = size + size;\nsize = "big";\nsize\ntwice\n')
        assert done.stdout == 'size : Number\ntwice : Number\nsize : Text\n"big"\n2\n', done.stderr

    def test_a_standard_name_cannot_be_made_anew(self):
        done = repl("Vector.sum = 1;\nVector.sum [1, 2]\n")
        assert done.stdout == "3\n" and "the name `Vector.sum` is taken" in done.stderr

    def test_a_definition_that_is_refused_changes_nothing(self):
        done = repl('size = 1;\nsize = 1 + "one";\nsize\n')
        assert done.stdout == "size : Number\n1\n" and '`"one"` has type Text' in done.stderr and done.returncode == 1

    def test_a_definition_that_fails_does_so_where_it_is_used(self):
        done = repl("size = 1 + _;\n2\nsize\n")
        assert done.stdout == "size : Number\n2\n" and "Number.+ needs a number, not _ (in size)" in done.stderr and done.returncode == 1

    def test_what_is_not_complete_goes_on_in_the_next_line(self):
        done = repl('do Remote\n  here := Remote.here;\n  pure 7;;\nf : Number -> Number;\nf x =\n  x + 1;\nf 1\n"two\nlines"\n')
        assert done.stdout == '7\nf : Number -> Number\n2\n"two\\nlines"\n', done.stderr

    def test_programs_may_have_empty_lines(self):
        done = repl("let rec\n  fact n = if n <=_Number 1 then 1 else n * fact (n - 1);\n\n  fact 5;;\n"
                    "f : Number -> Number;\n\nf x = -- a comment\n\n  x + 1;\nf 1\n")
        assert (done.stdout, done.stderr) == ("120\nf : Number -> Number\n2\n", "")

    def test_two_empty_lines_end_what_is_not_complete(self):
        done = repl("1 +\n\n\n2\n")
        assert done.stdout == "2\n" and "input:1:4: found the end of the text" in done.stderr

    def test_two_empty_lines_stand_for_the_last_semicolon(self):
        done = repl("f = 1 -- one\n\n\nf\n")
        assert done.stdout == "f : Number\n1\n", done.stderr

    def test_what_a_step_comes_to_is_kept(self):
        done = repl("n := Remote.spawn\ni := Remote.at' n Index.empty;\nIndex.insert 1 2 i\nfind k = Index.lookup k i;\nfind 1\n"
                    "hash# n\nRemote.bind (u -> Remote.map hash# Remote.here) (Remote.transfer n)\n")
        lines = done.stdout.splitlines()
        assert lines[0] == "n : Node" and lines[1].endswith(". Index a b") and lines[4] == "Optional.Some 2" and lines[5] == lines[6], done
        assert done.stderr == "" and done.returncode == 0

    def test_so_are_functions_and_channels(self):
        done = repl("box := Remote.channel\nsend := pure (Remote.send box)\nsend 3\nRemote.receive box\n"
                    "add := do Remote\n  ten := pure 10;\n\n  pure ((+) ten);;\nadd 3\nbox := pure (add 4)\nbox\n")
        lines = done.stdout.splitlines()
        assert lines[2:] == ["()", "3", "add : Number -> Number", "13", "box : Number", "14"], done

    def test_a_step_that_fails_is_not_kept(self):
        done = repl('x := Remote.fail "no jam"\nx := 3\nx := pure "k" + 1\nVector.sum := pure 1\nx := do Remote box := Remote.channel; Remote.receive box;;\nx\n')
        for said in ("the program failed: no jam", "`x := …` names what a step comes to, and this has type Number; `x = …;` names a value",
                     "input:1:6: ", "the name `Vector.sum` is taken", "a message that nobody is left to send", "`x` is not defined"):
            assert said in done.stderr
        assert done.stdout == ""

    def test_a_reset_forgets_it(self):
        done = repl("n := Remote.spawn\n:reset\nn\n")
        assert done.stdout == "n : Node\n" and "`n` is not defined" in done.stderr

    def test_commands_go_on_in_the_next_line_as_programs_do(self):
        done = repl(":type x ->\n  x\n:hash x ->\n\n  x\n")
        assert done.stdout.splitlines() == ["∀ a . a -> a", run_program("hash", "-e", "x -> x").stdout.strip()], done

    def test_the_beginning_of_a_command_is_enough(self):
        done = repl(":t 1\n:h\n:he\n:q\n1\n")
        assert done.stdout.startswith("Number\nA program is run") and "`:h` may be `:hash` or `:help`" in done.stderr and not done.stdout.endswith("1\n")

    def test_words_of_other_programs_are_answered_with_ours(self):
        done = repl("help\nquit\nexit = 3;\nexit\n")
        assert done.stderr.count("is not defined; :help lists the commands, :quit ends it") == 2 and done.stdout == "exit : Number\n3\n"

    def test_a_program_is_not_loaded(self, tmp_path):
        (tmp_path / "ok.u").write_text("1 + 1")
        assert f"{tmp_path}/ok.u is a program, and :load takes definitions; `roost run" in repl(f":load {tmp_path}/ok.u\n").stderr

    def test_a_folder_is_not_loaded_and_the_session_goes_on(self, tmp_path):
        done = repl(f":load {tmp_path}\n1\n")
        assert (done.stdout, done.stderr) == ("1\n", f"cannot read the library {tmp_path}: Is a directory\n")

    def test_a_byte_order_mark_is_no_part_of_the_first_line(self):
        assert repl("\ufeff1 + 2\n").stdout == "3\n"

    def test_comments_and_empty_lines_do_nothing(self):
        done = repl("-- a comment\n\n   \n1 -- and one here\n")
        assert (done.stdout, done.stderr) == ("1\n", "")

    def test_errors_have_a_caret_and_the_session_goes_on(self):
        done = repl('1 + "k"\nfoo 1\nRemote.fail "no jam"\n3\n')
        assert done.stdout == "3\n"
        assert 'input:1:5: `"k"` has type Text, but the 2nd argument of `+` must have type Number\n  1 | 1 + "k"\n    |     ^\n' in done.stderr
        assert "`foo` is not defined" in done.stderr and "no jam" in done.stderr

    def test_a_script_learns_that_something_was_refused(self):
        assert repl("1\n").returncode == 0
        assert repl("foo\n1\n").returncode == repl(":nonsense\n").returncode == repl('Remote.fail "no"\n').returncode == 1

    def test_a_program_that_waits_for_nobody_is_told_so(self):
        done = repl("do Remote box := Remote.channel; Remote.join (Remote.receive box);;\n1\n")
        assert "a message that nobody is left to send" in done.stderr and done.stdout == "1\n"

    def test_nodes_and_their_state_outlive_definitions_and_not_a_reset(self):
        done = repl(f'Index.insert# 1 "kept" "{TOKEN}"\nRemote.map hash# Remote.here\nf = 1;\nf = 2;\n{LOOKUP}\nRemote.map hash# Remote.here\n'
                    f":reset\n{LOOKUP}\nf\n")
        _, here, _, _, kept, still_here, gone = done.stdout.splitlines()
        assert (kept, gone) == ('Optional.Some "kept"', "Optional.None") and here == still_here
        assert "`f` is not defined" in done.stderr

    def test_commands(self, tmp_path):
        library = tmp_path / "jam.u"
        library.write_text("jam = 42;\n")
        done = repl(f":type x -> x\n:load {library}\njam\n:hash jam\n:help\n:quit\n1\n")
        lines = done.stdout.splitlines()
        assert lines[:3] == ["∀ a . a -> a", "jam : Number", "42"] and done.returncode == 0
        assert lines[3] + " jam\n" == run_program("hash", str(library)).stdout
        assert "Tab completes names" in done.stdout and lines[-1] != "1"

    def test_a_file_that_was_changed_can_be_loaded_again(self, tmp_path):
        library = tmp_path / "jam.u"
        library.write_text("jam = 42;\n")
        first = subprocess.Popen([PROGRAM, "repl"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        first.stdin.write(f":load {library}\njam\n")
        first.stdin.flush()
        assert [first.stdout.readline(), first.stdout.readline()] == ["jam : Number\n", "42\n"]
        library.write_text("jam = 43;\n")
        assert first.communicate(f":load {library}\njam\n", timeout=20)[0] == "jam : Number\n43\n"

    def test_wrong_commands_say_what_is_wrong(self, tmp_path):
        wrong = tmp_path / "wrong.u"
        wrong.write_text("jam = 1;\njelly = nothing;\n")
        done = repl(f":tpye 1\n:nonsense\n:type\n:hash\n:load\n:load /nonexistent\n:load {wrong}\njam\n:type nothing\n5\n")
        for said in ("`:tpye` is no command; did you mean `:type`?", "`:nonsense` is no command; :help lists them", ":type needs a program",
                     ":hash needs a program", ":load needs a file", "cannot read the library /nonexistent: No such file",
                     f"{wrong}:2:9: `nothing` is not defined", "`jam` is not defined", "input:1:1: `nothing` is not defined"):
            assert said in done.stderr
        assert done.stdout == "5\n"

    def test_commands_that_stand_alone_do_not_ignore_what_is_behind_them(self):
        done = repl("f = 1;\n:reset extra\n:help me\n:quit bye\nf\n")
        for command, rest in (("reset", "extra"), ("help", "me"), ("quit", "bye")):
            assert f":{command} takes nothing, and here stands `{rest}` behind it\n" in done.stderr
        assert done.stdout == "f : Number\n1\n"

    def test_names_are_listed_with_their_types_builtins_included(self):
        done = repl(":names Vector.si\n:names <_\nVector.silly = 1;\n:names Vector.sil\n:names nope\n:names +\n")
        assert done.stdout.splitlines() == [
            "Vector.single : ∀ a . a -> Vector a", "Vector.size : ∀ a . Vector a -> Number",
            "<_Hash : ∀ a . Hash a -> Hash a -> Boolean", "<_Number : Number -> Number -> Boolean", "<_Text : Text -> Text -> Boolean",
            "Vector.silly : Number", "Vector.silly : Number",
            "+ : Number -> Number -> Number", "+_Number : Number -> Number -> Number"]
        assert done.stderr == "no name begins with `nope`\n"

    def test_all_names_can_be_typed_as_they_are_listed(self):
        names = [line.split(" : ")[0] for line in repl(":names\n").stdout.splitlines()]
        assert len(names) > 200 and {"Text.length", "Index.insert", "+", "==_Text", "Vector.sum"} <= set(names)
        assert repl("".join(f":type ({name})\n" for name in names)).stderr == ""

    def test_a_step_that_is_missing_is_said_behind_its_name(self):
        assert "input:1:5: found the end of the text, expected a step\n  1 | m :=\n    |     ^\n" in repl("m :=\n\n\n").stderr

    @pytest.mark.parametrize("text", ["a b := pure 3", "x = 3; y := pure 4", "_ := pure 3"])
    def test_a_named_step_that_does_not_stand_alone_is_told_that_it_must(self, text):
        assert "at the prompt, `name := step` stands alone: one name, that is not `_`, and one step\n" in repl(text + "\n").stderr

    def test_other_libraries(self, tmp_path):
        library = tmp_path / "own.u"
        library.write_text("own = 1;\n")
        done = repl("own\nVector.sum [1]\n", "--library", str(library))
        assert done.stdout == "1\n" and "`Vector.sum` is not defined" in done.stderr

    def test_other_libraries_behind_the_standard_one(self, tmp_path):
        library = tmp_path / "own.u"
        library.write_text("own = Vector.sum [1];\n")
        assert repl("own\n", "--library", "standard", "--library", str(library)).stdout == "1\n"

    def test_a_library_that_does_not_load_ends_it_with_the_reason(self, tmp_path):
        library = tmp_path / "own.u"
        library.write_text("own = nothing;\n")
        done = repl("1\n", "--library", str(library))
        assert done.returncode == 1 and done.stdout == "" and f"{library}:1:7: `nothing` is not defined" in done.stderr
        done = repl("1\n", "--library", "/nonexistent/own.u")
        assert done.returncode == 2 and "cannot read the library /nonexistent/own.u: No such file" in done.stderr
