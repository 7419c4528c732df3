# tests/integration/mwi_kamailio.py: message waiting with Kamailio as the PBX (its module presence_mwi), kill -9 on either side.
from _herald import Server, wait_until
from _kamailio import Kamailio
from _sip import Client
from _stories import expect, expect_equal, story, tell

ALICE = "sip:alice@localhost"


def summary(new, old):
    return f"Messages-Waiting: {'yes' if new else 'no'}\r\nVoice-Message: {new}/{old} (0/0)\r\n"


def mailbox_there(pbx):
    return f"sip:100@127.0.0.1:{pbx.port}"


def herald_for(pbx):
    return Server(server={"shards": 2}, mwi={"pbx": [f"office sip:127.0.0.1:{pbx.port}"], "pbx_expires": 60})


def subscribe_there(server):
    answer = server.http("PUT", f"/v1/mailboxes/{ALICE}/settings", {"source": {"pbx": "office", "user": "100"}})
    expect_equal(answer.status, 204, f"the settings: {answer.body!r}")


def phone_of(server):
    return Client(server.address, user="alice")


def voicemail_at(pbx):
    return Client(("127.0.0.1", pbx.port), user="100", domain=f"127.0.0.1:{pbx.port}")


def voice(server):
    counts = server.http("GET", f"/v1/mailboxes/{ALICE}").json().get("voice", {"new": 0, "old": 0})
    return counts["new"], counts["old"]


def sources(server):
    answer = server.http("GET", f"/v1/resources/message-summary/{ALICE}").json()
    return [publication["source"] for publication in answer["publications"] if publication["source"] != "mailbox settings"]


@story
def a_phone_sees_what_was_published_to_kamailio():
    with Kamailio() as pbx, herald_for(pbx) as server, phone_of(server) as phone, voicemail_at(pbx) as voicemail:
        publication = voicemail.publish(mailbox_there(pbx), summary(2, 8), "message-summary")
        subscribe_there(server)
        watcher = phone.subscribe(ALICE, "message-summary")
        watcher.wait_body("Voice-Message: 2/8")
        publication.modify(summary(0, 10))
        watcher.wait_body("Messages-Waiting: no")
        publication.modify(summary(3, 10))
        watcher.wait_body("Voice-Message: 3/10")
        expect_equal(server.metric("^herald_mwi_pbx_subscriptions"), 1, "mailboxes subscribed to")
        expect_equal(server.metric("^herald_mwi_pbx_lost_total"), 0, "subscriptions lost")
        server.stop()


@story
def a_mailbox_nobody_publishes_any_more_is_empty():
    with Kamailio() as pbx, herald_for(pbx) as server, voicemail_at(pbx) as voicemail:
        publication = voicemail.publish(mailbox_there(pbx), summary(2, 8), "message-summary")
        subscribe_there(server)
        wait_until(lambda: voice(server) == (2, 8), "the mailbox")
        publication.remove()
        wait_until(lambda: voice(server) == (0, 0), "the mailbox without a publication")
        server.stop()


@story
def a_kamailio_that_forgot_its_subscribers_is_subscribed_to_again():
    """kill -9; the subscriptions were in its memory only, what was published to it is in its database."""
    with Kamailio(longest_subscription=10) as pbx, herald_for(pbx) as server, phone_of(server) as phone, voicemail_at(pbx) as voicemail:
        publication = voicemail.publish(mailbox_there(pbx), summary(2, 1), "message-summary", expires=3600)
        subscribe_there(server)
        watcher = phone.subscribe(ALICE, "message-summary")
        watcher.wait_body("Voice-Message: 2/1")
        pbx.kill()
        pbx.start()
        wait_until(lambda: server.metric("^herald_mwi_pbx_lost_total") >= 1, "Herald notices")
        wait_until(lambda: server.metric("^herald_mwi_pbx_subscriptions") == 1, "Herald is back")
        wait_until(lambda: voice(server) == (2, 1), "the mailbox")
        expect_equal(sources(server), ["pbx office"], "what counts")
        publication.modify(summary(5, 1))
        watcher.wait_body("Voice-Message: 5/1")
        watcher.expect_rising()
        expect(all(b"Voice-Message: 4/2" not in notify.body for notify in watcher.notifies), "the counters were doubled")
        server.stop()


@story
def a_kamailio_that_kept_its_subscribers_goes_on():
    """kill -9; with its subscriptions in its database a refresh finds the dialog again."""
    with Kamailio(subs_db_mode=1, longest_subscription=10) as pbx, herald_for(pbx) as server, phone_of(server) as phone, \
            voicemail_at(pbx) as voicemail:
        publication = voicemail.publish(mailbox_there(pbx), summary(2, 1), "message-summary")
        subscribe_there(server)
        watcher = phone.subscribe(ALICE, "message-summary")
        watcher.wait_body("Voice-Message: 2/1")
        pbx.kill()
        pbx.start()
        told = server.metric("^herald_mwi_pbx_notify_total")
        wait_until(lambda: server.metric("^herald_mwi_pbx_notify_total") > told, "a refresh")
        publication.modify(summary(5, 1))
        watcher.wait_body("Voice-Message: 5/1")
        expect_equal(server.metric("^herald_mwi_pbx_lost_total"), 0, "subscriptions lost")
        expect_equal(sources(server), ["pbx office"], "what counts")
        server.stop()


@story
def a_herald_that_was_killed_subscribes_anew():
    """kill -9 here: Kamailio has two subscriptions of it for a while, and the mailbox one publication."""
    with Kamailio() as pbx, herald_for(pbx) as server, phone_of(server) as phone, voicemail_at(pbx) as voicemail:
        publication = voicemail.publish(mailbox_there(pbx), summary(2, 1), "message-summary")
        subscribe_there(server)
        watcher = phone.subscribe(ALICE, "message-summary")
        watcher.wait_body("Voice-Message: 2/1")
        server.kill()
        server.start()
        expect_equal(voice(server), (2, 1), "the mailbox right after the start")
        wait_until(lambda: server.metric("^herald_mwi_pbx_notify_total") >= 1, "the first NOTIFY")
        publication.modify(summary(5, 1))
        watcher.wait_body("Voice-Message: 5/1")
        expect_equal(sources(server), ["pbx office"], "what counts")
        expect(all(b"Voice-Message: 4/2" not in notify.body for notify in watcher.notifies), "the counters were doubled")
        watcher.expect_rising()
        server.stop()


tell()
