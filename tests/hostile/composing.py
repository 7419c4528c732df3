# tests/hostile/composing.py: what one account publishes costs in proportion to its bytes, and nothing once it is silent.
import os
import time
from datetime import datetime, timedelta, timezone

from _hostile import DOMAIN

from _herald import Server
from _sip import Client, Publication
from _stories import expect, story, tell

ALICE = f"sip:alice@{DOMAIN}"
BEGIN = ("<presence xmlns='urn:ietf:params:xml:ns:pidf' xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model' "
         f"xmlns:rpid='urn:ietf:params:xml:ns:pidf:rpid' entity='{ALICE}'>")
WORST = {
    "notes": lambda n: f"<note>{n}</note>",
    "equal tuples": lambda n: f"<tuple id='t{n}'><status><basic>open</basic></status><contact>sip:a@x</contact><note>n</note></tuple>",
    "extensions": lambda n: f"<z xmlns='urn:z' a='{n}'/>",
    "ways to say it": lambda n: f"<tuple id='t{n}'/>",
}


def document(element, count):
    return (BEGIN + "".join(element(n) for n in range(count)) + "</presence>").encode()


def cpu_seconds(server):
    """What all threads of the server have used."""
    folder = f"/proc/{server.process.pid}/task"
    used = 0
    for task in os.listdir(folder):
        with open(f"{folder}/{task}/schedstat", encoding="ascii") as file:
            used += int(file.read().split()[0])
    return used / 1e9


def server_with(shards):
    return Server(sip={"domains": [DOMAIN]}, server={"shards": shards, "log_level": "warning"})


def cost(server, client, body, times=6):
    """CPU seconds of one PUBLISH of it, its NOTIFYs and all; None where it is refused."""
    publication = Publication(client, ALICE)
    if publication.send(body).status != 200:
        return None
    before = cpu_seconds(server)
    for number in range(times):
        publication.modify(body.replace(b"</presence>", f"<note>change {number}</note></presence>".encode()))
    client.pump(0.1)
    used = (cpu_seconds(server) - before) / times
    publication.remove()
    return used


@story
def what_is_published_costs_in_proportion_to_its_bytes():
    """Four times the elements cost less than ten times as much, of the worst kinds there are."""
    for shards in (1, 4):
        with server_with(shards) as server, Client(server.address, "tcp", user="alice", domain=DOMAIN) as client, \
                Client(server.address, "tcp", user="bob", domain=DOMAIN) as watcher:
            watcher.subscribe(ALICE)
            for kind, element in WORST.items():
                small, large = (cost(server, client, document(element, count)) for count in (50, 200))
                watcher.pump(0.1)
                if large is None or small is None:
                    print(f"{shards} shards, {kind}: refused")
                    continue
                print(f"{shards} shards, {kind}: {small * 1000:.2f} and {large * 1000:.2f} ms of CPU each")
                expect(large < 10 * small, f"{kind}: {small * 1000:.2f} ms for 50, {large * 1000:.2f} ms for 200")
            server.stop()


@story
def what_changes_by_itself_changes_once_a_second():
    """RFC 4480 3.2: a hundred moments in two seconds at which something ends are few NOTIFYs, and then none."""
    for shards in (1, 4):
        with server_with(shards) as server, Client(server.address, "tcp", user="alice", domain=DOMAIN) as client, \
                Client(server.address, "tcp", user="bob", domain=DOMAIN) as watcher:
            subscription = watcher.subscribe(ALICE)
            now = datetime.now(timezone.utc)

            def person(number):
                until = (now + timedelta(milliseconds=500 + 20 * number)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
                return (f"<tuple id='t{number}'><status><basic>open</basic></status>"
                        f"<rpid:activities until='{until}'><rpid:busy/></rpid:activities></tuple>")
            client.publish(ALICE, document(person, 100))
            told = len(subscription.notifies)
            watcher.pump(4)
            made = len(subscription.notifies) - told
            before = cpu_seconds(server)
            watcher.pump(1)
            idle = cpu_seconds(server) - before
            print(f"{shards} shards: {made} NOTIFYs in four seconds, then {idle * 1000:.0f} ms of CPU in one")
            expect(made <= 6, f"{made} NOTIFYs of changes nobody made")
            expect(idle < 0.5, f"{idle:.2f} s of CPU in a second of silence")
            server.stop()


@story
def many_spellings_of_one_name_are_one_document():
    """RFC 3261 19.1.4: a document is composed once, however its resource is spelled."""
    with server_with(1) as server, Client(server.address, "tcp", user="alice", domain=DOMAIN) as client:
        composed = "^herald_documents_composed_total.*presence\"}$"
        for number in range(40):
            spelled = f"sip:%61lice@{DOMAIN.upper() if number % 2 else DOMAIN}"
            client.subscribe(spelled, user=f"watcher{number}")
        before = server.metric(composed)
        client.publish(ALICE, document(WORST["notes"], 10))
        client.pump(0.3)
        made = server.metric(composed) - before
        print(f"{made:.0f} documents composed for 40 watchers")
        expect(0 < made <= 2, f"{made:.0f} documents for one change")
        server.stop()


tell()
