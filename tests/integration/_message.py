# tests/integration/_message.py: SIP messages and digest as a test needs them, written independently of sip/.
import hashlib
import re
import secrets

LONG_NAMES = {
    "a": "accept-contact", "b": "referred-by", "c": "content-type", "e": "content-encoding", "f": "from", "i": "call-id",
    "k": "supported", "l": "content-length", "m": "contact", "o": "event", "r": "refer-to", "s": "subject", "t": "to",
    "u": "allow-events", "v": "via",
}


class Message:
    """A parsed message: `start` is its first line, `fields` a list of (lower-case long name, value)."""

    def __init__(self, raw):
        self.raw = raw
        head, separator, self.body = raw.partition(b"\r\n\r\n")
        if not separator:
            raise ValueError(f"no end of the head in {raw[:200]!r}")
        lines = re.sub(r"\r\n[ \t]+", " ", head.decode("utf-8")).split("\r\n")
        self.start = lines[0]
        self.fields = []
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon:
                raise ValueError(f"no colon in {line!r}")
            name = name.strip().lower()
            self.fields.append((LONG_NAMES.get(name, name), value.strip()))
        self.is_response = self.start.startswith("SIP/2.0 ")
        self.status = int(self.start.split(" ", 2)[1]) if self.is_response else None
        self.reason = self.start.split(" ", 2)[2] if self.is_response else None
        self.method = None if self.is_response else self.start.split(" ", 1)[0]
        self.uri = None if self.is_response else self.start.split(" ")[1]
        length = self.get("content-length")
        if length is not None and int(length) != len(self.body):
            raise ValueError(f"Content-Length {length} but {len(self.body)} octets of body in {self.start}")

    def all(self, name):
        return [value for field, value in self.fields if field == name.lower()]

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default

    @property
    def call_id(self):
        return self.get("call-id")

    @property
    def cseq(self):
        return int(self.get("cseq").split()[0])

    @property
    def cseq_method(self):
        return self.get("cseq").split()[1]

    @property
    def branch(self):
        return parameter(self.get("via"), "branch")

    @property
    def expires(self):
        value = self.get("expires")
        return None if value is None else int(value)

    @property
    def state(self):
        """'active', 'pending' or 'terminated' of a NOTIFY."""
        return self.get("subscription-state", "").split(";")[0].strip()

    def __repr__(self):
        return f"<{self.start} cseq={self.get('cseq')} state={self.get('subscription-state')} body={len(self.body)}>"


def parameter(value, name):
    """The parameter of a field, without quotes; parameters inside <> belong to the URI and do not count."""
    outside = re.sub(r"<[^>]*>", "", value or "")
    found = re.search(r";\s*" + re.escape(name) + r"\s*(?:=\s*(\"[^\"]*\"|[^;,\s]*))?(?=[;,\s]|$)", outside, re.IGNORECASE)
    return None if found is None else (found[1] or "").strip('"')


def uri_of(value):
    """The URI of a From, To or Contact."""
    inside = re.search(r"<([^>]*)>", value)
    return inside[1] if inside else value.split(";")[0].strip()


def token(octets=8):
    return secrets.token_hex(octets)


def build(start, fields, body=b""):
    """One message as octets; Content-Length is added unless `fields` has one."""
    if isinstance(body, str):
        body = body.encode()
    lines = [start] + [f"{name}: {value}" for name, value in fields if value is not None]
    if not any(name.lower() in ("content-length", "l") for name, _ in fields):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answer(request, status, reason="Whatever", fields=(), to_tag=None):
    """A response with what RFC 3261 8.2.6.2 wants copied."""
    copied = [(name.title() if name != "cseq" else "CSeq", value) for name, value in request.fields
              if name in ("via", "from", "call-id", "cseq")]
    to = request.get("to")
    if to_tag and parameter(to, "tag") is None:
        to += f";tag={to_tag}"
    return build(f"SIP/2.0 {status} {reason}", copied + [("To", to), *fields])


def frame(buffer):
    """Cuts the first message off a stream: (octets or None, rest). Lone CRLFs before it are dropped."""
    buffer = buffer.lstrip(b"\r\n")
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None, buffer
    found = re.search(rb"\r\n(?:content-length|l)\s*:\s*(\d+)", buffer[:end], re.IGNORECASE)
    size = end + 4 + (int(found[1]) if found else 0)
    if len(buffer) < size:
        return None, buffer
    return buffer[:size], buffer[size:]


# Digest (RFC 7616, RFC 8760) ---------------------------------------------------------------------------

def _algorithms():
    return {"MD5": hashlib.md5, "SHA-256": hashlib.sha256, "SHA-512-256": lambda data=b"": hashlib.new("sha512_256", data)}


def challenge_parameters(value):
    """{'realm': ..., 'nonce': ...} of a WWW-Authenticate, with 'scheme'."""
    scheme, _, rest = value.partition(" ")
    found = re.findall(r"([\w-]+)\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[^,\s]+)", rest)
    return {"scheme": scheme, **{name.lower(): text.strip('"') for name, text in found}}


def digest_response(algorithm, username, realm, password, method, uri, nonce, nc, cnonce, qop, body=b""):
    """The `response` of credentials; `qop` may be None (RFC 2069)."""
    def h(text):
        return _algorithms()[algorithm](text if isinstance(text, bytes) else text.encode()).hexdigest()
    ha1 = h(f"{username}:{realm}:{password}")
    ha2 = h(f"{method}:{uri}:{h(body)}") if qop == "auth-int" else h(f"{method}:{uri}")
    return h(f"{ha1}:{nonce}:{nc}:{cnonce}:{qop}:{ha2}") if qop else h(f"{ha1}:{nonce}:{ha2}")


def credentials(challenge, username, password, method, uri, nc=1, body=b"", qop="auth"):
    """The value of an Authorization that answers the WWW-Authenticate `challenge`."""
    offered = challenge_parameters(challenge)
    algorithm = offered.get("algorithm", "MD5")
    cnonce = token(4)
    count = f"{nc:08x}"
    response = digest_response(algorithm, username, offered["realm"], password, method, uri, offered["nonce"], count,
                               cnonce, qop, body)
    parts = [f'username="{username}"', f'realm="{offered["realm"]}"', f'nonce="{offered["nonce"]}"', f'uri="{uri}"',
             f'response="{response}"', f"algorithm={algorithm}"]
    if qop:
        parts += [f'cnonce="{cnonce}"', f"nc={count}", f"qop={qop}"]
    if "opaque" in offered:
        parts.append(f'opaque="{offered["opaque"]}"')
    return "Digest " + ", ".join(parts)
