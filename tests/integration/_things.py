# tests/integration/_things.py: what can be changed over HTTP, each thing with what is put and what is shown of it.
"""A thing is changed to a number, or to nothing; `number` reads from what is shown which one it is."""
import re

RULES = ('<ruleset xmlns="urn:ietf:params:xml:ns:common-policy" xmlns:pr="urn:ietf:params:xml:ns:pres-rules"><rule id="r{}">'
         '<conditions><identity><one id="sip:x@localhost"/></identity></conditions>'
         '<actions><pr:sub-handling>allow</pr:sub-handling></actions></rule></ruleset>')
TUPLE = ('<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:a@localhost"><tuple id="t"><status><basic>open</basic>'
         '</status><note>n{}n</note></tuple></presence>')
DECISIONS = ["allow", "polite-block", "confirm"]  # by number, modulo their number
# What [pbx] has to say for the keeper of calls: nobody listens there.
PBX = {"servers": ["office sip:127.0.0.1:9"]}


class Thing:
    def __init__(self, name, path, made, place=None, shown=None, text_type="application/pidf+xml"):
        self.name = name
        self.path = path
        self.made = made  # of a number
        self.place = place or path  # where it is looked at
        self.shown = shown  # finds the number
        self.text_type = text_type  # of what is no JSON

    def put(self, server, number, seconds=60):
        """None removes it. Returns the answer."""
        if number is None:
            return server.http("DELETE", self.path, seconds=seconds)
        body = self.made(number)
        headers = {"Content-Type": self.text_type} if isinstance(body, str) else {}
        return server.http("PUT", self.path, body, seconds, headers)

    def show(self, server):
        answer = server.http_soon("GET", self.place)
        return answer.body.decode() if answer.status == 200 else ""

    def number(self, server):
        found = re.search(self.shown, self.show(server))
        return int(found[1]) if found else None


class DeviceLogin(Thing):
    """What phones of an account take orders with: part of the account, which stays, and a row of its own."""

    def put(self, server, number, seconds=60):
        login = {"device_username": ""} if number is None else {"device_username": f"v{number}", "device_password": "x"}
        return server.http("PUT", self.path, {"password": "p", **login}, seconds)


class Decision(Thing):
    """Which list of an owner one watcher is in, changed by `order`(decision): (path, body). Each replaces the one before."""

    def __init__(self, name, owner, order):
        super().__init__(name, f"/v1/lists/{owner}", None)
        self.order = order

    def put(self, server, number, seconds=60):
        if number is not None:
            path, body = self.order(DECISIONS[number % len(DECISIONS)])
            return server.http("POST", path, body, seconds)
        # Wherever he is; in the others he is not.
        for decision in DECISIONS:
            answer = server.http("DELETE", f"{self.path}/{decision}/entries?watcher=x0@localhost", seconds=seconds)
            if answer.status != 404:
                break
        return answer

    def show(self, server):
        return "".join(server.http_soon("GET", f"{self.path}/{decision}").body.decode() for decision in DECISIONS)

    def number(self, server):
        for number, decision in enumerate(DECISIONS):
            if "sip:x0@localhost" in server.http_soon("GET", f"{self.path}/{decision}").body.decode():
                return number
        return None


class Import(Thing):
    """The lists of two owners, replaced together: they never differ."""

    def __init__(self, name, owners):
        super().__init__(name, None, None)
        self.owners = owners

    def put(self, server, number, seconds=60):
        watcher = "sip:nobody@localhost" if number is None else f"sip:x{number}@localhost"
        rows = [{"scope": owner, "list": "block", "watcher": watcher} for owner in self.owners]
        return server.http("POST", "/v1/lists/import", {"rows": rows}, seconds)

    def show(self, server):
        return "".join(server.http_soon("GET", f"/v1/lists/{owner}/block").body.decode() for owner in self.owners)

    def number(self, server):
        """-1: half of it is there."""
        found = re.findall(r"sip:x(\d+)@", self.show(server))
        if not found:
            return None
        return int(found[0]) if len(found) == len(self.owners) and len(set(found)) == 1 else -1


THINGS = [
    Thing("an account", "/v1/accounts/a@localhost",
          lambda n: {"password": f"p{n}", "username": "a", "delegates": [{"aor": f"sip:d{n}@localhost", "package": "*"}]},
          shown=r"sip:d(\d+)@"),
    DeviceLogin("the login of devices", "/v1/accounts/u@localhost", None, shown=r'"device_username":\s*"v(\d+)"'),
    Thing("an alias", "/v1/aliases/b@localhost", lambda n: {"resource": f"sip:target{n}@localhost"}, shown=r"target(\d+)@"),
    Thing("hard state", "/v1/resources/presence/c@localhost/hard-state", TUPLE.format, shown=r"n(\d+)n"),
    Thing("a mailbox", "/v1/mailboxes/d@localhost", lambda n: {"voice": {"new": n}}, "/v1/mailboxes/d@localhost?source=here",
          r'"new":\s*(\d+)'),
    Thing("settings of a mailbox", "/v1/mailboxes/e@localhost/settings", lambda n: {"members": [f"sip:m{n}@localhost"]},
          shown=r"sip:m(\d+)@"),
    Thing("a registration", "/v1/registrations/f@localhost", lambda n: {"contact": "sip:f@192.0.2.1", "expires": 3600 + n},
          "/v1/registrations?aor=f@localhost", r"192\.0\.2\.(1)"),
    Thing("rules", "/v1/rules/g@localhost", RULES.format, shown=r'id="r(\d+)"', text_type="application/auth-policy+xml"),
    Thing("a list", "/v1/lists/c@localhost/polite-block", lambda n: {"entries": [{"watcher": f"sip:x{n}@localhost"}]},
          shown=r"sip:x(\d+)@"),
    Thing("a call", "/v1/dialogs/h@localhost/call",
          lambda n: {"state": "confirmed", "remote": {"uri": f"sip:r{n}@localhost"}, "expires": 86400}, "/v1/dialogs/h@localhost",
          r'"confirmed".*sip:r(\d+)@'),
    Thing("the keeper of calls", "/v1/dialog-keepers/i@localhost", lambda n: {"pbx": "office", "user": f"u{n}"}, shown=r'"u(\d+)"'),
    Thing("presence", "/v1/presence/k@localhost", lambda n: {"status": "open", "note": f"n{n}n", "ttl": 86400},
          "/v1/presence/k@localhost?source=here", r"n(\d+)n"),
    Thing("a profile", "/v1/profiles/device/l", lambda n: {"content_type": "text/plain", "body": f"p{n}p"}, shown=r"p(\d+)p"),
    Thing("a file of a profile", "/v1/profiles/user/m/files/f.txt", "p{}p".format, shown=r"p(\d+)p", text_type="text/plain"),
    Decision("an entry of a list", "n@localhost",
             lambda decision: (f"/v1/lists/n@localhost/{decision}/entries", {"watcher": "sip:x0@localhost"})),
    Decision("a decision", "o@localhost",
             lambda decision: ("/v1/watchers/o@localhost/decisions", {"watcher": "sip:x0@localhost", "decision": decision})),
    Import("lists of two", ["q@localhost", "r@localhost"]),
]
