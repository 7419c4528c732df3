# tests/integration/schemas.py: what Herald sends is valid by the schemas the RFCs publish: presence with everything in it,
# composed and filtered, watchers, calls, registrations, and rules.
"""The schemas are read from the RFCs as Debian packages them (_rfcs.py). Where they cannot be had nothing is shown, and the test says
that it was skipped."""
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from _herald import Server
from _rfcs import folders, text_of
from _sip import Client, Subscription
from _stories import expect, expect_equal, skip_all, story, tell

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
# What has a schema, by the RFC it stands in.
NEEDED = {3863: "PIDF", 4479: "the data model", 4480: "RPID", 4481: "timed status", 4482: "CIPID", 5196: "capabilities",
          3858: "watcher information", 4745: "common policy", 5025: "presence rules", 4235: "dialogs", 3680: "registrations"}
XML = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.w3.org/XML/1998/namespace">
<xs:attribute name="lang" type="xs:language"/></xs:schema>"""
# Types that RFC 4479 gives a schema of their own, without a namespace.
COMMON = "common-schema.xsd"
# What is wrong with a schema, by its namespace: RFC 4480's uses those types and forgets to include them. RFC 4235's has another name
# for an attribute than its text (4.1.6.1), its examples and every phone.
ERRATA = {"urn:ietf:params:xml:ns:pidf:rpid": (r"(<xs:schema\b[^>]*>)", rf'\1<xs:include schemaLocation="{COMMON}"/>'),
          "urn:ietf:params:xml:ns:dialog-info": (r'name="display-name"', 'name="display"')}
INVALID = 3  # xmllint's exit code for a document that a schema refuses; 5 is for a schema that is wrong itself
PAGE_ENDS = re.compile(r"\n*[^\n]*\[Page \d+\]\n\f?\n?RFC \d+ [^\n]*\d{4}\n+")
ALICE = "sip:alice@127.0.0.1"


def schemas_in(text):
    """The schemas of an RFC, without what its pages put between their lines."""
    return re.findall(r"<(?:\w+:)?schema\b.*?</(?:\w+:)?schema>", PAGE_ENDS.sub("\n", text), re.DOTALL)


class Schemas:
    """All of them in one folder, and one that names them all."""

    def __init__(self, folder, texts):
        self.folder = Path(folder)
        found = {"http://www.w3.org/XML/1998/namespace": XML}
        for text in texts:
            for schema in schemas_in(text):
                found.setdefault(namespace_of(schema), schema)
        self.files = {namespace: f"{index}.xsd" if namespace else COMMON for index, namespace in enumerate(found)}
        for namespace, schema in found.items():
            (self.folder / self.files[namespace]).write_text(self.local(namespace, schema), encoding="utf-8")
        imports = "".join(f'<xs:import namespace="{namespace}" schemaLocation="{file}"/>' for namespace, file in self.files.items() if namespace)
        self.all = self.folder / "all.xsd"
        self.all.write_text(f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>', encoding="utf-8")

    def local(self, namespace, schema):
        """With what it refers to in this folder."""
        def place(match):
            words = re.sub(r'\s+schemaLocation\s*=\s*"[^"]*"', "", match.group(0))
            named = re.search(r'namespace\s*=\s*"([^"]*)"', words)
            file = self.files.get(named.group(1) if named else "")
            return words.replace("/>", f' schemaLocation="{file}"/>') if file else words
        schema = re.sub(r"<(?:\w+:)?(?:import|include)\b[^>]*/>", place, schema)
        return re.sub(*ERRATA[namespace], schema, count=1) if namespace in ERRATA else schema

    def refusal(self, body):
        """Why a document is not valid; None: it is."""
        done = subprocess.run(["xmllint", "--nonet", "--noout", "--schema", str(self.all), "-"], input=body, capture_output=True, check=False)
        expect(done.returncode in (0, INVALID), f"the schemas themselves: {done.stderr.decode()[:3000]}")
        return done.stderr.decode() if done.returncode else None

    def check(self, body, what):
        why = self.refusal(body)
        expect(why is None, f"{what} by the schemas: {why}\n{body.decode()}")


def namespace_of(schema):
    named = re.search(r'targetNamespace\s*=\s*"([^"]*)"', schema)
    return named.group(1) if named else ""


def published():
    """The texts of the RFCs; what cannot be had ends the test."""
    if not shutil.which("xmllint"):
        skip_all("there is no xmllint (Debian: libxml2-utils)")
    try:
        places = folders()
    except OSError as reason:
        skip_all(f"there are no RFCs: {reason}")
    texts = {number: text_of(number, places) for number in NEEDED}
    missing = [f"RFC {number} ({what})" for number, what in NEEDED.items() if not texts[number]]
    if missing:
        skip_all("there is no " + ", ".join(missing))
    return texts.values()


HOME = tempfile.TemporaryDirectory()
SCHEMAS = Schemas(HOME.name, published())


def document(name):
    return (VECTORS / "rules" / name).read_bytes().replace(b"sip:o@x", ALICE.encode())


@story
def a_schema_refuses_what_it_should():
    """Those that are included and imported, too."""
    presence = '<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"' \
               ' xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:a@x">%s</presence>'
    expect_equal(SCHEMAS.refusal((presence % '<tuple id="a"><status><basic>open</basic></status></tuple>').encode()), None, "a good document")
    for broken, place in {'<presence xmlns="urn:ietf:params:xml:ns:pidf"/>': "entity",
                          presence % '<tuple id="1"><status><basic>open</basic></status></tuple>': "xs:ID",
                          presence % '<dm:person id="a"><r:mood><r:hapy/></r:mood></dm:person>': "hapy",
                          presence % '<dm:device id="a"/>': "device",
                          presence % '<dm:person id="a"><r:user-input last-input="now">idle</r:user-input></dm:person>': "last-input"}.items():
        why = SCHEMAS.refusal(broken.encode())
        expect(why and place in why, f"{broken} is refused: {why}")


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
def what_a_watcher_may_not_see_all_of_is_valid():
    """Filtered by each of the published rules; then politely blocked, and in waiting."""
    with Server() as server, Client(server.address, user="alice", domain="127.0.0.1") as alice, \
            Client(server.address, user="ann", domain="127.0.0.1") as ann:
        alice.publish(ALICE, document("everything.xml"))
        watchers = alice.subscribe(ALICE, event="presence.winfo")
        bodies = set()
        for path in sorted((VECTORS / "rules").glob("*.xml")):
            rules = path.read_bytes().replace(b"sip:ann@x", ann.aor.encode()).replace(b"sip:o@x", ALICE.encode())
            if b"ruleset" not in rules:
                continue
            answer = server.http("PUT", "/v1/rules/alice@127.0.0.1", rules, headers={"Content-Type": "application/auth-policy+xml"})
            expect(answer.status in (200, 201), f"{path.name} is put: {answer.status} {answer.body}")
            presence = Subscription(ann, ALICE)
            if presence.send_initial().status == 200:
                ann.wait(lambda: presence.notifies, f"what {path.name} shows")  # noqa: B023 it is waited for here
                presence.unsubscribe()
            bodies |= {notify.body for notify in presence.notifies if notify.body}
        expect(len(bodies) > 8, f"{len(bodies)} documents differ")
        expect_equal(server.http("DELETE", "/v1/rules/alice@127.0.0.1").status, 204, "DELETE of the rules")
        presence = ann.subscribe(ALICE)
        for decision in ("polite-block", "confirm"):
            decided = server.http("POST", "/v1/watchers/alice@127.0.0.1/decisions", {"watcher": ann.aor, "decision": decision})
            expect_equal(decided.status, 200, decision)
            presence.wait_body("<basic>closed</basic>") if decision == "polite-block" else watchers.wait_body('status="pending"')
        for body in bodies | {notify.body for notify in presence.notifies if notify.body}:
            SCHEMAS.check(body, "filtered presence")
        for notify in watchers.notifies:
            SCHEMAS.check(notify.body, "watchers")
        server.stop()


@story
def calls_and_registrations_are_valid():
    with Server(presence={"from_registrations": True}) as server, Client(server.address, user="alice", domain="127.0.0.1") as alice:
        told = {event: alice.subscribe(ALICE, event=event) for event in ("dialog", "reg", "presence")}
        registered = alice.request("REGISTER", "sip:127.0.0.1", to=ALICE, fields=[
            ("Contact", '"Alice <1>" <sip:alice@127.0.0.1:9;ob>;q=0.5;+sip.instance="<urn:uuid:0f2b1c1e-5f7a-4c60-8f0a-9d0d8f3b2a11>";expires=600')])
        expect_equal(registered.status, 200, "REGISTER")
        told["presence"].wait_body("<basic>open</basic>")
        told["reg"].wait_body("sip:alice@127.0.0.1:9")
        alice.publish(ALICE, '<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="0" state="full" entity="' + ALICE + '">'
                      '<dialog id="1" call-id="a" local-tag="b" remote-tag="c" direction="recipient"><state event="remote-busy" code="486">'
                      'confirmed</state><duration>7</duration><remote><identity display="Bob &amp; co">sip:bob@x</identity>'
                      '<target uri="sip:bob@192.0.2.1"><param pname="+sip.rendering" pval="no"/></target></remote></dialog></dialog-info>',
                      event="dialog")
        told["dialog"].wait_body("sip:bob@x")
        for event, subscription in told.items():
            for notify in subscription.notifies:
                SCHEMAS.check(notify.body, event)
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
