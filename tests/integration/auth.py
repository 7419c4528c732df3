# tests/integration/auth.py: digest authentication over the wire: challenges, roles, trusted peers, and challenged NOTIFYs.
import hashlib
import time

from _herald import Server
from _message import challenge_parameters, credentials, digest_response, parameter, token
from _sip import Client, Publication, Subscription, pidf
from _stories import expect, expect_equal, story, tell

DOMAIN = "example.test"
ALICE, BOB = f"sip:alice@{DOMAIN}", f"sip:bob@{DOMAIN}"
ALGORITHMS = ["SHA-512-256", "SHA-256", "MD5"]


def guarded(**sip):
    return Server(sip={"auth": "digest", "domains": [DOMAIN], "digest_algorithms": ALGORITHMS, **sip})


def client_of(server, user, password=None, **options):
    client = Client(server.address, user=user, domain=DOMAIN, **options)
    client.login = (user, password or f"{user}'s secret")
    return client


def with_accounts(server, *users, **members):
    for user in users:
        server.put_account(f"{user}@{DOMAIN}", f"{user}'s secret", **members)


@story
def a_request_without_credentials_is_challenged():
    """RFC 8760 2.3: one challenge for each algorithm, preferred first, one realm, qop, and no state kept."""
    with guarded() as server, Client(server.address, user="alice", domain=DOMAIN) as client:
        with_accounts(server, "alice")
        for method, fields, body in (("SUBSCRIBE", [("Contact", client.contact), ("Event", "presence")], b""),
                                     ("PUBLISH", [("Event", "presence"), ("Content-Type", "application/pidf+xml")], pidf(ALICE))):
            response = client.request(method, ALICE, fields, body)
            expect_equal(response.status, 401, method)
            challenges = [challenge_parameters(value) for value in response.all("www-authenticate")]
            expect_equal([c["algorithm"] for c in challenges], ALGORITHMS, "the algorithms")
            expect_equal({c["realm"] for c in challenges}, {DOMAIN}, "the realms")
            expect(all("auth" in c["qop"].split(",") and c["scheme"] == "Digest" and c["nonce"] for c in challenges),
                   f"the challenges: {challenges}")
            expect(all("stale" not in c or c["stale"].lower() == "false" for c in challenges), "nothing was stale")
        # A nobody is challenged like a somebody: 404 and 403 never come before authentication.
        response = client.request("SUBSCRIBE", f"sip:nobody@{DOMAIN}", [("Contact", client.contact), ("Event", "presence")])
        expect_equal(response.status, 401, "a SUBSCRIBE to nobody")
        expect(not server.subscriptions(), "a challenged SUBSCRIBE left something behind")
        server.stop()


@story
def each_algorithm_lets_the_right_password_in():
    """RFC 7616: SHA-512-256, SHA-256 and MD5, with qop auth and auth-int, over UDP and TCP."""
    with guarded() as server:
        with_accounts(server, "alice", "bob")
        for transport in ("udp", "tcp"):
            for number, algorithm in enumerate(ALGORITHMS):
                for qop in ("auth", "auth-int"):
                    with Client(server.address, transport, user="alice", domain=DOMAIN) as client:
                        call, tag = token(), token(4)
                        fields = [("Event", "presence"), ("Content-Type", "application/pidf+xml"), ("Expires", 600)]
                        body = pidf(ALICE)
                        challenged = client.request("PUBLISH", ALICE, fields, body, call_id=call, from_tag=tag, cseq=1)
                        challenge = challenged.all("www-authenticate")[number]
                        if qop not in challenge_parameters(challenge)["qop"].split(","):
                            continue
                        login = ("Authorization", credentials(challenge, "alice", "alice's secret", "PUBLISH", ALICE, body=body, qop=qop))
                        # The same Call-ID and From tag with the next CSeq: neither 482 nor 500 (sip-core 11).
                        response = client.request("PUBLISH", ALICE, fields + [login], body, call_id=call, from_tag=tag, cseq=2)
                        expect_equal(response.status, 200, f"PUBLISH with {algorithm}, {qop}, {transport}")
                        gone = client.request("PUBLISH", ALICE, [("Event", "presence"), ("Expires", 0), ("SIP-If-Match", response.get("sip-etag")),
                                              ("Authorization", credentials(challenge, "alice", "alice's secret", "PUBLISH", ALICE, nc=2, qop=qop))],
                                              call_id=call, from_tag=tag, cseq=3)
                        expect_equal(gone.status, 200, "the next request with the same nonce and the next nc")
        server.stop()


@story
def wrong_passwords_and_unknown_users_stay_out():
    """401 without stale, the same for both: who exists is not told."""
    with guarded() as server:
        with_accounts(server, "alice")
        for user, password in (("alice", "wrong"), ("nobody", "whatever")):
            with Client(server.address, user=user, domain=DOMAIN) as client:
                client.login = (user, password)
                response = Publication(client, f"sip:{user}@{DOMAIN}").send(pidf(ALICE))
                expect_equal(response.status, 401, f"{user} with {password}")
                expect("stale=true" not in response.get("www-authenticate").replace('"', "").lower(), "it is not stale")
        expect(server.metric(r'^herald_authentications_total\{result="wrong"\}') >= 2, "both are counted as wrong")
        server.stop()


def nonce_of(client, uri):
    response = client.request("SUBSCRIBE", uri, [("Contact", client.contact), ("Event", "presence")])
    expect_equal(response.status, 401, "without credentials")
    return response.get("www-authenticate")


def fetch_with(client, uri, authorization):
    return client.request("SUBSCRIBE", uri, [("Contact", client.contact), ("Event", "presence"), ("Expires", 0),
                                             ("Authorization", authorization)])


@story
def replayed_and_old_nonces_are_stale():
    """RFC 7616 3.3, sip-core vectors 21 and 22: the same nc again, a nonce past its life, a nonce never given."""
    with guarded() as server, Client(server.address, user="alice", domain=DOMAIN) as client:
        with_accounts(server, "alice")
        client.answers = lambda notify: 200
        challenge = nonce_of(client, ALICE)
        good = credentials(challenge, "alice", "alice's secret", "SUBSCRIBE", ALICE)
        expect_equal(fetch_with(client, ALICE, good).status, 200, "the first use")
        again = fetch_with(client, ALICE, good)
        expect_equal(again.status, 401, "the same nonce and nc in a new request")
        expect("stale=true" in again.get("www-authenticate").lower(), f"a replay is stale: {again.get('www-authenticate')}")

        forged = challenge.replace(challenge_parameters(challenge)["nonce"], token(16))
        never = fetch_with(client, ALICE, credentials(forged, "alice", "alice's secret", "SUBSCRIBE", ALICE))
        expect_equal(never.status, 401, "a nonce of somebody else")
        expect(server.metric(r'^herald_authentications_total\{result="stale"\}') >= 1, "it is counted")
        server.stop()
    with guarded(nonce_life=10) as server, Client(server.address, user="alice", domain=DOMAIN) as client:
        with_accounts(server, "alice")
        challenge = nonce_of(client, ALICE)
        time.sleep(11)
        late = fetch_with(client, ALICE, credentials(challenge, "alice", "alice's secret", "SUBSCRIBE", ALICE))
        expect_equal(late.status, 401, "a nonce past its life")
        expect("stale=true" in late.get("www-authenticate").lower(), "an old nonce with the right password is stale")
        expect(server.metric(r'^herald_authentications_total\{result="stale"\}') >= 1, "it is counted")
        server.stop()


@story
def the_body_cannot_be_changed_under_auth_int():
    """RFC 7616 3.4.3: with auth-int the digest covers the body."""
    with guarded() as server, Client(server.address, user="alice", domain=DOMAIN) as client:
        with_accounts(server, "alice")
        fields = [("Event", "presence"), ("Content-Type", "application/pidf+xml")]
        challenge = client.request("PUBLISH", ALICE, fields, pidf(ALICE)).get("www-authenticate")
        if "auth-int" not in challenge_parameters(challenge)["qop"].split(","):
            print("auth-int is not offered")
            return
        login = credentials(challenge, "alice", "alice's secret", "PUBLISH", ALICE, body=pidf(ALICE), qop="auth-int")
        response = client.request("PUBLISH", ALICE, fields + [("Authorization", login)], pidf(ALICE, "closed"))
        expect_equal(response.status, 401, "another body than the digest's")
        server.stop()


@story
def nobody_speaks_for_another():
    """From must be the authenticated user; publishing for another needs a role."""
    with guarded() as server:
        with_accounts(server, "alice", "bob")
        with client_of(server, "bob") as client:
            response = Publication(client, ALICE).send(pidf(ALICE))  # From alice, credentials of bob
            expect_equal(response.status, 403, "From of another user")
            response = Publication(client, ALICE).send(pidf(ALICE), sender=BOB)
            expect_equal(response.status, 403, "a PUBLISH for another user")
            expect(server.metric(r'^herald_authentications_total\{result="from_mismatch"\}') >= 1, "the mismatch is counted")
            mailbox = Subscription(client, ALICE, "message-summary")
            expect_equal(mailbox.send_initial().status, 403, "another user's mailbox")
            watcher = client.subscribe(ALICE)  # users of one domain see each other
            expect_equal(watcher.last.state, "active", "presence within the domain")
        server.stop()


@story
def roles_may_more():
    """A publisher for what it names, a delegate for whom it acts, a monitor for the whole domain."""
    with guarded() as server:
        with_accounts(server, "alice", "carol", "dave")
        with_accounts(server, "pbx", role="publisher", resources=[f"alice@{DOMAIN}"], packages=["presence"])
        with_accounts(server, "watch", role="monitor")
        with_accounts(server, "boss", delegates=[{"aor": f"carol@{DOMAIN}", "package": "message-summary"}])

        with client_of(server, "pbx") as pbx, client_of(server, "watch") as monitor, client_of(server, "carol") as carol, \
                client_of(server, "dave") as dave:
            watcher = monitor.subscribe(ALICE)
            expect_equal(Publication(pbx, ALICE).send(pidf(ALICE, note="from the PBX"), sender=f"sip:pbx@{DOMAIN}").status, 200,
                         "a publisher, for whom it may")
            watcher.wait_body("from the PBX")
            expect_equal(Publication(pbx, f"sip:dave@{DOMAIN}").send(pidf(ALICE), sender=f"sip:pbx@{DOMAIN}").status, 403,
                         "a publisher, for whom it may not")
            boss = f"sip:boss@{DOMAIN}"
            mailbox = Subscription(carol, boss, "message-summary")
            expect_equal(mailbox.send_initial().status, 200, "a delegate, for its package")
            expect_equal(Subscription(dave, boss, "message-summary").send_initial().status, 403, "who is no delegate")
            expect_equal(Subscription(monitor, boss, "message-summary").send_initial().status, 403, "a monitor sees no mailboxes")
        server.stop()


@story
def a_removed_account_and_a_new_password_count_at_once():
    """Over HTTP: DELETE locks out, PUT with a new password too; both also after a restart."""
    with guarded() as server, client_of(server, "alice") as client:
        with_accounts(server, "alice")
        expect_equal(Publication(client, ALICE).send(pidf(ALICE)).status, 200, "the account")
        server.put_account(f"alice@{DOMAIN}", "a new secret")
        expect_equal(Publication(client, ALICE).send(pidf(ALICE)).status, 401, "the old password")
        client.login = ("alice", "a new secret")
        server.kill()
        server.start()
        expect_equal(Publication(client, ALICE).send(pidf(ALICE)).status, 200, "the new password, after a kill")
        expect(server.http("DELETE", f"/v1/accounts/alice@{DOMAIN}").status in (200, 204), "DELETE of the account")
        expect_equal(Publication(client, ALICE).send(pidf(ALICE)).status, 401, "the removed account")
        server.stop()


@story
def an_account_from_a_hash_works():
    """HA1 instead of a password: what an old user database has."""
    with guarded() as server, Client(server.address, user="alice", domain=DOMAIN) as client:
        ha1 = hashlib.md5(f"alice:{DOMAIN}:alice's secret".encode()).hexdigest()
        answer = server.http("PUT", f"/v1/accounts/alice@{DOMAIN}", {"ha1": {"MD5": ha1}})
        expect_equal(answer.status, 201, f"PUT: {answer.body!r}")
        shown = server.http("GET", f"/v1/accounts/alice@{DOMAIN}").body.decode()
        expect(ha1 not in shown, "the hash is shown")
        fields = [("Event", "presence"), ("Content-Type", "application/pidf+xml")]
        offered = client.request("PUBLISH", ALICE, fields, pidf(ALICE)).all("www-authenticate")
        md5 = next(value for value in offered if challenge_parameters(value)["algorithm"] == "MD5")
        login = credentials(md5, "alice", "alice's secret", "PUBLISH", ALICE)
        expect_equal(client.request("PUBLISH", ALICE, fields + [("Authorization", login)], pidf(ALICE)).status, 200, "MD5")
        server.stop()


@story
def only_a_trusted_peer_asserts_identities():
    """RFC 3325 5: P-Asserted-Identity from a trusted proxy replaces digest; from anybody else it is ignored."""
    asserted = ("P-Asserted-Identity", f'"Alice" <{ALICE}>')
    with guarded(trusted_peers=["127.0.0.1"]) as server, Client(server.address, user="alice", domain=DOMAIN) as proxy:
        with_accounts(server, "alice", "bob")
        response = Publication(proxy, ALICE).send(pidf(ALICE), fields=[asserted])
        expect_equal(response.status, 200, "asserted by a trusted peer")
        own = Subscription(proxy, ALICE, "message-summary")
        expect_equal(own.send_initial(fields=[asserted]).status, 200, "alice's mailbox, asserted by a trusted peer")
        other = Subscription(proxy, BOB, "message-summary")
        expect_equal(other.send_initial(fields=[asserted]).status, 403, "bob's mailbox for alice, asserted by a trusted peer")
        server.stop()
    with guarded(trusted_peers=["192.0.2.0/24"]) as server, Client(server.address, user="alice", domain=DOMAIN) as stranger:
        with_accounts(server, "alice")
        response = Publication(stranger, ALICE).send(pidf(ALICE), fields=[asserted])
        expect_equal(response.status, 401, "asserted by a stranger")
        server.stop()


@story
def a_challenged_notify_is_answered():
    """RFC 5057 5.1: Herald answers a watcher's 401 once, with the password it was given."""
    for algorithm in ("MD5", "SHA-256"):
        with Server(sip={"notify_logins": ["herald:its own secret@phone"]}) as server, \
                Client(server.address) as client:
            seen = []

            def challenge(notify):
                seen.append(notify)
                authorization = notify.get("authorization")
                if authorization is None:
                    return 401, [("WWW-Authenticate", f'Digest realm="phone", nonce="n{len(seen)}", algorithm={algorithm}, qop="auth"')]
                given = challenge_parameters(authorization)
                wanted = digest_response(algorithm, "herald", "phone", "its own secret", "NOTIFY", given["uri"], given["nonce"],
                                         given["nc"], given["cnonce"], "auth")
                return 200 if given["response"] == wanted else 403
            client.answers = challenge
            watcher = client.subscribe("sip:alice@localhost")
            watcher.wait_count(2)
            expect_equal(watcher.statuses[-1], 200, f"the NOTIFY with {algorithm} credentials: {seen[-1].get('authorization')}")
            expect_equal(watcher.notifies[0].body, watcher.notifies[1].body, "the same document")
            client.publish("sip:alice@localhost", pidf("sip:alice@localhost", note="guarded"))
            watcher.wait_body("guarded")
            client.wait(lambda: watcher.statuses[-1] == 200, "the change is accepted")
            watcher.expect_rising()
            server.stop()


@story
def a_challenged_notify_without_a_password_keeps_the_subscription():
    """RFC 5057: 401 concerns the transaction only; after notify.failures_max of them in a row it is over."""
    with Server(notify={"failures_max": 3}) as server, Client(server.address) as client:
        client.answers = lambda notify: (401, [("WWW-Authenticate", 'Digest realm="phone", nonce="n", qop="auth"')])
        watcher = client.subscribe("sip:alice@localhost")
        publication = client.publish("sip:alice@localhost", pidf("sip:alice@localhost", note="one"))
        watcher.wait_body("one")
        client.wait(lambda: server.metric("^herald_sip_client_transactions") == 0, "both refusals are known")
        expect_equal(len(server.subscriptions()), 1, "subscriptions after two refusals")
        client.answers = lambda notify: 200
        publication.modify(pidf("sip:alice@localhost", note="two"))
        watcher.wait_body("two")
        expect(parameter(watcher.last.get("subscription-state"), "expires") is not None, "it is active")
        server.stop()


tell()
