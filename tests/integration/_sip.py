# tests/integration/_sip.py: a small SIP user agent for tests: watches, publishes, answers NOTIFYs.
"""One Client has one socket and any number of Subscriptions and Publications; nothing runs in the background:
while a test waits for something, everything else that arrives is read, kept, and answered.
"""
import socket
import time

from _message import Message, answer, build, credentials, frame, parameter, token, uri_of
from _stories import expect, expect_equal

T1 = 0.5
PATIENCE = 60.0

# What a NOTIFY carries besides an XML document is of no interest here.
DOCUMENT_TYPES = {"presence": "application/pidf+xml", "message-summary": "application/simple-message-summary",
                  "dialog": "application/dialog-info+xml", "conference": "application/conference-info+xml"}


class NoAnswer(Exception):
    """Nobody answered a request in time."""


def pidf(entity, basic="open", note=None, tuple_id="desk"):
    text = f"<note>{note}</note>" if note else ""
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="{entity}">'
            f'<tuple id="{tuple_id}"><status><basic>{basic}</basic></status>{text}</tuple></presence>').encode()


class Client:
    """A user agent at `address`. `answers(notify)` may give another status than 200, or None to stay silent."""

    def __init__(self, server, transport="udp", user="bob", domain="localhost", port=0, shares_port=False, address="127.0.0.1"):
        self.address = address
        self.server = server  # (address, port)
        self.transport = transport
        self.user = user
        self.domain = domain
        self.answers = lambda notify: 200
        self.login = None  # (username, password): used where a request is answered 401
        self.challenge = None
        self.nonce_count = 0
        self.subscriptions = {}  # by Call-ID
        self.strays = []  # requests that belong to none of them
        self.responses = {}  # by branch
        self.answered = {}  # branch of a NOTIFY: our answer, for its retransmissions
        self.repeated = 0  # how many of those came
        self.buffer = b""
        self.closed_by_peer = False
        self.socket = None
        self.shares_port = shares_port
        self.connect(port)

    def connect(self, port=0):
        kind = socket.SOCK_DGRAM if self.transport == "udp" else socket.SOCK_STREAM
        self.socket = socket.socket(socket.AF_INET, kind)
        if self.transport == "udp":
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        if self.shares_port:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.socket.bind((self.address, port))
        if self.transport != "udp":
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket.settimeout(PATIENCE)
            self.socket.connect(self.server)
        self.port = self.socket.getsockname()[1]
        self.buffer = b""
        self.closed_by_peer = False

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def aor(self):
        return f"sip:{self.user}@{self.domain}"

    @property
    def contact(self):
        return self.contact_of(self.user)

    def contact_of(self, user):
        suffix = f";transport={self.transport}" if self.transport != "udp" else ""
        return f"<sip:{user}@{self.address}:{self.port}{suffix}>"

    def via(self, branch):
        return f"SIP/2.0/{self.transport.upper()} {self.address}:{self.port};branch={branch};rport"

    # Octets ----------------------------------------------------------------------------------------

    def send(self, octets, to=None):
        if self.transport == "udp":
            self.socket.sendto(octets, to or self.server)
        else:
            self.socket.sendall(octets)

    def _read(self, seconds):
        """Reads what one system call gives and files it. False where nothing came in time."""
        self.socket.settimeout(max(seconds, 0.0005))
        try:
            if self.transport == "udp":
                octets, source = self.socket.recvfrom(65536)
                self._file(octets, source)
                return True
            octets = self.socket.recv(65536)
        except (TimeoutError, BlockingIOError):
            return False
        except ConnectionError:  # on UDP: nobody listens on the server's port right now
            self.closed_by_peer = self.transport != "udp"
            return False
        if not octets:
            self.closed_by_peer = True
            return False
        self.buffer += octets
        while True:
            message, self.buffer = frame(self.buffer)
            if message is None:
                return True
            self._file(message, None)

    def _file(self, octets, source):
        if not octets.strip(b"\r\n\0"):
            return
        message = Message(octets)
        if message.is_response:
            self.responses.setdefault(message.branch, []).append(message)
            return
        key = (message.call_id, message.branch)
        if key in self.answered:
            self.repeated += 1
            if self.answered[key] is not None:
                self.send(self.answered[key], source)
            return
        subscription = self.subscriptions.get(message.call_id)
        known = subscription is not None and subscription.owns(message)
        if not known:
            self.strays.append(message)
        status = self.answers(message) if known else 481
        fields = ()
        if isinstance(status, tuple):
            status, fields = status
        # RFC 3261 12.2.2: a NOTIFY below the last one is out of order; the test sees it in `notifies`.
        reply = None if status is None else answer(message, status, "OK" if status == 200 else "No", fields, token(4))
        self.answered[key] = reply
        if known:
            subscription.take(message, status)
        if reply is not None:
            self.send(reply, source)

    def pump(self, seconds):
        """Reads and answers for that long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self.closed_by_peer:
            self._read(left)

    def pump_rest(self):
        """Reads and answers what is there already."""
        while not self.closed_by_peer and self._read(0):
            pass

    def catch_up(self):
        """Reads what was sent here before now: the answer to an OPTIONS overtakes nothing (one shard, one transport)."""
        self.request("OPTIONS", f"sip:{self.domain}")

    def forget(self, live, open_branches):
        """Everything but subscriptions with these Call-IDs, answers to these branches and the latest NOTIFYs."""
        self.subscriptions = {call_id: each for call_id, each in self.subscriptions.items() if call_id in live}
        self.responses = {branch: each for branch, each in self.responses.items() if branch in open_branches}
        self.answered = dict(list(self.answered.items())[-2000:])
        self.strays.clear()

    def wait(self, claim, what, seconds=PATIENCE):
        """Reads until `claim` is true, and returns what it returned."""
        end = time.monotonic() + seconds
        while True:
            result = claim()
            if result:
                return result
            left = end - time.monotonic()
            if left <= 0 or self.closed_by_peer:
                more = " (the server closed the connection)" if self.closed_by_peer else ""
                raise AssertionError(f"not within {seconds:.0f} s{more}: {what}")
            # Not longer: a claim may also be about something else than what arrives here.
            self._read(min(left, 0.2))

    # Requests --------------------------------------------------------------------------------------

    def compose(self, method, uri, fields=(), body=b"", *, call_id=None, cseq=1, from_tag=None, to_tag=None, branch=None,
                to=None, sender=None):
        """A request as octets, and its branch."""
        branch = branch or "z9hG4bK" + token()
        to_value = f"<{to or uri}>" + (f";tag={to_tag}" if to_tag else "")
        head = [("Via", self.via(branch)), ("Max-Forwards", "70"), ("From", f"<{sender or self.aor}>;tag={from_tag or token(4)}"),
                ("To", to_value), ("Call-ID", call_id or token()), ("CSeq", f"{cseq} {method}")]
        return build(f"{method} {uri} SIP/2.0", head + list(fields), body), branch

    def transact(self, octets, branch, seconds=PATIENCE, what="request"):
        """Sends octets, over UDP again and again (RFC 3261 17.1.2.2), until a final response came."""
        end = time.monotonic() + seconds
        pause = T1
        self.send(octets)
        while True:
            until = min(end, time.monotonic() + pause) if self.transport == "udp" else end
            while time.monotonic() < until and not self.closed_by_peer:
                for response in self.responses.get(branch, ()):
                    if response.status >= 200:
                        return response
                self._read(until - time.monotonic())
            for response in self.responses.get(branch, ()):
                if response.status >= 200:
                    return response
            if time.monotonic() >= end or self.closed_by_peer:
                raise NoAnswer(f"{what}: no answer within {seconds:.0f} s")
            pause = min(2 * pause, 4.0)
            try:
                self.send(octets)
            except ConnectionError:
                pass

    def request(self, method, uri, fields=(), body=b"", *, seconds=PATIENCE, **identity):
        """Sends a request and returns its final response, after answering a 401 once where there is a login."""
        identity.setdefault("call_id", token())
        identity.setdefault("from_tag", token(4))
        identity.setdefault("cseq", 1)
        fields = list(fields)
        body = body.encode() if isinstance(body, str) else body
        response = None
        for attempt in range(2):
            extra = [("Authorization", self._credentials(method, uri, body))] if self.challenge else []
            octets, branch = self.compose(method, uri, fields + extra, body, **identity)
            response = self.transact(octets, branch, seconds, f"{method} {uri}")
            if response.status != 401 or self.login is None or attempt == 1:
                break
            self.challenge = response.get("www-authenticate")
            self.nonce_count = 0
            identity["cseq"] += 1
            identity.pop("branch", None)
        response.sent_cseq = identity["cseq"]
        return response

    def _credentials(self, method, uri, body):
        self.nonce_count += 1
        return credentials(self.challenge, *self.login, method, uri, self.nonce_count, body)

    def subscribe(self, aor, event="presence", expires=3600, fields=(), user=None, **options):
        """An initial SUBSCRIBE answered 200, and its first NOTIFY."""
        subscription = Subscription(self, aor, event, user)
        response = subscription.send_initial(expires, fields, **options)
        expect_equal(response.status, 200, f"SUBSCRIBE {aor}")
        self.wait(lambda: subscription.notifies, f"the first NOTIFY about {aor}")
        return subscription

    def publish(self, aor, body, event="presence", expires=3600, fields=()):
        """An initial PUBLISH answered 200."""
        publication = Publication(self, aor, event)
        response = publication.send(body, expires, fields)
        expect_equal(response.status, 200, f"PUBLISH {aor}")
        return publication


class Subscription:
    """One dialog as its watcher sees it."""

    def __init__(self, client, aor, event="presence", user=None):
        self.client = client
        self.aor = aor
        self.event = event
        self.user = user or client.user
        self.call_id = token() + "@test"
        self.from_tag = token(4)
        self.to_tag = None
        self.cseq = 0
        self.target = aor
        self.route = []
        self.notifies = []
        self.statuses = []  # what each was answered
        self.expires = None
        client.subscriptions[self.call_id] = self

    def owns(self, notify):
        return (notify.method == "NOTIFY" and parameter(notify.get("to"), "tag") == self.from_tag
                and self.to_tag in (None, parameter(notify.get("from"), "tag")))

    def take(self, notify, status):
        self.to_tag = self.to_tag or parameter(notify.get("from"), "tag")
        self.notifies.append(notify)
        self.statuses.append(status)

    @property
    def watcher(self):
        return f"sip:{self.user}@{self.client.domain}"

    def fields(self, expires, contact=None):
        fields = [("Contact", contact or self.client.contact_of(self.user)), ("Event", self.event)]
        if expires is not None:
            fields.append(("Expires", expires))
        return fields

    def compose(self, expires, fields=(), branch=None, contact=None):
        """The next SUBSCRIBE as octets, and its branch; the CSeq is used up."""
        self.cseq += 1
        return self.client.compose("SUBSCRIBE", self.target, self.fields(expires, contact) + self.route + list(fields),
                                   call_id=self.call_id, cseq=self.cseq, from_tag=self.from_tag, to_tag=self.to_tag,
                                   to=self.aor, sender=self.watcher, branch=branch)

    def send_initial(self, expires=3600, fields=(), **options):
        return self._send(expires, fields, **options)

    def refresh(self, expires=3600, fields=(), **options):
        return self._send(expires, fields, **options)

    def unsubscribe(self, **options):
        return self._send(0, (), **options)

    def _send(self, expires, fields, seconds=PATIENCE, contact=None, through=None):
        """`through`: another client whose socket the request leaves from."""
        self.cseq += 1
        response = (through or self.client).request(
            "SUBSCRIBE", self.target, self.fields(expires, contact) + self.route + list(fields), seconds=seconds,
            call_id=self.call_id, cseq=self.cseq, from_tag=self.from_tag, to_tag=self.to_tag, to=self.aor,
            sender=self.watcher)
        self.cseq = response.sent_cseq
        self.take_answer(response)
        return response

    def take_answer(self, response):
        if response.status == 200:
            tag = parameter(response.get("to"), "tag")
            expect(self.to_tag in (None, tag), f"the To tag was {self.to_tag} before, the 200 has {tag}")
            self.to_tag = tag
            self.target = uri_of(response.get("contact"))
            self.expires = response.expires

    @property
    def last(self):
        return self.notifies[-1] if self.notifies else None

    @property
    def cseqs(self):
        return [notify.cseq for notify in self.notifies]

    def forget(self):
        self.client.subscriptions.pop(self.call_id, None)

    def wait_count(self, count, seconds=PATIENCE):
        self.client.wait(lambda: len(self.notifies) >= count, f"{count} NOTIFYs about {self.aor}, have {self.notifies}",
                         seconds)
        return self.last

    def wait_body(self, text, seconds=PATIENCE):
        """Waits until the last NOTIFY's body holds the text."""
        wanted = text if isinstance(text, bytes) else text.encode()
        self.client.wait(lambda: self.last is not None and wanted in self.last.body, f"a NOTIFY with {text!r} about {self.aor}",
                         seconds)
        return self.last

    def wait_state(self, state, seconds=PATIENCE):
        self.client.wait(lambda: self.last is not None and self.last.state == state, f"a {state} NOTIFY about {self.aor}",
                         seconds)
        return self.last

    def expect_rising(self):
        """RFC 3261 12.2.1.1: every NOTIFY has a higher CSeq than the one before."""
        cseqs = self.cseqs
        expect(all(a < b for a, b in zip(cseqs, cseqs[1:])), f"the CSeqs of {self.aor} do not rise: {cseqs}")


class Publication:
    """One publication of one user; every success brings a new entity-tag (RFC 3903 6)."""

    def __init__(self, client, aor, event="presence"):
        self.client = client
        self.aor = aor
        self.event = event
        self.etag = None
        self.call_id = token() + "@test"
        self.from_tag = token(4)
        self.cseq = 0

    def compose(self, body=b"", expires=3600, fields=(), branch=None):
        """The next PUBLISH as octets, and its branch."""
        self.cseq += 1
        return self.client.compose("PUBLISH", self.aor, self.fields(body, expires) + list(fields), body, call_id=self.call_id,
                                   cseq=self.cseq, from_tag=self.from_tag, sender=self.aor, branch=branch)

    def fields(self, body, expires):
        fields = [("Event", self.event)]
        if expires is not None:
            fields.append(("Expires", expires))
        if self.etag is not None:
            fields.append(("SIP-If-Match", self.etag))
        if body:
            fields.append(("Content-Type", DOCUMENT_TYPES.get(self.event.split(";")[0], "text/plain")))
        return fields

    def send(self, body=b"", expires=3600, fields=(), seconds=PATIENCE, sender=None):
        self.cseq += 1
        response = self.client.request("PUBLISH", self.aor, self.fields(body, expires) + list(fields), body,
                                       call_id=self.call_id, cseq=self.cseq, from_tag=self.from_tag,
                                       sender=sender or self.aor, seconds=seconds)
        self.cseq = response.sent_cseq
        self.take_answer(response)
        return response

    def take_answer(self, response):
        if response.status == 200:
            self.etag = response.get("sip-etag") if response.expires else None

    def refresh(self, expires=3600, **options):
        return self.send(b"", expires, **options)

    def modify(self, body, expires=3600, **options):
        return self.send(body, expires, **options)

    def remove(self, **options):
        return self.send(b"", 0, **options)
