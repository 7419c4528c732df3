# tests/integration/_shown.py: what operators change, as those who subscribe to it are told.
import re

from _actors import live_calls, registered

DEVICE = "000413000001"
# What World sets once, for decisions and groups to be about something.
DECIDED_PRESENCE = 7
GROUP_MEMBERS = range(3)  # m0 has no new message, m1 one, m2 two


class Shown:
    """What the operator of the thing `name` changes."""

    def __init__(self, operators, name, aor, event):
        self.operators = {operator.name: operator for operator in operators}
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


class ShownCounters(Shown):
    """A mailbox that has as many new messages as the number says, or a group whose only member has."""

    def is_told(self, body, subscription):
        found = re.search(r"Voice-Message: (\d+)/", body)
        return (int(found[1]) if found else 0) == (self.state or 0)


class ShownContact(Shown):
    def is_told(self, body, subscription):
        return len(registered(subscription)) == (self.state is not None)


class ShownCall(Shown):
    def is_told(self, body, subscription):
        return live_calls(subscription) == ({f"sip:r{self.state}@localhost"} if self.state is not None else set())


class ShownNumber(Shown):
    """A document that has the number in it."""

    def __init__(self, operators, name, aor, event, form):
        super().__init__(operators, name, aor, event)
        self.form = form

    def is_told(self, body, subscription):
        return number_in(body, self.form) == self.state


class ShownToSome(Shown):
    """Presence whose owner has a list: of x0, whom it may name, or of others, who leave him waiting."""

    def satisfies(self, subscription):
        listed = self.number("a list")
        notify = subscription.last
        if listed in (1, 2):
            return is_kept_waiting(notify)
        return notify.state == "active" and number_in(notify.body.decode(), NOTE) == (None if listed == 0 else self.state)


class ShownAsDecided(Shown):
    """Presence that never changes, to a watcher about whom its owner decides one thing after the other."""

    def satisfies(self, subscription):
        notify = subscription.last
        if self.state == CONFIRM:
            return is_kept_waiting(notify)
        expected = None if self.state == POLITE_BLOCK else DECIDED_PRESENCE
        return notify.state == "active" and number_in(notify.body.decode(), NOTE) == expected


NOTE = r"n(\d)n"
PROFILE = r"p(\d)p"
POLITE_BLOCK, CONFIRM = 1, 2  # of DECISIONS


def number_in(text, form):
    found = re.search(form, text)
    return int(found[1]) if found else None


def is_kept_waiting(notify):
    return notify.state == "pending" and not notify.body


def what_is_shown(operators):
    """(what, who watches it); None: somebody else each time."""
    device = 'ua-profile;profile-type=device;vendor="v";model="m";version="1"'
    return [
        (ShownToSome(operators, "hard state", "sip:c@localhost", "presence"), "x0"),
        (ShownCounters(operators, "a mailbox", "sip:d@localhost", "message-summary"), "d"),
        (ShownCounters(operators, "settings of a mailbox", "sip:e@localhost", "message-summary"), "e"),
        (ShownContact(operators, "a registration", "sip:f@localhost", "reg"), "f"),
        (ShownCall(operators, "a call", "sip:h@localhost", "dialog"), "h"),
        (ShownNumber(operators, "presence", "sip:k@localhost", "presence", NOTE), None),
        (ShownNumber(operators, "a profile", f"sip:{DEVICE}@localhost", device, PROFILE), DEVICE),
        (ShownAsDecided(operators, "a decision", "sip:o@localhost", "presence"), "x0"),
    ]
