// http/rules_json.h: rules of RFC 4745 and RFC 5025 as JSON.
//
//   {"rules": [{"id": "friends",
//               "conditions": {"identity": {"one": ["sip:bob@example.com"],
//                                           "many": [{"domain": "example.org", "except": [...]}]},
//                              "sphere": ["work"], "validity": [{"from": "...", "until": "..."}],
//                              "packages": ["presence"]},
//               "handling": "allow",
//               "show": {"services": {"service-uri-scheme": ["sip"]}, "persons": {"all": true},
//                        "attributes": ["activities", "note"], "user_input": "bare"}}]}
#pragma once

#include "base/result.h"
#include "http/fields.h"
#include "http/json.h"
#include "pidf/common_policy.h"

namespace herald::http {

/// `"not_understood": true` stands for whatever the document says that Herald does not know.
Json json_of(const pidf::Ruleset& ruleset);

/// Reads the members of such an object, and says in `fields` what is wrong with them.
pidf::Ruleset read_ruleset(Fields& fields);

}  // namespace herald::http
