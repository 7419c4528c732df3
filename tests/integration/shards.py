# tests/integration/shards.py: two threads share the resources: whatever socket and shard a message arrives at, nothing is lost.
import socket
import threading
import time

from _herald import PATIENCE, Server, wait_until
from _message import Message, answer, frame, token
from _sip import Client, Publication, Subscription, pidf
from _stories import expect, expect_equal, story, tell

SHARDS = {"shards": 2}
MANY = 60


def aors():
    return [f"sip:user{n}@localhost" for n in range(MANY)]


def whole_life(transport, clients):
    """Publish, watch, change, refresh, unsubscribe, remove, for many resources through several sockets at once."""
    with Server(server=SHARDS) as server:
        sockets = [Client(server.address, transport, user=f"c{n}") for n in range(clients)]
        publications = [sockets[n % clients].publish(aor, pidf(aor, note="first")) for n, aor in enumerate(aors())]
        watchers = [sockets[(n + 1) % clients].subscribe(aor, user=f"w{n}") for n, aor in enumerate(aors())]
        for watcher in watchers:
            watcher.wait_body("first")
        for round_number in range(5):
            for publication in publications:
                expect_equal(publication.modify(pidf(publication.aor, note=f"r{round_number}")).status, 200, "a modification")
            for watcher in watchers:
                watcher.wait_body(f"r{round_number}")
        for watcher in watchers:
            before = len(watcher.notifies)
            expect_equal(watcher.refresh().status, 200, "a refresh")
            watcher.wait_count(before + 1)
        for publication in publications:
            expect_equal(publication.remove().status, 200, "a removal")
        for watcher in watchers:
            watcher.wait_body("<basic>closed</basic>")
            expect_equal(watcher.unsubscribe().status, 200, "an unsubscribe")
        for watcher in watchers:
            watcher.wait_state("terminated")
            watcher.expect_rising()
        wait_until(lambda: not server.subscriptions(), "no subscription is left")
        expect_equal(server.metric("^herald_forward_dropped_total"), 0, "messages dropped between shards")
        expect_equal(server.metric("^herald_sip_stray_responses_total"), 0, "answers that found no NOTIFY")
        expect(server.metric("^herald_forwarded_total") > MANY, "nothing went from one shard to the other: nothing was shown")
        expect(not any(c.strays for c in sockets), "a NOTIFY that nobody owns")
        server.stop()


@story
def the_whole_life_over_one_udp_socket():
    """All messages arrive at the one shard that the kernel chose for this source."""
    whole_life("udp", 1)


@story
def the_whole_life_over_many_udp_sockets():
    """The kernel spreads the sources over the shards' sockets."""
    whole_life("udp", 7)


@story
def the_whole_life_over_one_tcp_connection():
    """A connection belongs to one shard; half of its requests and answers are for the other."""
    whole_life("tcp", 1)


@story
def the_whole_life_over_many_tcp_connections():
    """Both shards own connections, both need those of the other."""
    whole_life("tcp", 7)


@story
def a_dialog_goes_on_from_other_source_ports():
    """A NATed phone's next request comes from elsewhere: the dialog is found by its tags, on whatever shard it lives."""
    with Server(server=SHARDS) as server, Client(server.address) as home:
        watchers = [home.subscribe(aor, user=f"w{n}") for n, aor in enumerate(aors()[:20])]
        for _ in range(3):
            with Client(server.address) as elsewhere:
                elsewhere.subscriptions = home.subscriptions  # the same phone behind another port of its NAT
                for watcher in watchers:
                    before = len(watcher.notifies)
                    expect_equal(watcher.refresh(through=elsewhere).status, 200, "a refresh from another port")

                    def told():
                        # To the source of the request or to the Contact: both are this phone.
                        elsewhere.pump(0.005)
                        home.pump(0.005)
                        return len(watcher.notifies) > before
                    wait_until(told, "the NOTIFY after the refresh", 20, 0)
        for watcher in watchers:
            watcher.expect_rising()
        expect_equal(len(server.subscriptions()), 20, "subscriptions")
        server.stop()


@story
def a_burst_of_requests_loses_none():
    """A thousand SUBSCRIBEs and PUBLISHes without waiting; each is answered without a retransmission."""
    for transport in ("udp", "tcp"):
        with Server(server=SHARDS) as server, Client(server.address, transport) as client:
            branches, watchers = [], []
            for n in range(500):
                aor = f"sip:burst{n}@localhost"
                watcher = Subscription(client, aor, user=f"w{n}")
                octets, branch = watcher.compose(600)
                client.send(octets)
                branches.append(branch)
                watchers.append(watcher)
                octets, branch = Publication(client, aor).compose(pidf(aor, note=f"n{n}"))
                client.send(octets)
                branches.append(branch)
                if n % 8 == 0:
                    client.pump(0.001)
            client.wait(lambda: all(b in client.responses for b in branches),
                        f"{transport}: every request is answered", 30)
            statuses = {client.responses[b][0].status for b in branches}
            expect_equal(statuses, {200}, f"{transport}: the answers")
            for n, watcher in enumerate(watchers):
                watcher.wait_body(f"n{n}")
                watcher.expect_rising()
            server.stop()


@story
def answers_may_come_back_over_either_transport_in_pieces():
    """One octet at a time over TCP, requests and answers alike, two messages in one segment (sip-core vector 16)."""
    with Server(server=SHARDS) as server:
        connection = socket.create_connection(server.address)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(PATIENCE)
        client = Client(server.address, "tcp")  # only composes
        client.port = connection.getsockname()[1]
        watchers = [Subscription(client, aor, user=f"w{n}") for n, aor in enumerate(aors()[:2])]
        first, second = (w.compose(600)[0] for w in watchers)
        for octet in first:
            connection.sendall(bytes([octet]))
        # The rest of the second comes together with a keep-alive and a fetch.
        fetch = Subscription(client, aors()[2], user="w9").compose(0)[0]
        connection.sendall(second + b"\r\n\r\n" + fetch)

        buffer, notified, answered = b"", set(), 0
        pongs = 0
        while len(notified) < 3 or answered < 3:
            octets = connection.recv(65536)
            expect(octets, "the server closed the connection")
            buffer += octets
            while True:
                if buffer[:2] == b"\r\n":
                    pongs += 1
                    buffer = buffer[2:]
                message, buffer = frame(buffer) if buffer else (None, buffer)
                if message is None:
                    break
                message = Message(message)
                if message.is_response:
                    expect_equal(message.status, 200, "an answer")
                    answered += 1
                else:
                    notified.add(message.call_id)
                    for octet in answer(message, 200, "OK", (), token(4)):
                        connection.sendall(bytes([octet]))
        expect_equal(pongs, 1, "pongs for one CRLFCRLF")
        expect(server.metric("^herald_sip_stray_responses_total") == 0, "an answer was taken for a stranger's")
        connection.close()
        client.close()
        server.stop()


@story
def a_closed_port_is_known_at_once_whichever_shard_hears_of_it():
    """The kernel tells an ICMP error to any socket of the port (RFC 3261 18.4). Timer F would take 32 s."""
    with Server(server={"shards": 4}) as server, Client(server.address, user="pub") as publisher:
        publications = [publisher.publish(aor, pidf(aor, note="first")) for aor in aors()]
        for n, aor in enumerate(aors()):
            with Client(server.address, user=f"w{n}") as client:
                client.subscribe(aor, user=f"w{n}")
        for publication in publications:
            expect_equal(publication.modify(pidf(publication.aor, note="second")).status, 200, "a modification")
        wait_until(lambda: server.metric("^herald_notify_flow_lost_total") == MANY, "all that are gone are known", 20)
        expect_equal(len(server.subscriptions()), MANY, "subscriptions")
        server.stop()


@story
def a_connection_that_ends_is_told_once():
    """Every shard learns that a stream ended; then all of them rest."""
    with Server(server={"shards": 3}) as server:
        for number in range(5):
            with Client(server.address, "tcp", user=f"c{number}") as client:
                client.publish(f"sip:c{number}@localhost", pidf(f"sip:c{number}@localhost"))
        wait_until(lambda: cpu_ticks_in(server, 1.0) < 20, "the shards rest")
        server.stop()


def cpu_ticks_in(server, seconds):
    """Hundredths of a second of processor time the server takes in that long."""
    def ticks():
        with open(f"/proc/{server.process.pid}/stat", encoding="ascii") as stat:
            return sum(int(field) for field in stat.read().rsplit(")", 1)[1].split()[11:13])
    before = ticks()
    time.sleep(seconds)
    return ticks() - before


@story
def http_reaches_every_shard():
    """Whatever shard owns a mailbox: PUT, NOTIFY, GET."""
    with Server(server=SHARDS) as server, Client(server.address) as client:
        watchers = []
        for n in range(12):
            aor = f"sip:box{n}@localhost"
            watchers.append(client.subscribe(aor, "message-summary", user=f"box{n}"))
        def put():
            for n in range(12):
                reply = server.http("PUT", f"/v1/mailboxes/box{n}@localhost", {"voice": {"new": n + 1, "old": 0}})
                expect(reply.status in (200, 201, 204), f"PUT: {reply.status} {reply.body!r}")
        thread = threading.Thread(target=put)
        thread.start()
        for n, watcher in enumerate(watchers):
            watcher.wait_body(f"Voice-Message: {n + 1}/0")
            expect(b"Messages-Waiting: yes" in watcher.last.body, f"the lamp: {watcher.last.body}")
        thread.join()
        for n in range(12):
            expect_equal(server.http("GET", f"/v1/mailboxes/box{n}@localhost").json()["voice"]["new"], n + 1, "GET")
        expect_equal(len(server.subscriptions()), 12, "subscriptions listed over all shards")
        server.stop()


@story
def what_owners_say_is_counted_once_whatever_shards_know_it():
    """Every shard has a copy of all lists and rules; after a restart, too."""
    with Server(server=SHARDS) as server:
        for n in range(12):
            reply = server.http("PUT", f"/v1/lists/user{n}@localhost/allow", {"entries": [{"watcher": "bob@example.org"}]})
            expect_equal(reply.status, 200, "PUT of a list")
        expect_equal(server.http("PUT", "/v1/lists/localhost/block", {"entries": [{"watcher": "*@example.org"}]}).status, 200, "PUT for a domain")
        expect(server.http("PUT", "/v1/lists/user0@localhost/allow", {"entries": []}).status in (200, 204), "PUT of an empty list")
        counted = {name: server.metric(f"^{name}$") for name in ("herald_policies", "herald_policy_bytes", "herald_policies_unreadable")}
        expect_equal((counted["herald_policies"], counted["herald_policies_unreadable"]), (12, 0), "owners and domains")
        server.kill()
        server.start()
        expect_equal({name: server.metric(f"^{name}$") for name in counted}, counted, "what is counted after a restart")
        server.stop()


@story
def a_listener_on_all_addresses_answers_from_the_one_that_was_asked():
    """Both shards, and after a kill -9 too: a connected socket hears from that address only."""
    server = Server(server=SHARDS)
    server.config["sip"].update(listen=[f"udp:0.0.0.0:{server.sip_port};advertise=127.0.0.1"], auth="open")
    with server, Client(("127.0.0.77", server.sip_port)) as client:
        client.socket.connect(client.server)
        watchers = [client.subscribe(aor) for aor in aors()[:12]]
        for watcher in watchers:
            watcher.wait_count(1)
        server.kill()
        server.start()
        for aor in aors()[:12]:
            client.publish(aor, pidf(aor, note="after"))
        for watcher in watchers:
            watcher.wait_body("after")
        server.stop()


tell()
