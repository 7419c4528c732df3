// server/subscriber/upstream.h: Herald as a subscriber: it asks PBXs for the state of their
// mailboxes (RFC 3842, RFC 6665 4.1; events section 9).
//
//   settings of a mailbox -> SUBSCRIBE to its PBX -> NOTIFY -> one publication ("pbx <name>") that
//   lives as long as the subscription was granted for.
//   A NOTIFY, a restart here or there, a second subscription: all write that one publication, so
//   nothing counts twice. A PBX that is lost leaves it to its expiry.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/metrics.h"
#include "server/core/agent.h"
#include "server/core/context.h"
#include "server/mwi/mailboxes.h"
#include "server/subscriber/upstream_state.h"
#include "sip/digest.h"
#include "sip/fields.h"
#include "sip/locate.h"
#include "sip/transaction.h"

namespace herald::server {

/// The subscriptions of one shard's mailboxes, on its thread.
class Upstream final : public Agent, public sip::RequestSource {
public:
    Upstream(Context& context, Mailboxes& mailboxes, sip::Locator& locator,
             const packages::Package& package);
    ~Upstream() override;

    /// Subscribes for every mailbox that has a PBX, spread over some time.
    void resume() override;
    void forget(Cell cell) override;
    std::size_t held() const noexcept override {
        return lines_.size() + by_aor_.size() + by_tag_.size();
    }
    bool on_notify(sip::ServerTransactionId transaction, const sip::Message& request) override;

    void write_request(std::uint64_t user, std::string_view via, std::string& out) override;
    void on_outcome(std::uint64_t user, const sip::ClientOutcome& outcome) override;

private:
    /// One mailbox's subscription.
    struct Line {
        std::uint64_t id = 0;
        std::string aor;
        std::string pbx;       ///< its name
        std::string uri;       ///< the mailbox there: the first Request-URI
        std::string to, from;  ///< URIs
        std::string next_hop;  ///< URI of the PBX
        UpstreamState state = UpstreamState::waiting;
        // The dialog:
        std::string call_id, local_tag, remote_tag, remote_target, route_set;
        std::uint32_t cseq = 0, remote_cseq = 0;
        base::Instant expires_at{};
        base::Instant active_since{};
        // The request under way:
        sip::ClientTransactionId transaction;
        std::string start_line, lines;
        std::vector<sip::Target> targets;
        std::size_t next_target = 0;
        std::uint32_t asked = 0;    ///< Expires
        std::uint64_t attempt = 0;  ///< tells answers of the locator apart
        unsigned retries = 0;       ///< of this request: challenges and 423
        // The rest:
        std::optional<sip::DigestClient> digest;
        std::uint32_t wanted = 0;  ///< Expires asked for
        unsigned failures = 0;     ///< in a row
        base::TimerId timer;       ///< waiting, active: the next SUBSCRIBE; else Timer N
        std::string body;          ///< of the last NOTIFY that had one
        bool is_leaving = false;   ///< its last SUBSCRIBE is under way
    };

    void follow_settings(const std::string& aor);
    void add(const std::string& aor, const PbxAddress& pbx, const std::string& user,
             base::Duration delay);
    void leave(Line& line);
    void forget(std::uint64_t id);
    Line* find(std::uint64_t id);
    const PbxAddress* pbx_of(const packages::MailboxSettings* settings) const;

    bool step(Line& line, UpstreamInput input);
    void wait(Line& line, base::Duration delay);
    void come_back(Line& line, std::string_view why, base::Duration least = {});
    void arm(Line& line, base::Duration delay);
    void on_timer(std::uint64_t id);

    void begin(Line& line);
    void subscribe(Line& line, std::uint32_t expires, std::string authorization = {});
    void try_next_target(Line& line);
    void on_accepted(Line& line, const sip::Message* message);
    void on_refused(Line& line, const sip::ClientOutcome& outcome);
    bool try_again(Line& line, const sip::Message& message);

    void lose_count(Line& line);
    void adopt(Line& line, const sip::Message& request);
    void refresh_in(Line& line, std::uint32_t granted);
    void on_terminated(Line& line, const sip::SubscriptionStateField& state);
    void remember(Line& line, std::string_view body) const;
    void publish(const Line& line);
    void withdraw(const std::string& aor, const std::string& pbx);

    Context& context_;
    Mailboxes& mailboxes_;
    sip::Locator& locator_;
    const packages::Package& package_;
    std::unordered_map<std::uint64_t, std::unique_ptr<Line>> lines_;
    std::unordered_map<std::string, std::uint64_t> by_aor_;
    std::unordered_map<std::string, std::uint64_t> by_tag_;
    std::uint64_t next_id_ = 1;
    std::shared_ptr<Upstream*> self_;  ///< for answers of the locator that come late
    base::Timers::Owner timer_;
    base::Counter& active_;
    base::Counter& lost_;
    base::Counter& notified_;
};

}  // namespace herald::server
