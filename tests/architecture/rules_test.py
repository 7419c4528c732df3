#!/usr/bin/env python3
# tests/architecture/rules_test.py: shows that rules.py catches each breach and lets clean files pass.
import os
import subprocess
import sys
import tempfile
import unittest

from rules import ARROWS, TOLERATED, breaches_of_file, breaches_of_folder, room_of, seen_from


def source(path, *lines):
    return "\n".join((f"// {path}: a file for a test.", *lines, ""))


def breaches(path, *lines):
    return [what for _, what in breaches_of_file(path, source(path, *lines))]


class Arrows(unittest.TestCase):
    def test_every_arrow_and_its_absence(self):
        for room in ARROWS:
            path = f"{room}/x.cpp"
            for target in ARROWS:
                # Seen from another folder, a room is its folder.
                inside = target.split("/")[0] == room.split("/")[0]
                allowed = (target if inside else target.split("/")[0]) in seen_from(path)
                found = breaches(path, f'#include "{target}/y.h"')
                self.assertEqual(not found, allowed, f"{room} -> {target}: {found}")

    def test_no_arrow_leads_back(self):
        for room, seen in ARROWS.items():
            for target in seen:
                self.assertNotIn(room, ARROWS[target], f"{room} and {target} see each other")
                self.assertLessEqual(ARROWS[target], seen_from(f"{room}/x.cpp"),
                                     f"{room} -> {target} hides an arrow")

    def test_the_longest_prefix_is_the_room(self):
        self.assertEqual(room_of("server/notify/notify_sender.cpp"), "server/notify")
        self.assertEqual(room_of("server/server.cpp"), "server")
        self.assertEqual(room_of("store/sqlite/deep/x.h"), "store/sqlite")
        self.assertIsNone(room_of("README.md"))

    def test_rooms_of_the_server_are_told_apart(self):
        self.assertEqual(
            breaches("server/core/context.cpp", '#include "server/notify/notify_sender.h"'),
            ['includes "server/notify/notify_sender.h": server/core/ must not see server/notify/'])
        self.assertEqual(
            breaches("server/publish/compositor.cpp", '#include "server/register/registrar.h"'),
            ['includes "server/register/registrar.h": server/publish/ must not see server/register/'])
        self.assertEqual(breaches("server/shard/shard.cpp", '#include "server/mwi/mailboxes.h"'), [])
        self.assertEqual(breaches("server/server.cpp", '#include "server/admin/admin.h"'), [])
        self.assertEqual(breaches("http/api.cpp", '#include "server/admin/admin.h"'), [])
        self.assertEqual(len(breaches("packages/x.cpp", '#include "server/core/context.h"')), 1)

    def test_only_one_file_of_the_store_sees_its_databases(self):
        self.assertEqual(breaches("store/open.cpp", '#include "store/sqlite/sqlite_ledger.h"'), [])
        self.assertEqual(len(breaches("store/lane.cpp", '#include "store/sqlite/database.h"')), 1)
        self.assertEqual(breaches("store/sqlite/run.cpp", '#include "store/store.h"'), [])

    def test_what_is_tolerated_is_there(self):
        root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
        for path, included in TOLERATED:
            with open(os.path.join(root, path), encoding="utf-8") as file:
                self.assertIn(f'#include "{included}"', file.read(), "no longer needed: take it off")

    def test_packages_never_see_sip(self):
        self.assertEqual(
            breaches("packages/presence.cpp", '  #  include "sip/uri.h"'),
            ['includes "sip/uri.h": packages/ must not see sip/'])

    def test_only_main_sees_every_folder(self):
        self.assertEqual(breaches("server/main.cpp", '#include "http/server.h"'), [])
        self.assertEqual(len(breaches("server/shard/shard.cpp", '#include "http/server.h"')), 1)

    def test_tests_see_every_folder_and_their_own(self):
        self.assertEqual(
            breaches("tests/unit/sip/uri_test.cpp", '#include "sip/uri.h"',
                     '#include "tests/support/agent.h"', "namespace herald::sip::uri_test {"), [])

    def test_the_house_never_sees_its_tests(self):
        self.assertEqual(len(breaches("sip/uri.cpp", '#include "tests/support/agent.h"')), 1)

    def test_own_headers_are_quoted_and_named_from_the_root(self):
        self.assertEqual(len(breaches("sip/uri.cpp", "#include <base/text.h>")), 1)
        self.assertEqual(len(breaches("sip/uri.cpp", '#include "uri.h"')), 1)
        self.assertEqual(len(breaches("sip/uri.cpp", '#include "../base/text.h"')), 1)


class Hashes(unittest.TestCase):
    def test_names_are_hashed_with_a_key(self):
        for line in ("std::hash<std::string>()(name);", "std::unordered_map<std::string, int> a;",
                     "std::unordered_set<std::string_view> b;"):
            self.assertEqual(len(breaches("server/core/x.h", "#pragma once", line)), 1, line)
        for line in ("std::unordered_map<std::uint64_t, std::string> a;", "base::TextMap<int> b;",
                     "std::unordered_map<std::string_view, int, base::NameHash> c;"):
            self.assertEqual(breaches("server/core/x.h", "#pragma once", line), [], line)
        self.assertEqual(breaches("tests/unit/x.h", "#pragma once", "std::hash<int> a;"), [])


class Libraries(unittest.TestCase):
    HEAVY = {
        "pugixml.hpp": "pidf", "Poco/Net/HTTPServer.h": "http", "pqxx/pqxx": "store",
        "libpq-fe.h": "store", "toml++/toml.h": "server", "sqlite3.h": "store", "ares.h": "sip",
        "ares_dns.h": "sip", "hiredis/hiredis.h": "store", "spdlog/spdlog.h": "base",
        "prometheus/registry.h": "http",
    }

    def test_heavy_libraries_stay_out_of_headers(self):
        for header, owner in self.HEAVY.items():
            with self.subTest(header):
                self.assertEqual(breaches(f"{owner}/x.cpp", f"#include <{header}>"), [])
                self.assertEqual(
                    len(breaches(f"{owner}/x.h", "#pragma once", f"#include <{header}>")), 1)

    def test_heavy_libraries_stay_with_their_owner(self):
        for header in self.HEAVY:
            with self.subTest(header):
                self.assertEqual(len(breaches("packages/x.cpp", f"#include <{header}>")), 1)

    def test_light_ones_are_free(self):
        self.assertEqual(
            breaches("sip/x.h", "#pragma once", "#include <vector>", "#include <openssl/evp.h>"), [])


class Files(unittest.TestCase):
    def test_first_line_names_the_file(self):
        for first in ("", "#pragma once", "// uri.cpp: a URI.", "// sip/uri.cpp", "// sip/url.cpp: x"):
            with self.subTest(first):
                self.assertEqual(len(breaches_of_file("sip/uri.cpp", first + "\n")), 1)

    def test_600_lines_and_no_more(self):
        self.assertEqual(breaches("sip/uri.cpp", *["int x;"] * 599), [])
        self.assertEqual(len(breaches("sip/uri.cpp", *["int x;"] * 600)), 1)

    def test_headers_are_included_once(self):
        self.assertEqual(len(breaches("sip/uri.h", "int x;")), 1)

    def test_a_unit_test_has_a_namespace_of_its_own(self):
        for path in ("tests/unit/uri_test.cpp", "tests/unit/sip/uri_test.cpp", "tests/unit/server/core/uri_test.cpp"):
            for line in ("namespace herald::sip::uri_test {", "namespace herald::sip::deep::uri_test {"):
                self.assertEqual(breaches(path, line), [], line)
            for line in ("", "namespace herald::sip {", "namespace uri_test {", "using namespace herald::sip::uri_test;",
                         "namespace herald::sip::url_test {", "namespace herald::sip::my_uri_test {",
                         "namespace herald::sip::uri_test::more {", "// namespace herald::sip::uri_test {"):
                self.assertEqual(breaches(path, line), [
                    "a unit test opens a namespace of its own: namespace herald::...::uri_test {"], line)
        for path in ("sip/uri_test.cpp", "tests/unit/sip/uri_test.h", "tests/unit/sip/fake_uri.cpp",
                     "tests/conformance/uri_test.cpp"):
            self.assertEqual(breaches(path, "#pragma once"), [], path)


class Unnamed(unittest.TestCase):
    """Names of unnamed namespaces, in a folder of two files."""

    def twins(self, first, second, folder="sip"):
        texts = {f"{folder}/{name}.cpp": "\n".join(["namespace {", *lines, "}  // namespace"])
                 for name, lines in (("a", first), ("b", second))}
        return [(path, line) for path, line, _ in breaches_of_folder(texts)]

    def test_a_name_stands_in_one_file(self):
        for line in ("constexpr int kMost = 1;", "int kMost;", "std::string kMost(int x) {", "constexpr char kMost[] = \"\";",
                     "struct kMost {", "enum class kMost : int {", "using kMost = int;", "int kMost{1};"):
            with self.subTest(line):
                self.assertEqual(self.twins([line], ["constexpr long kMost = 2;"]), [("sip/b.cpp", 2)])
                self.assertEqual(self.twins([line], ["constexpr long kLeast = 2;"]), [])

    def test_functions_of_our_own_types_are_told_apart(self):
        self.assertEqual(self.twins(["int of(const Uri& uri) {"], ["int of(const Via& via) {"]), [])
        self.assertEqual(self.twins(["int of("], ["int of(const Uri& uri) {"]), [("sip/b.cpp", 2)])
        for first, second in (("const Uri& uri", "const Uri& other"), ("std::string_view text", "const std::string& text"),
                              ("const std::string& text", "const char* text"), ("const Uri& uri", "std::string_view text")):
            with self.subTest(second):
                self.assertEqual(self.twins([f"int of({first}) {{"], [f"int of({second}) {{"]), [("sip/b.cpp", 2)])

    def test_the_same_alias_is_no_other(self):
        self.assertEqual(self.twins(["using Part = Text::Part;"], ["using Part = Text::Part;"]), [])
        self.assertEqual(self.twins(["using Part = Text::Part;"], ["using Part = Body::Part;"]), [("sip/b.cpp", 2)])

    def test_what_is_indented_or_named_or_brought_in_is_free(self):
        for line in ("    int kMost = 1;", "using namespace std;", "using std::kMost;", "// kMost = 1;", "template <class T>",
                     "struct kMost;", "}  // namespace", ""):
            with self.subTest(line):
                self.assertEqual(self.twins([line], ["constexpr long kMost = 2;"]), [])

    def test_one_file_may_overload(self):
        self.assertEqual(self.twins(["int of(int x) {", "int of(long x) {"], []), [])


class Program(unittest.TestCase):
    """The program itself, run over a small tree."""

    def run_rules(self, files):
        with tempfile.TemporaryDirectory() as root:
            for path, text in files.items():
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)
            rules = os.path.join(os.path.dirname(os.path.abspath(__file__)), "rules.py")
            return subprocess.run([sys.executable, rules, root], capture_output=True, text=True)

    def test_a_name_twice_in_a_folder_fails(self):
        body = ("namespace {", "constexpr int kMost = 1;", "}  // namespace")
        files = {path: source(path, *body) for path in ("sip/a.cpp", "sip/b.cpp", "pidf/a.cpp")}
        done = self.run_rules(files)
        self.assertEqual(done.returncode, 1)
        self.assertIn("sip/b.cpp:3: kMost is in an unnamed namespace of sip/a.cpp too", done.stdout)
        self.assertIn("3 files, 1 breaches", done.stdout)

    def test_a_clean_tree_passes(self):
        done = self.run_rules({"sip/uri.cpp": source("sip/uri.cpp", '#include "base/text.h"')})
        self.assertEqual((done.returncode, done.stdout), (0, "1 files, 0 breaches\n"))

    def test_a_wrong_include_fails_with_its_place(self):
        done = self.run_rules({"http/api/x.cpp": source("http/api/x.cpp"),
                               "base/text.cpp": source("base/text.cpp", '#include "sip/uri.h"')})
        self.assertEqual(done.returncode, 1)
        self.assertIn('base/text.cpp:2: includes "sip/uri.h": base/ must not see sip/', done.stdout)

    def test_an_empty_tree_fails(self):
        self.assertEqual(self.run_rules({}).returncode, 1)


if __name__ == "__main__":
    unittest.main()
