# tests/integration/_operators.py: who changes something over HTTP while the server is killed, and what watchers see of it.
import re
import threading

from _actors import FEW, live_calls, registered
from _stories import expect

LATE = 504  # on a busy machine: what was asked for may come or not, as where the connection breaks


class Operator:
    """Changes one thing over HTTP until the server is gone."""

    may_be_refused = False  # as Actor's

    def __init__(self, server, thing):
        self.server = server
        self.thing = thing
        self.name = thing.name if thing else "a job"
        self.acknowledged = None
        self.wanted = None  # on its way, where it differs
        self.count = 0
        self.thread = None
        self.wrong = None

    def _work(self, chance):
        while True:
            self.wanted = None if chance.random() < 0.3 else chance.randrange(FEW)
            try:
                status = self.thing.put(self.server, self.wanted, 5)
            except OSError:
                return
            if status == 503 and self.may_be_refused:
                self.wanted = self.acknowledged
                continue
            if status == LATE:
                return
            if status not in (200, 201, 204, 404):
                self.wrong = f"{self.thing.name}: {status}"
                return
            self.acknowledged = self.wanted
            self.count += 1

    def begin(self, chance):
        self.thread = threading.Thread(target=self._work, args=(chance,), daemon=True)
        self.thread.start()

    def end(self):
        self.thread.join(20)
        expect(not self.thread.is_alive(), "the HTTP client of a dead server still waits")
        expect(self.wrong is None, self.wrong)

    def shown_for(self, number):
        """Of a registration is shown that it is there, not what for."""
        return None if number is None else 1 if self.thing.name == "a registration" else number

    def check(self):
        number = self.thing.number(self.server)
        may_be = [each for each in (self.acknowledged, self.wanted) if self.shown_for(each) == number]
        expect(may_be, f"{self.thing.name} is {number}, may be {self.acknowledged} or {self.wanted}")
        self.acknowledged = self.wanted = may_be[0]


class JobStarter(Operator):
    """Starts a job for a device that never answers, pauses, resumes and cancels it, and starts the next one."""

    NEXT = {None: ["start"], "running": ["pause", "cancel"], "paused": ["resume", "cancel"]}
    AFTER = {"start": "running", "pause": "paused", "resume": "running", "cancel": None}
    ORDER = {"action": "custom", "event": "check-sync", "select": {"aors": ["sip:j@localhost"]}, "retry_for": 86400}
    DEVICE = {"contact": "sip:j@127.0.0.1:9", "expires": 86400}

    def __init__(self, server):
        super().__init__(server, None)
        self.job = None  # its id
        answer = server.http("PUT", "/v1/registrations/j@localhost", self.DEVICE)
        expect(answer.status in (200, 201, 204), f"the device of jobs: {answer.status} {answer.body!r}")

    def _work(self, chance):
        while True:
            action = chance.choice(self.NEXT[self.acknowledged])
            self.wanted = self.AFTER[action]
            try:
                answer = self._order(action)
            except OSError:
                return
            if answer.status == 503 and self.may_be_refused:
                self.wanted = self.acknowledged
                continue
            if answer.status == LATE:
                return
            if answer.status not in (200, 204):
                self.wrong = f"to {action} a job: {answer.status} {answer.body!r}"
                return
            if action == "start":
                self.job = answer.json()["id"]
            self.acknowledged = self.wanted
            self.count += 1

    def _order(self, action):
        if action == "start":
            return self.server.http("POST", "/v1/provisioning/jobs", self.ORDER, 5)
        return self.server.http("POST", f"/v1/provisioning/jobs/{self.job}/{action}", None, 5)

    def _jobs(self):
        """The states of those that are not over, by id."""
        rows = self.server.http_soon("GET", "/v1/provisioning/jobs?limit=1000").json()["jobs"]
        return {row["id"]: row["state"] for row in rows if row["state"] in ("running", "paused")}

    def check(self):
        there = self._jobs()
        expect(len(there) <= 1, f"there are jobs nobody started: {there}")
        state = next(iter(there.values()), None)
        expect(state in (self.acknowledged, self.wanted),
               f"the job is {state}, may be {self.acknowledged} or {self.wanted}")
        started = self.job if self.acknowledged is not None else None
        expect(started is None or not there or started in there, f"{started} is another job now: {there}")
        self.job = next(iter(there), None)
        self.acknowledged = self.wanted = state


class Shown:
    """Something that operators change, as those who subscribe to it are told."""

    def __init__(self, operators, name, aor, event):
        self.operators = {operator.thing.name: operator for operator in operators if operator.thing}
        self.name = name
        self.aor = aor
        self.event = event

    def number(self, name=None):
        return self.operators[name or self.name].acknowledged

    @property
    def state(self):
        return self.number()

    def satisfies(self, subscription):
        return subscription.last.state == "active" and self.is_told(subscription.last.body.decode(), subscription)


class ShownMailbox(Shown):
    def is_told(self, body, subscription):
        found = re.search(r"Voice-Message: (\d+)/", body)
        return (int(found[1]) if found else 0) == (self.state or 0)


class ShownContact(Shown):
    def is_told(self, body, subscription):
        return len(registered(subscription)) == (self.state is not None)


class ShownCall(Shown):
    def is_told(self, body, subscription):
        return live_calls(subscription) == ({f"sip:r{self.state}@localhost"} if self.state is not None else set())


class ShownToSome(Shown):
    """Presence whose owner has a list: of x0, whom it may name, or of others, who leave him waiting."""

    def satisfies(self, subscription):
        listed = self.number("a list")
        notify = subscription.last
        if listed in (1, 2):
            return notify.state == "pending" and not notify.body
        found = re.search(r"n(\d)n", notify.body.decode())
        number = int(found[1]) if found else None
        return notify.state == "active" and number == (None if listed == 0 else self.state)


def what_is_shown(operators):
    """(what, who watches it)."""
    return [
        (ShownToSome(operators, "hard state", "sip:c@localhost", "presence"), "x0"),
        (ShownMailbox(operators, "a mailbox", "sip:d@localhost", "message-summary"), "d"),
        (ShownContact(operators, "a registration", "sip:f@localhost", "reg"), "f"),
        (ShownCall(operators, "a call", "sip:h@localhost", "dialog"), "h"),
    ]
