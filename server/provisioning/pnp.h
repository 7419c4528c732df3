// server/provisioning/pnp.h: answers phones that ask the group 224.0.1.75 where their configuration
// is: 200, then one NOTIFY with a URL: that of the public profile that fits it best, made for this
// phone, or what provisioning.pnp_url says, which may ask for a password.
//
//   datagram -> rate -> read -> its shard -> on the link? known? where? -> 200, NOTIFY
//       \________\_______\___________________\______\______\-> silence, counted
//
// Whoever sends one may do so in another's name, so a machine is sent less than three times what it
// sent, no machine outside the interface's own network anything, and nobody a refusal.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/metrics.h"
#include "base/rate_limit.h"
#include "base/text_map.h"
#include "server/core/agent.h"
#include "server/core/context.h"
#include "server/core/credit.h"
#include "server/provisioning/known_devices.h"
#include "server/provisioning/pnp_request.h"
#include "sip/multicast.h"
#include "sip/transaction.h"

namespace herald::server {

/// What became of a datagram, and of the NOTIFY that followed.
enum class PnpOutcome : std::uint8_t {
    answered,
    told,         ///< the phone took the URL
    not_told,     ///< it did not answer, or refused
    copy,         ///< of one that was answered
    elsewhere,    ///< from outside the interface's network
    not_for_us,   ///< another method, event or profile
    malformed,    ///< no message, or one that cannot be answered
    unknown,      ///< a device nobody knows
    no_profile,   ///< there is nothing to tell it
    too_short,    ///< an answer would be three times as long, or more
    limited,      ///< too many
    unreachable,  ///< no listener leads there
};
inline constexpr std::size_t kPnpOutcomes = 12;

/// One a shard. The first one hears the group; who asks is answered by the shard of his MAC
/// address.
class Pnp final : public Agent, public sip::RequestSource {
public:
    Pnp(Context& context, KnownDevices& known);

    /// Hears `socket` (sip::join_group()) from now on.
    void listen(sip::Socket socket);
    void on_datagram(std::span<char> bytes, const sip::Endpoint& source, unsigned interface);

    void forget_some(Cell cell, Forgetting& forgetting) override;
    std::size_t held() const noexcept override { return flights_.size() + recent_.size(); }

    void write_request(std::uint64_t user, std::string_view via, std::string& out) override;
    void on_outcome(std::uint64_t user, const sip::ClientOutcome& outcome) override;

private:
    /// One that may be answered.
    struct Asked {
        std::shared_ptr<const sip::OwnedMessage> message;
        PnpRequest request;
        sip::Endpoint source;
    };
    struct Offer {
        std::string url;
        std::string what;  ///< for people: profile and version, or the URL
    };
    /// A NOTIFY on its way.
    struct Flight {
        Asked asked;
        std::string tag;
        Offer offer;
        sip::Flow flow;
        sip::ClientTransactionId transaction;
        Credit credit{0};
    };

    void count(PnpOutcome outcome);
    void answer(const Asked& asked);
    bool is_welcome(const PnpRequest& request) const;
    Offer offer_for(const Asked& asked) const;
    std::string acceptance_of(const Asked& asked, const sip::Flow& flow,
                              const std::string& tag) const;
    void tell(const Asked& asked, Offer offer);

    Context& context_;
    KnownDevices& known_;
    std::array<base::Counter*, kPnpOutcomes> outcomes_{};
    std::unique_ptr<sip::GroupListener> listener_;
    base::RateLimit rate_{std::size_t{1} << 14};
    std::unordered_map<std::uint64_t, Flight> flights_;
    std::uint64_t next_flight_ = 1;
    /// Call-IDs that were answered a while ago, by hash: copies are not answered again.
    std::unordered_map<std::uint64_t, base::Instant> recent_;
};

}  // namespace herald::server
