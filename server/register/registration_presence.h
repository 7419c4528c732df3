// server/register/registration_presence.h: presence of users by their registrations (RFC 3856 6.11;
// composition rule CO-10), where the configuration wants it.
//
//             registers                       its last device vanishes
//   away ------------------> shown <---------------------------------> in grace
//    ^                         |          a device registers             |
//    |     unregisters         |                                         |
//    +-------------------------+-------------------<---------------------+
//                                 presence.registration_grace passes
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/metrics.h"
#include "base/text_map.h"
#include "packages/presence.h"
#include "server/core/agent.h"
#include "server/core/context.h"
#include "server/publish/publications.h"

namespace herald::server {

/// Keeps one input of rank registration in the presence of everybody who has a reachable contact.
/// It is never stored, but made again from the bindings after a start. One per shard, on
/// its thread.
class RegistrationPresence final : public Agent {
public:
    RegistrationPresence(Context& context, Publications& publications);

    void resume(const Cells& cells) override;
    void forget_some(Cell cell, Forgetting& forgetting) override;
    std::size_t held() const noexcept override;
    /// Bindings were made, refreshed or removed on purpose: shown at once.
    void on_changed(std::uint32_t resource) override;
    /// The device is back. The stream of a proxy says nothing about the devices behind it.
    void on_registered(const std::string& aor, std::string_view flow) override;
    /// The devices that registered over it may be gone.
    void on_flow_closed(const sip::Flow& flow) override;

private:
    using Names = base::TextSet;
    struct StreamCell {
        std::string stream;
        Cell cell;
        friend auto operator<=>(const StreamCell&, const StreamCell&) = default;
    };

    void on_leaving(std::uint32_t slot, packages::Cause cause);
    void changed(const std::string& aor);
    void reached(const std::string& aor, const std::string& flow);
    std::vector<std::string> take_all_of(const std::string& stream);

    bool is_on() const {
        return context_.settings<packages::PresenceSettings>(presence_).from_registrations;
    }
    bool is_reachable(const std::string& aor) const;
    bool is_shown(std::string_view aor) const;
    void look(const std::string& aor);
    void begin_grace(const std::string& aor);
    void end_grace(const std::string& aor);
    void show(const std::string& aor);
    void hide(const std::string& aor);
    void forget_lost(const std::string& aor);

    Context& context_;
    Publications& publications_;
    const packages::Package& registrations_;
    const packages::Package& presence_;
    base::TextMap<base::TimerId> grace_;
    /// By stream, until it ends: the AORs whose devices registered over it.
    std::map<StreamCell, Names> by_flow_;
    /// Streams that ended while a binding was still on them, by AOR.
    base::TextMap<Names> lost_;
    /// AORs with a binding that expired in this turn, perhaps because the device is gone.
    Names vanishing_;
    base::Counter& vanished_;
};

}  // namespace herald::server
