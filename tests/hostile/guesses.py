# tests/hostile/guesses.py: who guesses passwords is slowed down and named; who lives here does not notice.
import re
import time

from _hostile import ACCOMPLICE, DOMAIN, STRANGER, guarded, stream

from _message import Message, challenge_parameters, credentials, frame, token
from _sip import Client, Publication, pidf
from _stories import expect, expect_equal, story, tell

ALICE = f"sip:alice@{DOMAIN}"
GUESSES = 2000


def publish(source, number, authorization=None):
    head = [f"PUBLISH {ALICE} SIP/2.0", f"Via: SIP/2.0/TCP {source}:9;branch=z9hG4bK{token()}", "Max-Forwards: 70",
            f"From: <{ALICE}>;tag=g", f"To: <{ALICE}>", f"Call-ID: {token()}", f"CSeq: {number + 1} PUBLISH", "Event: presence",
            "Expires: 600", "Content-Type: application/pidf+xml"]
    if authorization:
        head.append("Authorization: " + authorization)
    body = pidf(ALICE)
    return ("\r\n".join(head) + f"\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body


def answers(sock, count):
    buffer, found = b"", []
    while len(found) < count:
        message, buffer = frame(buffer)
        if message is None:
            chunk = sock.recv(65536)
            if not chunk:
                break
            buffer += chunk
        else:
            found.append(Message(message))
    return found


def guess(server, source, count, first=0):
    """The statuses of so many guesses in one go."""
    with stream(server, source) as sock:
        sock.sendall(publish(source, 0))
        challenge = answers(sock, 1)[0].get("www-authenticate")
        for number in range(count):
            line = credentials(challenge, "alice", f"guess {first + number}", "PUBLISH", ALICE, nc=number + 1)
            sock.sendall(publish(source, number, line))
        return [answer.status for answer in answers(sock, count)]


def is_served(client):
    begun = time.monotonic()
    expect_equal(Publication(client, ALICE).send(pidf(ALICE)).status, 200, "the owner publishes")
    return time.monotonic() - begun


@story
def a_stream_of_guesses_is_slowed_down_and_told():
    """At most some thirty of 2,000 guesses are looked at, few lines are logged, the owner is served all the while."""
    for shards in (1, 4):
        with guarded(shards) as server, Client(server.address, user="alice", domain=DOMAIN) as owner:
            server.put_account(f"alice@{DOMAIN}", "alice's secret")
            owner.login = ("alice", "alice's secret")
            is_served(owner)
            statuses = guess(server, STRANGER, GUESSES)
            looked_at = statuses.count(401)
            expect(looked_at <= 30, f"{looked_at} of {GUESSES} guesses were looked at")
            expect_equal(looked_at + statuses.count(480), GUESSES, "the others are put off")
            expect(is_served(owner) < 2, "the owner waits")
            lines = re.findall(r"auth\.refused.*", server.log())
            expect(1 <= len(lines) <= 100, f"{len(lines)} lines are logged")
            expect("user=alice" in lines[0] and STRANGER in lines[0] and "why=" in lines[0], lines[0])
            server.stop()


@story
def guesses_from_everywhere_do_not_lock_the_owner_out():
    """From many sources the account is put off, but not where it has logged in from."""
    with guarded(auth={"guesses_per_account": 20}) as server, Client(server.address, user="alice", domain=DOMAIN) as owner:
        server.put_account(f"alice@{DOMAIN}", "alice's secret")
        owner.login = ("alice", "alice's secret")
        is_served(owner)
        looked_at = sum(guess(server, f"127.0.1.{n}", 10, 10 * n).count(401) for n in range(1, 11))
        expect(looked_at <= 25, f"{looked_at} of 100 guesses from ten sources were looked at")
        expect_equal(guess(server, ACCOMPLICE, 1), [480], "one more source")
        is_served(owner)
        server.stop()


@story
def a_nonce_we_never_made_tells_nothing_about_a_password():
    """RFC 7616 3.3: stale=true would say that the password is right."""
    with guarded() as server, Client(server.address, user="alice", domain=DOMAIN) as client:
        server.put_account(f"alice@{DOMAIN}", "alice's secret")
        fields = [("Event", "presence"), ("Content-Type", "application/pidf+xml")]
        challenge = client.request("PUBLISH", ALICE, fields, pidf(ALICE)).get("www-authenticate")
        nonce = challenge_parameters(challenge)["nonce"]
        for other in ("0" * len(nonce), nonce[:-1] + ("0" if nonce[-1] != "0" else "1"), "dcd98b7102dd2f0e8b11d0f600bfb0c093"):
            line = credentials(challenge.replace(nonce, other), "alice", "alice's secret", "PUBLISH", ALICE)
            response = client.request("PUBLISH", ALICE, fields + [("Authorization", line)], pidf(ALICE))
            expect_equal(response.status, 401, f"nonce {other}")
            expect("stale=true" not in response.get("www-authenticate").lower(), f"stale=true for nonce {other}")
        # One from before a restart is ours, and the client may go on without asking its user.
        line = credentials(challenge, "alice", "alice's secret", "PUBLISH", ALICE)
        server.kill()
        server.start()
        response = client.request("PUBLISH", ALICE, fields + [("Authorization", line)], pidf(ALICE))
        expect("stale=true" in response.get("www-authenticate").lower(), f"after a restart: {response.get('www-authenticate')}")
        server.stop()


tell()
