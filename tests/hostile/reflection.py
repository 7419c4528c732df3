# tests/hostile/reflection.py: who sends in another's name makes little noise at his door.
import time

from _hostile import ACCOMPLICE, DOMAIN, STRANGER, datagrams, guarded, received

from _herald import Server, wait_until
from _message import Message, answer
from _sip import Client, pidf
from _stories import expect, expect_equal, story, tell


def request(method, uri, via_more="", more="", sent_by="h"):
    """As short as it may be: what is added by an answer counts the more."""
    return (f"{method} {uri} SIP/2.0\r\nv: SIP/2.0/UDP {sent_by};branch=z9hG4bK{method}{len(via_more)};rport{via_more}\r\n"
            f"f: <sip:m@x>;tag=1\r\nt: <{uri}>\r\ni: {method}\r\nCSeq: 1 {method}\r\n{more}l: 0\r\n\r\n").encode()


@story
def no_answer_is_three_times_its_request():
    """By UDP, without an account, with and without passwords asked for, on one shard and on four."""
    for make in (guarded, lambda: Server(sip={"domains": [DOMAIN]}, server={"shards": 4})):
        with make() as server:
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
            sockets = {name: datagrams() for name in attacks}
            for name, octets in attacks.items():
                sockets[name].sendto(octets, server.address)
            for name, octets in attacks.items():
                with sockets[name] as sock:
                    came = len(sock.recv(65536)) + waiting(sock)
                print(f"{name}: {len(octets)} -> {came} bytes")
                expect(came < 3 * len(octets), f"{name}: {len(octets)} bytes in, {came} out")
            server.stop()


@story
def nobody_is_told_ten_contacts_for_a_short_question():
    """RFC 3261 10.3 wants all of them in the answer; where nobody proves where he is, those that fit."""
    with Server(sip={"domains": [DOMAIN]}) as server, Client(server.address, user="alice", domain=DOMAIN) as client, \
            datagrams() as sock:
        aor = f"sip:alice@{DOMAIN}"
        for device in range(10):
            contact = [("Contact", f"<sip:{'d' * 200}{device}@127.0.0.1:9>"), ("Expires", "600")]
            expect_equal(client.request("REGISTER", aor, contact).status, 200, f"contact {device}")
        asked = request("REGISTER", aor)
        sock.sendto(asked, server.address)
        answer = sock.recv(65536)
        print(f"ten contacts: {len(asked)} -> {len(answer)} bytes")
        expect(answer.startswith(b"SIP/2.0 200 ") and len(answer) < 3 * len(asked), f"{len(asked)} bytes in, {len(answer)} out")
        own = [("Contact", f"<sip:{'d' * 200}7@127.0.0.1:9>"), ("Expires", "900")]
        renewed = client.request("REGISTER", aor, own, call_id="seven")
        expect("7@127.0.0.1:9>" in (renewed.get("contact") or ""), "a device is told of its own contact")
        server.stop()


def waiting(sock):
    """Bytes of the datagrams that are there already."""
    sock.setblocking(False)
    return sum(len(datagram) for datagram in received(sock))


def silence_of(server, victim, client):
    """The victim's bytes, once nothing is sent to it any more. T1 is 20 ms: Timer F takes 1.28 s. Who named it answers where he is."""
    client.wait(lambda: server.metric("^herald_sip_client_transactions$") == 0, "nothing is on its way")
    return waiting(victim)


def elsewhere(victim):
    return f"<sip:m@{ACCOMPLICE}:{victim.getsockname()[1]}>"


def watch_from(client, victim, fields=()):
    """The account's SUBSCRIBE names the victim's address; returns its bytes."""
    before = client.sent_bytes
    response = client.request("SUBSCRIBE", f"sip:alice@{DOMAIN}",
                              [("Event", "presence"), ("Expires", "3600"), ("Contact", elsewhere(victim)), *fields])
    expect_equal(response.status, 200, "the SUBSCRIBE")
    return client.sent_bytes - before


def spoofed(client, victim, octets):
    """As if the victim had sent it."""
    octets = octets.replace(b"127.0.0.1", ACCOMPLICE.encode())
    return octets.replace(str(client.port).encode(), str(victim.getsockname()[1]).encode())


FAST = {"t1_ms": 20}
MODES = (("an account", 1, {}, 10), ("an account", 4, {}, 10), ("no account, open", 1, {"auth": "open"}, 3),
         ("no account, open", 4, {"auth": "open"}, 3))


class Counted(Client):
    """Counts its requests, and asks for no rport."""
    sent_bytes = 0

    def via(self, branch):
        return super().via(branch).removesuffix(";rport")

    def compose(self, *arguments, **named):
        octets, branch = super().compose(*arguments, **named)
        self.sent_bytes += len(octets)
        return octets, branch


@story
def a_contact_elsewhere_hears_little():
    """Nobody answers there: one small NOTIFY, few copies, no document that needs fragments, no rounds."""
    for name, shards, sections, most in MODES:
        with guarded(shards, sip={**FAST, **sections}, notify={"timeout_max": 9}) as server, \
                Counted(server.address, user="bob", domain=DOMAIN) as client, datagrams(ACCOMPLICE) as by_contact, \
                datagrams(ACCOMPLICE) as by_route:
            server.put_account(f"bob@{DOMAIN}", "bob's secret")
            client.login = ("bob", "bob's secret")
            fields = [("Event", "presence"), ("Content-Type", "application/pidf+xml")]
            aor = f"sip:bob@{DOMAIN}"
            expect_equal(client.request("PUBLISH", aor, fields, pidf(aor, note="x" * 9000)).status, 200, "the PUBLISH")
            own = [("Record-Route", f"<sip:{ACCOMPLICE}:{by_route.getsockname()[1]};lr>")]
            asked = {by_contact: watch_from(client, by_contact), by_route: watch_from(client, by_route, own)}
            for way, victim in (("Contact", by_contact), ("Record-Route", by_route)):
                came = silence_of(server, victim, client)
                print(f"{name}, {shards} shards, {way}: {asked[victim]} -> {came} bytes")
                expect(0 < came < most * asked[victim], f"{name}, {way}: {asked[victim]} bytes in, {came} out")
            server.stop()


def written_to(client, login, text=b"x"):
    """Many MESSAGEs to Bob, whose answers nobody waits for."""
    first = client.request("MESSAGE", f"sip:nobody@{DOMAIN}", [("Content-Type", "text/plain")], text)
    expect_equal(first.status, 202, "one to nobody, for a challenge to answer")
    for _ in range(20):
        fields = [("Content-Type", "text/plain")]
        if login:
            fields.append(("Authorization", client._credentials("MESSAGE", f"sip:bob@{DOMAIN}", text)))
        client.send(client.compose("MESSAGE", f"sip:bob@{DOMAIN}", fields, text)[0])
    client.pump(0.2)


@story
def a_registered_address_hears_little():
    """RFC 3428: whoever registers somebody else's address and has it written to, or told of waiting messages."""
    for name, shards, sections, most in MODES:
        with guarded(shards, sip={**FAST, **sections}, mwi={"unsolicited": True}) as server, \
                Counted(server.address, user="bob", domain=DOMAIN) as bob, \
                Client(server.address, user="alice", domain=DOMAIN) as alice, datagrams(ACCOMPLICE) as victim:
            for client in (bob, alice):
                server.put_account(f"{client.user}@{DOMAIN}", f"{client.user}'s secret")
                client.login = (client.user, f"{client.user}'s secret")
            for way, text in (("short ones", b"x"), ("long ones", b"x" * 4000)):
                waiting(victim)
                before = bob.sent_bytes
                registered = bob.request("REGISTER", f"sip:bob@{DOMAIN}", [("Contact", elsewhere(victim)), ("Expires", "600")])
                expect_equal(registered.status, 200, "the REGISTER")
                asked = bob.sent_bytes - before
                written_to(alice, not sections, text)
                came = silence_of(server, victim, bob)
                print(f"{name}, {shards} shards, {way}: {asked} -> {came} bytes")
                expect(came < most * asked, f"{name}, {way}: {asked} bytes in, {came} out")
            server.stop()


def take(device):
    """Answers what has come to it."""
    device.setblocking(False)
    while True:
        try:
            came, source = device.recvfrom(65536)
        except BlockingIOError:
            return
        device.sendto(answer(Message(came), 200, "OK", (), "d"), source)


@story
def a_device_that_answers_hears_everything():
    """It is elsewhere than it registered from, and has shown to be there."""
    with guarded(sip=FAST) as server, Counted(server.address, user="bob", domain=DOMAIN) as bob, \
            Client(server.address, user="alice", domain=DOMAIN) as alice, datagrams(ACCOMPLICE) as device:
        for client in (bob, alice):
            server.put_account(f"{client.user}@{DOMAIN}", f"{client.user}'s secret")
            client.login = (client.user, f"{client.user}'s secret")
        registered = bob.request("REGISTER", f"sip:bob@{DOMAIN}", [("Contact", elsewhere(device)), ("Expires", "600")])
        expect_equal(registered.status, 200, "the REGISTER")
        alice.request("MESSAGE", f"sip:alice@{DOMAIN}", [("Content-Type", "text/plain")], b"a challenge to answer")
        for number in range(12):
            fields = [("Content-Type", "text/plain"), ("Authorization", alice._credentials("MESSAGE", f"sip:bob@{DOMAIN}", b"x"))]
            octets, branch = alice.compose("MESSAGE", f"sip:bob@{DOMAIN}", fields, b"x")
            alice.send(octets)
            alice.wait(lambda sent=branch: take(device) or [one for one in alice.responses.get(sent, ()) if one.status == 200],
                       f"answer {number}")
        server.stop()


@story
def a_login_from_elsewhere_does_not_prove_the_address():
    """The challenge went to the account's own address; the SUBSCRIBE, or REGISTER, pretends to come from the victim's."""
    with guarded(sip=FAST, notify={"timeout_max": 9}) as server, \
            Counted(server.address, user="bob", domain=DOMAIN) as client, datagrams(ACCOMPLICE) as victim:
        server.put_account(f"bob@{DOMAIN}", "bob's secret")
        client.login = ("bob", "bob's secret")
        aor = f"sip:bob@{DOMAIN}"
        client.request("SUBSCRIBE", aor, [("Event", "presence"), ("Expires", "0"), ("Contact", client.contact)])
        for method, fields in (("SUBSCRIBE", [("Event", "presence")]), ("REGISTER", [])):
            login = [("Authorization", client._credentials(method, aor, b""))]
            octets, _ = client.compose(method, aor, [*fields, ("Expires", "3600"), ("Contact", client.contact), *login])
            octets = spoofed(client, victim, octets)
            victim.sendto(octets, server.address)
            victim.settimeout(2)
            came = len(victim.recv(65536))
            if method == "REGISTER":
                written_to(client, True)
            came += silence_of(server, victim, client)
            print(f"{method} from the victim's address: {len(octets)} -> {came} bytes")
            expect(0 < came < 10 * len(octets), f"{method}: {len(octets)} bytes in, {came} out")
        server.stop()


@story
def a_device_without_a_name_hears_little():
    """RFC 6080 5.1.4.2: who enrols as nobody may do so in another's name. Answer, NOTIFY and copies are counted together."""
    keys = {"anonymous": True, "accept_unknown": True}
    for more in ("", f"Record-Route: <sip:{STRANGER};lr>\r\n", "User-Agent: " + "x" * 300 + "\r\n"):
        for size in (10, 100, 300, 420, 600, 1200):
            with guarded(sip=FAST, ua_profile=keys, notify={"timeout_max": 9}) as server, datagrams() as victim:
                profile = {"content_type": "text/plain", "body": "x" * size, "public": True}
                expect_equal(server.http("PUT", "/v1/profiles/device/common", profile).status, 201, "the profile")
                asked = enrolment(victim, more)
                victim.sendto(asked, server.address)
                came = victim.recv(65536)
                expect(came.startswith(b"SIP/2.0 200 "), f"an answer: {came[:40]!r}")
                time.sleep(0.2)
                wait_until(lambda: server.metric("^herald_sip_client_transactions$") == 0, "nothing is on its way")
                came = len(came) + waiting(victim)
                print(f"a profile of {size} bytes: {len(asked)} -> {came} bytes")
                expect(came < 3 * len(asked), f"{len(asked)} bytes in, {came} out")
                server.stop()


def enrolment(victim, more):
    """As short as it may be; the Contact is where it comes from."""
    uri = f"sip:00041312ab34@{DOMAIN}"
    return (f"SUBSCRIBE {uri} SIP/2.0\r\nv: SIP/2.0/UDP h;branch=z9hG4bKe;rport\r\nf: <sip:anonymous@anonymous.invalid>;tag=1\r\n"
            f"t: <{uri}>\r\ni: e\r\nCSeq: 1 SUBSCRIBE\r\nm: <sip:a@{STRANGER}:{victim.getsockname()[1]}>\r\n"
            f"o: ua-profile;profile-type=device\r\n{more}Expires: 3600\r\nl: 0\r\n\r\n").encode()


@story
def a_stranger_chooses_no_address_by_maddr():
    """RFC 3261 18.2.2: the answer goes to who asked; a proxy of ours may say otherwise."""
    for trusted in ([], [STRANGER]):
        with guarded(sip={"trusted_peers": trusted}) as server, datagrams() as sock, datagrams(ACCOMPLICE) as victim:
            port = victim.getsockname()[1]
            sock.sendto(request("OPTIONS", f"sip:{DOMAIN}", f";maddr={ACCOMPLICE}", sent_by=f"{STRANGER}:{port}"), server.address)
            served, spared = (victim, sock) if trusted else (sock, victim)
            expect(served.recv(65536).startswith(b"SIP/2.0 "), f"an answer, trusted peers {trusted}")
            expect_equal(waiting(spared), 0, f"bytes at the other, trusted peers {trusted}")
            server.stop()


tell()
