# tests/integration/_things.py: what can be changed over HTTP, each thing with what is put and what is shown of it.
"""A thing is changed to a number, or to nothing; `number` reads from what is shown which one it is."""
import re

RULES = ('<ruleset xmlns="urn:ietf:params:xml:ns:common-policy" xmlns:pr="urn:ietf:params:xml:ns:pres-rules"><rule id="r{}">'
         '<conditions><identity><one id="sip:x@localhost"/></identity></conditions>'
         '<actions><pr:sub-handling>allow</pr:sub-handling></actions></rule></ruleset>')
TUPLE = ('<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:a@localhost"><tuple id="t"><status><basic>open</basic>'
         '</status><note>n{}n</note></tuple></presence>')


class Thing:
    def __init__(self, name, path, made, place=None, shown=None, text_type="application/pidf+xml"):
        self.name = name
        self.path = path
        self.made = made  # of a number
        self.place = place or path  # where it is looked at
        self.shown = shown  # finds the number
        self.text_type = text_type  # of what is no JSON

    def put(self, server, number, seconds=60):
        """None removes it. Returns the status."""
        if number is None:
            return server.http("DELETE", self.path, seconds=seconds).status
        body = self.made(number)
        headers = {"Content-Type": self.text_type} if isinstance(body, str) else {}
        return server.http("PUT", self.path, body, seconds, headers).status

    def show(self, server):
        answer = server.http_soon("GET", self.place)
        return answer.body.decode() if answer.status == 200 else ""

    def number(self, server):
        found = re.search(self.shown, self.show(server))
        return int(found[1]) if found else None


THINGS = [
    Thing("an account", "/v1/accounts/a@localhost",
          lambda n: {"password": f"p{n}", "username": "a", "delegates": [{"aor": f"sip:d{n}@localhost", "package": "*"}]},
          shown=r"sip:d(\d+)@"),
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
]
