# tests/hostile/replay.py: a digest response that was heard on the way is worth nothing.
import hashlib

from _hostile import DOMAIN, STRANGER, datagrams, guarded

from _message import Message, credentials, token
from _sip import Client, pidf
from _stories import expect_equal, story, tell

ALICE = f"sip:alice@{DOMAIN}"
COPIES = 200


def spellings(line):
    """The same response under every name that leads to the account."""
    userhash = hashlib.sha256(f"alice:{DOMAIN}".encode()).hexdigest()
    yield line
    for name in (f'username="alice@{DOMAIN}"', f'username="{ALICE}"', "username*=UTF-8''alice",
                 f'username="{userhash}", userhash=true', f'username="{userhash.upper()}", userhash=true'):
        yield line.replace('username="alice"', name)


def heard(server, signed):
    """The Authorization of one good PUBLISH of Alice's, whose credentials sign `signed`."""
    with Client(server.address, user="alice", domain=DOMAIN) as client:
        fields = [("Event", "presence"), ("Content-Type", "application/pidf+xml"), ("Expires", 600)]
        challenge = client.request("PUBLISH", ALICE, fields, pidf(ALICE)).get("www-authenticate")
        line = credentials(challenge, "alice", "alice's secret", "PUBLISH", signed)
        response = client.request("PUBLISH", ALICE, fields + [("Authorization", line)], pidf(ALICE), cseq=2)
        expect_equal(response.status, 200, f"the original, signed for {signed}")
        return line


def accepted(server, line, uri):
    """How many of many copies with another body, from as many ports, are accepted."""
    taken = 0
    for number in range(COPIES // 6):
        for copy in spellings(line):
            with datagrams() as sock:
                port = sock.getsockname()[1]
                body = pidf(ALICE, note=f"forged {number}")
                head = (f"PUBLISH {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {STRANGER}:{port};branch=z9hG4bK{token()};rport\r\n"
                        f"Max-Forwards: 70\r\nFrom: <{ALICE}>;tag={token(4)}\r\nTo: <{uri}>\r\nCall-ID: {token()}\r\n"
                        f"CSeq: 1 PUBLISH\r\nEvent: presence\r\nContent-Type: application/pidf+xml\r\n"
                        f"Authorization: {copy}\r\nContent-Length: {len(body)}\r\n\r\n").encode()
                sock.sendto(head + body, server.address)
                taken += Message(sock.recv(65536)).status == 200
    return taken


@story
def no_copy_of_a_response_is_accepted_on_any_shard():
    """RFC 7616 5.12: whatever is signed, however the user is spelled, whichever shard gets it."""
    for shards in (1, 4):
        # The copies come from one source that has no right password: its guesses are not what is shown here.
        with guarded(shards, auth={"guesses_per_source": 4000}) as server:
            server.put_account(f"alice@{DOMAIN}", "alice's secret")
            for signed in (ALICE, f"sip:{DOMAIN}"):
                line = heard(server, signed)
                for uri in (ALICE, f"sip:bob@{DOMAIN}"):
                    expect_equal(accepted(server, line, uri), 0, f"copies taken by {shards} shards for {uri}, signed {signed}")
            server.stop()


tell()
