# tests/integration/profiles.py: a profile is put, a phone enrols, is told, fetches, and is told again when it changes.
import http.client
import re
import tempfile
from urllib.parse import urlsplit

from _herald import Server, free_port, wait_until
from _secured import Secured
from _sip import Client, NoAnswer, Subscription
from _stories import expect, expect_equal, story, tell
from _tls import Authority

MAC = "00041312ab34"
PHONE = f"sip:{MAC}@localhost"
EVENT = 'ua-profile;profile-type=device;vendor="snom";model="snomD785";version="10.1"'
REFERENCE = [("Accept", "message/external-body")]


def serving(**keys):
    port = free_port()
    server = Server(provisioning={"listen": f"127.0.0.1:{port}", "url": f"http://127.0.0.1:{port}", **keys},
                    ua_profile={"accept_unknown": True}, subscribe={"per_watcher_resource": 10})
    return server, port


def put(server, body, name="snom", **members):
    answer = server.http("PUT", f"/v1/profiles/device/{name}", {"content_type": "text/plain", "body": body, **members})
    expect(answer.status in (200, 201, 204), f"the profile is put: {answer.status} {answer.body!r}")


def fetch(url, method="GET", **fields):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    try:
        connection.request(method, parts.path, headers={name.replace("_", "-"): value for name, value in fields.items()})
        answer = connection.getresponse()
        return answer.status, answer.getheader("ETag"), answer.read().decode()
    finally:
        connection.close()


def url_in(notify):
    found = re.search(r'URL="([^"]+)"', notify.get("content-type") or "") or \
        re.search(r'URL="([^"]+)"', notify.body.decode())
    expect(found, f"a NOTIFY with a URL: {notify.get('content-type')} {notify.body!r}")
    return found[1]


@story
def a_profile_is_told_by_reference_fetched_and_told_again():
    """RFC 6080 5.3, RFC 4483: one NOTIFY for each change; the URL is of one version and one device."""
    server, _ = serving()
    with server, Client(server.address, "tcp", user="phone") as phone:
        put(server, "mac={{device.mac}} first", vendor="snom")
        subscription = phone.subscribe(PHONE, EVENT, fields=REFERENCE)
        subscription.wait_count(1)
        first = url_in(subscription.last)
        status, tag, body = fetch(first)
        expect_equal((status, body), (200, f"mac={MAC} first"), "what is behind the URL")
        expect_equal(fetch(first, If_None_Match=tag)[0], 304, "the same once more")
        expect_equal(fetch(first, "HEAD")[2], "", "HEAD brings no body")
        expect_equal(fetch(first, Range="bytes=0-2")[::2], (206, "mac"), "a part of it")

        put(server, "mac={{device.mac}} second", vendor="snom")
        subscription.wait_count(2)
        second = url_in(subscription.last)
        expect(first != second, "another version has another URL")
        expect_equal(fetch(second)[2], f"mac={MAC} second", "what is behind it")
        expect_equal(fetch(first)[0], 404, "the version that was replaced")
        wait_until(lambda: server.metric('^herald_provisioning_files_total.*outcome="sent"') >= 2, "fetches are counted")
        server.stop()


@story
def a_device_that_enrols_is_known_with_what_it_was_offered_and_has():
    """Without a registration, and after a crash: who it is, what it takes, which version it was told of and fetched."""
    server, _ = serving()
    with server, Client(server.address, "tcp", user="phone") as phone:
        put(server, "first", vendor="snom")
        subscription = phone.subscribe(PHONE, EVENT, fields=REFERENCE)
        subscription.wait_count(1)

        def device():
            rows = server.http("GET", "/v1/devices?remembered=true&vendor=snom&model=snomD7*").json()["devices"]
            return rows[0] if rows else None

        known = wait_until(device, "it is known")
        expect_equal((known["mac"], known["version"], known["aor"]), (MAC, "10.1", "sip:phone@localhost"), "who it is")
        expect_equal(known["learned"]["takes"], ["message/external-body"], "what it takes")
        expect(known["learned"]["offered"].startswith("device/snom "), f"what it was offered: {known}")
        expect_equal(known["learned"]["fetched"], None, "what it fetched")
        fetch(url_in(subscription.last))
        wait_until(lambda: device()["learned"]["fetched"] == device()["learned"]["offered"], "it has it")

        put(server, "second", vendor="snom")
        subscription.wait_count(2)
        wait_until(lambda: device()["learned"]["fetched"] != device()["learned"]["offered"], "it was offered another one")
        wait_until(lambda: server.metric("^herald_provisioning_unsaved_devices") == 0, "it is written")
        server.kill()
        server.start()
        expect_equal(device()["model"], "snomD785", "... after a crash too")
        server.stop()


@story
def urls_that_were_not_given_out_lead_nowhere():
    """Guessed, shortened, with a way up, in other letters: 404 without a word of what is there."""
    server, port = serving()
    with server, Client(server.address, "tcp", user="phone") as phone:
        put(server, "x")
        subscription = phone.subscribe(PHONE, EVENT, fields=REFERENCE)
        subscription.wait_count(1)
        url = url_in(subscription.last)
        path = urlsplit(url).path
        token = path.split("/")[2]
        changed = path.replace(token, token[:-1] + ("A" if token[-1] != "A" else "B"))
        for wrong in (changed, path.replace(token, token[:40]), path + "/..", f"/p/../p/{token}/x", f"/p/%2e%2e/{token}",
                      "/p/" + "A" * 300 + "/x", "/p//", "/00041312ab34.cfg", path.replace("/p/", "/P/"), "/p/\x00".replace("\x00", "%00")):
            expect_equal(fetch(f"http://127.0.0.1:{port}{wrong}")[0], 404, wrong)
        expect_equal(fetch(url)[0], 200, "the one that was given out")
        server.stop()


@story
def a_secret_profile_never_leaves_in_clear():
    """RFC 6080 9: neither in a NOTIFY by TCP, nor by the URL of a server without TLS."""
    server, port = serving(plain_paths=["/{mac}.cfg"])
    with server, Client(server.address, "tcp", user="phone") as phone:
        put(server, "the password is 789", secret=True)
        subscription = phone.subscribe(PHONE, EVENT, fields=[("Accept", "text/plain, message/external-body")])
        subscription.wait_count(1)
        expect("789" not in subscription.last.body.decode(), "the NOTIFY has the secret")
        expect(fetch(f"http://127.0.0.1:{port}/{MAC}.cfg")[0] in (401, 404), "a plain path gave the secret away")
        expect(server.metric("^herald_notify_secrets_withheld_total") >= 1, "it is counted")
        server.stop()


def certified():
    """Passwords are asked for, but of who has a certificate for a user of this domain."""
    server = Secured(sip={"auth": "digest", "tls_clients": ["*@localhost"]}, ua_profile={"accept_unknown": True})
    server.config["sip"]["tls_clients_ca"] = server.authority.file
    server.config["sip"]["listen"] = [each + ";clients=ask" if each.startswith("tls:") else each
                                      for each in server.config["sip"]["listen"]]
    return server


def holder(server, user, name=None, authority=None):
    """A phone of that user over TLS, with a certificate for the user `name`."""
    context = server.authority.context()
    context.load_cert_chain(*(authority or server.authority).issue(f"of-{name or user}", f"URI:sip:{name or user}@localhost"))
    return server.client(context, user=user)


@story
def a_phone_with_a_certificate_enrols_without_a_password():
    """RFC 6080 5.1.4, 5.2, 9: it is who its certificate says, and gets what is secret in the NOTIFY itself."""
    with certified() as server:
        for user in ("phone", "bob"):
            server.put_account(f"{user}@localhost", "a password nobody types")
        put(server, "for anybody", "common", public=True)
        put(server, "{{account.username}} has the password 789", "own", secret=True, account="phone@localhost", **{"for": MAC})
        accept = [("Accept", "text/plain")]
        with holder(server, "phone") as phone:
            subscription = phone.subscribe(PHONE, EVENT, fields=accept)
            subscription.wait_body("phone has the password 789")
            put(server, "{{account.username}} has the password 987", "own", secret=True, account="phone@localhost", **{"for": MAC})
            subscription.wait_body("phone has the password 987")
            expect_equal(subscription.refresh(fields=accept).status, 200, "a refresh")
            user = phone.subscribe("sip:phone@localhost", "ua-profile;profile-type=user", fields=accept)
            wait_until(lambda: server.http("GET", "/v1/devices?remembered=true&aor=sip:phone@localhost").json()["devices"], "the device is known")
            expect_equal(user.unsubscribe().status, 200, "the end")
        with holder(server, "bob") as bob:
            other = bob.subscribe(PHONE, EVENT, fields=accept)
            expect_equal(other.last.body, b"for anybody", "what somebody else's certificate brings")
            refused = Subscription(bob, "sip:phone@localhost", "ua-profile;profile-type=user").send_initial(fields=accept)
            expect_equal(refused.status, 403, "a profile of another user")
        server.stop()


@story
def who_has_no_certificate_of_ours_is_asked_for_a_password():
    """None, one for somebody else, one that says nobody of here; one that another authority signed gets no connection."""
    with certified() as server:
        server.put_account("phone@localhost", "a secret")
        put(server, "secret", "own", secret=True, account="phone@localhost", **{"for": MAC})
        for client in (server.client(user="phone"), holder(server, "phone", "nobody")):
            with client:
                asked = Subscription(client, PHONE, EVENT).send_initial()
                expect_equal(asked.status, 401, "without an account's certificate")
                client.login = ("phone", "a secret")
                client.challenge = None
                expect_equal(Subscription(client, PHONE, EVENT).send_initial().status, 200, "with the password")
        server.put_account("bob@localhost", "another")
        with holder(server, "phone", "bob") as thief:
            expect(Subscription(thief, PHONE, EVENT).send_initial().status in (401, 403), "in another's name")
        with tempfile.TemporaryDirectory(prefix="herald-tls-") as folder:
            try:
                with holder(server, "phone", authority=Authority(folder)) as forger:
                    answer = Subscription(forger, PHONE, EVENT).send_initial(seconds=10)
                    expect_equal(answer.status, 401, "with a certificate of another authority")
            except (OSError, NoAnswer):
                pass  # it was not let in at all
        server.stop()


@story
def profiles_survive_a_crash():
    """A change that was answered is there after kill -9, and who was not told is told."""
    server, _ = serving()
    with server, Client(server.address, "udp", user="phone") as phone:
        put(server, "before")
        subscription = phone.subscribe(PHONE, EVENT, fields=[("Accept", "text/plain")])
        subscription.wait_body("before")
        put(server, "after")
        server.kill()
        server.start()
        subscription.wait_body("after")
        expect_equal(server.http("GET", "/v1/profiles/device/snom").json()["body"], "after", "what is kept")
        server.stop()


tell()
