# tests/hostile/streams.py: connections that say nothing keep nobody else out.
import shutil
import socket

from _hostile import ACCOMPLICE, STRANGER, guarded, stream

from _herald import wait_until
from _sip import Client
from _stories import Skip, expect, expect_equal, story, tell


def silent(server, count, source=STRANGER):
    """So many connections without a byte; those that are refused count too."""
    made = []
    for _ in range(count):
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.bind((source, 0))
        sock.setblocking(False)
        sock.connect_ex(server.address)
        made.append(sock)
    return made


def is_healthy(server):
    expect_equal(server.http("GET", "/readyz").status, 200, "/readyz")


def is_served(server, source):
    """An OPTIONS over a new connection."""
    with stream(server, source) as sock:
        sock.sendall(b"OPTIONS sip:example.test SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bKo\r\nMax-Forwards: 70\r\nFrom: <sip:a@b>;tag=1\r\n"
                     b"To: <sip:example.test>\r\nCall-ID: o\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")
        return sock.recv(12) == b"SIP/2.0 200 "


@story
def one_source_has_its_share_of_connections():
    """A thousand silent connections of one address: others connect, HTTP answers, whatever the shards."""
    for shards in (1, 4):
        with guarded(shards, sip={"max_connections_per_source": 100, "max_connections": 400}) as server:
            sockets = silent(server, 1000)
            wait_until(lambda: server.metric("^herald_sip_connections_refused_total") >= 900, "the others are refused")
            expect(server.metric("^herald_sip_connections$") <= 100, "more than a hundred are open")
            expect(is_served(server, ACCOMPLICE), "another address is served")
            is_healthy(server)
            for sock in sockets:
                sock.close()
            server.stop()


@story
def connections_never_take_the_last_descriptors():
    """With 700 files and no share by source, 1,000 connections leave room for HTTP and the store; one line says so."""
    if not shutil.which("prlimit"):
        raise Skip("there is no prlimit")
    with guarded(2, sip={"max_connections_per_source": 100000}, wrapper=["prlimit", "--nofile=700:700"]) as server:
        sockets = silent(server, 1000)
        wait_until(lambda: server.metric("^herald_sip_connections_refused_total") > 0, "connections are refused")
        is_healthy(server)
        server.put_account("alice@example.test", "a secret")
        lines = [line for line in server.log().splitlines() if "sip.accept_paused" in line or "server.few_files" in line]
        expect(len(lines) <= 2, f"{len(lines)} lines are logged")
        with Client(server.address, user="alice", domain="example.test") as client:
            expect_equal(client.request("OPTIONS", "sip:example.test").status, 200, "by UDP")
        for sock in sockets:
            sock.close()
        server.stop()


tell()
