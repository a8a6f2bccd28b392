# SPDX-License-Identifier: MIT
"""The status map, read as backend/status/layout.h describes it: an independent reader, so that a test can watch every node
many times a second without asking anybody, and so that the description itself is tested."""

import base64
import dataclasses
import hashlib
import mmap
import pathlib
import struct
import tomllib

STATES = ("asleep", "waking", "idle", "active", "draining", "destroyed")
HEADER = struct.Struct("<QIIQqiI40s128sQq")
SLOT = struct.Struct("<IBBBB32s32siIqQQQII")
MAGIC = int.from_bytes(b"roostmap", "little")


def fingerprint_of_key(key):
    checksum = hashlib.blake2b(b"roost node" + key + b"\1", digest_size=32).digest()[:2]
    return base64.b32encode(key + checksum + b"\1").decode().lower()


@dataclasses.dataclass
class Node:
    key: bytes
    state: str
    pid: int
    mailbox: int
    messages: int
    memory_bytes_allotted: int
    memory_bytes_in_use: int

    @property
    def fingerprint(self):
        return fingerprint_of_key(self.key)


class StatusMap:
    def __init__(self, configuration):
        self.name = name = tomllib.loads(pathlib.Path(configuration).read_text())["status_map"]
        with open("/dev/shm/" + name.lstrip("/"), "rb") as file:
            self.bytes = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        header = HEADER.unpack_from(self.bytes)
        assert header[0] == MAGIC and header[1] == 2 and header[2] == SLOT.size, header
        self.slots, self.writer_pid = header[3], header[5]
        self.first = len(self.bytes) - self.slots * SLOT.size
        assert 0 <= self.first - HEADER.size < 4096, "the slots do not end where the object ends"

    def used_end(self):
        return HEADER.unpack_from(self.bytes)[9]

    def nodes(self):
        """Every node, each as it was at one instant."""
        found = []
        for slot in range(self.used_end()):
            place = self.first + slot * SLOT.size
            while True:
                before = self.bytes[place:place + SLOT.size]
                if before[0] % 2 == 0 and before == self.bytes[place:place + SLOT.size]:
                    break
            fields = SLOT.unpack(before)
            if fields[3]:
                found.append(Node(fields[5], STATES[fields[1]], fields[7], fields[8], fields[12], fields[10], fields[11]))
        return found

    def counts(self):
        counts = dict.fromkeys(STATES, 0)
        for node in self.nodes():
            counts[node.state] += 1
        return counts
