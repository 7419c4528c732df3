# tests/integration/kill9.py: what was answered 200 survives kill -9 at any moment, and every watcher hears of it.
"""HERALD_KILLS=500 runs longer; HERALD_SEED=7 repeats a run (as far as the moments of a live process can be repeated)."""
import os
import random
import threading
import time

from _herald import PATIENCE, Server
from _model import crash_rounds
from _sip import Client
from _stories import expect, expect_equal, story, tell

KILLS = int(os.environ.get("HERALD_KILLS", "25"))
SEED = int(os.environ.get("HERALD_SEED", "20260214"))


@story
def what_was_answered_200_survives_kill_9_at_any_moment():
    """RFC 6665 4.2, RFC 3903 6 and the promise that a 200 means: it is on the disk."""
    print(f"HERALD_SEED={SEED} HERALD_KILLS={KILLS}")
    with Server() as server, Client(server.address) as client:
        print(dict(crash_rounds(server, client, random.Random(SEED), KILLS)))
        server.stop()


@story
def and_on_two_shards():
    """The same, a third as often, where changes of two threads meet in one commit."""
    with Server(server={"shards": 2}) as server, Client(server.address) as client:
        print(dict(crash_rounds(server, client, random.Random(SEED + 1), max(1, KILLS // 3))))
        server.stop()


IMPORTED = 2000
ACCOUNTS = [{"aor": f"{n}@127.0.0.1", "ha1": {"MD5": "a" * 32}, "device_username": "admin", "device_password": "789"} for n in range(IMPORTED)]
LISTS = [{"scope": f"{n}@127.0.0.1", "list": "allow", "watcher": "bob@127.0.0.1"} for n in range(IMPORTED)]


def killed_while(server, seconds, path, body):
    """Asks for something to be done, kills the server so long after, and starts it again; whether it was said to be done."""
    statuses = []

    def ask():
        try:
            statuses.append(server.http("POST", path, body).status)
        except OSError:
            pass
    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(seconds)
    server.kill()
    asking.join(PATIENCE)
    server.start()
    return statuses == [200]


def accounts_are_there(server):
    """All of them with their devices' logins, or none."""
    page = server.http("GET", "/v1/accounts?limit=1000").json()
    expect(page["total"] in (0, IMPORTED), f"{page['total']} accounts of {IMPORTED} are there")
    expect({row["device_username"] for row in page["accounts"]} <= {"admin"}, "an account without the login that came with it")
    return page["total"] == IMPORTED


def lists_are_there(server):
    """All of them with their lines in the audit, or none."""
    first = server.http("GET", "/v1/lists/export?limit=1000").json()
    rows = first["rows"] + (server.http("GET", f"/v1/lists/export?limit=1000&after={first['next']}").json()["rows"] if first["next"] else [])
    expect(len(rows) in (0, IMPORTED), f"{len(rows)} lists of {IMPORTED} are there")
    expect_equal(bool(server.http("GET", "/v1/audit?limit=1000").json()["entries"]), bool(rows), "the audit says so")
    return bool(rows)


@story
def an_import_is_there_whole_or_not_at_all():
    """Killed at any moment of it: each time half way between a strike that came too early and one that came too late."""
    for path, body, are_there in (("/v1/accounts", {"accounts": ACCOUNTS}, accounts_are_there), ("/v1/lists/import", {"rows": LISTS}, lists_are_there)):
        early, late = 0.0, 4.0
        for _ in range(max(4, KILLS // 4)):
            strike = (early + late) / 2
            with Server(server={"shards": 2}) as server:
                said = killed_while(server, strike, path, body)
                is_there = are_there(server)
                expect(is_there or not said, f"{path} was answered 200, and what it brought is lost")
                early, late = (early, strike) if is_there else (strike, late)
        print(f"{path}: the last strike {strike:.4f} s after it was asked for")


tell()
