# tests/hostile/reflection.py: who sends in another's name makes little noise at his door.
import time

from _hostile import ACCOMPLICE, DOMAIN, STRANGER, datagrams, guarded, received

from _herald import Server
from _sip import Client, pidf
from _stories import expect, expect_equal, story, tell


def request(method, uri, via_more="", more="", sent_by="h"):
    """As short as it may be: what is added by an answer counts the more."""
    return (f"{method} {uri} SIP/2.0\r\nv: SIP/2.0/UDP {sent_by};branch=z9hG4bK{method}{len(via_more)};rport{via_more}\r\n"
            f"f: <sip:m@x>;tag=1\r\nt: <{uri}>\r\ni: {method}\r\nCSeq: 1 {method}\r\n{more}l: 0\r\n\r\n").encode()


@story
def no_answer_is_three_times_its_request():
    """By UDP, without an account, with and without passwords asked for."""
    for make in (guarded, lambda: Server(sip={"domains": [DOMAIN]})):
        with make() as server, datagrams() as sock:
            server.put_account(f"alice@{DOMAIN}", "a secret")
            uri, alice = f"sip:{DOMAIN}", f"sip:alice@{DOMAIN}"
            attacks = {
                "OPTIONS": request("OPTIONS", uri), "an unknown method": request("X", uri), "INVITE": request("INVITE", alice),
                "BYE": request("BYE", alice), "PUBLISH without Event": request("PUBLISH", alice),
                "an unknown event": request("SUBSCRIBE", alice, more="Event: x\r\n"),
                "PUBLISH": request("PUBLISH", alice, more="Event: presence\r\n"),
                "REGISTER": request("REGISTER", uri), "MESSAGE": request("MESSAGE", alice),
                "an extension": request("PUBLISH", alice, more="Event: presence\r\nRequire: x\r\n"),
                "a scheme": request("SUBSCRIBE", "x:y"),
            }
            for name, octets in attacks.items():
                sock.sendto(octets, server.address)
                came = sum(len(datagram) for datagram in received(sock))
                print(f"{name}: {len(octets)} -> {came} bytes")
                expect(came < 3 * len(octets), f"{name}: {len(octets)} bytes in, {came} out")
            server.stop()


def bytes_within(sock, seconds):
    """What came to a socket in that time."""
    end, came = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        sock.settimeout(max(0.01, end - time.monotonic()))
        try:
            came += len(sock.recv(65536))
        except (TimeoutError, BlockingIOError):
            pass
    return came


def notifies_elsewhere(server, client, victim, fields=()):
    """The account's SUBSCRIBE names the victim's address; returns its bytes, and those the victim got until Timer F and after."""
    before = client.sent_bytes
    elsewhere = f"<sip:m@{ACCOMPLICE}:{victim.getsockname()[1]}>"
    response = client.request("SUBSCRIBE", f"sip:alice@{DOMAIN}",
                              [("Event", "presence"), ("Expires", "3600"), ("Contact", elsewhere), *fields])
    expect_equal(response.status, 200, "the SUBSCRIBE")
    asked = client.sent_bytes - before
    return asked, bytes_within(victim, 12)


class Counted(Client):
    """Counts what it sends, and asks for no rport."""
    sent_bytes = 0

    def via(self, branch):
        return super().via(branch).removesuffix(";rport")

    def send(self, octets, to=None):
        self.sent_bytes += len(octets)
        super().send(octets, to)


@story
def a_contact_elsewhere_hears_little():
    """Nobody answers there: one small NOTIFY, few copies, no document that needs fragments, no rounds. t1_ms 100: Timer F is 6.4 s."""
    for name, sections, login in (("an account", {}, True), ("no account, open", {"auth": "open"}, False)):
        with guarded(sip={"t1_ms": 100, **sections}, notify={"timeout_max": 9}) as server, \
                Counted(server.address, user="bob", domain=DOMAIN) as client, datagrams(ACCOMPLICE) as victim:
            server.put_account(f"bob@{DOMAIN}", "bob's secret")
            if login:
                client.login = ("bob", "bob's secret")
            fields = [("Event", "presence"), ("Content-Type", "application/pidf+xml")]
            aor = f"sip:bob@{DOMAIN}"
            expect_equal(client.request("PUBLISH", aor, fields, pidf(aor, note="x" * 9000)).status, 200, "the PUBLISH")
            own = [("Record-Route", f"<sip:{ACCOMPLICE}:{victim.getsockname()[1]};lr>")]
            for way, more in (("Contact", ()), ("Record-Route", own)):
                asked, came = notifies_elsewhere(server, client, victim, more)
                print(f"{name}, {way}: {asked} -> {came} bytes")
                expect(0 < came < 10 * asked, f"{name}, {way}: {asked} bytes in, {came} out")
            server.stop()


@story
def a_login_from_elsewhere_does_not_prove_the_address():
    """The challenge went to the account's own address; the SUBSCRIBE pretends to come from the victim's."""
    with guarded(sip={"t1_ms": 100}, notify={"timeout_max": 9}) as server, \
            Counted(server.address, user="bob", domain=DOMAIN) as client, datagrams(ACCOMPLICE) as victim:
        server.put_account(f"bob@{DOMAIN}", "bob's secret")
        client.login = ("bob", "bob's secret")
        aor = f"sip:bob@{DOMAIN}"
        client.request("SUBSCRIBE", aor, [("Event", "presence"), ("Expires", "0"), ("Contact", client.contact)])
        login = [("Authorization", client._credentials("SUBSCRIBE", aor, b""))]
        spoofed, _ = client.compose("SUBSCRIBE", aor, [("Event", "presence"), ("Expires", "3600"), ("Contact", client.contact)] + login)
        spoofed = spoofed.replace(b"127.0.0.1", ACCOMPLICE.encode())
        spoofed = spoofed.replace(str(client.port).encode(), str(victim.getsockname()[1]).encode())
        victim.sendto(spoofed, server.address)
        came = bytes_within(victim, 12)
        print(f"from the victim's address: {len(spoofed)} -> {came} bytes")
        expect(0 < came < 10 * len(spoofed), f"{len(spoofed)} bytes in, {came} out")
        server.stop()


@story
def a_stranger_chooses_no_address_by_maddr():
    """RFC 3261 18.2.2: the answer goes to who asked; a proxy of ours may say otherwise."""
    for trusted in ([], [STRANGER]):
        with guarded(sip={"trusted_peers": trusted}) as server, datagrams() as sock, datagrams(ACCOMPLICE) as victim:
            port = victim.getsockname()[1]
            sock.sendto(request("OPTIONS", f"sip:{DOMAIN}", f";maddr={ACCOMPLICE}", sent_by=f"{STRANGER}:{port}"), server.address)
            expect_equal(len(received(victim)), len(trusted), f"answers at the victim, trusted peers {trusted}")
            expect_equal(len(received(sock)), 1 - len(trusted), "answers at the sender")
            server.stop()


tell()
