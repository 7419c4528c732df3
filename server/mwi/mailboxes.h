// server/mwi/mailboxes.h: the mailboxes of one shard: their settings, and the counters that groups
// have of their members (RFC 3842 4).
//
//   a member changes -> its shard composes its own counters -> posts them to the group's shard
//   -> one publication of the group for each member ("member <aor>", Rank::derived)
//   A group passes on its own counters only, so groups within groups cannot count in circles.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "base/task.h"
#include "base/text_map.h"
#include "packages/mailbox.h"
#include "server/core/agent.h"
#include "server/core/context.h"
#include "server/publish/state_orders.h"
#include "server/subscriber/upstream.h"

namespace herald::server {

/// Called on its shard's thread.
class Mailboxes final : public Agent {
public:
    Mailboxes(Context& context, StateOrders& orders, Upstream& upstream);

    using Done = StateOrders::Done;
    /// Replaces the settings of a mailbox, or removes them where the new ones are all defaults.
    /// `done` runs after the commit. Faults: unavailable, unknown_outcome.
    void put_settings(const std::string& aor, const packages::MailboxSettings& settings, Done done);
    /// nullptr: none are set. Valid until the loop's turn ends.
    const packages::MailboxSettings* settings(std::string_view aor) const;
    /// How the PBX that the settings name is doing; nullopt: they name none.
    std::optional<SourceStatus> source(std::string_view aor) const {
        return upstream_.status(package_, aor);
    }
    /// Asks that PBX now, whatever was to be waited for. False: there is none.
    bool ask_source(std::string_view aor) { return upstream_.hasten(package_, aor); }
    /// The document a phone of the mailbox gets now.
    packages::Composed document(const std::string& aor) const;
    /// Sets what an outside source says about a mailbox; a document with an empty type removes it.
    /// `expires_at` zero: until it is said otherwise.
    void put_state(const std::string& aor, std::string source, packages::Rank rank,
                   packages::Document document, base::WallTime expires_at, Done done);

    /// Groups ask for their members' counters again.
    void resume(const Cells& cells) override;
    void forget_some(Cell cell, Forgetting& forgetting) override;
    std::size_t held() const noexcept override;
    void on_changed(std::uint32_t resource) override;

private:
    void apply_settings(const std::string& aor, const std::vector<std::string>& before);
    void for_each(
        const std::function<void(const std::string&, const packages::MailboxSettings&)>& visit);
    std::vector<std::pair<std::string, std::string>> former_members();
    void follow_pbx(const std::string& aor, const packages::MailboxSettings* settings);
    void follow(const std::string& member, const std::string& group);
    void unfollow(const std::string& member, const std::string& group);
    void ask(const std::string& member, const std::string& group);
    void tell(const std::string& member, const std::string& group);
    void hear(const std::string& group, const std::string& member, std::string body);
    std::string own_body(const std::string& aor) const;
    void hear_again(const std::string& group, const std::string& member, bool is_member);
    void pass_on();

    Context& context_;
    StateOrders& orders_;
    Upstream& upstream_;
    const packages::Package& package_;
    /// By member owned here: the groups that count it, on whichever shard.
    base::TextMap<std::vector<std::string>> groups_;
    base::TextSet changed_;  ///< AORs, to be passed on
    /// Counters that could not be stored, by group and member: to be asked for again.
    std::map<std::pair<std::string, std::string>, base::TimerId> failed_;
    base::Counter& told_;
};

}  // namespace herald::server
