# tests/hostile/memory.py: what comes before any password takes a bounded number of bytes.
from _hostile import STRANGER, datagrams, guarded, stream

from _herald import wait_until
from _message import token
from _sip import Client
from _stories import expect, expect_equal, story, tell


def request(branch, extra):
    return (f"SUBSCRIBE sip:alice@example.test SIP/2.0\r\nVia: SIP/2.0/UDP {STRANGER}:9;branch=z9hG4bK{branch};rport\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:m@example.test>;tag=1\r\nTo: <sip:alice@example.test>\r\nCall-ID: {branch}\r\n"
            f"CSeq: 1 SUBSCRIBE\r\nContact: <sip:m@{STRANGER}>\r\nEvent: presence\r\n{extra}Content-Length: 0\r\n\r\n").encode()


def is_served(server):
    with Client(server.address, user="alice", domain="example.test") as client:
        expect_equal(client.request("OPTIONS", "sip:example.test").status, 200, "OPTIONS")


@story
def large_refusals_are_not_kept():
    """3,000 datagrams whose unknown extensions fill 55 kB each: less than 40 MB are kept of them."""
    for shards in (1, 4):
        with guarded(shards) as server, datagrams() as sock:
            is_served(server)
            before = server.rss_kilobytes()
            tags = "".join(f"Require: {'x' * 7900}{n}\r\n" for n in range(7))
            for _ in range(3000):
                sock.sendto(request(token(), tags), server.address)
                expect(sock.recv(65536).startswith(b"SIP/2.0 420 "), "an answer that is no 420")
            is_served(server)
            server.expect_grown_less(before, 40_000, f"3,000 large refusals, {shards} shards")
            server.stop()


@story
def unfinished_messages_take_no_more_than_their_share():
    """200 connections with 300 kB each of a message that never ends: less than 40 MB, and others are served."""
    for shards in (1, 4):
        with guarded(shards) as server:
            is_served(server)
            before = server.rss_kilobytes()
            sockets = []
            head = request("u", "").replace(b"Content-Length: 0", b"Content-Length: 262144")
            for _ in range(200):
                sock = stream(server)
                try:
                    sock.sendall(head + b"x" * 260_000)
                except OSError:
                    pass
                sockets.append(sock)
            is_served(server)
            wait_until(lambda: server.metric("^herald_sip_unfinished_refused_total") > 100, "most are closed")
            server.expect_grown_less(before, 40_000, f"200 unfinished messages, {shards} shards")
            for sock in sockets:
                sock.close()
            server.stop()


tell()
