# tests/integration/_command.py: the commands of the program as a person uses them: one that ends, one that goes on.
import os
import queue
import re
import signal
import subprocess
import threading

from _herald import PATIENCE, binary
from _stories import expect

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

    def __init__(self, server, *words, given="", **variables):
        done = subprocess.run([binary(), *words], env={**environment(server), **variables}, text=True, timeout=PATIENCE,
                              input=given, capture_output=True, check=False, start_new_session=True)
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    def expect_code(self, code):
        expect(self.code == code, f"exit code {self.code}, want {code}\n{self.out}{self.err}")
        return self


class Running:
    """A command that goes on until Ctrl-C: `with Running(server, "watch", ...) as watch: watch.line()`."""

    def __init__(self, server, *words, **variables):
        self.process = subprocess.Popen([binary(), *words], env={**environment(server), **variables}, text=True,
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
