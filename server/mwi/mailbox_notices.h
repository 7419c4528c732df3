// server/mwi/mailbox_notices.h: NOTIFYs of waiting messages to registered phones that did not
// subscribe.
//
// No RFC has them: off unless the configuration or the mailbox's settings say otherwise. They go to
// each contact once a registration and at each change, never to one that holds a subscription. Who
// answers 405, 481 or 489 is left alone until it registers anew.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/metrics.h"
#include "base/text_map.h"
#include "packages/mwi_settings.h"
#include "packages/registration.h"
#include "server/core/agent.h"
#include "server/core/context.h"
#include "server/core/notify_logins.h"
#include "server/mwi/mailboxes.h"
#include "server/register/bindings.h"
#include "sip/locate.h"
#include "sip/path.h"
#include "sip/transaction.h"

namespace herald::server {

/// Those of one shard, on its thread.
class MailboxNotices final : public Agent, public sip::RequestSource {
public:
    MailboxNotices(Context& context, Mailboxes& mailboxes, Bindings& bindings,
                   sip::Locator& locator);

    bool has_flights(Cell cell) const override;
    void forget_some(Cell cell, Forgetting& forgetting) override;
    std::size_t held() const noexcept override { return lamps_.size() + flights_.size(); }
    void on_changed(std::uint32_t resource) override;
    void on_registered(const std::string& aor, std::string_view /*flow*/) override {
        announce(aor);
    }

    void write_request(std::uint64_t user, std::string_view via, std::string& out) override;
    void on_outcome(std::uint64_t user, const sip::ClientOutcome& outcome) override;

private:
    /// A contact, as it was told last.
    struct Phone {
        std::string contact;
        std::string registration;  ///< Call-ID of the registration it was told about
        std::string call_id, tag;  ///< of our NOTIFYs
        std::uint64_t fingerprint = 0;
        std::uint32_t registered_cseq = 0;
        std::uint32_t cseq = 0;
        bool refuses = false;
        bool is_waited_for = false;  ///< one NOTIFY at a time
        bool is_stale = false;       ///< something happened meanwhile
    };
    struct Lamp {
        std::vector<Phone> phones;
        base::Instant told_at{};
        base::TimerId due;  ///< when it is told
    };
    /// A NOTIFY on its way.
    struct Flight {
        std::string aor, contact;
        std::string request_uri, routes, call_id, tag, state, body, type;
        sip::Path path;
        sip::ClientTransactionId transaction;
        std::string authorization;  ///< complete lines, or none
        std::uint32_t cseq = 0;
        std::shared_ptr<Credit> credit;  ///< what may go there until somebody answers
        bool has_left = false;           ///< by this way: what follows are copies
    };

    /// Whoever has to be told is, at most once a second.
    void announce(const std::string& aor);
    const packages::MwiSettings& mwi() const {
        return context_.settings<packages::MwiSettings>(package_);
    }
    bool is_wanted(const std::string& aor) const;
    void sweep();
    void end_wait(Cell cell, Lamp& lamp);
    void tell(const std::string& aor);
    void tell_phone(const std::string& aor, Phone& phone, const packages::Binding& binding,
                    const packages::Composed& composed);
    bool is_subscribed(const std::string& aor, const packages::Binding& binding) const;
    static Phone& phone_of(Lamp& lamp, const packages::Binding& binding);
    Phone* find_phone(const std::string& aor, const std::string& contact);
    std::string state_of(const packages::Binding& binding) const;
    void take_next_way(std::uint64_t id);
    void follow(std::uint64_t id, sip::Path::Step step);
    bool sign(std::uint64_t id, const sip::Message& challenge);
    void land(std::uint64_t id, int status);

    Context& context_;
    Mailboxes& mailboxes_;
    Bindings& bindings_;
    sip::Locator& locator_;
    const packages::Package& package_;
    base::TextMap<Lamp> lamps_;                ///< by AOR
    std::array<std::uint32_t, kCells> due_{};  ///< how many of a cell's are to be told
    std::unordered_map<std::uint64_t, Flight> flights_;
    std::uint64_t next_flight_ = 1;
    static constexpr std::size_t kSweepAt = 1024;
    std::size_t sweep_at_ = kSweepAt;  ///< lamps
    NotifyLogins logins_;              ///< by flight
    base::Counter& sent_;
    base::Counter& refused_;
};

}  // namespace herald::server
