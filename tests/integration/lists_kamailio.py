# tests/integration/lists_kamailio.py: lamps from the list of lines that a real list server has: Kamailio with rls (RFC 4662).
from _herald import Server, wait_until
from _kamailio import ListServer
from _sip import Client
from _stories import expect_equal, story, tell

LINES = {"1001": "sip:alice@localhost", "1002": "sip:bob@localhost", "1003": "sip:carol@localhost"}


def call(line, state):
    return ('<?xml version="1.0"?><dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="0" state="full" '
            f'entity="sip:{line}@127.0.0.1"><dialog id="1" call-id="call-of-{line}" local-tag="a" remote-tag="b" '
            f'direction="recipient"><state>{state}</state></dialog></dialog-info>').encode()


def herald_for(pbx, login=""):
    return Server(pbx={"servers": [f"office sip:127.0.0.1:{pbx.port}{login}"], "lists": ["office lamps"]})


def keep(server, line):
    answer = server.http("PUT", f"/v1/dialog-keepers/{LINES[line]}", {"pbx": "office", "user": line})
    expect_equal(answer.status, 204, f"the keeper: {answer.body!r}")


def lit(server):
    return {dialog["aor"]: dialog["state"] for dialog in server.http("GET", "/v1/dialogs?limit=1000").json()["dialogs"]}


def line_of(pbx, line):
    """The phone itself, at the PBX: tells of its calls by PUBLISH. Of a publication that is removed Kamailio tells what it said last."""
    return Client(("127.0.0.1", pbx.port), user=line, domain="127.0.0.1")


@story
def lines_of_a_list_light_lamps():
    """One subscription for all of them; what Kamailio tells of each goes to whose line it is."""
    with ListServer("lamps", LINES, ["herald"]) as pbx, herald_for(pbx, " herald secret") as server, \
            Client(server.address, "tcp", user="desk") as desk, line_of(pbx, "1001") as first, line_of(pbx, "1002") as second:
        for line in LINES:
            keep(server, line)
        watcher = desk.subscribe(LINES["1001"], "dialog")
        alice = first.publish("sip:1001@127.0.0.1", call("1001", "early"), "dialog")
        wait_until(lambda: lit(server) == {LINES["1001"]: "early"}, "one rings")
        watcher.wait_body(">early<")
        bob = second.publish("sip:1002@127.0.0.1", call("1002", "confirmed"), "dialog")
        alice.modify(call("1001", "confirmed"))
        wait_until(lambda: lit(server) == {LINES["1001"]: "confirmed", LINES["1002"]: "confirmed"}, "two are in a call")
        expect_equal(server.metric("^herald_mwi_pbx_subscriptions"), 1, "subscriptions at the PBX")
        alice.modify(call("1001", "terminated"))
        wait_until(lambda: lit(server) == {LINES["1002"]: "confirmed"}, "one is in a call")
        watcher.wait_body(">terminated<")
        bob.modify(call("1002", "terminated"))
        wait_until(lambda: lit(server) == {}, "nobody is")
        server.stop()


@story
def without_a_username_herald_asks_as_the_list():
    """Whoever's lamp comes first: a list server looks for the list in the documents of who asks."""
    with ListServer("lamps", LINES, ["lamps"]) as pbx, herald_for(pbx) as server, line_of(pbx, "1003") as phone:
        for line in reversed(LINES):
            keep(server, line)
        publication = phone.publish("sip:1003@127.0.0.1", call("1003", "early"), "dialog")
        wait_until(lambda: lit(server) == {LINES["1003"]: "early"}, "one rings")
        publication.modify(call("1003", "terminated"))
        wait_until(lambda: lit(server) == {}, "nobody is in a call")
        server.stop()


@story
def a_herald_that_is_killed_hears_of_what_ended_meanwhile():
    with ListServer("lamps", LINES, ["herald"]) as pbx, herald_for(pbx, " herald secret") as server, line_of(pbx, "1001") as phone, \
            line_of(pbx, "1002") as other:
        for line in LINES:
            keep(server, line)
        ended = phone.publish("sip:1001@127.0.0.1", call("1001", "confirmed"), "dialog")
        other.publish("sip:1002@127.0.0.1", call("1002", "confirmed"), "dialog")
        wait_until(lambda: len(lit(server)) == 2, "two are in a call")
        server.kill()
        # Where Herald was: Kamailio's change of a list is lost to all if one subscription ends while it tells them, so not before.
        with Client(("127.0.0.1", pbx.port), user="nobody", port=server.address[1]) as nobody:
            ended.modify(call("1001", "terminated"))
            nobody.wait(lambda: any(b">terminated<" in notify.body for notify in nobody.strays), "what the list tells of the end")
        server.start()
        wait_until(lambda: lit(server) == {LINES["1002"]: "confirmed"}, "one is in a call")
        server.stop()


tell()
