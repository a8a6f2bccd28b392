# SPDX-License-Identifier: MIT
"""Clients that say nothing, send half a body, hang up or read slowly delay no one else; many may wait at once."""

import concurrent.futures
import contextlib
import os
import pathlib
import re
import resource
import shutil
import socket
import subprocess
import time
import urllib.parse

import pytest

from roost_client import tls_context

PARKED = int(os.environ.get("ROOST_PARKED_REQUESTS", "10000"))
QUICK_S = 1.0   # a request beside misbehaving clients; alone it takes a hundredth of this


def connect(container):
    parts = urllib.parse.urlsplit(container.base_url)
    return tls_context(container.ca).wrap_socket(socket.create_connection((parts.hostname, parts.port)),
                                                 server_hostname=parts.hostname)


def head_of(url, length, *more):
    path = urllib.parse.urlsplit(url).path
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: text/plain", f"Content-Length: {length}",
                        *more, "", ""]).encode()


def seconds_of_a_request(container):
    started = time.monotonic()
    assert container.value("1 + 1") == "2"
    return time.monotonic() - started


@contextlib.contextmanager
def crowd(container, count, say):
    """`count` connections, each of which has sent what `say` gives and stays open."""
    connections = []
    try:
        for _ in range(count):
            connection = connect(container)
            connections.append(connection)
            connection.sendall(say)
        yield connections
    finally:
        for connection in connections:
            connection.close()


@pytest.mark.parametrize("what", ["nothing", "half a header", "half a body"])
def test_silent_clients_delay_no_one(container, what):
    say = {"nothing": b"", "half a header": b"POST /abc HTTP/1.1\r\nHost:", "half a body": head_of(container.playground, 100) + b"1 +"}
    with crowd(container, 64, say[what]):
        assert max(seconds_of_a_request(container) for _ in range(10)) < QUICK_S


def test_clients_that_hang_up_while_their_node_works_delay_no_one(container):
    url = container.spawn_root()
    program = b"Remote.map (u -> 1) (Remote.sleep (Duration.seconds 1))"
    with crowd(container, 64, head_of(url, len(program)) + program):
        pass
    assert max(seconds_of_a_request(container) for _ in range(10)) < QUICK_S
    assert container.value("2", url) == "2"
    container.wait_for_state(url, "idle", 5)   # nothing of them is left


def test_a_client_that_reads_slowly_delays_no_one(container):
    program = b'Text.join (Vector.replicate 60000 "0123456789")'   # 600 kB: eight at once fit into the node's memory
    with crowd(container, 8, head_of(container.spawn_root(), len(program)) + program) as connections:
        time.sleep(0.5)
        assert max(seconds_of_a_request(container) for _ in range(10)) < QUICK_S
        for connection in connections:
            assert connection.recv(15).startswith(b"HTTP/1.1 200")


def test_a_program_that_comes_byte_by_byte_is_answered(container):
    program = b"1 + 1"
    with crowd(container, 1, head_of(container.playground, len(program), "Connection: close")) as [connection]:
        for byte in program:
            connection.sendall(bytes([byte]))
            time.sleep(0.1)
        text = b"".join(iter(lambda: connection.recv(4096), b""))
    assert text.startswith(b"HTTP/1.1 200") and text.endswith(b"2\n")


def test_a_chunked_body_is_taken(container):
    path = urllib.parse.urlsplit(container.playground).path
    say = (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n"
           "Connection: close\r\n\r\n3\r\n1 +\r\n2\r\n 1\r\n0\r\n\r\n").encode()
    with crowd(container, 1, say) as [connection]:
        text = b"".join(iter(lambda: connection.recv(4096), b""))
    assert text.startswith(b"HTTP/1.1 200") and text.endswith(b"2\n")


def test_http2_answers_as_http1_does(container):
    done = subprocess.run(["curl", "-sS", "--http2", "--cacert", container.ca, "-d", "1 + 1", "-w", "%{http_version} %{http_code}",
                           container.playground], capture_output=True, text=True, timeout=20)
    assert done.stdout == "2\n2 200", done.stderr


def test_tls_older_than_1_2_is_refused(container):
    done = subprocess.run(["curl", "-sS", "--tls-max", "1.1", "--tlsv1.0", "--cacert", container.ca, container.playground],
                          capture_output=True, text=True, timeout=20)
    assert done.returncode != 0


def status_counts(out):
    """Of h2load: how many answers were 2xx, 3xx, 4xx and 5xx."""
    counts = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", out)
    assert counts, out
    return [int(count) for count in counts.groups()]


@pytest.mark.skipif(not shutil.which("h2load"), reason="needs h2load (Debian: nghttp2-client)")
def test_a_burst_that_a_hundred_waking_nodes_make_slow_to_take_is_answered(container):
    """roostd waits for a processor while nginx connects thousands of times: more than one kernel queue holds."""
    urls = container.spawn_many(100)
    body = container.folder / "burst"
    body.write_text('Remote.bind (Remote.pure 1) (n -> "no step")')
    done = subprocess.run(["h2load", "-n", "10000", "-c", "100", "-m", "100", "-t", "2", "-d", str(body), *urls],
                          capture_output=True, text=True, timeout=60)
    assert status_counts(done.stdout) == [0, 0, 10000, 0], done.stdout


@pytest.mark.skipif(not shutil.which("h2load"), reason="needs h2load (Debian: nghttp2-client)")
def test_ten_thousand_waiting_requests_are_all_answered(container):
    """Over HTTP/2, so that the client needs few connections; each request is one of its own for nginx and for roostd."""
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] >= 16384
    urls = container.spawn_many(100)
    body = container.folder / "parked"
    body.write_text("Remote.map (u -> 1) (Remote.sleep (Duration.seconds 6))")
    clients = 100
    with concurrent.futures.ThreadPoolExecutor() as pool:
        load = pool.submit(subprocess.run, ["h2load", "-n", str(PARKED), "-c", str(clients), "-m", str(PARKED // clients), "-t", "2",
                                            "-d", str(body), *urls], capture_output=True, text=True, timeout=60)
        waiting = 0
        threads = None
        while not load.done():
            nodes = container.map().nodes()
            waiting = max(waiting, sum(node.mailbox for node in nodes))
            if waiting and threads is None:
                threads = len(list(pathlib.Path(f"/proc/{container.roostd_pid()}/task").iterdir()))
            time.sleep(0.1)
        out = load.result().stdout
    assert status_counts(out) == [PARKED, 0, 0, 0], out
    assert threads <= 16, f"roostd has {threads} threads"
    print(f"at most {waiting} waited at once, in {threads} threads")
    assert waiting >= PARKED * 0.9
