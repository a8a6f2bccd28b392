# SPDX-License-Identifier: MIT
"""The setting `libraries`: other files in the place of the standard library, in a whole container, and what roostd says about wrong ones."""

import os
import pathlib
import signal
import subprocess

import pytest

from roost_container import Container, Process, wait_until
from test_cli import PROGRAM

BUILD = pathlib.Path(PROGRAM).resolve().parents[2]
ROOSTD = BUILD / "backend/front/roostd"
WORKER = BUILD / "worker/sandbox/roost-worker"


@pytest.fixture(scope="module")
def own():
    container = Container(name="libraries")
    files = [container.folder / "fruit.u", container.folder / "jam.u"]
    files[0].write_text("plum = 3;\nfruit.twice : Number -> Number;\nfruit.twice n = n * 2;\n")
    files[1].write_text("jam = fruit.twice plum;\n")
    container.settings["libraries"] = [str(file) for file in files]
    with container:
        yield container


class TestAContainer:
    def test_programs_find_the_names_of_the_files(self, own):
        assert own.value("jam") == "6"
        assert own.value("fruit.twice plum") == "6"

    def test_programs_do_not_find_the_standard_library(self, own):
        answer = own.post(own.playground, "Vector.sum [1, 2]")
        assert answer.status == 422 and answer.json()["names"] == ["Vector.sum"], answer.text

    def test_builtins_are_there(self, own):
        assert own.value("1 + 2") == "3" and own.value('Text.concatenate "plum " "jam"') == '"plum jam"'

    def test_a_new_zygote_loads_them_again(self, own):
        zygote = Process(own.zygote_pid())
        os.kill(zygote.pid, signal.SIGKILL)
        wait_until(lambda: not zygote.alive, 5, "the zygote's end")
        wait_until(lambda: own.get("/-/readyz").status == 200, 15, "a new zygote")
        assert own.value("jam") == "6"


class TestWrongFiles:
    @pytest.fixture
    def roostd(self, tmp_path):
        key = tmp_path / "key"
        subprocess.run([ROOSTD, "--make-master-key", key], check=True)

        def run(library, *options):
            file = tmp_path / "roost.toml"
            file.write_text(f'front_socket = "{tmp_path}/f"\noperator_socket = "{tmp_path}/o"\ndatabase = "host=/nonexistent"\n'
                            f'master_key_file = "{key}"\nstatus_map = "/roost-test-libraries"\nworker = "{WORKER}"\n'
                            f'allow_weak_sandbox = true\nlibraries = ["{library}"]\n')
            return subprocess.run([ROOSTD, "--config", file, *options], capture_output=True, text=True, timeout=30)

        return run

    def test_a_relative_path_is_found_by_the_check(self, roostd):
        done = roostd("fruit.u", "--check-config")
        assert done.returncode == 2 and 'must be a list of absolute paths; "fruit.u" does not begin with /' in done.stderr

    def test_a_missing_file_is_found_by_the_check(self, roostd):
        done = roostd("/nonexistent/fruit.u", "--check-config")
        assert done.returncode == 2 and "cannot read /nonexistent/fruit.u: No such file or directory" in done.stderr

    def test_a_library_that_does_not_load_stops_the_start_with_its_own_message(self, roostd, tmp_path):
        library = tmp_path / "fruit.u"
        library.write_text('plum = 3;\njam = plum + "sugar";\n')
        assert roostd(library, "--check-config").returncode == 0   # what the files say is for the worker
        done = roostd(library)
        assert done.returncode == 1
        assert f"did not start: {library}: line 2, column 14" in done.stderr and '`"sugar"` has type Text' in done.stderr

