# tests/integration/administration.py: what an administrator does with a running server: accounts in bulk, tokens, a reload, traces, and
# the log that answers "why does phone 217 not register?".
import json
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time

from _command import FAILED, OK, Finished, Running, uri
from _herald import PATIENCE, Server, binary, wait_until
from _stories import expect, expect_equal, story, tell

TABLE = """aor,password,role,resources
sip:101@127.0.0.1,correct-horse,,
sip:102@127.0.0.1,battery-staple,,
sip:pbx@127.0.0.1,paper-clip,publisher,*@127.0.0.1
"""


def written(server, name, text):
    path = os.path.join(server.directory, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


@story
def accounts_come_from_a_table_all_or_none():
    """A dry run, a mistake in one line, the import, and what is there then."""
    with Server(sip={"auth": "digest"}) as server:
        table = written(server, "phones.csv", TABLE)
        trial = Finished(server, "account", "import", "csv", table, "--dry-run").expect_code(OK)
        expect_equal(trial.out.strip(), "would add 3, replace 0", "a dry run")
        expect_equal(Finished(server, "account", "list").out.strip(), "no accounts", "after a dry run")

        wrong = written(server, "wrong.csv", TABLE + "sip:x@elsewhere.example,secret,,\n")
        refused = Finished(server, "account", "import", "csv", wrong).expect_code(FAILED)
        expect("line 5" in refused.err and "elsewhere.example" in refused.err, refused.err)
        expect_equal(Finished(server, "account", "list").out.strip(), "no accounts", "after a mistake")

        Finished(server, "account", "import", "csv", table).expect_code(OK)
        listed = Finished(server, "account", "list").expect_code(OK).out.splitlines()
        expect_equal(listed[2], "sip:pbx@127.0.0.1  publisher  pbx in localhost  for *@127.0.0.1", "the list")
        exported = Finished(server, "account", "export").expect_code(OK).out
        expect("101" in exported and "correct-horse" not in exported, exported)
        again = Finished(server, "account", "import", "csv", table).expect_code(FAILED)
        expect("line 2" in again.err and "already" in again.err, again.err)
        Finished(server, "account", "import", "csv", table, "--replace").expect_code(OK)
        added = Finished(server, "account", "add", "sip:101@127.0.0.1", HERALD_PASSWORD="x").expect_code(FAILED)
        expect("already" in added.err, added.err)
        phone = Finished(server, "publish", uri(server, "101"), "--status", "open", HERALD_PASSWORD="correct-horse")
        phone.expect_code(OK)
        server.stop()
        server.start()
        Finished(server, "publish", uri(server, "102"), "--status", "open", HERALD_PASSWORD="battery-staple").expect_code(OK)


@story
def two_who_change_a_mailbox_at_once_lose_nothing():
    """One sets voice, one fax, again and again, beside each other."""
    with Server() as server:
        def change(option, codes):
            for count in range(1, 6):
                codes.append(Finished(server, "mailbox", "sip:alice@127.0.0.1", option, str(count)).code)

        codes = []
        both = [threading.Thread(target=change, args=(option, codes)) for option in ("--new", "--fax-new")]
        for each in both:
            each.start()
        for each in both:
            each.join(4 * PATIENCE)
        expect_equal(codes, [OK] * 10, "exit codes")
        counted = server.http("GET", "/v1/mailboxes/alice@127.0.0.1").json()
        expect_equal((counted["voice"]["new"], counted["fax"]["new"]), (5, 5), "what was counted")


@story
def tokens_are_made_and_revoked_while_it_runs():
    """They outlive a restart, and so does that one was revoked."""
    with Server() as server:
        token = Finished(server, "token", "make", "grafana").expect_code(OK).out.strip()
        gone = Finished(server, "token", "make", "gone").expect_code(OK).out.strip()
        Finished(server, "token", "revoke", "gone").expect_code(OK)
        server.stop()
        server.start()
        Finished(server, "subscriptions", HERALD_TOKEN=token).expect_code(OK)
        Finished(server, "subscriptions", HERALD_TOKEN=gone).expect_code(FAILED)
        Finished(server, "account", "list", HERALD_TOKEN=token).expect_code(FAILED)
        listed = Finished(server, "token", "list").expect_code(OK).out
        expect("grafana  read  (api)" in listed and "gone" not in listed, listed)


@story
def a_reload_says_what_counts_and_what_does_not():
    """Over HTTP, as SIGHUP does it; a file with a mistake changes nothing."""
    with Server() as server:
        expect_equal(Finished(server, "reload").expect_code(OK).out.strip(), "nothing changed", "a reload of the same")
        server.config["server"].update(log_level="info", shards=2)
        server.config["http"]["tokens"] = ["reader read " + "0" * 64]
        server.write_config()
        said = Finished(server, "reload").expect_code(OK).out.split("\n")
        expect_equal(sorted(line for line in said if line),
                     ["in effect      http.tokens", "in effect      server.log_level", "needs restart  server.shards"], "what is said")
        expect("reader" in Finished(server, "token", "list").out, "tokens of the configuration are read again")
        wait_until(lambda: "event=config.read applied=2 needs_restart=1" in server.log(), "the line in the log")
        written(server, "herald.toml", "[sip]\nlistn = 7\n")
        refused = Finished(server, "reload").expect_code(FAILED)
        expect("sip.listn" in refused.err, refused.err)


@story
def a_store_that_must_exist_is_not_made():
    """A mistyped path is told, and nothing is written there; a new store is told of loudly."""
    with Server() as server:
        expect("event=store.made" in server.log() and "NEW: nothing was there" in server.log(), server.log_tail())
        server.stop()
        server.config["store"]["must_exist"] = True
        server.start()
        expect_equal(server.log().count("event=store.made"), 1, "how often it was made")
        server.stop()
        server.config["store"]["url"] = f"sqlite:{server.directory}/mistyped.db"
        done = subprocess.run([binary(), "serve", "--config", server.write_config()], cwd=server.directory, capture_output=True, text=True,
                              timeout=PATIENCE, check=False)
        expect(done.returncode == 1 and "store.must_exist" in done.stderr, done.stderr)
        expect(not os.path.exists(f"{server.directory}/mistyped.db"), "it was made all the same")


@story
def the_log_answers_why_a_phone_does_not_register():
    """As objects of JSON: who registered and went, who was refused and why, who changed what."""
    with Server(sip={"auth": "digest"}, server={"log_level": "info", "log_format": "json"}) as server:
        server.put_account("217@127.0.0.1", "right")
        Finished(server, "register", uri(server, "217"), "sip:217@127.0.0.1:5999", HERALD_PASSWORD="right")
        Finished(server, "register", uri(server, "217"), "sip:217@127.0.0.1:5999", HERALD_PASSWORD="wrong")

        def events():
            lines = [line for line in server.log().splitlines() if line.startswith("{")]
            return {event["event"]: event for event in map(json.loads, lines)}
        wait_until(lambda: "auth.refused" in events(), "the refusal is in the log")
        told = events()
        expect_equal(told["auth.refused"]["user"], "217", "who was refused")
        expect_equal(told["http.answered"]["path"], "/v1/accounts/217@127.0.0.1", "what was changed")
        expect_equal((told["http.answered"]["token"], told["http.answered"]["status"]), ("operator", 201), "by whom")


@story
def a_trace_shows_the_messages_of_one_user():
    """At the terminal, and as a capture; the password's proof is masked."""
    with Server(sip={"auth": "digest"}) as server, tempfile.TemporaryDirectory() as folder:
        server.put_account("217@127.0.0.1", "right")
        server.put_account("218@127.0.0.1", "right")
        capture = os.path.join(folder, "217.pcap")
        with Running(server, "trace", "217", "--for", "60") as shown, Running(server, "trace", "217", "--pcap", capture) as captured:
            wait_until(lambda: len(server.http("GET", "/v1/traces").json()["traces"]) == 2, "both have begun")
            for user in ("217", "218"):
                Finished(server, "publish", uri(server, user), "--status", "open", HERALD_PASSWORD="right").expect_code(OK)
            lines = []
            while not any("SIP/2.0 200" in line for line in lines):
                lines.append(shown.line())
            shown.interrupt()
            wait_until(lambda: os.path.getsize(capture) > 24, "something is captured")
            expect_equal(captured.interrupt(), OK, "the exit code of Ctrl-C")
        text = "\n".join(lines)
        expect("PUBLISH sip:217@" in text and "218@" not in text, text)
        expect('response="****' in text, "the digest's response is masked")
        with open(capture, "rb") as file:
            bytes_there = file.read()
        expect_equal(struct.unpack_from("=IHH12xI", bytes_there), (0xA1B2C3D4, 2, 4, 101), "what the capture begins with")
        expect(b"PUBLISH sip:217@" in bytes_there and b"218@" not in bytes_there, "the messages in the capture")
        expect_equal(server.http("GET", "/v1/traces").json()["traces"], [], "traces that are left")
        if shutil.which("tcpdump"):
            read = subprocess.run(["tcpdump", "-r", capture, "-n"], capture_output=True, text=True, timeout=PATIENCE, check=False)
            expect(read.returncode == 0 and "127.0.0.1" in read.stdout, read.stdout + read.stderr)


def hep_chunks(packet):
    """What a packet of HEP version 3 holds: {type: value}."""
    expect(packet[:4] == b"HEP3" and struct.unpack_from(">H", packet, 4)[0] == len(packet), f"not HEP3: {packet[:6]!r} of {len(packet)}")
    chunks, at = {}, 6
    while at < len(packet):
        vendor, kind, length = struct.unpack_from(">HHH", packet, at)
        expect(vendor == 0 and length >= 6 and at + length <= len(packet), f"a chunk of {length} bytes")
        chunks[kind] = packet[at + 6:at + length]
        at += length
    return chunks


@story
def a_trace_goes_to_a_collector():
    """HEP version 3: the messages of one user and no others, from whom to whom, when; nothing where nobody asked for it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as collector:
        collector.bind(("127.0.0.1", 0))
        collector.settimeout(PATIENCE)
        with Server(sip={"auth": "digest"}, server={"hep": f"127.0.0.1:{collector.getsockname()[1]}", "hep_node": 17}) as server:
            for user in ("217", "218"):
                server.put_account(f"{user}@127.0.0.1", "right")
            with Running(server, "trace", "217", "--hep", "--for", "60"), Running(server, "trace", "218", "--for", "60"):
                wait_until(lambda: len(server.http("GET", "/v1/traces").json()["traces"]) == 2, "both have begun")
                wanted = {each["user"]: each["hep"] for each in server.http("GET", "/v1/traces").json()["traces"]}
                expect_equal(wanted, {"217": True, "218": False}, "which trace is for the collector")
                for user in ("218", "217"):
                    Finished(server, "publish", uri(server, user), "--status", "open", HERALD_PASSWORD="right").expect_code(OK)
                packets = [hep_chunks(collector.recv(65535)) for _ in range(4)]
            sent = server.metric("^herald_hep_sent_total")
            dropped = server.metric("^herald_hep_dropped_total")
        starts = [each[15].split(b"\r\n")[0] for each in packets]
        expect([line.split()[0] for line in starts[::2]] == [b"PUBLISH", b"PUBLISH"], str(starts))
        expect([line.split()[1] for line in starts[1::2]] == [b"401", b"200"], str(starts))
        ours = struct.pack(">H", server.sip_port)
        for number, each in enumerate(packets):
            expect(b"218" not in each[15].split(b"\r\n")[0], "a message of somebody else")
            is_in = number % 2 == 0
            expect_equal((each[1], each[2], each[11], each[12]), (b"\x02", b"\x11", b"\x01", struct.pack(">I", 17)), "IPv4, UDP, SIP, the node")
            expect_equal((each[3], each[4]), (socket.inet_aton("127.0.0.1"),) * 2, "addresses")
            expect_equal(each[8 if is_in else 7], ours, "the server's port")
            expect(abs(struct.unpack(">I", each[9])[0] - time.time()) < 3600 and struct.unpack(">I", each[10])[0] < 1_000_000, "when")
            expect(each[17] in each[15] and each[17] == packets[0][17], "the Call-ID, one for all")
        expect(b'response="****' in packets[2][15], "the digest's response is masked")
        expect_equal((sent, dropped), (4, 0), "sent and dropped")
    with Server() as server:
        refused = Finished(server, "trace", "217", "--hep").expect_code(FAILED)
        expect("server.hep" in refused.err, refused.err)


@story
def a_check_finds_secrets_that_everybody_can_read():
    with Server() as server:
        server.config["pbx"] = {"servers": ["office sip:192.0.2.5 herald secret"]}
        path = server.write_config()
        os.chmod(path, 0o644)
        said = Finished(server, "config", "--check", path).expect_code(OK).out
        expect("pbx.servers: everybody on this machine can read" in said, said)
        secret = written(server, "password", "secret\n")
        os.chmod(secret, 0o600)
        server.config["pbx"] = {"servers": [f"office sip:192.0.2.5 herald file:{secret}"]}
        expect("everybody on" not in Finished(server, "config", "--check", server.write_config()).expect_code(OK).out, "a file of its own")


tell()
