# tests/hostile/desync.py: HTTP requests that a proxy before us could read otherwise, names that are not ours, and peers
# that send a byte at a time.
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from _herald import PATIENCE, Server, wait_until
from _stories import expect, expect_equal, story, tell

HIDDEN = "GET /v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"


def connection(server):
    made = socket.create_connection(("127.0.0.1", server.http_port))
    made.settimeout(PATIENCE)
    return made


def everything(peer):
    """What comes until the server closes."""
    whole = b""
    while piece := peer.recv(65536):
        whole += piece
    return whole.decode("latin-1")


def put(server, fields, body):
    return (f"PUT /v1/mailboxes/alice@localhost HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.token()}\r\n"
            f"Content-Type: application/json\r\n{fields}\r\n{body}")


@story
def what_could_be_read_otherwise_is_refused_and_ends_the_connection():
    """RFC 9112 11.2: one answer, 400, and nothing of the body is taken for a request."""
    chunks = "2\r\n{}\r\n0\r\n\r\n"
    attacks = {
        "blank before the colon": ("Content-Length : 2\r\n", "{}"),
        "blank before the colon of chunks": ("Transfer-Encoding : chunked\r\n", chunks),
        "a vertical tab before chunked": ("Transfer-Encoding: \x0bchunked\r\n", chunks),
        "an unknown coding": ("Transfer-Encoding: xchunked\r\n", chunks),
        "a doubled coding": ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", chunks),
        "a list of codings": ("Transfer-Encoding: identity, chunked\r\n", chunks),
        "chunks and a length": ("Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", chunks),
        "two lengths": ("Content-Length: 2\r\nContent-Length: 2\r\n", "{}"),
        "a folded length": ("X: y\r\n Content-Length: 2\r\n", "{}"),
        "a bare line feed": ("X: y\nContent-Length: 2\r\n", "{}"),
        "trailers": ("Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\nContent-Length: 5\r\n\r\n"),
        "a chunk size with a sign": ("Transfer-Encoding: chunked\r\n", "+2\r\n{}\r\n0\r\n\r\n"),
        "a chunk size that overflows": ("Transfer-Encoding: chunked\r\n", "10000000000000002\r\n{}\r\n0\r\n\r\n"),
        "a chunk longer than it says": ("Transfer-Encoding: chunked\r\n", "1\r\n{}\r\n0\r\n\r\n"),
    }
    with Server() as server:
        wrong = []
        for name, (fields, body) in attacks.items():
            with connection(server) as peer:
                peer.sendall((put(server, fields, body) + HIDDEN).encode("latin-1"))
                answers = everything(peer)
            if not answers.startswith("HTTP/1.1 400 ") or answers.count("HTTP/1.1 ") != 1:
                wrong.append(f"{name}: {answers[:60]!r}, {answers.count('HTTP/1.1 ')} answers")
        expect(not wrong, "; ".join(wrong))
        expect_equal(server.http("GET", "/v1/mailboxes/alice@localhost?source=here").status, 404, "nothing was set")
        server.stop()


@story
def a_name_that_is_not_ours_gets_nothing():
    """DNS rebinding: a page's own name, resolved to this machine, stands in Host. And no other origin is let in."""
    with Server(http={"hosts": ["herald.example"]}) as server:
        for host, wanted in (("evil.example", 421), ("localhost.evil.example", 421), ("localhost", 200), ("127.0.0.1", 200),
                             ("HERALD.example:80", 200), ("[::1]:8080", 200)):
            answer = server.http("GET", "/metrics", headers={"Host": host})
            expect_equal(answer.status, wanted, f"Host: {host}")
        answer = server.http("OPTIONS", "/v1/messages", headers={
            "Origin": "http://evil.example", "Access-Control-Request-Method": "POST"})
        expect(not [name for name in answer.headers if name.lower().startswith("access-control-")], "no CORS")
        server.stop()


@story
def who_sends_a_byte_at_a_time_delays_nobody():
    """Two hundred connections that dribble: health is answered while they do, and each of them has its time for a head."""
    with Server(http={"head_timeout": 60}) as server:
        slow = [connection(server) for _ in range(200)]
        for octet in HIDDEN.encode()[:4]:
            for peer in slow:
                peer.sendall(bytes([octet]))
            expect_equal(server.http("GET", "/readyz").status, 200, "readiness")
        expect_equal(server.metric("^herald_http_connections_gave_way_total"), 0, "connections that gave way")
        wait_until(lambda: server.metric("^herald_http_connections$") >= 200, "all of them are open meanwhile")
        for peer in slow:
            peer.close()
        server.stop()
    with Server(http={"head_timeout": 1}) as server:
        slow = [connection(server) for _ in range(20)]
        for peer in slow:
            peer.sendall(b"GET")
        for peer in slow:
            expect_equal(everything(peer), "", "no word to a head that never came")
        server.stop()


@story
def silent_connections_keep_nobody_out():
    """Above http.connections the one that has waited longest gives way."""
    with Server(http={"connections": 50, "head_timeout": 60}) as server:
        silent = [connection(server) for _ in range(200)]
        expect_equal(server.http("GET", "/readyz").status, 200, "readiness")
        gone = server.metric(r"^herald_http_connections_gave_way_total")
        expect(gone >= 150, f"{gone:.0f} gave way")
        for peer in silent:
            peer.close()
        server.stop()


tell()
