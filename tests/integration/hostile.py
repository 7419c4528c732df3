# tests/integration/hostile.py: input that wants to hurt: answered as the specification says or dropped and counted; the
# server lives, serves others, and does not grow.
import random
import socket
import time

from _herald import PATIENCE, Server, wait_until
from _message import Message, build, frame, token
from _sip import Client, NoAnswer, Publication, pidf
from _stories import expect, expect_equal, story, tell

ALICE = "sip:alice@localhost"


class Patient:
    """Somebody who is served all the time, whatever the others do."""

    def __init__(self, server):
        self.server = server
        self.client = Client(server.address, user="patient")
        self.watcher = self.client.subscribe("sip:calm@localhost", user="patient")
        self.publication = self.client.publish("sip:calm@localhost", pidf("sip:calm@localhost", note="calm0"))
        self.count = 0

    def is_served(self):
        self.count += 1
        response = self.publication.modify(pidf("sip:calm@localhost", note=f"calm{self.count}-"))
        expect_equal(response.status, 200, "somebody else's PUBLISH")
        self.watcher.wait_body(f"calm{self.count}-")
        expect(self.server.alive(), "the server lives")


def request(client, start=None, drop=(), more=(), body=b"", **replace):
    """A valid SUBSCRIBE with fields dropped, replaced or added."""
    method = (start or "SUBSCRIBE").split(" ")[0]
    branch = "z9hG4bK" + token()
    fields = {"Via": client.via(branch), "Max-Forwards": "70", "From": f"<{client.aor}>;tag={token(4)}", "To": f"<{ALICE}>",
              "Call-ID": token(), "CSeq": f"1 {method}", "Contact": client.contact, "Event": "presence", "Expires": "0"}
    fields.update({name.replace("_", "-"): value for name, value in replace.items()})
    rows = [(name, value) for name, value in fields.items() if name not in drop] + list(more)
    return build(start or f"SUBSCRIBE {ALICE} SIP/2.0", rows, body), branch


def status_of(client, octets, branch, seconds=PATIENCE):
    """The status of the answer, or None. Without a readable branch any answer counts."""
    client.responses.clear()
    client.send(octets)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = client.responses.get(branch) or (list(client.responses.values()) or [None])[0]
        if found:
            return found[0].status
        client.pump(0.02)
    return None


def rejected(server):
    return server.metric(r"^herald_sip_(rejected|datagrams_dropped|messages_rejected|requests_rejected)[a-z_]*_total")


@story
def malformed_requests_are_answered_and_counted():
    """sip-core 4 and vectors 2 to 9: the code each fault is answered with."""
    with Server() as server, Client(server.address) as client:
        patient = Patient(server)
        client.answers = lambda notify: 200
        cases = [
            ("no From", dict(drop=["From"]), 400),
            ("no To", dict(drop=["To"]), 400),
            ("no Call-ID", dict(drop=["Call-ID"]), 400),
            ("no CSeq", dict(drop=["CSeq"]), 400),
            ("two Froms", dict(more=[("From", "<sip:x@localhost>;tag=2")]), 400),
            ("two Call-IDs", dict(more=[("i", "other")]), 400),
            ("CSeq of another method", dict(CSeq="1 PUBLISH"), 400),
            ("CSeq too large", dict(CSeq="4294967296 SUBSCRIBE"), 400),
            ("CSeq no number", dict(CSeq="one SUBSCRIBE"), 400),
            ("negative Content-Length", dict(more=[("Content-Length", "-1")]), 400),
            ("Content-Length no number", dict(more=[("Content-Length", "some")]), 400),
            ("Content-Length beyond the datagram", dict(more=[("Content-Length", "9999")]), 400),
            ("unterminated quotes", dict(To=f'"Alice <{ALICE}>'), 400),
            ("no Contact", dict(drop=["Contact"]), 400),
            ("two Events", dict(more=[("Event", "dialog")]), 400),
            ("URI in brackets", dict(start=f"SUBSCRIBE <{ALICE}> SIP/2.0"), 400),
            ("another version", dict(start=f"SUBSCRIBE {ALICE} SIP/7.0"), 505),
            ("another scheme", dict(start="SUBSCRIBE nobodyKnowsThisScheme:foo SIP/2.0"), 416),
            ("unknown method", dict(start=f"NEWMETHOD {ALICE} SIP/2.0"), 501),
            ("INVITE", dict(start=f"INVITE {ALICE} SIP/2.0"), 405),
            ("unknown extension", dict(more=[("Require", "nothingSupportsThis")]), 420),
            ("unknown event", dict(Event="weather"), 489),
            ("foreign domain", dict(start="SUBSCRIBE sip:alice@elsewhere.example SIP/2.0"), 404),
        ]
        before = rejected(server)
        wrong = []
        for name, changes, wanted in cases:
            got = status_of(client, *request(client, **changes))
            if got != wanted:
                wrong.append(f"{name}: want {wanted}, got {got}")
        expect(not wrong, "; ".join(wrong))
        expect(rejected(server) >= before + 10, f"what was malformed is counted: {before} -> {rejected(server)}")
        patient.is_served()
        server.stop()


@story
def what_cannot_be_answered_is_dropped():
    """No Via, no message, keep-alives, broken STUN, answers for nobody, status codes that are none: silence."""
    with Server() as server, Client(server.address) as client:
        patient = Patient(server)
        fake = "SIP/2.0 {} Whatever\r\nVia: SIP/2.0/UDP 127.0.0.1:{};branch=z9hG4bK{}\r\nFrom: <sip:a@b>;tag=1\r\n" \
               "To: <sip:a@b>;tag=2\r\nCall-ID: x\r\nCSeq: 1 NOTIFY\r\nContent-Length: 0\r\n\r\n"
        for octets in (b"", b"\0", b"\r\n\r\n", b"\0\0\0\0", b"hello", b"\xff" * 1000, b"GET / HTTP/1.1\r\n\r\n", b"\r\n" * 500,
                       b"\0\1\0\4\x21\x12\xa4\x42" + b"\0" * 12, request(client, drop=["Via"])[0],
                       fake.format(200, server.sip_port, "0000.00000000.00000001.0000000000000000").encode(),
                       fake.format(4294967301, server.sip_port, "1").encode(), fake.format(200, 9, "1").encode()):
            if octets:
                expect_equal(status_of(client, octets, "none", 0.15), None, f"an answer to {octets[:40]!r}")
        expect(not client.strays, f"something was sent: {client.strays}")
        patient.is_served()
        server.stop()


@story
def random_octets_and_broken_requests_do_no_harm():
    """Five thousand datagrams: noise, and valid requests with octets flipped, cut out, doubled."""
    chance = random.Random(4711)
    with Server() as server, Client(server.address) as client:
        patient = Patient(server)
        client.answers = lambda notify: 200
        before = server.rss_kilobytes()
        sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sink.bind(("127.0.0.1", 0))
        for number in range(5000):
            octets = bytearray(request(client)[0] if number % 4 else chance.randbytes(chance.randrange(1, 2000)))
            for _ in range(chance.randrange(1, 6)):
                at = chance.randrange(len(octets))
                kind = chance.randrange(4)
                if kind == 0:
                    octets[at] = chance.randrange(256)
                elif kind == 1:
                    del octets[at:at + chance.randrange(1, 40)]
                elif kind == 2:
                    octets[at:at] = octets[at:at + chance.randrange(1, 40)]
                else:
                    octets[at:at] = chance.choice([b"\r\n", b"\0", b";", b"<", b'"', b"%", b"\xff", b"99999999999"])
                if not octets:
                    octets = bytearray(b"x")
            sink.sendto(bytes(octets), server.address)
            if number % 500 == 499:
                patient.is_served()
        sink.close()
        patient.is_served()
        server.expect_grown_less(before, 100_000, "5,000 broken datagrams")
        server.stop()


@story
def too_much_is_refused_with_its_own_code():
    """413 for bodies, 513 for messages, 414 or 400 for endless URIs, 400 for endless headers; over UDP and TCP."""
    with Server() as server:
        patient = Patient(server)
        cases = [
            ("a thousand header fields", lambda c: request(c, more=[(f"X-{n}", "y") for n in range(1000)]), "udp", {400, 513}),
            ("a field of 30 kB", lambda c: request(c, more=[("X-Long", "y" * 30_000)]), "udp", {200, 400, 513}),
            ("a URI of 20 kB", lambda c: request(c, start=f"SUBSCRIBE sip:{'a' * 20_000}@localhost SIP/2.0"), "udp", {400, 414, 404, 200}),
            ("a thousand Vias", lambda c: request(c, more=[("Via", "SIP/2.0/UDP x")] * 1000), "udp", {400, 513}),
            ("a head of 100 kB", lambda c: request(c, more=[("X-Long", "y" * 100_000)]), "tcp", {400, 413, 513}),
            ("a body of 300 kB", lambda c: request(c, start=f"PUBLISH {ALICE} SIP/2.0", body=b"z" * 300_000,
                                                   more=[("Content-Type", "application/pidf+xml")]), "tcp", {413, 513}),
            ("a length of 4 GB", lambda c: request(c, more=[("Content-Length", "4294967295")]), "tcp", {400, 413, 513}),
        ]
        wrong = []
        for name, make, transport, wanted in cases:
            with Client(server.address, transport) as client:
                client.answers = lambda notify: 200
                octets, branch = make(client)
                try:
                    got = status_of(client, octets, branch)
                except ConnectionError:
                    got = "closed"
                if got not in wanted:
                    wrong.append(f"{name} over {transport}: want one of {sorted(wanted)}, got {got}")
        expect(not wrong, "; ".join(wrong))
        patient.is_served()
        server.stop()


@story
def xml_that_explodes_is_refused():
    """Entity bombs, external entities, depth, many elements, other encodings: 400 or 415 and nothing of it is kept."""
    with Server() as server, Client(server.address, "tcp") as client:
        patient = Patient(server)
        before = server.rss_kilobytes()
        start = '<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@localhost">'
        bomb = "<!DOCTYPE x [<!ENTITY a0 'ha'>" + "".join(
            f"<!ENTITY a{n} '&a{n - 1};&a{n - 1};&a{n - 1};&a{n - 1};&a{n - 1};&a{n - 1};&a{n - 1};&a{n - 1};'>" for n in range(1, 12)) + "]>"
        bodies = {
            "billion laughs": f"{bomb}{start}<tuple id='t'><status><basic>&a11;</basic></status></tuple></presence>",
            "external entity": "<!DOCTYPE x [<!ENTITY f SYSTEM 'file:///etc/passwd'>]>" + start +
                               "<tuple id='t'><status><basic>open</basic></status><note>&f;</note></tuple></presence>",
            "7000 deep": start + "<x>" * 7000 + "</x>" * 7000 + "</presence>",
            "not closed": start + "<tuple id='t'>",
            "two roots": start + "</presence><presence/>",
            "no XML": "open",
            "nothing but NULs": "\0" * 500,
            "another root": "<reginfo xmlns='urn:ietf:params:xml:ns:reginfo'/>",
        }
        wrong = []
        for name, body in bodies.items():
            response = Publication(client, ALICE).send(body.encode())
            if response.status not in (400, 415):
                wrong.append(f"{name}: {response.status}")
        for name, body in {"UTF-16": pidf(ALICE).decode().encode("utf-16"), "Latin-1": pidf(ALICE, note="é").decode().encode("latin-1"),
                           "2000 tuples": (start + "".join(f"<tuple id='t{n}'><status><basic>open</basic></status></tuple>"
                                                           for n in range(2000)) + "</presence>").encode()}.items():
            response = Publication(client, ALICE).send(body)
            if response.status not in (400, 413, 415):
                wrong.append(f"{name}: {response.status}")
        response = Publication(client, ALICE).send(pidf(ALICE), fields=[("Content-Encoding", "gzip")])
        if response.status != 415:
            wrong.append(f"an encoding that is none of ours: {response.status}")
        expect(not wrong, "; ".join(wrong))

        # A bad publication must not hide the good ones (interop 8).
        watcher = client.subscribe(ALICE, user="bob")
        expect(b"passwd" not in watcher.last.body and b"root:" not in watcher.last.body, "a file of the server is shown")
        client.publish(ALICE, pidf(ALICE, note="good"))
        watcher.wait_body("good")
        patient.is_served()
        server.expect_grown_less(before, 100_000, "hostile documents")
        server.stop()


@story
def slow_and_half_messages_hold_nobody_up():
    """A hundred connections that send a few octets and stop, or one octet a time; others are served meanwhile."""
    with Server() as server, Client(server.address, "tcp") as client:
        patient = Patient(server)
        before = server.rss_kilobytes()
        whole = request(client)[0]
        slow = []
        for n in range(100):
            connection = socket.create_connection(server.address)
            connection.sendall(whole[:1 + n * 3])
            slow.append(connection)
        endless = socket.create_connection(server.address)
        endless.setblocking(False)
        sent = 0
        try:
            for _ in range(2000):  # a head that never ends
                sent += endless.send(b"X-More: " + b"y" * 1000 + b"\r\n")
        except (BlockingIOError, ConnectionError):
            pass
        patient.is_served()
        wait_until(lambda: closed(endless), f"the connection of the endless head is closed (after {sent} octets)")
        patient.is_served()
        # Half of a message and the connection gone: nothing is left behind.
        for connection in slow:
            connection.close()
        expect_equal(client.transact(*request(client)).status, 200, "a request after all of them")
        patient.is_served()
        server.expect_grown_less(before, 60_000, "slow connections")
        endless.close()
        server.stop()


def closed(connection):
    try:
        connection.setblocking(False)
        while True:
            if not connection.recv(65536):
                return True
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


@story
def a_stream_that_loses_its_frame_is_closed():
    """RFC 3261 18.3: no Content-Length, or two that differ, over TCP: 400, then the connection is closed."""
    with Server() as server:
        patient = Patient(server)
        whole = {}
        with Client(server.address, "tcp") as composer:
            octets, _ = request(composer)
            whole["no Content-Length"] = octets.replace(b"Content-Length: 0\r\n", b"")
            whole["two Content-Lengths"] = octets.replace(b"Content-Length: 0\r\n", b"Content-Length: 0\r\nContent-Length: 5\r\n")
            whole["negative Content-Length"] = octets.replace(b"Content-Length: 0", b"Content-Length: -5")
        for name, octets in whole.items():
            connection = socket.create_connection(server.address)
            connection.settimeout(PATIENCE)
            connection.sendall(octets)
            buffer = b""
            while chunk := connection.recv(65536):
                buffer += chunk
            message, _ = frame(buffer)
            expect(message is not None and Message(message).status == 400, f"{name}: want 400, got {buffer[:100]!r}")
            connection.close()
        patient.is_served()
        server.stop()


@story
def many_connections_are_bounded():
    """Above sip.max_connections new ones are refused; below it all are served."""
    with Server(sip={"max_connections": 50}) as server:
        patient = Patient(server)
        connections = []
        for _ in range(120):
            connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            connection.settimeout(2)
            try:
                connection.connect(server.address)
            except OSError:
                pass
            connections.append(connection)
        patient.is_served()

        def open_now():
            return sum(1 for connection in connections if not closed(connection))
        wait_until(lambda: open_now() <= 50, "as many connections are open as are allowed")
        for connection in connections:
            connection.close()

        def served():
            try:
                with Client(server.address, "tcp") as client:
                    client.answers = lambda notify: 200
                    return client.transact(*request(client), seconds=5).status == 200
            except (OSError, NoAnswer):
                return False
        wait_until(served, "a new connection is served when the others have gone")
        patient.is_served()
        server.stop()


tell()
