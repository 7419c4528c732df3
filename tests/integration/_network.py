# tests/integration/_network.py: a network of one's own: `lan`, where Herald is, and a cable to another one, where phones are.
import ctypes
import os
import subprocess
import sys

from _herald import wait_until
from _stories import expect, skip_all

ALONE = "HERALD_TEST_NETWORK"  # in the environment once this runs in a network of its own
CLONE_NEWNET = 0x40000000


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


def enter_a_network_of_its_own():
    """Starts this file again in a network of its own."""
    if ALONE in os.environ:
        return
    for unshare in (["unshare", "--net"], ["unshare", "--net", "--map-root-user"]):
        if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode == 0:
            os.environ[ALONE] = "own"
            os.execvp(unshare[0], [*unshare, sys.executable, *sys.argv])
    skip_all("no network of one's own is permitted here")


class Desk:
    """The other end of the cable, with these addresses ("192.0.2.7/24"); `lan` has `server`. Sockets made within `with desk` are there."""

    def __init__(self, server, addresses):
        # Held by a process that sleeps there, and by a descriptor here.
        # It keeps nothing of this process, and ends with the pipe from here.
        self.keeper = subprocess.Popen(["unshare", "--net", "cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
        wait_until(lambda: os.readlink(f"/proc/{self.keeper.pid}/ns/net") != os.readlink("/proc/self/ns/net"), "it is there")
        self.there = os.open(f"/proc/{self.keeper.pid}/ns/net", os.O_RDONLY)
        self.here = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.libc = ctypes.CDLL(None, use_errno=True)
        ip("link", "set", "lo", "up")
        ip("link", "add", "lan", "type", "veth", "peer", "name", "desk")
        ip("link", "set", "desk", "netns", str(self.keeper.pid))
        ip("addr", "add", f"{server}/24", "dev", "lan")
        ip("link", "set", "lan", "up")
        with self:
            batch = "".join(f"addr add {address} dev desk\n" for address in addresses)
            subprocess.run(["ip", "-batch", "-"], input=batch, text=True, check=True, capture_output=True)
            ip("link", "set", "lo", "up")
            ip("link", "set", "desk", "up")

    def __enter__(self):
        expect(self.libc.setns(self.there, CLONE_NEWNET) == 0, "the phones' network can be entered")
        return self

    def __exit__(self, *_):
        self.libc.setns(self.here, CLONE_NEWNET)
