# tests/integration/aliases.py: several URIs of one resource, over shards and kill -9; watchers that are sent elsewhere.
from _herald import Server, wait_until
from _sip import Client, Subscription, pidf
from _stories import expect, expect_equal, story, tell

SHARDS = {"shards": 3}
ALICE = "sip:alice@127.0.0.1"


def put_alias(server, name, resource="alice"):
    return server.http("PUT", f"/v1/aliases/{name}@127.0.0.1", {"resource": f"{resource}@127.0.0.1"})


def extension(number):
    return f"sip:{100 + number}@127.0.0.1"


@story
def every_alias_leads_to_its_resource_on_whichever_shard():
    with Server(server=SHARDS) as server, Client(server.address, user="alice", domain="127.0.0.1") as alice, \
            Client(server.address, domain="127.0.0.1") as bob:
        for number in range(9):
            expect_equal(put_alias(server, 100 + number).status, 201, "PUT")
        watchers = [bob.subscribe(extension(number)) for number in range(9)]
        # Published under one of the names, from a socket of its own: any shard may get it first.
        publication = alice.publish(extension(5), pidf(extension(5)))
        for number, watcher in enumerate(watchers):
            watcher.wait_body("<basic>open</basic>")
            watcher.wait_body(f'entity="{extension(number)}"')
        server.kill()
        server.start()
        publication.modify(pidf(ALICE, "closed"))
        for number, watcher in enumerate(watchers):
            watcher.wait_body("<basic>closed</basic>")
            watcher.wait_body(f'entity="{extension(number)}"')
            expect_equal(watcher.refresh().status, 200, "a refresh")
            watcher.expect_rising()
        listed = server.http("GET", f"/v1/subscriptions?resource={extension(3)}").json()
        expect_equal(listed["total"], 9, "subscriptions of the resource")
        expect_equal({row["resource"] for row in listed["subscriptions"]}, {ALICE}, "their resource")
        server.stop()


@story
def registrations_and_mailboxes_have_aliases_too():
    with Server(server=SHARDS) as server, Client(server.address, user="alice", domain="127.0.0.1") as alice:
        expect_equal(put_alias(server, "101").status, 201, "PUT")
        lamp = alice.subscribe("sip:101@127.0.0.1", event="message-summary", user="alice")
        lamp.wait_body("Message-Account: sip:101@127.0.0.1")
        answer = server.http("PUT", "/v1/mailboxes/101@127.0.0.1", {"voice": {"new": 2}})
        expect_equal(answer.status, 204, "PUT mailbox")
        lamp.wait_body("Voice-Message: 2/0")
        lamp.wait_body("Message-Account: sip:101@127.0.0.1")
        expect_equal(server.http("GET", "/v1/mailboxes/alice@127.0.0.1").json()["voice"]["new"], 2, "the mailbox")
        answer = server.http("PUT", "/v1/registrations/101@127.0.0.1", {"contact": "sip:a@192.0.2.1"})
        expect_equal(answer.status, 204, "PUT registration")
        rows = server.http("GET", f"/v1/registrations?aor={ALICE}").json()["registrations"]
        expect_equal([(row["aor"], row["contact"]) for row in rows], [(ALICE, "sip:a@192.0.2.1")], "registrations")
        watcher = alice.subscribe("sip:101@127.0.0.1", event="reg", user="alice")
        watcher.wait_body('<registration aor="sip:101@127.0.0.1"')
        server.stop()


@story
def who_watches_a_moved_alias_is_sent_elsewhere():
    with Server(server=SHARDS) as server, Client(server.address, domain="127.0.0.1") as bob:
        watchers = [bob.subscribe(extension(number)) for number in range(8)]
        direct = bob.subscribe(ALICE)
        for number, watcher in enumerate(watchers):
            watcher.wait_state("active")
            put_alias(server, 100 + number)
            watcher.wait_state("terminated")
            expect("deactivated" in (watcher.last.get("subscription-state") or ""), "the reason")
        wait_until(lambda: server.http("GET", "/v1/subscriptions").json()["total"] == 1, "they are gone")
        again = [bob.subscribe(extension(number)) for number in range(8)]
        for watcher in again:
            watcher.wait_state("active")
        expect_equal(server.http("DELETE", "/v1/aliases/100@127.0.0.1").status, 204, "DELETE")
        again[0].wait_state("terminated")
        expect_equal(put_alias(server, "101", "eve").status, 200, "the alias moves")
        again[1].wait_state("terminated")
        expect_equal(again[2].last.state, "active", "another alias")
        expect_equal(direct.last.state, "active", "the resource itself")
        sent = server.metrics()["herald_subscriptions_sent_elsewhere_total"]
        expect_equal(sent, 10, "subscriptions sent elsewhere")
        server.stop()


@story
def nobody_publishes_beside_the_point_while_aliases_move():
    with Server(server=SHARDS) as server, Client(server.address, user="alice", domain="127.0.0.1") as alice:
        for turn in range(30):
            target = "alice" if turn % 2 == 0 else "eve"
            expect(put_alias(server, "101", target).status in (200, 201), "PUT")
            alice.publish("sip:101@127.0.0.1", pidf("sip:101@127.0.0.1", note=f"turn {turn}"), expires=60)
            body = server.http("GET", f"/v1/resources/presence/{target}@127.0.0.1").json()["body"]
            expect(f"turn {turn}" in body, f"turn {turn} is with {target}: {body}")
        server.stop()


@story
def an_alias_and_its_resource_are_known():
    with Server(resources={"unknown": "refuse"}) as server, Client(server.address, domain="127.0.0.1") as bob:
        for name in ("101", "alice", "eve"):
            expect_equal(Subscription(bob, f"sip:{name}@127.0.0.1").send_initial().status, 404, name)
        expect_equal(put_alias(server, "101").status, 201, "PUT")
        for name, status in (("101", 200), ("alice", 200), ("eve", 404)):
            expect_equal(Subscription(bob, f"sip:{name}@127.0.0.1").send_initial().status, status, name)
        server.stop()


@story
def what_makes_no_sense_is_refused():
    with Server(resources={"max_aliases": 2}) as server:
        expect_equal(put_alias(server, "alice").status, 400, "itself")
        expect_equal(put_alias(server, "101").status, 201, "an alias")
        for name, resource in (("alice", "101"), ("102", "101"), ("alice", "eve")):
            answer = put_alias(server, name, resource)
            expect_equal(answer.status, 409, f"{name} for {resource}")
            expect("alias" in answer.json()["detail"], answer.json()["detail"])
        document = pidf("sip:103@127.0.0.1").decode()
        path = "/v1/resources/presence/103@127.0.0.1/hard-state"
        server.http("PUT", path, document, headers={"Content-Type": "application/pidf+xml"})
        answer = put_alias(server, "103")
        expect_equal(answer.status, 409, "state of its own")
        expect("presence" in answer.json()["detail"], answer.json()["detail"])
        expect_equal(server.http("DELETE", path).status, 204, "DELETE")
        expect_equal(put_alias(server, "103").status, 201, "without")
        expect_equal(put_alias(server, "104").status, 429, "too many")
        answer = server.http("PUT", "/v1/aliases/105@127.0.0.1", {"resource": "alice@example.org"})
        expect_equal(answer.status, 404, "no domain of ours")
        page = server.http("GET", "/v1/aliases?limit=1").json()
        expect_equal((page["total"], page["aliases"][0]["aor"]), (2, "sip:101@127.0.0.1"), "the first page")
        page = server.http("GET", f"/v1/aliases?after={page['next']}&resource=alice@127.0.0.1").json()
        expect_equal([row["aor"] for row in page["aliases"]], ["sip:103@127.0.0.1"], "the second page")
        expect_equal(server.http("DELETE", "/v1/aliases/101@127.0.0.1").status, 204, "DELETE")
        expect_equal(server.http("GET", "/v1/aliases/101@127.0.0.1").status, 404, "no alias any more")
        server.stop()


tell()
