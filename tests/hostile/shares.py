# tests/hostile/shares.py: nobody fills a table for everybody, whatever the shards: what one source has is counted for the process.
import time

from _hostile import ACCOMPLICE, DOMAIN, STRANGER, datagrams

from _herald import PATIENCE, Server
from _message import Message, token
from _sip import pidf
from _stories import expect, expect_equal, story, tell

MEBIBYTE = 1 << 20


def request(method, source, user, fields, body=b""):
    port = source.getsockname()[1]
    uri = f"sip:{user}@{DOMAIN}"
    head = [f"{method} {uri} SIP/2.0", f"Via: SIP/2.0/UDP {source.getsockname()[0]}:{port};branch=z9hG4bK{token()};rport",
            "Max-Forwards: 70", f"From: <sip:m{user}@{DOMAIN}>;tag=1", f"To: <{uri}>", f"Call-ID: {token()}", f"CSeq: 1 {method}",
            *fields]
    return ("\r\n".join(head) + f"\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body


def publish(source, user):
    body = pidf(f"sip:{user}@{DOMAIN}", note="x" * 10_000)
    return request("PUBLISH", source, user, ["Event: presence", "Content-Type: application/pidf+xml"], body)


def write(source, user):
    return request("MESSAGE", source, user, ["Content-Type: text/plain"], b"x" * 10_000)


def watch(source, user):
    contact = f"Contact: <sip:{'c' * 7_000}@{source.getsockname()[0]}:{source.getsockname()[1]}>"
    return request("SUBSCRIBE", source, user, ["Event: presence", contact])


def register(source, user):
    contacts = ", ".join(f"<sip:{'c' * 300}{n}@{source.getsockname()[0]}:9>" for n in range(8))
    return request("REGISTER", source, user, [f"Contact: {contacts}", "Expires: 600"])


def status_of(server, source, octets):
    """Of the answer; NOTIFYs on their way are not answered."""
    source.sendto(octets, server.address)
    while True:
        message = Message(source.recv(65536))
        if message.is_response:
            return message.status


@story
def one_source_fills_no_table():
    """A mebibyte of publications, messages, subscriptions and contacts for each source; then others are served, he is not."""
    share = {"memory_per_source": MEBIBYTE}
    tables = {"publications": (publish, (200,), 403, 31_000), "messages": (write, (200, 202), 480, 10_500),
              "subscriptions": (watch, (200,), 403, 7_500), "contacts": (register, (200,), 403, 12_000)}
    for shards in (1, 4):
        # Nobody answers the NOTIFYs: all that was taken stays, however long the others take.
        with Server(sip={"domains": [DOMAIN]}, server={"shards": shards, "log_level": "warning"}, publish=share, subscribe=share,
                    register=share, notify={"timeout_max": 1000}, message={"per_sender_bytes": MEBIBYTE, "rate": 0}) as server:
            for table, (make, granted, refusal, size) in tables.items():
                with datagrams(STRANGER) as stranger, datagrams(ACCOMPLICE) as other:
                    stranger.settimeout(PATIENCE)
                    other.settimeout(PATIENCE)
                    statuses = [status_of(server, stranger, make(stranger, f"{table}{n}"))
                                for n in range(2 * MEBIBYTE // size)]
                    taken = sum(status in granted for status in statuses)
                    print(f"{shards} shards: {taken} of {len(statuses)} {table}, {taken * size >> 10} KiB")
                    expect_equal(taken + statuses.count(refusal), len(statuses), f"answers about {table}")
                    expect(0.5 * MEBIBYTE < taken * size < 1.1 * MEBIBYTE, f"{taken} {table} of {size} bytes")
                    expect(status_of(server, other, make(other, f"{table}-other")) in granted, f"another source has room for {table}")
            server.stop()


@story
def totals_and_rates_are_those_of_the_process():
    """message.total and message.rate do not become four times as much on four shards."""
    for shards in (1, 4):
        with Server(sip={"domains": [DOMAIN]}, server={"shards": shards, "log_level": "warning"},
                    message={"total": 30, "rate": 1, "burst": 40}) as server, datagrams(STRANGER) as stranger:
            stranger.settimeout(PATIENCE)
            statuses = [status_of(server, stranger, request("MESSAGE", stranger, f"u{n}", ["Content-Type: text/plain"], b"x"))
                        for n in range(60)]
            kept = statuses.count(202)
            print(f"{shards} shards: {kept} of {len(statuses)} kept")
            expect_equal(kept, 30, "messages kept")
            expect_equal(statuses.count(480), 30, "messages refused")
            server.stop()
        with Server(sip={"domains": [DOMAIN]}, server={"shards": shards, "log_level": "warning"},
                    message={"rate": 1, "burst": 40}) as server, datagrams(STRANGER) as stranger:
            stranger.settimeout(PATIENCE)
            begun = time.monotonic()
            statuses = [status_of(server, stranger, request("MESSAGE", stranger, f"u{n}", ["Content-Type: text/plain"], b"x"))
                        for n in range(200)]
            kept, most = statuses.count(202), 40 + 1 + (time.monotonic() - begun)
            print(f"{shards} shards: {kept} of {len(statuses)} within the rate")
            expect(40 <= kept <= most, f"{kept} messages of one sender, where {most:.1f} are allowed")
            server.stop()


tell()
