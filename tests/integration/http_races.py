# tests/integration/http_races.py: several hands change one thing over HTTP at once: what is shown is what is stored.
import random
import re
import threading

from _herald import Server
from _stories import expect, expect_equal, story, tell
from _things import PBX, THINGS

HANDS = 6
CHANGES = 25


def change(server, chance, thing, wrong):
    for _ in range(CHANGES):
        number = None if chance.random() < 0.4 else chance.randrange(100)
        status = thing.put(server, number).status
        if status not in (200, 201, 204) and not (number is None and status == 404):
            wrong.append(f"{thing.name}: {status}")


def many_hands(server, seed):
    wrong = []
    hands = [threading.Thread(target=change, args=(server, random.Random(f"{seed} {thing.path} {hand}"), thing, wrong))
             for thing in THINGS for hand in range(HANDS)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    expect(not wrong, "; ".join(wrong[:3]))


def shown(server):
    """Without what time changes."""
    return {thing.name: re.sub(r'"(expires_in|expires|ttl|duration|age)":\s*\d+', "", thing.show(server)) for thing in THINGS}


@story
def what_is_shown_is_what_is_stored():
    """After each round and kill -9, everything is as it was shown before."""
    with Server(server={"shards": 4}, http={"threads": 32}, pbx=PBX) as server:
        for seed in range(4):
            many_hands(server, seed)
            before = shown(server)
            server.kill()
            server.start()
            after = shown(server)
            for thing in THINGS:
                expect_equal(after[thing.name], before[thing.name], f"{thing.name} after round {seed}")
        server.stop()


tell()
