# tests/integration/_herald.py: a Herald of one's own: started in a temporary directory, asked over HTTP, killed.
import fcntl
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import _postgres
from _stories import expect, skip_all

# Everything a story waits for is bounded by this; long, because builds with sanitizers are slow.
PATIENCE = 60.0

CLAIMS = {}  # what free_port() gave: the file that keeps other tests from it
CLAIM_FOLDER = os.path.join(tempfile.gettempdir(), f"herald-ports-{os.getuid()}")


def binary():
    path = os.environ.get("HERALD_SHIPPED") or os.environ.get("HERALD_BINARY")
    if not path:
        skip_all("HERALD_BINARY is not set")
    return path


def free_port(count=1):
    """The first of `count` ports in a row that are free for UDP and TCP on 127.0.0.1 at this moment. They lie below those
    the kernel gives out by itself, which it may give to somebody else before they are bound here. None is given twice,
    to tests that run at the same time neither."""
    for _ in range(1000):
        first = random.randrange(20000, 32000)
        if all(claim(port) and is_free(port) for port in range(first, first + count)):
            return first
    raise OSError("no port is free for both UDP and TCP")


def claim(port):
    """Whether the port is this process's until it ends."""
    if port in CLAIMS:
        return False
    os.makedirs(CLAIM_FOLDER, exist_ok=True)
    file = open(os.path.join(CLAIM_FOLDER, str(port)), "w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return False
    CLAIMS[port] = file
    return True


def is_free(port):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        try:
            tcp.bind(("127.0.0.1", port))
            udp.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def wait_until(claim, what, seconds=PATIENCE, pause=0.02):
    """Calls `claim` until it is true, and returns what it returned."""
    end = time.monotonic() + seconds
    while True:
        result = claim()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        time.sleep(pause)


class Answer:
    """What HTTP said."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        return json.loads(self.body)


class Server:
    """One `herald serve`: `with Server() as server: ...` starts it, and ends it by its process id.

    The keyword arguments are sections of the configuration: Server(sip={"t1_ms": 100}, server={"shards": 2}).
    The directory, and with it the store, outlives stop() and kill(); start() goes on with it. It is removed at the end,
    except after a failure where HERALD_KEEP is set in the environment.
    """

    def __init__(self, directory=None, environment=None, wrapper=(), **sections):
        self.own_directory = directory is None
        self.directory = directory or tempfile.mkdtemp(prefix="herald-test-")
        self.sip_port = free_port()
        self.http_port = free_port()
        self.process = None
        self.starts = 0
        self.environment = environment or {}
        self.wrapper = list(wrapper)
        self.config = {
            "sip": {"listen": [f"udp:127.0.0.1:{self.sip_port}", f"tcp:127.0.0.1:{self.sip_port}"]},
            "server": {"shards": 1, "log_level": "warning"},
            "store": {"url": _postgres.store_url(self.directory)},
            "http": {"listen": f"127.0.0.1:{self.http_port}", "token_file": f"{self.directory}/token"},
        }
        for name, keys in sections.items():
            if isinstance(keys, list):
                self.config[name] = keys
            else:
                self.config.setdefault(name, {}).update(keys)

    # Life ------------------------------------------------------------------------------------------

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            print(self.log_tail())
        crashed = self.process is not None and self.process.poll() not in (None, 0, -signal.SIGKILL, -signal.SIGTERM)
        self.kill()
        if self.own_directory and (kind is None or "HERALD_KEEP" not in os.environ):
            shutil.rmtree(self.directory, ignore_errors=True)
            _postgres.forget(self.directory)
        if kind is None:
            expect(not crashed, "the server ended by itself")

    @property
    def address(self):
        return ("127.0.0.1", self.sip_port)

    @property
    def log_path(self):
        return os.path.join(self.directory, "log")

    def write_config(self):
        path = os.path.join(self.directory, "herald.toml")
        with open(path, "w", encoding="utf-8") as file:
            for section, keys in self.config.items():
                # A list is an array of tables.
                for table in keys if isinstance(keys, list) else [keys]:
                    file.write(f"[[{section}]]\n" if isinstance(keys, list) else f"[{section}]\n")
                    # TOML's strings, numbers, booleans and arrays of them look like JSON's.
                    file.writelines(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
        return path

    def launch(self):
        """Starts the process without waiting for it to be ready."""
        expect(self.process is None or self.process.poll() is not None, "the server already runs")
        self.starts += 1
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*self.wrapper, binary(), "serve", "--config", self.write_config()], cwd=self.directory,
                env={**os.environ, **self.environment}, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def start(self):
        self.launch()
        self.wait_ready()

    def wait_ready(self):
        def ready():
            expect(self.process.poll() is None, f"the server ended with {self.process.poll()}:\n{self.log_tail()}")
            try:
                return self.http("GET", "/readyz").status == 200
            except OSError:
                return False
        wait_until(ready, "the server is ready")

    def stop(self, seconds=PATIENCE):
        """A clean stop: SIGTERM, and the process ends with 0."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(seconds)
        expect(code == 0, f"SIGTERM ended in exit code {code}:\n{self.log_tail()}")

    def kill(self):
        """kill -9."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    # What crash_rounds() of _model.py kills, and how it is known to be dead.

    def strike(self):
        self.process.kill()

    def is_down(self):
        return not self.alive()

    def fall(self):
        self.process.wait()

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def log(self):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def log_tail(self, lines=40):
        tail = "\n".join(self.log().splitlines()[-lines:])
        return f"---- the server's log ends with:\n{tail}\n----"

    def rss_kilobytes(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"^VmRSS:\s+(\d+)", status.read(), re.MULTILINE)[1])

    def expect_grown_less(self, before, kilobytes, what):
        """`before` is an earlier rss_kilobytes(). A sanitizer keeps freed memory for a while, so it may have more."""
        with open(binary(), "rb") as file:
            is_sanitized = re.search(rb"__(asan|tsan)_init", file.read()) is not None
        grown = self.rss_kilobytes() - before
        print(f"{what}: {grown} kB more")
        expect(grown < kilobytes + (600_000 if is_sanitized else 0), f"{what}: {grown} kB more")

    # HTTP ------------------------------------------------------------------------------------------

    def token(self):
        with open(os.path.join(self.directory, "token"), encoding="ascii") as file:
            return file.read().strip()

    def http_connection(self, seconds):
        return http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=seconds)

    def http(self, method, path, body=None, seconds=PATIENCE, headers=None):
        """`body` is sent as JSON; text and bytes as they are, with the Content-Type of `headers`."""
        connection = self.http_connection(seconds)
        headers = dict(headers or {})
        if path.startswith("/v1/"):
            headers["Authorization"] = f"Bearer {self.token()}"
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        except http.client.HTTPException as failure:  # a server that dies in the middle of an answer
            raise OSError(str(failure)) from failure
        finally:
            connection.close()

    def http_soon(self, method, path, seconds=PATIENCE):
        """As http(), for a server that is too busy to answer at once."""
        return wait_until(lambda: (answer := self.http(method, path)).status < 500 and answer, f"{method} {path}", seconds)

    def put_account(self, aor, password, **members):
        answer = self.http("PUT", f"/v1/accounts/{aor}", {"password": password, **members})
        expect(answer.status in (200, 201, 204), f"PUT account {aor}: {answer.status} {answer.body!r}")

    def metrics(self):
        """{'herald_name{label="x"}': value}."""
        samples = {}
        for line in self.http("GET", "/metrics").body.decode().splitlines():
            if line and not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                samples[name] = float(value)
        return samples

    def metric(self, pattern):
        """The sum of all samples whose name and labels match the regular expression."""
        return sum(value for name, value in self.metrics().items() if re.search(pattern, name))

    def subscriptions(self, resource=None):
        query = f"?limit=1000&resource={resource}" if resource else "?limit=1000"
        answer = self.http("GET", "/v1/subscriptions" + query)
        expect(answer.status == 200, f"GET subscriptions: {answer.status} {answer.body!r}")
        return answer.json()["subscriptions"]
