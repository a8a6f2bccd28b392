# SPDX-License-Identifier: MIT
"""Kills random children of one process, evenly over time, and prints how many.

    kill_workers.py PID SEED SECONDS KILLS_PER_S

A process of its own, so that the rate does not depend on how busy a test's threads are.
"""

import os
import pathlib
import random
import signal
import sys
import time

from roost_container import Process


def main():
    parent, seed, seconds, kills_per_s = (int(argument) for argument in sys.argv[1:])
    rng, kills = random.Random(seed), 0
    began = time.monotonic()
    for turn in range(seconds * kills_per_s):
        time.sleep(max(0, began + turn / kills_per_s - time.monotonic()))
        children = pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        victim = Process(int(rng.choice(children))) if children else None
        if victim and victim.alive:
            try:
                os.kill(victim.pid, signal.SIGKILL)
                kills += 1
            except ProcessLookupError:
                pass   # it went by itself
        if time.monotonic() > began + seconds:
            break
    print(kills)


main()
