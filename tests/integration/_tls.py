# tests/integration/_tls.py: throw-away certificates, and user agents over TLS and WebSocket.
import base64
import json
import os
import socket
import ssl
import struct
import subprocess
import time

from _sip import Client
from _stories import expect


class Authority:
    """Signs certificates with openssl, in a folder of the test's."""

    def __init__(self, directory):
        self.directory = directory
        self.file = os.path.join(directory, "authority.pem")
        self.key = os.path.join(directory, "authority.key")
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                      "-subj", "/CN=Authority", "-keyout", self.key, "-out", self.file)

    def _openssl(self, *arguments):
        done = subprocess.run(["openssl", *arguments], capture_output=True, text=True)
        expect(done.returncode == 0, f"openssl {arguments[0]}: {done.stderr}")

    def path(self, name, kind):
        return os.path.join(self.directory, f"{name}.{kind}")

    def issue(self, name, names="DNS:localhost,IP:127.0.0.1", days=1):
        """(certificate, key), in files that are replaced where they are there already."""
        request, extensions = self.path(name, "csr"), self.path(name, "ext")
        made, key = self.path(name, "new.pem"), self.path(name, "new.key")
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                      "-keyout", key, "-out", request)
        with open(extensions, "w", encoding="ascii") as file:
            file.write(f"subjectAltName={names}\n")
        self._openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self.key, "-CAcreateserial",
                      "-days", str(days), "-extfile", extensions, "-out", made)
        os.replace(made, self.path(name, "pem"))
        os.replace(key, self.path(name, "key"))
        return self.path(name, "pem"), self.path(name, "key")

    def context(self, **versions):
        context = ssl.create_default_context(cafile=self.file)
        for name, value in versions.items():
            setattr(context, name, value)
        return context


class TlsClient(Client):
    """A Client over TLS that knows whom it talks to by `context`."""

    def __init__(self, server, context, session=None, host="localhost", **options):
        self.context, self.session, self.host = context, session, host
        super().__init__(server, "tls", **options)

    def connect(self, port=0):
        super().connect(port)
        self.socket = self.context.wrap_socket(self.socket, server_hostname=self.host, session=self.session)

    def peer_names(self):
        return [value for _, value in self.socket.getpeercert()["subjectAltName"]]


class WebClient(Client):
    """A Client as a browser is one: it cannot say where it is, and masks what it sends."""

    def __init__(self, server, origin=None, protocol="sip", **options):
        self.origin, self.protocol, self.frames = origin, protocol, b""
        super().__init__(server, "ws", **options)

    def connect(self, port=0):
        super().connect(port)
        origin = f"Origin: {self.origin}\r\n" if self.origin else ""
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{origin}"
                             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                             f"Sec-WebSocket-Protocol: {self.protocol}\r\n\r\n").encode())
        head = b""
        while b"\r\n\r\n" not in head:
            some = self.socket.recv(1)
            if not some:
                break
            head += some
        self.status = int(head.split()[1])

    def contact_of(self, user):
        return f"<sip:{user}@df7jal23ls0d.invalid;transport=ws>"

    def via(self, branch):
        return f"SIP/2.0/WS df7jal23ls0d.invalid;branch={branch}"

    def send(self, octets, to=None):
        mask = os.urandom(4)
        size = len(octets)
        length = bytes([0x80 | size]) if size < 126 else b"\xfe" + struct.pack("!H", size)
        self.socket.sendall(b"\x81" + length + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(octets)))

    def _read(self, seconds):
        self.socket.settimeout(max(seconds, 0.0005))
        try:
            octets = self.socket.recv(65536)
        except (TimeoutError, socket.timeout):
            return False
        if not octets:
            self.closed_by_peer = True
            return False
        self.frames += octets
        while (message := self._take()) is not None:
            self._file(message, None)
        return True

    def _take(self):
        """The next whole frame's payload. The server's have no mask, and are whole messages."""
        if len(self.frames) < 2:
            return None
        size, head = self.frames[1], 2
        if size == 126:
            if len(self.frames) < 4:
                return None
            size, head = struct.unpack("!H", self.frames[2:4])[0], 4
        if len(self.frames) < head + size:
            return None
        payload, self.frames = self.frames[head:head + size], self.frames[head + size:]
        return payload


def base64url(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


class TokenIssuer:
    """Signs bearer tokens with openssl (RFC 7519), by RS256 or ES256; its public keys are in `file`."""

    def __init__(self, directory):
        self.file = os.path.join(directory, "tokens.pem")
        self.keys = {name: os.path.join(directory, f"{name}.key") for name in ("RS256", "ES256")}
        self.renew()

    def renew(self):
        """With other keys: what was signed before is nobody's."""
        run_openssl("genrsa", "-out", self.keys["RS256"], "2048")
        run_openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.keys["ES256"])
        public = b"".join(run_openssl("pkey", "-in", key, "-pubout") for key in self.keys.values())
        with open(self.file + ".new", "wb") as file:
            file.write(public)
        os.replace(self.file + ".new", self.file)

    def token(self, user, algorithm="ES256", seconds=300, **claims):
        claims = {"iss": "https://id.test", "aud": "sip:localhost", "sub": user, "exp": int(time.time()) + seconds, **claims}
        text = ".".join(base64url(json.dumps(part).encode()) for part in ({"alg": algorithm, "typ": "JWT"}, claims))
        signature = run_openssl("dgst", "-sha256", "-sign", self.keys[algorithm], octets=text.encode())
        return f"{text}.{base64url(raw_signature(signature) if algorithm == 'ES256' else signature)}"


def run_openssl(*arguments, octets=None):
    done = subprocess.run(["openssl", *arguments], input=octets, capture_output=True)
    expect(done.returncode == 0, f"openssl {arguments[0]}: {done.stderr}")
    return done.stdout


def raw_signature(der):
    """The two numbers of an ECDSA signature, each as 32 octets (RFC 7518 3.4)."""
    out, rest = b"", der[2:]
    for _ in range(2):
        size = rest[1]
        out += rest[2:2 + size].lstrip(b"\0").rjust(32, b"\0")
        rest = rest[2 + size:]
    return out
