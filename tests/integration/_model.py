# tests/integration/_model.py: random PUBLISHes and SUBSCRIBEs cut short by a kill, and a model of what was promised.
"""crash_rounds() plays rounds of concurrent requests on a server, kills it in the middle, starts it again, sends every
request that got no answer again octet by octet, and compares everything with the model.
"""
import threading
import time
from collections import Counter

from _message import parameter, token
from _sip import NoAnswer, Publication, Subscription, pidf
from _stories import expect, expect_equal

PRESENTITIES = 8
MOST_PUBLICATIONS = 3  # of one presentity
MOST_WATCHERS = 4


class Operation:
    """One request on its way: the octets are kept so that exactly they can be sent again."""

    def __init__(self, kind, subject, octets, branch, note=None):
        self.kind = kind
        self.subject = subject
        self.octets = octets
        self.branch = branch
        self.note = note  # what the presentity says once this is done
        self.response = None

    def identity(self, response):
        """What must not differ between an answer and its repetition."""
        return (response.status, response.get("sip-etag"), parameter(response.get("to"), "tag"), response.get("contact"),
                response.get("cseq"))


class Model:
    """What the server has promised so far."""

    def __init__(self, client, chance):
        self.client = client
        self.chance = chance
        self.aors = [f"sip:user{n}@localhost" for n in range(PRESENTITIES)]
        self.publications = {aor: [] for aor in self.aors}  # live ones; .note is what each says
        self.subscriptions = {aor: [] for aor in self.aors}
        self.removed_tags = []  # (aor, entity-tag of a publication that was removed)
        self.ended = []  # subscriptions that were unsubscribed
        self.notes = 0
        self.watchers = 0
        self.did = Counter()

    def _note(self):
        self.notes += 1
        return f"note-{self.notes}-{token(3)}"

    # What may be done next ---------------------------------------------------------------------------

    def operations(self, count):
        """Up to `count` requests on different publications and dialogs, all to be sent at once."""
        busy = set()
        chosen = []
        for _ in range(count):
            operation = self._next(busy)
            if operation is not None:
                chosen.append(operation)
        return chosen

    def _next(self, busy):
        aor = self.chance.choice(self.aors)
        publications = [p for p in self.publications[aor] if p not in busy]
        subscriptions = [s for s in self.subscriptions[aor] if s not in busy]
        starting = sum(1 for subject in busy if subject.aor == aor)
        kinds = []
        if len(self.publications[aor]) + starting < MOST_PUBLICATIONS:
            kinds += ["publish"] * 4
        if len(self.subscriptions[aor]) + starting < MOST_WATCHERS:
            kinds += ["subscribe"] * 3
        if publications:
            kinds += ["modify"] * 5 + ["refresh publication"] * 2 + ["remove"] * 2
        if subscriptions:
            kinds += ["refresh subscription"] * 3 + ["unsubscribe"]
        if not kinds:
            return None
        operation = self._compose(self.chance.choice(kinds), aor, publications, subscriptions)
        busy.add(operation.subject)
        return operation

    def _compose(self, kind, aor, publications, subscriptions):
        if kind == "publish":
            note = self._note()
            publication = Publication(self.client, aor)
            return Operation(kind, publication, *publication.compose(pidf(aor, note=note)), note)
        if kind == "subscribe":
            self.watchers += 1
            subscription = Subscription(self.client, aor, user=f"watcher{self.watchers}")
            return Operation(kind, subscription, *subscription.compose(3600))
        if kind == "modify":
            publication = self.chance.choice(publications)
            note = self._note()
            return Operation(kind, publication, *publication.compose(pidf(aor, note=note)), note)
        if kind == "refresh publication":
            publication = self.chance.choice(publications)
            return Operation(kind, publication, *publication.compose(), publication.note)
        if kind == "remove":
            publication = self.chance.choice(publications)
            return Operation(kind, publication, *publication.compose(expires=0))
        subscription = self.chance.choice(subscriptions)
        return Operation(kind, subscription, *subscription.compose(0 if kind == "unsubscribe" else 3600))

    # What was promised -------------------------------------------------------------------------------

    def apply(self, operation, response):
        expect_equal(response.status, 200, f"the answer to {operation.kind} of {operation.subject.aor}")
        operation.response = response
        subject = operation.subject
        old_tag = getattr(subject, "etag", None)
        subject.take_answer(response)
        self.did[operation.kind] += 1
        if operation.kind in ("publish", "modify", "refresh publication"):
            subject.note = operation.note
            expect(subject.etag not in (None, old_tag), f"{operation.kind}: no new entity-tag")
        if operation.kind == "publish":
            self.publications[subject.aor].append(subject)
        elif operation.kind == "remove":
            self.publications[subject.aor].remove(subject)
            self.removed_tags.append((subject.aor, old_tag))
        elif operation.kind == "subscribe":
            self.subscriptions[subject.aor].append(subject)
        elif operation.kind == "unsubscribe":
            self.subscriptions[subject.aor].remove(subject)
            self.ended.append(subject)

    def collect(self, operations):
        """Applies the answers that have come."""
        for operation in operations:
            finals = [r for r in self.client.responses.get(operation.branch, ()) if r.status >= 200]
            if finals and operation.response is None:
                self.apply(operation, finals[0])

    def says(self, aor):
        return {publication.note for publication in self.publications[aor]}

    def is_told(self, subscription):
        """Its last NOTIFY shows exactly the notes of the live publications."""
        notify = subscription.last
        if notify is None or notify.state != "active":
            return False
        shown = {text.split("</note>")[0] for text in notify.body.decode().split("<note>")[1:]}
        return shown == self.says(subscription.aor)


class Mailbox:
    """PUTs rising counters over HTTP until the server dies, or is without its store; what was answered 2xx must not go
    back."""

    def __init__(self, server):
        self.server = server
        self.sent = 0
        self.acknowledged = 0
        self.is_ending = False
        self.thread = None

    def _put(self):
        while not self.is_ending:
            self.sent += 1
            try:
                answer = self.server.http("PUT", "/v1/mailboxes/carol@localhost", {"voice": {"new": self.sent, "old": 0}}, 5)
            except OSError:
                return
            if answer.status // 100 == 2:
                self.acknowledged = self.sent

    def begin(self):
        self.is_ending = False
        self.thread = threading.Thread(target=self._put, daemon=True)
        self.thread.start()

    def end(self):
        self.is_ending = True
        self.thread.join(60)
        expect(not self.thread.is_alive(), "the HTTP client of a dead server still waits")

    def check(self):
        answer = self.server.http("GET", "/v1/mailboxes/carol@localhost")
        if answer.status == 404:
            kept = 0
        else:
            kept = answer.json()["voice"]["new"]
        expect(self.acknowledged <= kept <= self.sent,
               f"the mailbox has {kept}, acknowledged was {self.acknowledged}, sent {self.sent}")
        return kept


def burst_until_kill(server, model, mailbox, chance):
    """Sends many requests at once and kills the server while it answers them. Returns (answered, unanswered)."""
    operations = model.operations(chance.randint(3, 24))
    mailbox.begin()
    # Some rounds die at once, most within the time a burst takes, a few when all is quiet again.
    delay = chance.choice([0, chance.uniform(0, 0.003), chance.uniform(0, 0.02), chance.uniform(0, 0.06), 0.3])
    timer = threading.Timer(delay, server.strike)
    timer.start()
    for operation in operations:
        model.client.send(operation.octets)
    end = time.monotonic() + delay + 0.05
    while time.monotonic() < end or not server.is_down():
        model.client.pump(0.01)
    timer.join()
    server.fall()
    mailbox.end()
    model.client.pump(0.01)
    model.collect(operations)
    return ([o for o in operations if o.response is not None], [o for o in operations if o.response is None])


def kept_before(server, operation):
    """Was an unanswered PUBLISH committed before the kill? Its new entity-tag then shows in the API already."""
    answer = server.http("GET", f"/v1/resources/presence/{operation.subject.aor.removeprefix('sip:')}")
    return operation.note is not None and answer.status == 200 and operation.note.encode() in answer.body


def send_again(model, operation, seconds=20):
    return model.client.transact(operation.octets, operation.branch, seconds, f"{operation.kind} again")


def check_restart(server, model, mailbox, answered, unanswered, chance):
    early = [o for o in unanswered if o.kind in ("publish", "modify") and kept_before(server, o)]
    for operation in unanswered:
        model.client.responses.pop(operation.branch, None)
        model.apply(operation, send_again(model, operation))
    # An answer that was given is given again: the last change of each publication and dialog is remembered.
    for operation in chance.sample(answered, min(len(answered), 6)):
        model.client.responses.pop(operation.branch, None)
        again = send_again(model, operation)
        expect_equal(operation.identity(again), operation.identity(operation.response), f"{operation.kind}, sent again")
    for aor in model.aors:
        for subscription in model.subscriptions[aor]:
            model.client.wait(lambda s=subscription: model.is_told(s),
                              f"{subscription.user} is told that {aor} says {model.says(aor)}; has {subscription.last} "
                              f"{subscription.last and subscription.last.body}", 30)
            subscription.expect_rising()
    mailbox.check()
    return len(early)


def check_promises(model, chance):
    """Entity-tags are still good for a refresh, dialogs too; what was removed stays removed."""
    for aor in model.aors:
        for publication in model.publications[aor]:
            if chance.random() < 0.5:
                expect_equal(publication.refresh().status, 200, f"refresh of {aor} with its entity-tag")
        for subscription in model.subscriptions[aor]:
            if chance.random() < 0.5:
                before = len(subscription.notifies)
                expect_equal(subscription.refresh().status, 200, f"refresh of {subscription.user}'s dialog")
                subscription.wait_count(before + 1)
                expect(model.is_told(subscription), f"after its refresh {subscription.user} has {subscription.last.body}")
                subscription.expect_rising()
    for aor, tag in chance.sample(model.removed_tags, min(3, len(model.removed_tags))):
        ghost = Publication(model.client, aor)
        ghost.etag = tag
        expect_equal(ghost.refresh().status, 412, f"a removed publication of {aor}")
    for subscription in chance.sample(model.ended, min(3, len(model.ended))):
        expect_equal(subscription.refresh().status, 481, f"the ended dialog of {subscription.user}")
        subscription.expect_rising()


def check_listing(server, model):
    """Nothing is there twice, and nothing that nobody asked for."""
    wanted = sorted(s.call_id for subscriptions in model.subscriptions.values() for s in subscriptions)
    listed = sorted(s["call_id"] for s in server.subscriptions() if s["package"] == "presence" and s["state"] != "terminated")
    expect_equal(listed, wanted, "the Call-IDs of all presence subscriptions")


def crash_rounds(server, client, chance, kills, after_kill=lambda: None):
    """Returns what was seen, for the test to print and to check that it saw enough."""
    totals = Counter()
    model = Model(client, chance)
    mailbox = Mailbox(server)
    for number in range(kills):
        try:
            answered, unanswered = burst_until_kill(server, model, mailbox, chance)
            after_kill()
            server.start()
            totals["answered before"] += len(answered)
            totals["sent again"] += len(unanswered)
            totals["committed, unanswered"] += check_restart(server, model, mailbox, answered, unanswered, chance)
            check_promises(model, chance)
            check_listing(server, model)
        except (AssertionError, NoAnswer) as failure:
            raise AssertionError(f"in round {number}: {failure}") from failure
    totals["NOTIFYs"] = sum(len(s.notifies) for s in client.subscriptions.values())
    totals["NOTIFYs repeated"] = client.repeated
    totals["mailbox"] = mailbox.acknowledged
    expect(not client.strays, f"NOTIFYs for nobody: {client.strays[:3]}")
    expect(totals["sent again"] > 0 and totals["answered before"] > 0, "no kill hit the middle of a burst")
    return totals + model.did
