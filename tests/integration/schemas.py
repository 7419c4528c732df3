# tests/integration/schemas.py: what Herald sends is valid by the schemas the RFCs publish: presence with everything in it,
# composed and filtered, watchers, and rules.
"""The schemas are read from the RFCs as Debian packages them (doc-rfc-std-proposed and its like, below /usr/share/doc/RFC), or
from the folders in $HERALD_RFCS. Where they are not there nothing is shown, and the test says that it was skipped."""
import gzip
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from _herald import Server
from _sip import Client
from _stories import expect, expect_equal, skip_all, story, tell

FOLDERS = os.environ.get("HERALD_RFCS", "/usr/share/doc/RFC").split(os.pathsep)
VECTORS = Path(__file__).resolve().parents[1] / "vectors"
# What has a schema, by the RFC it stands in. The first are needed, the others are used where they are there.
NEEDED = {3863: "PIDF", 4479: "the data model", 4480: "RPID", 3858: "watcher information", 4745: "common policy", 5025: "presence rules"}
WELCOME = {4481: "timed status", 4482: "CIPID", 5196: "capabilities"}
XML = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.w3.org/XML/1998/namespace">
<xs:attribute name="lang" type="xs:language"/></xs:schema>"""
PAGE_ENDS = re.compile(r"\n*[^\n]*\[Page \d+\]\n\f?\n?RFC \d+ [^\n]*\d{4}\n+")
ALICE = "sip:alice@127.0.0.1"


def text_of(number):
    for folder in FOLDERS:
        for path in Path(folder).rglob(f"rfc{number}.txt*"):
            raw = path.read_bytes()
            return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8", "replace").replace("\r\n", "\n")
    return None


def schemas_in(text):
    """The schemas of an RFC, without what its pages put between their lines."""
    return re.findall(r"<(?:\w+:)?schema\b.*?</(?:\w+:)?schema>", PAGE_ENDS.sub("\n", text), re.DOTALL)


class Schemas:
    """All of them in one folder, and one that names them all."""

    def __init__(self, folder):
        self.folder = folder
        found = {"http://www.w3.org/XML/1998/namespace": XML}
        for number in [*NEEDED, *WELCOME]:
            for schema in schemas_in(text_of(number) or ""):
                named = re.search(r'targetNamespace\s*=\s*"([^"]*)"', schema)
                found.setdefault(named.group(1) if named else "", schema)
        self.files = {namespace: f"{index}.xsd" for index, namespace in enumerate(found)}
        for namespace, schema in found.items():
            (Path(folder) / self.files[namespace]).write_text(self.local(schema), encoding="utf-8")
        imports = "".join(f'<xs:import namespace="{namespace}" schemaLocation="{file}"/>' for namespace, file in self.files.items() if namespace)
        self.all = Path(folder) / "all.xsd"
        self.all.write_text(f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>', encoding="utf-8")

    def local(self, schema):
        """With what it refers to in this folder."""
        def place(match):
            words = re.sub(r'\s+schemaLocation\s*=\s*"[^"]*"', "", match.group(0))
            named = re.search(r'namespace\s*=\s*"([^"]*)"', words)
            file = self.files.get(named.group(1) if named else "")
            return words.replace("/>", f' schemaLocation="{file}"/>') if file else words
        return re.sub(r"<(?:\w+:)?(?:import|include)\b[^>]*/>", place, schema)

    def check(self, body, what):
        done = subprocess.run(["xmllint", "--nonet", "--noout", "--schema", str(self.all), "-"], input=body, capture_output=True, check=False)
        expect_equal(done.returncode, 0, f"{what} by the schemas: {done.stderr.decode()}\n{body.decode()}")


missing = [f"RFC {number} ({what})" for number, what in NEEDED.items() if not text_of(number)]
if missing or not shutil.which("xmllint"):
    skip_all("there is no " + ", ".join(missing or ["xmllint"]))
HOME = tempfile.TemporaryDirectory()
SCHEMAS = Schemas(HOME.name)


def document(name):
    return (VECTORS / "rules" / name).read_bytes().replace(b"sip:o@x", ALICE.encode())


@story
def a_schema_refuses_what_it_should():
    for broken in (b'<presence xmlns="urn:ietf:params:xml:ns:pidf"/>',
                   b'<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:a@x"><tuple id="1"><status/></tuple></presence>'):
        try:
            SCHEMAS.check(broken, "a broken document")
        except AssertionError:
            continue
        expect(False, "a schema that takes anything")


@story
def every_published_vector_is_valid():
    composed = [line.split()[2] for line in (VECTORS / "composition" / "cases.txt").read_text(encoding="ascii").splitlines()]
    for path in sorted([*(VECTORS / "rules").glob("*.shown.xml"), *(VECTORS / "composition" / name for name in set(composed))]):
        SCHEMAS.check(path.read_bytes(), path.name)


@story
def what_watchers_are_sent_is_valid():
    with Server() as server, Client(server.address, user="alice", domain="127.0.0.1") as alice, \
            Client(server.address, user="bob", domain="127.0.0.1") as bob:
        watchers = alice.subscribe(ALICE, event="presence.winfo")
        presence = bob.subscribe(ALICE)
        for body in (document("everything.xml"), (VECTORS / "composition" / "odd.xml").read_bytes()):
            before = len(presence.notifies)
            alice.publish(ALICE, body)
            presence.wait_count(before + 1)
        for notify in presence.notifies:
            SCHEMAS.check(notify.body, "presence")
        watchers.wait_body("bob@")
        for notify in watchers.notifies:
            SCHEMAS.check(notify.body, "watchers")
        server.stop()


@story
def rules_written_from_json_are_valid():
    with Server() as server:
        rules = {"rules": [{"id": "a", "conditions": {"identity": {"one": ["sip:bob@example.org"], "many": [{"domain": "x.y", "except": ["sip:eve@x.y"]}]},
                                                      "sphere": ["work"], "validity": [{"from": "2027-01-01T00:00:00Z", "until": "2028-01-01T00:00:00Z"}]},
                            "handling": "polite-block",
                            "show": {"services": {"service-uri-scheme": ["sip"]}, "persons": {"all": True}, "attributes": ["activities"],
                                     "user_input": "bare", "unknown_attributes": [{"name": "n", "ns": "urn:z"}]}}]}
        expect_equal(server.http("PUT", "/v1/rules/alice@127.0.0.1", rules).status, 201, "PUT of rules")
        SCHEMAS.check(server.http("GET", "/v1/rules/alice@127.0.0.1").body, "rules")
        server.stop()


tell()
