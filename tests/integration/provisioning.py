# tests/integration/provisioning.py: phones are told what to do, and it is known what became of each: phones that challenge,
# refuse, vanish, answer late, start again; kill -9 in the middle of a job of 2,000.
import os
import shutil
import subprocess
import time

from _herald import Server, free_port, wait_until
from _phones import Phones
from _stories import Skip, expect, expect_equal, story, tell

JOBS = "/v1/provisioning/jobs"
SCENARIOS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sipp")
MANY = int(os.environ.get("HERALD_PHONES", "2000"))


def start(server, **order):
    answer = server.http("POST", JOBS, order)
    expect_equal(answer.status, 200, f"the job is ordered: {answer.body!r}")
    return answer.json()["id"]


def job_of(server, number):
    return server.http_soon("GET", f"{JOBS}/{number}?limit=1").json()["job"]


def wait_for(server, number, seconds=60, **counts):
    def are_there():
        devices = job_of(server, number)["devices"]
        return all(devices[name] == count for name, count in counts.items())
    try:
        wait_until(are_there, f"{counts}", seconds)
    except AssertionError as late:
        raise AssertionError(f"{late}; it has {job_of(server, number)}") from late


def learned(server, number):
    """What is remembered of a phone."""
    page = server.http("GET", f"/v1/devices?aor=sip:phone{number}@localhost").json()
    return page["devices"][0]["learned"]


def is_bound(port):
    """Whether somebody has the port for UDP, without taking it."""
    with open("/proc/net/udp", encoding="ascii") as sockets:
        return any(line.split()[1].endswith(f":{port:04X}") for line in list(sockets)[1:])


def play(server, scenario, action, calls=1, **outcome):
    """SIPp is a phone that registered from its port. It is told so many things."""
    sipp = shutil.which("sipp")
    if not sipp:
        raise Skip("SIPp is not installed (Debian: sip-tester)")
    port = free_port()
    with Phones(server.address, 1, port) as phone:
        phone.register()
    command = [sipp, "-sf", os.path.join(SCENARIOS, f"{scenario}.xml"), "-i", "127.0.0.1", "-p", str(port), "-m", str(calls),
               "-nostdin", "-timeout", "60", "-timeout_error"]
    with subprocess.Popen(command, cwd=server.directory, env={**os.environ, "TERM": "dumb"}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: is_bound(port), "SIPp listens")
        number = start(server, select={"all": True}, action=action)
        wait_for(server, number, **outcome)
        expect_equal(process.wait(60), 0, f"{scenario}: how SIPp ended")
    return number


@story
def a_phone_that_challenges_is_answered_with_its_accounts_login():
    """RFC 3261 22.2, and that it does so is remembered."""
    with Server() as server:
        server.put_account("sip:phone0@localhost", "x", device_username="admin", device_password="789")
        play(server, "phone_challenges", "check-sync", delivered=1)
        wait_until(lambda: learned(server, 0)["challenges"], "it is known to challenge")
        server.stop()


@story
def a_phone_that_refuses_is_not_asked_again_and_remembered():
    """RFC 6665 8.2.1: 489 is an outcome."""
    with Server() as server:
        number = play(server, "phone_refuses", "report", refused=1)
        wait_until(lambda: learned(server, 0)["refuses"] == [{"event": "report", "status": 489}], "it is known to refuse")
        table = server.http("GET", f"{JOBS}/{number}/csv").body.decode().splitlines()
        expect(table[1].split(",")[5:7] == ['"refused"', "489"], f"the table says so: {table[1]}")
        wait_until(lambda: server.metric("^herald_provisioning_unsaved_devices") == 0, "it is written")
        server.kill()
        server.start()
        expect(learned(server, 0)["refuses"], "... after a crash too")
        server.stop()


@story
def a_phone_that_is_late_was_told_all_the_same():
    """RFC 3261 17.1.2.2: copies go out until it answers."""
    with Server() as server:
        play(server, "phone_is_late", "check-sync", delivered=1)
        server.stop()


@story
def a_phone_that_starts_again_is_seen_to_have_done_so():
    """RFC 3261 10.2: it registers with another Call-ID."""
    with Server() as server:
        play(server, "phone_starts_again", "reboot", delivered=1, effective=1)
        server.stop()


@story
def a_phone_that_vanished_is_told_once_it_is_back():
    """Twice nobody answered; it registers, and is told at once."""
    with Server(sip={"t1_ms": 20, "t2_ms": 100}) as server:
        play(server, "phone_vanishes", "check-sync", calls=2, delivered=1)
        server.stop()


@story
def phones_that_vanished_are_told_when_they_register():
    """... and by then, or at intervals, no more often than the order allows."""
    with Server(sip={"t1_ms": 20, "t2_ms": 100}) as server, Phones(server.address, 3) as phones:
        phones.register()
        phones.obey = lambda number, notify: None
        number = start(server, select={"all": True}, action="reboot", attempts=2)
        wait_for(server, number, unreachable=3)
        phones.obey = lambda number, notify: 200 if number == 0 else None
        phones.register(boot="boot2")
        wait_for(server, number, delivered=1, unreachable=2)
        phones.obey = lambda number, notify: 200
        phones.register(boot="boot3")
        wait_until(lambda: job_of(server, number)["state"] == "finished", "the job is over: both attempts were made")
        expect_equal(job_of(server, number)["devices"]["unreachable"], 2, "phones that had their two attempts")
        server.stop()


@story
def a_start_is_seen():
    """A reboot is effective once the phone registers in another sequence of REGISTERs; a refresh is none."""
    with Server() as server, Phones(server.address, 3) as phones:
        phones.register()
        number = start(server, select={"model": "snomD785", "vendor": "snom", "firmware_below": "10.1.65"}, action="reboot")
        wait_for(server, number, delivered=3)
        phones.register()
        expect_equal(job_of(server, number)["devices"]["effective"], 0, "a refresh is no start")
        phones.register([0, 1], boot="boot2")
        wait_for(server, number, effective=2)
        server.kill()
        server.start()
        wait_for(server, number, effective=2)
        phones.register([2], boot="boot2")
        wait_for(server, number, effective=3)
        none = server.http("POST", JOBS, {"select": {"firmware_below": "10.1.64.14"}, "action": "reboot"})
        expect_equal(none.status, 404, "nobody has older firmware")
        server.stop()


@story
def many_at_once_are_meant_or_they_are_not():
    """provisioning.confirm_above."""
    with Server(provisioning={"confirm_above": 2}) as server, Phones(server.address, 3) as phones:
        phones.register()
        order = {"select": {"all": True}, "action": "reboot"}
        refused = server.http("POST", JOBS, order)
        expect_equal(refused.status, 409, "three, and nobody said so")
        expect(b'\\"confirm\\": 3' in refused.body, f"it says how: {refused.body!r}")
        expect_equal(phones.told, {0: [], 1: [], 2: []}, "nobody is told")
        wait_for(server, start(server, **order, confirm=3), delivered=3)
        server.stop()


@story
def nobody_is_told_outside_the_hours_that_were_given():
    """A window that opens in six hours, and one that is open."""
    with Server() as server, Phones(server.address, 1) as phones:
        phones.register()
        hour = time.localtime().tm_hour
        later = start(server, select={"all": True}, action="check-sync", window=f"{(hour + 6) % 24:02}:00-{(hour + 7) % 24:02}:00")
        now = start(server, select={"all": True}, action="check-sync", window=f"{hour:02}:00-{(hour + 2) % 24:02}:00")
        wait_for(server, now, delivered=1)
        wait_for(server, later, waiting=1, delivered=0)
        expect_equal(len(phones.told[0]), 1, "NOTIFYs")
        server.stop()


@story
def kill_9_in_the_middle_of_a_job_of_thousands():
    """Every phone ends delivered, and acts once: what a crash makes be sent again, its answer not having been kept, is a
    retransmission, which the phone answers as it did before (RFC 3261 17.2.2)."""
    with Server(server={"shards": 2}) as server, Phones(server.address, MANY) as phones:
        phones.register()
        acted = []
        phones.obey = lambda number, notify: acted.append(number) or 200
        number = start(server, select={"all": True}, action="check-sync", rate=400, confirm=MANY)
        for part in (3, 2):
            wait_until(lambda part=part: sum(map(len, phones.told.values())) > MANY // part, "some are told", pause=0.001)
            server.kill()
            server.start()
        wait_for(server, number, delivered=MANY, seconds=240)
        attempts = {number: phones.attempts(number) for number in range(MANY)}
        expect_equal([number for number, each in attempts.items() if len(each) != 1], [], "phones told otherwise than once")
        copies = sum(map(len, phones.told.values())) - MANY
        print(f"{MANY} phones, {copies} copies")
        expect_equal(len(acted), MANY, "what the phones did")
        server.stop()


tell()
