# tests/integration/_pbx.py: a PBX that keeps mailboxes and tells subscribers of them (RFC 3842), as Asterisk and FreeSWITCH do.
import socket
import threading
import time

from _message import Message, answer, build, challenge_parameters, digest_response, parameter, token, uri_of

REALM = "office"


class Pbx:
    """Serves UDP on 127.0.0.1 in a thread of its own: `with Pbx() as pbx`. Asks for digest credentials where it has a login."""

    def __init__(self, login=None, expires=600):
        self.login = login  # (username, password)
        self.expires = expires
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.05)
        self.port = self.socket.getsockname()[1]
        self.lock = threading.Lock()
        self.counts = {}  # by mailbox: (new, old)
        self.dialogs = {}  # by (Call-ID, their tag)
        self.answered = {}  # branch: our answer
        self.pending = {}  # NOTIFYs not answered, by branch: (octets, address, dialog key, time sent)
        self.subscribes = []
        self.statuses = []  # of NOTIFYs
        self.is_running = True
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.is_running = False
        self.thread.join()
        self.socket.close()

    def set(self, mailbox, new, old=0):
        """Messages come or go; whoever subscribed is told."""
        with self.lock:
            self.counts[mailbox] = (new, old)
            for key, dialog in list(self.dialogs.items()):
                if dialog["mailbox"] == mailbox:
                    self.notify(key)

    def restart(self):
        """All subscribers are forgotten, as by a PBX that keeps them in memory."""
        with self.lock:
            self.dialogs.clear()
            self.pending.clear()

    def subscribers(self, mailbox):
        with self.lock:
            return sum(1 for dialog in self.dialogs.values() if dialog["mailbox"] == mailbox)

    def serve(self):
        while self.is_running:
            try:
                octets, source = self.socket.recvfrom(65536)
            except TimeoutError:
                octets = None
            except ConnectionError:
                continue
            with self.lock:
                if octets:
                    self.take(Message(octets), source)
                self.repeat()

    def repeat(self):
        for branch, (octets, address, key, sent) in list(self.pending.items()):
            if time.monotonic() - sent > 0.5:
                self.pending[branch] = (octets, address, key, time.monotonic())
                self.socket.sendto(octets, address)

    def take(self, message, source):
        if message.is_response:
            waiting = self.pending.pop(message.branch, None)
            if waiting is None:
                return
            self.statuses.append(message.status)
            if message.status == 481:
                self.dialogs.pop(waiting[2], None)
            return
        if message.branch not in self.answered:
            self.answered[message.branch] = self.reply(message, source)
        reply, then = self.answered[message.branch]
        self.socket.sendto(reply, source)
        if then is not None:
            self.answered[message.branch] = (reply, None)
            self.notify(then)

    def reply(self, message, source):
        """The answer to a request, and the dialog to notify in after it."""
        if message.method != "SUBSCRIBE" or not message.get("event", "").startswith("message-summary"):
            return answer(message, 489, "Bad Event"), None
        if self.login and not self.knows(message):
            challenge = f'Digest realm="{REALM}", nonce="{token()}", algorithm=MD5, qop="auth"'
            return answer(message, 401, "Unauthorized", [("WWW-Authenticate", challenge)], token(4)), None
        self.subscribes.append(message)
        key = (message.call_id, parameter(message.get("from"), "tag"))
        tag = parameter(message.get("to"), "tag")
        if tag is not None and (key not in self.dialogs or self.dialogs[key]["tag"] != tag):
            return answer(message, 481, "Call/Transaction Does Not Exist"), None
        dialog = self.dialogs.setdefault(key, {"tag": token(4), "cseq": 0})
        granted = min(message.expires, self.expires)
        dialog.update(mailbox=message.uri.split(":")[1].split("@")[0] if tag is None else dialog["mailbox"], address=source,
                      target=uri_of(message.get("contact")), local=message.get("to").split(";tag=")[0], remote=message.get("from"),
                      ends=time.monotonic() + granted)
        contact = [("Contact", f"<sip:pbx@127.0.0.1:{self.port}>"), ("Expires", granted)]
        return answer(message, 200, "OK", contact, dialog["tag"]), key

    def knows(self, message):
        given = message.get("authorization")
        if given is None:
            return False
        parts = challenge_parameters(given)
        username, password = self.login
        return parts["username"] == username and parts["response"] == digest_response(
            "MD5", username, REALM, password, message.method, parts["uri"], parts["nonce"], parts["nc"], parts["cnonce"], "auth")

    def notify(self, key):
        dialog = self.dialogs[key]
        dialog["cseq"] += 1
        new, old = self.counts.get(dialog["mailbox"], (0, 0))
        left = int(dialog["ends"] - time.monotonic())
        state = f"active;expires={left}" if left > 0 else "terminated;reason=timeout"
        body = f"Messages-Waiting: {'yes' if new else 'no'}\r\nVoice-Message: {new}/{old} (0/0)\r\n"
        branch = "z9hG4bK" + token()
        octets = build(f"NOTIFY {dialog['target']} SIP/2.0", [
            ("Via", f"SIP/2.0/UDP 127.0.0.1:{self.port};branch={branch};rport"), ("Max-Forwards", "70"),
            ("From", f"{dialog['local']};tag={dialog['tag']}"), ("To", dialog["remote"]), ("Call-ID", key[0]),
            ("CSeq", f"{dialog['cseq']} NOTIFY"), ("Contact", f"<sip:pbx@127.0.0.1:{self.port}>"), ("Event", "message-summary"),
            ("Subscription-State", state), ("Content-Type", "application/simple-message-summary")], body)
        self.pending[branch] = (octets, dialog["address"], key, time.monotonic())
        self.socket.sendto(octets, dialog["address"])
        if left <= 0:
            self.dialogs.pop(key)
