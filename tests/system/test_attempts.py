# SPDX-License-Identifier: MIT
"""Remote.attempt over real processes: whatever ends a computation elsewhere comes back as a Left that says where and why."""

import concurrent.futures
import os
import signal

import pytest

from roost_container import Container, fingerprint_of, wait_until


@pytest.fixture(scope="module")
def node(container):
    return container.spawn_root()


def attempted(container, node, step):
    """What `step`, run at a new node, comes to at the node that asks. Within it, `n` is the new node."""
    return container.value(f"do Remote n := Remote.spawn; e := Remote.attempt (do Remote Remote.transfer n; {step};;); pure e;;", node)


def test_a_value_comes_back(container, node):
    assert attempted(container, node, "pure [1, 2]") == "Either.Right [1,2]"


def test_a_failure_says_where_and_in_what(container, node):
    said = attempted(container, node, "let pick x = Text.length _ + x; shop x = pick x + 1; pure (shop 1);;")
    assert said.startswith('Either.Left "Text.length needs a text, not _ (at node ')
    assert "in `pick`, called by `shop`" in said


def test_a_process_that_is_killed_is_a_failure_like_any_other(container, node):
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        before = {one.fingerprint for one in container.map().nodes()}
        waiting = pool.submit(attempted, container, node, "Remote.sleep (Duration.seconds 60)")

        def sleeper():
            return next((one for one in container.map().nodes() if one.fingerprint not in before and one.pid), None)
        child = wait_until(sleeper, 10, "the child's process")
        wait_until(lambda: sleeper().state == "active", 10, "its work")
        os.kill(child.pid, signal.SIGKILL)
        said = waiting.result()
    assert said.startswith('Either.Left "The process of node ' + child.fingerprint) and "SIGKILL" in said


def test_a_node_that_is_destroyed_meanwhile_is_one_too(container, node):
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        before = {one.fingerprint for one in container.map().nodes()}
        waiting = pool.submit(attempted, container, node, "Remote.sleep (Duration.seconds 60)")

        def sleeper():
            return next((one for one in container.map().nodes() if one.fingerprint not in before and one.state == "active"), None)
        child = wait_until(sleeper, 10, "the child's work")
        assert container.destroy(container.url(child.fingerprint)).status == 200
        said = waiting.result()
    assert said.startswith('Either.Left "') and "destroyed" in said and child.fingerprint in said


def test_so_is_a_budget_that_is_used_up(container):
    poor = container.spawn_root(budget={"nodes": 2})
    said = container.value("do Remote e := Remote.attempt (Remote.replicate 5 Remote.spawn); pure (Either.map Vector.size e);;", poor)
    assert said.startswith('Either.Left "') and "2" in said and "nodes" in said


def test_so_is_a_limit_of_time(container, node):
    said = attempted(container, node, "c := Remote.channel; f := Remote.receive-async c (Duration.seconds 0.1); f")
    assert said.startswith('Either.Left "`Remote.receive-async` waited 0.1 s, its time limit, and nothing came')


def test_so_is_what_a_message_may_compute():
    with Container({"compute_timeout_ms": 300}, name="attempts") as container:
        said = attempted(container, container.spawn_root(), "let rec loop i = loop (i + 1); pure (loop 0);;")
    assert said.startswith('Either.Left "') and "compute_timeout_ms" in said


def test_nodes_that_would_wait_for_each_other_are_refused(container, node):
    said = container.value("do Remote a := Remote.here; b := Remote.spawn; e := Remote.attempt (do Remote Remote.transfer b; c := Remote.spawn;"
                           " Remote.attempt (do Remote Remote.transfer c; Remote.transfer a;;);;); pure e;;", node)
    first = fingerprint_of(node)
    assert said.startswith('Either.Right (Either.Left "') and "in a circle" in said
    circle = said.split("in a circle, ")[1].split(".")[0].split(" → ")
    assert circle[0] == circle[-1] == first and len(circle) == 3


def test_a_thousand_attempts_at_many_nodes(container, node):
    program = ("do Remote home := Remote.here; ns := Remote.replicate 20 Remote.spawn; "
               "es := Remote.parallel-traverse (Duration.seconds 30) (i -> Remote.attempt (Remote.at (Optional.get-or home (Vector.at (Number.mod i 20) ns)) i)) (Vector.range 0 1000); "
               "pure (Vector.sum (Vector.map (Either.fold (t -> 0) (i -> i)) es));;")
    assert container.value(program, node) == "499500"
