# tests/integration/unsynced.py: a 200 follows its sync: what was answered survives the loss of everything not synced.
"""kill -9 alone leaves all writes in the kernel's cache. Here a preloaded library (_unsynced.c) keeps a copy of what was
synced; after each kill that copy takes the store's place, as if the power had gone.
"""
import os
import random
import shutil
import subprocess
import tempfile

from _herald import Server
from _model import crash_rounds
from _sip import Client
from _stories import expect, skip_all, story, tell

KILLS = int(os.environ.get("HERALD_KILLS", "15"))
SEED = int(os.environ.get("HERALD_SEED", "20260214"))


def compiled(directory):
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_unsynced.c")
    library = os.path.join(directory, "unsynced.so")
    compiler = shutil.which("cc") or skip_all("no C compiler")
    subprocess.run([compiler, "-Wall", "-O1", "-shared", "-fPIC", "-pthread", "-o", library, source, "-ldl"], check=True)
    return library


class Power:
    """Cuts it: the synced copies take the place of the store's files."""

    def __init__(self, server):
        self.server = server
        self.lost = 0  # files that lost something

    def cut(self):
        store = os.path.join(self.server.directory, "herald.db")
        for name in (store, store + "-wal"):
            written, synced = contents(name), contents(name + ".synced")
            self.lost += written != synced
            with open(name, "wb") as file:
                file.write(synced)
        if os.path.exists(store + "-shm"):
            os.remove(store + "-shm")


def contents(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


@story
def what_was_answered_200_was_synced_before():
    """The promise of a 200, against a power cut."""
    print(f"HERALD_SEED={SEED} HERALD_KILLS={KILLS}")
    with tempfile.TemporaryDirectory(prefix="herald-test-") as directory:
        options = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        environment = {"LD_PRELOAD": compiled(directory), "ASAN_OPTIONS": options.lstrip(":")}
        with Server(environment=environment) as server, Client(server.address) as client:
            power = Power(server)
            print(dict(crash_rounds(server, client, random.Random(SEED), KILLS, power.cut)))
            print(f"{power.lost} files lost something")
            expect(os.path.exists(os.path.join(server.directory, "herald.db-wal.synced")), "the log was never synced")
            expect(power.lost > 0, "no kill came between a write and its sync, so nothing was shown")
            server.stop()


tell()
