# tests/integration/_phones.py: any number of phones behind one socket: they register, and do what they are told, or not.
import socket
import threading
import time

from _message import Message, answer, build, token
from _stories import expect


class Phones:
    """Phones named phone0, phone1 ... `obey(number, notify)` gives the status they answer a NOTIFY with, or None. They are
    heard by a thread of their own; `told` has every NOTIFY that came, by number: (Call-ID, CSeq, branch, Event)."""

    def __init__(self, server, count, port=0):
        self.server = server
        self.count = count
        self.told = {number: [] for number in range(count)}
        self.obey = lambda number, notify: 200
        self.registered = {}
        self.answered = {}  # by branch
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.socket.bind(("127.0.0.1", port))
        self.socket.settimeout(0.1)
        self.port = self.socket.getsockname()[1]
        self.is_over = False
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.is_over = True
        self.thread.join()  # who waits for a socket keeps its port
        self.socket.close()

    def _listen(self):
        while not self.is_over:
            try:
                octets, source = self.socket.recvfrom(65536)
            except OSError:
                continue  # nothing came, or nobody listens at the server's port right now
            message = Message(octets)
            if message.is_response:
                self.registered[message.call_id, message.cseq] = message.status
            elif message.method == "NOTIFY" and not self.is_over:
                self._on_notify(message, source)

    def _on_notify(self, notify, source):
        number = int(notify.uri.split("phone")[1].split("@")[0])
        self.told[number].append((notify.call_id, notify.cseq, notify.branch, notify.get("event")))
        if notify.branch in self.answered:  # RFC 3261 17.2.2: a retransmission, which nobody acts on
            self.socket.sendto(self.answered[notify.branch], source)
            return
        status = self.obey(number, notify)
        if status is not None:
            fields = ()
            if isinstance(status, tuple):
                status, fields = status
            self.answered[notify.branch] = answer(notify, status, "Whatever", fields, token(4))
            self.socket.sendto(self.answered[notify.branch], source)

    def register(self, numbers=None, boot="boot1", agent="snomD785/10.1.64.14", seconds=60):
        """All of them, a hundred at a time. `boot` is what they started with last: another one is another start."""
        numbers = list(range(self.count) if numbers is None else numbers)
        end = time.monotonic() + seconds
        cseq = int(time.monotonic() * 1000) % 1_000_000
        open_ones = {(f"{boot}-{number}", cseq): number for number in numbers}
        while open_ones:
            expect(time.monotonic() < end, f"{len(open_ones)} phones could not register")
            for number in list(open_ones.values())[:100]:
                self.socket.sendto(self._request(number, boot, agent, cseq), self.server)
            time.sleep(0.05)
            open_ones = {key: number for key, number in open_ones.items() if self.registered.get(key) != 200}

    def _request(self, number, boot, agent, cseq):
        aor = f"sip:phone{number}@localhost"
        return build("REGISTER sip:localhost SIP/2.0", [
            ("Via", f"SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{boot}{number}{cseq};rport"), ("Max-Forwards", "70"),
            ("From", f"<{aor}>;tag={boot}"), ("To", f"<{aor}>"), ("Call-ID", f"{boot}-{number}"), ("CSeq", f"{cseq} REGISTER"),
            ("User-Agent", agent), ("Expires", "3600"),
            ("Contact", f"<sip:phone{number}@127.0.0.1:{self.port}>"
                        f';+sip.instance="<urn:uuid:00000000-0000-1000-8000-000413{number:06x}>"')])

    def attempts(self, number):
        """What it was told that was no retransmission of something else."""
        return {(call_id, cseq, branch) for call_id, cseq, branch, _ in self.told[number]}
