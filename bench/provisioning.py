#!/usr/bin/env python3
# bench/provisioning.py: what jobs and profiles cost, and what they cost others.
#
#   HERALD_BINARY=build/release/herald python3 bench/provisioning.py [job] [memory] [beside] [files]
#
#   job      10,000 registered devices told at 2,000 a second: how long it takes
#   memory   what a job holds for each device beside its registration
#   beside   PUBLISH to NOTIFY at 500 a second, without a job and with one that tells 2,000 a second, by turns
#   files    small profiles made of a template, fetched over HTTP
#
# Server on one core (BENCH_SERVER_CPU, 0), phones and load on another one (BENCH_LOAD_CPU, 1). BENCH_DEVICES and
# BENCH_ROUNDS make it smaller. Prints rows of a table.
import json
import multiprocessing
import multiprocessing.pool
import os
import re
import socket
import statistics
import subprocess
import sys
import time

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "integration"))

from _herald import Server, binary, free_port, wait_until  # noqa: E402

SERVER_CPU = int(os.environ.get("BENCH_SERVER_CPU", "0"))
LOAD_CPU = int(os.environ.get("BENCH_LOAD_CPU", "1"))
DEVICES = int(os.environ.get("BENCH_DEVICES", "10000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "7"))
RATE = 2000
JOBS = "/v1/provisioning/jobs"
ECHOED = re.compile(rb"^(?:via|from|to|call-id|cseq|v|f|t|i):[^\r]*\r\n", re.IGNORECASE | re.MULTILINE)


def row(what, figure, more=""):
    print(f"| {what} | {figure} | {more} |", flush=True)


# Phones ------------------------------------------------------------------------------------------------------------------


def register_text(number, port, attempt):
    aor = f"sip:phone{number}@localhost"
    return (f"REGISTER sip:localhost SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKr{number}.{attempt};rport\r\n"
            f"Max-Forwards: 70\r\nFrom: <{aor}>;tag=1\r\nTo: <{aor}>\r\nCall-ID: boot-{number}\r\nCSeq: {attempt} REGISTER\r\n"
            f"User-Agent: snomD785/10.1.64.14\r\nExpires: 3600\r\nContact: <sip:phone{number}@127.0.0.1:{port}>;"
            f'+sip.instance="<urn:uuid:00000000-0000-1000-8000-000413{number:06x}>"\r\nContent-Length: 0\r\n\r\n').encode()


def register_all(phones, server, count):
    """Two hundred at a time, whose answers are waited for: each answer of a busy server that brings more requests would keep it
    busy. Who is refused, or hears nothing, asks again a little later, under another name."""
    port = phones.getsockname()[1]
    missing, attempt = list(range(count)), 0
    end = time.monotonic() + 300
    while missing:
        if time.monotonic() > end:
            raise AssertionError(f"{len(missing)} phones could not register")
        attempt += 1
        batch = missing[:200]
        for number in batch:
            phones.sendto(register_text(number, port, attempt), server)
        answered = final_answers(phones, attempt, len(batch))
        registered = {number for number, is_taken in answered.items() if is_taken}
        missing = [number for number in missing if number not in registered]
        if len(registered) < len(batch):
            time.sleep(0.5)


def final_answers(phones, attempt, count):
    """Whether phones were let in, by number: of so many, those that are told within two seconds."""
    answered = {}
    end = time.monotonic() + 2
    while len(answered) < count and time.monotonic() < end:
        try:
            octets = phones.recv(65536)
        except TimeoutError:
            continue
        found = re.search(rb"Call-ID: boot-(\d+)\r\n", octets)
        if octets.startswith(b"SIP/2.0 ") and found and f"CSeq: {attempt} REGISTER".encode() in octets:
            answered[int(found[1])] = octets.startswith(b"SIP/2.0 200")
    return answered


def play_phones(server, count, pipe):
    """All of them behind one socket: they register, then answer every NOTIFY with 200. To any message on the pipe they say how
    many NOTIFYs they answered, and when the first and the last came."""
    os.sched_setaffinity(0, {LOAD_CPU})
    phones = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    phones.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    phones.bind(("127.0.0.1", 0))
    phones.settimeout(0.2)
    register_all(phones, server, count)
    pipe.send("registered")
    told, first, last = 0, 0.0, 0.0
    while True:
        # However much is told: who waits for an answer waits while a job runs, too.
        if pipe.poll():
            if pipe.recv() == "end":
                return
            pipe.send((told, first, last))
            told = 0
        try:
            octets, source = phones.recvfrom(65536)
        except TimeoutError:
            continue
        if not octets.startswith(b"NOTIFY"):
            continue
        head = octets[:octets.index(b"\r\n\r\n") + 2]
        phones.sendto(b"SIP/2.0 200 OK\r\n" + b"".join(ECHOED.findall(head)) + b"Content-Length: 0\r\n\r\n", source)
        last = time.monotonic()
        if told == 0:
            first = last
        told += 1


class Phones:
    def __init__(self, server, count):
        self.pipe, other = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=play_phones, args=(server.address, count, other), daemon=True)
        self.process.start()
        other.close()  # so that its end is seen here
        self.pipe.recv()

    def told(self):
        self.pipe.send("how many")
        return self.pipe.recv()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.pipe.send("end")
        self.process.join()


# The server --------------------------------------------------------------------------------------------------------------


def pinned_server(**sections):
    return Server(wrapper=["taskset", "-c", str(SERVER_CPU)], **sections)


def cpu_seconds(server):
    with open(f"/proc/{server.process.pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def order(server, **members):
    answer = server.http("POST", JOBS, {"select": {"all": True}, "action": "check-sync", "rate": RATE, "confirm": DEVICES,
                                        **members})
    if answer.status != 200:
        sys.exit(f"no job: {answer.status} {answer.body!r}")
    return answer.json()["id"]


def wait_for_all(server, number, pause=0.2):
    def is_over():
        job = server.http("GET", f"{JOBS}/{number}?limit=1").json()["job"]
        return job["devices"]["delivered"] == DEVICES
    wait_until(is_over, f"job {number} told all", 120, pause)


# What is measured --------------------------------------------------------------------------------------------------------


def measure_job():
    with pinned_server() as server, Phones(server, DEVICES) as phones:
        cpu = cpu_seconds(server)
        asked = time.monotonic()
        number = order(server)
        answered = time.monotonic()
        wait_for_all(server, number)
        used = cpu_seconds(server) - cpu
        count, first, last = phones.told()
        row(f"devices told a second, {DEVICES:,} of them, {RATE:,} asked for", f"{(DEVICES - 1) / (last - first):,.0f}",
            f"{count - DEVICES} copies; {used / DEVICES * 1e6:.0f} us of server CPU each, the order and its rows included; "
            f"the order answered after {(answered - asked) * 1000:.0f} ms, the first device told after "
            f"{(first - asked) * 1000:.0f} ms")
        server.stop()


def memory_after_start(server):
    """Resident bytes of a server that has done nothing else yet: what SQLite keeps of its file is not among them."""
    server.stop()
    server.start()
    time.sleep(45)
    return server.rss_kilobytes() * 1024


def measure_memory():
    """Of the second to the fifth job for the same devices, all told lately, so that it is waited for what they do."""
    jobs = 4
    with pinned_server() as server, Phones(server, DEVICES):
        wait_for_all(server, order(server), 1)
        before = memory_after_start(server)
        for _ in range(jobs):
            wait_for_all(server, order(server), 1)
        after = memory_after_start(server)
        row("bytes a job holds for each device beside its registration", f"{(after - before) / jobs / DEVICES:.0f}",
            f"resident {before // 1024:,} kB with one job of {DEVICES:,}, {after // 1024:,} kB with {jobs + 1}")
        server.stop()


def latency(server):
    """(p50, p99) in milliseconds of one run of the load generator, which publishes for six seconds."""
    done = subprocess.run(["taskset", "-c", str(LOAD_CPU), binary(), "bench", "--server", f"127.0.0.1:{server.sip_port}",
                           "--phase", "publish", "--presentities", "500", "--fan-out", "1", "--rate", "500", "--seconds", "6",
                           "--unsubscribe", "--json"], capture_output=True, check=True)
    phases = {phase["phase"]: phase for phase in json.loads(done.stdout)["phases"]}
    return phases["publish"]["finished"]["p50_ms"], phases["publish"]["finished"]["p99_ms"]


def measure_beside():
    alone, beside = [], []
    with pinned_server(sip={"auth": "open"}) as server, Phones(server, DEVICES):
        for _ in range(ROUNDS):
            alone.append(latency(server))
            with multiprocessing.pool.ThreadPool(1) as pool:
                running = pool.apply_async(latency, (server,))
                time.sleep(1)
                number = order(server)
                beside.append(running.get())
            wait_for_all(server, number, 0.5)
        server.stop()
    for index, name in enumerate(("p50", "p99")):
        without, with_job = (statistics.median(each[index] for each in runs) for runs in (alone, beside))
        row(f"PUBLISH to NOTIFY at 500/s, {name}, with a job that tells {DEVICES:,} devices at {RATE:,}/s",
            f"{with_job:.2f} ms", f"{without:.2f} ms without: {(with_job / without - 1) * 100:+.0f} %; each: " +
            ", ".join(f"{a[index]:.2f}/{b[index]:.2f}" for a, b in zip(alone, beside)))


def fetch_for(seconds, address, paths, connections):
    """How many documents came, one after the other on each of so many connections."""
    requests = [f"GET {path} HTTP/1.1\r\nHost: phones\r\nUser-Agent: snomD785/10.1.64.14\r\n\r\n".encode() for path in paths]
    sockets = [socket.create_connection(address) for _ in range(connections)]
    for each in sockets:
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    count, at = 0, 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for each in sockets:
            each.sendall(requests[at])
            at = (at + 1) % len(requests)
        for each in sockets:
            answer = each.recv(65536)
            if not answer.startswith(b"HTTP/1.1 200"):
                sys.exit(f"not served: {answer[:200]!r}")
            count += 1
    for each in sockets:
        each.close()
    return count / seconds


def fetch_alone(seconds, address, paths):
    """... with a connection for each, as phones do."""
    count = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.create_connection(address) as each:
            each.sendall(f"GET {paths[count % len(paths)]} HTTP/1.1\r\nHost: phones\r\nConnection: close\r\n\r\n".encode())
            if not each.recv(65536).startswith(b"HTTP/1.1 200"):
                sys.exit("not served")
        count += 1
    return count / seconds


TEMPLATE = "".join(f'<setting{n} perm="RW">{{{{device.mac}}}} {{{{device.model}}}}</setting{n}>\n' for n in range(10))


def links_of(server, count):
    """URLs with tokens, as enrolled devices are told them."""
    from _sip import Client
    found = []
    with Client(server.address, "tcp", user="phone") as phone:
        for number in range(count):
            told = phone.subscribe(f"sip:000413{number:06x}@localhost", "ua-profile;profile-type=device;vendor=snom;model=D785;version=1",
                                   expires=0, fields=[("Accept", "application/url")])
            told.wait_count(1)
            found.append("/p/" + told.last.body.decode().split("/p/")[1])
    return found


def measure_files():
    port = free_port()
    with pinned_server(sip={"auth": "open"},
                       provisioning={"listen": f"127.0.0.1:{port}", "url": f"http://127.0.0.1:{port}", "plain_paths": ["/{mac}.xml"]},
                       ua_profile={"accept_unknown": True}) as server:
        put = server.http("PUT", "/v1/profiles/device/snom",
                          {"content_type": "text/xml", "body": f"<settings>\n{TEMPLATE}</settings>\n", "public": True})
        if put.status not in (200, 201, 204):
            sys.exit(f"no profile: {put.status} {put.body!r}")
        os.sched_setaffinity(0, {LOAD_CPU})
        address = ("127.0.0.1", port)
        plain = [f"/000413{number:06x}.xml" for number in range(1000)]
        ways = {"at plain paths, 16 connections": lambda: fetch_for(4, address, plain, 16),
                "at plain paths, a connection for each": lambda: fetch_alone(4, address, plain),
                "by token, 16 connections": lambda: fetch_for(4, address, links, 16)}
        links = links_of(server, 50)
        for what, fetch in ways.items():
            cpu, began = cpu_seconds(server), time.monotonic()
            rate = fetch()
            used, took = cpu_seconds(server) - cpu, time.monotonic() - began
            row(f"profiles of {len(TEMPLATE)} bytes with 20 places a second, {what}", f"{rate:,.0f}",
                f"{used / took * 100:.0f} % of one core: {used / (rate * took) * 1e6:.0f} us each")
        server.stop()


def main():
    measures = {"job": measure_job, "memory": measure_memory, "beside": measure_beside, "files": measure_files}
    wanted = sys.argv[1:] or list(measures)
    for name in wanted:
        if name not in measures:
            sys.exit(f"{name}: there are {', '.join(measures)}")
    print("| what | figure | more |\n|---|---|---|")
    for name in wanted:
        measures[name]()


if __name__ == "__main__":
    main()
