# tests/integration/linphone.py: Linphone, a real client: registers with digest, writes and is written to, there or not.
import os
import re

from _command import OK, Finished, Running, uri
from _herald import Server, wait_until
from _linphone import Linphone, is_registered, registered
from _secured import Secured
from _stories import expect, expect_equal, story, tell

SECRET = {"HERALD_PASSWORD": "secret"}
CPIM = ("From: <sip:bob@127.0.0.1>\r\nTo: <sip:alice@127.0.0.1>\r\nNS: imdn <urn:ietf:params:imdn>\r\n"
        "imdn.Message-ID: a1b2\r\nDateTime: 2026-11-22T01:00:00Z\r\n"
        "imdn.Disposition-Notification: positive-delivery\r\n\r\nContent-Type: text/plain\r\n\r\nin an envelope")


class Accounts:
    """Knows the credentials of alice and bob."""

    def __enter__(self):
        super().__enter__()
        for user in ("alice", "bob"):
            self.put_account(f"sip:{user}@127.0.0.1", "secret")
        return self


class Guarded(Accounts, Server):
    """Asks for credentials."""

    def __init__(self, **sections):
        super().__init__(sip={"auth": "digest"}, **sections)


class GuardedByTls(Accounts, Secured):
    """The same, with certificates."""

    def __init__(self):
        super().__init__(sip={"auth": "digest"})


def phone(server, **options):
    return registered(os.path.join(server.directory, "linphone"), server, password="secret", **options)


def bob(server):
    """Bob at a terminal, who stays registered."""
    running = Running(server, "register", uri(server, "bob"), "--stay", **SECRET)
    running.line()
    expect("kept alive" in running.line(), "bob is registered")
    return running


def write(server, text, *words, given=""):
    """Bob writes to alice; what he is told."""
    done = Finished(server, "message", uri(server), text, "--from", uri(server, "bob"), *words, given=given, **SECRET)
    return done.expect_code(OK).out


def is_told(said, what):
    expect(what in said, f"want {what!r} in {said!r}")


def kept(server, user):
    return len(server.http("GET", f"/v1/messages?aor=sip:{user}@127.0.0.1").json()["messages"])


def writes_and_is_written_to(transport):
    with (GuardedByTls if transport == "tls" else Guarded)() as server, phone(server, transport=transport) as alice, bob(server) as terminal:
        challenged = [message for message in alice.wire() if message.startswith("SIP/2.0 401")]
        expect(challenged, "Herald asked for credentials")
        used = re.search(r"^Authorization:.*algorithm=(\S+?),", "\n".join(alice.wire()), re.MULTILINE)
        expect_equal(used and used[1], "SHA-256", "the algorithm Linphone chose")
        is_told(write(server, "are you there?"), "delivered")
        alice.wait_text("are you there?")
        expect_equal(alice.texts(), [("sip:bob@127.0.0.1", "are you there?")], "what alice saw")
        expect("message/imdn+xml, " in terminal.state(), "that it was delivered, which nobody asked for")
        alice.command("chat sip:bob@127.0.0.1 yes, I am")
        expect_equal(terminal.state(), "yes, I am", "what bob reads")
        alice.quit()
        wait_until(lambda: not is_registered(server), "Linphone removed its registration")
        server.stop()


@story
def writes_and_is_written_to_over_udp():
    writes_and_is_written_to("udp")


@story
def writes_and_is_written_to_over_tcp():
    writes_and_is_written_to("tcp")


@story
def writes_and_is_written_to_over_tls():
    """It verifies who it talks to, and is written to on its own connection."""
    writes_and_is_written_to("tls")


@story
def gets_what_was_kept_when_it_registers_over_kill_9():
    with Guarded() as server:
        for number in range(3):
            is_told(write(server, f"text {number}"), "kept for later")
        server.kill()
        server.start()
        with phone(server) as alice:
            alice.wait_text("text 2")
            expect_equal([text for _, text in alice.texts()], ["text 0", "text 1", "text 2"], "in order, once each")
            wait_until(lambda: (kept(server, "alice"), kept(server, "bob")) == (0, 3),
                       "nothing is kept for alice any more, and three notifications for bob, who is away")
        with bob(server) as terminal:
            for number in range(3):
                expect("message/imdn+xml, " in terminal.state(), f"notification {number} that was kept")
        server.stop()


@story
def its_registration_outlives_kill_9():
    with Guarded() as server, phone(server) as alice:
        server.kill()
        server.start()
        is_told(write(server, "after the crash"), "delivered")
        alice.wait_text("after the crash")
        server.stop()


@story
def a_phone_that_vanished_gets_its_messages_later():
    """Killed without a word: nobody answers at its contact."""
    with Guarded(message={"patience": 2}) as server:
        with phone(server):
            pass
        is_told(write(server, "are you away?"), "kept for later")
        with Linphone(os.path.join(server.directory, "linphone"), server) as alice:
            alice.wait_text("are you away?")
            expect_equal(len(alice.texts()), 1, "once")
        server.stop()


@story
def tells_that_a_message_in_cpim_was_delivered():
    """RFC 5438: it reads CPIM, and answers with a bare message/imdn+xml."""
    with Guarded() as server, phone(server) as alice, bob(server) as terminal:
        is_told(write(server, "-", "--type", "message/cpim", given=CPIM), "delivered")
        alice.wait_text("in an envelope")
        expect("message/imdn+xml, " in terminal.state(), "the notification")
        answers = [message for message in alice.wire() if message.startswith("MESSAGE sip:bob@")]
        expect(any("<message-id>a1b2</message-id>" in each and "<delivered/>" in each for each in answers),
               f"that it was delivered: {answers}")
        server.stop()


def watchers(server, state):
    answer = server.http("GET", f"/v1/watchers/bob@127.0.0.1?package=presence&state={state}")
    return [each["watcher"] for each in answer.json()["watchers"]]


@story
def waits_for_the_owner_and_sees_him_once_he_agreed():
    """Pending (RFC 5025 3.2.1): it is told nothing until a program lets it in, over HTTP; it shows what changes from then on, and that
    it was shut out again."""
    watched = "sip:bob@127.0.0.1"
    with Guarded(authz={"default": ["presence * confirm"]}) as server, phone(server) as alice:
        def decide(decision):
            answer = server.http("POST", "/v1/watchers/bob@127.0.0.1/decisions", {"watcher": "sip:alice@127.0.0.1", "decision": decision})
            expect_equal(answer.status, 200, decision)

        def say(activities):
            answer = server.http("PUT", "/v1/presence/bob@127.0.0.1", {"status": "open", "activities": activities})
            expect(answer.status in (200, 201, 204), f"PUT of presence: {answer.status}")

        say([])
        alice.watch("Bob", watched)
        wait_until(lambda: watchers(server, "pending") == ["sip:alice@127.0.0.1"], "alice waits")
        say(["busy"])
        expect("Online" not in alice.shown(watched), f"what it shows who waits: {alice.shown(watched)}")
        told = wait_until(lambda: [each for each in alice.wire() if each.startswith("NOTIFY ")], "it is told that it waits")
        expect(all("Subscription-State: pending" in each and "<presence" not in each for each in told), f"what it is told: {told}")

        decide("allow")
        alice.wait_shown(watched, "Busy")
        say([])
        alice.wait_shown(watched, "Online")
        decide("block")
        alice.wait_shown(watched, "Offline")
        say(["busy"])
        expect_equal(server.http("GET", "/v1/watchers/bob@127.0.0.1").json()["watchers"], [], "nobody watches")
        expect_equal(alice.shown(watched)[-1], "Offline", "what it shows who was shut out")
        server.stop()


@story
def takes_notice_of_no_mailbox():
    """liblinphone 5.1 subscribes to none; what it is told all the same it takes, and shows nobody."""
    with Guarded(mwi={"unsolicited": True}) as server, phone(server) as alice:
        def answered():
            return [each for each in alice.wire() if each.startswith("SIP/2.0 ") and re.search(r"CSeq: \d+ NOTIFY", each)]
        wait_until(lambda: len(answered()) == 1, "it answers what it is told when it registers")
        Finished(server, "mailbox", "sip:alice@127.0.0.1", "--new", "1").expect_code(OK)
        wait_until(lambda: len(answered()) == 2, "it answers what it is told when a message waits")
        expect(all(each.startswith("SIP/2.0 200 ") for each in answered()), f"it takes both: {answered()}")
        told = [each for each in alice.wire() if each.startswith("NOTIFY ")]
        expect("Messages-Waiting: yes" in told[1], f"the second says so: {told[1]}")
        expect(not any(each.startswith("SUBSCRIBE ") for each in alice.wire()), "no SUBSCRIBE")
        server.stop()


tell()
