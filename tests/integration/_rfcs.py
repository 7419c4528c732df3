# tests/integration/_rfcs.py: the texts of RFCs, as Debian packages them.
"""They are read where doc-rfc-std-proposed was installed, or from the folders in $HERALD_RFCS. Where neither is, the package is
fetched and unpacked into the folder this runs in, the build's. It is in Debian's section non-free, which few systems have among
their sources: so it is looked for with package lists of its own, and the system's stay as they are."""
import fcntl
import glob
import gzip
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

PACKAGE = "doc-rfc-std-proposed"
INSTALLED = "/usr/share/doc/RFC"
MIRROR = os.environ.get("HERALD_DEBIAN", "http://deb.debian.org/debian")
KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"


def text_of(number, folders):
    """None: none of the folders has it."""
    for folder in folders:
        for path in sorted(Path(folder).rglob(f"rfc{number}.txt*")):
            raw = path.read_bytes()
            return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8", "replace").replace("\r\n", "\n")
    return None


def folders():
    """Where RFCs are on this machine. May fetch them; raises OSError where they cannot be had."""
    if named := os.environ.get("HERALD_RFCS"):
        return named.split(os.pathsep)
    if text_of(3863, [INSTALLED]):
        return [INSTALLED]
    return [unpacked()]


def unpacked():
    root = os.path.join(os.getcwd(), ".cache", "rfc")
    os.makedirs(os.path.dirname(root), exist_ok=True)
    with open(root + ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(os.path.join(root, "complete")):
            shutil.rmtree(root, ignore_errors=True)
            fetch(root)
    return root


def fetch(root):
    if not shutil.which("apt-get"):
        raise OSError("there is no apt-get to fetch them with")
    with tempfile.TemporaryDirectory() as folder:
        apt = own_apt(folder)
        run([*apt, "update"], folder)
        run([*apt, "download", PACKAGE], folder)
        (package,) = glob.glob(os.path.join(folder, PACKAGE + "*.deb"))
        os.makedirs(root)
        files = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE)
        # The same texts are in there as HTML, a hundred times what is read.
        subprocess.run(["tar", "x", "-C", root, "--wildcards", "*/rfc*.txt.gz"], stdin=files.stdout, check=True, timeout=300)
        files.stdout.close()
        files.wait()
    with open(os.path.join(root, "complete"), "w", encoding="ascii"):
        pass


def own_apt(folder):
    """An apt-get whose sources and lists are in `folder`."""
    for each in ("lists/partial", "cache/archives/partial"):
        os.makedirs(os.path.join(folder, each))
    sources = os.path.join(folder, "sources.list")
    with open(sources, "w", encoding="ascii") as file:
        file.write(f"deb [signed-by={KEYS}] {MIRROR} bookworm non-free\n")
    settings = {"Dir::Etc::SourceList": sources, "Dir::Etc::SourceParts": "/dev/null", "APT::Sandbox::User": "root",
                "Dir::State::Lists": os.path.join(folder, "lists"), "Dir::Cache": os.path.join(folder, "cache"),
                "Acquire::http::Timeout": "20", "Acquire::Retries": "1"}
    return ["apt-get", "-qq", *(word for name, value in settings.items() for word in ("-o", f"{name}={value}"))]


def run(command, folder):
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    except subprocess.TimeoutExpired as late:
        raise OSError(f"{PACKAGE} cannot be had in time") from late
    if done.returncode != 0:
        raise OSError(f"{PACKAGE} of Debian's non-free cannot be had: {done.stderr.strip()[-300:]}")
