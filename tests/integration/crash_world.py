# tests/integration/crash_world.py: every kind of change over UDP, TCP and HTTP, kill -9 at any moment, copies that come late.
"""HERALD_KILLS=2000 runs longer; HERALD_SEED=7 repeats a run, as far as the moments of a live process can be repeated.
HERALD_THOROUGH=1 takes minutes."""
import os
import random

from _herald import Server
from _stories import expect, story, tell
from _world import World

KILLS = int(os.environ.get("HERALD_KILLS", "120" if "HERALD_THOROUGH" in os.environ else "8"))
SEED = int(os.environ.get("HERALD_SEED", "20260610"))


def lives(shards, kills):
    print(f"HERALD_SEED={SEED} HERALD_KILLS={KILLS}")
    with Server(server={"shards": shards}, http={"threads": 16}) as server:
        world = World(server, random.Random(SEED + shards))
        did = world.rounds(kills)
        world.close()
        print(dict(did))
        expect(did["sent again"] > 0 and did["copies"] > 0, "no kill hit the middle of anything")
        server.stop()


@story
def nothing_acknowledged_is_lost_and_everybody_is_told_the_truth():
    """What a 200 means, for everything that can be changed."""
    lives(1, KILLS)


@story
def nor_on_four_shards():
    """The same, a third as often, where changes of several threads meet in one commit."""
    lives(4, max(1, KILLS // 3))


tell()
