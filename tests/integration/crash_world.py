# tests/integration/crash_world.py: every kind of change over UDP, TCP and HTTP, kill -9 at any moment, copies that come late.
"""HERALD_KILLS=2000 runs longer; HERALD_SHARDS=4 plays one story only, on so many shards; HERALD_SEED=7 repeats a run, as far
as the moments of a live process can be repeated. HERALD_THOROUGH=1 takes minutes. scripts/postgres run plays it on PostgreSQL.
"""
import os
import random
import shutil
import subprocess
import tempfile
import time

from _herald import Server
from _stories import expect, skip_all, story, tell
from _world import SECTIONS, FailingDisk, World

KILLS = int(os.environ.get("HERALD_KILLS", "120" if "HERALD_THOROUGH" in os.environ else "8"))
SEED = int(os.environ.get("HERALD_SEED", "20260610"))
SHARDS = [int(os.environ["HERALD_SHARDS"])] if "HERALD_SHARDS" in os.environ else [1, 4]


def lives(shards, kills, disk=None, environment=None):
    print(f"HERALD_SEED={SEED} HERALD_KILLS={kills} HERALD_SHARDS={shards}", flush=True)
    begun = time.monotonic()
    with Server(server={"shards": shards}, environment=environment, **SECTIONS) as server:
        world = World(server, random.Random(SEED + shards), disk)
        did = world.rounds(kills)
        world.close()
        print(f"{kills} kills in {time.monotonic() - begun:.0f} s: {dict(did)}")
        expect(did["sent again"] > 0 and did["copies"] > 0, "no kill hit the middle of anything")
        server.stop()


@story
def nothing_acknowledged_is_lost_and_everybody_is_told_the_truth():
    """What a 200 means, for everything that can be changed."""
    if 1 in SHARDS:
        lives(1, KILLS)


@story
def nor_on_more_shards():
    """The same, a third as often, where changes of several threads meet in one commit."""
    for shards in SHARDS:
        if shards > 1:
            lives(shards, KILLS if len(SHARDS) == 1 else max(1, KILLS // 3))


@story
def nor_where_the_disk_fails():
    """No space, syncs that fail, writes that are cut short; then the kill. A 503 changed nothing."""
    if len(SHARDS) == 1 or "HERALD_POSTGRES" in os.environ:
        return
    compiler = shutil.which("cc") or skip_all("no C compiler")
    with tempfile.TemporaryDirectory(prefix="herald-test-") as directory:
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_failing.c")
        library = os.path.join(directory, "failing.so")
        subprocess.run([compiler, "-Wall", "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
        disk = FailingDisk(os.path.join(directory, "fails"))
        options = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        lives(1, max(1, KILLS // 3), disk, {"LD_PRELOAD": library, "ASAN_OPTIONS": options.lstrip(":"), "HERALD_FAILING": disk.flag})
        expect(disk.failures > 0, "the disk never failed")


tell()
