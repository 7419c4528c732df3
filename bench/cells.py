#!/usr/bin/env python3
# bench/cells.py: what it takes to give a cell away and to take it back.
#
#   HERALD_BINARY=build/release/herald python3 bench/cells.py [SUBSCRIPTIONS...]
#
# One shard on a core of its own where there are two. All subscriptions are of one cell: of one resource, or of a hundred.
# Each gives the cell ROUNDS times while nothing changes, and as often after a change whose NOTIFYs are all answered but not
# yet written down. From the order until the answer to a request that came meanwhile; and the longest that a request about
# another cell waited, as a measure of what others notice.
import contextlib
import statistics
import sys
import threading
import time

from worst import DOMAIN, shard_seconds

from _herald import Server
from _sip import Client, Subscription, pidf

SUBSCRIPTIONS = (2000, 20000)
RESOURCES = (1, 100)
ROUNDS = 7
AT_ONCE = 200
PER_CONNECTION = 1000
LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def cell_of(tag):
    return (LETTERS.index(tag[0]) << 5 | LETTERS.index(tag[1])) // 16


def users_of_one_cell(client, count):
    """The first one's cell, and as many in it: the tag of an answer tells."""
    cell, users, number = None, [], 0
    while len(users) < count:
        aor = f"sip:u{number}@{DOMAIN}"
        number += 1
        fetch = Subscription(client, aor)
        fetch.send_initial(0)
        fetch.forget()
        found = cell_of(fetch.to_tag)
        cell = found if cell is None else cell
        if found == cell:
            users.append(aor)
    return cell, users


class Watchers:
    """Subscriptions over as many connections as keep each one's share of the NOTIFYs below what the server holds for a slow reader."""

    def __init__(self, server, count):
        self.clients = [Client(server.address, "tcp", domain=DOMAIN) for _ in range(-(-count // PER_CONNECTION))]
        self.text, self.told = b"?", 0
        for client in self.clients:
            client.answers = self.answer

    def answer(self, notify):
        """Counted as they come: to look at each of 20,000 subscriptions takes longer than their NOTIFYs."""
        self.told += self.text in notify.body
        return 200

    def subscribe(self, users, count):
        """That many, spread over the users; a window of them at a time."""
        for first in range(0, count, AT_ONCE):
            client = self.clients[first // PER_CONNECTION]
            wanted = []
            for number in range(first, min(first + AT_ONCE, count)):
                subscription = Subscription(client, users[number % len(users)], user=f"w{number}")
                octets, branch = subscription.compose(3600)
                client.send(octets)
                wanted.append((subscription, branch))
            client.wait(lambda: all(each.notifies for each, _ in wanted), "their first NOTIFYs", 300)
            if any(client.responses[branch][-1].status != 200 for _, branch in wanted):
                sys.exit("a SUBSCRIBE is refused")
            client.responses.clear()

    def notifies(self):
        return sum(len(each.notifies) for client in self.clients for each in client.subscriptions.values())

    def pump(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for client in self.clients:
                client.pump(0.01)

    def expect(self, text):
        self.text, self.told = text, 0

    def wait_told(self, count):
        end = time.monotonic() + 300
        while self.told < count:
            if time.monotonic() > end or any(client.closed_by_peer for client in self.clients):
                sys.exit(f"{self.told} of {count} are told")
            for client in self.clients:
                client.pump(0.005)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self.clients:
            client.close()


class Pulse(threading.Thread):
    """Asks about another cell all the time; the longest wait for an answer, in seconds."""

    def __init__(self, server):
        super().__init__()
        self.client = Client(server.address, user="pulse", domain=DOMAIN)
        self.longest = 0
        self.is_ending = threading.Event()

    def run(self):
        while not self.is_ending.is_set():
            begun = time.perf_counter()
            self.client.request("OPTIONS", f"sip:{DOMAIN}")
            self.longest = max(self.longest, time.perf_counter() - begun)
            self.client.responses.clear()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.is_ending.set()
        self.join()
        self.client.close()


def give(server, cell, client, aor):
    """Seconds until the order is answered, until a request that came meanwhile is."""
    answer = []
    begun = time.perf_counter()
    order = threading.Thread(target=lambda: answer.append((server.http("POST", f"/v1/cells/{cell}/give").status,
                                                           time.perf_counter() - begun)))
    order.start()
    time.sleep(0.003)
    client.request("OPTIONS", aor)
    served = time.perf_counter() - begun
    order.join()
    if answer[0][0] != 204:
        sys.exit(f"giving the cell: {answer[0][0]}")
    return answer[0][1], served


def measured(count, resources):
    with Server(sip={"domains": [DOMAIN]}, server={"shards": 1, "log_level": "warning"}) as server, \
            Client(server.address, domain=DOMAIN) as other, contextlib.ExitStack() as later:
        cell, users = users_of_one_cell(other, resources)
        publications = [other.publish(aor, pidf(aor, note="0")) for aor in users]
        # Not before: who says nothing for long is not listened to.
        watchers = later.enter_context(Watchers(server, count))
        watchers.subscribe(users, count)
        watchers.pump(4)  # confirmations are written
        quiet, changed = [], []
        before = shard_seconds(server)
        for _ in range(ROUNDS):
            quiet.append(give(server, cell, other, users[0]))
        used = (shard_seconds(server) - before) / ROUNDS
        with Pulse(server) as pulse:
            give(server, cell, other, users[0])
        told = watchers.notifies()
        watchers.pump(1)
        again = watchers.notifies() - told
        for number in range(ROUNDS):
            watchers.expect(f"<note>{number + 1}<".encode())
            for publication in publications:
                publication.modify(pidf(publication.aor, note=str(number + 1)))
            watchers.wait_told(count)
            changed.append(give(server, cell, other, users[0]))
        server.stop()
    return quiet, changed, used, pulse.longest, again


def milliseconds(gives, which):
    values = [each[which] * 1000 for each in gives]
    return f"{statistics.median(values):.0f} ({max(values):.0f})"


def main():
    wanted = [int(word) for word in sys.argv[1:]] or SUBSCRIPTIONS
    print("| subscriptions | resources | quiet: answered, ms: median (longest) | a request served | CPU of the shard, ms "
          "| after a change: answered | a request served | longest wait of others, ms | told again |")
    print("|---|---|---|---|---|---|---|---|---|")
    for count in wanted:
        for resources in RESOURCES:
            quiet, changed, used, longest, again = measured(count, resources)
            print(f"| {count:,} | {resources} | {milliseconds(quiet, 0)} | {milliseconds(quiet, 1)} | {used * 1000:.0f} "
                  f"| {milliseconds(changed, 0)} | {milliseconds(changed, 1)} | {longest * 1000:.1f} | {again} |", flush=True)


if __name__ == "__main__":
    main()
