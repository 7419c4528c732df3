# tests/integration/message.py: messages to baresip, a real client: there, not there, after kill -9, by an operator.
import contextlib
import os
import re
import threading

from _baresip import Baresip
from _herald import PATIENCE, Server, wait_until
from _message import answer
from _sip import Client
from _stories import expect, expect_equal, story, tell

ALICE = "sip:alice@127.0.0.1"
TEXT = (("Content-Type", "text/plain"),)


def account(server, transport="udp"):
    return f"<sip:alice@127.0.0.1:{server.sip_port};transport={transport}>;regint=600"


def alice(server, name="alice", transport="udp"):
    return Baresip(os.path.join(server.directory, name), account(server, transport), modules=("menu",))


def bob(server):
    return Client(server.address, user="bob", domain="127.0.0.1")


def is_registered(server):
    return len(server.http("GET", f"/v1/registrations?aor={ALICE}").json()["registrations"]) == 1


def kept(server):
    return server.http("GET", f"/v1/messages?aor={ALICE}").json()["messages"]


def texts(device):
    """What the device was told, in order: it writes every SIP message into its log."""
    log = re.sub(r"\x1b\[[\d;]*m|\r", "", device.log())
    return [part.split("\n\n", 1)[1].split("\n", 1)[0] for part in log.split("MESSAGE sip:alice")[1:]]


def reaches_who_is_there(transport):
    with Server() as server, alice(server, transport=transport) as device, bob(server) as sender:
        wait_until(lambda: is_registered(server), "baresip has registered")
        response = sender.request("MESSAGE", ALICE, TEXT, "are you there?")
        expect_equal(response.status, 200, "the answer of baresip")
        expect("are you there?" in device.log(), "baresip got the text")
        expect(response.get("contact") is None, "no Contact")
        server.stop()


@story
def reaches_who_is_there_over_udp():
    reaches_who_is_there("udp")


@story
def reaches_who_is_there_over_tcp():
    reaches_who_is_there("tcp")


@story
def waits_for_who_is_not_there_over_kill_9():
    with Server() as server, bob(server) as sender:
        for number in range(3):
            response = sender.request("MESSAGE", ALICE, TEXT, f"text {number}")
            expect_equal(response.status, 202, "the answer while alice is not there")
        server.kill()
        server.start()
        expect_equal(len(kept(server)), 3, "messages kept over kill -9")
        with alice(server) as device:
            wait_until(lambda: "text 2" in device.log(), "baresip got the last text")
            expect_equal(texts(device), ["text 0", "text 1", "text 2"], "the texts in order, once each")
            wait_until(lambda: not kept(server), "nothing is kept any more")
            server.kill()
            server.start()
            expect(not kept(server), "nothing is kept after the next kill -9")
        server.stop()


@story
def a_repetition_after_kill_9_is_kept_once():
    with Server() as server, bob(server) as sender:
        octets, branch = sender.compose("MESSAGE", ALICE, TEXT, b"once")
        expect_equal(sender.transact(octets, branch).status, 202, "the first time")
        server.kill()
        server.start()
        sender.responses.clear()
        expect_equal(sender.transact(octets, branch).status, 202, "the same request again")
        expect_equal(len(kept(server)), 1, "messages kept")
        server.stop()


@story
def an_operator_writes_and_forgets():
    with Server() as server, Client(server.address, user="alice", domain="127.0.0.1") as device:
        order = {"from": "desk@127.0.0.1", "to": ALICE, "body": "the desk says hello", "subject": "news"}
        expect_equal(server.http("POST", "/v1/messages", order).status, 202, "POST while alice is not there")
        rows = kept(server)
        expect_equal((rows[0]["from"], rows[0]["subject"]), ("<sip:desk@127.0.0.1>", "news"), "what is kept")
        whole = server.http("GET", f"/v1/messages?aor={ALICE}&bodies=true").json()["messages"]
        expect_equal(whole[0]["body"], "the desk says hello", "the body, where it is asked for")
        path = "/v1/messages/alice@127.0.0.1"
        expect_equal(server.http("DELETE", f"{path}/{rows[0]['id']}").status, 204, "DELETE of one")
        expect_equal(server.http("DELETE", path).status, 404, "DELETE where nothing is")
        expect_equal(server.http("POST", "/v1/messages", {**order, "body": "the next one"}).status, 202, "POST after it")
        response = device.request("REGISTER", "sip:127.0.0.1", (("Contact", device.contact),), to=ALICE)
        expect_equal(response.status, 200, "REGISTER")
        device.wait(lambda: device.strays, "a message that was kept")
        expect_equal(device.strays[0].body, b"the next one", "what was forgotten is not sent")
        server.stop()


@story
def a_post_that_comes_twice_sends_once():
    """An Idempotency-Key: whatever is known of the first request, over kill -9 too, the message goes out once."""
    order = {"from": "desk@127.0.0.1", "to": ALICE, "body": "once"}

    def send(server, key, **more):
        return server.http("POST", "/v1/messages", {**order, **more}, headers={"Idempotency-Key": key})

    def kind(answer):
        return (answer.status, answer.json().get("kind"))
    # A device that is silent: its message is kept.
    with Server() as server, Client(server.address, user="alice", domain="127.0.0.1") as device:
        response = device.request("REGISTER", "sip:127.0.0.1", (("Contact", device.contact),), to=ALICE)
        expect_equal(response.status, 200, "REGISTER")
        expect_equal(send(server, "first").status, 202, "the device does not answer in time")
        expect_equal(send(server, "first").json(), {"delivered": False}, "the same once more")
        expect_equal(kind(send(server, "first", body="twice")), (422, "key_reused"), "another body")
        expect_equal(len(kept(server)), 1, "messages kept")
        server.kill()
        server.start()
        expect_equal(send(server, "first").json(), {"delivered": False}, "the answer after kill -9")
        expect_equal(len(kept(server)), 1, "messages kept after kill -9")

        def ask():
            with contextlib.suppress(OSError):
                send(server, "second")
        asking = threading.Thread(target=ask)
        device.pump_rest()
        device.strays.clear()
        device.send = lambda *_: None  # it reads, and stays silent
        asking.start()
        device.wait(lambda: any(each.method == "MESSAGE" for each in device.strays), "it is on its way")
        server.kill()
        asking.join(PATIENCE)
        server.start()
        expect_equal(kind(send(server, "second")), (409, "unknown_outcome"), "the server was killed before it was known")
        server.stop()


@story
def a_notification_follows_its_route_whatever_shard_its_user_is_of():
    """RFC 5438 8: it comes to Herald by name, and goes on to the next on its route, there or not."""
    def notification(user):
        return ("NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: 7\r\nimdn.IMDN-Route: <sip:127.0.0.1>\r\n"
                f"imdn.IMDN-Route: <im:{user}@127.0.0.1>\r\n\r\nContent-type: message/imdn+xml\r\n\r\n<imdn/>")
    fields = (("Content-Type", "message/cpim"),)
    with Server(server={"shards": 4}) as server, bob(server) as sender:
        for number in range(8):
            response = sender.request("MESSAGE", "sip:127.0.0.1", fields, notification(f"away{number}"))
            expect_equal(response.status, 202, f"the answer for away{number}")
            rows = server.http("GET", f"/v1/messages?aor=sip:away{number}@127.0.0.1&bodies=true").json()["messages"]
            expect_equal(len(rows), 1, f"kept for away{number}")
            expect("<sip:127.0.0.1>" not in rows[0]["body"], "our own route is taken off")
            expect(f"IMDN-Route: <im:away{number}@127.0.0.1>" in rows[0]["body"], "the next one stays")
        with alice(server) as device:
            wait_until(lambda: is_registered(server), "baresip has registered")
            # baresip takes text only, and says so: it is not there for notifications.
            expect_equal(sender.request("MESSAGE", "sip:127.0.0.1", fields, notification("alice")).status, 480, "refused")
            expect("imdn.Message-ID: 7" in device.log(), "baresip got it")
        server.stop()


tell()
