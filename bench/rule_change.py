#!/usr/bin/env python3
# bench/rule_change.py: how long a change of rules takes to reach everybody it concerns.
#
#   bench/rule_change.py TOKEN_FILE HTTP_PORT OWNER WATCHERS
#
# Somebody else keeps that many watchers of the owner's presence subscribed and answers their NOTIFYs (scripts/bench does). All of them
# are shut out politely and let in again, by turns; of each change it is measured when it was answered, when every subscription had been
# looked at, and when every watcher had answered the NOTIFY with what he may see from now on. Prints the medians as words of a shell.
import http.client
import json
import statistics
import sys
import time

ROUNDS = 6
PATIENCE = 60.0
JUDGED, DELIVERED = "herald_subscriptions_judged_total", "herald_notify_delivered_total"


class Api:
    def __init__(self, token_file, port):
        with open(token_file, encoding="ascii") as file:
            self.headers = {"Authorization": f"Bearer {file.read().strip()}", "Content-Type": "application/json"}
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)

    def call(self, method, path, body=None):
        self.connection.request(method, path, body and json.dumps(body), self.headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        if answer.status >= 300:
            sys.exit(f"{method} {path}: {answer.status} {text}")
        return text

    def counters(self):
        found = {JUDGED: 0, DELIVERED: 0}
        for line in self.call("GET", "/metrics").splitlines():
            name, _, value = line.rpartition(" ")
            if name in found:
                found[name] = int(float(value))
        return found


def seconds_until(api, begun, name, wanted):
    while api.counters()[name] < wanted:
        if time.monotonic() - begun > PATIENCE:
            sys.exit(f"{name} did not reach {wanted}: {api.counters()}")
        time.sleep(0.01)
    return time.monotonic() - begun


def main():
    token_file, port, owner, watchers = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    api = Api(token_file, port)
    seconds_until(api, time.monotonic(), DELIVERED, watchers)
    # Else who is shut out would see no difference.
    api.call("PUT", f"/v1/presence/{owner}", {"status": "open", "note": "here"})
    seconds_until(api, time.monotonic(), DELIVERED, 2 * watchers)
    answered, judged, told = [], [], []
    for number in range(ROUNDS):
        time.sleep(1)
        before = api.counters()
        begun = time.monotonic()
        api.call("POST", f"/v1/watchers/{owner}/decisions", {"watcher": "*", "decision": ("polite-block", "allow")[number % 2]})
        answered.append(time.monotonic() - begun)
        judged.append(seconds_until(api, begun, JUDGED, before[JUDGED] + watchers))
        told.append(seconds_until(api, begun, DELIVERED, before[DELIVERED] + watchers))
    print(*(f"{statistics.median(each):.3f}" for each in (answered, judged, told)))


if __name__ == "__main__":
    main()
