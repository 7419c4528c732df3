# tests/hostile/held.py: while a cell is on its way nobody takes the place of those who wait for it.
import threading

from _hostile import ACCOMPLICE, DOMAIN, STRANGER, datagrams

from _herald import Server, wait_until
from _message import Message, token
from _sip import Client, pidf
from _stories import expect, expect_equal, story, tell

ALICE = f"sip:alice@{DOMAIN}"
PLACE = 64
MOST_ROUNDS = 30
DROPPED = r'herald_cluster_turned_away_total\{(?=.*"dropped")(?=.*"share")'


def question(source):
    """About somebody's capabilities, which makes nothing."""
    host, port = source.getsockname()
    branch = "z9hG4bK" + token()
    head = [f"OPTIONS {ALICE} SIP/2.0", f"Via: SIP/2.0/UDP {host}:{port};branch={branch};rport", "Max-Forwards: 70",
            f"From: <{ALICE}>;tag=1", f"To: <{ALICE}>", f"Call-ID: {token()}", "CSeq: 1 OPTIONS", "Content-Length: 0"]
    return ("\r\n".join(head) + "\r\n\r\n").encode(), branch


def answered(source, branches):
    """Waits for the answers to requests that were sent once; their statuses."""
    statuses = {}
    while len(statuses) < len(branches):
        message = Message(source.recv(65536))
        if message.is_response and message.status >= 200 and message.branch in branches:
            statuses[message.branch] = message.status
    return list(statuses.values())


@story
def one_source_does_not_take_the_place_of_all():
    """A watcher who says nothing keeps his cell on its way for a second. Meanwhile one source sends ten times what may wait;
    what another one sends then, and sends once, is answered all the same."""
    with Server(sip={"domains": [DOMAIN]}, server={"shards": 1, "log_level": "error"}, cluster={"held_requests": PLACE}) as server, \
            Client(server.address, domain=DOMAIN) as watcher, datagrams(STRANGER) as stranger, datagrams(ACCOMPLICE) as other:
        other.settimeout(60)
        subscription = watcher.subscribe(ALICE)
        cell = bucket_of(subscription.to_tag) // 16
        publication = watcher.publish(ALICE, pidf(ALICE, note="0"))
        watcher.answers = lambda notify: None
        rounds = 0
        while server.metric(DROPPED) == 0:
            rounds += 1
            expect(rounds <= MOST_ROUNDS, "the cell was never on its way while it was asked for")
            # A NOTIFY that stays without an answer.
            expect_equal(publication.modify(pidf(ALICE, note=f"{rounds}")).status, 200, "a change")
            give = threading.Thread(target=server.http, args=("POST", f"/v1/cells/{cell}/give"))
            give.start()
            wait_until(lambda: not give.is_alive() or is_held(server, stranger), "the cell is on its way")
            for _ in range(10 * PLACE):
                stranger.sendto(question(stranger)[0], server.address)
            requests = [question(other) for _ in range(3)]
            for request, _ in requests:
                other.sendto(request, server.address)
            statuses = answered(other, [branch for _, branch in requests])
            give.join()
            expect_equal(statuses, [200] * 3, "answers to somebody else")
        held = server.metric(r"herald_cluster_held\b")
        expect_equal(held, 0, "requests left waiting")
        print(f"{rounds} rounds, {server.metric(DROPPED):.0f} dropped of one source")
        server.stop()


def is_held(server, source):
    """Whether a request for the cell waits."""
    source.sendto(question(source)[0], server.address)
    return server.metric(r"herald_cluster_held\b") > 0


def bucket_of(tag):
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    return letters.index(tag[0]) << 5 | letters.index(tag[1])


tell()
