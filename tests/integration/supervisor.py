# tests/integration/supervisor.py: what a service manager is told (sd_notify(3)), and the systemd unit that relies on it.
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from _herald import PATIENCE, Server, binary
from _stories import Skip, expect, expect_equal, story, tell

PACKAGING = Path(__file__).resolve().parents[2] / "packaging"
PTRACE_ATTACH, PTRACE_DETACH, WALL = 16, 17, 0x40000000
BEAT_USEC = 400_000  # what the manager of these stories grants


class Manager:
    """Stands in for systemd: a datagram socket, and what was written to it."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="herald-notify-")
        self.path = os.path.join(self.folder, "socket")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.socket.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def told(self, seconds=PATIENCE):
        """The next datagram as {"READY": "1"}; None where none comes in time."""
        self.socket.settimeout(seconds)
        try:
            return dict(line.split("=", 1) for line in self.socket.recv(4096).decode().splitlines())
        except (TimeoutError, BlockingIOError):
            return None

    def wait_for(self, word):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            told = self.told()
            if told is not None and word in told:
                return told
        raise AssertionError(f"never told {word}")


def watched(manager, **environment):
    return Server(environment={"NOTIFY_SOCKET": manager.path, **environment}, server={"shards": 2, "log_level": "warning"})


def falls_silent(manager):
    """Whether no beat comes for twice the time granted, after those that wait in the socket or are owed to earlier turns."""
    return any(manager.told(2 * BEAT_USEC / 1e6) is None for _ in range(20))


class Stopped:
    """One thread of a child of ours stands still, the others go on."""

    def __init__(self, pid, name):
        tasks = Path(f"/proc/{pid}/task").iterdir()
        self.thread = next(int(task.name) for task in tasks if (task / "comm").read_text().strip() == name)
        self.libc = ctypes.CDLL(None, use_errno=True)

    def ptrace(self, request):
        if self.libc.ptrace(request, self.thread, None, None) != 0:
            raise Skip(f"ptrace is not permitted: {os.strerror(ctypes.get_errno())}")

    def __enter__(self):
        self.ptrace(PTRACE_ATTACH)
        os.waitpid(self.thread, WALL)

    def __exit__(self, kind, value, trace):
        self.ptrace(PTRACE_DETACH)


@story
def readiness_and_the_end_are_told():
    """READY once requests are served, STOPPING once it ends; no watchdog is answered that nobody set."""
    with Manager() as manager, watched(manager) as server:
        expect_equal(manager.told().get("READY"), "1", "the first word")
        server.stop()
        expect_equal(manager.told().get("STOPPING"), "1", "the second word")
        expect_equal(manager.told(0), None, "the third word")


@story
def reading_the_configuration_again_is_told():
    """RELOADING with its time, then READY."""
    with Manager() as manager, watched(manager) as server:
        manager.wait_for("READY")
        server.process.send_signal(signal.SIGHUP)
        reloading = manager.wait_for("RELOADING")
        expect(int(reloading["MONOTONIC_USEC"]) > 0, "the time of the reload")
        expect_equal(manager.told().get("READY"), "1", "what comes after RELOADING")


@story
def what_became_of_a_reload_is_counted():
    """A key that needs a restart is counted until the next one; a file with a mistake is refused whole."""
    with Manager() as manager, watched(manager) as server:
        manager.wait_for("READY")
        for keys, result in (({"shards": 3}, "done"), ({"shards": "many"}, "refused")):
            server.config["server"].update(keys)
            server.write_config()
            server.process.send_signal(signal.SIGHUP)
            manager.wait_for("RELOADING")
            manager.wait_for("READY")
            expect_equal(server.metric(f'herald_config_reloads_total{{result="{result}"}}'), 1, result)
            expect_equal(server.metric("herald_config_needs_restart"), 1, "keys that wait")


@story
def the_watchdog_hears_of_shards_that_turn():
    """A beat while all shards turn; none while one stands still, however well the others are; again once it goes on."""
    with Manager() as manager, watched(manager, WATCHDOG_USEC=str(BEAT_USEC)) as server:
        manager.wait_for("WATCHDOG")
        with Stopped(server.process.pid, "shard 1"):
            expect(falls_silent(manager), "beats go on while a shard stands still")
        manager.wait_for("WATCHDOG")


@story
def a_watchdog_of_another_process_is_not_answered():
    """$WATCHDOG_PID names whom it is for."""
    with Manager() as manager, watched(manager, WATCHDOG_USEC=str(BEAT_USEC), WATCHDOG_PID="1"):
        manager.wait_for("READY")
        expect_equal(manager.told(2 * BEAT_USEC / 1e6), None, "what comes after READY")


@story
def the_unit_is_one_systemd_understands():
    """systemd-analyze verify, with the program where the unit looks for it."""
    if shutil.which("systemd-analyze") is None:
        raise Skip("there is no systemd-analyze")
    with tempfile.TemporaryDirectory(prefix="herald-unit-") as folder:
        unit = (PACKAGING / "herald.service").read_text(encoding="utf-8").replace("/usr/bin/herald", "/bin/true")
        path = Path(folder) / "herald.service"
        path.write_text(unit.replace("Documentation=man:herald(1) ", "Documentation="), encoding="utf-8")
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(path)], capture_output=True, text=True,
                              timeout=PATIENCE, check=False)
        said = [line for line in done.stderr.splitlines() if "herald" in line]
        expect(done.returncode == 0 and not said, f"systemd-analyze: {done.returncode}\n{done.stderr}")


@story
def the_unit_waits_for_what_the_server_says():
    """Its words and this program's belong together."""
    lines = (PACKAGING / "herald.service").read_text(encoding="utf-8").splitlines()
    for line in ("Type=notify", "WatchdogSec=30", "StateDirectory=herald", "ProtectSystem=strict"):
        expect(line in lines, f"the unit lacks {line}")


@story
def the_installed_configuration_is_right():
    """What the package puts into /etc/herald."""
    done = subprocess.run([binary(), "config", "--check", PACKAGING / "herald.toml"], capture_output=True, text=True,
                          timeout=PATIENCE, check=False)
    expect(done.returncode == 0, done.stdout + done.stderr)


tell()
