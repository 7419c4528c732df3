# tests/integration/cells.py: the cells of a server are given away and taken back under load: each change reaches each
# watcher in exactly one NOTIFY, and whatever was kept is there.
import threading
import time

from _herald import Server
from _sip import Client, pidf
from _stories import expect, expect_equal, story, tell

CELLS = 64
USERS = [f"sip:user{n}@localhost" for n in range(24)]


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
    """Watchers over UDP and TCP; changes and gives at the same time, in two shards."""
    with Server(server={"shards": 2}) as server, Client(server.address) as udp, Client(server.address, "tcp") as tcp:
        watchers = [client.subscribe(aor, user=f"w{n}") for n, aor in enumerate(USERS) for client in (udp, tcp)]
        publications = [udp.publish(aor, pidf(aor, note="round 0 ")) for aor in USERS]
        for client in (udp, tcp):
            client.wait(lambda: all(w.last and b"round 0 " in w.last.body for w in watchers if w.client is client), "round 0")
        begun = [len(watcher.notifies) for watcher in watchers]

        rounds = 0
        with Gives(server) as gives:
            while rounds < 4 or (gives.given < 2 * CELLS and not gives.failure):
                rounds += 1
                note = f"round {rounds} "
                for aor, publication in zip(USERS, publications):
                    expect_equal(publication.modify(pidf(aor, note=note)).status, 200, f"a modification of {aor}")
                    tcp.pump(0.001)  # who leaves a NOTIFY without an answer for a second is told once more
                for client in (udp, tcp):
                    client.wait(lambda: all(note.encode() in w.last.body for w in watchers if w.client is client), note)
        expect(gives.failure is None, f"a give failed: {gives.failure}")
        udp.pump(1)
        tcp.pump(0.2)

        for watcher, before in zip(watchers, begun):
            expect_equal(len(watcher.notifies) - before, rounds, f"NOTIFYs about {watcher.aor} for as many changes")
            watcher.expect_rising()
        expect_equal(server.metric(r"herald_cluster_held"), 0, "requests left waiting")
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
