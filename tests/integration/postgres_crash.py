# tests/integration/postgres_crash.py: PostgreSQL dies at any moment, alone or with Herald: what was answered 200 is there.
"""HERALD_KILLS=500 runs longer; HERALD_SEED=7 repeats a run. Needs scripts/postgres run."""
import os
import random
import time

import _postgres
from _herald import Server, wait_until
from _model import crash_rounds
from _sip import Client, pidf
from _stories import expect, expect_equal, skip_all, story, tell

KILLS = int(os.environ.get("HERALD_KILLS", "8"))
SEED = int(os.environ.get("HERALD_SEED", "20260314"))
ALICE = "sip:alice@localhost"

if _postgres.url() is None:
    skip_all("HERALD_POSTGRES is not set")


class WithDatabase(Server):
    """What is struck is PostgreSQL; where `takes_both`, Herald in the same moment."""

    def __init__(self, takes_both, **sections):
        super().__init__(**sections)
        self.takes_both = takes_both
        self.struck = False

    def strike(self):
        if self.takes_both:
            self.process.kill()
        _postgres.stop_immediately()
        self.struck = True

    def is_down(self):
        return self.struck

    def fall(self):
        if self.takes_both:
            super().fall()

    def start(self):
        if self.starts == 0:
            return super().start()
        _postgres.start()
        self.struck = False
        if self.takes_both:
            super().start()
        return self.wait_ready()


@story
def what_was_answered_200_survives_the_end_of_postgresql():
    """Herald goes on: what waits is answered once PostgreSQL is back, once, and nobody is told what is not there."""
    print(f"HERALD_SEED={SEED} HERALD_KILLS={KILLS}")
    with WithDatabase(False) as server, Client(server.address) as client:
        print(dict(crash_rounds(server, client, random.Random(SEED), KILLS)))
        expect(server.metric("^herald_store_reconnects_total") >= 1, "no session was lost")
        server.stop()


@story
def and_the_end_of_both():
    """kill -9 of Herald and of PostgreSQL in the same moment, on two shards."""
    with WithDatabase(True, server={"shards": 2}) as server, Client(server.address) as client:
        print(dict(crash_rounds(server, client, random.Random(SEED + 1), KILLS)))
        server.stop()


@story
def a_request_waits_for_postgresql_and_readyz_says_so():
    """No answer while it is away, /readyz 503; then 200, and the watcher hears of it once."""
    with Server() as server, Client(server.address) as client:
        watcher = client.subscribe(ALICE)
        client.publish(ALICE, pidf(ALICE, note="before"))
        watcher.wait_body("before")
        known = len(watcher.notifies)
        _postgres.stop_immediately()
        octets, branch = client.compose("PUBLISH", ALICE, [("Event", "presence"), ("Expires", "3600"),
                                                           ("Content-Type", "application/pidf+xml")],
                                        pidf(ALICE, note="meanwhile"), from_tag="away")
        client.send(octets)
        client.pump(1.5)
        final = lambda: [r.status for r in client.responses.get(branch, ()) if r.status >= 200]
        expect_equal(final(), [], "answers while nothing can be stored")
        expect_equal(server.http("GET", "/readyz").status, 503, "/readyz while PostgreSQL is away")
        _postgres.start()
        client.wait(final, "the answer comes with PostgreSQL", 30)
        expect_equal(final(), [200], "the PUBLISH that waited")
        watcher.wait_body("meanwhile")
        wait_until(lambda: server.http("GET", "/readyz").status == 200, "/readyz once PostgreSQL is back")
        client.catch_up()
        expect_equal(len(watcher.notifies), known + 1, "NOTIFYs for it")
        server.stop()


@story
def sessions_that_are_ended_cost_nobody_an_answer():
    """pg_terminate_backend() again and again under load."""
    with Server() as server, Client(server.address) as client:
        publication = client.publish(ALICE, pidf(ALICE, note="0"))
        watcher = client.subscribe(ALICE)
        for number in range(1, 40):
            if number % 4 == 0:
                _postgres.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'herald'")
            expect_equal(publication.modify(pidf(ALICE, note=f"{number}")).status, 200, f"modification {number}")
        watcher.wait_body(">39<")
        watcher.expect_rising()
        expect(server.metric("^herald_store_reconnects_total") >= 9, "sessions were not lost")
        server.stop()


@story
def a_clean_stop_without_postgresql_ends():
    """SIGTERM while it is away: the process ends, and says that the end is not noted."""
    with Server() as server, Client(server.address) as client:
        client.publish(ALICE, pidf(ALICE, note="kept"))
        _postgres.stop_immediately()
        begun = time.monotonic()
        server.process.terminate()
        code = server.process.wait(40)
        expect_equal(code, 1, f"the exit code {server.log_tail()}")
        expect(time.monotonic() - begun < 30, "it took too long")
        _postgres.start()
        server.start()
        answer = server.http("GET", "/v1/resources/presence/alice@localhost")
        expect(b"kept" in answer.body, "what was answered is there")
        server.stop()


tell()
