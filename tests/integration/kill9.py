# tests/integration/kill9.py: what was answered 200 survives kill -9 at any moment, and every watcher hears of it.
"""HERALD_KILLS=500 runs longer; HERALD_SEED=7 repeats a run (as far as the moments of a live process can be repeated)."""
import os
import random

from _herald import Server
from _model import crash_rounds
from _sip import Client
from _stories import story, tell

KILLS = int(os.environ.get("HERALD_KILLS", "25"))
SEED = int(os.environ.get("HERALD_SEED", "20260214"))


@story
def what_was_answered_200_survives_kill_9_at_any_moment():
    """RFC 6665 4.2, RFC 3903 6 and the promise that a 200 means: it is on the disk."""
    print(f"HERALD_SEED={SEED} HERALD_KILLS={KILLS}")
    with Server() as server, Client(server.address) as client:
        print(dict(crash_rounds(server, client, random.Random(SEED), KILLS)))
        server.stop()


@story
def and_on_two_shards():
    """The same, a third as often, where changes of two threads meet in one commit."""
    with Server(server={"shards": 2}) as server, Client(server.address) as client:
        print(dict(crash_rounds(server, client, random.Random(SEED + 1), max(1, KILLS // 3))))
        server.stop()


tell()
