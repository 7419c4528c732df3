// http/openapi_schemas.cpp: what goes over the API, as JSON schemas.
#include "http/openapi_schemas.h"

namespace herald::http {

namespace {

constexpr std::string_view kSchemas = R"({
"Count": {"type": "object", "additionalProperties": false, "properties": {
    "new": {"$ref": "#/components/schemas/Number"}, "old": {"$ref": "#/components/schemas/Number"},
    "urgent_new": {"$ref": "#/components/schemas/Number"}, "urgent_old": {"$ref": "#/components/schemas/Number"}}},
"Number": {"type": "integer", "minimum": 0, "maximum": 4294967295, "default": 0},
"Mailbox": {"type": "object", "additionalProperties": false, "properties": {
    "waiting": {"type": "boolean", "description": "Default: whether anything is new."},
    "account": {"type": "string", "description": "URI to call for listening. Default: the mailbox."},
    "voice": {"$ref": "#/components/schemas/Count"}, "video": {"$ref": "#/components/schemas/Count"},
    "fax": {"$ref": "#/components/schemas/Count"}, "pager": {"$ref": "#/components/schemas/Count"},
    "multimedia": {"$ref": "#/components/schemas/Count"}, "text": {"$ref": "#/components/schemas/Count"},
    "none": {"$ref": "#/components/schemas/Count"},
    "messages": {"type": "array", "maxItems": 64, "description": "Messages by their headers, for mwi.message_headers.",
        "items": {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string"}}}}},
"MailboxSettings": {"type": "object", "additionalProperties": false, "properties": {
    "members": {"$ref": "#/components/schemas/Texts", "description": "Mailboxes whose counters are added to its own."},
    "per_account": {"type": "boolean", "default": false, "description": "A NOTIFY for each member, instead of the sum."},
    "unsolicited": {"type": ["boolean", "null"], "description": "Tell registered phones that did not subscribe. Default: mwi.unsolicited."},
    "source": {"type": ["object", "null"], "additionalProperties": false, "required": ["pbx"], "properties": {
        "pbx": {"type": "string", "description": "A name of pbx.servers: Herald subscribes there."},
        "user": {"type": ["string", "null"], "description": "The mailbox there. Default: the user part of the address."}}}}},
"MailboxSource": {"type": "object", "properties": {
    "pbx": {"type": "string"}, "uri": {"type": "string", "description": "The mailbox there."},
    "subscribed": {"type": "boolean"},
    "why": {"type": ["string", "null"], "description": "Why it is not subscribed, or why the next refresh may fail."},
    "next_s": {"type": "integer", "description": "Seconds until the PBX is asked again; 0: it is being asked."}}},
"Packages": {"type": "object", "properties": {
    "packages": {"type": "array", "items": {"type": "object", "properties": {
        "name": {"type": "string"}, "title": {"type": "string"}, "types": {"$ref": "#/components/schemas/Texts"},
        "published": {"$ref": "#/components/schemas/Texts"}, "watch": {"enum": ["owner", "same_domain"]},
        "publish": {"enum": ["owner", "publishers", "nobody"]}, "expires": {"type": "integer"},
        "reference": {"type": "string"}}}}}},
"Party": {"type": ["object", "null"], "additionalProperties": false, "properties": {
    "uri": {"type": ["string", "null"]}, "name": {"type": ["string", "null"]},
    "held": {"type": "boolean", "readOnly": true}}},
"DialogState": {"enum": ["trying", "proceeding", "early", "confirmed", "terminated"]},
"DialogChange": {"type": "object", "additionalProperties": false, "required": ["state"], "properties": {
    "state": {"$ref": "#/components/schemas/DialogState"}, "direction": {"enum": ["initiator", "recipient", null]},
    "local": {"$ref": "#/components/schemas/Party"}, "remote": {"$ref": "#/components/schemas/Party"},
    "call_id": {"type": ["string", "null"]}, "local_tag": {"type": ["string", "null"]},
    "remote_tag": {"type": ["string", "null"]},
    "expires": {"type": ["integer", "null"], "minimum": 1, "description": "Seconds after which it is over by itself."}}},
"Dialog": {"type": "object", "properties": {
    "aor": {"type": "string"}, "id": {"type": "string"},
    "state": {"$ref": "#/components/schemas/DialogState"}, "direction": {"enum": ["initiator", "recipient", null]},
    "local": {"$ref": "#/components/schemas/Party"}, "remote": {"$ref": "#/components/schemas/Party"},
    "call_id": {"type": ["string", "null"]}, "local_tag": {"type": ["string", "null"]},
    "remote_tag": {"type": ["string", "null"]}, "source": {"type": "string"},
    "publisher": {"type": ["string", "null"]}, "said_at": {"$ref": "#/components/schemas/Time"},
    "age": {"type": "integer", "description": "Seconds since its source said anything of it."},
    "until": {"$ref": "#/components/schemas/Time"}, "suspicious": {"type": "boolean"}}},
"DialogKeeper": {"type": "object", "additionalProperties": false, "properties": {
    "pbx": {"type": ["string", "null"], "description": "A name of pbx.servers."},
    "user": {"type": ["string", "null"], "description": "The user there. Default: the user part of the address."}}},
"Dialogs": {"type": "object", "properties": {
    "dialogs": {"type": "array", "items": {"$ref": "#/components/schemas/Dialog"}}}},
"DialogPage": {"type": "object", "properties": {
    "dialogs": {"type": "array", "items": {"$ref": "#/components/schemas/Dialog"}},
    "next": {"type": ["string", "null"]}}},
"Role": {"enum": ["user", "publisher", "monitor", "admin"], "default": "user"},
"Texts": {"type": "array", "items": {"type": "string"}},
"Delegates": {"type": "array", "items": {"type": "object", "required": ["aor"], "properties": {
    "aor": {"type": "string"}, "package": {"type": "string", "default": "*"}}}},
"AccountFields": {"type": "object", "properties": {
    "username": {"type": "string", "description": "Default: the user part of the address."},
    "realm": {"type": "string", "description": "Default: the server's realm."},
    "password": {"type": "string", "writeOnly": true, "description": "Hashed at once, never kept."},
    "ha1": {"type": "object", "writeOnly": true, "additionalProperties": false, "properties": {
        "MD5": {"type": "string"}, "SHA-256": {"type": "string"}, "SHA-512-256": {"type": "string"}}},
    "role": {"$ref": "#/components/schemas/Role"}, "roles": {"$ref": "#/components/schemas/Texts"},
    "resources": {"$ref": "#/components/schemas/Texts"}, "packages": {"$ref": "#/components/schemas/Texts"},
    "delegates": {"$ref": "#/components/schemas/Delegates"},
    "partial_dialogs": {"type": "boolean", "default": false, "description": "Its phones are told what changed of calls, not all of them each time."},
    "device_username": {"type": "string", "description": "What Herald answers phones of this account with that challenge a NOTIFY. Empty: nothing. Left out: as it was."},
    "device_password": {"type": "string", "writeOnly": true}}},
"AccountChange": {"allOf": [{"$ref": "#/components/schemas/AccountFields"}], "unevaluatedProperties": false},
"Account": {"type": "object", "properties": {
    "aor": {"type": "string"}, "username": {"type": "string"}, "realm": {"type": "string"},
    "algorithms": {"$ref": "#/components/schemas/Texts"}, "role": {"$ref": "#/components/schemas/Role"},
    "resources": {"$ref": "#/components/schemas/Texts"}, "packages": {"$ref": "#/components/schemas/Texts"},
    "delegates": {"$ref": "#/components/schemas/Delegates"}, "partial_dialogs": {"type": "boolean"},
    "device_username": {"type": ["string", "null"]}}},
"AccountPage": {"type": "object", "properties": {
    "accounts": {"type": "array", "items": {"$ref": "#/components/schemas/Account"}},
    "total": {"type": "integer"}, "next": {"type": ["string", "null"]}}},
"AccountImport": {"type": "object", "additionalProperties": false, "required": ["accounts"], "properties": {
    "accounts": {"type": "array", "maxItems": 10000, "items": {"allOf": [{"$ref": "#/components/schemas/AccountFields"},
        {"type": "object", "required": ["aor"], "properties": {"aor": {"type": "string"},
            "line": {"type": "integer", "description": "Where it stands, for mistakes. Default: its place."}}}]}},
    "dry_run": {"type": "boolean", "default": false, "description": "Only say what would be done."},
    "replace": {"type": "boolean", "default": false, "description": "Replace accounts that exist; else one refuses all."}}},
"AccountsImported": {"type": "object", "properties": {
    "added": {"type": "integer"}, "replaced": {"type": "integer"}, "dry_run": {"type": "boolean"}}},
"TokenRole": {"enum": ["read", "write", "admin"]},
"TokenOrder": {"type": "object", "additionalProperties": false, "required": ["name", "role"], "properties": {
    "name": {"type": "string", "maxLength": 64}, "role": {"$ref": "#/components/schemas/TokenRole"},
    "limit": {"type": ["string", "null"], "description": "A user or a domain it is good for only."}}},
"Token": {"type": "object", "properties": {
    "name": {"type": "string"}, "role": {"$ref": "#/components/schemas/TokenRole"},
    "limit": {"type": ["string", "null"]}, "source": {"enum": ["configuration", "api"]}}},
"TokenMade": {"allOf": [{"$ref": "#/components/schemas/Token"}, {"type": "object", "properties": {
    "token": {"type": "string", "description": "Shown only here."}}}]},
"Tokens": {"type": "object", "properties": {
    "tokens": {"type": "array", "items": {"$ref": "#/components/schemas/Token"}}}},
"TraceOrder": {"type": "object", "additionalProperties": false, "minProperties": 1, "properties": {
    "user": {"type": "string", "description": "A user, or an address of one; its user part in any URI of a message counts."},
    "peer": {"type": "string", "description": "A numeric address."},
    "seconds": {"type": "integer", "minimum": 1, "maximum": 86400, "default": 300},
    "hep": {"type": "boolean", "default": false, "description": "Also sent to the collector of server.hep."}}},
"Trace": {"type": "object", "properties": {
    "id": {"type": "string"}, "user": {"type": ["string", "null"]}, "peer": {"type": ["string", "null"]},
    "hep": {"type": "boolean"}, "seconds_left": {"type": "integer"}, "messages": {"type": "integer"}}},
"Traces": {"type": "object", "properties": {
    "traces": {"type": "array", "items": {"$ref": "#/components/schemas/Trace"}}}},
"TracedMessage": {"type": "object", "properties": {
    "number": {"type": "integer"}, "at": {"$ref": "#/components/schemas/Time"}, "direction": {"enum": ["in", "out"]},
    "transport": {"type": "string"}, "local": {"type": "string"}, "peer": {"type": "string"},
    "body": {"type": "string", "description": "The message."}, "body_base64": {"type": "string", "description": "Instead, where it is not text."}}},
"TracePage": {"type": "object", "properties": {
    "trace": {"$ref": "#/components/schemas/Trace"},
    "messages": {"type": "array", "items": {"$ref": "#/components/schemas/TracedMessage"}},
    "lost": {"type": "integer", "description": "Messages of all traces there was no room for."}}},
"Reloaded": {"type": "object", "properties": {
    "applied": {"$ref": "#/components/schemas/Texts"}, "needs_restart": {"$ref": "#/components/schemas/Texts"}}},
"Time": {"type": ["string", "null"], "format": "date-time"},
"Subscription": {"type": "object", "properties": {
    "id": {"type": "string"}, "package": {"type": "string"}, "resource": {"type": "string"},
    "watcher": {"type": "string"}, "state": {"enum": ["pending", "active", "suspect", "flow_lost", "terminated"]},
    "expires_at": {"$ref": "#/components/schemas/Time"}, "call_id": {"type": "string"},
    "remote_target": {"type": "string"}, "flow": {"type": "string"},
    "certificate": {"type": ["string", "null"]},
    "last_notify": {"$ref": "#/components/schemas/Time"},
    "last_answer": {"type": ["integer", "null"], "description": "Status of the last NOTIFY's answer, 408 for none."},
    "next_retry": {"$ref": "#/components/schemas/Time"}, "failures": {"type": "integer"}}},
"SentNotify": {"type": "object", "properties": {
    "at": {"$ref": "#/components/schemas/Time"}, "cseq": {"type": "integer"},
    "state": {"enum": ["pending", "active", "terminated"]},
    "answer": {"type": "integer", "description": "Its status, 408 for none."}, "took_ms": {"type": "integer"}}},
"ExplainedSubscription": {"allOf": [{"$ref": "#/components/schemas/Subscription"}, {"type": "object", "properties": {
    "notifies": {"type": "array", "items": {"$ref": "#/components/schemas/SentNotify"},
        "description": "The last ones the server remembers, the latest first."}}}]},
"SubscriptionPage": {"type": "object", "properties": {
    "subscriptions": {"type": "array", "items": {"$ref": "#/components/schemas/Subscription"}},
    "total": {"type": "integer"}, "next": {"type": ["string", "null"]}}},
"Publication": {"type": "object", "properties": {
    "source": {"type": "string"}, "publisher": {"type": "string"}, "entity_tag_prefix": {"type": "string"},
    "rank": {"type": "string"}, "arrived": {"$ref": "#/components/schemas/Time"},
    "expires_at": {"$ref": "#/components/schemas/Time"}, "type": {"type": "string"}, "size": {"type": "integer"},
    "body": {"type": "string"}, "body_base64": {"type": "string", "description": "Instead of body where it is not text."}}},
"Resource": {"type": "object", "properties": {
    "package": {"type": "string"}, "aor": {"type": "string"}, "watchers": {"type": "integer"},
    "type": {"type": "string"}, "body": {"type": "string"}, "body_base64": {"type": "string"},
    "publications": {"type": "array", "items": {"$ref": "#/components/schemas/Publication"}}}},
"ResourceRow": {"type": "object", "properties": {
    "package": {"type": "string"}, "aor": {"type": "string"}, "watchers": {"type": "integer"},
    "publications": {"type": "integer"}}},
"ResourcePage": {"type": "object", "properties": {
    "resources": {"type": "array", "items": {"$ref": "#/components/schemas/ResourceRow"}},
    "total": {"type": "integer"}, "next": {"type": ["string", "null"]}}},
"Registrations": {"type": "object", "properties": {
    "registrations": {"type": "array", "items": {"$ref": "#/components/schemas/Registration"}}}},
"Registration": {"type": "object", "properties": {
    "id": {"type": "string"}, "aor": {"type": "string"}, "contact": {"type": "string"},
    "display_name": {"type": ["string", "null"]}, "parameters": {"$ref": "#/components/schemas/Texts"},
    "instance": {"type": ["string", "null"]}, "reg_id": {"type": ["integer", "null"]},
    "public_gruu": {"type": ["string", "null"]}, "path": {"type": ["string", "null"]},
    "flow": {"type": ["string", "null"]}, "certificate": {"type": ["string", "null"]},
    "user_agent": {"type": ["string", "null"]},
    "call_id": {"type": ["string", "null"]}, "cseq": {"type": ["integer", "null"]},
    "publisher": {"type": ["string", "null"]}, "created": {"$ref": "#/components/schemas/Time"},
    "expires_at": {"$ref": "#/components/schemas/Time"}}},
"RegistrationPage": {"type": "object", "properties": {
    "registrations": {"type": "array", "items": {"$ref": "#/components/schemas/Registration"}},
    "total": {"type": "integer"}, "next": {"type": ["string", "null"]}}},
"ContactChange": {"type": "object", "additionalProperties": false, "required": ["contact"], "properties": {
    "contact": {"type": "string", "description": "SIP URI."},
    "expires": {"type": "integer", "minimum": 0, "maximum": 4294967295, "default": 0, "description": "Seconds; 0: for ever."},
    "path": {"type": "string", "description": "Routes to the contact, as in a Route header."}}},
"Alias": {"type": "object", "properties": {"aor": {"type": "string"}, "resource": {"type": "string"}}},
"AliasChange": {"type": "object", "additionalProperties": false, "required": ["resource"], "properties": {
    "resource": {"type": "string", "description": "The address it shall stand for: no alias itself."}}},
"AliasPage": {"type": "object", "properties": {
    "aliases": {"type": "array", "items": {"$ref": "#/components/schemas/Alias"}},
    "total": {"type": "integer"}, "next": {"type": ["string", "null"]}}},
"MessageOrder": {"type": "object", "additionalProperties": false, "required": ["from", "to", "body"], "properties": {
    "from": {"type": "string", "description": "Address-of-record of this server."}, "to": {"type": "string"},
    "body": {"type": "string"}, "type": {"type": "string", "default": "text/plain;charset=UTF-8"},
    "subject": {"type": "string"},
    "expires": {"type": "integer", "minimum": 0, "maximum": 4294967295, "default": 0, "description": "Seconds it is worth keeping; 0: as long as the configuration says."}}},
"MessageSent": {"type": "object", "properties": {"delivered": {"type": "boolean"}}},
"Message": {"type": "object", "required": ["id", "aor", "from", "subject", "type", "size", "date", "kept_until"], "properties": {
    "id": {"type": "string"}, "aor": {"type": "string"}, "from": {"type": "string"},
    "subject": {"type": ["string", "null"]}, "type": {"type": ["string", "null"]}, "size": {"type": "integer"},
    "date": {"$ref": "#/components/schemas/Time"}, "kept_until": {"$ref": "#/components/schemas/Time"},
    "body": {"type": ["string", "null"]}}},
"MessagePage": {"type": "object", "properties": {
    "messages": {"type": "array", "items": {"$ref": "#/components/schemas/Message"}},
    "total": {"type": "integer"}, "next": {"type": ["string", "null"]}}},
"Watcher": {"type": "object", "properties": {
    "id": {"type": "string"}, "package": {"type": "string"}, "watcher": {"type": "string"},
    "status": {"enum": ["pending", "active", "waiting", "terminated"]}, "event": {"type": "string", "description": "RFC 3858 4.3"},
    "since": {"$ref": "#/components/schemas/Time"}, "expires_at": {"$ref": "#/components/schemas/Time"},
    "decided_by": {"type": "string"}, "rule": {"type": ["string", "null"]}}},
"WatcherPage": {"type": "object", "properties": {
    "watchers": {"type": "array", "items": {"$ref": "#/components/schemas/Watcher"}},
    "total": {"type": "integer"}, "next": {"type": ["string", "null"]}}},
"Handling": {"enum": ["allow", "block", "polite-block", "confirm"]},
"Decision": {"type": "object", "additionalProperties": false, "required": ["watcher", "decision"], "properties": {
    "watcher": {"type": "string", "description": "An address, *@domain or *."},
    "package": {"type": "string", "default": "presence", "description": "*: all."},
    "decision": {"$ref": "#/components/schemas/Handling"},
    "remember": {"type": "boolean", "default": true, "description": "true: an entry of a list, for later, too; false: for the subscriptions there are now, as long as they live."}}},
"ListEntry": {"type": "object", "additionalProperties": false, "required": ["watcher"], "properties": {
    "watcher": {"type": "string"}, "package": {"type": "string", "default": "presence"}}},
"ListChange": {"type": "object", "additionalProperties": false, "required": ["entries"], "properties": {
    "entries": {"type": "array", "items": {"$ref": "#/components/schemas/ListEntry"}}}},
"List": {"type": "object", "properties": {
    "scope": {"type": "string"}, "list": {"$ref": "#/components/schemas/Handling"},
    "entries": {"type": "array", "items": {"$ref": "#/components/schemas/ListEntry"}}}},
"Decided": {"description": "The list it was put into; or, not remembered, how many subscriptions were decided about.",
    "anyOf": [{"$ref": "#/components/schemas/List"}, {"type": "object", "properties": {
        "scope": {"type": "string"}, "list": {"type": "null"}, "entries": {"type": "array", "maxItems": 0},
        "subscriptions": {"type": "integer"}}}]},
"ListRow": {"type": "object", "additionalProperties": false, "required": ["scope", "list", "watcher"], "properties": {
    "scope": {"type": "string"}, "list": {"$ref": "#/components/schemas/Handling"},
    "watcher": {"type": "string"}, "package": {"type": "string", "default": "presence"}}},
"ListImport": {"type": "object", "additionalProperties": false, "required": ["rows"], "properties": {
    "rows": {"type": "array", "items": {"$ref": "#/components/schemas/ListRow"}}}},
"Imported": {"type": "object", "properties": {"rows": {"type": "integer"}}},
"ListExport": {"type": "object", "properties": {
    "rows": {"type": "array", "items": {"$ref": "#/components/schemas/ListRow"}}, "next": {"type": ["string", "null"]}}},
"DryRun": {"type": "object", "additionalProperties": false, "required": ["watcher"], "properties": {
    "watcher": {"type": "string"}, "package": {"type": "string", "default": "presence"},
    "rules": {"description": "What to try instead of the owner's: application/auth-policy+xml as text, or an object.",
        "oneOf": [{"type": "string"}, {"$ref": "#/components/schemas/Rules"}]}}},
"Components": {"type": "object", "additionalProperties": false, "description": "By what they are shown (RFC 5025 3.3.1).", "properties": {
    "all": {"type": "boolean"}, "class": {"$ref": "#/components/schemas/Texts"},
    "occurrence-id": {"$ref": "#/components/schemas/Texts"}, "deviceID": {"$ref": "#/components/schemas/Texts"},
    "service-uri": {"$ref": "#/components/schemas/Texts"}, "service-uri-scheme": {"$ref": "#/components/schemas/Texts"},
    "service-id": {"$ref": "#/components/schemas/Texts"}}},
"Identity": {"type": "object", "additionalProperties": false, "properties": {
    "one": {"$ref": "#/components/schemas/Texts"},
    "many": {"type": "array", "items": {"type": "object", "additionalProperties": false, "properties": {
        "domain": {"type": "string", "description": "Without: anybody who is known."},
        "except": {"$ref": "#/components/schemas/Texts"}, "except_domains": {"$ref": "#/components/schemas/Texts"}}}},
    "not_understood": {"type": "boolean"}}},
"RuleConditions": {"type": "object", "additionalProperties": false, "description": "All must hold (RFC 4745 7).", "properties": {
    "identity": {"$ref": "#/components/schemas/Identity"}, "sphere": {"$ref": "#/components/schemas/Texts"},
    "validity": {"type": "array", "items": {"type": "object", "required": ["from", "until"], "properties": {
        "from": {"$ref": "#/components/schemas/Time"}, "until": {"$ref": "#/components/schemas/Time"}}}},
    "packages": {"$ref": "#/components/schemas/Texts"}, "other_identity": {"type": "boolean"},
    "anonymous_request": {"type": "boolean"}, "external_list": {"type": "boolean"},
    "not_understood": {"type": "boolean", "description": "There is a condition Herald does not know: the rule matches nobody."}}},
"Shown": {"type": "object", "additionalProperties": false, "description": "What is granted; nothing else is shown.", "properties": {
    "services": {"$ref": "#/components/schemas/Components"}, "persons": {"$ref": "#/components/schemas/Components"},
    "devices": {"$ref": "#/components/schemas/Components"},
    "attributes": {"type": "array", "items": {"type": "string"}, "description": "RFC 5025 3.3.2: activities, mood, note ..."},
    "user_input": {"enum": ["false", "bare", "thresholds", "full"]},
    "unknown_attributes": {"type": "array", "items": {"type": "object", "required": ["name", "ns"], "properties": {
        "name": {"type": "string"}, "ns": {"type": "string"}}}},
    "all_attributes": {"type": "boolean"}, "dialog_view": {"enum": ["none", "virtual", "state", "full"]}}},
"Rule": {"type": "object", "additionalProperties": false, "required": ["id"], "properties": {
    "id": {"type": "string"}, "conditions": {"$ref": "#/components/schemas/RuleConditions"},
    "handling": {"$ref": "#/components/schemas/Handling"}, "show": {"$ref": "#/components/schemas/Shown"}}},
"Rules": {"type": "object", "additionalProperties": false, "required": ["rules"], "properties": {
    "rules": {"type": "array", "items": {"$ref": "#/components/schemas/Rule"}}}},
"RuleVerdict": {"type": "object", "properties": {
    "rule": {"type": "string"}, "matched": {"type": "boolean"}, "why_not": {"type": ["string", "null"]}}},
"Preview": {"type": "object", "properties": {
    "resource": {"type": "string"}, "watcher": {"type": "string"}, "package": {"type": "string"},
    "decision": {"$ref": "#/components/schemas/Handling"}, "decided_by": {"type": "string"},
    "rules": {"type": "array", "items": {"$ref": "#/components/schemas/RuleVerdict"}},
    "type": {"type": ["string", "null"]}, "document": {"type": ["string", "null"]},
    "changes": {"$ref": "#/components/schemas/Texts"}}},
"Explanation": {"type": "object", "properties": {
    "resource": {"type": "string"}, "watcher": {"type": "string"}, "package": {"type": "string"},
    "decision": {"$ref": "#/components/schemas/Handling"}, "decided_by": {"type": "string"},
    "rules": {"type": "array", "items": {"$ref": "#/components/schemas/RuleVerdict"}},
    "type": {"type": ["string", "null"]}, "document": {"type": ["string", "null"]},
    "changes": {"$ref": "#/components/schemas/Texts"},
    "steps": {"$ref": "#/components/schemas/Texts", "description": "How what is known becomes one document, before rules."},
    "publications": {"type": "array", "items": {"$ref": "#/components/schemas/Publication"}},
    "subscriptions": {"type": "array", "items": {"$ref": "#/components/schemas/ExplainedSubscription"}}}},
"AuditEntry": {"type": "object", "properties": {
    "id": {"type": "string"}, "at": {"$ref": "#/components/schemas/Time"}, "actor": {"type": "string"},
    "resource": {"type": "string"}, "action": {"type": "string"}, "before": {"type": "string"}, "after": {"type": "string"}}},
"AuditPage": {"type": "object", "properties": {
    "entries": {"type": "array", "items": {"$ref": "#/components/schemas/AuditEntry"}}, "next": {"type": ["string", "null"]}}},
"LearnedDevice": {"type": ["object", "null"], "properties": {
    "aors": {"$ref": "#/components/schemas/Texts"}, "seen": {"$ref": "#/components/schemas/Time"},
    "challenges": {"type": "boolean", "description": "It asks for a name and a password before it obeys."},
    "refuses": {"type": "array", "items": {"type": "object", "properties": {
        "event": {"type": "string"}, "status": {"type": "integer"}}}},
    "enrolled_at": {"$ref": "#/components/schemas/Time", "description": "For a profile (RFC 6080) the last time."},
    "takes": {"$ref": "#/components/schemas/Texts", "description": "Media types it accepted then."},
    "offered": {"type": ["string", "null"]}, "offered_at": {"$ref": "#/components/schemas/Time"},
    "fetched": {"type": ["string", "null"]}, "fetched_at": {"$ref": "#/components/schemas/Time"},
    "fetches": {"type": "integer"}}},
"Device": {"type": "object", "properties": {
    "id": {"type": "string"}, "aor": {"type": ["string", "null"]}, "contact": {"type": ["string", "null"]},
    "instance": {"type": ["string", "null"]}, "mac": {"type": ["string", "null"]},
    "user_agent": {"type": ["string", "null"]}, "vendor": {"type": ["string", "null"]},
    "model": {"type": ["string", "null"]}, "version": {"type": ["string", "null"]},
    "flow": {"type": ["string", "null"]}, "registered": {"$ref": "#/components/schemas/Time"},
    "expires_at": {"$ref": "#/components/schemas/Time"},
    "learned": {"$ref": "#/components/schemas/LearnedDevice"}}},
"DevicePage": {"type": "object", "properties": {
    "devices": {"type": "array", "items": {"$ref": "#/components/schemas/Device"}},
    "total": {"type": "integer"}, "next": {"type": ["string", "null"]}}},
"ProfileFile": {"type": "object", "additionalProperties": false, "required": ["name"], "properties": {
    "name": {"type": "string"}, "content_type": {"type": "string", "default": "text/plain"},
    "body": {"type": ["string", "null"]}, "template": {"type": "boolean", "default": true},
    "size": {"type": "integer", "readOnly": true}}},
"ProfileMembers": {"type": "object", "properties": {
    "content_type": {"type": "string", "default": "text/plain"},
    "body": {"type": "string", "description": "{{device.mac}} and other variables are replaced, {{include device/common}} by that profile's body; {{open}} is {{."},
    "template": {"type": "boolean", "default": true, "description": "false: the body is sent as it is."},
    "public": {"type": "boolean", "default": false, "description": "For anybody who asks, without a password."},
    "secret": {"type": "boolean", "default": false, "description": "By TLS only, to who proved who he is."},
    "for": {"type": ["string", "null"], "description": "An AOR, an instance or a MAC address."},
    "account": {"type": ["string", "null"], "description": "The AOR that alone may have it."},
    "vendor": {"type": ["string", "null"]}, "model": {"type": ["string", "null"]}, "version": {"type": ["string", "null"]},
    "effective_by": {"type": ["integer", "null"], "minimum": 0, "maximum": 31536000, "description": "Seconds until devices are to use it."},
    "management_url": {"type": ["string", "null"], "description": "Of a server that manages the devices; told as it is to who accepts application/url, where there is no body."},
    "files": {"type": "array", "maxItems": 64, "items": {"$ref": "#/components/schemas/ProfileFile"}}}},
"ProfileChange": {"allOf": [{"$ref": "#/components/schemas/ProfileMembers"}], "unevaluatedProperties": false},
"Profile": {"allOf": [{"$ref": "#/components/schemas/ProfileMembers"}, {"type": "object", "properties": {
    "type": {"enum": ["device", "user", "local-network"]}, "name": {"type": "string"},
    "size": {"type": "integer"}, "etag": {"type": "string"}}}]},
"ProfilePage": {"type": "object", "properties": {
    "profiles": {"type": "array", "items": {"$ref": "#/components/schemas/Profile"}},
    "total": {"type": "integer"}, "next": {"type": ["string", "null"]}}},
"ProfileExplanation": {"type": "object", "properties": {
    "type": {"type": "string"}, "profile": {"type": ["string", "null"], "description": "The one it gets."},
    "device": {"type": "object", "description": "Variables and their values.", "additionalProperties": {"type": "string"}},
    "profiles": {"type": "array", "items": {"type": "object", "properties": {
        "name": {"type": "string"}, "chosen": {"type": "boolean"}, "matches": {"type": "boolean"},
        "differs": {"enum": ["for", "vendor", "model", "version", "not public", "account", null]}, "public": {"type": "boolean"}}}}}},
"JobOrder": {"type": "object", "additionalProperties": false, "required": ["select", "action"], "properties": {
    "select": {"type": "object", "additionalProperties": false, "minProperties": 1, "properties": {
        "aors": {"$ref": "#/components/schemas/Texts"},
        "instances": {"$ref": "#/components/schemas/Texts"},
        "user_agent": {"type": "string", "description": "A pattern: * stands for any text."},
        "vendor": {"type": "string", "description": "A pattern."}, "model": {"type": "string", "description": "A pattern."},
        "firmware_below": {"type": "string", "description": "Devices whose version is known and older."},
        "domain": {"type": "string"}, "all": {"type": "boolean", "description": "Every registered device; alone."}}},
    "action": {"enum": ["check-sync", "reboot", "resync", "report", "restart", "custom"]},
    "reboot": {"type": "boolean", "default": false, "description": "With check-sync: start again, too."},
    "event": {"type": "string", "description": "With custom."}, "content_type": {"type": "string"},
    "body": {"type": "string", "description": "At most 4096 bytes."},
    "rate": {"type": "integer", "minimum": 1, "maximum": 2000, "description": "A second. Default: provisioning.rate."},
    "start": {"$ref": "#/components/schemas/Time"},
    "retry_for": {"type": "integer", "minimum": 0, "maximum": 2592000, "description": "Seconds unreachable devices are waited for. Default: provisioning.retry_for."},
    "retry_every": {"type": "integer", "minimum": 10, "maximum": 2592000, "description": "Seconds after which unreachable devices are tried again. Default: when they register."},
    "attempts": {"type": "integer", "minimum": 0, "maximum": 1000, "description": "Of each device, at most; 0: any number."},
    "window": {"type": "string", "description": "Hours of the day, local time: 22:00-05:30. Default: all day."},
    "confirm": {"type": "integer", "minimum": 0, "maximum": 4294967295, "description": "How many devices are meant; asked for above provisioning.confirm_above."}}},
"JobStarted": {"type": "object", "properties": {"id": {"type": "string"}}},
"Job": {"type": "object", "properties": {
    "id": {"type": "string"}, "action": {"type": "string"},
    "state": {"enum": ["running", "paused", "finished", "cancelled"]}, "rate": {"type": "integer"},
    "attempts": {"type": ["integer", "null"]}, "retry_every": {"type": ["integer", "null"]}, "window": {"type": ["string", "null"]},
    "created": {"$ref": "#/components/schemas/Time"}, "start": {"$ref": "#/components/schemas/Time"},
    "retry_until": {"$ref": "#/components/schemas/Time"}, "ended": {"$ref": "#/components/schemas/Time"},
    "devices": {"type": "object", "additionalProperties": {"type": "integer"}}}},
"JobPage": {"type": "object", "properties": {
    "jobs": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}},
    "total": {"type": "integer"}, "next": {"type": ["string", "null"]}}},
"JobDevice": {"type": "object", "properties": {
    "id": {"type": "string"}, "aor": {"type": "string"}, "contact": {"type": ["string", "null"]},
    "instance": {"type": ["string", "null"]}, "user_agent": {"type": ["string", "null"]}, "event": {"type": "string"},
    "state": {"enum": ["waiting", "sent", "delivered", "refused", "challenged", "unreachable", "cancelled"]},
    "status": {"type": ["integer", "null"], "description": "Of the last answer, 408 for none."},
    "attempts": {"type": "integer"}, "at": {"$ref": "#/components/schemas/Time"},
    "effective_at": {"$ref": "#/components/schemas/Time"}}},
"JobDevicePage": {"type": "object", "properties": {
    "job": {"$ref": "#/components/schemas/Job"},
    "devices": {"type": "array", "items": {"$ref": "#/components/schemas/JobDevice"}},
    "total": {"type": "integer"}, "next": {"type": ["string", "null"]}}},
"EventKind": {"enum": ["watcher.pending", "watcher.decided", "rule.changed", "subscription.created",
    "subscription.suspect", "subscription.lost", "subscription.ended", "registration.added", "registration.gone",
    "resource.changed", "mailbox.changed", "auth.refused", "pbx.up", "pbx.down", "events.lost"]},
"Event": {"type": "object", "description": "What stands behind `data:`, one line of JSON for each event.",
    "required": ["id", "kind", "at", "resource"], "properties": {
    "id": {"type": "string"}, "kind": {"$ref": "#/components/schemas/EventKind"},
    "at": {"$ref": "#/components/schemas/Time"},
    "resource": {"type": ["string", "null"], "description": "Whose it is; null: the server's."},
    "package": {"type": "string"}, "subscription": {"type": "string"}, "watcher": {"type": ["string", "null"]},
    "state": {"enum": ["pending", "waiting", "active", "rejected"]}, "reason": {"type": ["string", "null"]},
    "contact": {"type": ["string", "null"]}, "user_agent": {"type": ["string", "null"]},
    "actor": {"type": ["string", "null"]}, "action": {"type": "string"},
    "user": {"type": ["string", "null"]}, "peer": {"type": "string"}, "pbx": {"type": "string"},
    "count": {"type": "string", "description": "Of events that are missing."}}},
"Activities": {"type": "array", "items": {"type": "string"}, "description": "RFC 4480 3.2: away, busy, meeting ..."},
"PresenceChange": {"type": "object", "additionalProperties": false, "required": ["status"], "properties": {
    "status": {"enum": ["open", "closed"]},
    "activities": {"$ref": "#/components/schemas/Activities", "maxItems": 10},
    "note": {"type": ["string", "null"], "maxLength": 1000},
    "ttl": {"type": "integer", "minimum": 1, "maximum": 604800, "default": 3600, "description": "Seconds until it ends by itself."}}},
"Presence": {"type": "object", "required": ["user", "status", "activities", "note"], "properties": {
    "user": {"type": "string"}, "status": {"enum": ["open", "closed"]},
    "activities": {"$ref": "#/components/schemas/Activities"}, "note": {"type": ["string", "null"]},
    "ttl": {"type": "integer", "description": "With source=here: seconds that are left."}}},
"PresencePage": {"type": "object", "required": ["users"], "properties": {
    "users": {"type": "array", "items": {"$ref": "#/components/schemas/Presence"}}}},
"OpenApi": {"type": "object"},
"Problem": {"type": "object", "description": "RFC 9457",
    "required": ["type", "title", "status", "detail", "instance", "kind"], "properties": {
    "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
    "detail": {"type": "string"}, "instance": {"type": "string"}, "kind": {"type": "string"},
    "mistakes": {"type": "array", "description": "Of an import, at most 100.", "items": {"type": "object", "properties": {
        "line": {"type": "integer"}, "why": {"type": "string"}}}}}}
})";

}  // namespace

std::string_view openapi_schemas() noexcept {
    return kSchemas;
}

}  // namespace herald::http
