# tests/integration/_world.py: every kind of change over UDP, TCP and HTTP, cut short by kills, and a model of what was promised.
"""World.rounds() plays rounds. In each one every actor changes what is his, one request after the other, until the server
is killed; some starts are killed too, in their first milliseconds. Then requests without an answer are sent again octet by
octet, copies of requests that later ones superseded come late, and everything is compared with the model: what the API
shows, and what every watcher was told.

Values are few, so that states come back: what was told before is no proof that it is told now.
"""
import random
import threading
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter

from _message import token
from _sip import Client, NoAnswer, Publication, Subscription, pidf
from _stories import expect, expect_equal
from _things import THINGS

FEW = 3  # values of anything
COPIES = 4  # superseded requests that come late, of each actor
COPY_LIFE = 25.0  # seconds: 64*T1 and no more
REGINFO = "{urn:ietf:params:xml:ns:reginfo}"


class Actor:
    """Somebody who changes something by SIP, one request after the other. Subclasses say what."""

    def __init__(self, client):
        self.client = client
        self.open = None  # (octets, branch, what it makes): sent, and not answered
        self.sent = []  # (when, octets) of requests whose effect later ones superseded
        self.state = None
        self.did = Counter()

    def begin(self, chance):
        octets, branch, effect = self.compose(chance)
        self.open = (octets, branch, effect)
        self.client.send(octets)

    def answered(self):
        """Takes the answer, where it has come. False: none is there yet."""
        octets, branch, effect = self.open
        finals = [r for r in self.client.responses.get(branch, ()) if r.status >= 200]
        if not finals:
            return False
        self.take(finals[0], octets, effect)
        return True

    def take(self, response, octets, effect):
        expect(response.status in (200, 202), f"{self.name}: {effect}: {response.status}")
        self.open = None
        self.state = effect
        self.learn(response)
        self.sent.append((time.monotonic(), octets))
        self.did[self.name] += 1

    def learn(self, response):
        pass

    def send_again(self):
        """The same octets once more, after a crash: the answer is the one that was lost."""
        if self.open is None:
            return
        octets, branch, effect = self.open
        self.client.responses.pop(branch, None)
        self.take(self.client.transact(octets, branch, 20, f"{self.name} again"), octets, effect)

    def send_copies(self, chance):
        """What the network kept for a while: all but the last request, which is nobody's copy but its own."""
        now = time.monotonic()
        late = [octets for when, octets in self.sent[:-1] if now - when < COPY_LIFE][-COPIES:]
        for octets in chance.sample(late, len(late)):
            self.client.send(octets)
        return len(late)


class Publisher(Actor):
    def __init__(self, client, user):
        super().__init__(client)
        self.aor = f"sip:{user}@localhost"
        self.name = f"PUBLISH of {user} over {client.transport}"
        self.publication = Publication(client, self.aor)
        self.state = frozenset()

    def compose(self, chance):
        publication = self.publication
        kind = chance.choice(["modify", "modify", "refresh", "remove"]) if publication.etag else "modify"
        if kind == "remove":
            return (*publication.compose(expires=0), frozenset())
        if kind == "refresh":
            return (*publication.compose(), self.state)
        note = f"note{chance.randrange(FEW)}"
        return (*publication.compose(pidf(self.aor, note=note)), frozenset([note]))

    def learn(self, response):
        self.publication.take_answer(response)
        if self.publication.etag is None:
            # The next one is nobody's continuation.
            self.publication = Publication(self.client, self.aor)

    def is_told(self, subscription):
        body = subscription.last.body.decode()
        return {part.split("</note>")[0] for part in body.split("<note>")[1:]} == self.state


class Device(Actor):
    """Registers and unregisters one contact, within one Call-ID, as a device does."""

    def __init__(self, client, user):
        super().__init__(client)
        self.user = user
        self.aor = f"sip:{user}@localhost"
        self.name = f"REGISTER of {user} over {client.transport}"
        self.contact = f"sip:{user}@127.0.0.1:9"
        self.call_id, self.tag, self.cseq = token(), token(4), 0
        self.state = frozenset()

    def compose(self, chance):
        expires = chance.choice([0, 3600]) if self.state else 3600
        self.cseq += 1
        octets, branch = self.client.compose(
            "REGISTER", "sip:localhost", [("Contact", f"<{self.contact}>;expires={expires}")], call_id=self.call_id,
            cseq=self.cseq, from_tag=self.tag, to=self.aor, sender=self.aor)
        return octets, branch, frozenset([self.contact]) if expires else frozenset()

    def shown(self, server):
        rows = server.http("GET", f"/v1/registrations?aor={self.aor}").json()["registrations"]
        return frozenset(row["contact"] for row in rows)

    def is_told(self, subscription):
        return registered(subscription) == self.state


class Writer(Actor):
    """Sends messages to somebody who is never there: each is kept once, in order."""

    def __init__(self, client, user):
        super().__init__(client)
        self.aor = f"sip:{user}@localhost"
        self.name = f"MESSAGE to {user} over {client.transport}"
        self.count = 0
        self.state = ()

    def compose(self, chance):
        self.count += 1
        octets, branch = self.client.compose(
            "MESSAGE", self.aor, [("Content-Type", "text/plain"), ("Subject", f"m{self.count}")], b"x")
        return octets, branch, (*self.state, f"m{self.count}")

    def shown(self, server):
        return tuple(row["subject"] for row in server.http("GET", f"/v1/messages?limit=1000&aor={self.aor}").json()["messages"])


class Watcher(Actor):
    """Subscribes, refreshes, and ends it; while it lasts he is told the truth."""

    def __init__(self, client, actor, event):
        super().__init__(client)
        self.actor = actor
        self.event = event
        self.name = f"SUBSCRIBE to {actor.aor}"
        self.subscription = None
        self.fresh = None
        self.ended = []
        self.state = False

    def compose(self, chance):
        if self.subscription is None:
            self.fresh = self.client_subscription()
            return (*self.fresh.compose(3600), True)
        expires = 0 if chance.random() < 0.2 else 3600
        return (*self.subscription.compose(expires), expires > 0)

    def client_subscription(self):
        return Subscription(self.client, self.actor.aor, self.event, user=f"w{token(3)}" if self.event == "presence" else
                            self.actor.aor[4:].split("@")[0])

    def learn(self, response):
        subscription = self.subscription or self.fresh
        subscription.take_answer(response)
        if self.state:
            self.subscription = subscription
        else:
            self.subscription = None
            self.ended.append(subscription)

    def expect_told(self, server):
        subscription = self.subscription
        if subscription is None:
            return
        self.client.wait(
            lambda: subscription.last is not None and subscription.last.state == "active" and
            (not subscription.last.body or self.actor.is_told(subscription)),
            f"{self.name} is told {self.actor.state}; has {subscription.last} {subscription.last and subscription.last.body}", 30)
        subscription.expect_rising()


def registered(subscription):
    """The active contacts, as whole and partial documents tell (RFC 3680 5)."""
    known = {}
    for notify in subscription.notifies:
        if not notify.body:
            continue
        root = ElementTree.fromstring(notify.body)
        if root.get("state") == "full":
            known = {}
        for contact in root.iter(REGINFO + "contact"):
            known[contact.get("id")] = (contact.get("state"), contact.find(REGINFO + "uri").text)
    return frozenset(uri for state, uri in known.values() if state == "active")


class Operator:
    """Changes one thing over HTTP until the server is gone."""

    def __init__(self, server, thing):
        self.server = server
        self.thing = thing
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


class World:
    def __init__(self, server, chance):
        self.server = server
        self.chance = chance
        self.udp = Client(server.address)
        self.tcp = Client(server.address, transport="tcp")
        publishers = [Publisher(self.udp, "pu"), Publisher(self.tcp, "pt")]
        devices = [Device(self.udp, "ru"), Device(self.tcp, "rt")]
        self.watchers = [Watcher(self.udp, actor, "presence") for actor in publishers]
        self.watchers += [Watcher(self.udp, actor, "reg") for actor in devices]
        self.shown = devices + [Writer(self.udp, "mu"), Writer(self.tcp, "mt")]
        self.actors = publishers + self.shown + self.watchers
        self.operators = [Operator(server, thing) for thing in THINGS]
        self.did = Counter()

    def close(self):
        self.udp.close()
        self.tcp.close()

    def burst(self):
        """Everybody works until the server dies."""
        server = self.server
        # Most die within the time a few changes take, a few when much was done.
        delay = self.chance.choice([0, self.chance.uniform(0, 0.005), self.chance.uniform(0, 0.03), self.chance.uniform(0, 0.1), 0.3])
        timer = threading.Timer(delay, server.process.kill)
        for operator in self.operators:
            operator.begin(random.Random(self.chance.random()))
        timer.start()
        while server.alive():
            for actor in self.actors:
                try:
                    if actor.open is None or actor.answered():
                        actor.begin(self.chance)
                except OSError:
                    pass
            self.udp.pump(0.001)
            if not self.tcp.closed_by_peer:
                self.tcp.pump(0.001)
        timer.join()
        server.process.wait()
        for operator in self.operators:
            operator.end()
        for client in (self.udp, self.tcp):
            client.pump(0.01)
        for actor in self.actors:
            if actor.open is not None:
                actor.answered()

    def start(self):
        """Some starts do not get far."""
        while self.chance.random() < 0.4:
            self.server.launch()
            time.sleep(self.chance.choice([self.chance.uniform(0, 0.005), self.chance.uniform(0, 0.1)]))
            self.server.kill()
            self.did["starts cut short"] += 1
        self.server.start()
        self.tcp.close()
        self.tcp.connect()

    def check(self):
        for actor in self.actors:
            self.did["sent again"] += actor.open is not None
            actor.send_again()
        for actor in self.actors:
            if not isinstance(actor, Watcher):
                self.did["copies"] += actor.send_copies(self.chance)
        self.udp.pump(0.02)
        self.tcp.pump(0.02)
        for actor in self.shown:
            expect_equal(actor.shown(self.server), actor.state, actor.name)
        for operator in self.operators:
            operator.check()
        for watcher in self.watchers:
            watcher.expect_told(self.server)

    def rounds(self, kills):
        """Returns what was done, for the test to check that it did enough."""
        for number in range(kills):
            try:
                self.burst()
                self.start()
                self.check()
            except (AssertionError, NoAnswer) as failure:
                raise AssertionError(f"in round {number}: {failure}") from failure
        for actor in self.actors:
            self.did.update(actor.did)
        for operator in self.operators:
            self.did[operator.thing.name] = operator.count
        return self.did
