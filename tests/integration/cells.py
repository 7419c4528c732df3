# tests/integration/cells.py: the cells of a server are given away and taken back under load: each change reaches each
# watcher in exactly one NOTIFY, and whatever was kept is there.
"""HERALD_GIVES=1000 goes on for longer; HERALD_SEED=7 repeats a run of the world. HERALD_THOROUGH=1 takes minutes."""
import os
import random
import threading
import time

from _actors import OWN_PACKAGE
from _herald import Server, wait_until
from _sip import Client, pidf
from _stories import expect, expect_equal, story, tell
from _world import SECTIONS, World

CELLS = 64
GIVES = int(os.environ.get("HERALD_GIVES", "1000" if "HERALD_THOROUGH" in os.environ else "130"))
AT_ONCE = 40  # of them, before what is kept is looked at
SEED = int(os.environ.get("HERALD_SEED", "20261130"))
USERS = [f"sip:user{n}@localhost" for n in range(8)]


def call(aor, number):
    return (f'<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="0" state="full" entity="{aor}"><dialog id="1">'
            f'<state>confirmed</state><remote><identity>sip:r{number}@localhost</identity></remote></dialog></dialog-info>').encode()


# A document of each package with a number in it, and how that can be seen.
KINDS = {"presence": (lambda aor, number: pidf(aor, note=f"round {number} "), "round {} "),
         "dialog": (call, "sip:r{}@"),
         "message-summary": (lambda aor, number: f"Messages-Waiting: yes\r\nVoice-Message: {number}/0\r\n".encode(),
                             "Voice-Message: {}/0"),
         OWN_PACKAGE["name"]: (lambda aor, number: f"door {number} ".encode(), "door {} ")}


def give(server, cell):
    """204; where changes were under way for too long it is kept, 409."""
    answer = server.http("POST", f"/v1/cells/{cell}/give")
    expect(answer.status in (204, 409), f"giving cell {cell}: {answer.status} {answer.body!r}")
    return answer.status


class Gives(threading.Thread):
    """Gives one cell after the other, until told to end."""

    def __init__(self, server):
        super().__init__()
        self.server = server
        self.given = 0
        self.failure = None
        self.is_ending = threading.Event()

    def run(self):
        try:
            cell = 0
            while not self.is_ending.is_set():
                self.given += give(self.server, cell % CELLS) == 204
                cell += 1
        except Exception as failure:
            self.failure = failure

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.is_ending.set()
        self.join()


@story
def one_notify_for_each_change_while_cells_are_given():
    """Watchers over UDP and TCP, of four packages; changes and gives at the same time, in two shards."""
    at_once = {"intervals": [f"{event} 0" for event in KINDS if event != OWN_PACKAGE["name"]]}
    with Server(server={"shards": 2}, package=[OWN_PACKAGE], notify=at_once) as server, \
            Client(server.address) as udp, Client(server.address, "tcp") as tcp:
        publications, watchers = [], []
        for event, (document, _) in KINDS.items():
            for n, aor in enumerate(USERS):
                watchers += [client.subscribe(aor, event, user=f"w{n}") for client in (udp, tcp)]
                publications.append(udp.publish(aor, document(aor, 0), event))

        def wait_for(number):
            def is_told(watcher):
                return watcher.last and KINDS[watcher.event][1].format(number).encode() in watcher.last.body
            for client in (udp, tcp):
                client.wait(lambda: all(is_told(watcher) for watcher in watchers if watcher.client is client), f"round {number}")

        wait_for(0)
        begun = [len(watcher.notifies) for watcher in watchers]
        rounds = 0
        with Gives(server) as gives:
            while rounds < 4 or (gives.given < GIVES and not gives.failure):
                rounds += 1
                for publication in publications:
                    document = KINDS[publication.event][0](publication.aor, rounds)
                    expect_equal(publication.modify(document).status, 200, f"a modification of {publication.aor}")
                    tcp.pump(0.001)  # who leaves a NOTIFY without an answer for a second is told once more
                wait_for(rounds)
        expect(gives.failure is None, f"a give failed: {gives.failure}")
        udp.pump(1)
        tcp.pump(0.2)
        print(f"{gives.given} gives, {rounds} rounds of {len(publications)} changes, {len(watchers)} watchers")

        for watcher, before in zip(watchers, begun):
            expect_equal(len(watcher.notifies) - before, rounds, f"NOTIFYs about {watcher.event} of {watcher.aor}")
            watcher.expect_rising()
        expect_equal(server.metric(r"herald_cluster_held\b"), 0, "requests left waiting")
        server.stop()


@story
def everything_takes_part():
    """Publications, calls, bindings, messages, mailboxes and their groups, jobs, lists and rules, profiles, accounts, those who
    watch them and those who watch who watches: all change while cells are given, and all is as the model says after a kill."""
    with Server(server={"shards": 2}, message={"rate": 0}, **SECTIONS) as server:
        world = World(server, random.Random(SEED))
        giver = next(each for each in world.operators if each.name == "gives of cells")
        while giver.given < GIVES:
            wanted = giver.given + AT_ONCE
            world.burst(until=lambda: wait_until(lambda: giver.given >= wanted or not giver.thread.is_alive(), "gives", 600))
            expect(giver.given >= wanted, f"only {giver.given} cells were given")
            world.start()
            world.check()
            world.forget()
        print(f"{giver.given} gives; {sum(sum(actor.did.values()) for actor in world.actors)} requests by SIP, "
              f"{sum(operator.count for operator in world.operators)} by HTTP")
        world.close()
        server.stop()


@story
def what_was_given_is_there_after_a_kill():
    """CSeqs rise over gives and kill -9; dialogs and tags are good."""
    with Server(server={"shards": 2}) as server, Client(server.address) as client:
        watchers = [client.subscribe(aor) for aor in USERS[:6]]
        publications = [client.publish(aor, pidf(aor, note="before")) for aor in USERS[:6]]
        for watcher in watchers:
            watcher.wait_body("before")
        for _ in range(3):
            for cell in range(CELLS):
                give(server, cell)
        server.kill()
        server.start()

        for aor, publication in zip(USERS, publications):
            expect_equal(publication.modify(pidf(aor, note="after")).status, 200, "a modification with the tag from before")
        for watcher in watchers:
            watcher.wait_body("after")
            expect_equal(watcher.refresh().status, 200, "a refresh of a dialog from before")
            watcher.expect_rising()
        server.stop()


@story
def nothing_runs_out_early_or_late():
    """A subscription of four seconds whose cell is given all the time ends when it was to end."""
    with Server(server={"shards": 2}, subscribe={"min_expires": 1}) as server, Client(server.address) as client:
        watcher = client.subscribe(USERS[0], expires=4)
        begun = time.monotonic()
        with Gives(server) as gives:
            watcher.wait_state("terminated")
        lived = time.monotonic() - begun
        expect(gives.failure is None, f"a give failed: {gives.failure}")
        expect(lived > 8, f"it ended after {lived:.1f} s, and was granted 4 s that end 5 s late")
        server.stop()


if __name__ == "__main__":
    tell()
