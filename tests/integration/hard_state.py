# tests/integration/hard_state.py: documents set over HTTP for any package: watchers are told, kill -9, conditions, refusals.
from _herald import Server
from _sip import Client
from _stories import expect, expect_equal, story, tell

ALICE = "sip:alice@127.0.0.1"
PRESENCE = "/v1/resources/presence/alice@127.0.0.1/hard-state"
DOCUMENT = """<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@127.0.0.1">
  <tuple id="mail"><status><basic>open</basic></status><contact>mailto:alice@example.com</contact></tuple>
</presence>
"""
REGINFO = """<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" state="full">
  <registration aor="sip:alice@127.0.0.1" id="x" state="active">
    <contact id="c" state="active" event="created"><uri>sip:pbx@192.0.2.2</uri></contact>
  </registration>
</reginfo>
"""


def put(server, path, kind, document, **headers):
    return server.http("PUT", path, document, headers={"Content-Type": kind, **headers})


@story
def a_document_stays_until_it_is_removed():
    with Server() as server, Client(server.address, domain="127.0.0.1") as bob:
        watcher = bob.subscribe(ALICE)
        watcher.wait_body("<basic>closed</basic>")
        made = put(server, PRESENCE, "application/pidf+xml", DOCUMENT)
        expect_equal(made.status, 201, "PUT")
        watcher.wait_body("mailto:alice@example.com")
        server.kill()
        server.start()
        given = server.http("GET", PRESENCE)
        expect_equal(given.status, 200, "GET after kill -9")
        expect_equal(given.body.decode(), DOCUMENT, "the document")
        expect_equal(given.headers["Content-Type"], "application/pidf+xml", "its type")
        expect_equal(given.headers["ETag"], made.headers["ETag"], "its entity-tag")
        expect_equal(server.http("DELETE", PRESENCE).status, 204, "DELETE")
        watcher.wait_body("<basic>closed</basic>")
        expect_equal(server.http("GET", PRESENCE).status, 404, "GET of nothing")
        server.stop()


@story
def what_is_published_ranks_above_it():
    with Server() as server, Client(server.address, user="alice", domain="127.0.0.1") as alice:
        contact = DOCUMENT.replace("mailto:alice@example.com", "sip:alice@192.0.2.1")
        expect_equal(put(server, PRESENCE, "application/pidf+xml", contact).status, 201, "PUT")
        watcher = alice.subscribe(ALICE)
        watcher.wait_body("<basic>open</basic>")
        publication = alice.publish(ALICE, contact.replace("open", "closed").encode())
        watcher.wait_body("<basic>closed</basic>")
        expect(b"<basic>open</basic>" not in watcher.last.body, "one tuple of both")
        publication.remove()
        watcher.wait_body("<basic>open</basic>")
        server.stop()


@story
def every_package_takes_its_own_types():
    with Server() as server, Client(server.address, user="alice", domain="127.0.0.1") as alice:
        lamp = "/v1/resources/message-summary/alice@127.0.0.1/hard-state"
        watcher = alice.subscribe(ALICE, event="message-summary")
        watcher.wait_body("Messages-Waiting: no")
        expect_equal(put(server, lamp, "application/simple-message-summary", "Messages-Waiting: yes\r\n").status, 201, "PUT")
        watcher.wait_body("Messages-Waiting: yes")
        registered = "/v1/resources/reg/alice@127.0.0.1/hard-state"
        watcher = alice.subscribe(ALICE, event="reg")
        watcher.wait_body('state="init"')
        expect_equal(put(server, registered, "application/reginfo+xml", REGINFO).status, 201, "PUT")
        watcher.wait_body("<uri>sip:pbx@192.0.2.2</uri>")
        expect_equal(server.http("DELETE", registered).status, 204, "DELETE")
        watcher.wait_body('state="terminated"')
        server.stop()


@story
def nobody_overwrites_what_he_has_not_seen():
    with Server() as server:
        absent = {"If-None-Match": "*"}
        first = put(server, PRESENCE, "application/pidf+xml", DOCUMENT, **absent)
        expect_equal(first.status, 201, "the first PUT")
        expect_equal(put(server, PRESENCE, "application/pidf+xml", DOCUMENT, **absent).status, 412, "the second")
        seen = {"If-Match": first.headers["ETag"]}
        expect_equal(put(server, PRESENCE, "application/pidf+xml", DOCUMENT, **seen).status, 204, "what was seen")
        refused = server.http("DELETE", PRESENCE, headers=seen)
        expect_equal(refused.status, 412, "what is old")
        expect_equal(refused.json()["kind"], "precondition_failed", "why")
        current = server.http("GET", PRESENCE).headers["ETag"]
        answer = server.http("GET", PRESENCE, headers={"If-None-Match": current})
        expect_equal((answer.status, answer.body), (304, b""), "what is known")
        expect_equal(server.http("DELETE", PRESENCE, headers={"If-Match": current}).status, 204, "DELETE")
        server.stop()


@story
def a_refusal_says_what_is_wrong_and_where():
    with Server() as server:
        for document, place in ((DOCUMENT.replace("</tuple>", ""), "line "),
                                (DOCUMENT.replace("presence", "reginfo"), "line 1"),
                                ("<!DOCTYPE a [<!ENTITY b 'c'>]>" + DOCUMENT, "line 1")):
            answer = put(server, PRESENCE, "application/pidf+xml", document)
            expect_equal(answer.status, 400, "PUT")
            expect_equal(answer.headers["Content-Type"], "application/problem+json", "its type")
            expect(place in answer.json()["detail"], f"{place} is in {answer.json()['detail']}")
        answer = put(server, PRESENCE, "text/plain", "busy")
        expect_equal(answer.status, 415, "another type")
        expect("expected application/pidf+xml" in answer.json()["detail"], answer.json()["detail"])
        answer = put(server, PRESENCE, "application/pidf+xml", DOCUMENT.ljust(70000))
        expect_equal(answer.status, 413, "more than the package takes")
        answer = put(server, PRESENCE.replace("presence", "weather"), "application/pidf+xml", DOCUMENT)
        expect_equal(answer.status, 404, "no such package")
        answer = put(server, PRESENCE.replace("127.0.0.1", "example.org"), "application/pidf+xml", DOCUMENT)
        expect_equal(answer.status, 404, "no domain of ours")
        expect_equal(server.http("GET", PRESENCE).status, 404, "nothing was set")
        server.stop()


tell()
