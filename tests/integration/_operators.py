# tests/integration/_operators.py: who changes something over HTTP while the server is killed.
import threading

from _actors import FEW
from _herald import PATIENCE
from _stories import expect
from _things import THINGS

LATE = 504  # on a busy machine: what was asked for may come or not, as where the connection breaks
NOT_KNOWN = 500  # the same, where the store fails


class Operator:
    """Changes one thing over HTTP until the server is gone."""

    may_be_refused = False  # as Actor's
    granted = (200, 201, 204, 404)

    def __init__(self, server, name, acknowledged=None):
        self.server = server
        self.name = name
        self.acknowledged = acknowledged
        self.wanted = acknowledged  # on its way, where it differs
        self.count = 0
        self.thread = None
        self.wrong = None

    def ask(self, chance):
        """Sends the next request; `wanted` is what it makes. Returns the answer."""
        raise NotImplementedError

    def learn(self, answer):
        """What else a 2xx said."""

    def _work(self, chance):
        while True:
            try:
                answer = self.ask(chance)
            except OSError:
                return
            if answer.status == 503 and self.may_be_refused:
                self.wanted = self.acknowledged
                continue
            if answer.status == LATE or answer.status == NOT_KNOWN and self.may_be_refused:
                return
            if answer.status not in self.granted:
                self.wrong = f"{self.name}, to be {self.wanted}: {answer.status} {answer.body!r}"
                return
            self.learn(answer)
            self.acknowledged = self.wanted
            self.count += 1

    def begin(self, chance):
        self.thread = threading.Thread(target=self._work, args=(chance,), daemon=True)
        self.thread.start()

    def end(self):
        self.thread.join(PATIENCE)
        expect(not self.thread.is_alive(), "the HTTP client of a dead server still waits")
        expect(self.wrong is None, self.wrong)

    def shown(self):
        """What the server says there is."""
        raise NotImplementedError

    def may_be(self):
        """What it may say."""
        return [self.acknowledged, self.wanted]

    def check(self):
        shown = self.shown()
        expect(shown in self.may_be(), f"{self.name} is {shown}, may be {self.acknowledged} or {self.wanted}")
        self.acknowledged = self.wanted = shown


class ThingOperator(Operator):
    """Changes a thing of _things.py to one number after the other, or removes it."""

    def __init__(self, server, thing):
        super().__init__(server, thing.name)
        self.thing = thing

    def ask(self, chance):
        self.wanted = None if chance.random() < 0.3 else chance.randrange(FEW)
        return self.thing.put(self.server, self.wanted, 5)

    def shown(self):
        return self.thing.number(self.server)


class RegistrationOperator(ThingOperator):
    """Of a registration is shown that it is there, not how long it was to last."""

    def check(self):
        shown = self.shown()
        may_be = [each for each in self.may_be() if (each is None) == (shown is None)]
        expect(may_be, f"{self.name} is {shown}, may be {self.acknowledged} or {self.wanted}")
        self.acknowledged = self.wanted = may_be[0]


class Sender(Operator):
    """Sends messages to somebody who is never there, and forgets them now and then."""

    granted = (202, 204, 404)
    MOST = 200

    def __init__(self, server):
        super().__init__(server, "messages of an operator", ())
        self.sent = 0

    def ask(self, chance):
        if len(self.acknowledged) >= self.MOST or chance.random() < 0.05:
            self.wanted = ()
            return self.server.http("DELETE", "/v1/messages/t@localhost", seconds=5)
        self.sent += 1
        self.wanted = (*self.acknowledged, f"m{self.sent}")
        order = {"from": "sip:s@localhost", "to": "sip:t@localhost", "subject": self.wanted[-1], "body": "x"}
        return self.server.http("POST", "/v1/messages", order, 5)

    def shown(self):
        rows = self.server.http_soon("GET", "/v1/messages?limit=1000&aor=t@localhost").json()["messages"]
        return tuple(row["subject"] for row in rows)

    def check(self):
        """Each message is a row of its own: where all were to go, some may have gone."""
        shown = self.shown()
        known = iter(self.acknowledged)
        is_some_of_them = self.wanted == () and all(each in known for each in shown)
        expect(shown in self.may_be() or is_some_of_them, f"{self.name} are {shown}, may be {self.acknowledged} or {self.wanted}")
        self.acknowledged = self.wanted = shown


class JobStarter(Operator):
    """Starts a job for a device that never answers, pauses, resumes and cancels it, and starts the next one."""

    NEXT = {None: ["start"], "running": ["pause", "cancel"], "paused": ["resume", "cancel"]}
    AFTER = {"start": "running", "pause": "paused", "resume": "running", "cancel": None}
    ORDER = {"action": "custom", "event": "check-sync", "select": {"aors": ["sip:j@localhost"]}, "retry_for": 86400}
    DEVICE = {"contact": "sip:j@127.0.0.1:9", "expires": 86400}
    granted = (200, 204)

    def __init__(self, server):
        super().__init__(server, "a job")
        self.job = None  # its id
        answer = server.http("PUT", "/v1/registrations/j@localhost", self.DEVICE)
        expect(answer.status in (200, 201, 204), f"the device of jobs: {answer.status} {answer.body!r}")

    def ask(self, chance):
        action = chance.choice(self.NEXT[self.acknowledged])
        self.wanted = self.AFTER[action]
        if action == "start":
            return self.server.http("POST", "/v1/provisioning/jobs", self.ORDER, 5)
        return self.server.http("POST", f"/v1/provisioning/jobs/{self.job}/{action}", None, 5)

    def learn(self, answer):
        if self.acknowledged is None:
            self.job = answer.json()["id"]

    def _jobs(self):
        """The states of those that are not over, by id."""
        rows = self.server.http_soon("GET", "/v1/provisioning/jobs?limit=1000").json()["jobs"]
        return {row["id"]: row["state"] for row in rows if row["state"] in ("running", "paused")}

    def check(self):
        there = self._jobs()
        expect(len(there) <= 1, f"there are jobs nobody started: {there}")
        state = next(iter(there.values()), None)
        expect(state in self.may_be(), f"{self.name} is {state}, may be {self.acknowledged} or {self.wanted}")
        started = self.job if self.acknowledged is not None else None
        expect(started is None or not there or started in there, f"{started} is another job now: {there}")
        self.job = next(iter(there), None)
        self.acknowledged = self.wanted = state


class Giver(Operator):
    """Gives cells away and takes them back, one after the other: what the others do is not to be touched by that."""

    CELLS = 64
    granted = (204, 409)  # 409: changes were under way for too long

    def __init__(self, server):
        super().__init__(server, "gives of cells")
        self.given = 0

    def ask(self, chance):
        return self.server.http("POST", f"/v1/cells/{chance.randrange(self.CELLS)}/give", None, 30)

    def learn(self, answer):
        self.given += answer.status == 204

    def check(self):
        pass


def all_operators(server):
    special = {"a registration": RegistrationOperator}
    return [special.get(thing.name, ThingOperator)(server, thing) for thing in THINGS] + [Sender(server), JobStarter(server), Giver(server)]
