# tests/integration/terminals.py: what commands do at a terminal: colours only where they are wanted, nothing drawn over on a dumb one, and
# the terminal as it was when they end.
import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import time

from _command import FAILED, OK, Finished, Running, environment, uri
from _herald import PATIENCE, Server, binary, wait_until
from _stories import expect, expect_equal, story, tell

COLOUR = re.compile(rb"\x1b\[[0-9;]*m")
ESCAPE = re.compile(rb"\x1b")
# A carriage return that is not the end of a line writes over what was there.
OVERWRITING = re.compile(rb"\r(?!\n)")
SCREEN, LEAVE = b"\x1b[?1049h", b"\x1b[?25h\x1b[?1049l"


class Terminal:
    """A command at a terminal of its own, which it reads from and writes to: `with Terminal(server, "top") as terminal`."""

    def __init__(self, server, *words, rows=24, columns=100, **variables):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before = termios.tcgetattr(slave)
        self.written = b""
        clean = {name: value for name, value in environment(server).items() if name not in ("NO_COLOR", "TERM")}

        def own_terminal():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        self.process = subprocess.Popen([binary(), *words], env={**clean, "TERM": "xterm", **variables}, stdin=slave, stdout=slave, stderr=slave,
                                        preexec_fn=own_terminal)
        self.slave = slave
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        while True:
            try:
                octets = os.read(self.master, 65536)
            except OSError:
                return
            if not octets:
                return
            self.written += octets

    def wait_for(self, text):
        wait_until(lambda: text in self.written or self.process.poll() is not None, f"{text!r} in {self.written[-2000:]!r}")
        expect(text in self.written, f"it ended without {text!r}: {self.written[-2000:]!r}")

    def type(self, text):
        os.write(self.master, text)

    def end(self):
        """Its exit code, once it has ended; everything it wrote is in `written`."""
        code = self.process.wait(PATIENCE)
        after = termios.tcgetattr(self.slave)
        expect_equal(after[3], self.before[3], "how the terminal reads, before and after")
        os.close(self.slave)
        self.reader.join(PATIENCE)
        return code

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)
        if kind is not None:
            print(self.written[-3000:])


def commands():
    """The names of all there are, as the help has them."""
    listed = subprocess.run([binary(), "completion"], capture_output=True, text=True, timeout=PATIENCE, check=True).stdout
    return re.search(r"1:\* \| 2:help\) words='([^']*)'", listed)[1].split()


def lines_of(server):
    """A command line for each command that a person would see something of; those that go on are ended by Ctrl-C."""
    return {"status": ["status"], "subscriptions": ["subscriptions"], "packages": ["packages"], "account": ["account", "list"],
            "devices": ["devices"], "dialogs": ["dialogs"], "mailbox": ["mailbox", "sip:alice@127.0.0.1"], "token": ["token", "list"],
            "watchers": ["watchers", "sip:alice@127.0.0.1"], "allow": ["allow", "sip:alice@127.0.0.1", "sip:bob@127.0.0.1"],
            "block": ["block", "sip:alice@127.0.0.1", "sip:eve@127.0.0.1"], "rules": ["rules", "sip:alice@127.0.0.1"],
            "lists": ["lists"], "explain": ["explain", "sip:bob@127.0.0.1", "sip:alice@127.0.0.1"],
            "presence": ["presence", "alice@127.0.0.1"], "reload": ["reload"], "profile": ["profile", "list"], "provision": ["provision", "--list"],
            "publish": ["publish", uri(server), "--status", "open"], "message": ["message", uri(server), "hello"],
            "register": ["register", uri(server), "sip:alice@127.0.0.1:5999"], "watch": ["watch", uri(server), "--once"],
            "trace": ["trace", "alice", "--for", "1"], "top": ["top", "--count", "1"], "events": ["events"], "bench": ["help", "bench"],
            "help": ["help"], "version": ["version"], "completion": ["completion"], "manual": ["manual"], "config": ["help", "config"],
            "serve": ["help", "serve"], "store": ["help", "store"]}


def seen(server, words, **variables):
    """What it wrote to the terminal."""
    with Terminal(server, *words, **variables) as terminal:
        if words[0] == "events":
            time.sleep(0.5)
            terminal.process.send_signal(signal.SIGINT)
        terminal.end()
        only_news = words[0] in ("events", "trace")
        expect(terminal.written or only_news, f"{words[0]} wrote nothing")
        return terminal.written


@story
def every_command_is_plain_on_a_dumb_terminal():
    """TERM=dumb: no escape sequence, and nothing is written over; NO_COLOR: no colour."""
    with Server() as server:
        known = lines_of(server)
        for name in commands():
            words = known.get(name, ["help", name])
            dumb = seen(server, words, TERM="dumb")
            expect(not ESCAPE.search(dumb) and not OVERWRITING.search(dumb), f"{name} on a dumb terminal: {dumb!r}")
            plain = seen(server, words, NO_COLOR="1")
            expect(not COLOUR.search(plain), f"{name} with NO_COLOR: {plain!r}")
        expect(COLOUR.search(seen(server, known["watch"])), "a watch has colours else, so that this shows something")
        expect(not COLOUR.search(Finished(server, *known["watch"]).out.encode()), "a watch has none in a pipe")


@story
def top_shows_a_screen_and_leaves_the_terminal_as_it_was():
    """Ended by q, by Ctrl-C, by SIGTERM; no line is longer than the screen, nor are there more."""
    with Server() as server:
        endings = {"q": lambda terminal: terminal.type(b"q"), "Ctrl-C": lambda terminal: terminal.type(b"\x03"),
                   "SIGTERM": lambda terminal: terminal.process.send_signal(signal.SIGTERM)}
        for name, end in endings.items():
            with Terminal(server, "top", rows=12, columns=60) as terminal:
                terminal.wait_for(b"TIME IT TOOK")
                end(terminal)
                expect_equal(terminal.end(), OK, f"the exit code with {name}")
                expect(terminal.written.startswith(SCREEN) and terminal.written.endswith(LEAVE), f"{name}: {terminal.written!r}")
                frame = COLOUR.sub(b"", terminal.written).split(b"\x1b[H")[1].split(b"\x1b[J")[0]
                rows = [row.replace(b"\x1b[K", b"").rstrip(b"\r") for row in frame.split(b"\r\n")]
                expect(len(rows) <= 12 and max(map(len, rows)) <= 60, f"a screen of {len(rows)} rows: {rows}")
        with Terminal(server, "top", NO_COLOR="1") as terminal:
            terminal.wait_for(b"TIME IT TOOK")
            expect(not COLOUR.search(terminal.written) and SCREEN in terminal.written, "drawn without colours")
            server.stop()
            terminal.wait_for(b"no answer: ")
            server.start()
            drawn = len(terminal.written)
            wait_until(lambda: b"TIME IT TOOK" in terminal.written[drawn:], "it goes on when the server is back")


@story
def top_is_a_line_each_time_elsewhere():
    """In a pipe, and on a dumb terminal; as objects with --json; exit codes as of other commands."""
    with Server() as server:
        with Running(server, "top") as top:
            expect("subscriptions" in top.line() and "requests/s" in top.line(), "two lines")
            expect_equal(top.interrupt(), OK, "the exit code of Ctrl-C")
        with Running(server, "top", "--json") as top:
            figures = json.loads(top.line())
            Finished(server, "publish", uri(server), "--status", "open").expect_code(OK)
            end = time.monotonic() + PATIENCE
            while not figures["requests_per_s"].get("PUBLISH"):
                expect(time.monotonic() < end, f"no line tells of the PUBLISH: {figures}")
                figures = json.loads(top.line())
            expect_equal([each["package"] for each in figures["packages"]], ["presence"], "packages with something in them")
        done = Finished(server, "top", "--count", "2", "--interval", "1").expect_code(OK)
        expect_equal(len(done.out.splitlines()), 2, "as many lines as were asked for")
        with open("/dev/full", "w", encoding="ascii") as full:
            code = subprocess.run([binary(), "top"], env=environment(server), stdout=full, timeout=PATIENCE, check=False).returncode
        expect_equal(code, FAILED, "where nothing can be written")
        server.stop()
        expect_equal(Finished(server, "top").code, 3, "where nobody answers")


tell()
