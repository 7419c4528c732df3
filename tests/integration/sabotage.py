# tests/integration/sabotage.py: the kill model is tested itself: a store that lies in one of nine ways is found out.
import os
import random
import shutil
import subprocess
import tempfile

from _herald import Server
from _sip import NoAnswer
from _stories import expect, skip_all, story, tell
from _world import SECTIONS, World

# What is not written though it is said to be, and every how many times.
SABOTAGES = {
    "a new publication": ("INSERT OR REPLACE INTO publications", 3),
    "a publication that is modified or refreshed": ("UPDATE publications", 3),
    "the end of a publication": ("DELETE FROM publications WHERE", 2),
    "the mark of a removed publication": ("INSERT INTO publication_marks", 1),
    "a new subscription": ("INSERT OR REPLACE INTO subscriptions", 2),
    "a message": ("INSERT INTO messages", 3),
    "who may see what": ("INSERT OR REPLACE INTO policies", 2),
    "the number of the run": ("UPDATE facts SET epoch", 1),
    "a whole commit": ("COMMIT", 4),
}
MOST_ROUNDS = 40


def compiled(directory):
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_sabotage.c")
    library = os.path.join(directory, "sabotage.so")
    compiler = shutil.which("cc") or skip_all("no C compiler")
    subprocess.run([compiler, "-Wall", "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


def finding(environment):
    """What the model says of such a store; None: nothing."""
    try:
        with Server(environment=environment, **SECTIONS) as server:
            world = World(server, random.Random(3))
            world.rounds(MOST_ROUNDS)
    except (AssertionError, NoAnswer, OSError) as failure:
        return str(failure)
    return None


@story
def a_store_that_lies_is_found_out():
    """Each of the nine within forty kills."""
    with tempfile.TemporaryDirectory(prefix="herald-test-") as directory:
        library = compiled(directory)
        options = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        unnoticed = []
        for name, (statement, every) in SABOTAGES.items():
            found = finding({"LD_PRELOAD": library, "ASAN_OPTIONS": options.lstrip(":"), "HERALD_SABOTAGE": statement,
                             "HERALD_SABOTAGE_EVERY": str(every)})
            print(f"{name}: {found}")
            if found is None:
                unnoticed.append(name)
        expect(not unnoticed, f"unnoticed: {unnoticed}")


tell()
