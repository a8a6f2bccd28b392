# SPDX-License-Identifier: MIT
"""HTTP for tests: one keep-alive TLS connection, the operator's unix socket, and answers that know problem documents."""

import dataclasses
import http.client
import json
import re
import socket
import ssl
import urllib.parse


@dataclasses.dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    text: str

    @classmethod
    def read(cls, connection):
        response = connection.getresponse()
        return cls(response.status, response.headers, response.read().decode())

    def json(self):
        return json.loads(self.text)

    @property
    def type(self):
        return (self.headers["Content-Type"] or "").partition(";")[0]

    def problem(self, kind, status):
        """Checks that this is that problem, with all that every problem has, and returns it."""
        assert self.type == "application/problem+json", f"{self.status} {self.headers['Content-Type']}: {self.text[:500]}"
        problem = self.json()
        assert problem["type"] == f"/-/problems#{kind}", problem
        assert self.status == problem["status"] == status, problem
        assert problem["title"] and isinstance(problem["detail"], str) and problem["detail"], problem
        assert re.fullmatch(r"/-/requests/[0-9a-f]{32}", problem["instance"]), problem
        assert problem["fault"] in ("caller", "program", "container"), problem
        assert problem["retryable"] in (True, False), problem
        if problem["retryable"]:
            assert int(self.headers["Retry-After"]) >= 1, "what is worth repeating says when"
        return problem


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout_s=60):
        super().__init__("localhost", timeout=timeout_s)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def tls_context(ca, protocols=("http/1.1",)):
    context = ssl.create_default_context(cafile=ca)
    context.set_alpn_protocols(list(protocols))
    return context


class Client:
    def __init__(self, base_url, ca, timeout_s=90):
        parts = urllib.parse.urlsplit(base_url)
        self.connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=timeout_s, context=tls_context(ca))

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.connection.close()

    def request(self, method, url, body=None, headers=None):
        path = url if url.startswith("/") else urllib.parse.urlsplit(url).path
        if isinstance(body, str):
            body = body.encode()
        self.connection.request(method, path, body, headers or {})
        return Answer.read(self.connection)

    def post(self, url, program, headers=None):
        return self.request("POST", url, program, {"Content-Type": "text/plain", **(headers or {})})
