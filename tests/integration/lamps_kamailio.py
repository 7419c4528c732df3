# tests/integration/lamps_kamailio.py: calls through a real proxy, Kamailio with pua_dialoginfo, light lamps: those of SIPp's phones,
# which are told by Herald. Whoever is killed, no lamp stays lit.
import os
import re
import shutil
import subprocess

from _herald import Server, free_port, wait_until
from _kamailio import proxy
from _sip import Client
from _stories import expect, expect_equal, skip_all, story, tell

SCENARIOS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sipp")
SIPP = shutil.which("sipp") or skip_all("SIPp is not installed (Debian: sip-tester)")
SECONDS = 120


class Phone:
    """SIPp with one scenario, `calls` times: `with Phone(...) as phone`, which is over when all of them are."""

    def __init__(self, folder, scenario, peer, port, calls, more=()):
        self.name = scenario
        self.errors = os.path.join(folder, f"{scenario}-errors")
        self.process = subprocess.Popen(
            [SIPP, f"127.0.0.1:{peer}", "-sf", os.path.join(SCENARIOS, f"{scenario}.xml"), "-i", "127.0.0.1", "-p", str(port),
             "-t", "u1", "-m", str(calls), "-r", str(calls), "-l", str(calls), "-nostdin", "-nr" if scenario == "lamp" else "-aa",
             "-recv_timeout", str(SECONDS * 1000), "-timeout", str(SECONDS), "-timeout_error", "-trace_err", "-error_file",
             self.errors, *more],
            cwd=folder, env={**os.environ, "TERM": "dumb"}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def finish(self):
        try:
            shown, _ = self.process.communicate(timeout=SECONDS + 20)
        except subprocess.TimeoutExpired as late:
            raise AssertionError(f"{self.name}: SIPp did not end") from late
        if self.process.returncode == 0:
            return
        errors = ""
        if os.path.exists(self.errors):
            with open(self.errors, encoding="utf-8", errors="replace") as file:
                errors = file.read()
        raise AssertionError(f"{self.name}: SIPp ended with {self.process.returncode}\n{errors[:4000] or shown.decode()[-3000:]}")


def herald():
    return Server(publish={"min_expires": 1}, sip={"trusted_peers": ["127.0.0.1"]})


def lit(server):
    return {dialog["aor"]: dialog["state"] for dialog in server.http("GET", "/v1/dialogs?limit=1000").json()["dialogs"]}


def everybody(calls, state):
    return {f"sip:{who}{number}@localhost": state for who in ("alice", "bob") for number in range(1, calls + 1)}


def wait_until_dark(server):
    """... and says what is lit where it does not become so."""
    try:
        wait_until(lambda: lit(server) == {}, "nobody is in a call")
    except AssertionError as late:
        refused = {name: value for name, value in server.metrics().items() if re.search("refused|dropped|responses", name) and value}
        raise AssertionError(f"{late}, but {server.http('GET', '/v1/dialogs?limit=1000').body.decode()}; {refused}") from late


def all_talk(server, calls):
    """Whether each of them has been in a call: how long those last together is the machine's business."""
    wanted, seen = everybody(calls, "confirmed"), set()

    def look():
        seen.update(lit(server).items())
        return set(wanted.items()) <= seen
    return look


def is_watched(server, calls):
    return server.metric("^herald_subscriptions.*active") == calls


@story
def calls_light_the_lamps_of_phones_and_put_them_out():
    """Ten calls at once: each lamp is dark, rings, is in a call with its caller, and is dark; and so it is for Herald."""
    calls, port = 10, free_port()
    with herald() as server, proxy(server.sip_port, port) as pbx, \
            Phone(server.directory, "lamp", server.sip_port, free_port(), calls) as lamps:
        wait_until(lambda: is_watched(server, calls), "the lamps have subscribed")
        with Phone(server.directory, "callee", pbx.port, port, calls) as callee, \
                Phone(server.directory, "caller", pbx.port, free_port(), calls, ["-d", "5000"]) as caller:
            wait_until(all_talk(server, calls), "all are in a call")
            caller.finish()
            callee.finish()
        wait_until_dark(server)
        lamps.finish()
        server.stop()


@story
def a_call_that_is_refused_leaves_nothing_lit():
    calls, port = 5, free_port()
    with herald() as server, proxy(server.sip_port, port) as pbx, \
            Phone(server.directory, "lamp", server.sip_port, free_port(), calls) as lamps:
        wait_until(lambda: is_watched(server, calls), "the lamps have subscribed")
        with Phone(server.directory, "busy_callee", pbx.port, port, calls) as callee, \
                Phone(server.directory, "refused_caller", pbx.port, free_port(), calls) as caller:
            caller.finish()
            callee.finish()
        wait_until_dark(server)
        lamps.finish()
        server.stop()


@story
def a_proxy_that_is_killed_leaves_nothing_lit():
    """kill -9 in the middle of calls, and another start, which knows of none."""
    calls, port = 3, free_port()
    with herald() as server, proxy(server.sip_port, port, lifetime=8) as pbx, Client(server.address, user="desk") as desk:
        watcher = desk.subscribe("sip:bob1@localhost", "dialog")
        with Phone(server.directory, "callee", pbx.port, port, calls), \
                Phone(server.directory, "caller", pbx.port, free_port(), calls, ["-d", "100000"]):
            wait_until(lambda: lit(server) == everybody(calls, "confirmed"), "all are in a call")
            pbx.kill()
            pbx.start()
            wait_until(lambda: lit(server) == {}, "what it said has run out")
            watcher.wait_body('<state event="timeout">terminated</state>')
        server.stop()


@story
def a_herald_that_is_killed_knows_the_calls_and_hears_of_their_end():
    calls, port = 3, free_port()
    with herald() as server, proxy(server.sip_port, port) as pbx:
        with Phone(server.directory, "callee", pbx.port, port, calls) as callee, \
                Phone(server.directory, "caller", pbx.port, free_port(), calls, ["-d", "12000"]) as caller:
            wait_until(lambda: lit(server) == everybody(calls, "confirmed"), "all are in a call")
            server.kill()
            server.start()
            expect_equal(lit(server), everybody(calls, "confirmed"), "the calls right after the start")
            caller.finish()
            callee.finish()
        wait_until(lambda: lit(server) == {}, "nobody is in a call any more")
        server.stop()


tell()
