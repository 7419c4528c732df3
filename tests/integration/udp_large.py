# tests/integration/udp_large.py: NOTIFYs too large for UDP (RFC 3261 18.1.1, sip-core vector 15), and what fits by compact names.
import socket

from _herald import PATIENCE, Server, free_port
from _sip import Client, Publication, pidf
from _stories import expect, expect_equal, story, tell

ALICE = "sip:alice@localhost"
LARGE = "x" * 4000


class Listening:
    """A UDP watcher that also takes TCP connections on the port of its Contact."""

    def __init__(self, server):
        self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.bind(("127.0.0.1", free_port()))
        self.listener.listen()
        self.listener.settimeout(PATIENCE)
        self.udp = Client(server.address, port=self.listener.getsockname()[1])

    def accept(self):
        """The connection the server makes, as a client that shares the dialogs."""
        connection, _ = self.listener.accept()
        client = Client.__new__(Client)
        client.__dict__.update(self.udp.__dict__, transport="tcp", socket=connection, buffer=b"")
        return client

    def close(self):
        self.listener.close()
        self.udp.close()


@story
def a_large_notify_takes_a_tcp_connection_where_the_watcher_has_one():
    """Contact = the packets' source and it accepts TCP: the NOTIFY comes over TCP, and its Via says so."""
    with Server() as server, Client(server.address) as publisher:
        watcher_side = Listening(server)
        watcher = watcher_side.udp.subscribe(ALICE)
        expect(watcher.last.get("via").startswith("SIP/2.0/UDP"), "the first, small NOTIFY")
        publisher.publish(ALICE, pidf(ALICE, note=LARGE))
        over_tcp = watcher_side.accept()
        over_tcp.wait(lambda: LARGE.encode() in watcher.last.body, "the large NOTIFY over TCP")
        expect(watcher.last.get("via").startswith("SIP/2.0/TCP"), f"its Via: {watcher.last.get('via')}")
        watcher.expect_rising()
        expect_equal(watcher.refresh().status, 200, "the dialog goes on over UDP")
        over_tcp.close()
        watcher_side.close()
        server.stop()


@story
def a_large_notify_falls_back_to_udp_where_tcp_is_refused():
    """Nobody listens: the same NOTIFY comes over the UDP flow, is counted, and TCP is not tried again for a while."""
    with Server() as server, Client(server.address) as client:
        watcher = client.subscribe(ALICE)
        publication = client.publish(ALICE, pidf(ALICE, note=LARGE))
        watcher.wait_body(LARGE)
        expect(watcher.last.get("via").startswith("SIP/2.0/UDP"), f"its Via: {watcher.last.get('via')}")
        expect(server.metric("^herald_notify_oversize_udp_total") >= 1, "it is counted")
        client.wait(lambda: server.metric("^herald_notify_delivered_total") >= 2, "it was accepted")

        publication.modify(pidf(ALICE, note=LARGE + "2"))
        watcher.wait_body(LARGE + "2")
        watcher.expect_rising()
        server.stop()


@story
def what_no_datagram_holds_is_not_told_to_who_has_no_stream():
    """RFC 6665 4.2.1.2: he gets his NOTIFYs all the same, without a body, keeps his subscription, and hears of the next change he can."""
    with Server() as server, Client(server.address) as client, Client(server.address, "tcp") as publisher:
        first = publisher.publish(ALICE, pidf(ALICE, note="1" * 40000, tuple_id="a"))
        second = publisher.publish(ALICE, pidf(ALICE, note="2" * 40000, tuple_id="b"))
        watcher = client.subscribe(ALICE)
        expect_equal((watcher.last.state, watcher.last.body), ("active", b""), "the first NOTIFY")
        second.modify(pidf(ALICE, note="3" * 40000, tuple_id="b"))
        watcher.wait_count(2)
        expect_equal((watcher.last.state, watcher.last.body), ("active", b""), "the NOTIFY of a change")
        expect(server.metric("^herald_notify_too_large_total") >= 2, "they are counted")
        second.remove()
        watcher.wait_body("1" * 40000)
        first.modify(pidf(ALICE, note="4" * 100, tuple_id="a"))
        watcher.wait_body("4" * 100)
        watcher.expect_rising()
        expect_equal(watcher.refresh().status, 200, "the subscription is there")
        server.stop()


@story
def what_no_datagram_holds_comes_by_tcp_where_the_watcher_has_one():
    with Server() as server, Client(server.address, "tcp") as publisher:
        watcher_side = Listening(server)
        watcher = watcher_side.udp.subscribe(ALICE)
        for tuple_id in ("a", "b", "c"):
            publisher.publish(ALICE, pidf(ALICE, note=tuple_id * 40000, tuple_id=tuple_id))
        over_tcp = watcher_side.accept()
        over_tcp.wait(lambda: all(each * 40000 in watcher.last.body for each in (b"a", b"b", b"c")), "all of it over TCP")
        over_tcp.close()
        watcher_side.close()
        server.stop()


@story
def a_silent_tcp_port_costs_two_seconds_once():
    """Connections that are never accepted nor refused: after 2 s the UDP flow is used; the next NOTIFY does not wait."""
    with Server() as server, Client(server.address) as publisher:
        silent = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        silent.bind(("127.0.0.1", free_port()))
        silent.listen(0)
        # A full backlog makes further SYNs go unanswered.
        fillers = []
        for _ in range(4):
            filler = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            filler.setblocking(False)
            filler.connect_ex(silent.getsockname())
            fillers.append(filler)
        client = Client(server.address, port=silent.getsockname()[1])
        watcher = client.subscribe(ALICE)
        publication = publisher.publish(ALICE, pidf(ALICE, note=LARGE))
        watcher.wait_body(LARGE)
        publication.modify(pidf(ALICE, note=LARGE + "2"))
        watcher.wait_body(LARGE + "2")
        expect(server.metric("^herald_notify_oversize_udp_total") >= 2, "both are counted")
        for filler in fillers:
            filler.close()
        silent.close()
        client.close()
        server.stop()


@story
def a_contact_elsewhere_gets_no_tcp_connection():
    """Contact differs from the packets' source (a NAT): the UDP flow at once, counted."""
    with Server() as server, Client(server.address) as client:
        other = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        other.bind(("127.0.0.1", free_port()))
        other.listen()
        other.setblocking(False)
        watcher = client.subscribe(ALICE, contact=f"<sip:bob@127.0.0.1:{other.getsockname()[1]}>")
        client.publish(ALICE, pidf(ALICE, note=LARGE))
        watcher.wait_body(LARGE)
        expect(watcher.last.get("via").startswith("SIP/2.0/UDP"), f"its Via: {watcher.last.get('via')}")
        expect(server.metric("^herald_notify_oversize_udp_total") >= 1, "it is counted")
        try:
            other.accept()
            raise AssertionError("the server connected to a Contact that is not the source of the packets")
        except BlockingIOError:  # the large NOTIFY went another way already
            other.close()
        server.stop()


@story
def a_little_too_large_fits_with_compact_names():
    """Whatever its size, a NOTIFY between the two is read; none over UDP passes 1300 octets where compact names would do."""
    with Server() as server, Client(server.address) as client:
        watcher = client.subscribe(ALICE)
        publication = client.publish(ALICE, pidf(ALICE, note="first"))
        compact = 0
        for size in range(400, 900, 20):
            note = f"{size}-" + "y" * size
            expect_equal(publication.modify(pidf(ALICE, note=note)).status, 200, "a modification")
            notify = watcher.wait_body(note)
            if b"\r\no: presence\r\n" in notify.raw:
                compact += 1
                long_form = len(notify.raw) + 40
                expect(long_form > 1250, f"{len(notify.raw)} octets needed no compact names")
        expect(compact >= 1, "no NOTIFY had compact names")
        watcher.expect_rising()
        server.stop()


@story
def a_tcp_watcher_gets_any_size():
    """120 kB over its own connection, composed of two publications; one of 100 kB is too large a document."""
    with Server() as server, Client(server.address, "tcp") as client:
        watcher = client.subscribe(ALICE)
        first, second = "a" * 60_000, "b" * 60_000
        publication = client.publish(ALICE, pidf(ALICE, note=first, tuple_id="first"))
        client.publish(ALICE, pidf(ALICE, note=second, tuple_id="second"))
        watcher.wait_body(first)
        watcher.wait_body(second)
        expect(first.encode() in watcher.last.body, "both publications are in the document")
        expect_equal(publication.remove().status, 200, "the removal")
        client.wait(lambda: first.encode() not in watcher.last.body, "the NOTIFY after the removal")
        expect_equal(Publication(client, ALICE).send(pidf(ALICE, note="c" * 100_000)).status, 413, "a document of 100 kB")
        expect_equal(Publication(client, ALICE).send(pidf(ALICE, note="small")).status, 200, "the connection goes on")
        watcher.wait_body("small")
        watcher.expect_rising()
        server.stop()

tell()
