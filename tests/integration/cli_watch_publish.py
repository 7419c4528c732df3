# tests/integration/cli_watch_publish.py: the commands of the program against a running server, as a person uses them.
import json
import os
import queue
import re
import signal
import subprocess
import threading

from _herald import PATIENCE, Server, binary, free_port
from _stories import expect, expect_equal, story, tell

OK, FAILED, MISUSE, NO_ANSWER = 0, 1, 2, 3


def environment(server=None):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HERALD_")}
    clean.update(TZ="UTC", USER="walter")
    if server is not None:
        clean["HERALD_API"] = f"http://127.0.0.1:{server.http_port}"
        clean["HERALD_TOKEN"] = server.token()
    return clean


def uri(server, user="alice"):
    return f"sip:{user}@127.0.0.1:{server.sip_port}"


class Finished:
    """A command that ran to its end."""

    def __init__(self, server, *words, **variables):
        done = subprocess.run([binary(), *words], env={**environment(server), **variables}, text=True, timeout=PATIENCE,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False, start_new_session=True)
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    def expect_code(self, code):
        expect(self.code == code, f"exit code {self.code}, want {code}\n{self.out}{self.err}")
        return self


class Running:
    """A command that goes on until Ctrl-C: `with Running(server, "watch", ...) as watch: watch.line()`."""

    def __init__(self, server, *words):
        self.process = subprocess.Popen([binary(), *words], env=environment(server), text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        start_new_session=True)
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))

    def line(self):
        """The next line it prints."""
        try:
            return self.lines.get(timeout=PATIENCE)
        except queue.Empty:
            raise AssertionError(f"{' '.join(self.process.args[1:])} printed nothing more") from None

    def state(self):
        """The next line of a watch without its time and resource."""
        match = re.fullmatch(r"\d\d:\d\d:\d\d  (\S+)  (.*)", line := self.line())
        expect(match is not None, f"not a line of a watch: {line}")
        return match[2]

    def interrupt(self):
        """Ctrl-C; returns the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if kind is not None:
            print(self.process.stderr.read())


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
    """design.md 3: subscriptions are durable; the watcher notices nothing of a kill -9."""
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
