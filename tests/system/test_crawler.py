# SPDX-License-Identifier: MIT
"""Http.get-url in real containers: a crawler (tests/programs/crawler.u) over pages that an nginx of the test's own serves, and what
a container with the default settings refuses."""

import contextlib
import shutil
import subprocess

import pytest

from roost_container import REPOSITORY, free_port, wait_until
from test_cli import run_program

SITE = REPOSITORY / "tests/programs/site"
EXPECTED = (
    'Pair 6 (Pair ['
    'Pair "/" (Pair "Jams Jams Jams We boil plums, figs and plums again. No link. Others boil too. Write." ()),'
    'Pair "/fig.html" (Pair "Fig FigFig with lime. More and more Plum" ()),'
    'Pair "/gone.html" (Pair "no such page" ()),'
    'Pair "/old" (Pair "Moved Moved here" ()),'
    'Pair "/plum.html" (Pair "Plum PlumPlum stone & boil; the old page, home" ())'
    '] (Pair ["/hangs-up"] ()))\n')


@contextlib.contextmanager
def serving(folder, port):
    (folder / "nginx.conf").write_text(f"""
pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1; daemon off;
events {{}}
http {{
    access_log {folder}/access.log;
    types {{ text/html html; }}
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4;
    scgi_temp_path {folder}/t5;
    server {{
        listen 127.0.0.1:{port};
        root {folder}/site;
        error_page 404 /missing;
        location = /missing {{ internal; return 404 "no such page"; }}
        location = /old {{ return 302 /moved.html; }}
        location = /hangs-up {{ return 444; }}
    }}
}}
""")
    server = subprocess.Popen(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL)
    try:
        base = f"http://127.0.0.1:{port}"
        wait_until(lambda: subprocess.run(["curl", "-s", "-o", "/dev/null", base]).returncode == 0, 10, "the site's nginx")
        yield base
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    for parent in [folder, *folder.parents][:3]:   # nginx's workers are somebody else when root starts it
        parent.chmod(0o755)
    shutil.copytree(SITE, folder / "site")
    with serving(folder, free_port()) as base:
        yield base


@pytest.fixture(scope="module")
def crawler(site):
    return (REPOSITORY / "tests/programs/crawler.u").read_text().replace("@SITE@", site)


def test_a_crawler_reads_a_site_in_a_container(container, crawler):
    answer = container.post(container.spawn_root(), crawler)
    assert (answer.text, answer.status) == (EXPECTED, 200)


def test_a_crawler_reads_a_site_in_a_terminal(crawler):
    done = run_program("run", "-", stdin=crawler)
    assert (done.stdout, done.returncode) == (EXPECTED, 0), done.stderr


def test_a_host_that_the_operator_did_not_name_is_not_fetched(container):
    value = container.value('Http.get-url "http://example.invalid/"', container.spawn_root())
    assert value.startswith('Either.Left "') and "http_hosts" in value


def test_by_default_nothing_private_is_fetched(tight, site):
    for url in (site, site.replace("127.0.0.1", "localhost"), site.replace("127.0.0.1", "[::1]"), "http://169.254.169.254/"):
        value = tight.value(f'Http.get-url "{url}/"', tight.spawn_root())
        assert value.startswith('Either.Left "') and "http_private_addresses" in value


def test_a_node_without_the_capability_is_refused(container, site):
    url = container.spawn_root(capabilities=["spawn"])
    answer = container.post(url, f'Http.get-url "{site}/"')
    assert answer.status == 403 and "Capability.http" in answer.text


def test_the_playground_may_not_fetch(container, site):
    assert container.post(container.playground, f'Http.get-url "{site}/"').status == 403
