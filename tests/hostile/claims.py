# tests/hostile/claims.py: an account speaks for itself; a publisher for what it lists, by PUBLISH and REGISTER only.
from _hostile import DOMAIN, guarded

from _message import challenge_parameters
from _sip import Client, pidf
from _stories import expect, expect_equal, story, tell

ALICE, BOB = f"sip:alice@{DOMAIN}", f"sip:bob@{DOMAIN}"


@story
def a_publisher_writes_no_message_as_somebody_else():
    """From is waived for PUBLISH and REGISTER of what it lists, for nothing else."""
    with guarded() as server, Client(server.address, user="pbx", domain=DOMAIN) as client:
        server.put_account(f"alice@{DOMAIN}", "alice's secret")
        server.put_account(f"pbx@{DOMAIN}", "pbx's secret", role="publisher", resources=[ALICE], packages=["presence"])
        client.login = ("pbx", "pbx's secret")
        document = [("Event", "presence"), ("Content-Type", "application/pidf+xml")]
        text = [("Content-Type", "text/plain")]
        cases = [("PUBLISH", ALICE, ALICE, document, pidf(ALICE), 200), ("PUBLISH", ALICE, BOB, document, pidf(ALICE), 403),
                 ("MESSAGE", ALICE, BOB, text, b"pay me", 403), ("MESSAGE", ALICE, ALICE, text, b"a note to myself", 403)]
        for method, uri, sender, fields, body, wanted in cases:
            response = client.request(method, uri, fields, body, sender=sender)
            expect_equal(response.status, wanted, f"{method} to {uri} from {sender}")
        server.stop()


@story
def nobody_takes_the_name_another_logs_in_with():
    """An account with a username and realm that another has would lock that one out: 409."""
    with guarded(sip={"domains": [DOMAIN, "example.org"]}) as server, Client(server.address, user="alice", domain=DOMAIN) as client:
        server.put_account(f"alice@{DOMAIN}", "alice's secret")
        for aor, members in (("alice@example.org", {}), ("mallory@example.org", {"username": "alice"}),
                             ("mallory@example.org", {"username": f"alice@{DOMAIN}"})):
            answer = server.http("PUT", f"/v1/accounts/{aor}", {"password": "x", **members})
            expect_equal(answer.status, 409, f"{aor} {members}")
        expect_equal(server.http("PUT", "/v1/accounts/alice@example.org", {"password": "x", "username": "alice2"}).status, 201, "alice2")
        client.login = ("alice", "alice's secret")
        fields = [("Event", "presence"), ("Content-Type", "application/pidf+xml")]
        expect_equal(client.request("PUBLISH", ALICE, fields, pidf(ALICE)).status, 200, "alice is still let in")
        server.stop()


@story
def a_challenge_of_another_realm_is_not_answered():
    """Herald's own passwords are each for one realm, and never by RFC 2069 unless that realm is said to know no better."""
    with guarded(sip={"auth": "open", "notify_logins": ["herald:its secret@phone"]}) as server, \
            Client(server.address, user="bob", domain=DOMAIN) as client:
        for realm, qop, wanted in (("elsewhere", ', qop="auth"', False), ("phone", "", False), ("phone", ', qop="auth"', True)):
            seen = []

            def challenge(notify):
                seen.append(notify.get("authorization"))
                if len(seen) > 1:
                    return 200
                return 401, [("WWW-Authenticate", f'Digest realm="{realm}", nonce="n", algorithm=MD5{qop}')]
            client.answers = challenge
            watcher = client.subscribe(ALICE)
            client.pump(0.5)
            answered = [line for line in seen if line]
            expect_equal(bool(answered), wanted, f"a login for realm {realm}{qop}")
            expect(not wanted or challenge_parameters(answered[0])["realm"] == "phone", "its realm")
            watcher.forget()
        server.stop()


tell()
