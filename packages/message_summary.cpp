// packages/message_summary.cpp: the message-summary event package (RFC 3842): what waits in a
// mailbox.
#include <algorithm>
#include <array>
#include <tuple>

#include "base/id.h"
#include "base/text.h"
#include "packages/mailbox.h"
#include "packages/message_counts.h"
#include "packages/package.h"

namespace herald::packages {
namespace {

/// The URI to dial for a mailbox whose counters name none: `pattern` with what it stands for.
std::string account_of(std::string_view pattern, std::string_view aor) {
    const auto [user, host, found] = base::split_once(aor.substr(aor.find(':') + 1), '@');
    std::string account;
    while (!pattern.empty()) {
        const bool is_user = pattern.starts_with("{user}");
        const bool is_host = pattern.starts_with("{host}");
        if (is_user || is_host) {
            account += is_user ? user : host;
            pattern.remove_prefix(6);
        } else {
            account += pattern.front();
            pattern.remove_prefix(1);
        }
    }
    return account.empty() ? std::string(aor) : account;
}

/// The inputs that count, best first. A default counts only where there is nothing else.
std::vector<Input> inputs_in_order(std::span<const Input> inputs) {
    const bool has_state = std::any_of(inputs.begin(), inputs.end(), [](const Input& input) {
        return input.rank != Rank::fallback;
    });
    std::vector<Input> ordered;
    ordered.reserve(inputs.size());
    std::copy_if(
        inputs.begin(), inputs.end(), std::back_inserter(ordered), [has_state](const Input& input) {
            return input.document != nullptr && !(has_state && input.rank == Rank::fallback);
        });
    std::sort(ordered.begin(), ordered.end(), [](const Input& a, const Input& b) {
        return std::tuple(b.rank, b.arrived, a.source) < std::tuple(a.rank, a.arrived, b.source);
    });
    return ordered;
}

class MessageSummary final : public Package {
public:
    const Profile& profile() const noexcept override {
        static const Profile profile{
            .event = "message-summary",
            .publish_types = {kSimpleMessageSummary},
            .notify_types = {kSimpleMessageSummary},
            .max_expires = 604800,
            .min_notify_interval = std::chrono::seconds(1),
            .access = Access::owner,
            .publisher_supersedes = true,
            .reference = "RFC 3842",
        };
        return profile;
    }

    Result<DocumentPtr> admit(const Document& body) const override {
        if (body.body.size() > profile().max_body) {
            return Fault{FaultKind::too_large,
                         "more than " + std::to_string(profile().max_body) + " bytes"};
        }
        if (body.type == kMailboxSettingsType) {
            auto settings = mailbox_settings_from_text(body.body);
            if (!settings) return settings.fault();
            return DocumentPtr(std::make_shared<MailboxSettings>(std::move(*settings)));
        }
        Result<MessageCounts> counts = parse_message_summary(body.body);
        if (!counts) return counts.fault();
        auto admitted = std::make_shared<MailboxInput>();
        admitted->counts = std::move(*counts);
        return DocumentPtr(std::move(admitted));
    }

    /// Several voicemail servers may keep messages for one mailbox: their counts add up. So do
    /// those of a group's members (Rank::derived), each of which has an account of its own.
    Composed compose(const EventState& state, const View& view) const override {
        MessageCounts sum;
        for (const Input& input : inputs_in_order(state.inputs)) {
            const auto& counts = static_cast<const MailboxInput&>(*input.document).counts;
            std::string account = std::move(sum.account);
            add(sum, counts);
            if (!account.empty() || input.rank == Rank::derived) sum.account = std::move(account);
        }
        const auto pattern =
            state.settings ? std::string_view(state.settings->message_account) : std::string_view();
        // Who asked by an alias dials that, unless all dial the same.
        const auto account =
            pattern.empty() ? std::string(view.entity) : account_of(pattern, state.aor);
        Composed composed{{std::string(view.type), to_body(sum, account)}};
        // RFC 3842 3.12: the lamp follows at once, the counts behind it may wait.
        composed.alert = is_waiting(sum) ? 2 : 1;
        constexpr base::HashKey kFixed{0x68657261'6c642d6dULL, 0x77692d73'756d6d73ULL};
        composed.fingerprint = base::keyed_hash(kFixed, composed.document.body);
        return composed;
    }
};

}  // namespace

const Package& message_summary() {
    static const MessageSummary package;
    return package;
}

}  // namespace herald::packages
