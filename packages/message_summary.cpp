// packages/message_summary.cpp: the message-summary event package (RFC 3842): what waits in a
// mailbox.
#include <algorithm>
#include <array>
#include <tuple>
#include <unordered_map>

#include "base/id.h"
#include "base/text.h"
#include "base/text_map.h"
#include "packages/mailbox.h"
#include "packages/message_counts.h"
#include "packages/mwi_settings.h"

namespace herald::packages {
namespace {

/// The URI to dial for a mailbox whose counters name none: `pattern` with user and host put in.
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

const MailboxInput& mailbox_of(const Input& input) {
    return static_cast<const MailboxInput&>(*input.document);
}

/// Several voicemail servers may keep messages for one mailbox: their counts add up. So do those of
/// a group's members (Rank::derived), each of which has an account of its own.
MessageCounts sum_of(std::span<const Input> ordered) {
    MessageCounts sum;
    for (const Input& input : ordered) {
        std::string account = std::move(sum.account);
        add(sum, mailbox_of(input).counts);
        if (!account.empty() || input.rank == Rank::derived) sum.account = std::move(account);
    }
    return sum;
}

/// Messages by the change they came with. A message that several sources list is one message, as
/// old as the earliest of them says.
std::vector<ListedMessage> messages_of(std::span<const Input> ordered) {
    std::vector<ListedMessage> messages;
    std::unordered_map<std::uint64_t, std::size_t> places;
    for (const Input& input : ordered) {
        for (const ListedMessage& message : mailbox_of(input).counts.messages) {
            const auto [place, is_new] = places.emplace(message.id, messages.size());
            if (is_new) {
                messages.push_back(message);
            } else {
                auto& since = messages[place->second].since;
                since = std::min(since, message.since);
            }
        }
    }
    std::stable_sort(messages.begin(), messages.end(),
                     [](const auto& a, const auto& b) { return a.since < b.since; });
    return messages;
}

const MwiSettings& mwi_of(const Settings* settings) {
    static const MwiSettings defaults;
    return settings ? static_cast<const MwiSettings&>(*settings) : defaults;
}

/// One mailbox as it is told: its counters, and what is listed of its messages.
Composed composed_of(const MessageCounts& counts, std::string_view account,
                     std::vector<ListedMessage> messages, const EventState& state,
                     const View& view) {
    Composed composed{{std::string(view.type), to_body(counts, account)}};
    // RFC 3842 3.12: the lamp follows at once, the counts behind it may wait.
    composed.alert = is_waiting(counts) ? 2 : 1;
    const std::span<const std::string> names = mwi_of(state.settings).message_headers;
    constexpr base::HashKey kFixed{0x68657261'6c642d6dULL, 0x77692d73'756d6d73ULL};
    composed.fingerprint = base::keyed_hash(kFixed, composed.document.body);
    std::erase_if(messages, [names](const auto& message) { return !has_any_of(message, names); });
    if (messages.empty()) return composed;
    composed.newest_item = messages.back().since;
    std::erase_if(messages, [&](const auto& message) { return message.since <= view.since; });
    if (view.since == 0) return composed;
    keep_latest(messages);
    append_messages(composed.document.body, messages, names);
    return composed;
}

const MailboxSettings* settings_in(std::span<const Input> inputs) {
    for (const Input& input : inputs) {
        if (input.rank != Rank::fallback) continue;
        if (const auto* settings = dynamic_cast<const MailboxSettings*>(input.document))
            return settings;
    }
    return nullptr;
}

/// A group's own mailbox, then each member, known or not (RFC 3842 3.5).
std::vector<Composed> parts_of(const MailboxSettings& settings, std::span<const Input> ordered,
                               std::string_view own_account, const EventState& state,
                               const View& view) {
    std::vector<Input> own;
    std::unordered_map<std::string_view, const Input*, base::NameHash> members;
    for (const Input& input : ordered) {
        if (input.rank == Rank::derived) {
            members.emplace(input.source, &input);
        } else {
            own.push_back(input);
        }
    }
    std::vector<Composed> parts;
    parts.push_back(composed_of(sum_of(own), own_account, messages_of(own), state, view));
    for (const std::string& member : settings.members) {
        const auto found = members.find(member_source(member));
        const auto inputs = found == members.end() ? std::span<const Input>()
                                                   : std::span<const Input>(found->second, 1);
        const auto counts = inputs.empty() ? MessageCounts() : mailbox_of(inputs.front()).counts;
        MessageCounts listed = counts;
        listed.messages.clear();
        parts.push_back(composed_of(listed, member, messages_of(inputs), state, view));
        parts.back().name = member;
    }
    return parts;
}

class MessageSummary final : public Package {
public:
    const Profile& profile() const noexcept override {
        static const Profile profile{
            .event = "message-summary",
            .title = "Message waiting",
            .publish_types = {kSimpleMessageSummary},
            .notify_types = {kSimpleMessageSummary},
            .max_expires = 604800,
            .min_notify_interval = std::chrono::seconds(1),
            .access = Access::owner,
            .publisher_supersedes = true,
            .section = "mwi",
            .reference = "RFC 3842",
        };
        return profile;
    }

    std::span<const SettingKey> keys() const override { return mwi_keys(); }
    Result<SettingsPtr> settings(const Values& values) const override {
        return mwi_settings(values);
    }

    Result<DocumentPtr> admit(const Document& body, const Settings* settings) const override {
        if (body.body.size() > profile().max_body) {
            return Fault{FaultKind::too_large,
                         "more than " + std::to_string(profile().max_body) + " bytes"};
        }
        if (body.type == kMailboxSettingsType) {
            auto read = mailbox_settings_from_text(body.body);
            if (!read) return read.fault();
            return DocumentPtr(std::make_shared<MailboxSettings>(std::move(*read)));
        }
        const bool is_listing = !mwi_of(settings).message_headers.empty();
        Result<MessageCounts> counts =
            parse_message_summary(body.body, is_listing ? MessageList::kept : MessageList::dropped);
        if (!counts) return counts.fault();
        auto admitted = std::make_shared<MailboxInput>();
        admitted->counts = std::move(*counts);
        return DocumentPtr(std::move(admitted));
    }

    DocumentPtr date_items(DocumentPtr document, const Admitted* earlier,
                           std::uint64_t change) const override {
        const auto& given = static_cast<const MailboxInput&>(*document);
        if (given.counts.messages.empty()) return document;
        std::unordered_map<std::uint64_t, std::uint64_t> known;
        if (earlier != nullptr) {
            for (const auto& message : static_cast<const MailboxInput*>(earlier)->counts.messages)
                known.emplace(message.id, message.since);
        }
        auto dated = std::make_shared<MailboxInput>(given);
        for (auto& message : dated->counts.messages) {
            const auto found = known.find(message.id);
            message.since = found == known.end() ? change : found->second;
        }
        return dated;
    }

    /// A PBX lists each message in one NOTIFY only; watchers here may be told of it later.
    Document merge(const Document& earlier, Document told,
                   const Settings* settings) const override {
        if (mwi_of(settings).message_headers.empty()) return told;
        told.body = with_earlier_messages(told.body, earlier.body);
        return told;
    }

    Composed compose(const EventState& state, const View& view) const override {
        const auto ordered = inputs_in_order(state.inputs);
        const std::string_view pattern = mwi_of(state.settings).account;
        // A watcher who asked for an alias dials the alias, unless all mailboxes dial one number.
        const auto account =
            pattern.empty() ? std::string(view.entity) : account_of(pattern, state.aor);
        auto composed = composed_of(sum_of(ordered), account, messages_of(ordered), state, view);
        const auto* settings = settings_in(state.inputs);
        if (settings == nullptr || !settings->is_per_account || settings->members.empty())
            return composed;
        composed.parts = parts_of(*settings, ordered, account, state, view);
        constexpr base::HashKey kFixed{0x68657261'6c642d6dULL, 0x77692d70'61727473ULL};
        for (const Composed& part : composed.parts) {
            composed.fingerprint =
                base::keyed_hash(kFixed, part.name + ' ' + std::to_string(part.fingerprint)) +
                composed.fingerprint;
        }
        return composed;
    }
};

}  // namespace

std::string own_body(std::span<const Input> inputs, std::string_view aor) {
    const auto ordered = inputs_in_order(inputs);
    MessageCounts own = sum_of(ordered);
    own.messages = messages_of(ordered);
    keep_latest(own.messages);
    return to_body(own, aor);
}

const Package& message_summary() {
    static const MessageSummary package;
    return package;
}

}  // namespace herald::packages
