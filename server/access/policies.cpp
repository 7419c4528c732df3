// server/access/policies.cpp: who may see what, as owners and domains say it.
#include "server/access/policies.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "pidf/idna.h"
#include "server/address/domains.h"
#include "sip/uri.h"

namespace herald::server {

namespace {

bool is_before(const ListEntry& a, const ListEntry& b) noexcept {
    return std::tie(a.pattern, a.package) < std::tie(b.pattern, b.package);
}

bool has_same_key(const ListEntry& a, const ListEntry& b) noexcept {
    return a.pattern == b.pattern && a.package == b.package;
}

std::vector<ListEntry> entries_of(std::string_view text) {
    std::vector<ListEntry> entries;
    while (!text.empty()) {
        const auto line = base::split_once(text, '\n');
        text = line.after;
        const auto [list, rest, found] = base::split_once(line.before, ' ');
        const auto handling = pidf::handling_named(list);
        const auto parts = base::split_once(rest, ' ');
        if (!handling || parts.before.empty()) continue;
        entries.push_back(
            {*handling, std::string(parts.before),
             std::string(parts.found ? parts.after
                                     : packages::ruled_by_default().profile().event)});
    }
    std::sort(entries.begin(), entries.end(), is_before);
    return entries;
}

}  // namespace

Result<std::string> list_pattern(std::string_view text) {
    constexpr const char* kShape =
        "a watcher is an address like sip:bob@example.com, *@example.com for a domain, or *";
    const Fault wrong{FaultKind::malformed, kShape};
    text = base::trim(text);
    if (text == "*") return std::string(text);
    if (text.find_first_of(" \t\r\n") != std::string_view::npos) return wrong;
    if (text.starts_with("*@")) {
        const auto domain = pidf::comparable_domain(text.substr(2));
        if (domain.empty() || domain.find_first_of("@*/:") != std::string::npos) return wrong;
        return "*@" + domain;
    }
    const auto written =
        text.find(':') == std::string_view::npos ? "sip:" + std::string(text) : std::string(text);
    const auto in_ascii = sip::parse_uri(written) ? written : pidf::ascii_uri(written);
    const auto uri = sip::parse_uri(in_ascii);
    if (!uri || uri->scheme == sip::Scheme::other || (uri->host.empty() && uri->user.empty()))
        return wrong;
    return sip::canonical_aor(*uri);
}

ScopePolicy::ScopePolicy(store::Policy row)
    : row_(std::move(row)), entries_(entries_of(row_.lists)) {
    if (row_.document.empty()) return;
    auto ruleset = pidf::parse_ruleset(row_.document);
    if (ruleset) {
        rules_ = std::make_unique<const CompiledRules>(*std::move(ruleset));
    } else {
        complaint_ = ruleset.fault().detail;
        if (complaint_.empty()) complaint_ = "it cannot be read";
        base::log_error("rules.unreadable", {{"scope", row_.scope}, {"why", complaint_}});
    }
}

const ListEntry* ScopePolicy::find(std::string_view pattern, std::string_view package) const {
    for (const auto wanted : {package, std::string_view("*")}) {
        const auto at =
            std::lower_bound(entries_.begin(), entries_.end(), std::tie(pattern, wanted),
                             [](const ListEntry& entry, const auto& key) {
                                 return std::tuple<std::string_view, std::string_view>(
                                            entry.pattern, entry.package) < key;
                             });
        if (at != entries_.end() && at->pattern == pattern && at->package == wanted) return &*at;
    }
    return nullptr;
}

const ListEntry* ScopePolicy::entry_for(const Asking& asking) const {
    if (entries_.empty()) return nullptr;
    for (const auto uri : asking.uris) {
        if (const auto* entry = find(uri, asking.package)) return entry;
    }
    for (const auto uri : asking.uris) {
        const auto pattern = "*@" + std::string(domain_of(uri));
        if (const auto* entry = find(pattern, asking.package)) return entry;
    }
    return find("*", asking.package);
}

Grant ScopePolicy::grant(const Asking& asking) const {
    Grant grant = rules_ ? rules_->grant(asking) : Grant{};
    const auto* entry = entry_for(asking);
    if (!entry) return grant;
    Grant listed{entry->list, {}, {}};
    if (entry->list == SubHandling::allow) listed.permissions = pidf::all_permissions();
    grant.add(listed);
    return grant;
}

PolicyPtr policy_of(store::Policy row) {
    return std::make_shared<const ScopePolicy>(std::move(row));
}

std::string to_text(const std::vector<ListEntry>& entries) {
    std::string text;
    for (const auto& entry : entries) {
        if (!text.empty()) text += '\n';
        text.append(pidf::name_of(entry.list)).append(" ").append(entry.pattern);
        text.append(" ").append(entry.package);
    }
    return text;
}

std::vector<ListEntry> with_entry(std::vector<ListEntry> entries, ListEntry entry) {
    std::erase_if(entries, [&](const ListEntry& each) { return has_same_key(each, entry); });
    entries.insert(std::lower_bound(entries.begin(), entries.end(), entry, is_before),
                   std::move(entry));
    return entries;
}

std::uint64_t bytes_of(const store::Policy& row) noexcept {
    return row.scope.size() + row.lists.size() + row.document.size();
}

void Policies::put(PolicyPtr policy) {
    const auto& row = policy->row();
    if (const auto earlier = find(row.scope)) bytes_ -= bytes_of(earlier->row());
    bytes_ += row.lists.empty() && row.document.empty() ? 0 : bytes_of(row);
    if (row.lists.empty() && row.document.empty()) {
        by_scope_.erase(row.scope);
    } else {
        by_scope_.insert_or_assign(row.scope, std::move(policy));
    }
}

PolicyPtr Policies::find(std::string_view scope) const {
    const auto found = by_scope_.find(scope);
    return found == by_scope_.end() ? nullptr : found->second;
}

Policies::Said Policies::for_owner(std::string_view aor) const {
    if (by_scope_.empty()) return {};
    Said said{find(aor), nullptr};
    if (!said.own) said.domain = find(domain_of(aor));
    return said;
}

std::vector<PolicyPtr> Policies::page(std::string_view after, std::size_t limit) const {
    std::vector<PolicyPtr> rows;
    for (auto at = by_scope_.upper_bound(after); at != by_scope_.end() && rows.size() < limit; ++at)
        rows.push_back(at->second);
    return rows;
}

}  // namespace herald::server
