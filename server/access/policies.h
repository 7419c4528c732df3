// server/access/policies.h: who may see what, as owners and domains say it: lists for simple
// wishes, a document for all of RFC 5025; both become the same rules.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "packages/package.h"
#include "server/access/rules.h"
#include "store/records.h"

namespace herald::server {

using SubHandling = pidf::SubHandling;

/// One entry of a list: "sip:bob@example.com", "*@example.com" or "*", for one package. It stands
/// for a rule that gives all of its list to whom it names, except whom a narrower entry names.
struct ListEntry {
    SubHandling list = SubHandling::block;
    std::string pattern;
    std::string package{packages::ruled_by_default().profile().event};  ///< "*": all
    friend bool operator==(const ListEntry&, const ListEntry&) = default;
};
/// The canonical spelling of a pattern. Faults: malformed.
Result<std::string> list_pattern(std::string_view text);

/// What one scope says. Immutable and shared by all shards.
class ScopePolicy {
public:
    explicit ScopePolicy(store::Policy row);

    const store::Policy& row() const noexcept { return row_; }
    const std::vector<ListEntry>& entries() const noexcept { return entries_; }
    /// nullptr: no document, or one that cannot be read.
    const CompiledRules* rules() const noexcept { return rules_.get(); }
    /// A stored document that this program does not understand: nothing in it may allow anything.
    bool is_unreadable() const noexcept { return !complaint_.empty(); }
    const std::string& complaint() const noexcept { return complaint_; }

    /// The narrowest entry about who asks; nullptr: none.
    const ListEntry* entry_for(const Asking& asking) const;
    /// Of entry and rules together.
    Grant grant(const Asking& asking) const;

private:
    const ListEntry* find(std::string_view pattern, std::string_view package) const;

    store::Policy row_;
    std::vector<ListEntry> entries_;  ///< by pattern and package
    std::unique_ptr<const CompiledRules> rules_;
    std::string complaint_;
};
using PolicyPtr = std::shared_ptr<const ScopePolicy>;

PolicyPtr policy_of(store::Policy row);
/// Bytes of what a scope says.
std::uint64_t bytes_of(const store::Policy& row) noexcept;
/// The text entries are stored as.
std::string to_text(const std::vector<ListEntry>& entries);
/// `entries` with one more. It leaves the list it was in: a pattern is in one at a time.
std::vector<ListEntry> with_entry(std::vector<ListEntry> entries, ListEntry entry);

/// All policies by scope. Filled at recovery, changed after each commit. One per shard.
class Policies {
public:
    /// One that says nothing is taken out.
    void put(PolicyPtr policy);
    /// nullptr: that scope says nothing.
    PolicyPtr find(std::string_view scope) const;
    /// Of an AOR: what its owner says, else what his domain says to those who say nothing.
    struct Said {
        PolicyPtr own, domain;
        bool is_empty() const noexcept { return !own && !domain; }
    };
    Said for_owner(std::string_view aor) const;
    bool is_empty() const noexcept { return by_scope_.empty(); }
    /// In order of their scopes, after `after`, at most `limit`.
    std::vector<PolicyPtr> page(std::string_view after, std::size_t limit) const;
    std::size_t size() const noexcept { return by_scope_.size(); }
    /// Of all of them, as they are written.
    std::uint64_t bytes() const noexcept { return bytes_; }

private:
    std::map<std::string, PolicyPtr, std::less<>> by_scope_;
    std::uint64_t bytes_ = 0;
};

}  // namespace herald::server
