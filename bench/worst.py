#!/usr/bin/env python3
# bench/worst.py: what the worst single messages cost a shard: the largest documents of each kind its limits let in.
#
#   HERALD_BINARY=build/release/herald python3 bench/worst.py
#
# CPU time of the shard's threads for one message, its NOTIFYs to one watcher included; the median of eleven.
import os
import statistics
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "integration"))

from _herald import Server  # noqa: E402
from _sip import Client, Publication  # noqa: E402

DOMAIN = "example.com"
ALICE = f"sip:alice@{DOMAIN}"
ROUNDS = 11
GOAL_MS = 5.0

PIDF = ("<presence xmlns='urn:ietf:params:xml:ns:pidf' xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model' "
        f"xmlns:rpid='urn:ietf:params:xml:ns:pidf:rpid' entity='{ALICE}'>", "</presence>")
DIALOGS = (f"<dialog-info xmlns='urn:ietf:params:xml:ns:dialog-info' version='0' state='full' entity='{ALICE}'>",
           "</dialog-info>")
CONFERENCE = (f"<conference-info xmlns='urn:ietf:params:xml:ns:conference-info' entity='{ALICE}' state='full' version='1'>"
              "<users>", "</users></conference-info>")

# What: event, what the document begins and ends with, and its nth element.
DOCUMENTS = {
    "presence, tuples that differ": (
        "presence", PIDF,
        lambda n: f"<tuple id='t{n}'><status><basic>open</basic></status><contact>sip:{n}@x</contact></tuple>"),
    "presence, tuples that are alike": ("presence", PIDF, lambda n: f"<tuple id='t{n}'/>"),
    "presence, notes": ("presence", PIDF, lambda n: f"<note>{n}</note>"),
    "presence, activities with an end": (
        "presence", PIDF,
        lambda n: f"<dm:person id='p{n}'><rpid:activities until='2030-01-01T00:00:{n % 60:02}Z'><rpid:busy/>"
                  "</rpid:activities></dm:person>"),
    "presence, foreign elements": ("presence", PIDF, lambda n: f"<z xmlns='urn:z{n}' a='{n}'/>"),
    "presence, attributes": (
        "presence", PIDF,
        lambda n: "<z xmlns='urn:z' " + " ".join(f"a{i}='{n}'" for i in range(30)) + "/>"),
    "dialog, calls": (
        "dialog", DIALOGS,
        lambda n: f"<dialog id='d{n}' call-id='c{n}' local-tag='l' remote-tag='r'><state>confirmed</state></dialog>"),
    "dialog, one call many times": (
        "dialog", DIALOGS,
        lambda n: f"<dialog id='d' call-id='c' local-tag='l' remote-tag='r'><state>{('early', 'confirmed')[n % 2]}</state></dialog>"),
    "conference, users": (
        "conference", CONFERENCE,
        lambda n: f"<user entity='sip:{n}@x' state='full'><endpoint entity='sip:{n}@y'><status>connected</status></endpoint></user>"),
    "message-summary, lines": (
        "message-summary", ("Messages-Waiting: yes\r\nVoice-Message: 1/1\r\n\r\n", ""),
        lambda n: f"Subject: message {n}\r\n"),
}


def shard_seconds(server):
    """What the shards' threads have used."""
    folder = f"/proc/{server.process.pid}/task"
    used = 0
    for task in os.listdir(folder):
        with open(f"{folder}/{task}/comm", encoding="ascii") as file:
            if not file.read().startswith("shard"):
                continue
        with open(f"{folder}/{task}/schedstat", encoding="ascii") as file:
            used += int(file.read().split()[0])
    return used / 1e9


def text_of(frame, element, size, number):
    parts, length = [frame[0]], len(frame[0]) + len(frame[1])
    while length < size:
        parts.append(element(len(parts) * 100 + number))
        length += len(parts[-1])
    return ("".join(parts[:-1]) + frame[1]).encode()


def measured(server, client, act):
    """Milliseconds of one act(number), pauses left out."""
    costs = []
    for number in range(ROUNDS):
        client.pump(0.05)
        before = shard_seconds(server)
        act(number)
        client.pump(0.05)
        costs.append((shard_seconds(server) - before) * 1000)
    return statistics.median(costs)


def largest_taken(publication, kind, most):
    """The size of the largest document of the kind that is taken."""
    frame, element = kind[1:]
    size = most
    while size > 1000:
        answer = publication.send(text_of(frame, element, size, 0))
        if answer.status == 200:
            return size
        size = size * 9 // 10
    return 0


def documents(server, client, watcher):
    for what, kind in DOCUMENTS.items():
        event, frame, element = kind
        watcher.subscribe(ALICE, event)
        publication = Publication(client, ALICE, event)
        size = largest_taken(publication, kind, 250_000)
        if size == 0:
            print(f"| {what} | refused | |")
            continue
        cost = measured(server, watcher, lambda number: publication.send(
            text_of(frame, element, size, number + 1)))
        publication.remove()
        yield f"PUBLISH of {what}", f"{size:,} bytes", cost


def requests(server, client):
    # As many as a user may have.
    contacts = ", ".join(f"<sip:alice@192.0.2.1:{6000 + n}>" for n in range(10))
    yield "REGISTER with contacts", f"{len(contacts):,} bytes", measured(server, client, lambda n: client.request(
        "REGISTER", f"sip:{DOMAIN}", [("Contact", contacts), ("Expires", 600)]))
    routes = [("Record-Route", f"<sip:192.0.2.{n};lr>") for n in range(1, 100)]
    yield "SUBSCRIBE with Record-Routes", "99 of them", measured(server, client, lambda n: client.request(
        "SUBSCRIBE", ALICE, [("Event", "presence"), ("Contact", f"<sip:w{n}@192.0.2.9>"), ("Expires", 0), *routes]))
    text = b"x" * 65_000
    yield "MESSAGE that is kept", f"{len(text):,} bytes", measured(server, client, lambda n: client.request(
        "MESSAGE", f"sip:carol@{DOMAIN}", [("Content-Type", "text/plain")], text))


def main():
    with Server(sip={"domains": [DOMAIN]}, server={"shards": 1, "log_level": "warning"}, message={"rate": 0}) as server, \
            Client(server.address, "tcp", user="alice", domain=DOMAIN) as client, \
            Client(server.address, "tcp", user="alice", domain=DOMAIN) as watcher:
        print("| message | size | ms of a shard |\n|---|---|---|")
        rows = [*documents(server, client, watcher), *requests(server, client)]
        for what, size, cost in rows:
            print(f"| {what} | {size} | {cost:.2f} |")
        server.stop()
    over = [what for what, _, cost in rows if cost > GOAL_MS]
    print(f"\nOver {GOAL_MS:.0f} ms: {', '.join(over) if over else 'none'}")
    sys.exit(1 if over else 0)


if __name__ == "__main__":
    main()
