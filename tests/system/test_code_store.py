# SPDX-License-Identifier: MIT
"""The code store: what programs define and send to other nodes is there once, in PostgreSQL and in shared memory; it outlives every
process; and roost code shows it."""

import json
import os
import re

import pytest

from roost_container import Container, Process, fingerprint_of, wait_until
from test_cli import run_program

# Goes to a new node with `f` and comes back with what it made of `x` there.
HOP = "do Remote home := Remote.here; n := Remote.spawn; f = {f}; x := Remote.at n {x}; y = f x; Remote.transfer home; pure y;;"
STORE_BYTES = 5 << 20


def hop(f, x):
    return HOP.format(f=f, x=x)


def hash_of(expression):
    done = run_program("hash", "-e", expression)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def definitions(container):
    return container.get("/-/readyz").json()["code_definitions"]


@pytest.fixture
def roost(container):
    return lambda *arguments: run_program("--home", str(container.home), *arguments)


class TestDefinitions:
    def test_what_hops_is_stored_once(self, container):
        program = hop("(x -> x * 1001)", "3")
        assert container.value(program) == "3003"
        once = definitions(container)
        assert container.value(program) == "3003"
        assert container.value(hop("(other -> other * 1001)", "4")) == "4004"
        assert definitions(container) == once
        assert container.value(hop("(x -> x * 1002)", "3")) == "3006"
        assert definitions(container) > once

    def test_it_is_in_the_database_under_its_hash(self, container):
        container.value(hop("(x -> x * 1003)", "3"))
        stored = container.sql("SELECT count(*) FROM roost.definitions WHERE "
                               f"hash = decode('{hash_of('x -> x * 1003').translate(str.maketrans('-_', '+/'))}', 'base64')")
        assert stored == "1"

    def test_a_program_may_name_it_by_its_hash(self, container):
        container.value(hop("(x -> x * 1004)", "1"))
        assert container.value(f"#{hash_of('x -> x * 1004')} 2") == "2008"
        refused = container.post(container.playground, f"#{hash_of('x -> x * 1004')} \"two\"")
        assert "Text" in refused.problem("type-error", 422)["detail"]
        unknown = container.post(container.playground, f"#{hash_of('x -> x * 99991004')} 2")
        assert "no definition" in unknown.problem("type-error", 422)["detail"]

    def test_what_the_library_has_is_stored_with_what_refers_to_it(self, container):
        container.value(hop("(v -> Vector.ranked-histogram Text.Order v)", '["a", "b", "a"]'))
        digest = hash_of("Vector.ranked-histogram").translate(str.maketrans("-_", "+/"))
        assert container.sql(f"SELECT count(*) FROM roost.definitions WHERE hash = decode('{digest}', 'base64')") == "1"


class TestAfterACrash:
    def test_functions_in_an_index_outlive_every_process(self):
        with Container(name="code") as container:
            node = container.spawn_root()
            token = container.value('do Remote i := Index.empty; k = 7; Index.insert "f" (x -> x * k) i; pure (2nd (Index.representation# i));;', node)
            assert container.value(hop("(x -> x + 5000)", "1"), node) == "5001"
            before = definitions(container)
            pids = container.kill_roostd()
            wait_until(lambda: not any(Process(pid).alive for pid in pids), 5, "the end of all workers")
            container.restart()
            assert definitions(container) == before
            assert container.value(f'Optional.map (g -> g 6) (Index.lookup# "f" {token})', node) == "Optional.Some 42"
            assert container.value(hop("(x -> x + 5000)", "2"), node) == "5002"
            assert definitions(container) == before

    def test_a_damaged_definition_is_left_out_and_named(self):
        with Container(name="damaged") as container:
            node = container.spawn_root()
            assert container.value(hop("(x -> x + 6000)", "1"), node) == "6001"
            digest = hash_of("x -> x + 6000")
            container.stop()
            container.environment()
            self.damage(container, digest)
            container.start()
            assert digest in container.log() and "hash" in container.log()
            assert container.value(hop("(x -> x + 6001)", "1"), node) == "6002"
            assert "no definition" in container.post(node, f"#{digest} 1").problem("type-error", 422)["detail"]
            # It can be defined again, and is whole from then on.
            assert container.value(hop("(x -> x + 6000)", "2"), node) == "6002"
            assert container.value(f"#{digest} 1", node) == "6001"
            pids = container.kill_roostd()
            wait_until(lambda: not any(Process(pid).alive for pid in pids), 5, "the end of all workers")
            container.restart()
            assert container.value(f"#{digest} 1", node) == "6001"

    @staticmethod
    def damage(container, digest):
        """Changes the last byte of a definition in the database, as a fault of the disk would."""
        container.start()
        standard = digest.translate(str.maketrans("-_", "+/"))
        container.sql("ALTER TABLE roost.definitions DISABLE TRIGGER USER; "
                      "UPDATE roost.definitions SET definition = set_byte(definition, octet_length(definition) - 1, 77) "
                      f"WHERE hash = decode('{standard}', 'base64'); ALTER TABLE roost.definitions ENABLE TRIGGER USER")
        pids = container.kill_roostd()
        wait_until(lambda: not any(Process(pid).alive for pid in pids), 5, "the end of all workers")


class TestAFullStore:
    @pytest.fixture(scope="class")
    def small(self):
        with Container({"code_bytes_max": STORE_BYTES}, name="full") as container:
            yield container

    def test_the_program_is_told_and_the_container_goes_on(self, small):
        text = "t" * 900_000
        answers = [small.post(small.playground, hop(f'(x -> Text.length "{text}{number}")', "1")) for number in range(8)]
        assert answers[0].text == "900001\n"
        problem = answers[-1].problem("container-full", 503)
        assert "code_bytes_max" in problem["detail"] and problem["retryable"]
        assert small.value("1 + 1") == "2"
        # What is known already needs no room.
        assert small.value(hop(f'(x -> Text.length "{text}0")', "1")) == "900001"


class TestRoostCode:
    def test_show_prints_the_term_its_type_and_its_size(self, roost, container):
        container.value(hop("(v -> Vector.sum (Vector.append 1007 v))", "[1]"))
        digest = hash_of("v -> Vector.sum (Vector.append 1007 v)")
        done = roost("code", "show", digest[:12], "--color", "never")
        assert done.returncode == 0, done.stderr
        assert digest in done.stdout and "Vector Number -> Number" in done.stdout and re.search(r"size +\d+ bytes", done.stdout)
        assert "Vector.sum (Vector.append 1007 v)" in done.stdout

    def test_json_says_the_same(self, roost, container):
        container.value(hop("(v -> Vector.sum (Vector.append 1008 v))", "[1]"))
        digest = hash_of("v -> Vector.sum (Vector.append 1008 v)")
        shown = json.loads(roost("code", "show", "#" + digest, "--json").stdout)
        assert shown["hash"] == digest and shown["type"] == "Vector Number -> Number" and shown["refers_to"] == 1

    def test_deps_lists_what_it_refers_to(self, roost, container):
        container.value(hop("(v -> Vector.dedup Text.Order v)", '["a"]'))
        digest = hash_of("v -> Vector.dedup Text.Order v")
        below = json.loads(roost("code", "deps", digest, "--json").stdout)["refers_to"]
        names = [one["name"] for one in below]
        assert names.index("Vector.dedup-adjacent") < names.index("Vector.dedup") and not any(one["missing"] for one in below)
        assert [one["name"] for one in below if one["direct"]] == ["Vector.dedup"]
        assert "Vector.dedup" in roost("code", "deps", digest).stdout

    def test_a_name_of_the_library_will_do(self, roost):
        done = roost("code", "show", "Vector.sum")
        assert done.returncode == 0 and hash_of("Vector.sum") in done.stdout

    def test_what_is_not_there_is_refused(self, roost):
        done = roost("code", "show", "AAAAAAAAAAAA")
        assert done.returncode == 1 and "AAAAAAAAAAAA" in done.stderr and done.stdout == ""

    def test_without_a_container_it_says_where_it_looked(self, tmp_path):
        done = run_program("--map", "/no-such-map", "code", "show", "Vector.sum")
        assert done.returncode == 3 and "no-such-map" in done.stderr


def test_the_store_is_for_the_servers_user_alone(container):
    mode = os.stat(f"/dev/shm{container.map().name}-code").st_mode & 0o777
    assert mode == 0o600


def test_a_worker_cannot_write_to_the_store(container):
    """Its mapping is read-only, and the file behind it was opened so: it cannot be made writable."""
    url = container.spawn_root()
    container.value("1", url)
    pid = next(node.pid for node in container.map().nodes() if node.fingerprint == fingerprint_of(url))
    with open(f"/proc/{pid}/maps") as file:
        mapped = [line.split()[1] for line in file if f"{container.map().name[1:]}-code" in line]
    assert mapped == ["r--s"]
