# tests/integration/compose.py: docker-compose.yml is one that docker-compose understands, and says what the documents say.
import os
import shutil
import subprocess
import tempfile

from _herald import binary
from _stories import expect, expect_equal, skip_all, story, tell

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))

if shutil.which("docker-compose") is None:
    skip_all("docker-compose is not installed")


def compose(*arguments):
    done = subprocess.run(["docker-compose", "-f", os.path.join(ROOT, "docker-compose.yml"), *arguments], cwd=ROOT,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
    expect_equal(done.returncode, 0, f"docker-compose {' '.join(arguments)}: {done.stderr.decode()}")
    return done.stdout.decode()


@story
def it_is_understood_and_has_these_services():
    expect_equal(sorted(compose("config", "--services").split()), ["herald", "herald-single", "password", "postgres"],
                 "services")
    single = compose("config").partition("  herald-single:")[2].partition("\n  password:")[0]
    expect("profiles:\n    - single" in single, f"the one with SQLite is asked for by name: {single}")


@story
def no_password_stands_in_it():
    """It is made at the first start."""
    text = compose("config")
    expect("POSTGRES_PASSWORD_FILE: /secrets/postgres" in text, "the password comes from a file")
    expect("POSTGRES_PASSWORD:" not in text, "a password in docker-compose.yml")


@story
def what_it_mounts_as_configuration_is_one():
    file = os.path.join(ROOT, "docs", "herald-postgresql.toml")
    expect(f"{file}:/etc/herald/herald.toml:ro" in compose("config"), "the file is mounted")
    checked = subprocess.run([binary(), "config", "--check", file], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             timeout=30, check=False)
    expect_equal(checked.returncode, 0, f"herald config --check: {checked.stdout.decode()}")


@story
def the_password_it_makes_is_long_and_made_once():
    """The very command, in a folder of ours."""
    with open(os.path.join(ROOT, "docker-compose.yml"), encoding="utf-8") as file:
        command = next(line.strip().removeprefix("- ") for line in file if "/dev/urandom" in line)
    with tempfile.TemporaryDirectory() as folder:
        command = command.replace("/secrets", folder)
        passwords = []
        for _ in range(2):
            subprocess.run(["sh", "-c", command], check=True, timeout=30)
            with open(os.path.join(folder, "postgres"), encoding="ascii") as file:
                passwords.append(file.read())
        expect(len(passwords[0]) >= 30 and passwords[0].isalnum(), f"a password: {passwords[0]!r}")
        expect_equal(passwords[1], passwords[0], "the password of the second start")


tell()
