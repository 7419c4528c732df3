#!/usr/bin/env python3
# bench/calls.py: what a change of one call costs where somebody has many at once.
#
#   HERALD_BINARY=build/release/herald python3 bench/calls.py [CALLS...]
#
# Each call is a publication of one PBX, all of one user, who has one watcher over TCP. Calls change one after the other; the
# NOTIFY of each is waited for. CPU time of the shard's threads for one change, its NOTIFY included: the median of three rounds.
import statistics
import sys

from worst import ALICE, DIALOGS, DOMAIN, shard_seconds

from _herald import Server
from _sip import Client, Publication

CALLS = (125, 250, 500, 1000)
ROUNDS = 3
CHANGES = 100
STATES = ("early", "confirmed")


def document(number, turn):
    return (DIALOGS[0] + f"<dialog id='{number}' call-id='call-{number}@pbx.example.com' local-tag='l{number}' remote-tag='r{number}' "
            f"direction='recipient'><state>{STATES[turn % 2]}</state><local><identity>{ALICE}</identity></local>"
            f"<remote><identity>sip:caller{number}@{DOMAIN}</identity></remote></dialog>" + DIALOGS[1]).encode()


def change(pbx, publications, turn, watcher, lamp):
    """Each of them in its turn, and the watcher has been told."""
    for publication in publications:
        told = lamp.last.cseq
        answer = publication.send(document(publication.number, turn))
        if answer.status != 200:
            sys.exit(f"a change is refused: {answer.status}")
        watcher.wait(lambda: lamp.last.cseq != told, "the change is told", 30)


def measured(calls):
    """Milliseconds of the shard for each change, and bytes of a document."""
    with Server(sip={"domains": [DOMAIN]}, server={"shards": 1, "log_level": "warning"}, notify={"intervals": ["dialog 0"]},
                publish={"per_resource": 1024}) as server, \
            Client(server.address, "tcp", user="alice", domain=DOMAIN) as pbx, \
            Client(server.address, "tcp", user="alice", domain=DOMAIN) as watcher:
        publications = []
        for number in range(calls):
            publication = Publication(pbx, ALICE, "dialog")
            publication.number = number
            if publication.send(document(number, 0)).status != 200:
                sys.exit("a call is refused")
            publications.append(publication)
        lamp = watcher.subscribe(ALICE, "dialog")
        costs = []
        for turn in range(1, ROUNDS + 1):
            before = shard_seconds(server)
            change(pbx, publications[:CHANGES], turn, watcher, lamp)
            costs.append((shard_seconds(server) - before) / CHANGES * 1000)
        size = len(lamp.last.body)
        server.stop()
    return statistics.median(costs), size


def main():
    wanted = [int(word) for word in sys.argv[1:]] or CALLS
    print("| calls at once | bytes of the document | ms of a shard for each change |\n|---|---|---|")
    for calls in wanted:
        cost, size = measured(calls)
        print(f"| {calls:,} | {size:,} | {cost:.2f} |", flush=True)


if __name__ == "__main__":
    main()
