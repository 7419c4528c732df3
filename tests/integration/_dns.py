# tests/integration/_dns.py: a DNS server for tests: A, SRV and NAPTR over UDP (RFC 1035, 2782, 3403).
import ipaddress
import socket
import struct
import threading

A, NAPTR, SRV = 1, 35, 33


def name_octets(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split(".") if label) + b"\0"


def text_octets(text):
    return bytes([len(text)]) + text.encode()


class Dns(threading.Thread):
    """Answers from `records`: {(name, type): [rdata, ...]}; what it does not have is NXDOMAIN or empty."""

    def __init__(self):
        super().__init__(daemon=True)
        self.records = {}
        self.asked = []  # (name, type), in order
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.1)
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"
        self.ending = False

    def a(self, name, address="127.0.0.1"):
        self.records.setdefault((name, A), []).append(ipaddress.IPv4Address(address).packed)

    def srv(self, name, priority, weight, port, target):
        self.records.setdefault((name, SRV), []).append(struct.pack("!HHH", priority, weight, port) + name_octets(target))

    def naptr(self, name, order, preference, service, replacement):
        self.records.setdefault((name, NAPTR), []).append(
            struct.pack("!HH", order, preference) + text_octets("s") + text_octets(service) + text_octets("") + name_octets(replacement))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ending = True
        self.join(5)
        self.socket.close()

    def run(self):
        while not self.ending:
            try:
                query, source = self.socket.recvfrom(4096)
            except TimeoutError:
                continue
            self.socket.sendto(self.reply(query), source)

    def reply(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
            at += 1 + query[at]
        name = ".".join(labels)
        (kind,) = struct.unpack("!H", query[at + 1:at + 3])
        self.asked.append((name, kind))
        found = self.records.get((name, kind), [])
        code = 0 if any(known == name for known, _ in self.records) else 3
        head = query[:2] + struct.pack("!HHHHH", 0x8580 | code, 1, len(found), 0, 0)
        answers = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(data)) + data for data in found)
        return head + query[12:at + 5] + answers
