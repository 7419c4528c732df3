# tests/integration/restart.py: a clean stop and start: dialogs go on, nobody is told what they know, and who cannot be
# reached again is told at the stop.
import os
import shutil
import socket
import subprocess
import tempfile
import time

import _postgres
from _herald import PATIENCE, Server, binary, free_port, wait_until
from _sip import Client, pidf
from _stories import expect, expect_equal, story, tell

ALICE, CAROL = "sip:alice@localhost", "sip:carol@localhost"


@story
def dialogs_go_on_and_nobody_is_told_what_they_know():
    """RFC 6665 4.4.2 is not needed: watchers that can be reached again hear nothing of a stop and a start."""
    with Server() as server, Client(server.address) as client:
        watchers = [client.subscribe(aor, user=f"w{n}") for n, aor in enumerate([ALICE, ALICE, CAROL])]
        publication = client.publish(ALICE, pidf(ALICE, note="before"))
        for watcher in watchers[:2]:
            watcher.wait_body("before")
        known = [len(watcher.notifies) for watcher in watchers]

        server.stop()
        server.start()
        client.catch_up()
        expect_equal([len(w.notifies) for w in watchers], known, "NOTIFYs of the stop and the start, when nothing changed")

        expect_equal(publication.modify(pidf(ALICE, note="after")).status, 200, "a modification with the tag from before")
        for watcher in watchers[:2]:
            watcher.wait_body("after")
        client.catch_up()
        expect_equal([len(w.notifies) for w in watchers], [known[0] + 1, known[1] + 1, known[2]], "only alice's watchers hear of it")
        for watcher, count in zip(watchers, [known[0] + 2, known[1] + 2, known[2] + 1]):
            expect_equal(watcher.refresh().status, 200, "a refresh of a dialog from before")
            watcher.wait_count(count)
            watcher.expect_rising()
        client.catch_up()
        expect_equal([len(w.notifies) for w in watchers], [known[0] + 2, known[1] + 2, known[2] + 1], "one more for each refresh")
        server.stop()


@story
def only_whose_document_changed_is_told():
    """A publication that lapses around a restart: its watcher is told, the other one is not."""
    with Server(publish={"min_expires": 1}) as server, Client(server.address) as client:
        told, quiet = client.subscribe(ALICE), client.subscribe(CAROL)
        client.publish(ALICE, pidf(ALICE, note="lapses"), expires=2)
        client.publish(CAROL, pidf(CAROL, note="stays"))
        told.wait_body("lapses")
        quiet.wait_body("stays")
        known = len(quiet.notifies)

        server.stop()
        time.sleep(3)
        server.start()

        # It may live as long again as the server was down, and then lapses within ten seconds.
        told.wait_body("<basic>closed</basic>")
        client.catch_up()
        expect_equal(len(quiet.notifies), known, "NOTIFYs to the watcher of what did not change")
        told.expect_rising()
        server.stop()


@story
def what_expired_while_stopped_is_412_and_481():
    """A subscription and a publication do not outlive their time, restart or not (plus the grace after a downtime)."""
    with Server(publish={"min_expires": 1}, subscribe={"min_expires": 1}) as server, Client(server.address) as client:
        watcher = client.subscribe(ALICE, expires=2)
        publication = client.publish(ALICE, pidf(ALICE), expires=2)
        server.stop()
        time.sleep(3)
        server.start()
        watcher.wait_state("terminated")
        expect("timeout" in watcher.last.get("subscription-state"), f"the reason: {watcher.last}")
        expect_equal(watcher.refresh().status, 481, "a refresh of what has ended")

        def lapsed():
            answer = server.http("GET", "/v1/resources/presence/alice@localhost")
            return answer.status == 404 or not answer.json()["publications"]
        wait_until(lapsed, "the publication has lapsed")
        expect_equal(publication.refresh().status, 412, "a refresh of what has lapsed")
        server.stop()


@story
def a_tcp_watcher_that_cannot_be_reached_again_is_deactivated():
    """RFC 6665 4.4.2, events vector 36: the connection dies with the process, so the subscription does too."""
    with Server() as server, Client(server.address) as udp, Client(server.address, "tcp") as tcp:
        stays = udp.subscribe(ALICE, user="stays")
        dies = tcp.subscribe(ALICE, user="dies", contact=f"<sip:dies@127.0.0.1:{free_port()};transport=tcp>")
        server.process.terminate()
        dies.wait_state("terminated")
        expect("reason=deactivated" in dies.last.get("subscription-state"), f"the reason: {dies.last}")
        expect_equal(server.process.wait(PATIENCE), 0, "the exit code")
        server.start()
        udp.catch_up()
        expect_equal(len(stays.notifies), 1, "NOTIFYs to the watcher over UDP")
        expect_equal([s["call_id"] for s in server.subscriptions()], [stays.call_id], "what is left")
        tcp.close()
        tcp.connect()
        expect_equal(dies.refresh().status, 481, "a refresh of the deactivated dialog")
        server.stop()


@story
def a_tcp_watcher_that_listens_on_its_contact_is_connected_again():
    """It connects from the port it listens on, so a new connection to its Contact reaches it after the restart."""
    with Server() as server, Client(server.address) as publisher:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        client = Client(server.address, "tcp", port=listener.getsockname()[1], shares_port=True)
        watcher = client.subscribe(ALICE)

        server.stop()
        expect_equal(len(watcher.notifies), 1, "NOTIFYs so far")
        server.start()
        publisher.publish(ALICE, pidf(ALICE, note="again"))

        listener.settimeout(PATIENCE)
        client.close()
        client.socket, _ = listener.accept()
        client.buffer, client.closed_by_peer = b"", False
        watcher.wait_body("again")
        expect_equal(watcher.refresh().status, 200, "a refresh over the new connection")
        watcher.expect_rising()
        listener.close()
        client.close()
        server.stop()


def refusal_of(server, **changes):
    """Starts a second server with the other's configuration but for `changes`, and returns what it says."""
    directory = tempfile.mkdtemp(prefix="herald-second-")
    try:
        second = Server(directory)
        second.config = {section: {**keys, **changes.get(section, {})} for section, keys in server.config.items()}
        ended = subprocess.run([binary(), "serve", "--config", second.write_config()], cwd=directory, timeout=PATIENCE,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    expect_equal(ended.returncode, 1, f"the exit code of the second server: {ended.stdout}")
    return ended.stdout.decode()


@story
def a_second_server_is_refused_in_a_sentence():
    """One store, one server; one port, one server, also where SO_REUSEPORT would hide it; the first one goes on."""
    for shards in (1, 2):
        with Server(server={"shards": shards}) as server, Client(server.address) as client:
            watcher = client.subscribe(ALICE)
            free = free_port()
            elsewhere = {"sip": {"listen": [f"udp:127.0.0.1:{free}"]}, "http": {"listen": f"127.0.0.1:{free_port()}"}}
            said = refusal_of(server, **elsewhere)
            named = "another Herald" if _postgres.url() else "herald.db"
            expect(named in said and len(said.split()) > 4, f"a used store: {said!r}")

            said = refusal_of(server, http=elsewhere["http"], store={"url": "memory:"})
            expect(str(server.sip_port) in said and len(said.split()) > 4, f"a taken SIP port: {said!r}")

            said = refusal_of(server, sip=elsewhere["sip"], store={"url": "memory:"})
            expect(str(server.http_port) in said and len(said.split()) > 4, f"a taken HTTP port: {said!r}")

            client.publish(ALICE, pidf(ALICE, note="still here"))
            watcher.wait_body("still here")
            server.stop()


@story
def a_store_that_cannot_be_opened_is_refused_in_a_sentence():
    """No directory, no rights, no database: the reason and the path, and exit code 1."""
    directory = tempfile.mkdtemp(prefix="herald-test-")
    try:
        with open(os.path.join(directory, "garbage.db"), "wb") as file:
            file.write(b"this is not a database, but it is long enough to have a header of one hundred octets" * 20)
        for path in ("garbage.db", "garbage.db/below/herald.db"):
            said = refusal_of(Server(directory), store={"url": f"sqlite:{directory}/{path}"})
            expect(path in said and len(said.split()) > 4, f"{path}: {said!r}")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


tell()
