# tests/integration/sipp_stories.py: SIPp, a foreign SIP stack, as watcher and publisher over UDP and TCP.
import os
import shutil
import subprocess

from _herald import Server, free_port
from _stories import expect, skip_all, story, tell

SCENARIOS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sipp")
SIPP = shutil.which("sipp") or skip_all("SIPp is not installed (Debian: sip-tester)")


def play(server, scenario, transport, calls=1, rate=1, seconds=60, more=()):
    """Runs a scenario that many times and expects every call to succeed."""
    port = free_port()
    name = f"{scenario} over {transport}"
    # Its socket's buffer of 64 kB is too small for a burst, and it sends nothing twice here.
    # The scenarios have no retrans=: SIPp 3.6.1 takes no NOTIFY for progress while it retransmits. Without -nr it still
    # recognises what is retransmitted to it.
    command = [SIPP, f"127.0.0.1:{server.sip_port}", "-sf", os.path.join(SCENARIOS, f"{scenario}.xml"), "-i", "127.0.0.1",
               "-p", str(port), "-t", {"udp": "u1", "tcp": "t1"}[transport], "-m", str(calls), "-r", str(rate),
               "-l", str(max(calls, 1)), "-buff_size", "4194304", "-nostdin", "-recv_timeout", "20000", "-timeout", str(seconds),
               "-timeout_error", "-trace_err", "-error_file", os.path.join(server.directory, "sipp-errors"), *more]
    try:
        ended = subprocess.run(command, cwd=server.directory, env={**os.environ, "TERM": "dumb"}, timeout=seconds + 20,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    except subprocess.TimeoutExpired as late:
        raise AssertionError(f"{name}: SIPp did not end") from late
    if ended.returncode != 0:
        errors = ""
        if os.path.exists(os.path.join(server.directory, "sipp-errors")):
            with open(os.path.join(server.directory, "sipp-errors"), encoding="utf-8", errors="replace") as file:
                errors = file.read()
        raise AssertionError(f"{name}: SIPp ended with {ended.returncode}\n{errors[:4000] or ended.stdout.decode()[-3000:]}")


def play_over_both(scenario, calls=1, rate=1):
    with Server() as server:
        for transport in ("udp", "tcp"):
            play(server, scenario, transport, calls, rate)
        server.stop()


@story
def subscribe_refresh_unsubscribe():
    """RFC 6665 4.2.1: 200 and NOTIFY each time, and 481 afterwards."""
    play_over_both("subscribe")


@story
def fetch():
    """RFC 6665 4.4.3: Expires 0 outside a dialog."""
    play_over_both("fetch")


@story
def refusals_carry_what_the_client_needs_to_try_again():
    """423 Min-Expires, 489 Allow-Events, 406, 481, 420 Unsupported."""
    play_over_both("refusals")


@story
def the_life_of_a_publication():
    """RFC 3903 4: initial, refresh, stale tag, modify, remove, and every refusal on the way."""
    play_over_both("publish")


@story
def the_life_of_a_registration():
    """RFC 3261 10.3: two contacts, refresh, query, 423, one removed, all removed."""
    play_over_both("register")
    with Server(server={"shards": 2}) as server:
        for transport in ("udp", "tcp"):
            play(server, "register", transport, 300, 100)
        left = server.http("GET", "/v1/registrations").json()["total"]
        expect(left == 0, f"{left} contacts are left behind")
        server.stop()


@story
def a_retransmission_gets_the_same_answer():
    """RFC 3261 17.2.2, over UDP: over TCP nothing is retransmitted."""
    with Server() as server:
        # -nr: SIPp shall take the second answer for an answer.
        play(server, "retransmission", "udp", 3, 3, more=["-nr"])
        created = server.metric(r'herald_publish_total\{.*did="created"\}')
        expect(created == 3, f"three PUBLISHes sent twice made {created} publications")
        server.stop()


@story
def a_thousand_dialogs():
    """The whole life of a thousand subscriptions, 200 begun each second, half over each transport, on two shards."""
    with Server(server={"shards": 2}) as server:
        for transport in ("udp", "tcp"):
            play(server, "subscribe", transport, 500, 200)
        left = server.subscriptions()
        expect(not left, f"left behind: {left[:3]}")
        server.stop()


tell()
