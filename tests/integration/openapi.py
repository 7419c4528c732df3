# tests/integration/openapi.py: the description of the API is what it says it is: well-formed by OpenAPI 3.1, and true of the answers
# that a running server gives.
"""The form is checked by a schema of what Herald uses of OpenAPI 3.1, by the meta-schema of OpenAPI 3.1 itself where it can be had, and
each schema in it by the meta-schema of JSON Schema 2020-12; the answers by python3-jsonschema. Where that is not installed the test says
that it was skipped. Debian has no meta-schema of 3.1: the Python package openapi-spec-validator brings it, and HERALD_THOROUGH=1 fetches
that into the build."""
import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from _herald import Server
from _stories import Skip, expect, expect_equal, skip_all, story, tell

try:
    import jsonschema
except ImportError:
    jsonschema = None

METHODS = ("get", "put", "post", "delete")
TEXT = {"type": "string", "minLength": 1}
CONTENT = {"type": "object", "minProperties": 1, "patternProperties": {
    r"^(\*|[a-z]+)/(\*|[a-z.+-]+)$": {"type": "object", "required": ["schema"], "properties": {"schema": {"type": "object"}},
                                     "additionalProperties": False}}, "additionalProperties": False}
HEADERS = {"type": "object", "minProperties": 1, "additionalProperties": {
    "type": "object", "required": ["description", "schema"], "additionalProperties": False,
    "properties": {"description": TEXT, "schema": {"type": "object"}}}}
RESPONSE = {"type": "object", "required": ["description"], "additionalProperties": False,
            "properties": {"description": TEXT, "headers": HEADERS, "content": CONTENT}}
PARAMETER = {"type": "object", "required": ["name", "in", "required", "description", "schema"], "additionalProperties": False,
             "properties": {"name": TEXT, "in": {"enum": ["path", "query", "header"]}, "required": {"type": "boolean"},
                            "description": TEXT, "schema": {"type": "object"}},
             "if": {"properties": {"in": {"const": "path"}}}, "then": {"properties": {"required": {"const": True}}}}
OPERATION = {"type": "object", "required": ["operationId", "summary", "responses"], "additionalProperties": False, "properties": {
    "operationId": {"type": "string", "pattern": "^[a-z][A-Za-z0-9]*$"}, "summary": TEXT,
    "parameters": {"type": "array", "items": PARAMETER, "uniqueItems": True},
    "requestBody": {"type": "object", "required": ["content"], "additionalProperties": False,
                    "properties": {"required": {"type": "boolean"}, "content": CONTENT}},
    "responses": {"type": "object", "required": ["default"], "additionalProperties": False,
                  "patternProperties": {r"^([1-5]\d\d|default)$": RESPONSE}},
    "security": {"type": "array", "items": {"type": "object"}}, "x-role": {"enum": ["read", "write", "admin"]}}}
DOCUMENT = {"type": "object", "required": ["openapi", "info", "servers", "paths", "components"], "additionalProperties": False,
            "properties": {
                "openapi": {"type": "string", "pattern": r"^3\.1\.\d+$"},
                "info": {"type": "object", "required": ["title", "version"], "properties": {"title": TEXT, "version": TEXT}},
                "servers": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["url"]}},
                "paths": {"type": "object", "minProperties": 1, "additionalProperties": False, "patternProperties": {
                    "^/": {"type": "object", "additionalProperties": False, "minProperties": 1,
                           "properties": {method: OPERATION for method in METHODS}}}},
                "components": {"type": "object", "required": ["schemas", "securitySchemes"]}}}


def described(server):
    return server.http("GET", "/v1/openapi.json").json()


def operations(document):
    return [(path, method, operation) for path, item in document["paths"].items() for method, operation in item.items()]


def references(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "$ref":
                yield inner
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def objects(value, place):
    """Every schema of an object with members, however deep, and where it stands."""
    if isinstance(value, dict):
        if isinstance(value.get("properties"), dict):
            yield place, value
        for key, inner in value.items():
            yield from objects(inner, f"{place}.{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from objects(inner, f"{place}[{number}]")


def meta_schema():
    """That of OpenAPI 3.1, as openapi-spec-validator has it."""
    found = importlib.util.find_spec("openapi_spec_validator")
    folder = Path(found.origin).parent if found else None
    if folder is None and "HERALD_THOROUGH" in os.environ:
        target = Path(os.getcwd()) / ".cache" / "openapi"
        done = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target),
                               "openapi-spec-validator"], capture_output=True, text=True, timeout=300, check=False)
        if done.returncode != 0:
            raise Skip(f"openapi-spec-validator cannot be had: {done.stderr.strip()[-300:]}")
        folder = target / "openapi_spec_validator"
    if folder is None:
        raise Skip("there is no openapi-spec-validator; HERALD_THOROUGH=1 fetches it")
    return json.loads((folder / "resources/schemas/v3.1/schema.json").read_text(encoding="utf-8"))


def check_answer(document, path, method, status, value):
    """By the schema that the description has for it."""
    answers = document["paths"][path][method]["responses"]
    expect(str(status) in answers, f"{method} {path} is not described to answer {status}")
    schema = dict(answers[str(status)]["content"]["application/json"]["schema"])
    schema["components"] = document["components"]
    jsonschema.Draft202012Validator(schema).validate(value)


@story
def it_is_well_formed():
    """Structure, names of operations, parameters of paths, references."""
    with Server() as server:
        document = described(server)
    jsonschema.Draft202012Validator(DOCUMENT).validate(document)
    names = [operation["operationId"] for _, _, operation in operations(document)]
    expect_equal(len(names), len(set(names)), "names of operations, each once")
    for path, method, operation in operations(document):
        wanted = re.findall(r"{(\w+)}", path)
        found = [each["name"] for each in operation.get("parameters", []) if each["in"] == "path"]
        expect_equal(sorted(found), sorted(wanted), f"parameters in the path of {method} {path}")
        expect(any(code.startswith("2") for code in operation["responses"]), f"{method} {path} never succeeds")
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        expect(set(schema.get("required", [])) <= set(schema.get("properties", schema.get("required", []))), f"{name} requires what it has not")
    for place, schema in objects(schemas, ""):
        expect("required" in schema, f"{place} does not say what it requires")
    for reference in references(document):
        expect(reference.removeprefix("#/components/schemas/") in schemas, f"{reference} leads nowhere")


@story
def the_meta_schema_of_openapi_takes_it():
    """And refuses what it should."""
    meta = jsonschema.Draft202012Validator(meta_schema())
    with Server() as server:
        document = described(server)
    meta.validate(document)
    for broken in ({**document, "openapi": "3.0.0"}, {**document, "paths": {"no slash": {}}}, {"openapi": "3.1.0"}):
        expect(list(meta.iter_errors(broken)), "what is broken is taken as well")


@story
def answers_are_as_described():
    """What a server with something in it answers, by the schema of that answer."""
    with Server() as server:
        document = described(server)
        server.put_account("alice@localhost", "secret")
        expect_equal(server.http("PUT", "/v1/mailboxes/alice@localhost", {"voice": {"new": 2, "old": 1}}).status, 204, "PUT of a mailbox")
        expect_equal(server.http("PUT", "/v1/registrations/alice@localhost", {"contact": "sip:alice@192.0.2.7"}).status, 204,
                     "PUT of a registration")
        for path, target in [
                ("/v1/accounts", "/v1/accounts"), ("/v1/accounts/{aor}", "/v1/accounts/alice@localhost"), ("/v1/tokens", "/v1/tokens"),
                ("/v1/traces", "/v1/traces"), ("/v1/subscriptions", "/v1/subscriptions"), ("/v1/registrations", "/v1/registrations"),
                ("/v1/registrations/{aor}", "/v1/registrations/alice@localhost"),
                ("/v1/resources", "/v1/resources?package=message-summary&limit=1"),
                ("/v1/mailboxes/{aor}", "/v1/mailboxes/alice@localhost"), ("/v1/aliases", "/v1/aliases"), ("/v1/messages", "/v1/messages"),
                ("/v1/dialogs", "/v1/dialogs"), ("/v1/devices", "/v1/devices"), ("/v1/profiles", "/v1/profiles"),
                ("/v1/provisioning/jobs", "/v1/provisioning/jobs"), ("/v1/packages", "/v1/packages"), ("/v1/audit", "/v1/audit"),
                ("/v1/watchers/{aor}", "/v1/watchers/alice@localhost"),
                ("/v1/resources/{package}/{aor}", "/v1/resources/message-summary/alice@localhost"),
                ("/v1/presence/{user}", "/v1/presence/alice@localhost"), ("/v1/presence", "/v1/presence?users=alice@localhost")]:
            answer = server.http("GET", target)
            expect_equal(answer.status, 200, f"GET {target}")
            check_answer(document, path, "get", 200, answer.json())
        mailboxes = server.http("GET", "/v1/resources?package=message-summary").json()
        expect_equal([row["aor"] for row in mailboxes["resources"]], ["sip:alice@localhost"], "mailboxes")
        made = server.http("POST", "/v1/tokens", {"name": "t", "role": "read"})
        check_answer(document, "/v1/tokens", "post", 201, made.json())
        begun = server.http("POST", "/v1/traces", {"user": "alice"})
        check_answer(document, "/v1/traces", "post", 201, begun.json())
        trace = server.http("GET", f"/v1/traces/{begun.json()['id']}")
        check_answer(document, "/v1/traces/{id}", "get", 200, trace.json())


if jsonschema is None:
    skip_all("python3-jsonschema is not installed")
tell()
