# tests/integration/cli_watch_publish.py: the commands of the program against a running server, as a person uses them.
import json
import re

from _command import FAILED, MISUSE, NO_ANSWER, OK, Finished, Running, uri
from _herald import Server, free_port
from _stories import expect, expect_equal, story, tell


def entity_tag(published):
    match = re.match(r"published: entity-tag (\S+), expires in (\d+) s \(\d\d:\d\d:\d\d\)", published)
    expect(match is not None, f"no entity-tag in: {published}")
    return match[1]


@story
def a_watch_shows_each_change_and_ends_at_ctrl_c():
    """RFC 6665, 3903: subscribe, publish, replace, remove, unsubscribe, over both transports."""
    with Server() as server:
        for transport in ("udp", "tcp"):
            alice = uri(server, f"alice-{transport}")
            over = ("--transport", transport)
            with Running(server, "watch", alice, *over) as watch:
                expect_equal(watch.state(), "closed", "nothing is published")
                first = Finished(server, "publish", alice, "--status", "open", "--activity", "meeting",
                                 "--note", "back at 3", *over).expect_code(OK)
                expect_equal(watch.state(), 'open  meeting "back at 3"', "after the publication")
                second = Finished(server, "publish", alice, "--status", "closed", "--mood", "happy",
                                  "--replace", entity_tag(first.out), *over).expect_code(OK)
                expect_equal(watch.state(), "closed  (happy)", "after the replacement")
                stale = Finished(server, "publish", alice, "--remove", entity_tag(first.out)).expect_code(FAILED)
                expect("no publication with that entity-tag" in stale.err, stale.err)
                Finished(server, "publish", alice, "--remove", entity_tag(second.out), *over).expect_code(OK)
                expect_equal(watch.state(), "closed", "after the removal")
                expect_equal(watch.interrupt(), OK, "exit code after Ctrl-C")
            expect_equal(len(server.subscriptions()), 0, "subscriptions after Ctrl-C")


@story
def what_is_kept_is_removed_at_ctrl_c():
    """RFC 3903 4.5."""
    with Server() as server, Running(server, "watch", uri(server)) as watch:
        expect_equal(watch.state(), "closed", "nothing is published")
        with Running(server, "publish", uri(server), "--status", "open", "--keep") as keep:
            expect("kept alive" in keep.line(), "it says that it stays")
            expect_equal(watch.state(), "open", "while it is kept")
            expect_equal(keep.interrupt(), OK, "exit code after Ctrl-C")
            expect_equal(keep.line(), "removed", "the last line")
        expect_equal(watch.state(), "closed", "after Ctrl-C")


@story
def one_look_tells_the_state_to_a_program():
    """RFC 6665 4.4.3: a fetch, as JSON and as it came."""
    with Server() as server:
        Finished(server, "publish", uri(server), "--status", "open", "--note", "gr\u00fc\u00dfe").expect_code(OK)
        look = Finished(server, "watch", uri(server), "--once", "--json").expect_code(OK)
        shown = json.loads(look.out)
        expect_equal(shown["presence"]["basic"], "open", "basic")
        expect_equal(shown["presence"]["note"], "gr\u00fc\u00dfe", "note")
        expect_equal(shown["state"], "terminated", "state of a fetch")
        raw = Finished(server, "watch", uri(server), "--once", "--raw").expect_code(OK)
        expect(raw.out.startswith("NOTIFY sip:") and "Subscription-State: terminated" in raw.out, raw.out)
        expect_equal(len(server.subscriptions()), 0, "subscriptions after a fetch")


@story
def a_mailbox_lights_and_clears_the_lamp():
    """RFC 3842 over SIP, the counts over HTTP."""
    with Server() as server, Running(server, "watch", uri(server), "--event", "message-summary") as watch:
        expect_equal(watch.state(), "no messages waiting", "an empty mailbox")
        Finished(server, "mailbox", uri(server), "--new", "2", "--old", "1").expect_code(OK)
        expect_equal(watch.state(), "messages waiting: 2 new, 1 old (voice)", "two new ones")
        shown = Finished(server, "mailbox", uri(server), "--fax-new", "1").expect_code(OK)
        expect("voice: 2 new, 1 old; fax: 1 new, 0 old" in shown.out, shown.out)
        expect_equal(watch.state(), "messages waiting: 2 new, 1 old (voice); 1 new, 0 old (fax)", "a fax as well")
        Finished(server, "mailbox", uri(server), "--clear").expect_code(OK)
        expect_equal(watch.state(), "no messages waiting", "a cleared mailbox")


@story
def a_password_lets_in_and_a_wrong_one_does_not():
    """RFC 7616, with the account made by the program itself."""
    with Server(sip={"auth": "digest"}) as server:
        added = Finished(server, "account", "add", uri(server), HERALD_PASSWORD="secret").expect_code(OK)
        expect("has an account" in added.out, added.out)
        shown = Finished(server, "account", "show", uri(server)).expect_code(OK)
        expect_equal(json.loads(shown.out)["username"], "alice", "username")
        expect("secret" not in shown.out, "the password is shown")

        publish = ("publish", uri(server), "--status", "open")
        Finished(server, *publish, HERALD_PASSWORD="secret").expect_code(OK)
        Finished(server, *publish, "--user", "alice", "--password", "secret").expect_code(OK)
        wrong = Finished(server, *publish, HERALD_PASSWORD="wrong").expect_code(FAILED)
        expect("401" in wrong.err and "wrong name or password" in wrong.err, wrong.err)
        missing = Finished(server, *publish).expect_code(FAILED)
        expect("give --password" in missing.err, missing.err)

        Finished(server, "account", "remove", uri(server)).expect_code(OK)
        Finished(server, *publish, HERALD_PASSWORD="secret").expect_code(FAILED)


@story
def a_watch_outlives_the_server():
    """Subscriptions are durable: the watcher notices nothing of a kill -9."""
    with Server() as server, Running(server, "watch", uri(server)) as watch:
        expect_equal(watch.state(), "closed", "nothing is published")
        server.kill()
        server.start()
        Finished(server, "publish", uri(server), "--status", "open").expect_code(OK)
        expect_equal(watch.state(), "open", "after the restart")
        expect_equal(watch.interrupt(), OK, "exit code after Ctrl-C")


@story
def the_list_names_who_watches_what():
    """The HTTP API as a table."""
    with Server() as server:
        expect_equal(Finished(server, "subscriptions").expect_code(OK).out, "no subscriptions\n", "an empty list")
        with Running(server, "watch", uri(server), "--from", uri(server, "bob")) as watch:
            watch.state()
            table = Finished(server, "subscriptions").expect_code(OK).out.splitlines()
            expect_equal(table[0].split()[:4], ["RESOURCE", "EVENT", "WATCHER", "STATE"], "titles")
            expect_equal(len(table), 2, "rows")
            expect("alice@" in table[1] and "bob@" in table[1] and "presence" in table[1], table[1])
            none = Finished(server, "subscriptions", "--event", "message-summary").expect_code(OK)
            expect_equal(none.out, "no subscriptions\n", "a filtered list")
            slip = Finished(server, "subscriptions", "--event", "presense").expect_code(FAILED)
            expect("presence, message-summary, reg" in slip.err, slip.err)
            with Running(server, "watch", uri(server, "aaron"), "--from", uri(server, "zoe")) as other:
                other.state()
                table = Finished(server, "subscriptions").expect_code(OK).out.splitlines()
                expect_equal([row.split("@")[0] for row in table[1:]], ["sip:aaron", "sip:alice"], "order of rows")


@story
def exit_codes_and_sentences_tell_what_is_wrong():
    """0 done, 1 refused, 2 misuse, 3 nobody there."""
    nobody = f"sip:alice@127.0.0.1:{free_port()}"
    expect("nobody listens" in Finished(None, "watch", nobody).expect_code(NO_ANSWER).err, "a watch of nobody")
    Finished(None, "publish", nobody, "--status", "open", "--transport", "tcp").expect_code(NO_ANSWER)
    Finished(None, "mailbox", nobody, "--api", f"http://127.0.0.1:{free_port()}").expect_code(NO_ANSWER)
    Finished(None, "watch").expect_code(MISUSE)
    Finished(None, "publish", nobody, "--status", "maybe").expect_code(MISUSE)
    Finished(None, "publish", nobody, "--status", "open", "--activity", "meting").expect_code(MISUSE)
    expect("did you mean 'watch'?" in Finished(None, "wach").expect_code(MISUSE).err, "a slip")
    expect("herald watch" in Finished(None, "help").expect_code(OK).out, "the overview")
    with Server() as server:
        unknown = Finished(server, "watch", uri(server), "--event", "weather").expect_code(FAILED)
        expect("489" in unknown.err and "presence" in unknown.err, unknown.err)
        Finished(server, "subscriptions", "--token", "wrong").expect_code(FAILED)
        Finished(server, "account", "show", uri(server, "nobody")).expect_code(FAILED)


tell()
