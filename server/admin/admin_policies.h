// server/admin/admin_policies.h: who may see what, as an operator reads and changes it, and who
// wants to.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "server/access/audit.h"
#include "server/access/policies.h"

namespace herald::server {

class AdminCarrier;

/// A watcher, one who waits, or one who gave up before the owner decided.
struct WatcherInfo {
    std::string id;
    std::string package, watcher;
    std::string status, event;  ///< as in RFC 3858
    std::optional<base::WallTime> since, expires_at;
    std::string decided_by;  ///< what would decide now: "rules", "default" ...
    std::string rule;        ///< "allow *@example.com", "rule a"; empty: none
};

struct WatcherQuery {
    std::string package, state;  ///< empty: any
    std::string after;
    std::size_t limit = 100;  ///< at most 1000
};

struct WatcherPage {
    std::vector<WatcherInfo> rows;
    std::string next;
    std::size_t total = 0;
};

/// A rule, and what came of it.
struct RuleVerdict {
    std::string rule;  ///< its id, or the list and the entry
    bool matched = false;
    std::string why_not;  ///< the condition that failed; empty where it matched
};

/// What somebody would see.
struct Preview {
    std::string resource, watcher, package;
    std::string decision, decided_by;
    std::vector<RuleVerdict> rules;
    std::string type, document;      ///< both empty: nothing is shown
    std::vector<std::string> steps;  ///< how what is known becomes one document, before rules
    /// With candidate rules: whose subscription would change, "sip:bob@example.com: active ->
    /// pending"; the first hundred.
    std::vector<std::string> changes;
};

/// A change of what one scope says.
struct PolicyEdit {
    std::string scope;
    std::string actor, action;
    std::string detail;             ///< what is changed, for the audit
    std::vector<std::string> tags;  ///< If-Match: revisions it may have; empty: any; "*": some
    /// Changes the row. Faults are the caller's answer.
    std::function<Status(store::Policy& row)> apply;
};

/// Lists of many scopes at once.
struct ListRow {
    std::string scope;
    ListEntry entry;
};

class PolicyAdmin {
public:
    virtual ~PolicyAdmin() = default;

    /// Canonical: an AOR (aliases followed), or a domain of ours. Faults: malformed, not_found.
    virtual Result<std::string> scope_of(std::string_view text) = 0;
    /// What a canonical scope says; an empty row with revision 0 where it says nothing.
    virtual Result<PolicyPtr> find(const std::string& scope) = 0;
    /// In effect on return. Faults: precondition_failed, limit_reached, malformed.
    virtual Result<PolicyPtr> change(const PolicyEdit& edit) = 0;
    /// Decides about the subscriptions to resources of `aor` that the entry names, for as long as
    /// they live; how many they are. Faults: unavailable.
    virtual Result<std::size_t> decide_once(const std::string& aor, const ListEntry& entry,
                                            const std::string& actor) = 0;
    /// All or none; in place of all lists of the scopes named.
    virtual Status import(const std::vector<ListRow>& rows, const std::string& actor) = 0;
    /// Scopes after `after`, in order.
    virtual Result<std::vector<PolicyPtr>> page(const std::string& after, std::size_t limit) = 0;
    /// Of a canonical AOR. Faults: unknown_event, malformed.
    virtual Result<WatcherPage> watchers(const std::string& aor, const WatcherQuery& query) = 0;
    /// `rules`: a document to try instead of the owner's. Faults: unknown_event, malformed.
    virtual Result<Preview> preview(const std::string& aor, const std::string& watcher,
                                    const std::string& package,
                                    const std::optional<std::string>& rules) = 0;
    virtual Result<std::vector<store::AuditEntry>> audit(const AuditQuery& query) = 0;
};

std::unique_ptr<PolicyAdmin> policy_admin(const AdminCarrier& carrier);

}  // namespace herald::server
