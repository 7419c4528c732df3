# tests/integration/identities.py: who somebody is by a certificate or a bearer token, and ways that are kept alive.
import http.client
import os
import socket
import ssl
import tempfile
import time

from _command import OK, Finished
from _herald import PATIENCE, Server, free_port, wait_until
from _secured import Secured, SecuredApi
from _sip import Client, NoAnswer, pidf
from _stories import expect, expect_equal, story, tell
from _tls import Authority, TlsClient, TokenIssuer

DOMAIN = "localhost"
ALICE, BOB = f"sip:alice@{DOMAIN}", f"sip:bob@{DOMAIN}"


class Known(Secured):
    """Asks its clients for certificates, and everybody for a password, a token, or one of those."""

    def __init__(self, clients=("*@localhost", "proxy.test=trusted"), **sip):
        super().__init__(sip={"auth": "digest", "domains": [DOMAIN], "tls_clients": list(clients), **sip},
                         server={"shards": 2, "log_level": "info"})
        self.asking_port = free_port()
        self.config["sip"]["listen"].append(f"tls:127.0.0.1:{self.asking_port};clients=ask")
        self.config["sip"]["tls_clients_ca"] = self.authority.file
        self.tokens = TokenIssuer(self.folder.name)
        self.config["bearer"] = {"keys": self.tokens.file, "issuer": "https://id.test", "audience": "sip:localhost",
                                 "scopes": ["sip=user"]}

    def context_of(self, names, authority=None):
        """What a client with a certificate for these names trusts and shows."""
        context = self.authority.context()
        context.load_cert_chain(*(authority or self.authority).issue(names.replace(":", "-").replace("@", "-"), names))
        return context

    def asked(self, context=None, **options):
        return TlsClient(("127.0.0.1", self.asking_port), context or self.authority.context(), **options)


@story
def a_certificate_is_its_account():
    """RFC 5922 7.4: by listener; its name is in the log, in `herald subscriptions` and in the API; nobody else's From."""
    with Known() as server:
        for user in ("alice", "bob", "carol", "dave", "erin"):
            server.put_account(f"{user}@{DOMAIN}", f"{user}'s secret")
        for user in ("bob", "carol", "dave", "erin"):
            with server.asked(server.context_of(f"URI:sip:{user}@{DOMAIN}"), user=user) as phone:
                subscription = phone.subscribe(f"sip:{user}@{DOMAIN}")
                row = server.subscriptions(resource=f"{user}@{DOMAIN}")[0]
                expect_equal(row["certificate"], f"sip:{user}@{DOMAIN}", "the certificate in the API")
                listed = Finished(server, "subscriptions", "--api", f"http://127.0.0.1:{server.http_port}",
                                  "--token-file", f"{server.directory}/token").expect_code(OK)
                expect(f"sip:{user}@{DOMAIN} (sip:{user}@{DOMAIN})" in listed.out, f"what is listed: {listed.out}")
                expect_equal(phone.request("SUBSCRIBE", ALICE, subscription.fields(60), sender=ALICE).status, 401,
                             "in another's name")
                expect_equal(subscription.unsubscribe().status, 200, "the end")
        expect("tls.client" in server.log() and f"certificate=sip:bob@{DOMAIN}" in server.log(), "the line in the log")
        with server.client(server.context_of(f"URI:sip:bob@{DOMAIN}"), user="bob") as unasked:
            expect_equal(unasked.request("SUBSCRIBE", BOB, [("Event", "presence"), ("Contact", unasked.contact)]).status, 401,
                         "where nobody asks for it")
        with server.asked(user="bob") as bare:
            bare.login = ("bob", "bob's secret")
            bare.subscribe(BOB)
        server.stop()


@story
def a_certificate_is_a_trusted_peer():
    """RFC 3325 5: what it asserts is believed; what anybody else asserts is not."""
    asserted = ("P-Asserted-Identity", f"<{ALICE}>")
    with Known() as server:
        server.put_account(f"alice@{DOMAIN}", "alice's secret")
        fields = [("Event", "message-summary"), asserted]
        with server.asked(server.context_of("DNS:proxy.test"), user="alice") as proxy:
            expect_equal(proxy.request("SUBSCRIBE", ALICE, [*fields, ("Contact", proxy.contact)]).status, 200, "alice's mailbox")
        with server.asked(server.context_of("DNS:other.test"), user="alice") as other:
            expect_equal(other.request("SUBSCRIBE", ALICE, [*fields, ("Contact", other.contact)]).status, 401, "by another")
        server.stop()


@story
def certificates_that_are_not_good_close_the_connection():
    with Known() as server:
        server.put_account(f"bob@{DOMAIN}", "bob's secret")
        others = tempfile.TemporaryDirectory(prefix="herald-tls-")
        context = server.context_of(f"URI:sip:bob@{DOMAIN}", Authority(others.name))
        try:
            with server.asked(context, user="bob") as phone:
                answer = phone.request("OPTIONS", f"sip:{DOMAIN}").status
        except (ssl.SSLError, ConnectionError, NoAnswer):
            answer = None  # with TLS 1.3 it is not known before something is read
        expect_equal(answer, None, "what a certificate of a stranger's is answered")
        wait_until(lambda: "tls.refused" in server.log(), "the line in the log")
        expect_equal(server.log().count("tls.refused"), 1, "one line for one peer")
        server.stop()


@story
def a_ticket_opens_no_listener_that_asks_for_more():
    """What was resumed from a listener that asks for no certificate is no way into one that requires it."""
    with Known() as server:
        strict = free_port()
        server.stop()
        server.config["sip"]["listen"].append(f"tls:127.0.0.1:{strict};clients=require")
        server.start()
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = server.authority.context(maximum_version=version, minimum_version=version)
            with server.client(context) as first:
                expect_equal(first.request("OPTIONS", f"sip:{DOMAIN}").status, 200, "where nobody asks")
                ticket = first.socket.session
            try:
                with TlsClient(("127.0.0.1", strict), context, session=ticket) as second:
                    answer = second.request("OPTIONS", f"sip:{DOMAIN}").status
            except (ssl.SSLError, ConnectionError, NoAnswer):
                answer = None
            expect_equal(answer, None, f"with its ticket, by {version.name}, where a certificate is required")
        server.stop()


def bearer(token):
    return ("Authorization", f"Bearer {token}")


@story
def a_bearer_token_is_its_user():
    """RFC 8898: both algorithms, by TLS only; expired, of others, without scope; keys that are renewed."""
    with Known() as server:
        def subscribe(client, token, **options):
            fields = [("Event", "presence"), ("Contact", client.contact), bearer(token)]
            return client.request("SUBSCRIBE", f"sip:{client.user}@{DOMAIN}", fields, **options)
        good = {"scope": "sip"}
        for algorithm in ("RS256", "ES256"):
            for user in ("alice", "zoe", "yann"):
                with server.client(user=user) as phone:
                    token = server.tokens.token(user, algorithm, **good)
                    expect_equal(subscribe(phone, token).status, 200, f"{user}'s token by {algorithm}")
        with server.client(user="alice") as phone:
            challenge = phone.request("SUBSCRIBE", ALICE, [("Event", "presence"), ("Contact", phone.contact)])
            challenges = [value for name, value in challenge.fields if name.lower() == "www-authenticate"]
            expect(any(each.startswith("Digest ") for each in challenges), f"digest beside it: {challenges}")
            expect('Bearer authz_server="https://id.test", realm="localhost", scope="sip"' in challenges,
                   f"the challenge: {challenges}")
            for token, error in ((server.tokens.token("alice", seconds=-300, **good), "invalid_token"),
                                 (server.tokens.token("alice", **good, aud="sip:other"), "invalid_token"),
                                 (server.tokens.token("alice", **good, iss="https://evil.test"), "invalid_token"),
                                 (server.tokens.token("alice", scope="mail"), "insufficient_scope"),
                                 ("a.b.c", "invalid_token")):
                answer = subscribe(phone, token)
                expect_equal(answer.status, 401, f"a token with {error}")
                expect(f'error="{error}"' in str(answer.fields), f"why: {answer.fields}")
            expect_equal(subscribe(phone, server.tokens.token("bob", **good)).status, 403, "bob's token for alice")
        with Client(server.address, "tcp", user="alice", domain=DOMAIN) as clear:
            expect_equal(subscribe(clear, server.tokens.token("alice", **good)).status, 403, "in clear")
        expect("auth.refused" in server.log() and "it has expired" in server.log(), "refusals are told")
        old = server.tokens.token("alice", **good)
        server.tokens.renew()
        with server.client(user="alice") as phone:
            wait_until(lambda: subscribe(phone, server.tokens.token("alice", **good)).status == 200,
                       "the renewed keys count", pause=1)
            expect_equal(subscribe(phone, old).status, 401, "what the old ones signed")
        server.stop()


@story
def who_guesses_tokens_waits():
    with Known() as server, server.client(user="alice") as phone:
        fields = [("Event", "presence"), ("Contact", phone.contact), bearer("e30.e30.e30")]
        statuses = [phone.request("SUBSCRIBE", ALICE, fields).status for _ in range(40)]
        expect_equal(set(statuses), {401, 480}, "what guesses are told")
        expect(statuses.count(401) <= 22, f"how many were looked at: {statuses.count(401)}")
        server.stop()


class KnowingApi(SecuredApi):
    """Its operators have certificates."""

    def __init__(self):
        super().__init__()
        self.config["http"].update(client_ca=self.authority.file, hsts=3600,
                                   clients=["desk.test read", f"sip:alice@{DOMAIN} write alice@{DOMAIN}"])

    def asked(self, names=None, method="GET", path="/v1/subscriptions", **headers):
        context = self.authority.context()
        if names:
            context.load_cert_chain(*self.authority.issue("operator", names))
        connection = http.client.HTTPSConnection("127.0.0.1", self.http_port, timeout=PATIENCE, context=context)
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer


@story
def an_operator_is_known_by_a_certificate():
    """HTTPS: the role by name; no page of another origin has it; HSTS where that is configured."""
    with KnowingApi() as server:
        expect_equal(server.asked("DNS:desk.test").status, 200, "who may read")
        expect_equal(server.asked("DNS:desk.test").headers["Strict-Transport-Security"], "max-age=3600", "HSTS")
        expect_equal(server.asked("DNS:desk.test", "DELETE", f"/v1/accounts/a@{DOMAIN}").status, 403, "who may read deletes")
        expect_equal(server.asked("DNS:other.test").status, 401, "a stranger with a certificate")
        expect_equal(server.asked().status, 401, "nobody")
        expect_equal(server.asked("DNS:desk.test", Origin="https://evil.test").status, 401, "a page of another origin")
        own = f"/v1/registrations?aor=alice@{DOMAIN}"
        expect_equal(server.asked(f"URI:sip:alice@{DOMAIN}", path=own).status, 200, "what is her own")
        expect_equal(server.asked(f"URI:sip:alice@{DOMAIN}").status, 403, "what is others'")
        server.stop()


@story
def events_are_read_over_https():
    """A stream of events by HTTPS goes on while others ask, and tells what happens."""
    with SecuredApi() as server:
        server.http("GET", "/healthz")
        connection = server.http_connection(PATIENCE)
        connection.request("GET", "/v1/events", headers={"Authorization": f"Bearer {server.token()}"})
        stream = connection.getresponse()
        expect_equal(stream.status, 200, "GET /v1/events")
        with Client(server.address, user="alice") as alice:
            alice.publish(ALICE, pidf(ALICE, note="over HTTPS"))
            lines = []
            while not any(line.startswith(b"data: ") and b"alice" in line for line in lines):
                lines.append(stream.readline())
                expect(lines[-1], "the stream ended")
        expect_equal(server.subscriptions(), [], "another request")
        connection.close()
        server.stop()


def binding_request(attributes=b""):
    return b"\0\1" + len(attributes).to_bytes(2, "big") + b"\x21\x12\xa4\x42" + os.urandom(12) + attributes


@story
def keep_alives_by_udp_are_answered():
    """RFC 5626 4.4.2, 8: STUN on the port of SIP, with where it came from; small, and not without end."""
    with Server() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.connect(server.address)
        phone.settimeout(PATIENCE)
        request = binding_request()
        phone.send(request)
        answer = phone.recv(2000)
        expect_equal(answer[:2], b"\1\1", "Binding success")
        expect_equal(answer[4:20], request[4:20], "cookie and transaction id")
        port = int.from_bytes(answer[26:28], "big") ^ 0x2112
        address = bytes(a ^ b for a, b in zip(answer[28:32], b"\x21\x12\xa4\x42"))
        expect_equal((socket.inet_ntoa(address), port), phone.getsockname(), "XOR-MAPPED-ADDRESS")
        expect(len(answer) < 3 * len(request), f"its size: {len(answer)}")
        for bad in (os.urandom(30), b"\0" * 28, b"\1\1" + request[2:], binding_request(b"\0\6\xff\xff")):
            phone.send(bad)
        with Client(server.address) as other:
            expect_equal(other.request("OPTIONS", f"sip:{DOMAIN}").status, 200, "SIP beside it")
        for _ in range(3000):
            phone.send(binding_request())
        limited = 'herald_stun_requests_total.*"limited"'
        wait_until(lambda: server.metric(limited) + server.metric('herald_stun_requests_total.*"answered"') >= 1000,
                   "the flood was read")
        wait_until(lambda: server.metric(limited) > 0, "and most of it not answered")
        server.stop()


@story
def a_flow_by_udp_carries_what_its_device_is_sent():
    """RFC 5626 6: with reg-id a registration by UDP is a flow: the Contact says what it likes."""
    with Server() as server, Client(server.address, user="alice", domain=DOMAIN) as phone, \
            Client(server.address, user="bob", domain=DOMAIN) as bob:
        contact = '<sip:alice@192.0.2.99>;+sip.instance="<urn:uuid:1>";reg-id=1'
        answer = phone.request("REGISTER", f"sip:{DOMAIN}", [("Contact", contact), ("Supported", "outbound, path"),
                                                              ("Expires", "600")], to=ALICE)
        expect_equal(answer.status, 200, "REGISTER")
        expect_equal(answer.get("require"), "outbound", "what is required")
        bob.send(bob.compose("MESSAGE", ALICE, [("Content-Type", "text/plain")], b"by the flow")[0])
        phone.wait(lambda: any(b"by the flow" in stray.body for stray in phone.strays), "the MESSAGE on the flow")
        server.stop()


@story
def a_stream_that_is_not_kept_alive_ends():
    """RFC 5626 5.4: Flow-Timer is told, and a device that is silent for half as long again is gone."""
    with Server(sip={"flow_timer": 2}) as server, Client(server.address, "tcp", user="alice", domain=DOMAIN) as phone:
        contact = '<sip:alice@192.0.2.99;transport=tcp>;+sip.instance="<urn:uuid:1>";reg-id=1'
        answer = phone.request("REGISTER", f"sip:{DOMAIN}", [("Contact", contact), ("Supported", "outbound, path")], to=ALICE)
        expect_equal(answer.get("flow-timer"), "2", "Flow-Timer")
        slowest = 0.0
        for _ in range(30):
            said = time.monotonic()
            phone.socket.sendall(b"\r\n\r\n")
            phone.pump(0.15)
            slowest = max(slowest, time.monotonic() - said)
            if phone.closed_by_peer:
                break
        expect(not phone.closed_by_peer or slowest > 2, "it is kept, as long as it is not late itself")
        phone.wait(lambda: phone.closed_by_peer, "silent, it is closed")
        server.stop()


@story
def who_asks_is_told_how_much_to_hold_back():
    """RFC 7339: the topmost Via of the answer says that all is well; others' Vias stay as they are."""
    with Server() as server, Client(server.address) as proxy:
        octets, branch = proxy.compose("OPTIONS", f"sip:{DOMAIN}")
        asked = octets.replace(f";branch={branch}".encode(), f';branch={branch};oc;oc-algo="loss"'.encode(), 1)
        answer = proxy.transact(asked, branch)
        expect(';oc=0;oc-algo="loss";oc-validity=0;oc-seq=' in answer.get("via"), f"Via: {answer.get('via')}")
        octets, branch = proxy.compose("OPTIONS", f"sip:{DOMAIN}")
        expect("oc=" not in proxy.transact(octets, branch).get("via"), "who does not ask is not told")
        server.stop()


@story
def privacy_that_cannot_be_given_is_refused():
    """RFC 3323 5: critical, and a level that is not offered; everything else is served."""
    with Server() as server, Client(server.address) as client:
        answer = client.request("OPTIONS", f"sip:{DOMAIN}", [("Privacy", "user;critical")])
        expect_equal((answer.status, answer.reason), (500, "No privacy of this level here: user"), "user;critical")
        expect_equal(client.request("OPTIONS", f"sip:{DOMAIN}", [("Privacy", "id;critical")]).status, 200, "id;critical")
        server.stop()


tell()
