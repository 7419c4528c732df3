#!/usr/bin/env python3
# tests/architecture/rules.py: checks the rules of the house on every C++ file and prints each breach.
#
#   rules.py <folder of the clone>    exit code 1 if a rule is broken
#
# The rules: includes follow the arrows of docs/architecture.md; heavy libraries stay out of headers and
# in the folders that own them; each file says in its first line what it is for; none grows past 600 lines;
# each unit test has a namespace of its own; names in unnamed namespaces differ within a folder, whose files are
# compiled together.
import os
import re
import sys

# Which rooms a room may include, itself excepted. The longest prefix of a path is its room; what a
# folder is allowed, the rooms inside it are allowed too.
ARROWS = {
    "base": set(),
    "sip": {"base"},
    "pidf": {"base"},
    "store": {"base"},
    "store/sqlite": {"store"},
    "store/postgres": {"store"},
    "packages": {"pidf", "base"},
    "server": {"packages", "sip", "store", "pidf", "base"},
    "http": {"server", "packages", "store", "sip", "pidf", "base"},
    "cli": {"sip", "pidf", "base"},
    "cli/bench": {"cli"},
}
# The rooms of server/, each with those of server/ it may include (docs/architecture.md).
SERVER_ROOMS = {
    "config": "",
    "address": "",
    "access": "address config",
    "core": "access address config",
    "notify": "core access address config",
    "publish": "core access address config",
    "register": "publish core access address config",
    "subscriber": "publish core access address config",
    "message": "register publish core access address config",
    "calls": "subscriber publish core access address config",
    "mwi": "register subscriber publish core access address config",
    "provisioning": "register publish core access address config",
    "feed": "notify register subscriber publish core access address config",
    "shard": "config address access core notify publish register subscriber message mwi calls "
             "provisioning feed",
    "admin": "shard feed config address access core notify publish register subscriber message mwi calls "
             "provisioning",
}
ARROWS |= {f"server/{room}": {f"server/{other}" for other in seen.split()}
           for room, seen in SERVER_ROOMS.items()}
# Single files that see more than their room does.
OPENINGS = {
    "server/server.h": {f"server/{room}" for room in SERVER_ROOMS},
    "server/server.cpp": {f"server/{room}" for room in SERVER_ROOMS},
    "store/open.cpp": {"store/sqlite", "store/postgres"},
    "server/welcome.h": {"server/config"},
    "server/welcome.cpp": {"server/config"},
    "server/certificates.h": {"server/config"},
    "server/bearer_file.h": {"server/access"},
}
# Includes against the arrows that are known and on their way out.
TOLERATED = {
}
# The program's main file composes everything; tests and benchmarks look at whatever they test.
SEES_EVERYTHING = ("server/main.cpp", "tests/", "bench/")

# Libraries that cost compile time or leak their world, and the folders whose .cpp files may use them.
LIBRARIES = [
    (re.compile(r"pugixml"), "pugixml", {"pidf"}),
    (re.compile(r"idn2\.h"), "libidn2", {"pidf"}),
    (re.compile(r"Poco/"), "POCO", {"http", "cli", "server"}),
    (re.compile(r"(pqxx/|libpq)"), "libpq", {"store"}),
    (re.compile(r"(toml\+\+/|toml\.hpp)"), "toml++", {"server"}),
    (re.compile(r"sqlite3"), "SQLite", {"store"}),
    (re.compile(r"ares(_|\.h)"), "c-ares", {"sip"}),
    (re.compile(r"hiredis/"), "hiredis", {"store"}),
    (re.compile(r"spdlog/"), "spdlog", {"base"}),
    (re.compile(r"prometheus/"), "prometheus-cpp", {"http"}),
    (re.compile(r"systemd/"), "libsystemd", {"server"}),
]

# Strangers choose names: base/text_map.h hashes them with a key.
UNKEYED = re.compile(r"std::hash\b|\bunordered_\w+<\s*(const\s+)?std::string(_view)?\b(?![^;{]*NameHash)")
KEYED = ("base/text_map.h",)

# Tests of a folder are compiled together (herald_unite): each names its helpers as it likes, in a namespace
# that is named after the file.
UNIT_TEST = re.compile(r"tests/unit/(?:.+/)?(\w+_test)\.cpp")

# What an unnamed namespace of a .cpp file declares at the start of a line, where nothing else begins.
UNNAMED = re.compile(r"[^ }/#)](?!sing namespace|emplate)")
ALIAS = re.compile(r"using (\w+) = (.*)")
KIND = re.compile(r"(?:struct|class|enum class|enum|using) (\w+)")
DECLARED = re.compile(r"[\w:<>,&*\s\[\]()]*?[\s&*](\w+)(\(|\{|\[| =|;)(.*)")
OWN_TYPE = re.compile(r"((?:const )?(?:std::vector<)?(?!std::)(?:\w+::)*[A-Z]\w*>?)&")
# Programs of their own, compiled alone.
PROGRAMS = ("server/main.cpp", "cli/main_client.cpp", "cli/main_bench.cpp")

LONGEST = 600
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def sees_everything(path):
    return path == SEES_EVERYTHING[0] or path.startswith(SEES_EVERYTHING[1:])


def room_of(path):
    """The longest folder of `path` that has a rule, or None."""
    parts = path.split("/")[:-1]
    while parts and "/".join(parts) not in ARROWS:
        parts.pop()
    return "/".join(parts) or None


def seen_from(path):
    """Every room the file `path` may include: its own, what the room and the folders around it may."""
    room = room_of(path)
    seen = {room} | OPENINGS.get(path, set())
    while room:
        seen |= ARROWS.get(room, set())
        room = room.rpartition("/")[0]
    return seen


def breaches_of_include(path, quote, included):
    """Yields what is wrong with one #include of `path`."""
    folder = path.split("/")[0]
    target = included.split("/")[0]
    if target in ARROWS:
        if quote == "<":
            yield f"includes <{included}>: our own headers are included in quotes"
        if sees_everything(path) or (path, included) in TOLERATED:
            return
        room, there = room_of(path), room_of(included)
        # From outside a folder its rooms are one; inside they are told apart.
        allowed = there if there.split("/")[0] == folder else target
        if allowed not in seen_from(path):
            yield f'includes "{included}": {room}/ must not see {allowed}/'
    elif quote == '"' and not (sees_everything(path) and target in ("tests", "bench")):
        yield f'includes "{included}": quotes are for our own headers, named from the root'
    for pattern, name, owners in LIBRARIES:
        if not pattern.match(included):
            continue
        if path.endswith(".h"):
            yield f"includes <{included}>: {name} belongs in .cpp files only"
        if folder in ARROWS and folder not in owners:
            yield f"includes <{included}>: {name} is used in {', '.join(sorted(owners))}/ only"


def breaches_of_file(path, text):
    """Returns every breach in the file `path` (relative to the root) as (line, what)."""
    lines = text.split("\n")
    found = []
    if not lines[0].startswith(f"// {path}: "):
        found.append((1, f"the first line must begin with '// {path}: '"))
    if text.count("\n") > LONGEST:
        found.append((LONGEST + 1, f"{text.count(chr(10))} lines: no file is longer than {LONGEST}"))
    if path.endswith(".h") and "#pragma once" not in lines:
        found.append((1, "a header has #pragma once"))
    test = UNIT_TEST.fullmatch(path)
    if test and not re.search(rf"^namespace [\w:]+::{test[1]} \{{$", text, re.MULTILINE):
        found.append((1, f"a unit test opens a namespace of its own: namespace herald::...::{test[1]} {{"))
    for number, line in enumerate(lines, 1):
        include = INCLUDE.match(line)
        if include:
            found += [(number, what) for what in breaches_of_include(path, *include.groups())]
        if UNKEYED.search(line) and path.split("/")[0] in ARROWS and path not in KEYED:
            found.append((number, "names are hashed with a key: base::TextMap, base::TextSet, base::NameHash"))
    return found


def unnamed_names(text):
    """Yields (line, name, what) of each that an unnamed namespace of a .cpp file has at the start of a line. `what` is
    the text of an alias, the first parameter of a function, else empty."""
    lines = text.split("\n")
    inside = False
    for number, line in enumerate(lines, 1):
        if line in ("namespace {", "}  // namespace"):
            inside = line == "namespace {"
        if not inside or not UNNAMED.match(line):
            continue
        alias, kind = ALIAS.match(line), KIND.match(line)
        declared = DECLARED.match(line)
        if alias:
            yield number, alias[1], alias[2]
        elif kind and not line.endswith(";"):
            yield number, kind[1], ""
        elif declared and not kind:
            behind = declared[3] or (lines[number].strip() if number < len(lines) else "")
            yield number, declared[1], behind if declared[2] == "(" else ""


def can_stand_together(a, b):
    """Whether the compiler takes neither of two names for the other: the same alias, or functions of our own types."""
    if a == b:
        return a.endswith(";")
    first, second = OWN_TYPE.match(a), OWN_TYPE.match(b)
    return bool(first and second and first[1] != second[1])


def breaches_of_folder(files):
    """Returns the names that two of a folder's files, {path: text}, have in unnamed namespaces, as (path, line, what)."""
    known, found = {}, []
    for path, text in files.items():
        for number, name, what in unnamed_names(text):
            others = known.setdefault(name, [])
            twin = next((other for other, its in others if other != path and not can_stand_together(what, its)), None)
            if twin:
                found.append((path, number, f"{name} is in an unnamed namespace of {twin} too, compiled with it"))
            others.append((path, what))
    return found


def source_files(root):
    for top in sorted(ARROWS) + ["tests", "bench"]:
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in sorted(names):
                if name.endswith((".cpp", ".h")):
                    yield os.path.relpath(os.path.join(folder, name), root)


def main():
    root = sys.argv[1]
    files, folders, found = 0, {}, []
    for path in source_files(root):
        files += 1
        with open(os.path.join(root, path), encoding="utf-8") as file:
            text = file.read()
        found += [(path, *breach) for breach in breaches_of_file(path, text)]
        if path.endswith(".cpp") and path.split("/")[0] in ARROWS and path not in PROGRAMS:
            folders.setdefault(os.path.dirname(path), {})[path] = text
    for texts in folders.values():
        found += breaches_of_folder(texts)
    broken = len(found)
    for path, line, what in sorted(found):
        print(f"{path}:{line}: {what}")
    print(f"{files} files, {broken} breaches")
    return 1 if broken or not files else 0


if __name__ == "__main__":
    sys.exit(main())
