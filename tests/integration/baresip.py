# tests/integration/baresip.py: baresip, a real client, as publisher and as watcher; and its storm of subscriptions.
import os
import time

from _baresip import Baresip, Registrar
from _command import OK, Finished
from _herald import Server, wait_until
from _sip import Client, pidf
from _stories import expect, expect_equal, story, tell


def account(server, user, more="", transport="udp"):
    """regint=0: it never registers, which is not what is tested here."""
    # Only an outbound proxy makes it PUBLISH over TCP; its Route then names Herald itself.
    proxy = f';outbound="sip:127.0.0.1:{server.sip_port};transport=tcp"' if transport == "tcp" else ""
    return f"<sip:{user}@127.0.0.1:{server.sip_port}>;regint=0{proxy}{more}"


def contact(server, user, transport="udp"):
    suffix = ";transport=tcp" if transport == "tcp" else ""
    return f'"{user.title()}" <sip:{user}@127.0.0.1:{server.sip_port}{suffix}>;presence=p2p'


def publications(server, user):
    answer = server.http("GET", f"/v1/resources/presence/{user}@127.0.0.1")
    return [] if answer.status == 404 else answer.json()["publications"]


def from_publisher_to_watchers(transport):
    with Server() as server, Client(server.address, domain="127.0.0.1") as raw:
        directory = server.directory
        with Baresip(os.path.join(directory, "alice"), account(server, "alice", ";pubint=600", transport)) as alice, \
                Baresip(os.path.join(directory, "bob"), account(server, "bob", "", transport),
                        [contact(server, "alice", transport)]) as bob:
            watcher = raw.subscribe("sip:alice@127.0.0.1", user="carol")
            wait_until(lambda: len(server.subscriptions()) == 2, "baresip has subscribed")

            alice.command("presence_online")
            watcher.wait_body("<basic>open</basic>")
            wait_until(lambda: bob.shows("alice") == "Online", "the watching baresip shows Online")

            alice.command("presence_offline")
            watcher.wait_body("<basic>closed</basic>")
            wait_until(lambda: bob.shows("alice") == "Offline", "the watching baresip shows Offline")

            alice.command("presence_online")
            wait_until(lambda: bob.shows("alice") == "Online", "the watching baresip shows Online again")
            expect_equal(len(publications(server, "alice")), 1, "one baresip has one publication")

            # On quit it un-publishes: nobody may go on showing it.
            alice.quit()
            watcher.wait_body("<basic>closed</basic>")
            wait_until(lambda: bob.shows("alice") == "Offline", "the watching baresip shows Offline after the quit")
            wait_until(lambda: not publications(server, "alice"), "nothing is published any more")

            # On quit it un-subscribes.
            bob.quit()
            wait_until(lambda: len(server.subscriptions()) == 1, "the watching baresip's subscription has ended")
            watcher.expect_rising()
        server.stop()


@story
def what_baresip_publishes_reaches_a_baresip_over_udp():
    """PUBLISH with the chain of entity-tags, SUBSCRIBE without Accept, and both ends of it."""
    from_publisher_to_watchers("udp")


@story
def what_baresip_publishes_reaches_a_baresip_over_tcp():
    """The same over TCP, where its Contact names its listening port, not the connection's."""
    from_publisher_to_watchers("tcp")


@story
def baresip_goes_on_after_kill_9():
    """Neither the publishing nor the watching baresip notices that the server was killed and restarted."""
    with Server() as server:
        directory = server.directory
        with Baresip(os.path.join(directory, "alice"), account(server, "alice", ";pubint=600")) as alice, \
                Baresip(os.path.join(directory, "bob"), account(server, "bob"), [contact(server, "alice")]) as bob:
            alice.command("presence_online")
            wait_until(lambda: bob.shows("alice") == "Online", "the watching baresip shows Online")
            asked = bob.sent("SUBSCRIBE")

            server.kill()
            server.start()
            alice.command("presence_offline")

            wait_until(lambda: bob.shows("alice") == "Offline", "the watching baresip shows Offline after the restart")
            expect_equal(bob.sent("SUBSCRIBE"), asked, "SUBSCRIBEs of a watcher that needs not notice")
        server.stop()


def watchers(server, state):
    answer = server.http("GET", f"/v1/watchers/alice@127.0.0.1?package=presence&state={state}")
    return [each["watcher"] for each in answer.json()["watchers"]]


@story
def a_baresip_waits_for_the_owner_and_sees_her_once_she_agreed():
    """Pending (RFC 5025 3.2.1): it is told nothing, neither her state nor a change of it, until an operator lets it in; and sees her
    go when that is taken back."""
    with Server(authz={"default": ["presence * confirm"]}) as server, Client(server.address, domain="127.0.0.1") as alice:
        publication = alice.publish("sip:alice@127.0.0.1", pidf("sip:alice@127.0.0.1", note="one"))
        with Baresip(os.path.join(server.directory, "bob"), account(server, "bob"), [contact(server, "alice")]) as bob:
            wait_until(lambda: watchers(server, "pending") == ["sip:bob@127.0.0.1"], "bob waits")
            expect_equal(publication.modify(pidf("sip:alice@127.0.0.1", note="two")).status, 200, "a change while he waits")
            wait_until(lambda: "Subscription-State: pending" in bob.log(), "the NOTIFY that he waits")
            expect_equal(bob.shows("alice"), "Unknown", "what he shows who waits")
            expect("<note>" not in bob.log() and "<basic>" not in bob.log(), "he is told nothing of her")

            told = Finished(server, "allow", "sip:alice@127.0.0.1", "sip:bob@127.0.0.1")
            told.expect_code(OK)
            wait_until(lambda: bob.shows("alice") == "Online", "he shows her once he may")
            expect_equal(watchers(server, "active"), ["sip:bob@127.0.0.1"], "who watches")

            Finished(server, "block", "sip:alice@127.0.0.1", "sip:bob@127.0.0.1", "--politely").expect_code(OK)
            wait_until(lambda: bob.shows("alice") == "Offline", "he shows her as gone")
            expect_equal(publication.modify(pidf("sip:alice@127.0.0.1", note="three")).status, 200, "a change he is not to see")
            expect_equal(watchers(server, "active"), ["sip:bob@127.0.0.1"], "he is a watcher still")
            bob.quit()
            wait_until(lambda: not server.subscriptions(), "its subscription has ended")
            expect("<note>three" not in bob.log(), "the change he is not to see")
        server.stop()


def modify_through(publication, raw, note):
    """Publishes as a client does whom a server that is too slow for the storm asks to come again."""
    while (answer := publication.modify(pidf("sip:carol@127.0.0.1", note=note))).status == 503:
        expect(answer.get("retry-after"), "a 503 without Retry-After")
        raw.pump(0.1)
    expect_equal(answer.status, 200, "a PUBLISH in the storm")


@story
def a_baresip_that_subscribes_without_end_is_bounded():
    """Its mwi module makes new subscriptions as fast as it can: they replace each other, and others are served."""
    with Server() as server, Client(server.address, domain="127.0.0.1") as raw, Registrar(server) as registrar:
        before = server.rss_kilobytes()
        watcher = raw.subscribe("sip:carol@127.0.0.1")
        publication = raw.publish("sip:carol@127.0.0.1", pidf("sip:carol@127.0.0.1", note="n0"))
        storm = f'<sip:alice@localhost>;outbound="sip:127.0.0.1:{registrar.port}";regint=600;mwi=yes'
        with Baresip(os.path.join(server.directory, "alice"), storm, modules=("mwi",)) as alice:
            end = time.monotonic() + 8
            number = 0
            while time.monotonic() < end:
                number += 1
                modify_through(publication, raw, f"n{number}")
                watcher.wait_body(f"<note>n{number}</note>")
                raw.pump(0.05)
            listed = [s for s in server.subscriptions() if s["package"] == "message-summary"]
            live = [s for s in listed if s["state"] != "terminated"]
            print(f"{registrar.passed} SUBSCRIBEs and {number} PUBLISHes in 8 s, {len(live)} live")
            server.expect_grown_less(before, 100_000, "the storm")
            expect(registrar.passed > 1, "baresip made no storm, so nothing was shown")
            # One, and perhaps the next ones on their way in.
            expect(1 <= len(live) <= 3, f"one device holds {len(live)} subscriptions to one mailbox")
            expect(alice.process.poll() is None, "baresip ended")
        server.stop()

tell()
