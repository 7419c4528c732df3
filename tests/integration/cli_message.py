# tests/integration/cli_message.py: `herald message` and `herald register` against a running server.
import re
import socket
import threading

from _command import FAILED, MISUSE, NO_ANSWER, OK, Finished, Running, uri
from _herald import Server, free_port
from _stories import expect, expect_equal, story, tell


def device(server, user="alice", *words, **variables):
    """A `herald register --stay`: its own contact is listed, and that it stays."""
    running = Running(server, "register", uri(server, user), "--stay", *words, **variables)
    contact = re.fullmatch(r"(sip:herald-\S+)  expires in \d+ s \(\d\d:\d\d:\d\d\)", line := running.line())
    expect(contact is not None, f"no contact in: {line}")
    expect("kept alive" in running.line(), "it says that it stays")
    running.contact = contact[1]
    return running


@story
def a_message_reaches_who_stays_registered():
    """RFC 3428: over both transports, from the command line and from standard input."""
    with Server() as server:
        for transport in ("udp", "tcp"):
            over = ("--transport", transport)
            with device(server, "alice", *over) as alice:
                bob = ("--from", uri(server, "bob"))
                sent = Finished(server, "message", uri(server), "Lunch?", *bob, *over).expect_code(OK)
                expect_equal(sent.out, f"delivered to {uri(server)}\n", "what the sender is told")
                expect_equal(alice.state(), "Lunch?", "what alice reads")
                Finished(server, "message", uri(server), "-", *bob, *over, given="At \u2460\n").expect_code(OK)
                expect_equal(alice.state(), "At \u2460", "what alice reads from standard input")
                Finished(server, "message", uri(server), "<b>x</b>", *bob, "--type", "text/html").expect_code(OK)
                expect_equal(alice.state(), "(text/html) <b>x</b>", "another type is named")
                expect_equal(alice.interrupt(), OK, "Ctrl-C")
            gone = Finished(server, "register", uri(server)).expect_code(OK)
            expect_equal(gone.out, "no contact is registered\n", "Ctrl-C removed the registration")


@story
def what_is_no_plain_text_is_named():
    """RFC 3862: the text in an envelope is shown; of what cannot be read only what it is."""
    with Server() as server, device(server) as alice:
        envelope = "From: <im:bob@localhost>\r\n\r\nContent-type: text/plain\r\n\r\nHello"
        for given, kind, shown in ((envelope, "message/cpim", "(message/cpim) Hello"),
                                   ("xyz", "application/x-thing", "(application/x-thing, 3 bytes)"),
                                   ("\x1b[2J", "text/plain", None)):
            Finished(server, "message", uri(server), "-", "--type", kind, given=given).expect_code(OK)
            read = alice.state()
            expect(read == shown if shown else "\x1b" not in read, f"{kind} is shown as {read!r}")
        too_long = Finished(server, "message", uri(server), "-", given="x" * 1_000_001).expect_code(MISUSE)
        expect("too long" in too_long.err, too_long.err)


@story
def a_long_message_goes_over_a_stream():
    """RFC 3428 8: nothing over 1300 bytes by UDP."""
    with Server() as server, device(server, "alice", "--transport", "tcp") as alice:
        Finished(server, "message", uri(server), "x" * 4000, "--from", uri(server, "bob")).expect_code(OK)
        expect_equal(alice.state(), "x" * 4000, "the long message")


@story
def a_long_message_reaches_a_phone_that_knows_only_udp():
    """RFC 3261 18.1.1: where no stream leads to it, too large a datagram is better than nothing."""
    with Server() as server, device(server, "alice", "--transport", "udp") as alice:
        Finished(server, "message", uri(server), "x" * 4000, "--from", uri(server, "bob")).expect_code(OK)
        expect_equal(alice.state(), "x" * 4000, "the long message")


def accept_one(peer):
    """Answers the next MESSAGE 202, as a server called Elsewhere."""
    request, source = peer.recvfrom(65536)
    kept = [line for line in request.decode().split("\r\n") if re.match(r"(Via|From|To|Call-ID|CSeq):", line, re.I)]
    lines = ["SIP/2.0 202 Accepted", *kept, "Server: Elsewhere", "Content-Length: 0", "", ""]
    peer.sendto("\r\n".join(lines).encode(), source)


@story
def what_another_server_accepts_may_not_have_arrived():
    """RFC 3428 7: a 202 says nothing of whom the message is for."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        threading.Thread(target=accept_one, args=(peer,), daemon=True).start()
        whom = f"sip:alice@127.0.0.1:{peer.getsockname()[1]}"
        sent = Finished(None, "message", whom, "Lunch?", "--transport", "udp").expect_code(OK)
        expect_equal(sent.out, f"accepted by Elsewhere: whether it reached {whom} is not known (202)\n", "what the sender is told")


@story
def a_message_waits_for_who_is_not_there():
    with Server() as server:
        sent = Finished(server, "message", uri(server), "later", "--expires", "600").expect_code(OK)
        expect_equal(sent.out, f"{uri(server)} is not there; the message is kept for later\n", "what the sender is told")
        with device(server) as alice:
            expect_equal(alice.state(), "later", "what was kept")


@story
def why_a_message_was_not_delivered_is_said():
    with Server(sip={"auth": "digest"}) as server:
        for user in ("alice", "bob"):
            server.put_account(uri(server, user), "secret")
        words = ("message", uri(server), "x", "--from", uri(server, "bob"))
        wrong = Finished(server, *words, HERALD_PASSWORD="wrong").expect_code(FAILED)
        expect("401" in wrong.err and "wrong name or password" in wrong.err, wrong.err)
        Finished(server, *words, HERALD_PASSWORD="secret").expect_code(OK)
        abroad = Finished(server, "message", "sip:eve@example.net", "x", "--from", uri(server, "bob"), "--server",
                          f"127.0.0.1:{server.sip_port}", HERALD_PASSWORD="secret").expect_code(FAILED)
        expect("sip:eve@example.net did not get it: 404" in abroad.err, abroad.err)
        with device(server, "alice", HERALD_PASSWORD="secret") as alice:
            expect_equal(alice.state(), "x", "what was kept, after a challenge")
        server.stop()
        silent = Finished(None, "message", uri(server), "x", "--timeout", "1").expect_code(NO_ANSWER)
        expect("nobody listens" in silent.err, silent.err)


@story
def contacts_are_shown_set_and_removed():
    """RFC 3261 10.2: fetch, add, remove one, remove all."""
    with Server() as server:
        alice = uri(server)
        shown = Finished(server, "register", alice).expect_code(OK)
        expect_equal(shown.out, "no contact is registered\n", "at first")
        Finished(server, "register", alice, "sip:a@192.0.2.7", "--expires", "600").expect_code(OK)
        both = Finished(server, "register", alice, "192.0.2.8").expect_code(OK).out.splitlines()
        expect_equal(len(both), 2, "two contacts")
        expect(any(re.match(r"sip:a@192\.0\.2\.7  expires in (600|59\d) s ", line) for line in both), f"{both}")
        left = Finished(server, "register", alice, "sip:a@192.0.2.7", "--remove").expect_code(OK).out.splitlines()
        expect(left[0] == "removed" and left[1].startswith("sip:192.0.2.8  ") and len(left) == 2, f"{left}")
        expect_equal(Finished(server, "register", alice, "--remove").expect_code(OK).out, "removed\n", "all removed")


@story
def a_short_time_becomes_what_the_registrar_wants():
    """RFC 3261 10.2.8: 423 and Min-Expires."""
    with Server() as server:
        done = Finished(server, "register", uri(server), "sip:a@192.0.2.7", "--expires", "5").expect_code(OK)
        expect("expires in 60 s" in done.out, done.out)


@story
def a_command_line_without_sense_is_misuse():
    with Server() as server:
        alice = uri(server)
        for words in (["message", alice], ["message", alice, ""], ["message", "alice", "x"],
                      ["message", alice, "x", "--type", "nonsense"], ["register"],
                      ["register", alice, "sip:a@192.0.2.7", "--stay"], ["register", alice, "--stay", "--remove"]):
            Finished(server, *words).expect_code(MISUSE)


@story
def a_registrar_that_is_away_is_no_answer():
    nobody = f"sip:alice@127.0.0.1:{free_port()}"
    expect("nobody listens" in Finished(None, "register", nobody).expect_code(NO_ANSWER).err, "it says so")


tell()
