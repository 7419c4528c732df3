# tests/integration/http_races.py: several hands change one thing over HTTP at once: what is shown is what is stored.
import random
import threading

from _herald import Server
from _stories import expect, expect_equal, story, tell

HANDS = 6
CHANGES = 25
TUPLE = ('<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:a@localhost"><tuple id="t"><status><basic>open</basic>'
         '</status><note>{}</note></tuple></presence>')


def json_of(answer):
    return answer.json() if answer.status == 200 else answer.status


def contacts(server, aor):
    rows = server.http("GET", f"/v1/registrations?aor={aor}").json()["registrations"]
    return sorted(str(row.get("contact")) for row in rows)


# For each thing HTTP can change: its path, what is put (by a number), and what is shown of it.
THINGS = {
    "an account": (
        "/v1/accounts/a@localhost",
        lambda n: {"password": f"p{n}", "username": "a", "delegates": [{"aor": f"sip:d{n}@localhost", "package": "*"}]},
        lambda server: json_of(server.http("GET", "/v1/accounts/a@localhost"))),
    "an alias": (
        "/v1/aliases/b@localhost", lambda n: {"resource": f"sip:target{n}@localhost"},
        lambda server: json_of(server.http("GET", "/v1/aliases/b@localhost"))),
    "hard state": (
        "/v1/resources/presence/c@localhost/hard-state", lambda n: TUPLE.format(n),
        lambda server: server.http("GET", "/v1/resources/presence/c@localhost/hard-state").body),
    "a mailbox": (
        "/v1/mailboxes/d@localhost", lambda n: {"voice": {"new": n}},
        lambda server: json_of(server.http("GET", "/v1/mailboxes/d@localhost?source=here"))),
    "settings of a mailbox": (
        "/v1/mailboxes/e@localhost/settings", lambda n: {"members": [f"sip:m{n}@localhost"]},
        lambda server: json_of(server.http("GET", "/v1/mailboxes/e@localhost/settings"))),
    "a registration": (
        "/v1/registrations/f@localhost", lambda n: {"contact": f"sip:f@192.0.2.{n % 4 + 1}", "expires": 3600},
        lambda server: contacts(server, "f@localhost")),
}


def change(server, chance, path, made, wrong):
    for _ in range(CHANGES):
        if chance.random() < 0.4:
            answer = server.http("DELETE", path)
            wanted = (200, 204, 404)
        else:
            body = made(chance.randrange(100))
            headers = {"Content-Type": "application/pidf+xml"} if isinstance(body, str) else {}
            answer = server.http("PUT", path, body, headers=headers)
            wanted = (200, 201, 204)
        if answer.status not in wanted:
            wrong.append(f"{path}: {answer.status} {answer.body[:200]!r}")


def many_hands(server, seed):
    wrong = []
    hands = [threading.Thread(target=change, args=(server, random.Random(f"{seed} {path} {hand}"), path, made, wrong))
             for path, made, _ in THINGS.values() for hand in range(HANDS)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    expect(not wrong, "; ".join(wrong[:3]))


@story
def what_is_shown_is_what_is_stored():
    """After each round and kill -9, everything is as it was shown before."""
    with Server(server={"shards": 4}, http={"threads": 32}) as server:
        for seed in range(4):
            many_hands(server, seed)
            shown = {name: show(server) for name, (_, _, show) in THINGS.items()}
            server.kill()
            server.start()
            for name, (_, _, show) in THINGS.items():
                expect_equal(show(server), shown[name], f"{name} after round {seed}")
        server.stop()


tell()
