# tests/integration/image_libraries.py: the packages the Dockerfile installs are those the program's libraries are in.
import os
import re
import shutil
import subprocess

from _herald import binary
from _stories import expect_equal, skip_all, story, tell

DOCKERFILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "Dockerfile")
# Of sanitizers and compilers, which the image's program does not have.
NOT_SHIPPED = ("libasan", "libubsan", "libtsan", "libclang", "libunwind")


def output_of(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def installed_by_the_image():
    """What its last stage installs."""
    with open(DOCKERFILE, encoding="utf-8") as file:
        stage = file.read().split("\nFROM ")[-1].replace("\\\n", " ")
    words = re.search(r"apt-get install ([^&]*)", stage).group(1).split()
    return {word for word in words if not word.startswith("-")}


def libraries():
    """As the loader finds them, without links."""
    paths = re.findall(r"=> (/\S+)", output_of("ldd", binary()))
    return {os.path.realpath(path) for path in paths if not os.path.basename(path).startswith(NOT_SHIPPED)}


def packages_of(paths):
    """dpkg may know a file by its name before /lib became a link to /usr/lib."""
    names = {name: path for path in paths for name in (path, path.removeprefix("/usr"))}
    # It ends in 1 for the names it does not know.
    listed = subprocess.run(["dpkg-query", "-S", *names], capture_output=True, text=True, timeout=120, check=False).stdout
    found = {names[name]: packages.split(":")[0] for packages, name in re.findall(r"^(\S+): (\S+)$", listed, re.M) if name in names}
    expect_equal(sorted(set(paths) - set(found)), [], "libraries of no package")
    return set(found.values())


def needs_of_all():
    """Of every installed package the names in its Depends, whatever the version; of alternatives all."""
    lines = output_of("dpkg-query", "-W", "-f", "${Package}\t${Pre-Depends}, ${Depends}\n").splitlines()
    return {name: set(re.findall(r"(?:^|[,|])\s*([a-z0-9][a-z0-9+.-]*)", needs)) for name, needs in (line.split("\t") for line in lines)}


def with_dependencies(packages):
    needs = needs_of_all()
    found, waiting = set(), set(packages)
    while waiting:
        package = waiting.pop()
        if package in needs and package not in found:
            found.add(package)
            waiting |= needs[package]
    return found


@story
def the_image_has_every_library():
    missing = packages_of(libraries()) - with_dependencies(installed_by_the_image())
    expect_equal(sorted(missing), [], "packages the Dockerfile lacks")


@story
def the_image_has_nothing_else():
    unused = installed_by_the_image() - packages_of(libraries())
    expect_equal(sorted(unused), [], "packages the Dockerfile installs in vain")


if shutil.which("dpkg-query") is None:
    skip_all("this is no Debian system")
tell()
