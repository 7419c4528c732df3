# tests/integration/mwi.py: message waiting: mailboxes a PBX keeps, groups over shards, phones that never subscribe; kill -9.
import os

from _baresip import Baresip
from _herald import Server, wait_until
from _pbx import Pbx
from _sip import Client
from _stories import expect, expect_equal, story, tell

SHARDS = {"shards": 2}
ALICE = "sip:alice@localhost"


def settings(server, aor, **members):
    answer = server.http("PUT", f"/v1/mailboxes/{aor}/settings", members)
    expect_equal(answer.status, 204, f"the settings of {aor}: {answer.body!r}")


def mailbox(server, aor):
    answer = server.http("GET", f"/v1/mailboxes/{aor}")
    expect_equal(answer.status, 200, f"the mailbox {aor}")
    return answer.json()


def voice(server, aor):
    counts = mailbox(server, aor).get("voice", {"new": 0, "old": 0})
    return counts["new"], counts["old"]


def pbx_of(address, login="herald secret"):
    return {"servers": [f"office sip:127.0.0.1:{address} {login}".strip()], "expires": 60}


@story
def a_phone_sees_what_the_pbx_keeps():
    with Pbx(login=("herald", "secret")) as pbx, Server(server=SHARDS, pbx=pbx_of(pbx.port)) as server, \
            Client(server.address, user="alice") as phone:
        pbx.set("100", 2, 8)
        settings(server, ALICE, source={"pbx": "office", "user": "100"})
        watcher = phone.subscribe(ALICE, "message-summary")
        watcher.wait_body("Voice-Message: 2/8 (0/0)")
        pbx.set("100", 0, 10)
        watcher.wait_body("Messages-Waiting: no")
        expect_equal(server.metric("^herald_mwi_pbx_subscriptions"), 1, "mailboxes subscribed to")
        server.stop()


@story
def a_mailbox_of_asterisk_is_named_as_its_aor():
    """Where a PBX writes 100@default for the mailbox itself, who asks names the address-of-record."""
    with Pbx() as pbx, Server(pbx=pbx_of(pbx.port, "")) as server:
        wrong = {"source": {"pbx": "office", "user": "100@default"}}
        answer = server.http("PUT", f"/v1/mailboxes/{ALICE}/settings", wrong)
        expect_equal(answer.status, 400, "the answer")
        expect("give the name that the PBX has for the address-of-record" in answer.json()["detail"], answer.body)


@story
def a_wrong_password_leaves_the_lamp_dark_and_the_pbx_in_peace():
    with Pbx(login=("herald", "right")) as pbx, Server(pbx=pbx_of(pbx.port)) as server:
        settings(server, ALICE, source={"pbx": "office"})
        wait_until(lambda: server.metric("^herald_mwi_pbx_lost_total") >= 1, "the PBX refuses")
        expect(not pbx.subscribes, "the PBX took it")
        expect_equal(voice(server, ALICE), (0, 0), "the mailbox")
        server.stop()


@story
def nothing_counts_twice_after_kill_9():
    """The new process subscribes anew; the PBX finds out that the old dialog is gone."""
    with Pbx() as pbx, Server(server=SHARDS, pbx=pbx_of(pbx.port, "")) as server, Client(server.address, user="alice") as phone:
        pbx.set("alice", 2, 1)
        settings(server, ALICE, source={"pbx": "office"})
        watcher = phone.subscribe(ALICE, "message-summary")
        watcher.wait_body("Voice-Message: 2/1")
        server.kill()
        server.start()
        expect_equal(voice(server, ALICE), (2, 1), "the mailbox right after the start")
        wait_until(lambda: pbx.subscribers("alice") == 2, "a second subscription")
        pbx.set("alice", 3, 1)
        watcher.wait_body("Voice-Message: 3/1")
        wait_until(lambda: pbx.subscribers("alice") == 1, "the PBX learns that the first one is gone")
        expect(481 in pbx.statuses, "no NOTIFY of the old dialog was refused")
        expect_equal(voice(server, ALICE), (3, 1), "the mailbox")
        watcher.expect_rising()
        server.stop()


@story
def a_pbx_that_ends_all_subscriptions_is_subscribed_to_again():
    """What a restart of it comes to, once it is noticed: another dialog, one publication."""
    with Pbx(expires=8) as pbx, Server(pbx=pbx_of(pbx.port, "")) as server:
        pbx.set("alice", 2, 1)
        settings(server, ALICE, source={"pbx": "office"})
        wait_until(lambda: voice(server, ALICE) == (2, 1), "the mailbox")
        pbx.restart()
        pbx.counts["alice"] = (5, 0)
        wait_until(lambda: voice(server, ALICE) == (5, 0), "the mailbox after the restart of the PBX")
        expect_equal(pbx.subscribers("alice"), 1, "subscribers of the mailbox")
        server.stop()


@story
def another_herald_is_the_pbx():
    """A real notifier with real dialogs, which outlive its own kill -9."""
    with Server(sip={"auth": "digest"}) as pbx:
        pbx.put_account("100@localhost", "secret")
        pbx.http("PUT", "/v1/mailboxes/100@localhost", {"voice": {"new": 1, "old": 2}, "fax": {"new": 3, "urgent_new": 1}})
        server = Server(server=SHARDS, sip={"domains": ["example.com"]}, mwi={
            "pbx": [f"office sip:localhost:{pbx.sip_port} 100 secret"]})
        with server, Client(server.address, user="alice", domain="example.com") as phone:
            settings(server, "sip:alice@example.com", source={"pbx": "office", "user": "100"})
            watcher = phone.subscribe("sip:alice@example.com", "message-summary")
            watcher.wait_body("Fax-Message: 3/0 (1/0)")
            pbx.kill()
            pbx.start()
            pbx.http("PUT", "/v1/mailboxes/100@localhost", {"voice": {"new": 7}})
            watcher.wait_body("Voice-Message: 7/0 (0/0)")
            server.stop()
        pbx.stop()


@story
def a_group_has_members_on_every_shard():
    members = [f"sip:box{n}@localhost" for n in range(12)]
    with Server(server=SHARDS) as server, Client(server.address, user="alice") as phone:
        settings(server, ALICE, members=members)
        for number, member in enumerate(members):
            answer = server.http("PUT", f"/v1/mailboxes/{member}", {"voice": {"new": 1, "old": number}})
            expect_equal(answer.status, 204, "a member's counters")
        watcher = phone.subscribe(ALICE, "message-summary")
        watcher.wait_body("Voice-Message: 12/66 (0/0)")
        expect(b"Message-Account: sip:alice@localhost" in watcher.last.body, "the group's account")
        server.kill()
        server.start()
        expect_equal(voice(server, ALICE), (12, 66), "the group right after kill -9")
        server.http("DELETE", f"/v1/mailboxes/{members[11]}")
        watcher.wait_body("Voice-Message: 11/55 (0/0)")
        settings(server, ALICE, members=members[:2])
        watcher.wait_body("Voice-Message: 2/1 (0/0)")
        expect_equal(server.http("PUT", f"/v1/mailboxes/{ALICE}/settings", {"members": ["sip:x@elsewhere.example"]}).status, 400,
                     "a member elsewhere")
        expect_equal(server.http("PUT", f"/v1/mailboxes/{ALICE}/settings", {"source": {"pbx": "none"}}).status, 400,
                     "a PBX that is not configured")
        server.stop()


@story
def who_called_is_told_once():
    """RFC 3842 3.5: with the headers that are wanted, and not again after kill -9."""
    calls = [{"Message-ID": f"<{n}@vm>", "From": f"sip:caller{n}@localhost", "X-Secret": "no"} for n in range(3)]
    with Server(mwi={"message_headers": ["From"]}) as server, Client(server.address, user="alice") as phone:
        watcher = phone.subscribe(ALICE, "message-summary")
        watcher.wait_count(1)
        for count in (1, 2):
            answer = server.http("PUT", f"/v1/mailboxes/{ALICE}", {"voice": {"new": count}, "messages": calls[:count]})
            expect_equal(answer.status, 204, "messages")
            watcher.wait_body(f"Voice-Message: {count}/0")
        expect(watcher.last.body.endswith(b"(0/0)\r\n\r\nFrom: sip:caller1@localhost\r\n"), f"{watcher.last.body!r}")
        server.kill()
        server.start()
        expect_equal(server.http("GET", f"/v1/mailboxes/{ALICE}?source=here").json()["messages"], calls[:2], "what was set")
        server.http("PUT", f"/v1/mailboxes/{ALICE}", {"voice": {"new": 3}, "messages": calls})
        watcher.wait_body("Voice-Message: 3/0")
        expect(watcher.last.body.endswith(b"(0/0)\r\n\r\nFrom: sip:caller2@localhost\r\n"), f"{watcher.last.body!r}")
        for caller in range(3):
            told = sum(f"caller{caller}".encode() in notify.body for notify in watcher.notifies)
            expect_equal(told, 1, f"NOTIFYs that list caller {caller}")
        server.stop()


@story
def a_group_on_every_shard_is_told_account_by_account():
    members = [f"sip:box{n}@localhost" for n in range(12)]
    with Server(server=SHARDS) as server, Client(server.address, user="alice") as phone:
        settings(server, ALICE, members=members, per_account=True)
        watcher = phone.subscribe(ALICE, "message-summary")
        watcher.wait_count(13)
        accounts = [notify.body.split(b"Message-Account: ")[1].split(b"\r\n")[0].decode() for notify in watcher.notifies]
        expect_equal(accounts, [ALICE, *members], "the accounts told of")
        for member in members:
            server.http("PUT", f"/v1/mailboxes/{member}", {"voice": {"new": 1}})
        watcher.wait_count(25)
        changes = watcher.notifies[13:]
        told = {notify.body.split(b"Message-Account: ")[1].split(b"\r\n")[0].decode() for notify in changes}
        expect_equal(told, set(members), "the accounts that changed")
        expect(all(b"Voice-Message: 1/0" in notify.body for notify in changes), "their counters")
        watcher.expect_rising()
        server.stop()


@story
def a_server_is_not_its_own_pbx():
    server = Server()
    server.config["pbx"] = {"servers": [f"self sip:127.0.0.1:{server.sip_port}"]}
    with server:
        answer = server.http("PUT", f"/v1/mailboxes/{ALICE}/settings", {"source": {"pbx": "self"}})
        expect_equal(answer.status, 400, "its own address")
        server.stop()


def tell_one_more(server, domain):
    """One more phone of alice's registers, and is told of her mailbox: all that were to be told are told with it."""
    with Client(server.address, user="alice", domain=domain) as phone:
        contact = [("Contact", phone.contact), ("Expires", "600")]
        expect_equal(phone.request("REGISTER", f"sip:{domain}", contact, to=f"sip:alice@{domain}").status, 200, "REGISTER")
        phone.wait(lambda: phone.strays, "a NOTIFY to one more phone")


@story
def a_phone_that_refuses_is_told_once():
    with Server(mwi={"unsolicited": True}) as server, Client(server.address, user="alice") as phone:
        contact = [("Contact", phone.contact), ("Expires", "600")]
        expect_equal(phone.request("REGISTER", "sip:localhost", contact, to=ALICE).status, 200, "REGISTER")
        phone.wait(lambda: phone.strays, "a NOTIFY without subscription")  # answered 481
        notify = phone.strays[0]
        expect_equal(notify.get("subscription-state"), "terminated;reason=timeout", "its state")
        wait_until(lambda: server.metric("^herald_mwi_unsolicited_refused_total") == 1, "the refusal is known")
        server.http("PUT", f"/v1/mailboxes/{ALICE}", {"voice": {"new": 1}})
        tell_one_more(server, "localhost")
        phone.catch_up()
        expect_equal(len(phone.strays), 1, "NOTIFYs")
        server.stop()


@story
def baresip_is_told_without_a_subscription():
    """A real phone that only registered: it refuses, and is left alone."""
    with Server(mwi={"unsolicited": True}) as server:
        account = f"<sip:alice@127.0.0.1:{server.sip_port};transport=udp>;regint=600"
        with Baresip(os.path.join(server.directory, "alice"), account, modules=()) as alice:
            wait_until(lambda: server.metric("^herald_mwi_unsolicited_total") >= 1, "a NOTIFY to the phone")
            wait_until(lambda: server.metric("^herald_sip_client_transactions") == 0, "its answer")
            wait_until(lambda: server.metric("^herald_mwi_unsolicited_refused_total") == 1, "its refusal")
            for new in (1, 2):
                server.http("PUT", "/v1/mailboxes/alice@127.0.0.1", {"voice": {"new": new}})
            tell_one_more(server, "127.0.0.1")
            expect_equal(server.metric("^herald_mwi_unsolicited_total"), 2, "NOTIFYs, one of them to the phone that refuses")
            expect(alice.process.poll() is None, "baresip ended")
        server.stop()


tell()
