// server/admin/admin_mailboxes.cpp: settings of mailboxes as an operator reads and sets them.
#include "server/admin/admin_mailboxes.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/admin/admin_carrier.h"
#include "server/admin/pbx_setting.h"
#include "server/mwi/mailboxes.h"
#include "server/shard/agents.h"

namespace herald::server {

namespace {

class ShardMailboxes final : public MailboxAdmin {
public:
    explicit ShardMailboxes(const AdminCarrier& carrier) : carrier_(carrier) {}

    Result<packages::MailboxSettings> settings(std::string_view aor) override;
    Status put_settings(std::string_view aor, packages::MailboxSettings settings) override;
    Result<MailboxSource> source(std::string_view aor) override;
    Status ask_source(std::string_view aor) override;

private:
    const AdminCarrier& carrier_;
};

Result<packages::MailboxSettings> ShardMailboxes::settings(std::string_view aor) {
    auto ours = carrier_.our_resource(aor);
    if (!ours) return ours.fault();
    return carrier_.ask<packages::MailboxSettings>(
        carrier_.owner_of(*ours), [aor = *ours](Shard& shard, auto answer) {
            const auto* settings = shard.agents().get<Mailboxes>().settings(aor);
            answer(settings ? *settings : packages::MailboxSettings());
        });
}

Status ShardMailboxes::put_settings(std::string_view aor, packages::MailboxSettings settings) {
    auto ours = carrier_.our_resource(aor);
    if (!ours) return ours.fault();
    if (settings.members.size() > packages::kMaxMembers) {
        return Fault{FaultKind::too_large,
                     "A group has at most " + std::to_string(packages::kMaxMembers) + " members"};
    }
    std::vector<std::string> members;
    for (const auto& each : settings.members) {
        auto member = carrier_.our_resource(each);
        if (!member) return Fault{FaultKind::malformed, "\"members\": " + member.fault().detail};
        // A mailbox counts its own messages anyway.
        const bool is_known =
            *member == *ours || std::find(members.begin(), members.end(), *member) != members.end();
        if (!is_known) members.push_back(*std::move(member));
    }
    settings.members = std::move(members);
    return carrier_.order(carrier_.owner_of(*ours), [aor = *ours, settings = std::move(settings)](
                                                        Shard& shard, auto answer) {
        if (auto status = check_pbx(settings.pbx, settings.pbx_user, shard.context()); !status)
            return answer(status);
        shard.agents().get<Mailboxes>().put_settings(aor, settings, answer);
    });
}

Fault no_source(const std::string& aor) {
    return Fault{FaultKind::not_found, "No PBX keeps the messages of " + aor};
}

MailboxSource source_text(const SourceStatus& status) {
    return {
        status.pbx, status.uri, status.is_subscribed, status.why,
        static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::seconds>(status.next).count())};
}

Result<MailboxSource> ShardMailboxes::source(std::string_view aor) {
    auto ours = carrier_.our_resource(aor);
    if (!ours) return ours.fault();
    auto found = carrier_.ask<std::optional<SourceStatus>>(
        carrier_.owner_of(*ours), [aor = *ours](Shard& shard, auto answer) {
            answer(shard.agents().get<Mailboxes>().source(aor));
        });
    if (!found) return found.fault();
    return *found ? Result<MailboxSource>(source_text(**found)) : no_source(*ours);
}

Status ShardMailboxes::ask_source(std::string_view aor) {
    auto ours = carrier_.our_resource(aor);
    if (!ours) return ours.fault();
    return carrier_.order(carrier_.owner_of(*ours), [aor = *ours](Shard& shard, auto answer) {
        answer(shard.agents().get<Mailboxes>().ask_source(aor) ? Status() : Status(no_source(aor)));
    });
}

}  // namespace

std::unique_ptr<MailboxAdmin> mailbox_admin(const AdminCarrier& carrier) {
    return std::make_unique<ShardMailboxes>(carrier);
}

}  // namespace herald::server
