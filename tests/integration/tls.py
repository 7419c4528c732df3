# tests/integration/tls.py: TLS and WebSocket against the program: certificates, renewal, who is refused, real clients.
import os
import signal
import socket
import ssl
import subprocess

from _baresip import Baresip
from _command import OK, Finished, Running
from _herald import PATIENCE, binary, wait_until
from _secured import Secured, SecuredApi
from _sip import Client, pidf
from _stories import expect, expect_equal, story, tell
from _tls import WebClient

DOMAIN = "localhost"
ALICE = f"sip:alice@{DOMAIN}"


@story
def a_watcher_is_told_on_the_connection_it_came_by():
    """RFC 3261 18, 26: SUBSCRIBE, NOTIFY and PUBLISH over TLS, with several shards, and the flow is listed."""
    with Secured(server={"shards": 2}) as server:
        for number in range(6):
            alice = f"sip:alice{number}@{DOMAIN}"
            with server.client() as watcher, server.client(user=f"alice{number}") as publisher:
                subscription = watcher.subscribe(alice)
                publisher.publish(alice, pidf(alice, note="over TLS"))
                watcher.wait(lambda: b"over TLS" in subscription.last.body, "the NOTIFY")
                expect(subscription.last.get("via").startswith("SIP/2.0/TLS "), "Via names TLS")
                expect("transport=tls" in subscription.last.get("contact"), "who writes transport=tls reads it")
                flow = server.subscriptions(resource=alice.removeprefix("sip:"))[0]
                expect(f"tls:127.0.0.1:{watcher.port}" in str(flow), f"the flow is listed: {flow}")
                expect_equal(subscription.unsubscribe().status, 200, "the end")
        expect(server.metric('herald_tls_handshakes_total.*"full"') == 12, "handshakes are counted")
        server.stop()


@story
def sips_is_served_by_tls_only():
    """RFC 3261 26.2.2, 5630: sips over TLS is served with a sips Contact, and no transport=tls is written; 416 elsewhere."""
    with Secured() as server, server.client() as secure, Client(server.address, "tcp") as clear:
        fields = [("Event", "presence"), ("Contact", f"<sips:bob@127.0.0.1:{secure.port}>")]
        answer = secure.request("SUBSCRIBE", f"sips:alice@{DOMAIN}", fields)
        expect_equal(answer.status, 200, "sips over TLS")
        expect(answer.get("contact").startswith("<sips:") and "transport=" not in answer.get("contact"),
               f"our Contact: {answer.get('contact')}")
        secure.wait(lambda: secure.strays, "the NOTIFY")
        expect(secure.strays[0].get("contact").startswith("<sips:"), "the Contact of the NOTIFY")
        expect_equal(clear.request("SUBSCRIBE", f"sips:alice@{DOMAIN}", fields).status, 416, "sips over TCP")
        server.stop()


@story
def renewed_certificates_are_shown_without_a_lost_connection():
    """On SIGHUP, and when the files change; a file that is broken meanwhile changes nothing."""
    with Secured() as server, server.client() as old:
        subscription = old.subscribe(ALICE)
        server.authority.issue("server", "DNS:localhost,DNS:hup.test")
        server.process.send_signal(signal.SIGHUP)

        def names():
            with server.client() as fresh:
                return fresh.peer_names()
        wait_until(lambda: "hup.test" in names(), "the renewed certificate is shown", pause=0.2)

        with open(server.key, "w", encoding="ascii") as file:
            file.write("broken\n")
        wait_until(lambda: "tls.unreadable" in server.log(), "the broken key is told", pause=0.5)
        expect("hup.test" in names(), "the last good certificate stays")

        server.authority.issue("server", "DNS:localhost,DNS:file.test")
        wait_until(lambda: "file.test" in names(), "the certificate is read again by itself", pause=0.5)
        with server.client(user="alice") as alice:
            alice.publish(ALICE, pidf(ALICE, note="still here"))
        old.wait(lambda: b"still here" in subscription.last.body, "the NOTIFY on the old connection")
        server.stop()


@story
def sessions_are_resumed_and_old_versions_refused():
    """RFC 8996: nothing below TLS 1.2. RFC 5077, 8446 2.2: a ticket makes the next handshake a short one."""
    with Secured() as server:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = server.authority.context(maximum_version=version, minimum_version=version)
            with server.client(context) as first:
                expect_equal(first.request("OPTIONS", f"sip:{DOMAIN}").status, 200, "OPTIONS")
                ticket = first.socket.session
            with server.client(context, session=ticket) as second:
                expect_equal(second.request("OPTIONS", f"sip:{DOMAIN}").status, 200, "OPTIONS")
                expect(second.socket.session_reused, f"{version.name}: the session was resumed")
        expect_equal(server.metric('herald_tls_handshakes_total.*"resumed"'), 2, "resumed handshakes")
        old = server.authority.context()
        old.set_ciphers("DEFAULT@SECLEVEL=0")
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        try:
            server.client(old).close()
            expect(False, "TLS 1.1 was spoken")
        except ssl.SSLError:
            pass
        server.stop()


@story
def garbage_half_and_slow_handshakes_hold_nobody_up():
    with Secured(sip={"tls_handshake_timeout": 1}) as server, server.client() as good:
        address = ("127.0.0.1", server.tls_port)
        for octets in (b"OPTIONS sip:a SIP/2.0\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\xff" + bytes(300), os.urandom(2000)):
            with socket.create_connection(address) as bad:
                bad.sendall(octets)
                bad.settimeout(PATIENCE)
                while bad.recv(1000):
                    pass
        silent = [socket.create_connection(address) for _ in range(50)]
        expect_equal(good.request("OPTIONS", f"sip:{DOMAIN}").status, 200, "OPTIONS among them")
        wait_until(lambda: server.failures("timeout") >= 50, "silent handshakes are given up", pause=0.2)
        for each in silent:
            each.close()
        expect(server.failures("protocol") >= 1 and server.failures("protocol|timeout") >= 53, "garbage is counted")
        expect_equal(server.log().count("tls.refused"), 1, "one line for one peer")
        wait_until(lambda: server.metric("herald_sip_connections$") == 1, "nothing is left of them")
        server.stop()


class WireClient:
    """TLS whose records the test writes itself."""

    def __init__(self, server):
        self.socket = socket.create_connection(("127.0.0.1", server.tls_port))
        self.socket.settimeout(PATIENCE)
        self.into, self.out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = server.authority.context().wrap_bio(self.into, self.out, server_hostname="localhost")
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.socket.sendall(self.out.read())
                self.into.write(self.socket.recv(65536))
        self.socket.sendall(self.out.read())

    def is_closed_after(self, octets):
        """Whether the server ends the connection, and says nothing in SIP."""
        self.socket.sendall(octets)
        while some := self.socket.recv(65536):
            self.into.write(some)
        try:
            return not self.tls.read(1000)
        except ssl.SSLError:
            return True


@story
def records_that_may_not_be_end_the_connection():
    """RFC 8446 5: longer than 2^14 + 256, of a type that is none, changed on the way, or a handshake that begins with such a one."""
    with Secured() as server, server.client() as good:
        for octets in (b"\x17\x03\x03\x41\x01" + bytes(0x4101), b"\x17\x03\x03\xff\xff" + bytes(70000), b"\x63\x03\x03\x00\x20" + bytes(32),
                       b"\x17\x03\x03\x00\x40" + os.urandom(64), b"\x17\x03\x03\x00\x00", b"\x16\x03\x03\x00\x04\x00\x00\x00\x00"):
            expect(WireClient(server).is_closed_after(octets), f"{octets[:5]!r} was taken")
        for octets in (b"\x16\x03\x01\xff\xff" + bytes(70000), b"\x16\x03\x01\x41\x01" + bytes(0x4101), b"\x16\x03\x01\x00\x00" * 100):
            with socket.create_connection(("127.0.0.1", server.tls_port)) as raw:
                raw.sendall(octets)
                raw.settimeout(PATIENCE)
                while raw.recv(1000):
                    pass
        expect_equal(good.request("OPTIONS", f"sip:{DOMAIN}").status, 200, "OPTIONS beside them")
        wait_until(lambda: server.metric("herald_sip_connections$") == 1, "nothing is left of them")
        server.stop()


def s_client(server, *more, octets=b"\r\n\r\n", until=lambda: True):
    """What openssl s_client says, given these octets, and the end of its input once `until` holds."""
    client = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{server.tls_port}", "-CAfile", server.authority.file, *more],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    client.stdin.write(octets)
    client.stdin.flush()
    wait_until(until, f"s_client {more}")
    said, _ = client.communicate(timeout=PATIENCE)
    return said.decode(errors="replace")


@story
def nobody_shakes_hands_twice_or_speaks_before():
    """RFC 5746, 9325 3.5: renegotiation is refused. RFC 8446 2.3: what is sent early could be sent again, and is not taken."""
    with Secured() as server:
        said = s_client(server, "-tls1_2", octets=b"R\n")
        expect("RENEGOTIATING" in said and "no renegotiation" in said, f"renegotiation: {said[-500:]}")
        session, early = os.path.join(server.directory, "session"), os.path.join(server.directory, "early")
        with open(early, "wb") as file:
            file.write(f"OPTIONS sip:{DOMAIN} SIP/2.0\r\nContent-Length: 0\r\n\r\n".encode())
        s_client(server, "-tls1_3", "-sess_out", session, until=lambda: os.path.exists(session) and os.path.getsize(session) > 0)
        said = s_client(server, "-tls1_3", "-sess_in", session, "-early_data", early,
                        until=lambda: server.metric('herald_tls_handshakes_total.*"resumed"') == 1)
        expect("Reused" in said and "Early data was accepted" not in said, f"early data: {said[-500:]}")
        with server.client() as good:
            expect_equal(good.request("OPTIONS", f"sip:{DOMAIN}").status, 200, "OPTIONS after them")
        server.stop()


@story
def openssl_shakes_hands_and_is_answered():
    with Secured() as server:
        request = (f"OPTIONS sip:{DOMAIN} SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:9;branch=z9hG4bK1;rport\r\n"
                   f"From: <sip:a@{DOMAIN}>;tag=1\r\nTo: <sip:{DOMAIN}>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
                   "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n")
        client = subprocess.Popen(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{server.tls_port}", "-CAfile", server.authority.file,
             "-verify_return_error", "-verify_hostname", "localhost", "-quiet", "-servername", "localhost"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        client.stdin.write(request.encode())
        client.stdin.flush()
        expect(client.stdout.readline().startswith(b"SIP/2.0 200 "), "the answer")
        client.kill()
        client.wait()
        server.stop()


@story
def a_server_without_its_key_says_so_and_does_not_start():
    with Secured() as server:
        server.stop()
        other = server.authority.issue("other")[1]
        server.config["sip"]["tls_key"] = [other]
        done = subprocess.run([binary(), "serve", "--config", server.write_config()], capture_output=True, text=True,
                              timeout=60)
        expect(done.returncode != 0 and f"{other} holds no key" in done.stderr, f"what it says: {done.stderr}")


@story
def a_browser_watches_and_publishes():
    """RFC 7118: Contact and Via with .invalid hosts; NOTIFYs ride the connection; pages of other origins are refused."""
    with Secured(server={"shards": 2}, sip={"ws_origins": ["https://phone.test"]}) as server:
        address = ("127.0.0.1", server.ws_port)
        for number in range(4):
            alice = f"sip:alice{number}@{DOMAIN}"
            with WebClient(address, origin="https://phone.test") as watcher, WebClient(address, user="alice") as publisher:
                expect_equal(watcher.status, 101, "the handshake")
                subscription = watcher.subscribe(alice)
                publisher.user = f"alice{number}"
                publisher.publish(alice, pidf(alice, note="from a browser" + "!" * 500))
                watcher.wait(lambda: b"from a browser" in subscription.last.body, "the NOTIFY")
                expect("transport=ws" in subscription.last.get("contact"), "our Contact")
        expect_equal(WebClient(address, origin="https://evil.test").status, 403, "another origin")
        expect_equal(WebClient(address, protocol="chat").status, 400, "another sub-protocol")
        expect_equal(server.metric('herald_websocket_ended_total.*"origin"'), 1, "refusals are counted")
        server.stop()


@story
def the_api_is_served_by_https():
    """A connection that says nothing, or no TLS, holds nobody up; bodies large and small; a renewed certificate is shown."""
    with SecuredApi() as server:
        address = ("127.0.0.1", server.http_port)
        silent = [socket.create_connection(address) for _ in range(20)]
        with socket.create_connection(address) as clear:
            clear.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            clear.settimeout(PATIENCE)
            expect(not clear.recv(1000).startswith(b"HTTP"), "plain HTTP was answered")
        for number in range(20):
            server.put_account(f"user{number}@{DOMAIN}", "a secret")
        expect_equal(server.subscriptions(), [], "a request with a token")
        expect_equal(server.http("PUT", "/v1/accounts/x", "x" * 100000).status // 100, 4, "a large body")
        server.authority.issue("api", "DNS:localhost,IP:127.0.0.1,DNS:renewed.test")
        server.process.send_signal(signal.SIGHUP)

        def names():
            with socket.create_connection(address) as raw, \
                    server.authority.context().wrap_socket(raw, server_hostname="localhost") as peer:
                return [value for _, value in peer.getpeercert()["subjectAltName"]]
        wait_until(lambda: "renewed.test" in names(), "the renewed certificate is shown", pause=0.2)
        api = ("--api", f"https://localhost:{server.http_port}")
        trusted = Finished(server, "status", *api, "--ca", server.authority.file).expect_code(OK)
        expect(trusted.out, "what the command says")
        refused = Finished(server, "status", *api)
        expect(refused.code != OK and "ertificate" in refused.err, f"without --ca: {refused.err}")
        wait_until(lambda: all(each.recv(1) == b"" for each in silent), "silent connections are closed")
        server.stop()


@story
def the_commands_speak_tls_to_who_is_vouched_for():
    with Secured() as server:
        over = ("--server", f"localhost:{server.tls_port}", "--transport", "tls")
        trusted = (*over, "--ca", server.authority.file)
        with Running(server, "watch", ALICE, *trusted) as watch:
            expect_equal(watch.state(), "closed", "nothing is published")
            Finished(server, "publish", ALICE, "--status", "open", *trusted).expect_code(OK)
            expect_equal(watch.state(), "open", "after the publication")
            expect_equal(watch.interrupt(), OK, "exit code after Ctrl-C")
        refused = Finished(server, "publish", ALICE, "--status", "open", *over)
        expect(refused.code != OK and "tls.refused" in refused.err, f"without --ca: {refused.err}")
        server.stop()


@story
def baresip_watches_and_publishes_over_tls():
    """Its Contact names a port where it listens without a certificate: NOTIFYs must ride its connection."""
    with Secured() as server, Client(server.address, domain="127.0.0.1") as raw:
        def account(user, more=""):
            return (f"<sip:{user}@127.0.0.1:{server.tls_port};transport=tls>;regint=0;"
                    f'outbound="sip:127.0.0.1:{server.tls_port};transport=tls"{more}')
        contact = f'"Alice" <sip:alice@127.0.0.1:{server.tls_port};transport=tls>;presence=p2p'
        with Baresip(os.path.join(server.directory, "alice"), account("alice", ";pubint=600")) as alice, \
                Baresip(os.path.join(server.directory, "bob"), account("bob"), [contact]) as bob:
            watcher = raw.subscribe("sip:alice@127.0.0.1", user="carol")
            wait_until(lambda: len(server.subscriptions()) == 2, "baresip has subscribed")
            for command, basic, shown in (("presence_online", "open", "Online"), ("presence_offline", "closed", "Offline")):
                alice.command(command)
                watcher.client.wait(lambda: f"<basic>{basic}</basic>".encode() in watcher.last.body, f"NOTIFY: {basic}")
                wait_until(lambda: bob.shows("alice") == shown, f"baresip shows {shown}")
            bob.quit()
            wait_until(lambda: len(server.subscriptions()) == 1, "its subscription has ended")
            alice.quit()
        server.stop()


tell()
