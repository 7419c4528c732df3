# tests/hostile/_hostile.py: what the attacks share: the server of the integration tests, and sources of their own.
"""Loopback has 16 million addresses: an attack comes from another one than the users do."""
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from _herald import PATIENCE, Server  # noqa: E402

DOMAIN = "example.test"
USERS, STRANGER, ACCOMPLICE = "127.0.0.1", "127.0.0.66", "127.0.0.67"


def guarded(shards=1, **sections):
    """A server that asks for passwords. Half of what it defends is about who comes to which shard."""
    sip = {"auth": "digest", "domains": [DOMAIN], **sections.pop("sip", {})}
    return Server(sip=sip, server={"shards": shards, "log_level": "warning"}, **sections)


def datagrams(source=STRANGER):
    """A UDP socket of that address."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    made.bind((source, 0))
    made.settimeout(0.5)
    return made


def stream(server, source=STRANGER):
    """A TCP connection from that address."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.bind((source, 0))
    made.settimeout(PATIENCE)
    made.connect(server.address)
    return made


def received(sock):
    """All datagrams that wait, until none came for the socket's timeout."""
    found = []
    while True:
        try:
            found.append(sock.recv(65536))
        except (TimeoutError, BlockingIOError):
            return found
