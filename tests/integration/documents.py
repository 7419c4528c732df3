# tests/integration/documents.py: every command the README and the pages of docs/ show is run as it is written, and what it
# prints is what they show.
"""What is read of a page:

    ```toml     goes into the configuration of the page's server; where there is none it has no configuration, as the reader's
    ```sh       a script: it has to succeed
    ``` with lines that begin with "$ "     commands, each followed by what it prints; nothing where that is left out
    ``` without     something that a program started before prints sooner or later; where it has a line "^C", the program
                    started last is told to end there

All of it happens in a network of its own, where the ports of the documents are free.
"""
import contextlib
import fcntl
import os
import pty
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from pathlib import Path

from _herald import PATIENCE, binary
from _stories import expect, story, tell

ROOT = Path(__file__).resolve().parents[2]
ALONE = "HERALD_TEST_NETWORK"  # in the environment once this runs in a network of its own
SIOCSIFFLAGS, SIOCSIFADDR, IFF_UP = 0x8914, 0x8916, 1
LAN_ADDRESS = "192.0.2.10"  # what the documents' machine has
PASSWORD = b"correct horse\n"


def enter_a_network_of_its_own():
    """Starts this file again where 5060 and 8080 are nobody's. Where that is not permitted they have to be free here."""
    if ALONE not in os.environ:
        for unshare in (["unshare", "--net"], ["unshare", "--net", "--map-root-user"]):
            if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode == 0:
                os.environ[ALONE] = "own"
                os.execvp(unshare[0], [*unshare, sys.executable, *sys.argv])
        os.environ[ALONE] = "shared"
    if os.environ[ALONE] == "own":
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh", b"lo", IFF_UP))
            address = struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(LAN_ADDRESS))
            fcntl.ioctl(any_socket, SIOCSIFADDR, struct.pack("16s16s8x", b"lo:1", address))


class Block:
    """What stands between two ```."""

    def __init__(self, page, number, language):
        self.where = f"{page}:{number}"
        self.language = language
        self.lines = []

    def commands(self):
        """[(command, the lines it prints)]"""
        found = []
        is_continued = False
        for line in self.lines:
            if line.startswith("$ "):
                found.append(([line[2:]], []))
            elif found and is_continued:
                found[-1][0].append(line)
            elif found:
                found[-1][1].append(line)
            is_continued = line.endswith("\\") and (line.startswith("$ ") or is_continued)
        return [("\n".join(command), printed) for command, printed in found]


def blocks_of(page):
    block = None
    for number, line in enumerate((ROOT / page).read_text(encoding="utf-8").splitlines(), 1):
        fence = re.match(r"( *)```(\w*)$", line)
        if fence and block is None:
            indent = len(fence[1])
            block = Block(page, number, fence[2])
        elif fence:
            yield block
            block = None
        elif block is not None:
            block.lines.append(line[indent:])


def configuration_of(blocks):
    """The toml of a page, section by section, since a page may show one in parts; tables of an array as they come."""
    sections = {}
    tables = []
    for block in blocks:
        section = None
        for line in block.lines if block.language == "toml" else []:
            heading = re.match(r"\[(\w+)\]", line)
            if heading:
                section = sections.setdefault(heading[1], [])
            elif line.startswith("[["):
                tables.append(section := [line])
            elif section is not None:
                section.append(line)
    named = [[f"[{name}]", *lines] for name, lines in sections.items()]
    return "".join("\n".join(lines) + "\n" for lines in named + tables)


def copy_screen(screen, path):
    """What is shown on a terminal, until its program ends."""
    with open(path, "ab", buffering=0) as output, contextlib.suppress(OSError):
        while shown := os.read(screen, 65536):
            output.write(shown.replace(b"\r\n", b"\n"))
    os.close(screen)


def masked(text):
    """What is another one each time."""
    text = re.sub(r"\b\d\d:\d\d:\d\d\b", "hh:mm:ss", text)
    text = re.sub(r"\b\d{4}-\d\d-\d\dT[\d:.]+Z", "date", text)
    text = re.sub(r"\bherald_[a-z2-7]{40,}", "token", text)
    text = re.sub(r"entity-tag [a-z2-7]{26}", "entity-tag", text)
    text = re.sub(r"sip:herald-[a-z2-7]{8}@127\.0\.0\.1:\d+", "sip:contact", text)
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def contains(lines, wanted):
    return any(lines[at:at + len(wanted)] == wanted for at in range(len(lines) - len(wanted) + 1))


def type_passwords(keyboard):
    """Answers whoever asks at a terminal, until nobody can any more."""
    shown = b""
    try:
        while True:
            shown += os.read(keyboard, 1024)
            if b"assword" in shown and shown.endswith(b": "):
                os.write(keyboard, PASSWORD)
                shown = b""
    except OSError:
        os.close(keyboard)


def goes_on(command):
    """Until Ctrl-C."""
    return re.match(r"(build/release/herald (watch|serve|events)\b|scripts/run)\b", command) or "--stay" in command


class Reader:
    """Who sits down with a page, a terminal, and a folder with the program in it."""

    def __init__(self, page):
        self.folder = Path(tempfile.mkdtemp(prefix="herald-documents-"))
        (self.folder / "build/release").mkdir(parents=True)
        (self.folder / "build/release/herald").symlink_to(os.path.abspath(binary()))
        # A curl that fails where the server refuses, as the documents never mean to show.
        (self.folder / ".curlrc").write_text("fail-with-body\nsilent\nshow-error\nmax-time = 20\n")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(("HERALD_", "USER"))}
        self.environment.update(TZ="UTC", CURL_HOME=str(self.folder))
        self.running = []
        self.server = None
        self.blocks = list(blocks_of(page))

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        for process, _, _ in self.running:
            process.terminate()
        for process, _, _ in self.running:
            process.wait(PATIENCE)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, command, terminal=None):
        """Its output goes to a file, by way of a terminal's other end where one is given."""
        path = self.folder / f"output{len(self.running)}"
        with open(path, "wb") as output:
            process = subprocess.Popen(["bash", "-c", "exec " + command], cwd=self.folder, env=self.environment,
                                       stdin=subprocess.DEVNULL, stdout=terminal or output, stderr=subprocess.STDOUT)
        self.running.append((process, path, command))
        return path

    def serve(self, command="build/release/herald serve"):
        """Starts the server in place of the one there is."""
        if self.server:
            self.server.terminate()
            self.server.wait(PATIENCE)
        screen, terminal = pty.openpty()  # a token is shown on terminals only
        path = self.start(command, terminal)
        os.close(terminal)
        threading.Thread(target=copy_screen, args=(screen, path), daemon=True).start()
        self.server = self.running[-1][0]
        self.expect_output("is ready", lambda: "is ready" in path.read_text(), path)

    def expect_output(self, what, claim, path):
        end = time.monotonic() + PATIENCE
        while not claim():
            expect(time.monotonic() < end, f"not printed: {what}\nbut:\n{path.read_text() if path else self.outputs()}")
            time.sleep(0.02)

    def outputs(self):
        return "\n".join(f"--- {command}\n{path.read_text()}" for _, path, command in self.running)

    def expect_somewhere(self, block):
        before, interrupted, after = "\n".join(block.lines).partition("\n^C\n")
        self.expect_printed(before, block.where)
        if interrupted:
            self.running[-1][0].send_signal(signal.SIGINT)
            self.expect_printed(after, block.where)

    def expect_printed(self, text, where):
        wanted = masked(text)
        self.expect_output(f"{where}: {wanted}",
                           lambda: any(contains(masked(path.read_text()), wanted) for _, path, _ in self.running), None)

    def run(self, command, where):
        keyboard, terminal = pty.openpty()
        threading.Thread(target=type_passwords, args=(keyboard,), daemon=True).start()
        done = subprocess.run(["bash", "-euc", command], cwd=self.folder, env=self.environment, stdin=terminal, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=2 * PATIENCE, check=False,
                              start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(terminal)
        expect(done.returncode == 0, f"{where}: exit code {done.returncode} of\n{command}\n{done.stdout}")
        return done.stdout

    def follow(self, command, printed, where):
        wanted = masked("\n".join(printed))
        if re.match(r"scripts/(?!run\b)", command):
            return  # these tests are part of one of them
        if command == "scripts/run":
            self.serve()
        elif " serve" in command:
            self.serve(command)
        elif goes_on(command):
            path = self.start(command)
            self.expect_output(f"{where}: {wanted}", lambda: contains(masked(path.read_text()), wanted), path)
        else:
            said = self.run(command, where)
            # Rows of several shards come in any order.
            expect(not wanted or sorted(masked(said)) == sorted(wanted), f"{where}: {command}\nprints\n{said}\nand not\n{wanted}")

    def starts_it(self):
        """Whether the page begins with starting the server."""
        commands = [command for block in self.blocks if block.language == "" for command, _ in block.commands()]
        return any(command == "scripts/run" or " serve" in command for command in commands[:3])

    def read(self):
        """Does everything the page says, from top to bottom."""
        steps = 0
        for block in self.blocks:
            if block.language == "sh":
                self.run("\n".join(block.lines), block.where)
            elif block.language == "" and block.commands():
                for command, printed in block.commands():
                    self.follow(command, printed, block.where)
            elif block.language == "":
                self.expect_somewhere(block)
            else:
                continue
            steps += 1
        expect(steps > 0, "nothing to try on this page")


def shown_by(page):
    def what_is_shown_works():
        with Reader(page) as reader:
            if configuration := configuration_of(reader.blocks):
                (reader.folder / "herald.toml").write_text(configuration)
                reader.run("build/release/herald config --check herald.toml", page)
            if not reader.starts_it():
                reader.serve("build/release/herald serve" + (" --config herald.toml" if configuration else ""))
            reader.read()

    what_is_shown_works.__name__ = "what_" + re.sub(r"\W", "_", page) + "_shows_works"
    story(what_is_shown_works)


PAGES = ("README.md", "docs/http.md", "docs/aliases.md", "docs/who-sees-what.md", "docs/mwi.md", "docs/asterisk.md", "docs/registrations.md",
         "docs/messages.md", "docs/events.md", "docs/presence.md", "docs/provisioning.md", "docs/backup.md", "docs/troubleshooting.md",
         "docs/tls.md", "docs/tr069.md", "docs/lamps.md")
# What needs an address in a LAN, which only a network of one's own has.
LAN_PAGES = ("docs/lan.md",)

enter_a_network_of_its_own()
for each in PAGES + (LAN_PAGES if os.environ[ALONE] == "own" else ()):
    shown_by(each)
tell()
