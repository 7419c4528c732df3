// http/lists.h: entries of lists as JSON, and where an edit of them goes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/fields.h"
#include "http/routes.h"
#include "server/admin/admin_policies.h"

namespace herald::http {

/// Whether entries may be about a package of this name; "*" is all.
bool is_ruled_package(std::string_view name);
/// Reads "watcher" and "package" of an entry, and says in `fields` what is wrong with them.
server::ListEntry read_entry(Fields& fields, server::SubHandling list);
/// The header ETag of what is said of a scope.
std::pair<std::string, std::string> policy_tag(const server::ScopePolicy& policy);
/// What an answer says of one list of a scope, with its entity-tag.
Answer list_answer(const server::ScopePolicy& policy, server::SubHandling list, int status = 200);
/// An edit of the scope of `call`, under the conditions it came with. Faults: malformed, not_found.
Result<server::PolicyEdit> edit_of(const Call& call, std::string_view scope,
                                   std::string_view action);
/// An entry, whatever list it was in.
Result<Answer> put_entry(const Call& call, std::string_view scope, std::string_view action,
                         const server::ListEntry& entry);

}  // namespace herald::http
