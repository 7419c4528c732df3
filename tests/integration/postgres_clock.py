# tests/integration/postgres_clock.py: the database's clock is the server's: followed from the start on, and whoever sets
# it ends nothing that was granted.
"""Needs scripts/postgres run."""
import email.utils
import time

import _postgres
from _herald import Server, wait_until
from _sip import Client, pidf
from _stories import expect, skip_all, story, tell

ALICE = "sip:alice@localhost"
HOUR = 3600
OFFSET = "^herald_cluster_clock_offset_seconds"

if _postgres.url() is None:
    skip_all("HERALD_POSTGRES is not set")


class WithClock(Server):
    """The store's schema is looked for things first, then one with a clock that can be set, then PostgreSQL's own."""

    def __init__(self, ahead=0, **sections):
        super().__init__(**sections)
        self.clocks = _postgres.schema_of(self.directory) + "_clock"
        _postgres.psql(f"CREATE SCHEMA {self.clocks}; CREATE TABLE {self.clocks}.shown (ahead INTERVAL NOT NULL);"
                       f" INSERT INTO {self.clocks}.shown VALUES ('{ahead} s');"
                       f" CREATE FUNCTION {self.clocks}.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS"
                       f" 'SELECT pg_catalog.clock_timestamp() + (SELECT ahead FROM {self.clocks}.shown)'")
        self.config["store"]["url"] += f"%2C{self.clocks}%2Cpg_catalog"

    def __exit__(self, *failure):
        super().__exit__(*failure)
        _postgres.psql(f"SET client_min_messages = warning; DROP SCHEMA {self.clocks} CASCADE")

    def set_database(self, ahead):
        """... and waits until it was looked at."""
        _postgres.psql(f"UPDATE {self.clocks}.shown SET ahead = '{ahead} s'")
        wait_until(lambda: abs(self.metric(OFFSET) - ahead) <= 1, f"the database's clock is seen to be {ahead} s ahead")

    def node(self, columns):
        """What its row in the store says."""
        schema = _postgres.schema_of(self.directory)
        return _postgres.psql(f"SELECT {columns} FROM {schema}.nodes WHERE name = 'bee'").strip().split("|")

    def expect_ahead(self, client, wanted):
        """As the Date of an answer says (RFC 3261 20.17)."""
        answer = client.request("REGISTER", "sip:localhost", [("Contact", client.contact)], to=client.aor)
        apart = email.utils.parsedate_to_datetime(answer.get("date")).timestamp() - time.time()
        expect(abs(apart - wanted) <= 60, f"the server is {apart:.0f} s ahead, not {wanted}")


def seconds_left(watcher):
    return int(watcher.last.get("subscription-state").split("expires=")[1].split(";")[0])


@story
def a_server_starts_by_the_clock_of_its_database():
    """It says that the two differ; an hour is no reason to refuse."""
    with WithClock(ahead=HOUR) as server, Client(server.address) as client:
        server.expect_ahead(client, HOUR)
        expect(abs(server.metric(OFFSET) - HOUR) <= 1, "the metric")
        expect("store.clock_differs" in server.log(), f"a warning {server.log_tail()}")
        server.stop()


@story
def whoever_sets_the_clock_of_the_database_ends_nothing():
    """An hour ahead, and two days back: what was granted before lasts as long as it was granted for."""
    with WithClock() as server, Client(server.address) as client:
        expect("store.clock_differs" not in server.log(), "there is nothing to warn of")
        watcher = client.subscribe(ALICE, expires=1200)
        publication = client.publish(ALICE, pidf(ALICE, note="0"), expires=1200)
        for number, ahead in enumerate((HOUR, -48 * HOUR, 0), 1):
            server.set_database(ahead)
            expect(publication.modify(pidf(ALICE, note=f"change {number}"), expires=1200).status == 200, "a modification")
            watcher.wait_body(f"change {number}")
            expect(900 <= seconds_left(watcher) <= 1200, f"{seconds_left(watcher)} s left {ahead} s ahead")
            server.expect_ahead(client, 0)
        server.stop()


@story
def nor_what_a_start_found():
    """A server that comes back goes by what the database's clock shows then, and from there on by its own."""
    with WithClock() as server, Client(server.address) as client:
        watcher = client.subscribe(ALICE, expires=7200)
        server.kill()
        server.start()
        server.set_database(HOUR)
        client.publish(ALICE, pidf(ALICE, note="after"))
        watcher.wait_body("after")
        expect(7000 <= seconds_left(watcher) <= 7200, f"{seconds_left(watcher)} s left")
        server.stop()


@story
def nor_does_a_start_that_follows_at_once():
    """The database is an hour ahead all of a sudden, and the server is killed: the next one goes on by its clock."""
    with WithClock(cluster={"node": "bee"}) as server, Client(server.address) as client:
        watcher = client.subscribe(ALICE, expires=1200)
        server.set_database(HOUR)
        server.kill()
        server.start()
        server.expect_ahead(client, 0)
        expect("the nodes' counts" in server.log(), f"a warning {server.log_tail()}")
        expect(abs(server.metric(OFFSET) - HOUR) <= 1, "the metric")
        client.publish(ALICE, pidf(ALICE, note="after"))
        watcher.wait_body("after")
        expect(1000 <= seconds_left(watcher) <= 1200, f"{seconds_left(watcher)} s left")
        server.stop()


@story
def a_server_says_in_the_store_who_it_is():
    """By its name; each start is another run; up, then down."""
    with WithClock(cluster={"node": "bee"}) as server:
        before = server.node("node, run, phase, listeners LIKE 'udp:%', version <> ''")
        expect(before[0] == "1" and before[2:] == ["up", "t", "t"], f"the row {before}")
        wait_until(lambda: int(server.node("beat")[0]) >= 2, "its beat moves")
        server.kill()
        server.start()
        after = server.node("node, run, phase")
        expect(after[0] == "1" and int(after[1]) > int(before[1]) and after[2] == "up", f"the row {after}")
        server.stop()
        expect(server.node("phase") == ["down"], "it left")


tell()
