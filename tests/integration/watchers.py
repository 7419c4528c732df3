# tests/integration/watchers.py: an owner with more watchers than are looked at in one turn: pages of them, and what a rule would change.
from _herald import Server
from _sip import Client
from _stories import expect_equal, story, tell

MANY = 300
OWNER = "alice@127.0.0.1"
ALLOW_ALL = ('<ruleset xmlns="urn:ietf:params:xml:ns:common-policy" xmlns:pr="urn:ietf:params:xml:ns:pres-rules"><rule id="a">'
             "<actions><pr:sub-handling>allow</pr:sub-handling></actions></rule></ruleset>")


def pages(server, limit):
    """The watchers of all pages, and how many there are said to be."""
    seen, after = [], ""
    while after is not None:
        page = server.http("GET", f"/v1/watchers/{OWNER}?limit={limit}&after={after}").json()
        seen += [each["watcher"] for each in page["watchers"]]
        after = page["next"]
    return seen, page["total"]


@story
def many_who_wait_are_listed_page_by_page_tried_and_let_in():
    with Server(authz={"default": ["presence * confirm"]}) as server, Client(server.address, domain="127.0.0.1") as client:
        subscriptions = [client.subscribe(f"sip:{OWNER}", user=f"u{n}") for n in range(MANY)]
        everybody = [f"sip:u{n}@127.0.0.1" for n in range(MANY)]
        expect_equal(pages(server, 70), (everybody, MANY), "pages of 70")
        expect_equal(pages(server, 1000), (everybody, MANY), "one page")

        tried = server.http("POST", f"/v1/rules/{OWNER}/dry-run", {"watcher": "u7@127.0.0.1", "rules": ALLOW_ALL}).json()
        expect_equal(tried["decision"], "allow", "what is decided by the rules tried")
        expect_equal(len(tried["changes"]), 100, "changes told of, at most a hundred")
        expect_equal(tried["changes"][0].split(": ")[1], "confirm -> allow", "a change")
        expect_equal(server.http("GET", f"/v1/watchers/{OWNER}?state=active").json()["total"], 0, "nobody was let in by that")

        decided = server.http("POST", f"/v1/watchers/{OWNER}/decisions", {"watcher": "*", "decision": "allow"})
        expect_equal(decided.status, 200, "the decision about all")
        for subscription in subscriptions:
            subscription.wait_state("active")
        listed = server.http("GET", f"/v1/watchers/{OWNER}?limit=1000&state=active").json()["watchers"]
        expect_equal({(each["event"], each["decided_by"], each["rule"]) for each in listed}, {("approved", "rules", "allow *")}, "why")
        server.stop()


tell()
