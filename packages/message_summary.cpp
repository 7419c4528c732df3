// packages/message_summary.cpp: the message-summary event package (RFC 3842): what waits in a
// mailbox.
#include <algorithm>
#include <array>
#include <tuple>

#include "base/id.h"
#include "packages/message_counts.h"
#include "packages/package.h"

namespace herald::packages {
namespace {

struct AdmittedSummary final : Admitted {
    explicit AdmittedSummary(MessageCounts admitted) : counts(std::move(admitted)) {}
    MessageCounts counts;
};

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
        Result<MessageCounts> counts = parse_message_summary(body.body);
        if (!counts) return counts.fault();
        return DocumentPtr(std::make_shared<AdmittedSummary>(std::move(*counts)));
    }

    /// Several voicemail servers may keep messages for one mailbox: their counts add up.
    Composed compose(const EventState& state, const View& view) const override {
        MessageCounts sum;
        for (const Input& input : inputs_in_order(state.inputs)) {
            add(sum, static_cast<const AdmittedSummary&>(*input.document).counts);
        }
        Composed composed{{std::string(view.type), to_body(sum, view.entity)}};
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
