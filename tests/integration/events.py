# tests/integration/events.py: what happens is told, to readers of the stream and to a hook, over restarts and kill -9; presence
# in a few words is composed, expires, and reaches watchers.
import hashlib
import hmac
import http.client
import http.server
import json
import os
import socket
import ssl
import subprocess
import tempfile
import threading
import time

from _herald import PATIENCE, Server, binary, wait_until
from _sip import Client
from _stories import expect, expect_equal, story, tell
from _tls import Authority

ALICE = "sip:alice@127.0.0.1"
PRESENCE = "/v1/presence/alice@127.0.0.1"
OPEN = (b'<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@127.0.0.1">'
        b'<tuple id="a"><status><basic>open</basic></status></tuple></presence>')
READERS = 1500
SECRET = "a-secret-of-the-hook"


class Reader:
    """One who reads events."""

    def __init__(self, server, query="", after=None, bearer=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.http_port, timeout=PATIENCE)
        headers = {"Authorization": f"Bearer {bearer or server.token()}"}
        if after:
            headers["Last-Event-ID"] = after
        self.connection.request("GET", "/v1/events" + query, headers=headers)
        self.answer = self.connection.getresponse()
        expect_equal(self.answer.status, 200, "GET /v1/events")
        self.last_id = after
        expect_equal(self.answer.readline(), b"retry: 2000\n", "the first line")
        self.answer.readline()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def next(self):
        """The next event; heartbeats are passed over."""
        data = None
        while True:
            line = self.answer.readline()
            expect(line, "the stream ended")
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name == "id":
                self.last_id = value
            elif name == "data":
                data = json.loads(value)
            elif not name and data:
                return data


class Hook:
    """A program that is told events: it refuses as it is told to, and keeps what it took."""

    def __init__(self, port=0, pair=None):
        hook = self
        self.taken, self.refuse, self.seen = [], lambda body: None, []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                body = json.loads(raw)
                signature = "sha256=" + hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
                body["is_signed"] = hmac.compare_digest(signature, self.headers["Herald-Signature"] or "")
                hook.seen.append(body)
                status = hook.refuse(body)
                if status is None:
                    hook.taken.append(body)
                self.send_response(status or 204)
                self.end_headers()

            def log_message(self, *_):
                pass

        http.server.ThreadingHTTPServer.allow_reuse_address = True
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self.server.server_port
        if pair:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*pair)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def with_hook(port, directory=None, origin="http://127.0.0.1", **more):
    server = Server(hooks={"url": f"{origin}:{port}/herald?x=1", "kinds": ["watcher.pending", "rule.changed"]}, **more)
    path = os.path.join(server.directory, "hook-secret")
    with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
        file.write(SECRET + "\n")
    server.config["hooks"]["secret_file"] = path
    return server


def allow(server, owner, watcher):
    done = server.http("POST", f"/v1/lists/{owner}/allow/entries", {"watcher": watcher})
    expect_equal(done.status, 200, "POST of an entry")


@story
def what_happens_is_told_with_what_it_is_about():
    with Server() as server, Client(server.address, user="alice", domain="127.0.0.1") as alice, \
            Client(server.address, user="carol", domain="example.org") as carol, Reader(server) as reader:
        carol.subscribe(ALICE)
        created, pending = reader.next(), reader.next()
        expect_equal((created["kind"], created["state"]), ("subscription.created", "pending"), "a subscription")
        expect_equal((pending["kind"], pending["watcher"]), ("watcher.pending", "sip:carol@example.org"), "who waits")
        allow(server, "alice@127.0.0.1", "carol@example.org")
        kinds = {reader.next()["kind"], reader.next()["kind"]}
        expect_equal(kinds, {"watcher.decided", "rule.changed"}, "what is decided")
        alice.publish(ALICE, OPEN)
        changed = reader.next()
        expect_equal((changed["kind"], changed["resource"], changed["package"]), ("resource.changed", ALICE, "presence"), "a PUBLISH")
        server.stop()


@story
def a_wrong_password_is_told_with_the_account():
    with Server(sip={"auth": "digest"}) as server, Reader(server, "?kind=auth.refused") as reader:
        server.put_account("alice@localhost", "right")
        command = [binary(), "register", "sip:alice@localhost", "--server", f"127.0.0.1:{server.sip_port}", "--password", "wrong"]
        subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)
        refused = reader.next()
        expect_equal((refused["resource"], refused["user"], refused["reason"]),
                     ("sip:alice@localhost", "alice", "wrong password"), "who was refused")
        server.stop()


@story
def a_reader_goes_on_where_it_was():
    with Server() as server:
        with Reader(server, "?kind=resource.changed") as reader:
            server.http("PUT", PRESENCE, {"status": "open"})
            reader.next()
            last = reader.last_id
        server.http("PUT", PRESENCE, {"status": "closed"})
        with Reader(server, "?kind=resource.changed", after=last) as reader:
            expect_equal(reader.next()["kind"], "resource.changed", "what happened in between")
            last = reader.last_id
        server.kill()
        server.start()
        with Reader(server, after=last) as reader:
            expect_equal(reader.next()["kind"], "events.lost", "after a restart")
        server.stop()


@story
def many_read_at_once():
    """Each is told; health and requests are answered meanwhile; no thread is there for any of them."""
    with Server(http={"event_streams": READERS + 10, "event_streams_per_token": READERS + 10}) as server:
        request = f"GET /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.token()}\r\n\r\n".encode()
        readers = []
        try:
            for _ in range(READERS):
                reader = socket.create_connection(("127.0.0.1", server.http_port), timeout=PATIENCE)
                reader.sendall(request)
                readers.append(reader)
            wait_until(lambda: server.metric("^herald_http_event_streams$") == READERS, "all read")
            begin = time.monotonic()
            expect_equal(server.http("PUT", PRESENCE, {"status": "open"}).status, 201, "PUT while they read")
            for reader in readers:
                said = b""
                while b"resource.changed" not in said:
                    part = reader.recv(65536)
                    expect(part, "a reader was cut")
                    said += part
            print(f"{READERS} readers told in {time.monotonic() - begin:.3f} s")
            expect_equal(server.http("GET", "/healthz").status, 200, "health")
            with open(f"/proc/{server.process.pid}/status", encoding="ascii") as file:
                threads = next(int(line.split()[1]) for line in file if line.startswith("Threads:"))
            expect(threads < 40, f"{threads} threads")
        finally:
            for reader in readers:
                reader.close()
        wait_until(lambda: server.metric("^herald_http_event_streams$") == 0, "all gone")
        server.stop()


@story
def what_a_page_says_is_composed_with_what_phones_say_and_ends():
    with Server() as server, Client(server.address, user="alice", domain="127.0.0.1") as alice:
        watcher = alice.subscribe(ALICE)
        watcher.wait_body("<basic>closed</basic>")
        made = server.http("PUT", PRESENCE, {"status": "open", "activities": ["meeting"], "note": "back at 3", "ttl": 604800})
        expect_equal(made.status, 201, "PUT")
        watcher.wait_body("meeting")
        publication = alice.publish(ALICE, OPEN.replace(b"open", b"closed"))
        server.kill()
        server.start()
        said = server.http("GET", PRESENCE).json()
        expect_equal((said["status"], said["activities"], said["note"]), ("open", ["meeting"], "back at 3"), "after kill -9")
        own = server.http("GET", PRESENCE + "?source=here")
        expect_equal(own.headers["ETag"], made.headers["ETag"], "its entity-tag")
        refused = server.http("PUT", PRESENCE, {"status": "closed"}, headers={"If-Match": '"other"'})
        expect_equal(refused.status, 412, "PUT of who has not seen it")
        publication.remove()
        changed = server.http("PUT", PRESENCE, {"status": "open", "ttl": 1}, headers={"If-Match": own.headers["ETag"]})
        expect_equal(changed.status, 204, "PUT of who has")
        wait_until(lambda: server.http("GET", PRESENCE).json()["status"] == "closed", "it ends by itself")
        expect_equal(server.http("DELETE", PRESENCE).status, 404, "DELETE of nothing")
        server.stop()


@story
def a_hook_is_told_and_told_again_until_it_takes_it():
    with Hook() as hook, with_hook(hook.port) as server, Client(server.address, user="carol", domain="example.org") as carol:
        hook.refuse = lambda body: 500 if body["resource"] == ALICE and len(hook.seen) < 3 else None
        carol.subscribe(ALICE)
        wait_until(lambda: len(hook.seen) >= 1, "posted once")
        allow(server, "alice@127.0.0.1", "carol@example.org")
        allow(server, "bob@127.0.0.1", "carol@example.org")
        wait_until(lambda: len(hook.taken) == 3, "all taken")
        kinds = [body["kind"] for body in hook.taken if body["resource"] == ALICE]
        expect_equal(kinds, ["watcher.pending", "rule.changed"], "in their order")
        expect(all(body["is_signed"] for body in hook.seen), "all signed")
        wait_until(lambda: server.metric("^herald_hooks_waiting$") == 0, "nothing waits")
        server.stop()


@story
def what_a_hook_has_not_taken_survives_kill_9():
    with Hook() as hook:
        port = hook.port
    with with_hook(port) as server, Client(server.address, user="carol", domain="example.org") as carol:
        carol.subscribe(ALICE)
        allow(server, "alice@127.0.0.1", "carol@example.org")
        wait_until(lambda: server.metric("^herald_hooks_waiting$") == 2, "both are kept")
        server.kill()
        with Hook(port) as hook:
            server.start()
            wait_until(lambda: len(hook.taken) == 2, "both taken after kill -9")
            expect_equal([body["kind"] for body in hook.taken], ["watcher.pending", "rule.changed"], "in their order")
        server.stop()


@story
def a_hook_is_told_what_happens_before_it_is_looked_for():
    with tempfile.TemporaryDirectory() as ours:
        authority = Authority(ours)
        slow = os.path.join(ours, "slow.pem")
        os.mkfifo(slow)
        with Hook(pair=authority.issue("hook")) as hook, with_hook(hook.port, origin="https://localhost") as server:
            server.stop()
            server.config["hooks"]["ca"] = slow
            # The API answers while the hook's authorities are still being read.
            server.start()
            allow(server, "alice@127.0.0.1", "carol@example.org")
            with open(authority.file, "rb") as pem, open(slow, "wb") as out:
                out.write(pem.read())
            wait_until(lambda: len(hook.taken) == 1, "what was changed meanwhile")
            server.stop()


@story
def a_hook_is_told_what_a_stop_ends():
    with Hook() as hook, with_hook(hook.port) as server:
        server.config["hooks"]["kinds"] = ["subscription.ended"]
        server.stop()
        server.start()
        with Client(server.address, user="carol", domain="example.org", transport="tcp") as carol:
            carol.subscribe(ALICE, contact="<sip:carol@phone.invalid;transport=tcp>")
            server.stop()
        server.start()
        wait_until(lambda: len(hook.taken) == 1, "the end of a subscription whose flow died")
        server.stop()


@story
def a_hook_that_hangs_delays_no_stop():
    silent = socket.create_server(("127.0.0.1", 0))
    with silent, with_hook(silent.getsockname()[1]) as server:
        allow(server, "alice@127.0.0.1", "carol@example.org")
        connection, _ = silent.accept()
        with connection:
            connection.recv(1000)
            begin = time.monotonic()
            server.stop()
            expect(time.monotonic() - begin < 8, "the stop waited for the hook")


@story
def a_hook_over_https_proves_who_it_is():
    with tempfile.TemporaryDirectory() as ours, tempfile.TemporaryDirectory() as theirs:
        authority, other = Authority(ours), Authority(theirs)
        with Hook(pair=authority.issue("hook")) as hook, with_hook(hook.port, origin="https://localhost") as server:
            server.config["hooks"]["ca"] = other.file
            server.stop()
            server.start()
            allow(server, "alice@127.0.0.1", "carol@example.org")
            wait_until(lambda: server.metric("^herald_hooks_failed_total$") >= 1, "nobody known vouches for it")
            expect_equal(hook.seen, [], "what a stranger was told")
            server.stop()
            server.config["hooks"]["ca"] = authority.file
            server.start()
            wait_until(lambda: len(hook.taken) == 1, "taken by who proved to be it")
            expect(hook.taken[0]["is_signed"], "signed all the same")
            server.stop()
        elsewhere = authority.issue("elsewhere", names="DNS:elsewhere.example")
        with Hook(pair=elsewhere) as hook, with_hook(hook.port, origin="https://localhost") as server:
            server.config["hooks"]["ca"] = authority.file
            server.stop()
            server.start()
            allow(server, "alice@127.0.0.1", "carol@example.org")
            wait_until(lambda: server.metric("^herald_hooks_failed_total$") >= 1, "it is somebody else")
            expect_equal(hook.seen, [], "what somebody else was told")
            server.stop()


tell()
