# tests/integration/_actors.py: who changes something by SIP while the server is killed, and who watches it.
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter

from _message import token
from _sip import PATIENCE, Publication, Subscription, pidf
from _stories import expect

FEW = 3  # values of anything
COPIES = 4  # superseded requests that come late, of each actor
COPY_LIFE = 25.0  # seconds: 64*T1 and no more
REGINFO = "{urn:ietf:params:xml:ns:reginfo}"
DIALOG_INFO = "{urn:ietf:params:xml:ns:dialog-info}"
WATCHERINFO = "{urn:ietf:params:xml:ns:watcherinfo}"
# A package without code; `empty` keeps every document from having no body.
OWN_PACKAGE = {"name": "x-door", "content_types": ["text/plain"], "watch": "same_domain", "publish": "owner", "empty": "nothing"}


class Actor:
    """Somebody who changes something by SIP, one request after the other. Subclasses say what."""

    # Where the store may fail, a 503 says that nothing was changed.
    may_be_refused = False

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
        if response.status == 503 and self.may_be_refused:
            self.open = None
            self.did["refused"] += 1
            return
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
        self.take(self.client.transact(octets, branch, PATIENCE, f"{self.name} again"), octets, effect)

    def send_copies(self, chance):
        """What the network kept for a while: all but the last request, which is nobody's copy but its own."""
        now = time.monotonic()
        self.sent = [(when, octets) for when, octets in self.sent if now - when < COPY_LIFE]
        late = [octets for when, octets in self.sent[:-1]][-COPIES:]
        for octets in chance.sample(late, len(late)):
            self.client.send(octets)
        return len(late)

    def satisfies(self, subscription):
        """Whether the watcher was told the truth."""
        return subscription.last.state == "active" and self.is_told(subscription)


class Publisher(Actor):
    event = "presence"

    def __init__(self, client, user):
        super().__init__(client)
        self.aor = f"sip:{user}@localhost"
        self.name = f"PUBLISH of {self.event} of {user} over {client.transport}"
        self.publication = Publication(client, self.aor, self.event)
        self.state = frozenset()

    def compose(self, chance):
        publication = self.publication
        kind = chance.choice(["modify", "modify", "refresh", "remove"]) if publication.etag else "modify"
        if kind == "remove":
            return (*publication.compose(expires=0), frozenset())
        if kind == "refresh":
            return (*publication.compose(), self.state)
        value = f"value{chance.randrange(FEW)}"
        return (*publication.compose(self.document(value)), frozenset([value]))

    def document(self, value):
        return pidf(self.aor, note=value)

    def learn(self, response):
        self.publication.take_answer(response)
        if self.publication.etag is None:
            # The next one is nobody's continuation.
            self.publication = Publication(self.client, self.aor, self.event)

    def is_told(self, subscription):
        body = document_of(subscription)
        return {part.split("</note>")[0] for part in body.split("<note>")[1:]} == self.state


class Caller(Publisher):
    """A PBX that publishes one call after the other."""

    event = "dialog"
    calls = 0

    def document(self, value):
        if self.publication.etag is None:
            self.calls += 1
        return (f'<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="0" state="full" entity="{self.aor}">'
                f'<dialog id="call{self.calls}"><state>confirmed</state><remote><identity>sip:{value}@localhost</identity>'
                f'</remote></dialog></dialog-info>').encode()

    def is_told(self, subscription):
        return live_calls(subscription) == {f"sip:{value}@localhost" for value in self.state}


class Door(Publisher):
    """Publishes in a package of the configuration."""

    event = OWN_PACKAGE["name"]

    def document(self, value):
        return value.encode()

    def is_told(self, subscription):
        return document_of(subscription) == (next(iter(self.state), OWN_PACKAGE["empty"]))


class Device(Actor):
    """Registers one contact, within one Call-ID as a device does; another device removes it now and then."""

    event = "reg"

    def __init__(self, client, user):
        super().__init__(client)
        self.user = user
        self.aor = f"sip:{user}@localhost"
        self.name = f"REGISTER of {user} over {client.transport}"
        self.contact = f"sip:{user}@127.0.0.1:9"
        self.call_id, self.tag, self.cseq = token(), token(4), 0
        self.state = frozenset()

    def compose(self, chance):
        if self.state and chance.random() < 0.2:
            return self.request(token(), 1, "*", [("Expires", 0)])
        expires = chance.choice([0, 3600]) if self.state else 3600
        self.cseq += 1
        return self.request(self.call_id, self.cseq, f"<{self.contact}>;expires={expires}")

    def request(self, call_id, cseq, contact, fields=()):
        octets, branch = self.client.compose(
            "REGISTER", "sip:localhost", [("Contact", contact), *fields], call_id=call_id, cseq=cseq, from_tag=self.tag,
            to=self.aor, sender=self.aor)
        return octets, branch, frozenset([self.contact]) if "=3600" in contact else frozenset()

    def shown(self, server):
        rows = server.http_soon("GET", f"/v1/registrations?aor={self.aor}").json()["registrations"]
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
        rows = server.http_soon("GET", f"/v1/messages?limit=1000&aor={self.aor}").json()["messages"]
        return tuple(row["subject"] for row in rows)

    def forget_some(self, server):
        """They would be too many after some hundred kills."""
        if len(self.state) < 200:
            return
        expect(server.http_soon("DELETE", f"/v1/messages/{self.aor}").status in (200, 204), "messages are forgotten")
        self.state = ()


class Watcher(Actor):
    """Subscribes, refreshes, and ends it; while it lasts he is told the truth about what `actor` does."""

    def __init__(self, client, actor, user=None):
        super().__init__(client)
        self.actor = actor
        self.user = user  # None: somebody else each time
        self.name = f"SUBSCRIBE to {actor.event} of {actor.aor}"
        self.subscription = None
        self.fresh = None
        self.state = False

    def compose(self, chance):
        if self.subscription is None:
            self.fresh = Subscription(self.client, self.actor.aor, self.actor.event, self.user or f"w{token(3)}")
            return (*self.fresh.compose(3600), True)
        expires = 0 if chance.random() < 0.2 else 3600
        return (*self.subscription.compose(expires), expires > 0)

    def learn(self, response):
        subscription = self.subscription or self.fresh
        subscription.take_answer(response)
        self.subscription = subscription if self.state else None

    def expect_told(self):
        subscription = self.subscription
        if subscription is None:
            return
        self.client.wait(
            lambda: subscription.last is not None and self.actor.satisfies(subscription),
            f"{self.name} is told {self.actor.state}; has {subscription.last} {subscription.last and subscription.last.body}", PATIENCE)
        subscription.expect_rising()
        forget_old(subscription)


class WatcherList:
    """Who watches what `watcher` watches, as its owner is told (RFC 3857)."""

    def __init__(self, watcher):
        self.watcher = watcher
        self.aor = watcher.actor.aor
        self.event = watcher.actor.event + ".winfo"

    @property
    def state(self):
        return {self.watcher.subscription.watcher} if self.watcher.subscription else set()

    def satisfies(self, subscription):
        return subscription.last.state == "active" and watchers_in(subscription) == self.state


def forget_old(subscription):
    """NOTIFYs before the last whole document."""
    whole = [place for place, notify in enumerate(subscription.notifies) if notify.body and b'state="partial"' not in notify.body]
    if whole:
        del subscription.notifies[:whole[-1]]


def document_of(subscription):
    """The last one, as text."""
    return next((notify.body for notify in reversed(subscription.notifies) if notify.body), b"").decode()


def documents_of(subscription):
    """From the last whole one on: (root, whether a partial one is missing before it)."""
    roots = [ElementTree.fromstring(notify.body) for notify in subscription.notifies if notify.body]
    whole = max((place for place, root in enumerate(roots) if root.get("state") == "full"), default=0)
    version = None
    for root in roots[whole:]:
        number = int(root.get("version"))
        yield root, version is not None and number != version + 1
        version = number


def registered(subscription):
    """The active contacts, as whole and partial documents tell (RFC 3680 5)."""
    known = {}
    for root, has_gap in documents_of(subscription):
        expect(not has_gap, "a partial document that does not follow")
        for contact in root.iter(REGINFO + "contact"):
            known[contact.get("id")] = (contact.get("state"), contact.find(REGINFO + "uri").text)
    return frozenset(uri for state, uri in known.values() if state == "active")


def watchers_in(subscription):
    """The active watchers, likewise (RFC 3858 4)."""
    known = {}
    for root, has_gap in documents_of(subscription):
        expect(not has_gap, "a partial document that does not follow")
        for watcher in root.iter(WATCHERINFO + "watcher"):
            known[watcher.get("id")] = (watcher.get("status"), watcher.text)
    return {uri for status, uri in known.values() if status == "active"}


def live_calls(subscription):
    """Who is on the other side of calls that are not over (RFC 4235)."""
    root = ElementTree.fromstring(document_of(subscription))
    return {dialog.find(f"{DIALOG_INFO}remote/{DIALOG_INFO}identity").text for dialog in root.iter(DIALOG_INFO + "dialog")
            if dialog.find(DIALOG_INFO + "state").text != "terminated"}
