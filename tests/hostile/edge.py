# tests/hostile/edge.py: who comes through the edge of another server reaches that server, or the device a token names.
import re

from _hostile import ACCOMPLICE, DOMAIN, STRANGER, datagrams, received, stream

from _dns import Dns
from _herald import PATIENCE, Server, wait_until
from _message import Message, answer, build, frame, token
from _stories import expect, expect_equal, story, tell

HOME = "home.test"


class Edge(Server):
    """Carries devices to a home whose socket is the test's."""

    def __init__(self, **sections):
        self.home, self.seen = datagrams("127.0.0.1"), set()
        self.home.settimeout(PATIENCE)
        sip = {"auth": "digest", "domains": [DOMAIN], "edge_for": [HOME], "t1_ms": 20,
               "outbound_proxy": f"sip:127.0.0.1:{self.home.getsockname()[1]}", **sections.pop("sip", {})}
        super().__init__(sip=sip, server={"shards": 2, "log_level": "warning"}, **sections)

    def is_copy(self, message):
        """Of a request that came before: T1 is short."""
        key = (message.start, message.branch)
        was_seen = not message.is_response and key in self.seen
        self.seen.add(key)
        return was_seen

    def at_home(self):
        while self.is_copy(came := Message(self.home.recv(65536))):
            pass
        return came

    def home_says(self, octets):
        self.home.sendto(octets, self.address)

    def catch_up(self):
        """What the home said before was read, and what it made the server send is sent: an OPTIONS of its own is answered."""
        branch = "z9hG4bK" + token()
        self.home_says(request("OPTIONS", f"sip:{DOMAIN}", branch=branch, sent_by=f"127.0.0.1:{self.home.getsockname()[1]}"))
        while self.at_home().branch != branch:
            pass

    def heard_at_home(self, seconds=0.5):
        """Everything, until nothing more comes."""
        self.home.settimeout(seconds)
        found = [came for came in map(Message, received(self.home)) if not self.is_copy(came)]
        self.home.settimeout(PATIENCE)
        return found

    def silent(self):
        """Nothing is on its way any more."""
        wait_until(lambda: self.metric("^herald_sip_client_transactions$") == 0, "nothing is on its way")


class Device:
    """On a TCP connection."""

    def __init__(self, server, source=STRANGER):
        self.server, self.socket, self.buffer, self.count = server, stream(server, source), b"", 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, method, uri, fields=(), body=b""):
        """Its branch."""
        self.count += 1
        self.branch = f"z9hG4bKd{id(self)}{self.count}"
        self.socket.sendall(request(method, uri, fields, body, "TCP", self.branch))
        return self.branch

    def next(self, seconds=PATIENCE):
        self.socket.settimeout(seconds)
        while True:
            message, self.buffer = frame(self.buffer)
            if message is not None:
                return Message(message)
            some = self.socket.recv(65536)
            if not some:
                return None
            self.buffer += some

    def hears_nothing(self, what):
        try:
            came = self.next(0.3)
        except TimeoutError:
            return
        raise AssertionError(f"{what}: {came}")

    def register(self):
        """Its Path."""
        self.send("REGISTER", f"sip:{HOME}", [("Supported", "path, outbound"), ("Contact", "<sip:d@192.0.2.7>")])
        came = self.server.at_home()
        self.server.home_says(answer(came, 200, "OK", (), "h"))
        expect_equal(self.next().status, 200, "the REGISTER")
        return came.get("path")


def request(method, uri, fields=(), body=b"", transport="UDP", branch="z9hG4bKx", sent_by="h", tag="", call_id=None):
    to = f"<{uri}>" + (f";tag={tag}" if tag else "")
    return build(f"{method} {uri} SIP/2.0",
                 [("Via", f"SIP/2.0/{transport} {sent_by};branch={branch};rport"), ("Max-Forwards", "70"),
                  ("From", f"<sip:d@{HOME}>;tag=1"), ("To", to), ("Call-ID", call_id or branch), ("CSeq", f"1 {method}"), *fields], body)


def status_of(server, octets):
    """What a stranger is answered by UDP."""
    with datagrams(ACCOMPLICE) as sock:
        sock.settimeout(PATIENCE)
        sock.sendto(octets, server.address)
        return Message(sock.recv(65536)).status


def token_of(path):
    return re.search("flow-[0-9a-f]+", path)[0]


@story
def nobody_makes_up_a_token():
    """Cut anywhere, changed anywhere, longer, of another server: 403, and the device hears nothing; by calls and messages."""
    with Edge() as server, Edge() as other, Device(server) as device, Device(other) as elsewhere:
        path, foreign = device.register(), elsewhere.register()
        own = token_of(path)
        forged = [own[:size] for size in range(len("flow-"), len(own), 7)]
        forged += [own[:at] + ("1" if own[at] != "1" else "2") + own[at + 1:] for at in range(len("flow-"), len(own), 5)]
        forged += [own + "00", own + "f", own[:5] + own[5:].upper() + "g", "flow-" + "0" * 1900, token_of(foreign)]
        for number, token in enumerate(forged):
            route = [("Route", f"<sip:{token}@127.0.0.1:{server.sip_port};lr;ob>")]
            for method in ("MESSAGE", "INVITE"):
                octets = request(method, "sip:d@192.0.2.7", route, branch=f"z9hG4bK{method}{number}")
                expect_equal(status_of(server, octets), 403, f"{method} by {token[:60]}")
        device.hears_nothing("by a token that is none")
        expect_equal(server.heard_at_home(), [], "what reached the home")
        server.stop()
        other.stop()


@story
def a_token_is_good_for_what_it_was_made_for():
    """The branch of our Via names a flow too, and is no route; one of an earlier run names a flow that is gone."""
    with Edge() as server:
        with Device(server) as device:
            path = device.register()
            device.send("INVITE", f"sip:bob@{HOME}")
            token = token_of(server.at_home().branch)
            for method in ("MESSAGE", "INVITE"):
                octets = request(method, "sip:d@192.0.2.7", [("Route", f"<sip:{token}@127.0.0.1:{server.sip_port};lr>")], branch=f"z9hG4bK{method}")
                expect_equal(status_of(server, octets), 403, f"{method} by a branch")
            device.hears_nothing("by a branch")
        server.stop()
        server.start()
        with Device(server):
            for method in ("MESSAGE", "INVITE"):
                octets = request(method, "sip:d@192.0.2.7", [("Route", path)], branch=f"z9hG4bKold{method}")
                expect_equal(status_of(server, octets), 430, f"{method} by a token of an earlier run")
        server.stop()


@story
def a_token_of_datagrams_names_its_listener():
    """RFC 5626 5.2: over a restart it leads to the same address by the same listener; where that speaks something else by then, to nobody."""
    with Edge() as server, datagrams() as device:
        device.settimeout(PATIENCE)
        device.sendto(request("REGISTER", f"sip:{HOME}", [("Supported", "path"), ("Contact", "<sip:d@192.0.2.7>")]), server.address)
        came = server.at_home()
        path = came.get("path")
        server.home_says(answer(came, 200, "OK", (), "h"))
        expect_equal(Message(device.recv(65536)).status, 200, "the REGISTER")
        by_path = [("Route", path)]
        server.stop()
        server.start()
        server.home_says(request("MESSAGE", "sip:d@192.0.2.7", by_path, branch="z9hG4bKsame",
                                 sent_by=f"127.0.0.1:{server.home.getsockname()[1]}"))
        heard = Message(device.recv(65536))
        device.sendto(answer(heard, 200, "OK", (), "d"), server.address)
        expect_equal(server.at_home().status, 200, "after a restart")
        server.stop()
        device.setblocking(False)
        received(device)  # copies that came until it had answered
        server.config["sip"]["listen"].reverse()
        server.start()
        for method in ("MESSAGE", "INVITE"):
            expect_equal(status_of(server, request(method, "sip:d@192.0.2.7", by_path, branch=f"z9hG4bK{method}")), 430, method)
        expect_equal(received(device), [], "what the device hears by another listener")
        server.stop()


@story
def no_route_leads_past_the_home():
    """Whatever follows a device's own token, or stands in the Request-URI: it is for the home to judge. Nothing is sent elsewhere."""
    with Edge() as server, Device(server) as device, datagrams(ACCOMPLICE) as victim:
        path = device.register()
        port = victim.getsockname()[1]
        targets = [f"sip:{ACCOMPLICE}:{port}", f"sip:127.0.0.1:{server.sip_port}", f"sip:127.0.0.1:{server.http_port};transport=tcp",
                   f"sip:127.0.0.1:{server.http_port}", "sip:127.0.0.1:5432;transport=tcp", f"sip:localhost:{port};maddr={ACCOMPLICE}",
                   "sip:239.255.0.1", "sip:255.255.255.255"]
        for number, target in enumerate(targets):
            for method in ("MESSAGE", "INVITE", "OPTIONS"):
                device.send(method, target, [("Route", f"{path}, <{target};lr>")])
                came = server.at_home()
                expect_equal(came.get("route"), f"<{target};lr>", f"{method} {target}")
                server.home_says(answer(came, 403, "No", (), "h"))
                expect_equal(device.next().status, 403, f"{method} {target}")
        for route in (", ".join(f"<sip:{ACCOMPLICE}:{port};lr>" for _ in range(70)), ", ".join([path] * 20)):
            device.send("MESSAGE", f"sip:bob@{HOME}", [("Route", f"{path}, {route}")])
            came = server.at_home()
            server.home_says(answer(came, 403, "No", (), "h"))
            expect_equal(device.next().status, 403, "many routes")
        for method in ("MESSAGE", "INVITE"):
            device.send(method, f"sip:bob@{HOME};maddr={ACCOMPLICE}:{port}")
            device.send(method, f"sip:{HOME}:{port};maddr={ACCOMPLICE}")
        server.heard_at_home()
        server.silent()
        expect_equal(received(victim), [], "what the victim heard")
        expect_equal(server.http("GET", "/readyz").status, 200, "/readyz")
        server.stop()


@story
def what_comes_back_goes_round_once():
    """A home that sends everything back to the edge: a loop is seen, by calls and messages."""
    with Edge() as server, Device(server) as device:
        for method in ("MESSAGE", "INVITE", "OPTIONS", "X-UNKNOWN"):
            device.send(method, f"sip:bob@{HOME}", [], b"")
            first = server.at_home()
            rounds = 0
            again = first
            while rounds < 10:
                rounds += 1
                vias = [("Via", f"SIP/2.0/UDP 127.0.0.1:{server.home.getsockname()[1]};branch=z9hG4bKround{method}{rounds};rport")]
                fields = [(name.title() if name != "cseq" else "CSeq", value) for name, value in again.fields if name not in ("content-length", "route")]
                server.home_says(build(again.start, vias + fields, again.body))
                again = server.at_home()
                if again.is_response:
                    expect_equal(again.status, 482, f"{method} that came back")
                    break
            print(f"{method}: {rounds} rounds")
            expect(rounds <= 2, f"{method} went {rounds} times")
            server.home_says(answer(first, 486, "No", (), "h"))
            while device.next().status < 200:
                pass
        server.stop()


@story
def a_call_in_anothers_name_makes_little_noise():
    """By UDP nobody need be where he says: a refusal that the home repeats is short, and comes three times at most."""
    with Edge() as server, datagrams() as victim:
        victim.setblocking(False)
        for number, method in enumerate(("INVITE", "MESSAGE", "OPTIONS")):
            octets = request(method, f"sip:bob@{HOME}", branch=f"z9hG4bKspoofed{number}")
            victim.sendto(octets, server.address)
            came = server.at_home()
            long = [("Proxy-Authenticate", f'Digest realm="{HOME}", nonce="{"n" * 40}"'), ("X-Long", "x" * 4000)]
            for _ in range(11):
                server.home_says(answer(came, 407, "Who?", long, "h"))
            answers = []
            wait_until(lambda: answers.extend(received(victim)) or answers, "the first refusal")
            server.catch_up()
            answers += received(victim)
            print(f"{method}: {len(octets)} bytes, {len(answers)} answers of {[len(each) for each in answers]}")
            expect(0 < len(answers) <= 3, f"{method}: {len(answers)} answers")
            expect(all(len(each) < 3 * len(octets) for each in answers), f"{method}: {[len(each) for each in answers]} for {len(octets)}")
            expect(all(b"realm" in each for each in answers) or method != "INVITE", "the challenge is there")
        server.stop()


@story
def answers_go_where_their_request_came_from():
    """Vias that are not ours, none behind ours, more behind ours, garbage: the device hears what is for it, nobody else anything."""
    with Edge() as server, Device(server) as device, datagrams(ACCOMPLICE) as victim:
        elsewhere = f"SIP/2.0/UDP {ACCOMPLICE}:{victim.getsockname()[1]};branch=z9hG4bKv"
        device.send("INVITE", f"sip:bob@{HOME}")
        came = server.at_home()
        ours, theirs = came.all("via")[0], came.all("via")[-1]
        rest = [("From", came.get("from")), ("To", came.get("to") + ";tag=h"), ("Call-ID", came.call_id), ("CSeq", "1 INVITE")]
        changed = ours.replace("flow-", "flow-0", 1)
        for vias in ([elsewhere], [elsewhere, theirs], [ours], [changed, theirs], ["garbage", theirs], [theirs], ["SIP/2.0/UDP ;branch="]):
            server.home_says(build("SIP/2.0 200 OK", [("Via", via) for via in vias] + rest))
        device.hears_nothing("an answer that is not for it")
        server.home_says(build("SIP/2.0 180 Ringing", [("Via", f"{ours}, {elsewhere}, {theirs}")] + rest))
        got = device.next()
        expect_equal((got.status, got.get("via")), (180, f"{elsewhere}, {theirs}"), "what is behind our Via")
        expect_equal(received(victim), [], "what the victim heard")
        server.stop()


@story
def a_connection_may_end_at_any_moment():
    """Before, while and after something is on its way to it, or from it; the home hears 430, and nobody waits."""
    with Edge() as server:
        for method in ("MESSAGE", "INVITE"):
            with Device(server) as device:
                path = device.register()
                server.home_says(request(method, "sip:d@192.0.2.7", [("Route", path)], branch=f"z9hG4bKdown{method}",
                                         sent_by=f"127.0.0.1:{server.home.getsockname()[1]}"))
                got = device.next()
                device.send(method, f"sip:bob@{HOME}")
                came = server.at_home()
            if method == "MESSAGE":
                expect_equal(server.at_home().status, 430, "what was on its way when the connection ended")
            wait_until(lambda: server.metric("^herald_sip_connections$") == 0, "the connection is closed")
            server.home_says(answer(came, 200, "OK", (), "h"))
            expect_equal(got.method, method, "the device heard it")
            server.home_says(request(method, "sip:d@192.0.2.7", [("Route", path)], branch=f"z9hG4bKlate{method}",
                                     sent_by=f"127.0.0.1:{server.home.getsockname()[1]}"))
            expect_equal(server.at_home().status, 430, "to a connection that has ended")
        server.silent()
        server.stop()


@story
def one_source_has_its_share_of_what_is_on_its_way():
    """A home that answers nothing: who fills his share is answered 503, others are carried."""
    with Edge(message={"in_flight": 1 << 20, "in_flight_per_sender": 1 << 16}, sip={"t1_ms": 500}) as server, \
            Device(server) as flood, Device(server, ACCOMPLICE) as other:
        for _ in range(100):
            flood.send("MESSAGE", f"sip:bob@{HOME}", [("Content-Type", "text/plain")], b"x" * 500)
        expect_equal(flood.next().status, 503, "beyond its share")
        expect(server.metric('^herald_budget_bytes.*"messages on their way"') <= 1 << 16, "its share is kept")
        other.send("MESSAGE", f"sip:carol@{HOME}", [("Content-Type", "text/plain")], b"hello")
        while (came := server.at_home()).uri != f"sip:carol@{HOME}":
            pass
        server.home_says(answer(came, 200, "OK", (), "h"))
        expect_equal(other.next().status, 200, "its answer")
        server.kill()


@story
def calls_wait_for_a_name_and_are_not_lost():
    """The home is found by SRV; INVITE, CANCEL and ACK each look it up. Where there is none by then the call is told so, once."""
    with Dns() as dns, Edge(sip={"outbound_proxy": "", "dns_servers": dns.address}) as server, Device(server) as device:
        dns.srv(f"_sip._udp.{HOME}", 1, 1, server.home.getsockname()[1], f"host.{HOME}")
        dns.a(f"host.{HOME}")
        for method in ("INVITE", "CANCEL", "ACK"):
            device.socket.sendall(request(method, f"sip:bob@{HOME}", transport="TCP", branch="z9hG4bKcall"))
            came = server.at_home()
            expect_equal((came.method, came.get("via").count("flow-")), (method, 1), "what is found at the home")
            branch = came.branch if method == "INVITE" else branch
            expect_equal(came.branch, branch, f"the branch of the {method}")
        server.home_says(answer(came, 487, "Gone", (), "h"))
        expect_equal(device.next().status, 487, "the answer")
        for number in range(200):
            device.socket.sendall(request("INVITE", f"sip:bob@{HOME}", transport="TCP", branch=f"z9hG4bKmany{number}"))
        # Where the test's DNS loses a question it is asked again after two seconds.
        expect_equal(len({server.at_home().branch for _ in range(200)}), 200, "calls that came together")
        dns.records.clear()
        for method in ("INVITE", "ACK"):
            device.socket.sendall(request(method, f"sip:bob@{HOME}", transport="TCP", branch="z9hG4bKlost"))
        expect_equal(device.next().status, 500, "no server of the domain")
        device.hears_nothing("an ACK was answered")
        expect(server.metric('^herald_budget_bytes.*"messages on their way"') == 0, "nothing is kept")
        server.stop()


@story
def garbage_is_carried_or_refused_and_never_kept():
    """Routes, Record-Routes and Vias of all kinds with calls and messages; the server lives and forgets them."""
    with Edge() as server, Device(server) as device:
        path = device.register()
        odd = ["<", ">", "<sip:>", "<sip:@>", ",,,", "<sip:a;lr", "\"", "<tel:1>", "<sip:a@b>;" + "p=1;" * 500, "<sip:%00@h;lr>", "", "x" * 8000]
        for method in ("MESSAGE", "INVITE", "CANCEL", "ACK", "BYE", "X"):
            for value in odd:
                for name in ("Route", "Record-Route", "Path", "Contact"):
                    device.send(method, f"sip:bob@{HOME}", [(name, value)])
                device.send(method, f"sip:bob@{HOME}", [("Route", path), ("Route", value)])
            for came in server.heard_at_home(0.3):
                if came.method in ("MESSAGE", "BYE"):
                    server.home_says(answer(came, 403, "No", (), "h"))
        server.silent()
        expect_equal(server.http("GET", "/readyz").status, 200, "/readyz")
        expect(server.metric('^herald_budget_bytes.*"messages on their way"') == 0, "nothing is kept")
        server.stop()


tell()
