// server/provisioning/device_requests.h: NOTIFYs that tell a registered device to fetch its
// configuration, to start again or to report, outside any dialog.
//
//   send -> binding -> way -> NOTIFY --- 2xx ------------------------> delivered
//              ^                |------- 401, 407 -> NOTIFY, signed --> challenged: that failed
//              |                |------- nobody, once more ----------> unreachable
//              |                +------- any other ------------------> refused
//   registers again <----------------------------------------------------- unreachable
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/metrics.h"
#include "base/task.h"
#include "server/core/agent.h"
#include "server/core/context.h"
#include "server/core/notify_logins.h"
#include "server/provisioning/device_logins.h"
#include "server/provisioning/device_place.h"
#include "server/register/bindings.h"
#include "sip/locate.h"
#include "sip/path.h"
#include "sip/transaction.h"

namespace herald::server {

/// What a device is told. Shared by all who are told the same.
struct DeviceNotice {
    std::string event;       ///< with parameters
    std::string type, body;  ///< empty: none
};

/// Which device of which job.
struct DeviceTicket {
    std::uint64_t job = 0;  ///< id of the job
    std::uint32_t device = 0;
};

struct DeviceRequest {
    DeviceTicket ticket;
    std::string aor;                ///< canonical, of this shard
    std::string contact, instance;  ///< as it was registered when the job began
    std::shared_ptr<const DeviceNotice> notice;
    /// Of the attempt, the same when it is made again after a crash: a device that has answered it
    /// knows it as a copy (RFC 3261 8.2.2.2). Empty: random.
    std::string call_id, tag;
    bool is_repeat = false;  ///< it may have been made before a crash
};

enum class DeviceVerdict : std::uint8_t { delivered, refused, challenged, unreachable };

struct DeviceReport {
    DeviceVerdict verdict = DeviceVerdict::unreachable;
    int status = 0;  ///< of the answer, 408 for none; 0: nothing could be sent
};

/// Those of one shard, on its thread.
class DeviceRequests final : public Agent, public sip::RequestSource {
public:
    using Done = base::Task<void(const DeviceReport&)>;

    DeviceRequests(Context& context, Bindings& bindings, const DeviceLogins& device_logins,
                   sip::Locator& locator);

    /// `done` runs once, later, never from within. A device that was unreachable is waited for.
    void send(DeviceRequest request, Done done);
    /// Tells the job when a device of `aor` registers, once.
    void wait_for(const std::string& aor, const DeviceTicket& ticket);
    /// Tells the job when the device at `where` registers as one does that has started again: in a
    /// sequence of REGISTERs that is not the one of now.
    void wait_for_start(const DevicePlace& where, const DeviceTicket& ticket);
    /// Nothing is waited for on behalf of this job any more.
    void abandon(std::uint64_t job);
    /// ... but starts.
    void let_go(std::uint64_t job);

    bool has_flights(Cell cell) const override;
    void forget(Cell cell) override;
    std::size_t held() const noexcept override {
        return flights_.size() + awaited_.size() + starting_.size();
    }
    void on_registered(const std::string& aor, std::string_view flow) override;

    void write_request(std::uint64_t user, std::string_view via, std::string& out) override;
    void on_outcome(std::uint64_t user, const sip::ClientOutcome& outcome) override;

private:
    struct Flight {
        /// Of what leaves next: the same after a crash, if the request is.
        std::uint64_t next_name(const base::HashKey& key);

        DeviceRequest request;
        Done done;
        std::string request_uri, routes;
        std::string call_id, tag;
        std::string registration;  ///< the one it goes to: Call-ID and CSeq of its REGISTER
        std::string authorization;
        sip::Path path;
        sip::Flow flow;  ///< it went out on
        sip::ClientTransactionId transaction;
        std::uint32_t cseq = 0;
        std::uint32_t departures = 0;
        int status = 0;          ///< of the last way that was tried
        bool is_second = false;  ///< nobody answered the first time
        bool was_challenged = false;
        bool is_switched = false;        ///< on a stream, being too large for UDP
        bool has_left = false;           ///< by this way: what follows are copies
        std::shared_ptr<Credit> credit;  ///< what may go there until somebody answers
    };

    /// A device that is told to start again; all of it small, there are many.
    struct Starting {
        std::uint64_t job;
        std::uint32_t number;    ///< of the device, in the job
        std::uint32_t sequence;  ///< of the Call-ID it registered with, a hash
        std::uint32_t device;    ///< of its instance, or of its Contact, likewise
        bool has_instance;
    };

    const packages::Binding* binding_of(const std::string& aor, std::string_view contact,
                                        std::string_view instance) const;
    const packages::Binding* binding_of(const DeviceRequest& request) const {
        return binding_of(request.aor, request.contact, request.instance);
    }
    std::uint64_t hash_of(std::string_view text) const noexcept;
    /// Enough to tell what one user's devices said apart.
    std::uint32_t tag_of(std::string_view text) const noexcept {
        return static_cast<std::uint32_t>(hash_of(text));
    }
    void see_starts(const std::string& aor, std::uint64_t hash);
    bool has_started(const std::string& aor, const Starting& starting) const;
    void learn(const Flight& flight, DeviceVerdict verdict) const;
    void begin(std::uint64_t id);
    void take_next_way(std::uint64_t id);
    void follow(std::uint64_t id, sip::Path::Step step);
    void depart(std::uint64_t id);
    bool sign(std::uint64_t id, const sip::Message& challenge);
    bool is_worth_more(const Flight& flight, DeviceVerdict verdict) const;
    void give_back(std::uint64_t flight);
    void conclude_later(std::uint64_t id, int status);
    void conclude(std::uint64_t id, int status);

    Context& context_;
    Bindings& bindings_;
    const DeviceLogins& device_logins_;
    sip::Locator& locator_;
    sip::LargeRequests large_;
    NotifyLogins logins_;
    std::unordered_map<std::uint64_t, Flight> flights_;
    std::unordered_multimap<std::uint64_t, DeviceTicket> awaited_;  ///< by hash of the AOR
    std::unordered_multimap<std::uint64_t, Starting> starting_;     ///< likewise
    std::uint64_t next_flight_ = 1;
    base::Counter& sent_;
};

/// What an answer means.
DeviceVerdict verdict_of(int status) noexcept;
/// ... to what may be a copy: a device that has had it says so (RFC 3261 8.2.2.2).
DeviceVerdict verdict_of_repeat(int status) noexcept;

}  // namespace herald::server
