# tests/hostile/files.py: who fetches files and does not read them takes no memory, and keeps no phone from its own.
import http.client
import os
import re
import socket
import time

from _hostile import ACCOMPLICE, DOMAIN, STRANGER, guarded

from _herald import free_port, wait_until
from _stories import expect, expect_equal, story, tell

MEGABYTE = 1 << 20
# The address sanitizer keeps 256 MB of what was freed; what is held is the question here.
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=8"
PHONE = "/00041312ab34.cfg"


def serving(**keys):
    port = free_port()
    return guarded(provisioning={"listen": f"127.0.0.1:{port}", "url": f"http://127.0.0.1:{port}",
                                 "plain_paths": ["/{mac}.cfg"], **keys}), port


def put(server, name, body, **members):
    answer = server.http("PUT", f"/v1/profiles/device/{name}", {"content_type": "text/plain", "body": body, **members})
    expect(answer.status in (201, 204), f"the profile is put: {answer.status} {answer.body!r}")


def resident(server):
    """Megabytes of memory that the process has now."""
    with open(f"/proc/{server.process.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MEGABYTE


def asking(port, source, path=PHONE):
    """Asks for a file, and reads nothing."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    made.bind((source, 0))
    made.connect(("127.0.0.1", port))
    made.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return made


def fetch(port, source, path=PHONE, headers=()):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60, source_address=(source, 0))
    try:
        connection.request("GET", path, headers=dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@story
def readers_that_do_not_read_take_a_share():
    """Four megabytes each, put together from one: http.buffer is the limit, an eighth of it for each source."""
    server, port = serving()
    with server:
        put(server, "part", "x" * 1000000, public=True, template=False)
        put(server, "all", "{{include device/part}}" * 4, public=True, **{"for": "00:04:13:12:ab:34"})
        expect_equal(len(fetch(port, ACCOMPLICE)[1]), 4000000, "the file")
        before, worst, slowest = resident(server), 0.0, 0.0
        readers = []
        for _ in range(20):
            readers += [asking(port, STRANGER) for _ in range(20)]
            begin = time.monotonic()
            status, body = fetch(port, ACCOMPLICE)
            slowest = max(slowest, time.monotonic() - begin)
            expect_equal((status, len(body)), (200, 4000000), "a phone elsewhere gets its file")
            worst = max(worst, resident(server) - before)
        print(f"400 readers of 4 MB: {worst:.0f} MB more, a phone waits {slowest:.1f} s at most")
        expect(worst < 200, f"{worst:.0f} MB for readers that do not read")
        for reader in readers:
            reader.close()
        wait_until(lambda: server.metric("^herald_http_buffered_bytes") < 8 * MEGABYTE, "all is given back")
        server.stop()


@story
def a_stranger_does_not_learn_which_phones_there_are():
    """Of one with a profile, one with a secret profile and one that nobody knows he is told the same."""
    server, port = serving()
    with server:
        server.put_account(f"alice@{DOMAIN}", "a secret")
        put(server, "own", "the password is 123", public=False, **{"for": "00:04:13:12:ab:34"})
        put(server, "secret", "the password is 456", secret=True, **{"for": "00:04:13:12:ab:35"})

        def told(mac, login=None):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60, source_address=(STRANGER, 0))
            connection.request("GET", f"/{mac}.cfg", headers={"Authorization": login} if login else {})
            answer = connection.getresponse()
            fields = [re.sub(r'nonce="[^"]*"', "nonce", f"{name}: {value}") for name, value in answer.getheaders() if name != "Date"]
            body = answer.read()
            connection.close()
            return answer.status, fields, body

        guess = (f'Digest username="alice", realm="{DOMAIN}", nonce="x", uri="/x.cfg", qop=auth, nc=00000001, cnonce="c", '
                 'response="00000000000000000000000000000000"')
        for login in (None, "Basic YWxpY2U6eA==", guess):
            nobody = told("00041312ab36", login)
            expect_equal(nobody[0], 401, f"a phone that nobody knows, login {login}")
            for mac in ("00041312ab34", "00041312ab35"):
                expect_equal(told(mac, login), nobody, f"{mac}, login {login}")
        server.stop()


tell()
