# tests/integration/_postgres.py: the PostgreSQL of scripts/postgres, and schemas in it for the servers of the tests.
"""Where HERALD_POSTGRES names a server (scripts/postgres run ...), every Server keeps its state there."""
import os
import re
import shutil
import signal
import subprocess
import time

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "postgres")


def url():
    """Of the server; None: there is none, and the state is in SQLite."""
    return os.environ.get("HERALD_POSTGRES")


def psql(sql, at=None):
    """Runs SQL and returns what it prints, a row a line."""
    program = shutil.which("psql") or "/usr/lib/postgresql/15/bin/psql"
    done = subprocess.run([program, "-XqAt", "-v", "ON_ERROR_STOP=1", at or url(), "-c", sql], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False, timeout=60)
    if done.returncode != 0:
        raise AssertionError(f"psql: {done.stderr.decode()}")
    return done.stdout.decode().strip()


def schema_of(directory):
    return "herald_" + re.sub(r"[^a-z0-9]", "_", os.path.basename(directory).lower())


def store_url(directory):
    """The store of a server with this directory: the same one each time."""
    if url() is None:
        return f"sqlite:{directory}/herald.db"
    psql(f"SET client_min_messages = warning; CREATE SCHEMA IF NOT EXISTS {schema_of(directory)}")
    return f"{url()}?connect_timeout=60&options=-csearch_path%3D{schema_of(directory)}"


def forget(directory):
    if url() is not None:
        psql(f"SET client_min_messages = warning; SET lock_timeout = '20s'; DROP SCHEMA IF EXISTS {schema_of(directory)} CASCADE")


def stop_immediately():
    """As kill -9 would: no checkpoint, no goodbye to sessions. At once: the signal is what pg_ctl would send."""
    pid_file = os.path.join(os.environ["HERALD_POSTGRES_FOLDER"], "data", "postmaster.pid")
    with open(pid_file, encoding="ascii") as file:
        os.kill(int(file.readline()), signal.SIGQUIT)
    end = time.monotonic() + 60
    while os.path.exists(pid_file):
        if time.monotonic() > end:
            raise AssertionError("PostgreSQL does not stop")
        time.sleep(0.005)


def start():
    subprocess.run([SCRIPT, "start", os.environ["HERALD_POSTGRES_FOLDER"]], check=True, timeout=90, stdout=subprocess.DEVNULL)
