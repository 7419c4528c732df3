# tests/integration/system_limits.py: what the system does to a process: it stands still, files may not grow, memory ends,
# the store's files go away. Each is survived, or told in a sentence.
import os
import shutil
import signal

from _herald import Server, binary, wait_until
from _sip import Client, NoAnswer, Publication, pidf
from _stories import expect, expect_equal, skip_all, story, tell

ALICE = "sip:alice@localhost"
WATCHERS = 10
T1 = 0.1


def is_sanitized():
    with open(binary(), "rb") as file:
        content = file.read()
    return b"__asan_init" in content or b"__tsan_init" in content


def limited(limit, **sections):
    if not shutil.which("prlimit"):
        skip_all("there is no prlimit")
    return Server(wrapper=["prlimit", limit], **sections)


def publish_until_refused(server, client, most):
    """Large documents of one user after the other. Returns the last status; None: the server is gone."""
    status = None
    for number in range(most):
        user = f"sip:user{number}@localhost"
        body = pidf(user, note="x" * 50000)
        try:
            status = Publication(client, user).send(body, seconds=10).status
        except (NoAnswer, AssertionError, OSError):
            return None
        if status != 200 or not server.alive():
            break
    return status if server.alive() else None


@story
def answers_that_came_while_the_process_stood_still_were_in_time():
    """SIGSTOP for longer than 64*T1, SIGCONT: nobody who answered is taken for silent, though one silence is enough."""
    with Server(sip={"t1_ms": int(T1 * 1000)}, notify={"timeout_max": 1}) as server, \
            Client(server.address) as watchers, Client(server.address) as alice:
        for number in range(WATCHERS):
            watchers.subscribe(ALICE, user=f"w{number}")
        alice.publish(ALICE, pidf(ALICE, note="there"))
        # One NOTIFY each with the SUBSCRIBE, one each now; nobody answers these before pump().
        wait_until(lambda: server.metric("^herald_notify_sent_total") >= 2 * WATCHERS, "all are told")
        server.process.send_signal(signal.SIGSTOP)
        watchers.pump(64 * T1 + 1.5)
        told = sum(b"there" in each.last.body for each in watchers.subscriptions.values())
        expect_equal(told, WATCHERS, "watchers that were told, and have answered")
        server.process.send_signal(signal.SIGCONT)
        alice.publish(ALICE, pidf(ALICE, note="again", tuple_id="two"))
        for each in watchers.subscriptions.values():
            each.wait_body("again")
        states = [row["state"] for row in server.subscriptions()]
        expect_equal(states, ["active"] * WATCHERS, "the subscriptions")
        server.stop()


@story
def a_file_that_may_not_grow_is_a_store_that_does_not_write():
    """RLIMIT_FSIZE: what cannot be stored is told 503, /readyz says so, and the process goes on."""
    with limited("--fsize=2000000") as server, Client(server.address, transport="tcp") as client:
        expect_equal(publish_until_refused(server, client, 200), 503, "the answer once the file is full")
        answer = server.http("GET", "/readyz")
        expect_equal(answer.status, 503, "/readyz")
        print(answer.json()["detail"])
        expect("store" in answer.json()["detail"], "it says that it is the store")
        print(server.log_tail(3))
        expect("store." in server.log_tail(3), "the log says so")


@story
def the_end_of_memory_is_told_in_a_sentence():
    """RLIMIT_AS: the store says that it finds none, or the process ends and says so; what was acknowledged is there."""
    if is_sanitized():
        return
    with limited("--as=420000000", server={"shards": 1}) as server, Client(server.address, transport="tcp") as client:
        expect(publish_until_refused(server, client, 8000) in (503, None), "the end")
        wait_until(lambda: "out of memory" in server.log(), "the sentence", 10)
        print(server.log_tail(3))
        server.kill()
        server.wrapper = []
        server.start()
        kept = server.http("GET", "/v1/resources/presence/user0@localhost")
        expect(kept.status == 200 and b"xxxx" in kept.body, "what was acknowledged is there")


@story
def files_that_are_deleted_under_a_running_server_are_noticed():
    """Nothing is acknowledged that no start would find."""
    with Server() as server, Client(server.address) as client:
        client.publish(ALICE, pidf(ALICE))
        for name in ("herald.db", "herald.db-wal"):
            os.remove(os.path.join(server.directory, name))
        wait_until(lambda: server.http("GET", "/readyz").status == 503, "/readyz says no", 40)
        expect_equal(Publication(client, ALICE).send(pidf(ALICE)).status, 503, "a PUBLISH")
        print(server.http("GET", "/readyz").json()["detail"])


@story
def an_empty_database_beside_a_full_log_is_no_empty_store():
    """The start is refused, in a sentence that names the file."""
    with Server() as server, Client(server.address) as client:
        client.publish(ALICE, pidf(ALICE))
        server.kill()
        database = os.path.join(server.directory, "herald.db")
        kept = database + ".kept"
        shutil.copy(database, kept)
        os.truncate(database, 0)
        server.launch()
        expect(server.process.wait(30) != 0, "it started")
        print(server.log_tail(2))
        expect(database in server.log_tail(2), "the sentence names the file")
        shutil.move(kept, database)
        server.start()
        expect_equal(server.http("GET", "/v1/resources/presence/alice@localhost").status, 200, "what is there")
        server.stop()


tell()
