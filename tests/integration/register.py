# tests/integration/register.py: baresip, a real client, registers; watchers of its registration, kill -9, operators.
import os

from _baresip import Baresip
from _herald import Server, wait_until
from _sip import Client
from _stories import expect, expect_equal, story, tell

ALICE = "sip:alice@127.0.0.1"


def account(server, transport):
    return f"<sip:alice@127.0.0.1:{server.sip_port};transport={transport}>;regint=600"


def contacts(server):
    answer = server.http("GET", f"/v1/registrations?aor={ALICE}")
    expect_equal(answer.status, 200, "the list of registrations")
    return [row["contact"] for row in answer.json()["registrations"]]


def comes_and_goes(transport):
    with Server() as server, Client(server.address, user="alice", domain="127.0.0.1") as raw:
        watcher = raw.subscribe(ALICE, event="reg")
        watcher.wait_body('version="0" state="full"')
        with Baresip(os.path.join(server.directory, "alice"), account(server, transport), modules=()) as alice:
            wait_until(lambda: len(contacts(server)) == 1, "baresip has registered")
            watcher.wait_body('state="active" event="registered"')
            alice.quit()
        wait_until(lambda: not contacts(server), "baresip has unregistered")
        watcher.wait_body('state="terminated" event="unregistered"')
        watcher.expect_rising()
        server.stop()


@story
def registers_and_unregisters_over_udp():
    comes_and_goes("udp")


@story
def registers_and_unregisters_over_tcp():
    comes_and_goes("tcp")


@story
def a_registration_outlives_kill_9():
    with Server() as server:
        with Baresip(os.path.join(server.directory, "alice"), account(server, "udp"), modules=()):
            wait_until(lambda: len(contacts(server)) == 1, "baresip has registered")
            before = contacts(server)
            server.kill()
            server.start()
            expect_equal(contacts(server), before, "the registration after kill -9")
        server.stop()


@story
def presence_follows_the_registration():
    presence = {"from_registrations": True, "registration_grace": 2}
    with Server(server={"shards": 3}, presence=presence) as server, \
            Client(server.address, domain="127.0.0.1") as bob:
        watchers = {name: bob.subscribe(f"sip:{name}@127.0.0.1") for name in ("alice", "carol", "dora", "eve")}
        phones = {}
        for name in watchers:
            phones[name] = Client(server.address, "tcp", user=name, domain="127.0.0.1")
            register(phones[name], name, 1, 600)
            watchers[name].wait_body("<basic>open</basic>")
        for name in ("alice", "carol"):
            phones[name].close()
        register(phones["dora"], "dora", 2, 0)
        watchers["dora"].wait_body("<basic>closed</basic>")
        for name in ("alice", "carol"):
            watchers[name].wait_body("<basic>closed</basic>")
            expect(f"sip:{name}@192.0.2.7" in contacts_of(server, name), f"{name} is still registered")
        expect(b"<basic>open</basic>" in watchers["eve"].last.body, "eve is still there")
        server.kill()
        server.start()
        state = server.http("GET", "/v1/resources/presence/eve@127.0.0.1").json()
        expect("<basic>open</basic>" in state["body"], f"after a crash: {state}")
        expect_equal([row["rank"] for row in state["publications"]], ["registration"], "what it is made of")
        server.stop()


def register(phone, name, cseq, expires):
    aor = f"sip:{name}@127.0.0.1"
    answer = phone.request("REGISTER", "sip:127.0.0.1", [("Contact", f"<sip:{name}@192.0.2.7>;expires={expires}")],
                           call_id=f"reg-{name}", cseq=cseq, to=aor)
    expect_equal(answer.status, 200, f"REGISTER {aor}")


def contacts_of(server, name):
    rows = server.http("GET", f"/v1/registrations?aor={name}@127.0.0.1").json()["registrations"]
    return [row["contact"] for row in rows]


@story
def what_an_operator_sets_is_one_line():
    with Server() as server:
        for path in ("<sip:e;lr>\nflow udp", "<sip:e;lr>\r\nX: y"):
            answer = server.http("PUT", "/v1/registrations/alice@127.0.0.1", {"contact": "sip:a@192.0.2.1", "path": path})
            expect_equal(answer.status, 400, "a path of two lines")
        answer = server.http("PUT", "/v1/registrations/alice@127.0.0.1", {"contact": "sip:a@192.0.2.1\r\nX: y"})
        expect_equal(answer.status, 400, "a contact of two lines")
        answer = server.http("PUT", "/v1/registrations/alice@127.0.0.1", {"contact": "sip:a@192.0.2.1", "path": "<sip:e;lr>"})
        expect_equal(answer.status, 204, "a path of one line")
        server.kill()
        server.start()
        expect_equal(contacts(server), ["sip:a@192.0.2.1"], "the contact after kill -9")
        server.stop()


@story
def an_operator_removes_a_contact():
    with Server() as server, Client(server.address, user="alice", domain="127.0.0.1") as raw:
        with Baresip(os.path.join(server.directory, "alice"), account(server, "udp"), modules=()):
            wait_until(lambda: len(contacts(server)) == 1, "baresip has registered")
            watcher = raw.subscribe(ALICE, event="reg")
            watcher.wait_body("<uri>" + contacts(server)[0].split(";")[0])
            answer = server.http("DELETE", "/v1/registrations/alice@127.0.0.1?event=rejected")
            expect_equal(answer.status, 204, "DELETE")
            watcher.wait_body('state="terminated" event="rejected"')
            expect(not contacts(server), "the contact is gone")
        server.stop()


tell()
