# tests/integration/_debian.py: programs of Debian packages that are unpacked for a test, not installed: nothing is started, and nothing is
# left on the machine but a folder in the build's.
import fcntl
import glob
import os
import shutil
import subprocess
import tempfile


def unpacked(name, packages):
    """The folder with the files of these packages, fetched once for a build. Raises OSError where they cannot be had."""
    root = os.path.join(os.getcwd(), ".cache", name)
    os.makedirs(os.path.dirname(root), exist_ok=True)
    with open(root + ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(os.path.join(root, "complete")):
            shutil.rmtree(root, ignore_errors=True)
            fetch(root, packages)
    return root


def fetch(root, packages):
    if not shutil.which("apt-get"):
        raise OSError(f"there is no apt-get to fetch {packages[0]} with")
    with tempfile.TemporaryDirectory() as folder:
        done = run(["apt-get", "-qq", "download", *packages], folder)
        if done.returncode != 0:  # a system without package lists, or with stale ones
            run([*([] if os.geteuid() == 0 else ["sudo", "-n"]), "apt-get", "-qq", "update"], folder)
            done = run(["apt-get", "-qq", "download", *packages], folder)
        if done.returncode != 0:
            raise OSError(f"{packages[0]} cannot be had: {done.stderr[-500:]}")
        for package in glob.glob(os.path.join(folder, "*.deb")):
            subprocess.run(["dpkg", "-x", package, root], check=True, timeout=120)
    with open(os.path.join(root, "complete"), "w", encoding="ascii"):
        pass


def run(command, folder):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
